"""What HTML of Word, WPS and browsers means: the allow-list, the signs of lists and marks in styles, white space, merged cells.

Owns the tables and patterns that ``paste`` reads with, and ``clean_html``. Knows no blocks but their segments. TooLong for input that is too
long or nested too deep to be looked at.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import nh3

from .blocks import MAX_COLUMNS, MAX_ROWS, Segment, build, segments

MAX_HTML, MAX_NESTED = 3_000_000, 1500
MAX_TAGS = 100_000                  # elements, and as many ends and entities
_TAGS = {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "section", "article", "table", "thead",
         "tbody", "tfoot", "tr", "td", "th", "caption", "figure", "figcaption", "img", "a", "b", "strong", "i", "em", "sub", "sup", "br", "hr", "span", "font"}
_DROPPED = {"script", "style", "title", "head", "template", "noscript", "iframe", "object", "embed", "svg", "math", "xml", "select", "textarea", "button",
            "audio", "video", "canvas", "noframes", "noembed"}
_ATTRIBUTES = {"*": {"class", "style"}, "a": {"href"}, "img": {"src", "alt", "data-file"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
BLOCK_TAGS = {"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "dt", "dd", "blockquote", "pre", "section", "article", "caption", "figure", "figcaption"}
HEADINGS = {"h1": "h", "h2": "h", "h3": "h3", "h4": "h3", "h5": "h3", "h6": "h3"}
_MARK_TAGS = {"b": "strong", "strong": "strong", "i": "em", "em": "em", "sub": "sub", "sup": "sup"}
# Elements that end by themselves where the next begins do not nest.
_FLAT = {"p", "li", "td", "th", "tr", "dt", "dd", "thead", "tbody", "tfoot", "option", "br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr", "o"}
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_STYLES = (("strong", re.compile(r"(?:^|;)\s*font-weight\s*:\s*(bold|bolder|[6-9]00|normal|[1-5]00)\b", re.IGNORECASE)),
           ("em", re.compile(r"(?:^|;)\s*font-style\s*:\s*(italic|oblique|normal)\b", re.IGNORECASE)))
_ON = {"bold", "bolder", "600", "700", "800", "900", "italic", "oblique"}
_RAISED = re.compile(r"(?:^|;)\s*vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
_MSO_LIST = re.compile(r"(?:^|;)\s*mso-list\s*:\s*(?!none)\S*l\d+", re.IGNORECASE)
_MSO_IGNORE = re.compile(r"mso-list\s*:\s*ignore", re.IGNORECASE)
_OUTLINE = re.compile(r"mso-outline-level\s*:\s*([1-6])", re.IGNORECASE)
_BULLET = re.compile(r"[·•●○▪■◆◇➢✓§\uf0a0-\uf0ff\-–—olnuüØ]")
_BULLET_IN_TEXT = re.compile(r"[·•●○▪■◆◇➢✓§\uf0a0-\uf0ff]\s*")
_NUMBER = re.compile(r"(\d{1,3})\s*[.．、)）]\s*")
_SPACE = re.compile(r"[ \t\r\n\f\v\u00a0]+")
_INVISIBLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060\ufeff\ufffc\ud800-\udfff]")
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")


class TooLong(ValueError):
    """More HTML, or deeper, than is looked at; says what to do."""


def clean_html(html: str) -> str:
    """HTML with nothing in it but the tags and attributes that the reader looks at: no script, no handler. (``file:`` addresses stay for a
    moment, so that the reader can say that a link was dropped.)"""
    if len(html) > MAX_HTML:
        raise TooLong(f"内容超过 {MAX_HTML // 1_000_000} 百万字符，请分几次粘贴，或做成附件")
    ends = html.count("</")
    if max(html.count("<") - ends, ends, html.count("&")) > MAX_TAGS:
        raise TooLong("内容的格式太多，请分几次粘贴，或先粘贴成纯文字，再排版")
    depth = 0
    for tag in _TAG.finditer(html):
        if tag[2].lower() not in _FLAT:
            depth = max(depth - 1, 0) if tag[1] else depth + 1
            if depth > MAX_NESTED:
                raise TooLong("内容的格式套了太多层，请先粘贴成纯文字，再排版")
    return nh3.clean(html, tags=_TAGS, clean_content_tags=_DROPPED, attributes=_ATTRIBUTES, strip_comments=True, link_rel=None,
                     url_schemes={"http", "https", "tel", "mailto", "file"})


def visible(text: str) -> str:
    """Text without control and zero-width characters."""
    return _INVISIBLE.sub("", text)


def blank(text: str) -> bool:
    return not _SPACE.sub("", text)


def one_line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()


def marks_of(tag: str, style: str, outer: frozenset[str]) -> frozenset[str]:
    """Marks of the text in an element, by its tag and style, within those around it."""
    marks = set(outer)
    if tag in _MARK_TAGS:
        marks.add(_MARK_TAGS[tag])
    for mark, pattern in _STYLES:
        found = pattern.search(style)
        if found is not None:
            marks.add(mark) if found[1].lower() in _ON else marks.discard(mark)
    raised = _RAISED.search(style)
    if raised is not None and tag not in ("td", "th"):
        marks.add("sup" if raised[1].lower() == "super" else "sub")
    return frozenset(marks)


def is_list_paragraph(tag: str, name: str, style: str) -> bool:
    """A paragraph that looks like an item of a list (Word and WPS write no ``li``)."""
    return tag in ("p", "div") and (bool(_MSO_LIST.search(style)) or name.startswith("MsoListParagraph"))


def is_marker(style: str) -> bool:
    """Text that Word writes for the number or dot of an item."""
    return bool(_MSO_IGNORE.search(style))


def heading_of(tag: str, name: str, style: str) -> str:
    """Block tag of a paragraph that is a heading by its style; ''."""
    level = _OUTLINE.search(style) if tag == "p" else None
    return "h" if name.startswith("MsoTitle") else "" if level is None else "h" if int(level[1]) < 3 else "h3"


def list_item(marker: str, value: Any, counted: int) -> tuple[str, Any]:
    """Block of a list paragraph with this written marker, after ``counted`` numbered items.

    An item when the marker says nothing of its own (a dot, the next number); else a paragraph that keeps it: 第三条, （一）, a number out of turn."""
    if marker:
        number = _NUMBER.fullmatch(marker)
        if _BULLET.fullmatch(marker):
            return "li", value
        if number and int(number[1]) == counted + 1:
            return "ol", value
        return "p", (marker + ("" if marker[-1] in "）)．.、" else "　"), value)
    text = "".join(part.text for part in segments(value))
    bullet, number = _BULLET_IN_TEXT.match(text), _NUMBER.match(text)
    if bullet:
        return "li", _cut(value, bullet.end())
    if number and int(number[1]) == counted + 1:
        return "ol", _cut(value, number.end())
    return "p", value


def _cut(value: Any, count: int) -> Any:
    """Text of a block without its first ``count`` characters."""
    left: list[Segment] = []
    for part in segments(value):
        drop = min(count, len(part.text))
        count -= drop
        left.append(part if part.br else part._replace(text=part.text[drop:]))
    return build(left)


def spaced(parts: list[Segment]) -> Iterator[Segment]:
    """White space as a browser shows it; a line end between Chinese characters is nothing."""
    before = " "
    for number, part in enumerate(parts):
        if part.br:
            before = " "
            yield part
            continue
        text, pieces, place = part.text, [], 0
        for gap in _SPACE.finditer(text):
            pieces.append(text[place:gap.start()])
            before = pieces[-1][-1:] or before
            after = text[gap.end():gap.end() + 1] or next((more.text[:1] for more in parts[number + 1:number + 4] if more.text), "")
            if before != " " and not ("\n" in gap[0] and _CJK.match(before) and _CJK.match(after)):
                pieces.append(" ")
                before = " "
            place = gap.end()
        pieces.append(text[place:])
        before = pieces[-1][-1:] or before
        yield part._replace(text="".join(pieces))


def span_of(text: str | None, most: int) -> int:
    """``colspan``/``rowspan`` within bounds."""
    return min(max(int(text), 1), most) if text and text.isascii() and text.isdigit() and len(text) < 6 else 1


class TableReader:
    """A table being read, with the places that merged cells take up. ``large``: it is more than a table may be; no more places are filled then."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.header = False
        self.merged = False
        self.large = False
        self._filled = 0                           # rows with cells
        self._spans: dict[int, int] = {}           # column -> rows it is still taken

    def start_row(self) -> None:
        self._filled += bool(self.rows and self.rows[-1])
        self.large |= self._filled > MAX_ROWS
        self.rows.append([])

    def add(self, value: Any, columns: str, lines: str, heading: bool) -> None:
        row, wide, high = self.rows[-1], span_of(columns, MAX_COLUMNS), span_of(lines, MAX_ROWS)
        if len(self.rows) == 1:
            self.header = heading and (self.header or not row)
        self._taken(row)
        self.merged |= wide > 1 or high > 1
        self.large |= len(row) + wide > MAX_COLUMNS
        if self.large:
            row.append(value)
            return
        for number in range(wide):
            if high > 1:
                self._spans[len(row)] = high - 1
            row.append(value if number == 0 else "")

    def _taken(self, row: list[Any]) -> None:
        while not self.large and self._spans.get(len(row), 0) > 0:
            self._spans[len(row)] -= 1
            row.append("")

    def end_row(self) -> None:
        if self.rows:
            self._taken(self.rows[-1])
