"""``effective(item, at)``: what a citizen reads, the tuple of directory, item, 情形, guide and shared editions.

Owns inheritance (R4.2.1.6) and the public version number. Reads only; must not import a kind module or a verb.
LookupError when the item was not public at that time.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .model import Document, Edition, path_of
from .site import Site, find_site

INHERITED = ("name", "type", "basic_code", "legal_basis", "main")
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
    def edition_ids(self) -> tuple[str, ...]:
        """Ids of all editions read, as a case keeps them."""
        return tuple(edition.uid for _, _, edition in self.editions)


def _live(document: Document, at: datetime | None) -> Edition | None:
    edition = document.edition_at(at)
    withdrawal = document.withdrawal
    gone = withdrawal is not None and withdrawal.mode != "banner" and (at is None or at >= withdrawal.at)
    return None if gone else edition


def directory_of(document: Document) -> Document:
    """The DirectoryItem above an ImplementationItem or HandlingItem."""
    place: Any = document
    while place is not None and getattr(place, "kind", "") != "DirectoryItem":
        place = place.__parent__
    if place is None:
        raise LookupError(f"{path_of(document)} 不在任何目录清单之下")
    return place


def _merge(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The item's elements with those a 情形 sets itself; a listed handling item sets all it has."""
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
    """Resolve an ImplementationItem or HandlingItem as it is now, or as it was at ``at`` (aware datetime)."""
    case = document if document.kind == "HandlingItem" else None
    item = document.__parent__ if case is not None else document
    directory = directory_of(item)
    parts: list[tuple[str, Document, Edition]] = []
    for role, part in (("目录清单", directory), ("实施清单", item), *((("办理项", case),) if case is not None else ())):
        edition = _live(part, at)
        if edition is None:
            raise LookupError(f"{path_of(part)} 在这个时间没有公开的版本")
        parts.append((role, part, edition))
    own = parts[1][2].values
    values = {**own, **{key: parts[0][2].values.get(key) for key in INHERITED}}
    values["item_name"] = values["name"]
    if case is not None:
        values = _merge(values, parts[2][2].values)
    guide = item.get("guide")
    guide_values: dict[str, Any] = {}
    if guide is not None and (edition := _live(guide, at)) is not None:
        parts.append(("办事指南", guide, edition))
        guide_values = edition.values
    parts.extend(_shared_parts(find_site(item), values, at))
    return Effective(item, case, values, guide_values, tuple(parts), at)


def _shared_parts(site: Site, values: dict[str, Any], at: datetime | None) -> Iterator[tuple[str, Document, Edition]]:
    for role, folder, slugs in (("机构", "organisations", (values.get("org") or "",)), ("地点", "places", values.get("places", ()))):
        for slug in slugs:
            document = site.shared(folder, slug)
            if document is not None and (edition := _live(document, at)) is not None:
                yield role, document, edition


def cases_of(item: Document, at: datetime | None = None) -> list[tuple[Document, Edition]]:
    """The live 情形 of an item, by their order of code, then of address."""
    found = []
    for child in item.values():
        if getattr(child, "kind", "") == "HandlingItem" and (edition := _live(child, at)) is not None:
            found.append((child, edition))
    return sorted(found, key=lambda pair: (pair[1].head.get("code") or "", pair[0].__name__))


def moments_of(item: Document) -> list[datetime]:
    """The times at which what people read of this item changed, newest first; parts published in one minute are one change."""
    documents = [directory_of(item), item, *(child for child in item.values() if isinstance(child, Document))]
    times = {edition.starts for document in documents for edition in [document.live, *document.superseded]
             if edition is not None and edition.starts is not None}
    return sorted({moment.replace(second=0, microsecond=0): moment for moment in sorted(times)}.values(), reverse=True)
