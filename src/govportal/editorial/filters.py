"""A filter of the desk's lists: what somebody picked, as plain frozen data, to and from the parameters of an address.

Owns the names of filters, bands and orders. What is not understood (forged names, nonsense numbers) is left out, so that an old
address or saved view never fails; ``listing`` carries a filter out.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from ..base.clock import parse, stamp

# Completeness in bands: name -> (from, to); the last is "does not apply".
BANDS = {"100": (100, 100), "90-99": (90, 99), "60-89": (60, 89), "0-59": (0, 59), "none": (-1, -1)}
SORTS = ("changed", "title", "completeness", "review_by", "expires", "org", "state", "path")      # "-title": the other way round
DEFAULT_SORT = "changed"
MAX_WORDS, MAX_TEXT, MAX_CHOICES = 8, 200, 50


@dataclass(frozen=True)
class Filter:
    """Every part that is given must hold. Tuples: one of them. None, '' and 0: not asked."""

    words: str = ""                       # each must stand in title, code or path
    kind: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    stage: tuple[str, ...] = ()           # "none" = no draft
    org: tuple[str, ...] = ()
    region: str = ""                      # a region and all within it
    type: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()        # "none" = nobody
    author: tuple[str, ...] = ()
    completeness: tuple[str, ...] = ()    # names of BANDS
    faults: bool | None = None
    overdue: bool | None = None           # its day of review has passed
    returned: bool | None = None
    register: bool | None = None
    demo: bool | None = None
    expiring: int = 0                     # comes to its end within so many days
    changed_since: str = ""               # YYYY-MM-DD or with HH:MM
    under: str = ""                       # at this path or below it
    mine: str = ""                        # uid of somebody it is assigned to or who wrote its draft

    def parameters(self) -> list[tuple[str, str]]:
        """Names and values for an address or a saved view; ``read_filter`` gives the same filter back."""
        found = []
        for field in fields(self):
            value = getattr(self, field.name)
            if value == field.default:
                continue
            if isinstance(value, tuple):
                found += [(field.name, word) for word in value]
            else:
                found.append((field.name, ("yes" if value else "no") if isinstance(value, bool) else str(value)))
        return found


NAMES = tuple(field.name for field in fields(Filter))


def read_filter(parameters: Iterable[tuple[str, str]] | Mapping[str, str]) -> Filter:
    """The filter that (name, value) pairs ask for; a name may come more than once."""
    pairs = parameters.items() if isinstance(parameters, Mapping) else parameters
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        text = value.replace("\x00", "").strip()[:MAX_TEXT]
        if text and name in NAMES:
            given.setdefault(name, []).append(text)
    values = {field.name: _read(str(field.type), field.name, given[field.name]) for field in fields(Filter) if field.name in given}
    return Filter(**{name: value for name, value in values.items() if value is not None})


def _read(kind: str, name: str, texts: list[str]) -> Any:
    """The value of a field, None for what is not understood."""
    if kind.startswith("tuple"):
        return tuple(dict.fromkeys(texts))[:MAX_CHOICES]
    text = texts[-1]
    if kind.startswith("bool"):
        return {"yes": True, "no": False}.get(text)
    if kind == "int":
        return int(text) if text.isascii() and text.isdigit() and int(text) <= 3650 else None
    if name == "changed_since":
        try:
            return stamp(parse(text))
        except ValueError:
            return None
    return text


def read_sort(text: str) -> tuple[str, bool]:
    """(order, whether the other way round) of ``title`` or ``-title``; the default for what is not known."""
    name = text.removeprefix("-")
    return (name, text.startswith("-")) if name in SORTS else (DEFAULT_SORT, False)
