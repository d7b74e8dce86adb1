"""The history of a document for the desk: every edition and kept draft, newest first, and an old one taken up again as a draft.

Owns the list. ``restore_as_draft`` writes through ``publication`` and changes nothing that is public.
"""
from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..workflow.actors import Actor
from ..workflow.reasons import Reason, Refused
from . import publication
from .model import Document, Edition, Step

DRAFT, KEPT, SCHEDULED, LIVE, FORMER = "draft", "kept", "scheduled", "live", "former"
TITLES = {DRAFT: "草稿", KEPT: "以前存的草稿", SCHEDULED: "已排定", LIVE: "现行", FORMER: "旧版"}


class Entry(NamedTuple):
    """``who``: name of the author as it was then, else the id; ``by``: id. ``when``: when it was written. ``note``: why. ``change``: major, minor, ''.
    ``published``: when it went live. ``state``: a key of TITLES."""

    number: int
    uid: str
    who: str
    by: str
    when: datetime | None
    note: str
    change: str
    published: datetime | None
    starts: datetime | None
    ends: datetime | None
    state: str
    steps: tuple[Step, ...]


def history(document: Document, *, published_only: bool = False) -> list[Entry]:
    """Draft, scheduled, live and former editions and kept drafts, newest first; ``published_only``: those that are or were public."""
    found = [] if published_only else [_entry(edition, state) for state, edition in _unpublished(document)]
    found += [_entry(document.live, LIVE)] if document.live is not None else []
    found += [_entry(edition, FORMER) for edition in document.superseded]
    order = (DRAFT, KEPT, SCHEDULED, LIVE, FORMER)
    return sorted(found, key=lambda entry: (-entry.number, order.index(entry.state)))


def _unpublished(document: Document) -> list[tuple[str, Edition]]:
    found = [(DRAFT, document.draft)] if document.draft is not None else []
    found += [(KEPT, edition) for edition in reversed(list((document.draft_history or {}).values()))]
    return found + [(SCHEDULED, edition) for edition in reversed(document.scheduled)]


def _entry(edition: Edition, state: str) -> Entry:
    return Entry(edition.number, edition.uid, edition.author_name or edition.author, edition.author, edition.created, edition.note, edition.change,
                 edition.published_at, edition.starts, edition.ends, state, edition.steps)


def edition_of(document: Document, which: int | str) -> Edition | None:
    """An edition by the number it was published under, or any entry of the history by its uid."""
    if isinstance(which, int):
        return document.edition(which)
    everything = [*(edition for _, edition in _unpublished(document)), *([document.live] if document.live is not None else []), *document.superseded]
    return next((edition for edition in everything if edition.uid == which), None)


def restore_as_draft(document: Document, which: int | str, actor: Actor, *, base: str | None = None) -> Edition:
    """The values of an old edition (number, or uid of any entry) as a new draft. A present draft is kept among the former ones.
    Who wrote an edition that was never public is a writer of the new draft too, and may not approve it.

    Refused when there is no such edition, there is a draft that is not ``base``, or the actor may not write here."""
    old = edition_of(document, which)
    if old is None:
        raise Refused(Reason("", "没有这一版，可能已经清理，请刷新页面看看"))
    if document.draft is not None and base != document.draft.uid:
        raise Refused(Reason("", "已有一份草稿，请先看过它再恢复旧版；恢复后它留在历史里"))
    written = old.created.strftime("%Y-%m-%d %H:%M") if old.created is not None else ""
    name = f"第 {old.number} 版" if old.published_at is not None else f"{written} 存的草稿"
    draft = publication.save(document, old.values, actor, base=base, note=f"恢复{name}")
    if old.published_at is None:
        draft.writers = tuple(dict.fromkeys((*(old.writers or (old.author,)), *draft.writers)))
    return draft
