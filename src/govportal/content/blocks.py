"""The text body of articles, pages and answers: a list of one-key blocks ``{p|h|h3|li|quote: text}``.

Plain text only: what is shown is always escaped, so hostile input stays text.
"""
from __future__ import annotations

from typing import Any

import colander

from .fields import MAX_CELL, _node

TAGS = ("p", "h", "h3", "li", "quote")


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
            if isinstance(block, (list, tuple)) and len(block) == 2:
                block = {block[0]: block[1]}
            if not isinstance(block, dict) or len(block) != 1 or next(iter(block)) not in TAGS:
                raise colander.Invalid(node, f"正文第 {number} 段要写成 p、h、h3、li、quote 之一")
            (tag, value), = block.items()
            value = str(value).strip()
            if len(value) > MAX_CELL:
                raise colander.Invalid(node, f"正文第 {number} 段超过 {MAX_CELL} 个字，请分段")
            if value:
                blocks.append((tag, value))
        return tuple(blocks)

    def serialize(self, node: Any, appstruct: Any) -> Any:
        return appstruct


def body(name: str = "body", title: str = "正文", **extra: Any) -> colander.SchemaNode:
    """A body: tuple of (tag, text)."""
    extra.setdefault("missing", ())
    return _node(_Body(), name, title, **extra)


def grouped(blocks: tuple[tuple[str, str], ...]) -> list[tuple[str, Any]]:
    """Blocks for a template: runs of ``li`` become one ("ul", [texts])."""
    result: list[tuple[str, Any]] = []
    for tag, value in blocks:
        if tag == "li":
            if result and result[-1][0] == "ul":
                result[-1][1].append(value)
            else:
                result.append(("ul", [value]))
        else:
            result.append((tag, value))
    return result
