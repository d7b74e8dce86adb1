"""Bodies for pages: blocks as the shared template ``prose.pt`` shows them, every text escaped.

Owns what a public page needs beside the blocks: the address and size of a picture. A picture whose file is gone is shown by its words.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any

from markupsafe import Markup

from ..content.blocks import grouped
from ..content.richtext import inline_html
from .files import file_path

_LINE = re.compile(r"(?<![\d-])12345(?![\d-])")


def with_line(text: str) -> str:
    """Escaped text with the public line 12345 as a telephone link."""
    return '<a href="tel:12345">12345</a>'.join(escape(part) for part in _LINE.split(text))


def prose(site: Any, blocks: Any, *, line: bool = False, address: Callable[[Any], str] = file_path) -> list[tuple[str, Any]]:
    """Grouped blocks with markup for ``prose.pt``. ``line``: 12345 in the text becomes a link; ``address``: of a file record."""
    text = with_line if line else escape

    def shown(value: Any) -> Markup:
        return Markup(inline_html(value, text=text))

    made: list[tuple[str, Any]] = []
    for tag, value in grouped(blocks):
        if tag in ("ul", "ol"):
            made.append((tag, [shown(one) for one in value]))
        elif tag == "table":
            rows = [[shown(cell) for cell in row] for row in value["rows"]]
            made.append((tag, {"head": rows[0] if value["header"] else None, "rows": rows[1:] if value["header"] else rows}))
        elif tag == "img":
            made.append((tag, _picture(site, value, address)))
        else:
            made.append((tag, shown(value)))
    return made


def _picture(site: Any, value: dict[str, Any], address: Callable[[Any], str]) -> dict[str, Any]:
    record = site.files.get(value["file"]) if site.files is not None else None
    width, height = record.pixels or (None, None) if record is not None else (None, None)
    return {"src": address(record) if record is not None else "", "alt": value.get("alt") or "", "caption": value.get("caption") or "", "width": width, "height": height}
