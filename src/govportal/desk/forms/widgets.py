"""Widgets of single fields, drawn by our own templates: text, number, flag, choice, date, picked reference, long text.

Owns how a leaf is shown, read and settled. A widget is shared by all requests and keeps nothing of them: ``serialize`` gets a ``Look`` and a
path, ``deserialize`` gives back what was typed, ``settle`` turns what was typed into what the schema reads. Must not import pyramid.
"""
from __future__ import annotations

from typing import Any

import deform.widget
from colander import null
from markupsafe import Markup

from ...content.blocks import is_block, normal_all
from ...content.richtext import HTML_MARK, TooLong, read, to_markup
from .look import Look, Path, Settling
from .plain import DAYS as WEEK
from .plain import Unreadable, articles_to_text, lines_of, span_text, text_spans, text_to_articles


def empty(value: Any) -> bool:
    """Whether nothing is given: no text, no row, a mapping of nothing."""
    if isinstance(value, dict):
        return all(empty(sub) for sub in value.values())
    if isinstance(value, (list, tuple)):
        return all(empty(sub) for sub in value)
    return value is None or value is null or value == ""


class Leaf(deform.widget.Widget):
    """A field with one value. ``dotted``: its path without row numbers; ``optional``: a guide is complete without it."""

    template = "input"
    dotted = ""
    hint = ""
    optional = True
    short = False          # may stand beside other short ones
    unit = ""
    inputmode: str | None = None
    pattern: str | None = None
    pick = ""
    strict = False
    deep = False           # shows the errors of what lies below
    blank = ""             # the value that stands for nothing given

    def serialize(self, field: Any, cstruct: Any, *, look: Look, path: Path, **kw: Any) -> Markup:
        own, error = look.id(path), look.error(path, deep=self.deep)
        return look.draw(self.template, w=self, id=own, name=field.name, title=kw.get("title") or field.title, error=error,
                         invalid="true" if error else None, described=look.described(own, self.hint, error),
                         autofocus="autofocus" if look.focus == path else None, **self.more(field, cstruct, look, path))

    def more(self, field: Any, cstruct: Any, look: Look, path: Path) -> dict[str, Any]:
        return {"value": self.shown(cstruct)}

    def shown(self, value: Any) -> str:
        """The value as the control holds it; what was typed comes back as it is."""
        return "" if value is None or value is null or isinstance(value, (dict, list, tuple)) else str(value)

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        return pstruct.replace("\r\n", "\n") if isinstance(pstruct, str) else pstruct

    def settle(self, field: Any, typed: Any, path: Path, task: Settling) -> Any:
        """What the schema reads. A pick list's words become the value they stand for."""
        if self.pick and isinstance(typed, str) and typed.strip():
            value, fault = task.picks.resolve(self.pick, typed, strict=self.strict, stored=stored_at(task.stored, self.dotted))
            if fault:
                task.fault(path, fault)
            return value
        return typed


def stored_at(values: Any, dotted: str) -> set[str]:
    """Every text that the stored values hold at a dotted path, whatever the rows."""
    found = [values]
    for name in dotted.split("."):
        found = [sub for value in found for one in (value if isinstance(value, (list, tuple)) else (value,))
                 if isinstance(one, dict) and (sub := one.get(name)) is not None]
    return {text for value in found for text in (value if isinstance(value, (list, tuple)) else (value,)) if isinstance(text, str)}


class LongText(Leaf):
    """A text of several lines, as tall as what stands in it."""

    template = "textarea"
    lines = 4
    big = False
    rich = False

    def more(self, field: Any, cstruct: Any, look: Look, path: Path) -> dict[str, Any]:
        value = self.shown(cstruct)
        tall = 1 + sum(1 + len(line) // 42 for line in value[:2000].split("\n")) if value else 1
        return {"value": value, "lines": max(self.lines, min(16, tall))}


class Pick(Leaf):
    """The name of a record, found by searching."""

    template = "pick"

    def more(self, field: Any, cstruct: Any, look: Look, path: Path) -> dict[str, Any]:
        return {"value": look.picks.shown(self.pick, self.shown(cstruct))}


class Upload(Leaf):
    """The number of an uploaded file; ``desk-richtext.js`` adds the button that uploads one."""

    template = "upload"
    hint = "在“文件”里上传，再把编号（file: 开头）填在这里"


class Choice(Leaf):
    """One of some words: ``radios`` for a few at the top of a form, else a select."""

    template = "select"
    short = True
    words: tuple[tuple[str, str], ...] = ()      # (value, text)

    def more(self, field: Any, cstruct: Any, look: Look, path: Path) -> dict[str, Any]:
        value = self.shown(cstruct)
        if value == "" and self.blank:
            value = self.blank
        known = any(word == value for word, _ in self.words)
        words = self.words if known else (*self.words, (value, value))
        return {"options": [(number, word, text, word == value) for number, (word, text) in enumerate(words)]}


class Flag(Choice):
    """Yes, no, not given."""

    template = "radios"

    def shown(self, value: Any) -> str:
        return {True: "是", False: "否"}.get(value, super().shown(value)) if isinstance(value, bool) else super().shown(value)


class Several(Leaf):
    """Several of some words, as checkboxes. ``source``: the words come with the document (``Picks.options``)."""

    template = "checks"
    words: tuple[tuple[str, str], ...] = ()
    source = ""
    deep = True
    inner = "word"

    def more(self, field: Any, cstruct: Any, look: Look, path: Path) -> dict[str, Any]:
        chosen = [str(word) for word in cstruct if isinstance(word, str)] if isinstance(cstruct, (list, tuple)) else []
        words = list(look.picks.options(self.source) if self.source else self.words)
        words += [(word, word) for word in chosen if word not in dict(words)]
        return {"options": [(number, word, text, word in chosen) for number, (word, text) in enumerate(words)], "inner": self.inner}

    def settle(self, field: Any, typed: Any, path: Path, task: Settling) -> Any:
        """What was ticked before keeps its order, what is new follows."""
        before = task.stored.get(field.name) if len(path) == 1 else None
        if not isinstance(typed, list) or not isinstance(before, (list, tuple)) or not all(isinstance(word, str) for word in typed):
            return () if empty(typed) else typed
        return [word for word in before if word in typed] + [word for word in typed if word not in before]


class Lines(LongText):
    """A list of short texts, one a line."""

    deep = True
    wrap: str = ""         # the key under which a finder keeps its words

    def shown(self, value: Any) -> str:
        if self.wrap and isinstance(value, dict):
            value = value.get(self.wrap) or ()
        return "\n".join(str(line) for line in value) if isinstance(value, (list, tuple)) else super().shown(value)

    def settle(self, field: Any, typed: Any, path: Path, task: Settling) -> Any:
        found = lines_of(typed) if isinstance(typed, str) else typed
        if self.wrap:
            return {self.wrap: found} if found else None
        return found


class Body(LongText):
    """A body in light markup; ``desk-richtext.js`` makes an editor of it, which gives HTML back."""

    rich = True

    lines = 16
    big = True
    deep = True

    def shown(self, value: Any) -> str:
        if isinstance(value, str) and value.startswith(HTML_MARK):       # typed in the editor and shown again
            try:
                return to_markup(read(value).blocks)
            except TooLong:
                return value
        if not isinstance(value, (list, tuple)) or not all(map(is_block, value)):
            return super().shown(value)
        try:
            return to_markup(normal_all(value))
        except ValueError:                       # a forged post
            return ""

    def settle(self, field: Any, typed: Any, path: Path, task: Settling) -> Any:
        try:
            return read(typed).blocks if isinstance(typed, str) else typed
        except TooLong as exc:
            task.fault(path, str(exc))
            return ()


class Articles(LongText):
    """All articles of a law in one text."""

    lines = 24
    big = True
    deep = True

    def shown(self, value: Any) -> str:
        return articles_to_text(value) if isinstance(value, (list, tuple)) else super().shown(value)

    def settle(self, field: Any, typed: Any, path: Path, task: Settling) -> Any:
        try:
            return text_to_articles(typed) if isinstance(typed, str) else typed
        except Unreadable as exc:
            task.fault(path, str(exc))
            return ()


class Week(Leaf):
    """Opening hours of the seven days, as a machine reads them."""

    template = "week"

    def more(self, field: Any, cstruct: Any, look: Look, path: Path) -> dict[str, Any]:
        given = cstruct if isinstance(cstruct, dict) else {}
        days = []
        for key, title in WEEK:
            value, at = given.get(key), (*path, key)
            days.append((look.id(at), key, title, span_text(value) if isinstance(value, (list, tuple)) else self.shown(value),
                         look.error(at), "autofocus" if look.focus == at else None))
        return {"days": days}

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        return {key: value for key, value in pstruct.items()} if isinstance(pstruct, dict) else pstruct

    def settle(self, field: Any, typed: Any, path: Path, task: Settling) -> Any:
        if not isinstance(typed, dict) or set(typed) - {key for key, _ in WEEK}:
            if not empty(typed):
                task.fault(path, "开放时段要按周一到周日填")
            return None
        found = {}
        for key, value in typed.items():
            try:
                spans = text_spans(value) if isinstance(value, str) else value
            except Unreadable as exc:
                task.fault((*path, key), str(exc))
                continue
            if spans:
                found[key] = spans
        return found or None
