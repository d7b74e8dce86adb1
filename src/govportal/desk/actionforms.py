"""The inputs of the review's actions: which controls an action has, what was typed into them, and at which control a refusal stands.

Owns that table and its reading. What is missing or wrong is said by the verbs of ``content.publication``; here only what cannot be read as a time
or a row is refused, and nothing typed is lost.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from ..base import calendar, clock
from ..content.kinds import kind_of
from ..content.model import Document, Secrecy
from ..content.publication import CHANGES, OPENNESS, current
from ..content.publication_table import TABLE
from ..web.modes import posted
from ..workflow.reasons import Reason, Refused
from .forms.rendering import field_title
from .forms.sections import sections_of
from .remarks import path_of_field
from .simple import Field
from .waiting import holders

MAX_TYPED = 2100            # more than a note may have, so that the verb says so
MAX_ROWS = 100
MODES = (("banner", "保留页面，顶上写明已撤回", "读者还能看，例如文件已失效"), ("gone", "不再提供", "读者看到已撤下和原因"),
         ("redirect", "转到站内别的地址", "例如由另一份代替"))
NOTE_LABELS = {"withdraw": ("撤回原因", "读者会看到，请写清楚、写得体"), "override": ("为什么来不及走审核", "记入审计，第二人确认时要看"), "return": ("总的意见", "写给编写的人"),
               "restore": ("为什么重新公开", ""), "confirm": ("确认意见", ""), "recall": ("为什么撤回送审", "")}
# where the reasons of a refusal stand
PLACES = {"公开属性": "openness", "保密审查": "secrecy_by", "保密审查日期": "secrecy_on", "上线时间": "at", "下线时间": "ends", "撤回原因": "note", "撤回方式": "mode", "转到": "to", "说明": "note", "改动": "change",
          "退回意见": "note"}
MISSING = {TABLE.inputs[name]: place for name, place in (("note", "note"), ("remarks", "text-0"), ("mode", "mode"), ("at", "at"), ("openness", "openness"), ("secrecy", "secrecy_by"))}


@dataclass(frozen=True)
class Radios(Field):
    """A choice drawn whole. ``says``: what each option means, in their order."""

    kind: str = "radio"
    says: tuple[str, ...] = ()

    @property
    def explained(self) -> list[tuple[str, str, str]]:
        """(value, words, meaning) of each option."""
        return [(value, words, says) for (value, words), says in zip(self.options, self.says, strict=True)]


@dataclass(frozen=True)
class Remarked:
    """One row of a return: the field's path ('' = the whole) and what is to be changed."""

    field: str = ""
    text: str = ""


def fields_of(request: Any, document: Document, action: str, inputs: Iterable[str]) -> list[Field]:
    """The controls of an action, with what the draft has recorded. ``inputs``: of the table."""
    found: list[Field] = []
    for name in dict.fromkeys(inputs):
        found += _MAKERS[name](request, document, action) if name in _MAKERS else []
    order = ("mode", "to", "openness", "secrecy_by", "secrecy_on", "at", "ends", "change", "note")
    return sorted(found, key=lambda one: order.index(one.name))


def _note(request: Any, document: Document, action: str) -> list[Field]:
    label, hint = NOTE_LABELS.get(action, ("说明", "写给后面的人看"))
    return [Field("note", label, kind="area", hint=hint, optional=action not in ("withdraw", "override"))]


def _openness(request: Any, document: Document, action: str) -> list[Field]:
    chosen = document.draft.openness if document.draft is not None else ""
    says = {"主动公开": "放到网站上，谁都能看", "依申请公开": "有人申请才提供，不能在网站发布", "不予公开": "不能在网站发布"}
    return [Radios("openness", "公开属性", chosen, options=tuple((word, word) for word in OPENNESS), says=tuple(says[word] for word in OPENNESS))]


def _secrecy(request: Any, document: Document, action: str) -> list[Field]:
    known = document.draft.secrecy if document.draft is not None else None
    return [Field("secrecy_by", "保密审查：谁审的", known.by if known is not None else "", hint="先审后公开，写审查人的姓名"),
            Field("secrecy_on", "保密审查：哪天审的", known.on if known is not None else "", kind="date", hint=f"写成 {clock.now().date().isoformat()}，不能晚于今天")]


def _at(request: Any, document: Document, action: str) -> list[Field]:
    return [Field("at", "什么时候上线", kind="date", hint=f"空着就是马上。定时写成 {example(1)}", optional=True)]


def _ends(request: Any, document: Document, action: str) -> list[Field]:
    return [Field("ends", "什么时候下线", kind="date", hint=f"空着就是一直公开。例如 {example(30)}", optional=True)]


def _change(request: Any, document: Document, action: str) -> list[Field]:
    chosen = document.draft.change if document.draft is not None else ""
    says = {"major": "影响读者怎么办、能不能办", "minor": "错字、格式、说法"}
    options = tuple((name, title) for name, title in CHANGES.items() if name)
    return [Radios("change", "改动大小", chosen, options=options, says=tuple(says[name] for name, _ in options), optional=True)]


def _mode(request: Any, document: Document, action: str) -> list[Field]:
    return [Radios("mode", "怎么撤", options=tuple((name, title) for name, title, _ in MODES), says=tuple(says for _, _, says in MODES))]


def _to(request: Any, document: Document, action: str) -> list[Field]:
    if action == "withdraw":
        return [Field("to", "转到", hint="选“转到站内别的地址”时才填，例如 /news/tongzhi", optional=True)]
    from ..content.scopes import writer_role
    people = holders(request, writer_role(document.kind), document)
    return [Field("to", "谁来经办", document.assignee, kind="select", options=(("", "不指定"), *((staff.uid, f"{staff.name}（{staff.username}）") for staff in people)))]


_MAKERS = {"note": _note, "openness": _openness, "secrecy": _secrecy, "at": _at, "ends": _ends, "change": _change, "mode": _mode, "to": _to}


def example(days: int) -> str:
    """A time that can be typed as it stands: nine o'clock of the first working day after so many days."""
    day = clock.now().date() + timedelta(days=days)
    try:
        shown = calendar.current()
        day = day if shown.is_working_day(day) else shown.next_working_day(day)
    except (OSError, ValueError, LookupError):
        pass
    return clock.stamp(datetime.combine(day, time(9), clock.SHANGHAI))


def typed(request: Any, fields: Iterable[Field]) -> list[Field]:
    """The same controls with what was posted."""
    return [replace(one, value=posted(request, one.name).replace("\r\n", "\n")[:MAX_TYPED]) for one in fields]


def inputs_of(action: str, fields: Iterable[Field]) -> dict[str, Any]:
    """Inputs of ``publication.act`` from the controls. Refused, with every time that cannot be read."""
    found: dict[str, Any] = {}
    reasons: list[Reason] = []
    given = {one.name: one.value.strip() for one in fields}
    for name, value in given.items():
        if name in ("at", "ends"):
            try:
                found[name] = moment(value) if value else None
            except ValueError as exc:
                reasons.append(Reason("上线时间" if name == "at" else "下线时间", str(exc)))
        elif name == "secrecy_by" and (value or given.get("secrecy_on")):
            found["secrecy"] = Secrecy(value, plain(given.get("secrecy_on", "")))
        elif name not in ("secrecy_by", "secrecy_on"):
            found[name] = value
    if reasons:
        raise Refused(*reasons)
    return found


def plain(text: str) -> str:
    """A time as people type it, in the signs that are read: ：/．and T from other keyboards and browsers."""
    return " ".join(text.replace("：", ":").replace("T", " ").replace("/", "-").replace("　", " ").split())


def moment(text: str) -> datetime:
    return clock.parse(plain(text))


def remarks_of(request: Any) -> list[Remarked]:
    """The posted rows of a return, empty ones too."""
    try:
        fields, texts = request.POST.getall("field"), request.POST.getall("text")
    except (ValueError, LookupError, TypeError, AttributeError, OSError, DeprecationWarning):
        return []
    return [Remarked(field, text.replace("\r\n", "\n")[:MAX_TYPED]) for field, text in zip(fields, texts, strict=False) if isinstance(field, str) and isinstance(text, str)][:MAX_ROWS + 1]


def remark_field(document: Document, field: str) -> str:
    """The field that a link names, as far as the form has it: itself, else the nearest one above it, '' for the whole."""
    edition = current(document)
    return ".".join(str(part) for part in path_of_field(document.kind, edition.values if edition is not None else {}, field)) if known_field(document, field) else ""


def remark_options(document: Document, wanted: Iterable[str] = ()) -> list[tuple[str, list[tuple[str, str]]]]:
    """(section, (path, words) of its fields and rows) for the choice of a remark's field; of what lies deeper only what is ``wanted``."""
    deeper = [(path, parts) for path in dict.fromkeys(wanted) if path and (parts := path_of_field(document.kind, getattr(current(document), "values", {}), path))]
    edition = current(document)
    values = edition.values if edition is not None else {}
    titles = {node.name: node.title for node in kind_of(document.kind).schema.children}
    found = []
    for section in sections_of(document.kind):
        options: list[tuple[str, str]] = []
        for name in section.nodes:
            options.append((name, titles[name]))
            rows = values.get(name) or ()
            if isinstance(rows, (list, tuple)):
                options += [(f"{name}.{number}", f"{titles[name]}：{_row_name(row, number)}") for number, row in enumerate(rows[:200]) if isinstance(row, dict)]
        for path, parts in deeper:
            if parts[0] in section.nodes and path not in dict(options):
                above = max((number for number, (value, _) in enumerate(options) if f"{path}.".startswith(f"{value}.")), default=len(options) - 1)
                options.insert(above + 1, (path, field_title(document.kind, section.name, parts)))
        found.append((section.title, options))
    return found


def _row_name(row: dict[str, Any], number: int) -> str:
    return next((str(row[name])[:40] for name in ("name", "q", "title", "no", "law") if row.get(name)), f"第 {number + 1} 行")


def known_field(document: Document, path: str) -> bool:
    """Whether a remark may name this field: '' or a field of the kind, with at most a row and a part of it below."""
    first, *rest = path.split(".")
    return not path or (first in {node.name for node in kind_of(document.kind).schema.children} and len(rest) < 6
                        and all(part.isascii() and part.replace("_", "").isalnum() for part in rest))


def field_words(document: Document, path: str) -> str:
    """A remark's field in words."""
    known = {value: words for _, options in remark_options(document, [path]) for value, words in options}
    parts = path.split(".")
    return next((known[".".join(parts[:size])] for size in range(len(parts), 0, -1) if ".".join(parts[:size]) in known), "全文")


def places(reasons: Iterable[Reason], names: set[str]) -> list[tuple[str, str]]:
    """(name of the control or '', words) of each reason."""
    found = []
    for reason in reasons:
        name = PLACES.get(reason.field) or MISSING.get(reason.message) or ""
        found.append((name if name in names else "", reason.message if name in names else str(reason)))
    return found
