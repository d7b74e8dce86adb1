"""Small forms of the desk that are no document's: fields as data, one macro that draws them (``desk/parts.pt``).

Owns ``Field``. Reading and checking is the verb's: a refusal names the field, ``with_errors`` puts it there with what was typed.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from ..web.modes import posted


@dataclass(frozen=True)
class Field:
    """One control. ``kind``: text, password, date, area, select, check. ``options``: (value, words) of a select."""

    name: str
    label: str
    value: str = ""
    hint: str = ""
    kind: str = "text"
    options: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    complete: str = "off"
    error: str = ""
    inputmode: str | None = None

    @property
    def described(self) -> str | None:
        """Ids for aria-describedby, hint before error."""
        return " ".join(part for part in (f"{self.name}-h" if self.hint else "", f"{self.name}-e" if self.error else "") if part) or None


def typed(request: Any, fields: Iterable[Field]) -> list[Field]:
    """The same fields with what was posted; a password comes back empty."""
    return [replace(one, value="" if one.kind == "password" else posted(request, one.name)[:2000]) for one in fields]


def with_errors(fields: Iterable[Field], errors: Iterable[tuple[str, str]]) -> list[Field]:
    """The fields with their errors; several of one field are joined."""
    found: dict[str, str] = {}
    for name, words in errors:
        found[name] = f"{found[name]}；{words}" if name in found else words
    return [replace(one, error=found.get(one.name, "")) for one in fields]
