"""Where a document stands for grants: path, organisation, region; and whether an actor's role covers all of it.

Owns ``scope_of``. Reads only. A document whose draft gives it to another department stands in both until that is public, so that nobody gives
a document away or takes one with the role of one side alone.
"""
from __future__ import annotations

from functools import cache
from typing import Any

from ..workflow.actors import Actor, Scope
from .kinds import kind_of
from .model import Document, Edition, path_of

WITH_ITEM = ("Guide", "HandlingItem", "ReviewRules")       # they belong to whom their item belongs


def writer_role(kind: str) -> str:
    """The directory list has its own role (目录管理); everything else is written by editors."""
    return "directory" if kind == "DirectoryItem" else "editor"


def scope_of(document: Document, values: dict[str, Any] | None = None) -> Scope:
    """Where the document stands with these values; None = as its draft says, else its public edition."""
    newest = document.draft or document.live or (document.scheduled or tuple(document.superseded[:1]) or (None,))[-1]
    return _scope(document.kind, document.__parent__, path_of(document), document.__name__, values if values is not None else newest)


def scopes_of(document: Document, values: dict[str, Any] | None = None) -> list[Scope]:
    """Every scope it stands in: as it is public, will be, as drafted, and with the new ``values``; a role must cover them all."""
    editions = (values, document.draft, document.live, *document.scheduled)
    return _scopes(document.kind, document.__parent__, path_of(document), document.__name__, [one for one in editions if one is not None])


def scopes_at(parent: Any, name: str, kind: str, values: dict[str, Any]) -> list[Scope]:
    """The same for a document that is about to be made."""
    return _scopes(kind, parent, path_of(parent).rstrip("/") + "/" + name, name, [values])


def covers(actor: Actor, role: str, scopes: list[Scope]) -> bool:
    """Whether the actor holds the role on every one of the scopes."""
    return all(actor.holds(role, scope) for scope in scopes)


def _scopes(kind: str, parent: Any, path: str, name: str, sources: list[Any]) -> list[Scope]:
    found = [_scope(kind, parent, path, name, source) for source in sources or [None]]
    if kind in WITH_ITEM and isinstance(parent, Document):
        found = [Scope(path, scope.org, scope.region) for scope in scopes_of(parent)]
        found += [Scope(path, own, _pick(kind, source, "region")) for source in sources if (own := _pick(kind, source, "org"))]
    return list(dict.fromkeys(found))


def _scope(kind: str, parent: Any, path: str, name: str, source: Any) -> Scope:
    if kind in WITH_ITEM and isinstance(parent, Document):
        item = scope_of(parent)
        return Scope(path, item.org, item.region)
    return Scope(path, name if kind == "Organisation" else _pick(kind, source, "org"), _pick(kind, source, "region"))


def _pick(kind: str, source: Edition | dict[str, Any] | None, key: str) -> str:
    """A field of values or of an edition, without reading its long part when the head has it."""
    if source is None or key not in _fields(kind):
        return ""
    if isinstance(source, dict):
        return source.get(key) or ""
    return (source.head[key] if key in source.head else source.detail.data.get(key)) or ""


@cache
def _fields(kind: str) -> frozenset[str]:
    return frozenset(node.name for node in kind_of(kind).schema.children)
