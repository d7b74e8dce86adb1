"""What a check is given: one document with the values to judge, and the picture of the rest.

Owns how values are resolved (inherited elements included), to which department a document belongs, and its texts with the titles of their
fields. Reads only.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from ...content.blocks import TAGS
from ...content.effective import INHERITED, directory_of, effective
from ...content.kinds import Kind, kind_of
from ...content.model import Document, path_of
from ...content.site import Site
from ..limits import Limits
from ..words import WordList
from ..world import World

Values = dict[str, Any]
ITEMS = ("ImplementationItem", "HandlingItem")
# Texts that are ids, codes, addresses or names quoted from elsewhere: nothing for people to reword.
_NOT_PROSE = {"code", "basic_code", "local_basic_code", "aliases", "source_id", "org", "region", "uscc", "key", "record", "places", "url", "source_url", "file",
              "icon", "use_materials", "changes", "items", "related", "topic", "topics", "channel", "interprets", "interpretations", "interpretation_of", "law",
              "number", "article", "former_names", "history", "published_at", "index_no", "doc_number", "register", "find"}


@dataclass(frozen=True)
class Surroundings:
    """What all documents of a run share."""

    site: Site
    world: World
    limits: Limits
    words: WordList
    now: datetime


class Subject:
    """One document with the values to judge: the live ones, or a draft's."""

    def __init__(self, around: Surroundings, document: Document, values: Values) -> None:
        self.around, self.document, self.values = around, document, values
        self.site, self.world, self.limits = around.site, around.world, around.limits

    @cached_property
    def kind(self) -> Kind:
        return kind_of(self.document.kind)

    @property
    def path(self) -> str:
        return path_of(self.document)

    @cached_property
    def registered(self) -> bool:
        """A row taken over from elsewhere: outside all completeness claims (architecture §3)."""
        return bool((self.values.get("register") or {}).get("source")) or bool(self.values.get("registered"))

    @property
    def verbatim(self) -> bool:
        """Text of others that must stay as it is: laws, reprints with their source, registered rows."""
        return self.registered or self.document.kind == "Law" or bool(self.values.get("source_url"))

    @cached_property
    def item(self) -> Document | None:
        """The ImplementationItem of an item, 情形 or guide."""
        place: Any = self.document
        while place is not None and getattr(place, "kind", "") != "ImplementationItem":
            place = place.__parent__
        return place

    @cached_property
    def whole(self) -> Values:
        """The values with what an item inherits; a live 情形 with all elements of its item."""
        if self.document.kind not in ITEMS:
            return self.values
        if self.document.kind == "HandlingItem":
            try:
                return effective(self.document).values
            except LookupError:
                return self.values
        directory = directory_of(self.document)
        inherited = directory.live.values if directory.live is not None else {}
        return {**self.values, **{key: inherited.get(key) for key in INHERITED}}

    @cached_property
    def title(self) -> str:
        if self.document.kind == "ImplementationItem":
            return str(self.whole.get("name") or self.document.__name__)
        if self.document.kind in ("Guide", "HandlingItem"):
            own = "办事指南" if self.document.kind == "Guide" else self.values.get("name") or self.document.__name__
            name = _name_of(self.item)
            return f"{name} · {own}" if name and name != own else own
        try:
            return str(self.kind.heading(self.values))
        except LookupError:
            return str(self.document.__name__)

    @cached_property
    def org(self) -> str:
        """Slug of the department that answers for it, '' = the site office."""
        if self.document.kind == "Organisation":
            return str(self.document.__name__)
        if self.document.kind == "DirectoryItem":
            return _only_org(self.document)
        if self.values.get("org"):
            return str(self.values["org"])
        return _live(self.item).get("org") or "" if self.item is not None else ""

    @property
    def region(self) -> str:
        return str(self.values.get("region") or _live(self.item).get("region") or "")

    @cached_property
    def texts(self) -> list[tuple[str, str, str]]:
        """(field name, field title, text) of every text that people wrote."""
        return [found for node in self.kind.schema.children for found in _texts(node, self.values.get(node.name), node.title, node.name)]


def _live(document: Document | None) -> Values:
    return document.live.head if document is not None and document.live is not None else {}


def _name_of(item: Document | None) -> str:
    return str(_live(directory_of(item)).get("name") or "") if item is not None else ""


def _only_org(directory: Document) -> str:
    """The department of a directory item's implementations when it is one for all."""
    found: set[str] = set()
    for number, child in enumerate(directory.values()):
        found.add(_live(child).get("org") or "")
        if len(found) > 1 or number > 50:
            return ""
    return found.pop() if found else ""


def _texts(node: Any, value: Any, title: str, name: str) -> Iterator[tuple[str, str, str]]:
    if not value or node.name in _NOT_PROSE or hasattr(node, "words"):
        return
    if isinstance(value, str):
        yield name, title, value
    elif isinstance(value, dict):
        for child in node.children:
            yield from _texts(child, value.get(child.name), f"{title}／{child.title}", child.name)
    elif isinstance(value, (list, tuple)):
        for part in value:
            if len(node.children) == 1:
                child = node.children[0]
                yield from _texts(child, part, title, name if child.name in ("row", "line") else child.name)
            else:
                yield from ((name, title, text) for text in _leaves(part))


def _leaves(value: Any) -> Iterator[str]:
    """Strings of nested plain data; of a body's (tag, text) the text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, (list, tuple)):
        for part in value[1:] if len(value) == 2 and value[0] in TAGS else value:
            yield from _leaves(part)
