"""``effective(item, at)``: what a citizen reads, the tuple of directory, item, 情形, guide and shared editions.

Owns inheritance (R4.2.1.6) and the public version number. Reads only; must not import a kind module or a verb.
LookupError when the item was not public at that time.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .kinds import kind_of
from .model import Document, Edition, path_of
from .site import Site, find_site

INHERITED = ("name", "type", "basic_code", "legal_basis", "main")
_STOPPED = ("挂起", "取消")              # a state of the directory item that holds for all below it
_ALWAYS_OWN = {"name", "hint", "code", "plain_names", "register", "state", "state_reason", "demo"}


@dataclass(frozen=True)
class Effective:
    """A resolved item. ``values``: all elements, inherited ones included. ``editions``: (role, document, edition)."""

    item: Document
    case: Document | None
    values: dict[str, Any]
    guide: dict[str, Any]
    editions: tuple[tuple[str, Document, Edition], ...]
    at: datetime | None

    @property
    def version(self) -> int:
        """Public version number: moves by one whenever any part gets a new edition."""
        return 1 + sum(edition.number - 1 for _, _, edition in self.editions)

    @property
    def since(self) -> datetime | None:
        """When the newest part took effect."""
        return max((edition.starts for _, _, edition in self.editions if edition.starts), default=None)

    @property
    def org_name(self) -> str:
        """Name of the organisation as it was then; '' when the site has no record of it."""
        return next((edition.head["name"] for role, _, edition in self.editions if role == "机构"), "")

    @property
    def edition_ids(self) -> tuple[str, ...]:
        """Ids of all editions read, as a case keeps them."""
        return tuple(edition.uid for _, _, edition in self.editions)


def directory_of(document: Document) -> Document:
    """The DirectoryItem above an ImplementationItem or HandlingItem."""
    place: Any = document
    while place is not None and getattr(place, "kind", "") != "DirectoryItem":
        place = place.__parent__
    if place is None:
        raise LookupError(f"{path_of(document)} 不在任何目录清单之下")
    return place


def with_case(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The item's elements with those a 情形 sets itself; a listed handling item sets all it has. Plain values in, plain values out."""
    merged = dict(base)
    changes = set(own.get("changes", ()))
    for key, value in own.items():
        if key in ("use_materials", "changes", "listed"):
            continue
        given = value not in (None, "", ()) and value is not False
        if key in changes or (given and (key in _ALWAYS_OWN or own.get("listed"))):
            merged[key] = value
    wanted = own.get("use_materials", ())
    if wanted:
        by_key = {row["key"]: row for row in merged.get("materials", ())}
        merged["materials"] = tuple(by_key[key] for key in wanted if key in by_key)
    return merged


def effective(document: Document, at: datetime | None = None) -> Effective:
    """Resolve an ImplementationItem or HandlingItem as it is now, or as it was at ``at`` (aware datetime, not in the future)."""
    case = document if document.kind == "HandlingItem" else None
    item = document.__parent__ if case is not None else document
    directory = directory_of(item)
    parts: list[tuple[str, Document, Edition]] = []
    for role, part in (("目录清单", directory), ("实施清单", item), *((("办理项", case),) if case is not None else ())):
        edition = part.readable_at(at)
        if edition is None:
            raise LookupError(f"{path_of(part)} 在这个时间没有公开的版本")
        parts.append((role, part, edition))
    own = parts[1][2].values
    values = {**own, **{key: parts[0][2].values.get(key) for key in INHERITED}}
    values["item_name"] = values["name"]
    if case is not None:
        values = with_case(values, parts[2][2].values)
    if parts[0][2].values.get("state") in _STOPPED and values.get("state") != "取消":
        values |= {key: parts[0][2].values.get(key) for key in ("state", "state_reason")}
    guide = item.get("guide")
    guide_values: dict[str, Any] = {}
    if guide is not None and (edition := guide.readable_at(at)) is not None:
        parts.append(("办事指南", guide, edition))
        guide_values = edition.values
    parts.extend(_shared_parts(find_site(item), values, at))
    return Effective(item, case, values, guide_values, tuple(parts), at)


def _shared_parts(site: Site, values: dict[str, Any], at: datetime | None) -> Iterator[tuple[str, Document, Edition]]:
    for role, folder, slugs in (("机构", "organisations", (values.get("org") or "",)), ("地点", "places", values.get("places", ()))):
        for slug in slugs:
            document = site.shared(folder, slug)
            if document is not None and (edition := document.readable_at(at)) is not None:
                yield role, document, edition


def cases_of(item: Document, at: datetime | None = None) -> list[tuple[Document, Edition]]:
    """The live 情形 of an item, by their order of code, then of address."""
    found = []
    for child in item.values():
        if getattr(child, "kind", "") == "HandlingItem" and (edition := child.readable_at(at)) is not None:
            found.append((child, edition))
    return sorted(found, key=lambda pair: (pair[1].head.get("code") or "", pair[0].__name__))


def moments_of(document: Document) -> list[datetime]:
    """The times at which what people read of this item changed, newest first; changes within one minute are one change.

    An ImplementationItem changes with its directory item, guide, own 情形, organisation and places; a listed HandlingItem stands for itself.
    Times at which the item could not be read are left out.
    """
    item = document.__parent__ if document.kind == "HandlingItem" else document
    directory = directory_of(item)
    alone = document.kind == "HandlingItem" and _listed(document)
    children = (document, item.get("guide")) if alone else tuple(item.values())
    own = [directory, item, *(child for child in children if isinstance(child, Document) and not kind_of(child.kind).internal and (alone or not _listed(child)))]
    first = max((min(starts) for part in {directory, item, document} if (starts := _starts(part))), default=None)
    times = {moment for part in [*own, *_shared_of(find_site(item), own)] for moment in _starts(part) if first is not None and moment >= first}
    times = {moment for moment in times if all(part.readable_at(moment) is not None for part in (directory, item, document))}
    return sorted({moment.replace(second=0, microsecond=0): moment for moment in sorted(times)}.values(), reverse=True)


def _public(document: Document) -> list[Edition]:
    return [edition for edition in (document.live, *document.superseded) if edition is not None and edition.starts is not None]


def _starts(document: Document) -> list[datetime]:
    return [edition.starts for edition in _public(document) if edition.starts is not None]


def _listed(document: Document) -> bool:
    return document.live is not None and bool(document.live.head.get("listed"))


def _shared_of(site: Site, documents: list[Document]) -> list[Document]:
    """The organisations and places that the public editions of these documents name."""
    names = {(folder, slug) for document in documents if document.kind in ("ImplementationItem", "HandlingItem")
             for edition in _public(document) for values in [edition.values]
             for folder, slugs in (("organisations", (values.get("org") or "",)), ("places", values.get("places", ()))) for slug in slugs}
    return [document for folder, slug in sorted(names) if (document := site.shared(folder, slug)) is not None]
