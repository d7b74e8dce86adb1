"""What a check must know of the rest of the site: laws, items by slug, names. Two pictures with one face.

``HeadsWorld`` is made once a run by reading the head pages one after the other; it keeps little more than hashes. ``ColumnsWorld`` asks the
columns a web process has in memory anyway, for checking one document after a save. Both see live content only.
"""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

from ..content.columns import Columns
from ..content.heads import ROWS, LawRow
from ..content.site import Site

_NOISE = re.compile(r"[\W_]+")
_SAMPLE = re.compile(r"[（(]示例[）)]$")


class Law(NamedTuple):
    path: str
    title: str
    status: str


class World(Protocol):
    def law(self, title: str) -> Law | None:
        """The record of a law, with or without 《》 and 中华人民共和国."""

    def has_item(self, slug: str) -> bool:
        """Whether a listed item answers to this slug, as content names services."""

    def twins(self, group: str, name: str, place: tuple[str, ...], uid: str) -> list[tuple[str, bool]]:
        """(path, exactly the same) of others of the group (``item``, ``article``, ``question``) with this name at the same place."""

    def articles(self, law: Law) -> frozenset[str]:
        """The article numbers of a law record."""


def plain_name(text: str) -> str:
    """A name without case, width, punctuation and （示例）: two names with one plain name are nearly the same."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", _SAMPLE.sub("", text.strip())).lower())


def _short(title: str) -> str:
    return title.strip("《》 ").removeprefix("中华人民共和国")


class _Laws:
    """Article numbers of law records, read when first asked."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._numbers: dict[str, frozenset[str]] = {}

    def articles(self, law: Law) -> frozenset[str]:
        if law.path not in self._numbers:
            document = self.site.at(law.path)
            live = getattr(document, "live", None)
            self._numbers[law.path] = frozenset(row.get("no") or "" for row in live.values.get("articles", ())) if live is not None else frozenset()
        return self._numbers[law.path]


class HeadsWorld(_Laws):
    """Made from head pages. ``site`` may be given anew for each slice of a run."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._by_title: dict[str, Law] = {}
        self._slugs: set[str] = set()
        self._names: dict[int, list[tuple[str, str]]] = {}     # hash of (group, place, plain name) -> (uid, path), only those that meet
        self._first: dict[int, str] = {}                       # the same hash -> uid of the first
        for group, row in _rows(site):
            self._take(group, row)
        del self._first

    def _take(self, group: str, row: Any) -> None:
        if group == "law":
            self._by_title[_short(row.title)] = Law(row.path, row.title, row.status)
        if group == "item":
            self._slugs.update(row.path.split("/")[2:])
        named = _named(group, row)
        if named is None:
            return
        name, place = named
        spot = hash((group, place, plain_name(name)))
        if spot not in self._first:
            self._first[spot] = row.uid
        else:
            self._names.setdefault(spot, [(self._first[spot], "")]).append((row.uid, row.path))

    def law(self, title: str) -> Law | None:
        return self._by_title.get(_short(title))

    def has_item(self, slug: str) -> bool:
        return slug in self._slugs

    def twins(self, group: str, name: str, place: tuple[str, ...], uid: str) -> list[tuple[str, bool]]:
        found = []
        for other, path in self._names.get(hash((group, place, plain_name(name))), ()):
            if other != uid:
                title, path = _title_of(self.site, other, path)
                if path and plain_name(title) == plain_name(name):
                    found.append((path, title == name))
        return found


def _title_of(site: Site, uid: str, path: str) -> tuple[str, str]:
    """(title, path) of a row by its head page; ('', '') when it is gone."""
    from ..base.pages import page_of
    found = site.heads.pages[page_of(uid)].rows.get(uid)
    if found is None:
        return "", ""
    row = ROWS[found[0]]._make(found[1])  # type: ignore[attr-defined]
    return getattr(row, "name", None) or row.title, row.path


def _rows(site: Site) -> Iterator[tuple[str, Any]]:
    for page in site.heads.pages:
        for group, row in page.rows.values():
            yield group, ROWS[group]._make(row)  # type: ignore[attr-defined]
        page._p_deactivate()


def _named(group: str, row: Any) -> tuple[str, tuple[str, ...]] | None:
    """(name, place within which it must be the only one) of a row; None where a name may come twice."""
    if group == "item":
        return row.name, (row.org, row.region)
    if group == "article":
        return row.title, (row.channel,)
    if group == "question":
        return row.title, (row.topic,)
    return None


class ColumnsWorld(_Laws):
    """Asks the columns of a web process."""

    def __init__(self, site: Site, columns: Columns) -> None:
        super().__init__(site)
        self.columns = columns

    def law(self, title: str) -> Law | None:
        row: LawRow | None = self.columns.law(title) or self.columns.law(_short(title))
        return None if row is None else Law(row.path, row.title, row.status)

    def has_item(self, slug: str) -> bool:
        return self.columns.item_by_slug(slug) is not None or self.columns.item_at(f"/items/{slug}") is not None

    def twins(self, group: str, name: str, place: tuple[str, ...], uid: str) -> list[tuple[str, bool]]:
        rows: Iterable[Any] = self.columns.match({"item": "items", "article": "articles", "question": "questions"}[group], name)
        wanted, found = plain_name(name), []
        for row in rows:
            named = _named(group, row)
            if row.uid != uid and named is not None and named[1] == place and plain_name(named[0]) == wanted:
                found.append((row.path, named[0] == name))
        return found
