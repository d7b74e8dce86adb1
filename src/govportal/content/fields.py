"""Small builders of colander nodes, so that a kind's schema reads as the list of its elements.

Owns types and messages of single fields. Must not know a kind. A type's ``shape`` tells forms what it holds. Every node
carries ``head`` (kept in the small head record), ``source`` (the requirement it comes from) and ``group``. A wrong value
raises colander.Invalid with a Chinese reason; an absent optional value becomes the node's ``missing`` value, shown to
people as 未提供.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import colander

MAX_TEXT = 20_000
MAX_CELL = 200_000


class _Text(colander.SchemaType):
    """Text as people type it: kept as it is apart from outer white space."""

    shape = "text"

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null or cstruct is None:
            return colander.null
        if isinstance(cstruct, (dict, list, tuple, bool)):
            raise colander.Invalid(node, "这里要填一段文字")
        value = str(cstruct).strip()
        if "\x00" in value:
            raise colander.Invalid(node, "含有不可见的控制字符，请删去后重填")
        return value or colander.null

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct


class _Int(colander.SchemaType):
    shape = "number"

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null or cstruct is None or cstruct == "":
            return colander.null
        try:
            if isinstance(cstruct, bool):
                raise ValueError
            return int(str(cstruct).strip())
        except ValueError:
            raise colander.Invalid(node, f"“{str(cstruct)[:30]}”不是整数") from None

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct


_TRUE, _FALSE = {"是", "true", "1", "yes", "支持"}, {"否", "false", "0", "no", "不支持"}


class _Bool(colander.SchemaType):
    shape = "flag"

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if isinstance(cstruct, bool):
            return cstruct
        if cstruct is colander.null or cstruct is None or cstruct == "":
            return colander.null
        word = str(cstruct).strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise colander.Invalid(node, f"“{str(cstruct)[:30]}”请写“是”或“否”")

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct


NUMBER, FLAG = _Int, _Bool      # the types whose empty value is None, not ''


class _Moment(colander.SchemaType):
    """``YYYY-MM-DD`` or ``YYYY-MM-DD HH:MM``, kept as that text (GB/T 7408)."""

    shape = "moment"

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null or cstruct is None or cstruct == "":
            return colander.null
        if isinstance(cstruct, dt.datetime):
            return cstruct.strftime("%Y-%m-%d %H:%M")
        if isinstance(cstruct, dt.date):
            return cstruct.isoformat()
        value = str(cstruct).strip()
        for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M"):
            try:
                dt.datetime.strptime(value, form)
                return value
            except ValueError:
                continue
        raise colander.Invalid(node, f"“{value[:30]}”不是日期，请写成 2026-01-31 或 2026-01-31 09:00")

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct


class _List(colander.SchemaType):
    """A list of the one child node, as a tuple of plain data."""

    shape = "list"

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null or cstruct is None:
            return colander.null
        if isinstance(cstruct, str) or not isinstance(cstruct, Iterable):
            raise colander.Invalid(node, "这里要填一组值")
        child, error, result = node.children[0], None, []
        for number, sub in enumerate(cstruct):
            try:
                value = child.deserialize(sub)
                if value is not None and value != "":
                    result.append(value)
            except colander.Invalid as exc:
                error = error or colander.Invalid(node)
                error.add(exc, number)
        if error is not None:
            raise error
        return tuple(result)

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct

    def cstruct_children(self, node: Any, cstruct: Any) -> Any:
        return colander.SequenceItems(() if cstruct is colander.null or cstruct is None else cstruct)


class _Group(colander.SchemaType):
    """A mapping. Unknown keys are refused with their name: a typing mistake must not lose what was entered."""

    shape = "group"

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null or cstruct is None:
            return colander.null
        if not isinstance(cstruct, dict):
            raise colander.Invalid(node, "这里要填一组“名称: 值”")
        names = {child.name for child in node.children}
        unknown = [key for key in cstruct if key not in names]
        error = None
        if unknown:
            error = colander.Invalid(node, "不认识的字段：" + "、".join(str(key)[:40] for key in unknown[:5]))
        result = {}
        for number, child in enumerate(node.children):
            try:
                result[child.name] = child.deserialize(cstruct.get(child.name, colander.null))
            except colander.Invalid as exc:
                error = error or colander.Invalid(node)
                error.add(exc, number)
        if error is not None:
            raise error
        return result

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct

    def cstruct_children(self, node: Any, cstruct: Any) -> Any:
        given = cstruct if isinstance(cstruct, dict) else {}
        return [given.get(child.name, colander.null) for child in node.children]


def _node(kind: colander.SchemaType, name: str, title: str, *children: Any, **extra: Any) -> colander.SchemaNode:
    node = colander.SchemaNode(kind, *children, name=name, title=title)
    required = extra.pop("required", False)
    missing = extra.pop("missing", None)
    node.missing = colander.required if required else missing
    node.missing_msg = f"“{title}”必填"
    for key, value in extra.items():
        setattr(node, key, value)
    for key, default in (("head", False), ("source", ""), ("group", "")):
        if not hasattr(node, key):
            setattr(node, key, default)
    return node


def text(name: str, title: str, *, max: int = MAX_TEXT, missing: Any = "", **extra: Any) -> colander.SchemaNode:
    """One text, at most ``max`` characters."""
    return _node(_Text(), name, title, missing=missing,
                 validator=colander.Length(max=max, max_err=f"最多 {max} 个字，请缩短"), **extra)


def number(name: str, title: str, *, low: int = 0, high: int = 10 ** 9, **extra: Any) -> colander.SchemaNode:
    return _node(_Int(), name, title,
                 validator=colander.Range(low, high, min_err=f"不能小于 {low}", max_err=f"不能大于 {high}"), **extra)


def flag(name: str, title: str, **extra: Any) -> colander.SchemaNode:
    """Yes, no or (``missing``) not given."""
    return _node(_Bool(), name, title, **extra)


def moment(name: str, title: str, **extra: Any) -> colander.SchemaNode:
    return _node(_Moment(), name, title, missing=extra.pop("missing", ""), **extra)


class _OneOf:
    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(words)
        self._set = frozenset(self.words)

    def __call__(self, node: Any, value: Any) -> None:
        if value not in self._set:
            raise colander.Invalid(node, f"“{str(value)[:30]}”不在代码表里，可选：{'、'.join(self.words[:12])}")


def choice(name: str, title: str, words: Iterable[str], *, missing: Any = "", **extra: Any) -> colander.SchemaNode:
    """One word of a code table (R2.2: a value outside the table is refused and the field named)."""
    return _node(_Text(), name, title, missing=missing, validator=_OneOf(words), words=tuple(words), **extra)


def choices(name: str, title: str, words: Iterable[str], **extra: Any) -> colander.SchemaNode:
    """Several words of a code table, as a tuple."""
    return _node(_List(), name, title, choice("word", title, words), missing=(), words=tuple(words), **extra)


def texts(name: str, title: str, *, max: int = 2000, **extra: Any) -> colander.SchemaNode:
    """A list of texts."""
    return _node(_List(), name, title, text("line", title, max=max), missing=(), **extra)


def group(name: str, title: str, *children: Any, **extra: Any) -> colander.SchemaNode:
    return _node(_Group(), name, title, *children, **extra)


def rows(name: str, title: str, *children: Any, **extra: Any) -> colander.SchemaNode:
    """A list of mappings with these fields."""
    return _node(_List(), name, title, group("row", title, *children), missing=(), **extra)


def free(name: str, title: str, **extra: Any) -> colander.SchemaNode:
    """Plain data checked by the kind itself (nested lists of pairs)."""
    return _node(_Free(), name, title, **extra)


class _Free(colander.SchemaType):
    shape = "free"

    def deserialize(self, node: Any, cstruct: Any) -> Any:
        return colander.null if cstruct is None else cstruct

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct


def form_of(node: Any) -> str:
    """What a node holds, for tables and forms: text, number, flag, moment, choice, choices, texts, rows, group, body, free (only its kind knows)."""
    form = getattr(node.typ, "shape", "body")
    if form == "list":
        return "choices" if hasattr(node, "words") else "rows" if form_of(node.children[0]) == "group" else "texts"
    return "choice" if form == "text" and hasattr(node, "words") else form


def problems(error: colander.Invalid) -> list[tuple[str, str]]:
    """(field path, Chinese reason) of every fault, in field order."""
    found = []
    for path in error.paths():
        last = path[-1]
        names = []
        for exc in path[1:]:
            names.append(str(exc.pos + 1) if exc.positional or exc.node.name in ("row", "line", "word") else exc.node.title or exc.node.name)
        for message in last.messages():
            found.append(("／".join(names) or "全文", str(message)))
    return found
