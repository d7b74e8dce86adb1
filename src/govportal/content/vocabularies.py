"""Code tables of the guide, read from ``content/vocabularies`` or the operator's ``overrides`` (R2.2.*, R4.2.2.6).

Owns the words that schemas, importers and facets accept, in display order. Must not import a kind.
A missing or broken file ends the start with the file's name.
"""
from __future__ import annotations

import csv
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import yaml

from ..shipped import data_file, shipped


@dataclass(frozen=True)
class Term:
    """One row of a code table. ``slug`` is the ASCII form used in addresses."""

    code: str
    label: str
    slug: str
    icon: str = ""
    audience: str = ""
    note: str = ""


@dataclass(frozen=True)
class Vocabulary:
    name: str
    title: str
    terms: tuple[Term, ...]
    _by_label: dict[str, int] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        self._by_label.update({term.label: number for number, term in enumerate(self.terms)})

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(term.label for term in self.terms)

    def index(self, label: str) -> int | None:
        return self._by_label.get(label)

    def by_label(self, label: str) -> Term | None:
        number = self._by_label.get(label)
        return None if number is None else self.terms[number]

    def by_slug(self, slug: str) -> Term | None:
        return next((term for term in self.terms if term.slug == slug), None)


def _term(row: dict[str, Any]) -> Term:
    code = str(row["code"])
    return Term(code, str(row["label"]), str(row.get("slug") or code), *(str(row.get(key) or "") for key in ("icon", "audience", "note")))


@cache
def vocabulary(name: str) -> Vocabulary:
    """The code table ``vocabularies/<name>.yaml``. LookupError when it is missing or broken."""
    path = data_file(f"vocabularies/{name}.yaml")
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        return Vocabulary(name, str(data["title"]), tuple(_term(row) for row in data["terms"]))
    except (OSError, KeyError, TypeError, yaml.YAMLError) as exc:
        raise LookupError(f"代码表 {path.name} 缺失或损坏：{exc}") from exc


def labels(name: str) -> tuple[str, ...]:
    return vocabulary(name).labels


@cache
def region_names() -> dict[str, str]:
    """Region code → name: the demo city's own, then GB/T 2260."""
    base = shipped("content") / "regions"
    own = yaml.load((base / "demo.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    found = {str(row["code"]): row["name"] for row in own["regions"]}
    with open(base / "divisions.csv", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["code"], row["full_name"])
    return found
