"""The register of kinds: what a kind must declare, and the table of all of them.

Owns the contract ``Kind``. Forms, import, export, lists and checks are driven by it. Must not import a kind module at
import time (they import this one). Registering a name or a folder twice raises ValueError at start.
"""
from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import colander

from .fields import FLAG, NUMBER

Values = dict[str, Any]


def _nothing(values: Values) -> Iterable[Any]:
    return ()


@dataclass(frozen=True)
class Kind:
    """One kind of document.

    ``folder``: its folder under ``content/`` (one YAML file a document). ``home``: where documents of it live: a path of the
    site, or the name of the parent kind. ``codes(values)``: business codes that must be unique over the site.
    ``references(values)``: (field title, shared folder, slug) of every shared record it names. ``heading(values)``: its
    title. ``listing(document, values, site)``: (group, tuple) for the head pages, or None when no list shows it. ``internal``: for staff alone;
    its live edition is in force, and no public page, list, search or map ever has it.
    """

    name: str
    title: str
    folder: str
    home: str
    schema: colander.SchemaNode
    heading: Callable[[Values], str]
    listing: Callable[[Any, Values, Any], tuple[str, tuple[Any, ...]] | None]
    codes: Callable[[Values], Iterable[str]] = _nothing
    references: Callable[[Values], Iterable[tuple[str, str, str]]] = _nothing
    internal: bool = False

    def validate(self, raw: Values) -> Values:
        """Clean values by the schema. colander.Invalid names each fault in Chinese."""
        return self.schema.deserialize(raw)

    def validate_draft(self, raw: Values) -> Values:
        """Like ``validate``, but nothing is missed: a required field that is not given becomes '' or None."""
        return _draft_schema(self.name).deserialize(raw)

    def missing(self, values: Values) -> list[str]:
        """Titles of required fields that are empty, in field order."""
        return [node.title for node in self.schema.children if node.required and values.get(node.name) in (None, "", ())]

    @property
    def head_names(self) -> tuple[str, ...]:
        return _head_names(self.name)

    def split(self, values: Values) -> tuple[Values, Values]:
        """(head, detail) of clean values."""
        heads = set(self.head_names)
        return ({key: value for key, value in values.items() if key in heads},
                {key: value for key, value in values.items() if key not in heads})


MODULES = ("directory_item", "implementation_item", "handling_item", "guide", "review_rules", "channel", "news_article", "question", "page",
           "life_event", "organisation", "place", "law", "material")


@cache
def all_kinds() -> dict[str, Kind]:
    """Kind name -> Kind, in the order in which they are loaded (shared records last to be referred to are first)."""
    found: dict[str, Kind] = {}
    folders: set[str] = set()
    for module in MODULES:
        kind = importlib.import_module(f"{__package__}.{module}").KIND
        if kind.name in found or kind.folder in folders:
            raise ValueError(f"内容种类 {kind.name}（{kind.folder}）登记了两次")
        found[kind.name] = kind
        folders.add(kind.folder)
    return found


def kind_of(name: str) -> Kind:
    """LookupError for an unknown kind."""
    try:
        return all_kinds()[name]
    except KeyError:
        raise LookupError(f"没有“{name}”这种内容，可用：{'、'.join(all_kinds())}") from None


@cache
def _head_names(name: str) -> tuple[str, ...]:
    return tuple(node.name for node in kind_of(name).schema.children if node.head)


@cache
def _draft_schema(name: str) -> colander.SchemaNode:
    schema = kind_of(name).schema.clone()
    for node in schema.children:
        if node.required:
            node.missing = None if isinstance(node.typ, (NUMBER, FLAG)) else ""
    return schema
