"""Head pages: one compact row for every live document that lists show, in ZODB, kept by a journal consumer.

Owns the rows' layout and the single writer that refreshes them (``base/pages`` keeps the pages). Every process reads the
changed pages only (see ``columns``). Must not import a kind.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..base.pages import BATCH, PagedRows, RowPage, follow

CONSUMER = "heads"


class ItemRow(NamedTuple):
    """An item as lists and facets need it. Tuples hold indexes into the code tables of ``content/vocabularies``."""

    uid: str
    path: str
    name: str
    org: str
    region: str
    type: str
    objects: tuple[str, ...]
    person_topics: tuple[str, ...]
    legal_topics: tuple[str, ...]
    channels: tuple[str, ...]
    depth: str
    level: str
    state: str            # 完整 / 整理中 / 挂起
    hot: int
    plain_names: tuple[str, ...]
    limit: str            # promised limit in words, '' when not given
    fee: str
    visits: int           # -1 = not given
    materials: int        # -1 = not given
    summary: str
    online: bool
    demo: bool
    code: str
    modified: str


class ArticleRow(NamedTuple):
    uid: str
    path: str
    title: str
    channel: str
    published: str
    modified: str
    summary: str
    source: str
    validity: str
    number: str
    topics: tuple[str, ...]
    demo: bool
    expires: str


class QuestionRow(NamedTuple):
    uid: str
    path: str
    title: str
    topic: str
    audience: str
    org: str
    answered: str
    modified: str
    demo: bool


class LawRow(NamedTuple):
    uid: str
    path: str
    title: str
    category: str
    version: str
    status: str
    modified: str


class PlainRow(NamedTuple):
    uid: str
    path: str
    title: str
    kind: str
    slug: str
    modified: str
    order: int
    head: dict[str, Any]


ROWS = {"item": ItemRow, "article": ArticleRow, "question": QuestionRow, "law": LawRow, "plain": PlainRow}


class HeadPage(RowPage):
    """Its rows are (group, row)."""


class Heads(PagedRows):
    page_class = HeadPage


def row_of(document: Any, site: Any) -> tuple[str, tuple[Any, ...]] | None:
    """(group, row) of a document as it is now; None when no list shows it."""
    from .kinds import kind_of
    if document is None or document.live is None or document.__parent__ is None:
        return None
    if document.withdrawal is not None:
        return None
    found = kind_of(document.kind).listing(document, document.live.values if document.kind in ("ImplementationItem", "HandlingItem")
                                           else document.live.head, site)
    return None if found is None else (found[0], tuple(found[1]))


def refresh(site: Any, limit: int = BATCH) -> int:
    """One step of the journal consumer: apply up to ``limit`` pending entries; the caller commits. Returns how many."""
    done, changed = follow(site.journal, CONSUMER, site.heads, lambda uids: {uid: row_of(site.document(uid), site) for uid in uids}, limit)
    if changed:
        site.epoch.change(1)
    return done


def limit_words(values: dict[str, Any]) -> str:
    """The promised limit in plain words: 当场办, 15 个工作日, ''."""
    limit = values.get("promise_limit") or {}
    days, unit = limit.get("days"), limit.get("unit") or "工作日"
    if days is None:
        return "当场办" if values.get("handled_as") == "即办件" else ""
    if days == 0:
        return "当场办"
    return f"{days} 个{unit}" if unit in ("工作日", "自然日", "小时") else f"{days} {unit}"


def fee_words(values: dict[str, Any]) -> str:
    """免费, 40 元起, 收费, '' (not given)."""
    fee = values.get("fee") or {}
    if fee.get("charged") is None:
        return ""
    if not fee["charged"]:
        return "免费"
    standards = [row.get("standard") or "" for row in fee.get("items", ())]
    short = [word for word in standards if 0 < len(word) <= 10]
    if len(short) == 1 and len(standards) == 1:
        return short[0]
    return "按标准收费"


def item_row(document: Any, values: dict[str, Any], site: Any) -> tuple[str, tuple[Any, ...]] | None:
    """Row of an ImplementationItem or a listed HandlingItem."""
    from .effective import effective
    from .model import path_of
    if values.get("unlisted") or (document.kind == "HandlingItem" and not values.get("listed")):
        return None
    try:
        resolved = effective(document)
    except LookupError:
        return None
    found, guide = resolved.values, resolved.guide
    if found.get("state") == "取消":
        return None
    registered = bool((found.get("register") or {}).get("source"))
    state = "挂起" if found.get("state") == "挂起" else "整理中" if registered else "完整"
    visits = found.get("on_site_visits")
    materials = found.get("materials") or ()
    online = found.get("online") or {}
    return "item", ItemRow(
        document.uid, path_of(document), found["name"], found.get("org") or "", found.get("region") or "", found.get("type") or "",
        found.get("service_objects") or (), found.get("person_topics") or (), found.get("legal_topics") or (), found.get("channels") or (),
        online.get("depth") or "", found.get("level") or "", state, found.get("hot") or 0,
        tuple(dict.fromkeys((*(found.get("plain_names") or ()), *((found["short_name"],) if found.get("short_name") else ())))),
        limit_words(found), fee_words(found), -1 if visits is None else visits, len(materials) if materials else -1,
        guide.get("summary") or "", bool(online.get("supported")), bool(found.get("demo")), found.get("code") or "", _date(resolved.since))


def _date(moment: Any) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment is not None else ""


def article_row(document: Any, head: dict[str, Any], site: Any) -> tuple[str, tuple[Any, ...]]:
    from .model import path_of
    header = head.get("header") or {}
    return "article", ArticleRow(document.uid, path_of(document), head["title"], head["channel"], head["published_at"], _date(document.live.starts),
                                 head.get("summary") or "", head.get("source_name") or "", header.get("validity") or "",
                                 header.get("doc_number") or "", head.get("topics") or (), bool(head.get("demo")), head.get("expires") or "")


def question_row(document: Any, head: dict[str, Any], site: Any) -> tuple[str, tuple[Any, ...]]:
    from .model import path_of
    return "question", QuestionRow(document.uid, path_of(document), head["title"], head["topic"], head["audience"], head.get("org") or "",
                                   head.get("answered_on") or "", _date(document.live.starts), bool(head.get("demo")))


def law_row(document: Any, head: dict[str, Any], site: Any) -> tuple[str, tuple[Any, ...]]:
    from .model import path_of
    return "law", LawRow(document.uid, path_of(document), head["title"], head.get("category") or "", head.get("version") or "",
                         head.get("status") or "", _date(document.live.starts))


def plain_row(kind: str, title: str) -> Callable[[Any, dict[str, Any], Any], tuple[str, tuple[Any, ...]]]:
    """A listing that keeps the whole (small) head."""
    def listing(document: Any, head: dict[str, Any], site: Any) -> tuple[str, tuple[Any, ...]]:
        from .model import path_of
        small = {key: value for key, value in head.items() if value not in (None, "", (), False)}
        return "plain", PlainRow(document.uid, path_of(document), head[title], kind, document.__name__, _date(document.live.starts),
                                 head.get("order") or 0, small)
    return listing
