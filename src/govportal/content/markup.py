"""Blocks ⇄ light text markup, for writing rich text without script: ``## `` ``### `` ``- `` ``1. `` ``> `` ``**粗**`` ``*斜*``
``[文字](地址)`` ``<br>`` ``<sub>`` ``<sup>`` ``| 表 | 格 |`` ``![说明](file:编号 "图注")``; a backslash keeps a sign as it is.

Every line is a block. Owns the notation. Never fails: what is no notation is text, so nothing typed is lost.
``from_markup(to_markup(blocks)) == blocks`` for canonical blocks without line breaks inside strings.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .blocks import BR, MARKS, Blocks, Segment, build, normal_all, safe_href

_TOKEN = re.compile(r"\\([!-/:-@\[-`{-~])|\*+|<br\s*/?>|<(/?)(sub|sup)>|\[|\]\(([^()\s]{1,2000})\)", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,4})\. +")
_PREFIXES = (("### ", "h3"), ("## ", "h"), ("- ", "li"), ("> ", "quote"))
_IMAGE = re.compile(r'!\[((?:\\.|[^\]\\])*)\]\(\s*(file:[0-9a-f]{32})(?:\s+["“]((?:\\.|[^"”\\])*)["”])?\s*\)\s*')
_LINE_END = re.compile(r"\r\n|\r|\n")
_CELL = re.compile(r"(?:\\.|[^|\\]|\\$)*")
_RULE = re.compile(r":?-{2,}:?")
_ESCAPE = re.compile(r"([\\*\[\]<>!|`])")
_LIGHT_START = re.compile(r"([-#>|!])")
_OPEN = {"strong": "**", "em": "*", "sub": "<sub>", "sup": "<sup>"}
_CLOSE = {**_OPEN, "sub": "</sub>", "sup": "</sup>"}


class _Inline:
    """One line's text: a stack of openers; an opener that finds no end stays text. Linear in the length."""

    def __init__(self) -> None:
        self.out: list[Segment] = []
        self.stack: list[tuple[str, int]] = []     # (mark or "[", place of its own text in out)
        self.counts = dict.fromkeys(("[", *MARKS), 0)

    def text(self, text: str) -> None:
        if text:
            self.out.append(Segment(text))

    def open(self, kind: str, text: str) -> None:
        self.stack.append((kind, len(self.out)))
        self.counts[kind] += 1
        self.out.append(Segment(text))

    def is_open(self, kind: str) -> bool:
        return self.counts[kind] > 0

    def close(self, kind: str, href: str = "") -> None:
        while self.stack[-1][0] != kind:
            self.counts[self.stack.pop()[0]] -= 1
        start = self.stack.pop()[1]
        self.counts[kind] -= 1
        self.out[start] = Segment("")
        for number in range(start + 1, len(self.out)):
            part = self.out[number]
            if not part.br:
                self.out[number] = part._replace(href=part.href or href) if kind == "[" else part._replace(marks=part.marks | {kind})
        if kind == "[":                            # links do not stand in links
            self.stack = [entry for entry in self.stack if entry[0] != "["]
            self.counts["["] = 0

    def stars(self, count: int) -> None:
        while count:
            if self.stack and self.stack[-1][0] == "em":
                self.close("em")
                count -= 1
            elif count >= 2:
                self.close("strong") if self.is_open("strong") else self.open("strong", "**")
                count -= 2
            else:
                self.close("em") if self.is_open("em") else self.open("em", "*")
                count -= 1


def inline(text: str) -> Any:
    """Text of a block from a line of markup."""
    state, place = _Inline(), 0
    for token in _TOKEN.finditer(text):
        state.text(text[place:token.start()])
        place, found = token.end(), token[0]
        if token[1]:
            state.text(token[1])
        elif found[0] == "*":
            state.stars(len(found))
        elif found[0] == "[":
            state.open("[", found)
        elif token[4] is not None:
            href = safe_href(token[4])
            state.close("[", href) if href and state.is_open("[") else state.text(found)
        elif token[3]:
            kind = token[3].lower()
            if not token[2]:
                state.text(found) if state.is_open(kind) else state.open(kind, found)
            else:
                state.close(kind) if state.is_open(kind) else state.text(found)
        else:
            state.out.append(BR)
    state.text(text[place:])
    return build(state.out)


def _written(value: Any, full: bool) -> str:
    """Markup of a block's text; ``full``: every sign of the notation is escaped."""
    if isinstance(value, str):
        text = value.replace("\r", " ").replace("\n", " ")
        return _ESCAPE.sub(r"\\\1", text) if full else text
    if isinstance(value, tuple):
        return "".join(_written(part, full) for part in value)
    if "br" in value:
        return "<br>"
    if "href" in value:
        return f"[{_written(value['a'], full)}]({value['href']})"
    mark = next(mark for mark in MARKS if mark in value)
    return _OPEN[mark] + _written(value[mark], full) + _CLOSE[mark]


def _cells(line: str) -> tuple[Any, ...]:
    line = line.strip()[1:]
    texts, place = [], 0
    while place <= len(line):
        found = _CELL.match(line, place)
        assert found is not None
        texts.append(found[0])
        place = found.end() + 1
    if len(texts) > 1 and not texts[-1].strip():
        texts.pop()
    return tuple(inline(text.strip()) for text in texts)


def _is_rule(line: str) -> bool:
    texts = line.strip().strip("|").split("|")
    return line.lstrip().startswith("|") and all(_RULE.fullmatch(text.strip()) for text in texts)


def _row(cells: tuple[Any, ...]) -> str:
    line = ""
    for full in (False, True):
        texts = [_written(cell, full) if full else _written(cell, full).replace("|", "\\|") for cell in cells]
        line = "| " + " | ".join("\\" + text if _RULE.fullmatch(text) else text for text in texts) + " |"
        if _cells(line) == cells:
            break
    return line


def _table_lines(value: dict[str, Any]) -> list[str]:
    lines = [_row(row) for row in value["rows"]]
    if value["header"]:
        lines.insert(1, "|" + " --- |" * len(value["rows"][0]))
    return lines


def _image_line(value: dict[str, Any]) -> str:
    alt = re.sub(r"([\\\]])", r"\\\1", value.get("alt") or "")
    caption = re.sub(r'([\\"”])', r"\\\1", value.get("caption") or "")
    return f"![{alt}]({value['file']}" + (f' "{caption}")' if caption else ")")


def _image(line: str) -> tuple[str, Any] | None:
    found = _IMAGE.fullmatch(line)
    if found is None:
        return None
    alt, caption = (re.sub(r"\\(.)", r"\1", text or "") for text in (found[1], found[3]))
    return "img", {"file": found[2], "alt": alt, "caption": caption}


def _text_line(tag: str, value: Any, number: int) -> str:
    """The lightest line that is read back as this block."""
    prefix = {"ol": f"{number}. ", **{name: text for text, name in _PREFIXES}}.get(tag, "")
    line = ""
    for full in (False, True):
        text = _written(value, full)
        for escaped in (text, _LIGHT_START.sub(r"\\\1", text, count=1) if _LIGHT_START.match(text) else re.sub(r"^(\d{1,4})\.", r"\1\\.", text)):
            line = prefix + escaped
            if not line.startswith("|") and _block(line) == (tag, value):
                return line
    return line


def _block(line: str) -> tuple[str, Any]:
    """The block of one line that is no table row."""
    line = line.strip()
    image = _image(line)
    if image is not None:
        return image
    for prefix, tag in _PREFIXES:
        if line.startswith(prefix):
            return tag, inline(line[len(prefix):])
    number = _NUMBER.match(line)
    return ("ol", inline(line[number.end():])) if number else ("p", inline(line))


def to_markup(blocks: Iterable[tuple[str, Any]] | None) -> str:
    """The markup of canonical blocks; items of one list stand on neighbouring lines, other blocks are parted by an empty line."""
    chunks: list[str] = []
    before, number = "", 0
    for tag, value in blocks or ():
        number = number + 1 if tag == before == "ol" else 1
        if tag == "table":
            text = "\n".join(_table_lines(value))
        else:
            text = _image_line(value) if tag == "img" else _text_line(tag, value, number)
        if chunks:
            chunks.append("\n" if tag == before and tag in ("li", "ol") else "\n\n")
        chunks.append(text)
        before = tag
    return "".join(chunks)


def from_markup(text: str) -> Blocks:
    """Canonical blocks of markup. A picture may still lack its description: the schema asks for it."""
    blocks: list[tuple[str, Any]] = []
    table: list[str] = []
    for line in [*_LINE_END.split(text.replace("\x00", "")), ""]:
        if line.lstrip().startswith("|"):
            table.append(line)
            continue
        if table:
            blocks += _tables(table)
            table = []
        if line.strip():
            blocks.append(_block(line))
    return normal_all(blocks)


def _tables(lines: list[str]) -> list[tuple[str, Any]]:
    header = len(lines) > 1 and _is_rule(lines[1])
    rows = [_cells(line) for number, line in enumerate(lines) if not (header and number == 1)]
    try:
        return list(normal_all([("table", {"header": header, "rows": rows})]))
    except ValueError:                             # too large for a table: kept as paragraphs, so that nothing is lost
        return [("p", inline(line.strip().replace("|", "\\|"))) for line in lines]
