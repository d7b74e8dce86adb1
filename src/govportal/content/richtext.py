"""Rich text between what people write and blocks: HTML for the editor, light markup for a plain text field, and back.

Owns the one way in, ``read(text)``, and the one way to HTML, ``inline_html``; both the editor and public pages show runs through it.
Everything is escaped; a stored address is checked again when it is shown. Must not know templates.
"""
from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any, NamedTuple

from .blocks import MARKS, Blocks, grouped, safe_href
from .markup import from_markup, to_markup
from .paste import TooLong, from_html

__all__ = ["HTML_MARK", "Read", "TooLong", "from_html", "from_markup", "inline_html", "read", "to_html", "to_markup"]

HTML_MARK = "<!--html-->"       # the editor writes this before the HTML it puts into the text field


class Read(NamedTuple):
    """``remarks``: what did not come along, for the person who pasted it."""

    blocks: Blocks
    remarks: tuple[str, ...] = ()


def read(text: str) -> Read:
    """What a rich text field holds: the editor's HTML (marked) or light markup. TooLong when it is too much.

    Give ``blocks`` to the kind's schema, which also asks for descriptions of pictures; show ``to_markup(blocks)`` again in a form."""
    if text.startswith(HTML_MARK):
        return Read(*from_html(text[len(HTML_MARK):]))
    return Read(from_markup(text))


def inline_html(value: Any, *, text: Callable[[str], str] = escape, link: bool = False) -> str:
    """A block's text as HTML. ``text`` escapes plain strings outside links (it may make links of its own)."""
    if isinstance(value, (str, int, float)):
        return escape(str(value)) if link else text(str(value))
    if isinstance(value, (tuple, list)):
        return "".join(inline_html(part, text=text, link=link) for part in value)
    if not isinstance(value, dict):
        return ""
    if "br" in value:
        return "<br>"
    if "href" in value:
        href = safe_href(str(value["href"]))
        inner = inline_html(value.get("a", ""), text=text, link=True)
        return f'<a href="{escape(href)}">{inner}</a>' if href and not link else inner
    mark = next((mark for mark in MARKS if mark in value), "")
    return f"<{mark}>{inline_html(value[mark], text=text, link=link)}</{mark}>" if mark else ""


def _table_html(value: dict[str, Any]) -> str:
    def row(cells: Any, tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{inline_html(cell)}</{tag.split()[0]}>" for cell in cells) + "</tr>"
    rows = list(value["rows"])
    head = "<thead>" + row(rows.pop(0), 'th scope="col"') + "</thead>" if value["header"] else ""
    return f"<table>{head}<tbody>{''.join(row(cells, 'td') for cells in rows)}</tbody></table>"


def _picture_html(value: dict[str, Any], address: Callable[[str], str]) -> str:
    uid = str(value["file"]).removeprefix("file:")
    caption = f"<figcaption>{escape(value['caption'])}</figcaption>" if value.get("caption") else ""
    return f'<figure><img src="{escape(address(uid))}" alt="{escape(value.get("alt") or "")}" data-file="{escape(uid)}">{caption}</figure>'


def to_html(blocks: Blocks, *, address: Callable[[str], str] = lambda uid: f"/desk/files/{uid}") -> str:
    """Blocks as the HTML that the editor works on; ``from_html`` of it gives the same blocks. ``address``: where a picture is shown from."""
    tags = {"p": "<p>{}</p>", "h": "<h2>{}</h2>", "h3": "<h3>{}</h3>", "quote": "<blockquote><p>{}</p></blockquote>"}
    parts = []
    for tag, value in grouped(blocks):
        if tag in ("ul", "ol"):
            parts.append(f"<{tag}>" + "".join(f"<li>{inline_html(line)}</li>" for line in value) + f"</{tag}>")
        elif tag == "table":
            parts.append(_table_html(value))
        elif tag == "img":
            parts.append(_picture_html(value, address))
        elif tag in tags:
            parts.append(tags[tag].replace("{}", inline_html(value)))
    return "\n".join(parts)
