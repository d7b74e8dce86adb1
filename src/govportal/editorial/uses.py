"""Where a shared record (organisation, place, material, law) is used: a reverse index kept by the consumer of the desk's list.

Owns the index ``Uses`` and how targets are found in values: ``places/hall``, ``laws/户口登记条例``, ``laws/户口登记条例#第七条``. Live edition,
draft and scheduled editions count. Derived data: ``build`` makes it anew. Must not write content. An unknown target has no uses.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from BTrees.OOBTree import OOBTree, OOTreeSet
from persistent import Persistent

from ..content.kinds import kind_of

LAWS = "laws"


class Uses(Persistent):
    """target → set of uids, and uid → its targets, so that an update removes what no longer holds."""

    def __init__(self) -> None:
        self._documents = OOBTree()     # target -> OOTreeSet of uids
        self._targets = OOBTree()       # uid -> tuple of targets

    def set(self, uid: str, targets: frozenset[str]) -> bool:
        """Let ``uid`` use exactly these targets; returns whether anything changed."""
        before = frozenset(self._targets.get(uid, ()))
        if before == targets:
            return False
        for target in before - targets:
            found = self._documents[target]
            found.remove(uid)
            if not found:
                del self._documents[target]
        for target in targets - before:
            found = self._documents.get(target)
            if found is None:
                found = self._documents[target] = OOTreeSet()
            found.insert(uid)
        if targets:
            self._targets[uid] = tuple(sorted(targets))
        else:
            self._targets.pop(uid, None)
        return True

    def of(self, target: str) -> Iterator[str]:
        return iter(self._documents.get(target) or ())

    def targets(self, uid: str) -> tuple[str, ...]:
        return self._targets.get(uid, ())

    def clear(self) -> None:
        self._documents.clear()
        self._targets.clear()


def law_title(text: str) -> str:
    """The title of a law as it is compared: without 《》 and outer space."""
    return text.strip().strip("《》").strip()


def targets_of(kind: str, values: dict[str, Any]) -> Iterator[str]:
    """The targets that values of a kind name."""
    for _, folder, slug in kind_of(kind).references(values):
        yield f"{folder}/{slug}"
    if kind != "Law":
        yield from _laws(values)


def _laws(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        title = value.get("law")
        if isinstance(title, str) and law_title(title):
            yield f"{LAWS}/{law_title(title)}"
            if value.get("article"):
                yield f"{LAWS}/{law_title(title)}#{str(value['article']).strip()}"
        for child in value.values():
            yield from _laws(child)
    elif isinstance(value, (list, tuple)):
        for child in value:
            yield from _laws(child)


def update(editorial: Any, document: Any) -> bool:
    """Bring the index in step with a document as it is now; the caller commits. A document no longer in the tree uses nothing."""
    found: set[str] = set()
    if document.__parent__ is not None:
        for edition in (document.live, document.draft, *document.scheduled):
            if edition is not None:
                register = (edition.head.get("register") or {}).get("source")      # names its organisation alone: its long part is not read
                found.update(targets_of(document.kind, edition.head if register else edition.values))
    return editorial.uses.set(document.uid, frozenset(found))


def forget(editorial: Any, uid: str) -> bool:
    """A document that is gone uses nothing."""
    return editorial.uses.set(uid, frozenset())


def build(editorial: Any, site: Any, commit: Callable[[], None] | None = None, batch: int = 500) -> int:
    """Make the whole index anew (evolution, repair); returns how many documents name something. ``commit`` is called each ``batch``."""
    editorial.uses.clear()
    named = 0
    for number, (_, document) in enumerate(site.documents.items(), 1):
        named += update(editorial, document)
        if commit is not None and number % batch == 0:
            commit()
    return named


def uses(editorial: Any, site: Any, folder: str, slug: str, *, article: str = "", limit: int = 1000) -> tuple[list[str], int]:
    """(uids, number of all) of the documents that name the shared record ``folder/slug``; of a law by title and short title, on wish only
    those that name ``article`` (第七条). At most ``limit`` uids."""
    targets = [f"{folder}/{slug}"]
    if folder == LAWS:
        values = site.shared_values(LAWS, slug) or {}
        titles = dict.fromkeys(law_title(values.get(name) or "") for name in ("title", "short"))
        targets = [f"{LAWS}/{title}" + (f"#{article.strip()}" if article else "") for title in titles if title]
    found = dict.fromkeys(uid for target in targets for uid in editorial.uses.of(target))
    return list(found)[:limit], len(found)
