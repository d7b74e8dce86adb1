"""站点: the site's own facts (head and foot of every page, A1–A2, B1–B4) and how long things are kept.

Owns ``/desk/site``. Changes go through ``publish.configure`` and are public at once.
"""
from __future__ import annotations

from typing import Any

from ..content import publish
from ..web.layout import SITE_DEFAULTS
from ..web.modes import posted
from .shell import desk_page, see_other
from .simple import Field, typed, with_errors

# setting -> (label, hint, longest)
FACTS = {"name": ("网站名称", "本单位的规范名称加“政务服务网”之类（B4）", 60), "domain": ("域名", "不带 http://", 100), "code": ("网站标识码", "10 位数字，中央部门 bm 加 8 位数字（A2）", 10),
         "region": ("所在地区", "", 30), "host_org": ("主办单位", "", 80), "run_org": ("承办单位", "", 80), "address": ("地址", "", 120), "phone": ("电话", "", 30),
         "icp": ("ICP 备案号", "", 60), "police": ("公安备案号", "", 60), "police_code": ("公安备案编码", "备案网址里的数字", 30), "conac": ("党政机关网站标识", "没有就写“未提供”", 100),
         "description": ("一句话说明", "搜索引擎和分享时显示", 200)}
KEPT = {"keep_drafts": ("每份内容留几份以前的草稿", 20, 1, 200)}


def fields_of(request: Any) -> list[Field]:
    settings = {**SITE_DEFAULTS, **request.site.settings}
    found = [Field(name, label, str(settings.get(name) or ""), hint=hint) for name, (label, hint, _) in FACTS.items()]
    return found + [Field(name, label, str(settings.get(name) or default), hint=f"{low} 至 {high}，默认 {default}", inputmode="numeric") for name, (label, default, low, high) in KEPT.items()]


def site_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None, fields: list[Field] | None = None) -> Any:
    return desk_page(request, "desk/site.pt", "站点", nav="site", status=422 if errors else 200, errors=errors, fields=fields or fields_of(request))


def site_post(context: Any, request: Any) -> Any:
    settings = dict(request.site.settings)
    errors = _read(request, settings)
    if errors:
        return site_view(context, request, errors=errors, fields=with_errors(typed(request, fields_of(request)), errors))
    changed = publish.configure(request.site, settings, list(request.site.pins), actor=request.actor.id)
    return see_other(request, "/desk/site", "已保存，公众现在就能看到" if changed else "没有改动")


def _read(request: Any, settings: dict[str, Any]) -> list[tuple[str, str]]:
    """Take the posted facts into ``settings``; what is wrong with them."""
    errors = []
    for name, (label, _, longest) in FACTS.items():
        value = " ".join(posted(request, name).split())
        if not value:
            errors.append((name, f"“{label}”必填；确实没有的写“未提供”"))
        elif len(value) > longest or not value.isprintable():
            errors.append((name, f"“{label}”最多 {longest} 个字"))
        elif name == "code" and not (len(value) == 10 and (value.isdigit() or value[:2] == "bm" and value[2:].isdigit()) and value.isascii()):
            errors.append((name, "网站标识码是 10 位数字，或 bm 加 8 位数字"))
        elif name == "domain" and ("/" in value or " " in value):
            errors.append((name, "域名不带 http:// 和斜杠，例如 www.example.gov.cn"))
        elif value != str(settings.get(name) or SITE_DEFAULTS.get(name) or ""):
            settings[name] = value
    for name, (label, default, low, high) in KEPT.items():
        value = posted(request, name).strip()
        if not (value.isascii() and value.isdigit() and low <= int(value[:6]) <= high):
            errors.append((name, f"“{label}”应为 {low} 至 {high} 的整数"))
        elif int(value) != int(settings.get(name) or default):
            settings[name] = int(value)
    return errors


def includeme(config: Any) -> None:
    config.add_desk_entry("site")
    config.add_desk_page(site_view, name="site", path="/desk/site", permission="site.manage", post=site_post)
