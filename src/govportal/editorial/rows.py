"""Desk rows: one compact row of plain data for every document, drafts and withdrawn ones included.

Owns the row's layout, how it is read from a document, and the consumer ``desk`` that keeps the pages (``base/pages``) in
``editorial.rows``. Reads the tree, never writes it. Applying an entry twice, late or in any order gives the same pages.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..base import pages
from ..base.clock import SHANGHAI, parse, stamp
from ..base.pages import BATCH, follow
from ..content import publication
from ..content.effective import directory_of
from ..content.model import Document, Edition, path_of
from ..content.rules import in_days
from ..content.site import ROOT_KEY as SITE_KEY
from ..content.site import Site
from ..workflow.actors import Scope
from . import tasks, uses
from .measures import measure
from .store import ROOT_KEY, Editorial

CONSUMER = "desk"
ITEMS = ("ImplementationItem", "HandlingItem")
# Kinds whose content must be looked at again, and after how many days; the site's setting ``review_days`` {kind: days} wins.
REVIEW_DAYS = {"DirectoryItem": 365, "ImplementationItem": 365, "HandlingItem": 365, "Guide": 365, "Question": 365, "Page": 365}


class DeskRow(NamedTuple):
    """A document as the desk's lists need it. Times are ``YYYY-MM-DD HH:MM``, '' = none; -1 = does not apply or not known."""

    uid: str
    kind: str
    title: str
    path: str
    parent: str           # path of the folder above
    code: str
    org: str
    region: str
    type: str
    state: str            # new | live | changed | scheduled | withdrawn | ended
    stage: str            # '' | drafting | returned | review | legality | signoff | signed
    author: str           # last writer of the draft, or of the live edition when there is no draft
    writers: str          # all writers of the draft, joined by spaces: none of them may approve it
    assignee: str
    changed: str          # when the draft, the live edition or the state last changed
    live_since: str
    expires: str
    review_by: str        # day by which it must be looked at again, YYYY-MM-DD
    scheduled: str        # next start
    completeness: int     # 0–100
    faults: int           # broken publish and quality rules
    returned: bool
    register: bool
    demo: bool
    level: str = ""       # of an item: 行使层级
    online_depth: str = ""    # of an item: 网上办理深度
    item_state: str = ""  # 在用 | 挂起 | 取消: of a directory item its own, of an item what holds for it
    sub: bool = False     # a directory item that is a 子项
    legal: int = -1       # limits of an item in tenths of calendar days
    promise: int = -1


class Standing(NamedTuple):
    """Where a document stands in its publication."""

    state: str
    stage: str
    writers: tuple[str, ...]
    assignee: str
    scope: Scope


def standing(document: Document, values: dict[str, Any]) -> Standing:
    """The one place that asks the publication room about a document."""
    draft = document.draft
    writers = () if draft is None else tuple(dict.fromkeys((*draft.writers, draft.author)))
    return Standing(publication.state_of(document), publication.stage_of(document), writers, document.assignee, publication.scope_of(document, values))


def row_of(document: Document | None, site: Site) -> tuple[Any, ...] | None:
    """The row of a document as it is now, as plain data; None when it is gone."""
    if document is None or document.__parent__ is None:
        return None
    edition = _newest(document)
    head: dict[str, Any] = {} if edition is None else edition.head
    register = bool((head.get("register") or {}).get("source") or head.get("registered"))
    values = head if register or edition is None else edition.values
    at = standing(document, values)
    complete, faults = measure(document, values) if edition is not None else (0, -1)
    live = document.live
    return tuple(DeskRow(
        document.uid, document.kind, title_of(document), path_of(document), path_of(document.__parent__),
        (values.get("code") or values.get("basic_code") or "").strip().upper(), at.scope.org, at.scope.region, _type(document, values),
        at.state, at.stage, "" if edition is None else edition.author, " ".join(at.writers), at.assignee, _changed(document),
        _stamp(live and live.starts), _stamp(live and live.ends), review_day(document, values, register, site),
        _stamp(min((one.starts for one in document.scheduled if one.starts), default=None)),
        complete, faults, at.stage == "returned", register, bool(values.get("demo")), *_list_facts(document, head)))


def _list_facts(document: Document, head: dict[str, Any]) -> tuple[Any, ...]:
    """What the lists of items count: level, depth, state, 子项, limits; all lie in the small head."""
    if document.kind == "DirectoryItem":
        return "", "", head.get("state") or "在用", bool(head.get("main"))
    if document.kind not in ITEMS:
        return ()
    above = _directory_edition(document)
    state = head.get("state") or "在用"
    if above is not None and above.head.get("state") in ("挂起", "取消") and state != "取消":
        state = above.head["state"]
    return (head.get("level") or "", (head.get("online") or {}).get("depth") or "", state, False,
            *(-1 if (found := head.get(name) or {}).get("days") is None else round(in_days(found) * 10) for name in ("legal_limit", "promise_limit")))


def _newest(document: Document) -> Edition | None:
    """What an editor works on: the draft, else the live edition, else the one that will be, else the last that was."""
    if document.draft is not None or document.live is not None:
        return document.draft or document.live
    return document.scheduled[0] if document.scheduled else next(iter(document.superseded), None)


def _public_first(document: Document) -> Edition | None:
    """What others inherit: the live edition; before there is one, the newest (see ``touched``)."""
    return document.live or _newest(document)


def title_of(document: Document) -> str:
    """The document's heading; an item's and its guide's are the name it inherits. Its address when nothing names it yet."""
    if document.kind == "Guide" and isinstance(document.__parent__, Document):
        return f"{title_of(document.__parent__)}（办事指南）"
    if document.kind == "ReviewRules" and isinstance(document.__parent__, Document):
        return f"{title_of(document.__parent__)}（审查工作细则）"
    edition = _newest(document)
    if document.kind == "ImplementationItem":
        edition = _directory_edition(document)
    return ((edition.head.get("name") or edition.head.get("title")) if edition is not None else "") or document.__name__


def _directory_edition(document: Document) -> Edition | None:
    try:
        return _public_first(directory_of(document))
    except LookupError:
        return None


def _type(document: Document, values: dict[str, Any]) -> str:
    if document.kind in (*ITEMS, "Guide", "ReviewRules"):
        edition = _directory_edition(document)
        return "" if edition is None else edition.head.get("type") or ""
    return values.get("type") or ""


def _changed(document: Document) -> str:
    """The newest of: draft saved or moved on, live edition published, withdrawn, scheduled."""
    moments: list[datetime | None] = []
    for edition in (document.draft, document.live, *document.scheduled):
        if edition is not None:
            steps = getattr(edition, "steps", ())
            moments += [edition.created, edition.published_at, steps[-1].at if steps else None]
    if document.withdrawal is not None:
        moments.append(document.withdrawal.at)
    if not document.live and not document.draft and document.superseded:
        moments.append(document.superseded[0].ends)
    return _stamp(max((moment for moment in moments if moment is not None), default=None))


def _stamp(moment: datetime | None) -> str:
    return "" if moment is None else stamp(moment)


def review_day(document: Document, values: dict[str, Any], register: bool, site: Site) -> str:
    """The day by which live content must be looked at again: its own ``review_by``, or so many days after it went live."""
    if document.live is None or document.withdrawal is not None:
        return ""
    if values.get("review_by"):
        return stamp(parse(values["review_by"]))[:10]
    days = {**REVIEW_DAYS, **(site.settings.get("review_days") or {})}.get(document.kind)
    since = document.live.starts
    if register or not days or since is None:
        return ""
    return (since.astimezone(SHANGHAI) + timedelta(days=int(days))).strftime("%Y-%m-%d")


def touched(site: Site, uids: Iterable[str]) -> dict[str, Document | None]:
    """The documents whose rows a change of these may change: themselves; of one that was never public also those below, which read its
    draft; of a guide also its item, whose rules ask it. (What a public change touches, its verb journals itself.)"""
    found: dict[str, Document | None] = {}
    stack: list[Document] = []
    for uid in uids:
        document = found[uid] = site.document(uid)
        if document is None or document.__parent__ is None:
            continue
        if document.kind == "Guide" and isinstance(document.__parent__, Document):
            found[document.__parent__.uid] = document.__parent__
        if document.live is None:
            stack.append(document)
    while stack:
        for child in stack.pop().values():
            if isinstance(child, Document):
                found[child.uid] = child
                stack.append(child)
    return found


def fresh_rows(site: Site, uids: Iterable[str]) -> dict[str, tuple[Any, ...] | None]:
    """Rows as they are now of all that a change of these touches, by uid; None for those that are gone."""
    return {uid: row_of(document, site) for uid, document in touched(site, uids).items()}


def refresh(connection: Any, limit: int = BATCH) -> int:
    """One step of the journal consumer: apply up to ``limit`` pending entries; the caller commits. Returns how many; 0 also for an older
    database that has no editorial root yet."""
    root = connection.root()
    editorial: Editorial | None = root.get(ROOT_KEY)
    if editorial is None:
        return 0
    site: Site = root[SITE_KEY]
    return follow(site.journal, CONSUMER, editorial.rows, lambda uids: _apply(site, editorial, uids), limit)[0]


def _apply(site: Site, editorial: Editorial, uids: Iterable[str]) -> dict[str, tuple[Any, ...] | None]:
    """The rows, and beside them where shared records are used and which tasks are done."""
    found = list(uids)
    for uid in found:
        document = site.document(uid)
        if document is None:
            uses.forget(editorial, uid)
        else:
            uses.update(editorial, document)
            tasks.published(editorial, site, document)
    return fresh_rows(site, found)


def faults(root: Any) -> Iterator[str]:
    """Where the pages differ from the documents, in Chinese; nothing for a database that has no editorial root yet."""
    editorial, site = root.get(ROOT_KEY), root[SITE_KEY]
    if editorial is not None and CONSUMER in site.journal.consumers():
        waiting = set(touched(site, (entry.uid for entry in site.journal.pending(CONSUMER))))
        known = [uid for uid, _ in site.documents.items()]
        yield from pages.faults(editorial.rows, known, waiting, lambda uid: row_of(site.document(uid), site), "工作台列表记录")
