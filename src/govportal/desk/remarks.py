"""Remarks of a reviewer placed in a form: which section, beside which field.

Owns the reading of a remark's field path: names and row numbers parted by dots (``materials.1.name``), or a row's name instead of its number as
differences have it. What no longer fits leads to the nearest field above it, at last to the whole. Pure.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ..content.differences import NAMES
from ..content.kinds import kind_of
from ..content.model import Edition, Remark, Step
from .forms.look import Path, field_id
from .forms.rendering import field_title
from .forms.sections import section_of


class Placed(NamedTuple):
    """``section`` is '' for a remark on the whole; ``where``: the field in words; ``href``: from any page of the desk."""

    text: str
    section: str
    path: Path
    where: str
    href: str


def placed(kind: str, uid: str, values: dict[str, Any], remarks: Iterable[Remark]) -> list[Placed]:
    """Remarks in their order, each at its field."""
    found = []
    for remark in remarks:
        path = path_of_field(kind, values, remark.field)
        section = section_of(kind, path[0]).name if path else ""
        where = field_title(kind, section, path) if section else ""
        found.append(Placed(remark.text, section, path, where, f"/desk/doc/{uid}/edit/{section}#{field_id(path)}" if section else ""))
    return found


def path_of_field(kind: str, values: dict[str, Any], field: str) -> Path:
    """The path of a field as forms know it; () for the whole or an unknown field."""
    node: Any = kind_of(kind).schema
    value: Any = values
    path: list[Any] = []
    for part in field.replace("-", ".").split(".") if field else ():
        if isinstance(value, (list, tuple)) and node.children:
            number = _row(value, part)
            if number is None:
                break
            path.append(number)
            node, value = node.children[0], value[number]
            continue
        child = next((child for child in node.children if child.name == part or child.title == part), None)
        if child is None:
            break
        path.append(child.name)
        node, value = child, value.get(child.name) if isinstance(value, dict) else None
    return tuple(path)


def _row(rows: Any, part: str) -> int | None:
    """The number of a row that is named by its number or by what people call it."""
    if part.isascii() and part.isdigit():
        return int(part) if len(part) < 7 and int(part) < len(rows) else None
    for number, row in enumerate(rows):
        if isinstance(row, dict) and any(row.get(name) == part for name in NAMES if row.get(name)):
            return number
    return None


def last_return(draft: Edition | None) -> Step | None:
    """When the draft was last sent back, by whom and with what words; None when it never was, or was submitted again since."""
    if draft is None:
        return None
    last = next((step for step in reversed(draft.steps) if step.action in ("return", "submit")), None)
    return last if last is not None and last.action == "return" else None
