"""The inputs of bulk actions as fields: what each asks, which choices it offers, how what was typed is read.

Owns no page. Choices are comforts; what may be done is decided by the verbs for each document.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..base import clock
from ..content.kinds import kind_of
from ..content.model import Document, Folder, path_of
from ..content.publication_table import OPENNESS
from ..editorial import bulk, cells
from ..editorial.names import FOLDERS, Names
from ..people.roles import title_of
from ..web.modes import posted
from .permissions import PERMISSIONS
from .simple import Field

MODES = (("", "请选"), ("banner", "保留并提示：还能看，上面写明已撤回"), ("gone", "不再提供：打开时说明已撤下"), ("redirect", "转到别处：打开时去另一个地址"))
PLACES = 200             # more places than this are typed, not chosen
NOTE = Field("note", "说明", hint="写进每一份的记录", optional=True)


def disclosure_fields() -> list[Field]:
    """公开属性 and 保密审查 (C2), asked once for a whole list."""
    return [Field("openness", "公开属性", kind="select", options=(("", "请选"), *((word, word) for word in OPENNESS))),
            Field("secrecy_by", "保密审查人", hint="审查这一批内容的人的姓名"),
            Field("secrecy_on", "保密审查日期", value=clock.now().astimezone(clock.SHANGHAI).date().isoformat(), hint="例如 2026-01-31，不能晚于今天")]


def settable(kinds: Sequence[str]) -> list[tuple[str, str]]:
    """(key, title) of the elements that all these kinds have."""
    found = [{one.key: one.title for one in cells.elements(kind)} for kind in kinds]
    return [(key, title) for key, title in found[0].items() if all(key in other for other in found)] if found else []


def places_for(request: Any, kinds: Sequence[str]) -> list[str]:
    """The places where documents of these kinds can lie; [] where there are too many to choose from."""
    found: list[str] = []
    for kind in kinds:
        home = kind_of(kind).home
        if home == "Channel":
            found += [path_of(channel) for channel in request.site["news"].values()]
        elif home.startswith("/"):
            top = request.site.at(home)
            found.append(home)
            for number, child in enumerate(top.values()):
                if number > 2000:
                    return []
                if isinstance(child, Folder) and not isinstance(child, Document):
                    found.append(path_of(child))
        else:
            return []
    return list(dict.fromkeys(found)) if len(found) <= PLACES else []


def staff_options(request: Any) -> tuple[tuple[str, str], ...]:
    """Active persons who work on content, with their department."""
    found = []
    for staff in request.people.all_staff():
        roles = list(dict.fromkeys(grant[0] for grant in staff.grants if grant[0] in PERMISSIONS["content.work"]))
        if staff.active and roles:
            org = request.columns.org_name(staff.org, short=True) if staff.org else ""
            found.append((staff.uid, f"{staff.name}（{'，'.join(part for part in (org, '、'.join(map(title_of, roles))) if part)}）"))
    return (("", "请选"), *sorted(found, key=lambda pair: pair[1]))


def value_field(kinds: Sequence[str], key: str) -> Field:
    """The control for the value of an element."""
    one = cells.element(kinds[0], key)
    assert one is not None
    hint = one.hint + ("；写名称或标识都可以" if key in FOLDERS else "") + "。空着就是清掉这一项"
    if one.form in ("choice", "flag"):
        words = ("是", "否") if one.form == "flag" else one.words
        return Field("value", one.title, kind="select", options=(("", "（清掉这一项）"), *((word, word) for word in words)))
    return Field("value", one.title, hint=hint, kind="text" if one.form in ("number", "moment") else "area", inputmode="numeric" if one.form == "number" else None)


def fields_of(request: Any, action: str, kinds: Sequence[str], key: str = "") -> list[Field]:
    """The fields of an action, empty. ``key``: the element to set."""
    if action == "submit":
        return [*disclosure_fields(), NOTE]
    if action == "withdraw":
        return [Field("reason", "撤回原因", hint="打开这些页面的人会看到", kind="area"), Field("mode", "撤回方式", kind="select", options=MODES),
                Field("to", "转到哪里", hint="选“转到别处”时写站内地址，例如 /news/tongzhi", optional=True)]
    if action == "move":
        places = places_for(request, kinds)
        if places:
            return [Field("to", "移到哪里", kind="select", options=(("", "请选"), *((path, f"{place_words(request, path)}（{path}）") for path in places)))]
        return [Field("to", "移到哪里", hint="写站内地址，例如 /items/chushengdengji")]
    if action == "set":
        return [value_field(kinds, key), NOTE]
    if action == "assign":
        return [Field("to", "交给谁", kind="select", options=staff_options(request))]
    return [] if action == "delete" else [NOTE]


def place_words(request: Any, path: str) -> str:
    """The name of a place."""
    place = request.site.at(path)
    if isinstance(place, Document):
        return kind_of(place.kind).heading(place.live.values) if place.live is not None else place.__name__
    return str(place.title or {"questions": "问答", "pages": "页面", "items": "事项", "lifeevents": "一件事"}.get(place.__name__, place.__name__))


def read(request: Any, action: str, kinds: Sequence[str]) -> tuple[bulk.Params, list[tuple[str, str]]]:
    """(parameters, errors by field) of what was posted."""
    key = posted(request, "field")
    if action == "set":
        if key not in dict(settable(kinds)):
            return {}, [("", "请选一个这些内容都有的要素")]
        names = ["value", "note"]
    else:
        names = [one.name for one in fields_of(request, action, kinds)]
    params: bulk.Params = {name: posted(request, name).replace("\r\n", "\n").strip() for name in names}
    errors = [(name, f"“{title}”必填") for name, title in bulk.ACTIONS[action].params if name in params and not params[name]]
    if action == "set":
        params["field"] = key
        params["value"], errors = _value(request, kinds, key, params["value"])
    if action == "assign" and params["to"] and params["to"] not in dict(staff_options(request)):
        errors.append(("to", "请选一个在用的账号"))
    if action == "withdraw" and params["mode"] == "redirect" and not params["to"]:
        errors.append(("to", "请写转到哪个站内地址"))
    return params, errors + [(name, "最多 20000 个字") for name, value in params.items() if len(str(value)) > 20_000]


def _value(request: Any, kinds: Sequence[str], key: str, text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text of a value with names turned into addresses, and what is wrong with it."""
    if key in FOLDERS and text:
        names = Names()
        text = "\n".join(names.slug(request.site, key, line.strip()) for line in text.split("\n"))
    try:
        for kind in kinds:
            one = cells.element(kind, key)
            assert one is not None
            cells.read(one, text)
    except ValueError as exc:
        return text, [("value", str(exc))]
    return text, []


def words_of(request: Any, action: str, params: bulk.Params, kinds: Sequence[str]) -> list[tuple[str, str]]:
    """(label, words) of the parameters, for the person to check."""
    if action == "set":
        title = dict(settable(kinds)).get(params["field"], params["field"])
        return [("要素", title), ("改成", params["value"] or "（清掉）"), *([("说明", params["note"])] if params["note"] else [])]
    found: list[tuple[str, str]] = []
    for one in fields_of(request, action, kinds):
        value = str(params.get(one.name, ""))
        if value:
            found.append((one.label, dict(one.options).get(value) or value))
    return found
