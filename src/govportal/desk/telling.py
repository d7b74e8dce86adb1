"""Differences between two editions in words for people: field by field, with the words that went and came marked.

Owns the translation of ``content.differences`` for pages: the names people know, values as they read them, markup with every text escaped.
Reads only.
"""
from __future__ import annotations

import re
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from ..content.blocks import TEXT_TAGS, plain
from ..content.differences import ADDED, CHANGED, MOVED, REMOVED, Count, Difference, counts, differences
from ..content.richtext import to_markup
from ..content.wording import SAME, marked
from .forms.build import form_of
from .forms.compare import words
from .forms.picks import Picks
from .forms.sections import section_of
from .forms.widgets import Body

KINDS = {CHANGED: "改了", ADDED: "新增", REMOVED: "删去", MOVED: "换了顺序"}
COUNTED = ("ImplementationItem", "HandlingItem")
BODIES = ("body", "question", "answer")
ITEM_WORDS = {"conditions": ("条件", "项"), "materials": ("材料", "份"), "steps": ("环节", "个"), "promise_limit": ("时限", "天")}


class Told(NamedTuple):
    """``field``: path for a remark, dotted (``materials.1.name``); ``before``/``after``: markup, '' for nothing."""

    field: str
    section: str
    title: str
    kind: str
    before: Markup
    after: Markup


def told(kind: str, before: dict[str, Any], after: dict[str, Any], picks: Picks) -> list[Told]:
    """Every difference, in the order of the form's sections and then of the schema."""
    return [_told(kind, one, after, picks) for one in differences(kind, before, after)]


def _told(kind: str, one: Difference, after: dict[str, Any], picks: Picks) -> Told:
    section = section_of(kind, one.path[0])
    was, now = _value(kind, section.name, one, one.before, picks), _value(kind, section.name, one, one.after, picks)
    if one.kind == CHANGED:
        old, new = marked(was, now)
        shown = _markup(old, "del"), _markup(new, "ins")
    else:
        shown = Markup(escape(was)), Markup(escape(now))
    title = re.sub(r"第 (\d+) 条$", r"第 \1 段", one.title) if one.path[0] in BODIES else one.title
    return Told(field_of(one.path, after), section.title, title, KINDS[one.kind], *shown)


def _markup(parts: list[tuple[str, str]], tag: str) -> Markup:
    return Markup("").join(Markup(escape(text)) if kind == SAME else Markup(f"<{tag}>{{}}</{tag}>").format(text) for kind, text in parts)


def _value(kind: str, section: str, one: Difference, value: Any, picks: Picks) -> str:
    """A value of the difference as people read it."""
    if value in (None, "", (), {}):
        return ""
    node: Any = next(child for child in form_of(kind, section).children if child.name == one.path[0])
    for part in one.path[1:]:
        if not node.children:
            break
        child = next((child for child in node.children if child.name == part), None)
        node = child if child is not None else node.children[0]
    if isinstance(node.widget, Body):
        return "\n".join(map(_block, value if one.kind == MOVED or len(one.path) == 1 else (value,)))
    if one.kind == MOVED:
        return "\n".join(f"{number}. {_plain(row)}" for number, row in enumerate(value, 1))
    try:
        return words(node, value, picks)
    except (AttributeError, IndexError, TypeError, ValueError):     # a value of an older schema
        return _plain(value)


def _block(block: tuple[str, Any]) -> str:
    """A paragraph of a body as text; a table or picture in the signs of the editor."""
    tag, _ = block
    text = plain((block,)) if tag in TEXT_TAGS else to_markup((block,))
    return {"li": f"• {text}", "ol": f"1. {text}"}.get(tag, text)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "，".join(_plain(part) for part in value.values() if part not in (None, "", ()))
    if isinstance(value, (list, tuple)):
        return " ".join(_plain(part) for part in value if part not in (None, "", ()))
    return str(value)


def field_of(path: tuple[str, ...], values: dict[str, Any]) -> str:
    """The path of a difference as a remark names it: rows by their number in ``values``, as far as the path can be followed."""
    found: list[str] = []
    value: Any = values
    for part in path:
        if isinstance(value, (list, tuple)):
            number = next((place for place, row in enumerate(value) if isinstance(row, dict) and part in map(str, row.values())), None)
            if number is None:
                break
            found.append(str(number))
            value = value[number]
        elif isinstance(value, dict) and part in value:
            found.append(part)
            value = value[part]
        else:
            break
    return ".".join(found) or path[0]


def counted(kind: str, before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str]]:
    """(words, '' | 'ok' | 'no') of what is less or more than before (R1.2): 材料 3 → 2，减 1 份."""
    if kind not in COUNTED:
        return []
    return [_count(one) for one in counts(before, after) if one.before is not None and one.after is not None and one.before != one.after]


def _count(one: Count) -> tuple[str, str]:
    name, unit = ITEM_WORDS.get(one.name, (one.title, ""))
    before, after = one.before or 0, one.after or 0
    return f"{name} {before:g} → {after:g}，{'减' if one.less else '增'} {abs(after - before):g} {unit}", "ok" if one.less else "no"
