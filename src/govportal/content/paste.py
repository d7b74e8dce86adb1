"""HTML from a browser, Word or WPS → blocks. Two steps: ``foreign.clean_html`` keeps an allow-list of tags and attributes, then a reader turns
what is left into blocks; the blocks are checked again by the schema when they are saved.

Owns the reader. What is not understood becomes plain text; pictures that did not come along, unusable links and merged cells are told as
remarks. Never fails on bad HTML; TooLong for too much of it.
"""
from __future__ import annotations

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any, NamedTuple

from . import foreign
from .blocks import BR, MAX_ROWS, Blocks, Segment, build, normal_all, safe_href, text_of
from .foreign import TooLong

__all__ = ["Remarks", "TooLong", "from_html"]

MAX_DEEP = 200
NO_PICTURE = "有 {} 张图片没有带过来：请用“图片”按钮从电脑上选它"
NO_LINK = "有 {} 处链接的地址不能用（例如指向您电脑里的文件），只留下了文字"
MERGED = "有 {} 张表格里合并的单元格已经拆开，请核对"
TOO_LARGE = "有 {} 张表格太大，已变成文字：请做成附件"
_OWN_FILE = re.compile(r"/(?:desk/)?files/([0-9a-f]{32})(?:/[^\"\s]*)?")
_FILE_ID = re.compile(r"[0-9a-f]{32}")

Remarks = tuple[str, ...]


class _Frame(NamedTuple):
    """An open element: what it adds to the text inside."""

    tag: str
    marks: frozenset[str] = frozenset()
    href: str = ""
    marker: bool = False     # text of a list marker that Word writes into the paragraph
    listed: bool = False     # a paragraph that looks like a list item
    heading: str = ""        # block tag of a paragraph that is a heading by its style


class _Cell(NamedTuple):
    columns: str
    lines: str
    heading: bool


class _Reader(HTMLParser):
    """Cleaned HTML → raw blocks. ``found`` and ``remarks`` are the result."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, Any]] = []
        self.remarks: Counter[str] = Counter()
        self.frames = [_Frame("")]
        self.open: Counter[str] = Counter()        # tags that are open
        self.lists: list[str] = []
        self.parts: list[Segment] = []
        self.marker = ""
        self.counted = 0                           # numbered items in a row
        self.tables = 0                            # open ones
        self.table: foreign.TableReader | None = None
        self.cell: _Cell | None = None
        self.late: list[tuple[str, Any]] = []      # pictures of a table or a list item: they follow it
        self.deep = 0

    def _kind(self) -> str:
        for frame in reversed(self.frames):
            if frame.tag in foreign.HEADINGS or frame.heading:
                return frame.heading or foreign.HEADINGS[frame.tag]
            if frame.tag == "li":
                return "ol" if self.lists and self.lists[-1] == "ol" else "li"
            if frame.tag in ("blockquote", "figcaption"):
                return "quote" if frame.tag == "blockquote" else "caption"
        return "p"

    def _inside(self) -> bool:
        """Whether ends of paragraphs are only line breaks here."""
        return self.cell is not None or self.open["li"] > 0

    def _boundary(self) -> None:
        if not self._inside() or (self.frames[-1].listed and self.cell is None):
            self._flush()
        elif self.parts and not self.parts[-1].br:
            self.parts.append(BR)

    def _flush(self) -> None:
        value, self.parts = build(foreign.spaced(self.parts)), []
        marker, self.marker = foreign.one_line(self.marker), ""
        if not value:
            return
        kind = self._kind()
        if kind == "p" and self.frames[-1].listed:
            kind, value = foreign.list_item(marker, value, self.counted)
        self.counted = self.counted + 1 if kind == "ol" else 0
        if kind == "caption" and self.found and self.found[-1][0] == "img":
            self.found[-1] = ("img", {**self.found[-1][1], "caption": text_of(value)})
        else:
            self.found.append(("p" if kind == "caption" else kind, value))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._break()
        elif tag == "hr":
            self._boundary()
        elif tag == "img":
            self._picture(values)
        elif len(self.frames) > MAX_DEEP:
            self.deep += 1
        else:
            self._open(tag, values)

    def _open(self, tag: str, values: dict[str, str]) -> None:
        if tag in ("li", "ul", "ol") and self.cell is None:
            self._flush()
        elif tag in foreign.BLOCK_TAGS:
            self._boundary()
        if tag in ("ul", "ol"):
            self.lists.append(tag)
        elif tag == "table":
            self.tables += 1
            if self.tables == 1:
                self._flush()
                self.table = foreign.TableReader()
        elif tag in ("tr", "td", "th"):
            self._open_in_table(tag, values)
        outer, style, name, href = self.frames[-1], values.get("style", ""), values.get("class", ""), self.frames[-1].href
        if tag == "a" and values.get("href"):
            href = safe_href(values["href"])
            if not href and not values["href"].startswith("#"):
                self.remarks[NO_LINK] += 1
        self.open[tag] += 1
        self.frames.append(_Frame(tag, foreign.marks_of(tag, style, outer.marks), href, outer.marker or foreign.is_marker(style),
                                  foreign.is_list_paragraph(tag, name, style), foreign.heading_of(tag, name, style)))

    def _open_in_table(self, tag: str, values: dict[str, str]) -> None:
        if self.table is not None and self.tables == 1:
            if tag == "tr" or not self.table.rows:
                self.table.start_row()
            if tag != "tr":
                self.cell = _Cell(values.get("colspan", ""), values.get("rowspan", ""), tag == "th" or self.open["thead"] > 0)
                self.parts = []
        elif tag == "tr":
            self._boundary()
        elif self.parts:                           # a table in a cell: its cells become words
            self.parts.append(Segment(" "))

    def handle_endtag(self, tag: str) -> None:
        if self.deep and tag not in ("br", "hr", "img"):
            self.deep -= 1
            return
        if not self.open[tag]:
            return
        if tag == "li" and self.cell is None:
            self._flush()
        elif tag in foreign.BLOCK_TAGS:
            self._boundary()
        elif tag in ("td", "th") and self.tables == 1:
            self._end_cell()
        elif tag == "tr" and self.tables == 1 and self.table is not None:
            self.table.end_row()
        elif tag == "table":
            self._end_table()
        while True:
            closed = self.frames.pop().tag
            self.open[closed] -= 1
            if closed == tag:
                break
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        if not self._inside() and tag in ("li", "ul", "ol", "table"):
            self._add_late()

    def handle_data(self, data: str) -> None:
        frame = self.frames[-1]
        if self.table is not None and self.cell is None and frame.tag in ("table", "thead", "tbody", "tfoot", "tr"):
            return
        if frame.marker:
            self.marker += data[:200]
            return
        for number, text in enumerate(foreign.visible(data).split("\n") if self.open["pre"] else (foreign.visible(data),)):
            if number:
                self.parts.append(BR)
            if (self.parts and not self.parts[-1].br) or not foreign.blank(text):
                self.parts.append(Segment(text, frame.marks, frame.href))

    def close(self) -> None:
        super().close()
        if self.table is not None:
            self.tables = 1
            self._end_cell()
            self._end_table()
        self._flush()
        self._add_late()

    def _break(self) -> None:
        if self.parts and self.parts[-1].br and not self._inside() and self._kind() == "p":
            self._flush()                          # two in a row were meant as a paragraph
        else:
            self.parts.append(BR)

    def _picture(self, values: dict[str, str]) -> None:
        own = _OWN_FILE.fullmatch(values.get("src", ""))
        uid = values.get("data-file", "") if _FILE_ID.fullmatch(values.get("data-file", "")) else own[1] if own else ""
        if not uid:
            self.remarks[NO_PICTURE] += 1
            return
        block = ("img", {"file": f"file:{uid}", "alt": foreign.one_line(values.get("alt", ""))})
        if self._inside() or self.table is not None:
            self.late.append(block)
        else:
            self._flush()
            self.found.append(block)

    def _end_cell(self) -> None:
        if self.cell is not None and self.table is not None:
            self.table.add(build(foreign.spaced(self.parts)), *self.cell)
            self.cell, self.parts = None, []

    def _end_table(self) -> None:
        self.tables -= 1
        if self.tables or self.table is None:
            self._boundary()
            return
        table, self.table, self.counted = self.table, None, 0
        rows = [row for row in table.rows if row]
        if table.merged:
            self.remarks[MERGED] += 1
        if rows and (table.large or len(rows) > MAX_ROWS):
            self.remarks[TOO_LARGE] += 1
            self.found += [("p", "　".join(filter(None, map(text_of, row)))) for row in rows]
        elif rows:
            self.found.append(("table", {"header": table.header, "rows": rows}))

    def _add_late(self) -> None:
        self.found += self.late
        self.late = []


def from_html(html: str) -> tuple[Blocks, Remarks]:
    """(canonical blocks, remarks on what did not come along). TooLong when it is too much. A picture may still lack its description."""
    reader = _Reader()
    reader.feed(foreign.clean_html(html))
    reader.close()
    return normal_all(reader.found), tuple(words.format(count) for words, count in reader.remarks.items())
