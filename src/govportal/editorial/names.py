"""Names of organisations and places in tables instead of their addresses, where the name is one record's alone.

Owns that translation for one run; read from the live records at first use. Must not write. An unknown name stays as it was written.
"""
from __future__ import annotations

from typing import Any

FOLDERS = {"org": "organisations", "places": "places"}      # key of an element → shared folder


class Names:
    """Plain data, so it may be kept between batches."""

    def __init__(self) -> None:
        self._titles: dict[str, dict[str, str]] = {}     # folder → slug → name
        self._slugs: dict[str, dict[str, str]] = {}      # folder → name → slug, '' where several have it

    def _load(self, site: Any, folder: str) -> None:
        if folder in self._titles:
            return
        titles, slugs = self._titles.setdefault(folder, {}), self._slugs.setdefault(folder, {})
        for document in site["shared"][folder].values():
            if document.live is None:
                continue
            name = document.live.head.get("name") or ""
            slug = document.__name__
            titles[slug] = name
            for known in {name, document.live.head.get("short") or ""} - {""}:
                slugs[known] = "" if known in slugs else slug

    def slug(self, site: Any, key: str, word: str) -> str:
        """The address of the record with this name or address; the word itself when there is none."""
        folder = FOLDERS[key]
        if site.shared(folder, word) is not None:
            return word
        self._load(site, folder)
        return self._slugs[folder].get(word) or word

    def title(self, site: Any, key: str, slug: str) -> str:
        """The name of a record, or its address when others have the same name."""
        folder = FOLDERS[key]
        self._load(site, folder)
        name = self._titles[folder].get(slug, "")
        return name if name and self._slugs[folder].get(name) == slug else slug

    def read(self, site: Any, key: str, value: Any) -> Any:
        """A value as read from a cell with names changed to addresses."""
        if key not in FOLDERS or not value:
            return value
        return self.slug(site, key, value) if isinstance(value, str) else [self.slug(site, key, word) for word in value]

    def show(self, site: Any, key: str, value: Any) -> Any:
        if key not in FOLDERS or not value:
            return value
        return self.title(site, key, value) if isinstance(value, str) else tuple(self.title(site, key, word) for word in value)
