"""A kind's schema as deform forms, one a section: which widget a node gets, and which of its values may be missing in a draft.

Owns the conversion, done once for each kind and section and shared by all requests and threads; nothing of a request is ever set on a form.
Must not import pyramid. LookupError for an unknown kind or section.
"""
from __future__ import annotations

from functools import cache
from typing import Any

import colander
import deform

from ...content.completeness import needed_paths
from ...content.kinds import kind_of
from . import hints
from .groups import Group, Pairs, RepeatedLines, Rows, SectionWidget
from .sections import section
from .widgets import Articles, Body, Choice, Flag, Leaf, Lines, LongText, Pick, Several, Upload, Week

NOTHING = "未提供"
FEW = 6                # words up to which radios are drawn
ONE_LINE = 200         # characters up to which a text is one line
LINE_LIST = 500        # characters a line up to which a list of texts is written one a line


@cache
def form_of(kind: str, name: str) -> deform.Form:
    """The form of a section. Do not change it: it belongs to everybody."""
    one = section(kind, name)
    nodes = {child.name: child for child in kind_of(kind).schema.children}
    schema = colander.SchemaNode(kind_of(kind).schema.typ, *(_draft(nodes[node].clone()) for node in one.nodes), name="section", title=one.title)
    for child in schema.children:
        _dress(kind, child, child.name, 1)
    schema.widget = SectionWidget()
    return deform.Form(schema, renderer=_no_renderer, focus="off")


def _no_renderer(*args: Any, **kw: Any) -> str:
    raise NotImplementedError("our widgets draw themselves")


def _draft(node: colander.SchemaNode) -> colander.SchemaNode:
    """A required value may be missing while it is a draft; publishing asks for it."""
    if node.missing is colander.required:
        node.missing = ""
    return node


def _dress(kind: str, node: colander.SchemaNode, dotted: str, depth: int) -> None:
    """Give a node and all below it their widgets. ``depth``: 1 + the repeated groups around it."""
    widget = _widget(kind, node, dotted, depth)
    widget.dotted, widget.hint = dotted, hints.known(hints.HINTS, kind, dotted) or widget.hint
    needed = needed_paths(kind)
    widget.optional = not widget.blank and dotted not in needed and not any(path.startswith(dotted + ".") for path in needed)
    node.widget = widget
    repeated = isinstance(widget, (Rows, RepeatedLines))
    for child in node.children:
        below = dotted if node.typ.shape == "list" else f"{dotted}.{child.name}"
        if getattr(child.typ, "shape", "") == "group" and repeated:
            child.widget = Group(dotted=below, parts=_parts(child, dotted))
            for inner in child.children:
                _dress(kind, inner, f"{below}.{inner.name}", depth + 1)
        elif repeated:
            _dress(kind, child, below, depth + 1)
            child.widget.hint, child.widget.optional = "", False
        elif node.typ.shape == "group":
            _dress(kind, child, below, depth + 1 if depth > 1 else 2)


def _parts(row: colander.SchemaNode, dotted: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
    numbers = {child.name: number for number, child in enumerate(row.children)}
    return tuple((title, tuple(numbers[name] for name in names)) for title, names in hints.ROW_PARTS.get(dotted, ()))


def _widget(kind: str, node: Any, dotted: str, depth: int) -> Leaf:
    shape = getattr(node.typ, "shape", "body")
    if dotted in hints.PICKS and shape == "text":
        what, strict = hints.PICKS[dotted]
        return Pick(pick=what, strict=strict)
    return _MAKERS[shape](kind, node, dotted, depth)


def _text(kind: str, node: Any, dotted: str, depth: int) -> Leaf:
    if getattr(node, "upload", False):
        return Upload()
    words = getattr(node, "words", None)
    if words is not None:
        blank = node.missing if isinstance(node.missing, str) else ""
        pairs = tuple((word, word) for word in words)
        pairs = pairs if blank or NOTHING in words else (*pairs, ("", NOTHING))
        if NOTHING in words and not blank:
            pairs = (*pairs, ("", "没有填"))
        few = depth == 1 and len(words) <= FEW
        return Choice(words=pairs, blank=blank, template="radios" if few else "select", short=not few)
    most = node.validator.max
    if most <= ONE_LINE or dotted.endswith("url") or node.name in ("title", "name", "short"):
        return Leaf(short=most <= 60)
    return LongText(lines=2 if most <= 1000 else 3)


def _number(kind: str, node: Any, dotted: str, depth: int) -> Leaf:
    return Leaf(inputmode="numeric", short=True, unit=hints.known(hints.UNITS, kind, dotted))


def _flag(kind: str, node: Any, dotted: str, depth: int) -> Leaf:
    words = (("是", "是"), ("否", "否"))
    if node.missing is None:
        return Flag(words=(*words, ("", NOTHING)))
    return Flag(words=words, blank="是" if node.missing else "否")


def _moment(kind: str, node: Any, dotted: str, depth: int) -> Leaf:
    return Leaf(short=True, pattern="2026-01-31 09:00", hint="写成 2026-01-31 或 2026-01-31 09:00")


def _list(kind: str, node: Any, dotted: str, depth: int) -> Leaf:
    child = node.children[0]
    words = getattr(node, "words", None)
    if words is not None:
        return Several(words=tuple((word, word) for word in words))
    if dotted == "changes":
        own = (*kind_of(kind).schema.children,)
        skip = {"name", "hint", "use_materials", "changes", "listed", "code", "register", "state", "state_reason", "demo", "aliases", "source_id"}
        return Several(words=tuple((one.name, one.title) for one in own if one.name not in skip), inner="line")
    if dotted == "use_materials":
        return Several(source="case-materials", inner="line")
    if dotted == "articles":
        return Articles()
    word = hints.known(hints.ROW_WORDS, kind, dotted) or "一项"
    if child.typ.shape == "group":
        return Rows(word=word, names=hints.ROW_NAMES.get(dotted) or next(one.name for one in child.children if one.typ.shape == "text"))
    if dotted in hints.PICKS or child.validator.max > LINE_LIST:
        return RepeatedLines(word=word)
    return Lines(lines=2)


def _group(kind: str, node: Any, dotted: str, depth: int) -> Leaf:
    return Group()


def _free(kind: str, node: Any, dotted: str, depth: int) -> Leaf:
    if dotted == "opening":
        return Week()
    if dotted.endswith(".find"):
        return Lines(lines=2, wrap="name_contains")
    return Pairs(word="一栏")


def _body(kind: str, node: Any, dotted: str, depth: int) -> Leaf:
    return Body()


_MAKERS = {"text": _text, "number": _number, "flag": _flag, "moment": _moment, "list": _list, "group": _group, "free": _free, "body": _body}
