"""The body of articles, pages and answers: a tuple of blocks ``(tag, value)``, and what may stand in one.

``p h h3 li ol quote`` hold text: a plain string, or a tuple of runs. A run is a string or a mapping: ``{strong|em|sub|sup: text}``,
``{a: text, href: address}``, ``{br: true}``; the same data in memory and in YAML (``- p: [请带, {strong: 身份证}, 。]``).
``table`` holds ``{header: bool, rows: ((cell, …), …)}`` with text in each cell, ``img`` holds ``{file: "file:<id>", alt, caption}``.
Owns the form, its canonical shape and the list of link addresses. Knows no HTML: what is shown is always escaped by who shows it.
Wrong data raises colander.Invalid with the number of the paragraph.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import colander

from .fields import MAX_CELL, _node

TEXT_TAGS = ("p", "h", "h3", "li", "ol", "quote")
TAGS = (*TEXT_TAGS, "table", "img")
MARKS = ("strong", "em", "sub", "sup")          # in the order in which they are nested
MAX_COLUMNS, MAX_ROWS, MAX_ALT = 30, 1000, 300
MAX_DEPTH = 12
FILE_REF = re.compile(r"file:[0-9a-f]{32}")
NO_ALT = "图片要写说明文字，看不见图的人听的是它"

Blocks = tuple[tuple[str, Any], ...]


class Segment(NamedTuple):
    """A stretch of text with the same marks; ``br`` is a line break without text."""

    text: str
    marks: frozenset[str] = frozenset()
    href: str = ""
    br: bool = False


BR = Segment("", br=True)

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HTTP = re.compile(r"https?://(?:[\w-]+\.)*[\w-]+(?::\d{1,5})?(?:[/?#].*)?", re.IGNORECASE)
_OTHER = {"tel": re.compile(r"tel:\+?[0-9-]{3,20}(?:,[0-9]{1,8})?"), "mailto": re.compile(r"mailto:[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+(?:\?subject=[\w%-]*)?")}
_QUOTE = {ord(char): f"%{ord(char):02X}" for char in " \"'<>()`{}|^"}


def safe_href(value: str) -> str:
    """The address when a link may lead there (http, https, tel, mailto, or a path of this site), else ''."""
    href = value.strip()
    if not href or len(href) > 2000 or "\\" in href or not href.isprintable():
        return ""
    href = href.translate(_QUOTE)
    if href.startswith("/"):
        return "" if href.startswith("//") else href
    scheme = _SCHEME.match(href)
    if scheme is None:
        return ""
    name = scheme[1].lower()
    href = name + href[len(name):]
    wanted = _HTTP if name in ("http", "https") else _OTHER.get(name)
    return href if wanted is not None and wanted.fullmatch(href) else ""


def segments(value: Any) -> list[Segment]:
    """Text of a block as flat segments. ValueError says in Chinese what is wrong with it."""
    found: list[Segment] = []
    _walk(value, frozenset(), "", found, 0)
    return found


def _walk(value: Any, marks: frozenset[str], href: str, found: list[Segment], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("格式套了太多层")
    if isinstance(value, dict):
        _walk_run(value, marks, href, found, depth)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _walk(part, marks, href, found, depth + 1)
    elif value is not None:
        text = str(value)
        if "\x00" in text:
            raise ValueError("含有不可见的控制字符，请删去后重填")
        if text:
            found.append(Segment(text, marks, href))


def _walk_run(run: dict[str, Any], marks: frozenset[str], href: str, found: list[Segment], depth: int) -> None:
    keys = set(run)
    if keys == {"br"}:
        found.append(BR)
    elif keys == {"a", "href"}:
        address = safe_href(str(run["href"]))
        if not address:
            raise ValueError(f"链接地址“{str(run['href'])[:60]}”不能用，请写 http、https 开头的网址、站内路径（/ 开头）、tel: 或 mailto:")
        _walk(run["a"], marks, href or address, found, depth + 1)
    elif len(keys) == 1 and keys <= set(MARKS):
        mark = next(iter(keys))
        _walk(run[mark], marks | {mark}, href, found, depth + 1)
    else:
        raise ValueError(f"不认识的格式“{'、'.join(sorted(map(str, keys)))[:40]}”，可用 {'、'.join(MARKS)}、a 加 href、br")


def build(parts: Iterable[Segment]) -> Any:
    """Canonical text of flat segments: neighbours merged, outer white space cut, marks nested in one order; a plain string without runs."""
    merged: list[Segment] = []
    for part in parts:
        if part.br:
            if merged and not merged[-1].br:
                merged.append(BR)
        elif part.text:
            if merged and not merged[-1].br and merged[-1][1:] == part[1:]:
                merged[-1] = merged[-1]._replace(text=merged[-1].text + part.text)
            else:
                merged.append(part)
    merged = _trimmed(_trimmed(merged, str.lstrip, 0), str.rstrip, -1)
    return _simple(tuple(_links(merged)))


def _trimmed(parts: list[Segment], cut: Any, end: int) -> list[Segment]:
    while parts:
        text = cut(parts[end].text)
        if text and not parts[end].br:
            parts[end] = parts[end]._replace(text=text)
            break
        parts.pop(end)
    return parts


def _simple(runs: tuple[Any, ...]) -> Any:
    return runs[0] if len(runs) == 1 and isinstance(runs[0], str) else runs or ""


def _links(parts: list[Segment]) -> Iterator[Any]:
    start = 0
    while start < len(parts):
        stop = start + 1
        if parts[start].br:
            yield {"br": True}
        else:
            while stop < len(parts) and not parts[stop].br and parts[stop].href == parts[start].href:
                stop += 1
            inner = tuple(_marked(parts[start:stop], 0))
            if parts[start].href:
                yield {"a": _simple(inner), "href": parts[start].href}
            else:
                yield from inner
        start = stop


def _marked(parts: list[Segment], level: int) -> Iterator[Any]:
    if level == len(MARKS):
        yield from (part.text for part in parts)
        return
    mark, start = MARKS[level], 0
    while start < len(parts):
        stop, has = start + 1, mark in parts[start].marks
        while stop < len(parts) and (mark in parts[stop].marks) == has:
            stop += 1
        inner = tuple(_marked(parts[start:stop], level + 1))
        if has:
            yield {mark: _simple(inner)}
        else:
            yield from inner
        start = stop


def text_of(value: Any) -> str:
    """The words of a block's text or of a cell, without marks; a line break becomes a blank."""
    return value if isinstance(value, str) else "".join(" " if part.br else part.text for part in segments(value))


def block_text(tag: str, value: Any) -> str:
    """The words of one block: cells of a table, description and caption of a picture."""
    if tag == "table":
        return "\n".join(" ".join(filter(None, map(text_of, row))) for row in value["rows"])
    if tag == "img":
        return " ".join(filter(None, (value.get("alt"), value.get("caption"))))
    return text_of(value)


def plain(blocks: Any) -> str:
    """A body as plain text, a line a block: for search, summaries and machines."""
    return "\n".join(filter(None, (block_text(tag, value) for tag, value in blocks or ())))


def is_block(value: Any) -> bool:
    """Whether plain data is one block of a body."""
    if not isinstance(value, (list, tuple)) or len(value) != 2 or not isinstance(value[0], str) or value[0] not in TAGS:
        return False
    wanted = dict if value[0] in ("table", "img") else (str, tuple, list)
    return isinstance(value[1], wanted)


def normal(tag: str, value: Any, *, strict: bool = True) -> tuple[str, Any] | None:
    """One block in canonical shape; None when it is empty. ValueError says what is wrong. ``strict``: lengths are checked and a picture must have its description."""
    if tag == "table":
        return _table(value, strict)
    if tag == "img":
        return _picture(value, strict)
    if tag not in TEXT_TAGS:
        raise ValueError(f"要写成 {'、'.join(TAGS)} 之一")
    if isinstance(value, (list, tuple, dict)):
        text = _without_strong(value) if tag in ("h", "h3") else build(segments(value))
    else:
        text = build(segments(str(value).strip()))
    if strict and len(text_of(text)) > MAX_CELL:
        raise ValueError(f"超过 {MAX_CELL} 个字，请分段")
    return (tag, text) if text else None


def _without_strong(value: Any) -> Any:
    """Headings are bold by themselves."""
    return build(part._replace(marks=part.marks - {"strong"}) for part in segments(value))


def _table(value: Any, strict: bool) -> tuple[str, Any] | None:
    if not isinstance(value, dict) or set(value) - {"header", "rows"} or not isinstance(value.get("rows") or (), (list, tuple)):
        raise ValueError("的表格要写成 rows（一行一行的列表）和 header（是否有表头）")
    rows = [tuple(build(segments(cell)) for cell in (row if isinstance(row, (list, tuple)) else (row,))) for row in value.get("rows") or ()]
    width = max(map(len, rows), default=0)
    if width > MAX_COLUMNS or len(rows) > MAX_ROWS:
        raise ValueError(f"的表格太大，最多 {MAX_COLUMNS} 列、{MAX_ROWS} 行，请拆开或做成附件")
    if not any(any(row) for row in rows):
        return None
    if strict and sum(len(text_of(cell)) for row in rows for cell in row) > MAX_CELL:
        raise ValueError(f"的表格超过 {MAX_CELL} 个字，请拆开或做成附件")
    if value.get("header") is True:
        rows[0] = tuple(_without_strong(cell) for cell in rows[0])
    return "table", {"header": value.get("header") is True, "rows": tuple(row + ("",) * (width - len(row)) for row in rows)}


def _picture(value: Any, strict: bool) -> tuple[str, Any]:
    if not isinstance(value, dict) or set(value) - {"file", "alt", "caption"} or not FILE_REF.fullmatch(str(value.get("file") or "")):
        raise ValueError("的图片要写成 file（file: 加文件编号）、alt（说明文字）和 caption（图注）")
    alt, caption = (" ".join(str(value.get(name) or "").replace("\x00", "").split())[:MAX_ALT] for name in ("alt", "caption"))
    if strict and not alt:
        raise ValueError(f"的{NO_ALT}")
    return "img", {"file": str(value["file"]), "alt": alt, **({"caption": caption} if caption else {})}


def normal_all(blocks: Iterable[tuple[str, Any]], *, strict: bool = False) -> Blocks:
    """Blocks in canonical shape, without empty ones."""
    return tuple(block for tag, value in blocks if (block := normal(tag, value, strict=strict)) is not None)


class _Body(colander.SchemaType):
    def deserialize(self, node: Any, cstruct: Any) -> Any:
        if cstruct is colander.null or cstruct is None:
            return colander.null
        if isinstance(cstruct, str):
            cstruct = [{"p": part} for part in cstruct.split("\n") if part.strip()]
        if not isinstance(cstruct, (list, tuple)):
            raise colander.Invalid(node, "正文要写成一段一段的列表")
        blocks = []
        for number, block in enumerate(cstruct, 1):
            if isinstance(block, str):
                block = {"p": block}
            if isinstance(block, (list, tuple)) and len(block) == 2 and isinstance(block[0], str):
                block = {block[0]: block[1]}
            if not isinstance(block, dict) or len(block) != 1 or next(iter(block)) not in TAGS:
                raise colander.Invalid(node, f"正文第 {number} 段要写成 {'、'.join(TAGS)} 之一")
            (tag, value), = block.items()
            try:
                made = normal(tag, value)
            except ValueError as exc:
                raise colander.Invalid(node, f"正文第 {number} 段{exc}") from None
            if made is not None:
                blocks.append(made)
        return tuple(blocks)

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct


def body(name: str = "body", title: str = "正文", **extra: Any) -> colander.SchemaNode:
    """A body: tuple of (tag, value). ``rich`` tells forms to offer the editor."""
    extra.setdefault("missing", ())
    extra.setdefault("rich", True)
    return _node(_Body(), name, title, **extra)


def grouped(blocks: Any) -> list[tuple[str, Any]]:
    """Blocks for a page: neighbouring ``li`` become one ("ul", [texts]), ``ol`` one ("ol", [texts])."""
    result: list[tuple[str, Any]] = []
    for tag, value in blocks or ():
        if tag in ("li", "ol"):
            name = "ul" if tag == "li" else "ol"
            if result and result[-1][0] == name:
                result[-1][1].append(value)
            else:
                result.append((name, [value]))
        else:
            result.append((tag, value))
    return result
