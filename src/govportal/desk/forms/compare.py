"""Two texts of one section side by side: mine, not saved yet, and theirs, saved meanwhile; a choice for each field that differs.

Owns the rows, the words in which a value is shown, the page's part and the reading of the choices. Neither text is lost: mine travels in the
form as it was typed. Must not import pyramid. Pure; a forged post gives problems, never an exception.
"""
from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from markupsafe import Markup

from ...content.richtext import to_markup
from .build import form_of
from .look import Problem, field_id
from .picks import Picks
from .plain import articles_to_text, span_text
from .reading import MAX_CHARS, MAX_DEPTH, Outcome, clean_section, merge, same
from .widgets import Articles, Body, Week, empty

MINE, THEIRS = "mine", "theirs"
CARRIED = "compare.mine"


class Row(NamedTuple):
    """One field. ``mine``, ``theirs``: as words; ``same``: they say the same."""

    name: str
    title: str
    mine: str
    theirs: str
    same: bool


def compare(kind: str, section: str, mine: dict[str, Any], theirs: dict[str, Any], *, picks: Picks | None = None) -> list[Row]:
    """The fields of a section in page order. ``mine``: clean values of the section or the whole document; ``theirs``: the saved values."""
    picks, found = picks or Picks(), []
    for child in form_of(kind, section).children:
        one, other = mine.get(child.name, theirs.get(child.name)), theirs.get(child.name)
        found.append(Row(child.name, child.title, words(child, one, picks), words(child, other, picks), same(one, other)))
    return found


def words(field: Any, value: Any, picks: Picks) -> str:
    """A value as people read it, several lines where it holds several things; '' when nothing is given."""
    widget = field.widget
    if empty(value):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        pick = getattr(widget, "pick", "")     # the words under a checkbox have no widget of ours
        label = picks.label(pick, value) if pick else ""
        return f"{label} [{value}]" if label and label != value else value
    if isinstance(widget, Body):
        return to_markup(value)
    if isinstance(widget, Articles):
        return articles_to_text(value)
    if isinstance(widget, Week):
        return "\n".join(f"周{'一二三四五六日'[int(day) - 1]} {span_text(spans)}" for day, spans in sorted(value.items()))
    if isinstance(value, dict):
        lines = ([(child.title, words(child, value.get(child.name), picks)) for child in field.children]
                 or [("", "\n".join(map(str, sub)) if isinstance(sub, (list, tuple)) else str(sub)) for sub in value.values()])
        return "\n".join(text if not title else f"{title}：{text}" if "\n" not in text else f"{title}：\n{_inward(text)}"
                         for title, text in lines if text)
    if isinstance(value, (list, tuple)):
        rows = [words(field.children[0], sub, picks) if field.children else "：".join(map(str, sub)) if isinstance(sub, (list, tuple))
                else str(sub) for sub in value]
        return "\n".join(f"{number}. {_inward(text).lstrip()}" for number, text in enumerate(rows, 1))
    return str(value)


def _inward(text: str) -> str:
    return "\n".join("  " + line for line in text.split("\n"))


def _deep(value: Any) -> bool:
    """Whether something is nested deeper than any form."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [sub for one in level if isinstance(one, (dict, list)) for sub in (one.values() if isinstance(one, dict) else one)]
    return bool(level)


def render_compare(kind: str, section: str, rows: Iterable[Row], typed: dict[str, Any], *, theme: Any, prefix: str = "c") -> Markup:
    """The comparison to stand inside a form: what differs with a choice each (mine chosen), what is alike folded. ``typed``: mine as typed."""
    rows = list(rows)
    different = [(field_id((row.name,), prefix), row) for row in rows if not row.same]
    mine = json.dumps(typed, ensure_ascii=False, separators=(",", ":"))
    return Markup(theme.template("desk/widgets/compare.pt")(rows=different, alike=[row for row in rows if row.same], carried=CARRIED, mine=mine))


def read_choices(kind: str, section: str, theirs: dict[str, Any], pairs: Iterable[tuple[str, Any]], *, picks: Picks | None = None,
                 prefix: str = "c") -> Outcome:
    """The document after the choices: theirs with my fields where 用我的 was chosen. A field without a choice is mine: nothing typed is lost."""
    given = {name: value for name, value in pairs if isinstance(value, str)}
    try:
        text = given.get(CARRIED, "")
        typed = json.loads(text) if len(text) <= MAX_CHARS else None
    except (ValueError, RecursionError):
        typed = None
    names = [child.name for child in form_of(kind, section).children]
    if not isinstance(typed, dict) or set(typed) - set(names) or _deep(typed):
        return Outcome(None, {}, (Problem((), "您那一份内容没有完整地送到，没有保存。请返回上一页再试"),))
    chosen = {name: given.get(field_id((name,), prefix), MINE) for name in names}
    if set(chosen.values()) - {MINE, THEIRS}:
        return Outcome(None, typed, (Problem((), "请为每一处选“用我的”或“用对方的”"),))
    wanted = {name: value for name, value in typed.items() if chosen[name] == MINE}
    clean, faults = clean_section(kind, section, wanted, stored=theirs, picks=picks)
    return Outcome(None, typed, faults) if faults else Outcome(merge(theirs, clean), typed, ())
