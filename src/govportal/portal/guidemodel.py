"""What the guide page says, made from the elements of an item (R4.2.2.1, R4.2.2.11): one place for page, print and data.

Reads an ``Effective`` and the shared records. Says plainly what an item does not give. Must not render.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from ..content.columns import Columns
from ..content.effective import Effective, cases_of
from ..content.heads import limit_words
from ..content.law import clause
from ..content.model import path_of
from ..content.site import Site

NOT_GIVEN = "未提供"


def law_of(site: Site, columns: Columns, title: str, at: datetime | None = None) -> tuple[str, dict[str, Any]] | None:
    """(path, values) of the law record with this title, now or as the site held it at ``at`` (its first text when it came later).

    None when the site does not hold it."""
    row = columns.law(title)
    document = site.at(row.path) if row is not None else None
    if row is None or document is None or document.live is None:
        return None
    edition = document.edition_at(at) or (document.superseded or [document.live])[-1]
    return row.path, edition.values


def citation(site: Site, columns: Columns, row: dict[str, Any], at: datetime | None = None) -> dict[str, Any]:
    """One legal basis with its clause text as it was at ``at``, from the law record only; else 条文从略."""
    found = law_of(site, columns, row.get("law") or "", at)
    text, version, href = "", "", ""
    if found is not None:
        href, values = found
        text, version = clause(values, row.get("article") or ""), values.get("version") or ""
    title = f"《{row['law']}》" + (f"（{row['number']}）" if row.get("number") else "") + (row.get("article") or "")
    return {"title": title, "paragraphs": text.split("\n") if text else [], "version": version, "href": href, "note": row.get("note") or ""}


def limit_line(limit: dict[str, Any] | None, handled_as: str = "") -> str:
    """A limit with its note in one line."""
    limit = limit or {}
    if limit.get("days") is None and not limit.get("note"):
        return NOT_GIVEN
    if limit.get("days") is None:
        return limit["note"]
    words = "当场办结" if limit["days"] == 0 else f"{limit['days']} 个{limit['unit']}" if limit["unit"] in ("工作日", "自然日", "小时") else f"{limit['days']} {limit['unit']}"
    return words + (f"（{limit['note']}）" if limit.get("note") else "")


def has_days(values: dict[str, Any]) -> bool:
    """Whether a limit is given of which days are counted."""
    return any((values.get(name) or {}).get("days") for name in ("promise_limit", "legal_limit"))


def remedies(values: dict[str, Any], registered: bool) -> list[tuple[str, str]]:
    """(term, words) of rights, duties and remedies: what the item gives; the law's general terms for the city's own items only."""
    rows = [("您的权利", " ".join(values.get("rights", ()))), ("您的义务", " ".join(values.get("duties", ())))]
    general = ("", "") if registered else ("对行政行为不服的，自知道之日起 60 日内可以申请（《中华人民共和国行政复议法》第二十条）",
                                           "自知道或者应当知道作出行政行为之日起 6 个月内可以起诉（《中华人民共和国行政诉讼法》第四十六条）")
    for term, key, words in (("行政复议", "reconsideration", general[0]), ("行政诉讼", "litigation", general[1])):
        given = values.get(key) or {}
        rows.append((term, "；".join(part for part in (given.get("org"), given.get("address"), words) if part)))
    if registered:
        rows = [("咨询", values.get("consult_phone") or ""), ("监督投诉", values.get("supervise_phone") or ""), *rows]
    return [(term, words) for term, words in rows if words]


def facts(values: dict[str, Any], places: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The four figures: how long, how much, how many trips, where (look/README §1.1)."""
    limit, fee, visits = limit_words(values), values.get("fee") or {}, values.get("on_site_visits")
    legal = values.get("legal_limit") or {}
    figure, unit = _figure(limit)
    registered = bool((values.get("register") or {}).get("source"))
    result = [{"q": "多久办好", "big": figure, "unit": unit, "txt": "" if figure else limit or NOT_GIVEN,
               "small": f"法定 {legal['days']} 个{legal['unit']}" if legal.get("days") else "从受理的第二天算起" if figure and not registered else ""}]
    standards = [row.get("standard") or "" for row in fee.get("items", ())]
    if fee.get("charged") is None:
        result.append({"q": "花多少钱", "big": "", "unit": "", "txt": NOT_GIVEN, "small": ""})
    elif not fee["charged"]:
        result.append({"q": "花多少钱", "big": "", "unit": "", "txt": "免费", "small": "本事项不收费"})
    else:
        result.append({"q": "花多少钱", "big": "", "unit": "", "txt": standards[0] if len(standards) == 1 and len(standards[0]) < 14 else "按标准收费",
                       "small": fee.get("note", "")[:30] or "标准和减免见下"})
    if visits is None:
        result.append({"q": "要跑几次", "big": "", "unit": "", "txt": NOT_GIVEN, "small": ""})
    elif visits == 0 and registered:
        result.append({"q": "要跑几次", "big": "0", "unit": "次", "txt": "", "small": "到现场次数：0 次（来源所列）"})
    elif visits == 0:
        ways = [word for word, given in (("网上", (values.get("online") or {}).get("supported")), ("邮寄", values.get("courier"))) if given]
        result.append({"q": "要跑几次", "big": "", "unit": "", "txt": "不用跑", "small": "或".join(ways) + "就能办" if ways else ""})
    else:
        result.append({"q": "要跑几次", "big": str(visits), "unit": "次", "txt": "", "small": (values.get("on_site_reason") or "")[:30]})
    place = places[0]["name"] if places else NOT_GIVEN
    more = f"等 {len(places)} 处" if len(places) > 1 else ""
    result.append({"q": "在哪办", "big": "", "unit": "", "txt": place, "small": more or ((values.get("scope") or {}).get("areas") or "")})
    return result


def _figure(limit: str) -> tuple[str, str]:
    head, _, unit = limit.partition(" ")
    return (head, unit) if head.isdigit() else ("", "")


def materials(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of 要带什么; what a register row does not give stays None."""
    result = []
    for row in values.get("materials", ()):
        copies = []
        if row.get("originals"):
            copies.append(f"原件 {row['originals']} 份")
        if row.get("copies"):
            copies.append(f"复印件 {row['copies']} 份")
        if row.get("form") == "电子化" and not copies:
            copies.append("电子版")
        source = {"申请人自备": "自己准备", "政府部门核发": row.get("issuer") or "政府部门核发"}.get(row.get("source") or "", row.get("source") or "")
        result.append({**row, "from": source or NOT_GIVEN, "copies_words": copies or [NOT_GIVEN], "blank": bool((row.get("sample") or {}).get("fields")),
                       "tag": (row.get("waive_note") or "可以不带") if row.get("waivable") else "",
                       "optional": row.get("necessity") if row.get("necessity") in ("非必要", "容缺后补") else ""})
    return result


def step_rows(values: dict[str, Any]) -> list[dict[str, Any]]:
    result = []
    for row in values.get("steps", ()):
        days = row.get("days")
        time = "" if days is None else "当场" if days == 0 else f"{days} 个工作日"
        result.append({**row, "time": time})
    return result


def places(site: Site, values: dict[str, Any], effective: Effective) -> list[dict[str, Any]]:
    found = []
    for slug in values.get("places", ()):
        document = site.shared("places", slug)
        edition = document.readable_at(effective.at) if document is not None else None
        if edition is not None:
            found.append({**edition.values, "href": f"/shared/places/{slug}"})
    return found


def rows_of_facts(values: dict[str, Any], org_name: str) -> list[tuple[str, str]]:
    """The official terms beside the plain ones: name and value, 未提供 where the item gives none; 无 only where that is known."""
    def yes(value: bool | None) -> str:
        return NOT_GIVEN if value is None else "支持" if value else "不支持"
    registered = bool((values.get("register") or {}).get("source"))
    none = "" if registered else "无"
    online, scope = values.get("online") or {}, values.get("scope") or {}
    rows = [("事项类型", values.get("type")), ("基本编码", values.get("basic_code")), ("实施编码", values.get("code")), ("办件类型", values.get("handled_as")),
            ("服务对象", "、".join(values.get("service_objects", ()))), ("实施主体", org_name),
            ("实施主体性质", values.get("org_nature")), ("联办机构", "、".join(values.get("joint_orgs", ())) or none), ("行使层级", values.get("level")),
            ("行使内容", values.get("exercised_content")), ("权限划分", values.get("power_split")), ("通办范围", " ".join(part for part in (scope.get("areas"), scope.get("note")) if part)),
            ("办理形式", "、".join(values.get("channels", ()))), ("网上办理深度", online.get("depth")), ("到现场次数", _count(values.get("on_site_visits"))),
            ("预约办理", yes(values.get("appointment"))), ("网上支付", yes((values.get("fee") or {}).get("online_payment"))), ("物流快递", yes(values.get("courier"))),
            ("数量限制", values.get("quantity_limit")), ("中介服务", values.get("intermediary")),
            ("特别程序", "；".join(row["name"] + (f" {row['days']} 日" if row.get("days") else "") for row in values.get("special_procedures", ())) or none)]
    if values.get("main"):
        rows.insert(1, ("所属主项", values["main"]))
    return [(name, value or NOT_GIVEN) for name, value in rows if value or not registered or name in ("办件类型", "办理形式", "通办范围")]


def _count(visits: int | None) -> str:
    return NOT_GIVEN if visits is None else f"{visits} 次"


def cases(effective: Effective, more: list[tuple[str, str]]) -> list[tuple[str, str, str, str | None]]:
    """(href, name, hint, current) of the 情形 that narrow this guide; own ones only. ``more``: parameters that each address keeps."""
    path = path_of(effective.item)
    chosen = effective.case.__name__ if effective.case is not None else ""
    found = [(document, edition) for document, edition in cases_of(effective.item, effective.at) if not edition.head.get("listed")]
    return [(f"{path}?{urlencode([('case', document.__name__), *more])}", edition.head["name"], edition.head.get("hint") or "", "true" if document.__name__ == chosen else None)
            for document, edition in found]


def related(columns: Columns, guide: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [columns.item_by_slug(slug) for slug in guide.get("related", ())]
    return [(row.path, row.name) for row in rows if row is not None]
