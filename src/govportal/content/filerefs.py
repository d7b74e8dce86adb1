"""References to uploaded files in content: the text ``file:<id>``, wherever it stands in a document's values.

Owns the form of a reference and how it is found. Knows nothing of the library (``files``).
"""
from __future__ import annotations

from typing import Any

import colander

from .blocks import FILE_REF
from .fields import text


def references(values: Any) -> frozenset[str]:
    """Ids of all files that plain data refers to, however deep."""
    found: set[str] = set()
    stack = [values]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if len(value) == 37 and FILE_REF.fullmatch(value):
                found.add(value[5:])
        elif isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, (list, tuple)):
            stack.extend(value)
    return frozenset(found)


class _IsReference:
    max = 60

    def __call__(self, node: Any, value: str) -> None:
        if not FILE_REF.fullmatch(value):
            raise colander.Invalid(node, f"“{value[:40]}”不是文件编号，请先上传文件，再填它的编号（file: 开头）")


def file_ref(name: str, title: str, **extra: Any) -> colander.SchemaNode:
    """One uploaded file. ``upload`` tells forms to offer an upload."""
    node = text(name, title, **extra)
    node.validator = _IsReference()
    node.upload = True
    return node
