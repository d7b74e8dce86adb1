"""A page as the public will see it: the real public view over the draft, in a transaction that can never be written.

Owns that transaction (a connection of its own, doomed from the start) and which drafts stand together on one page. Public pages, their cache
and the lists know nothing of it. A draft that lacks too much for the public page gives ``CannotShow`` with words for people.
"""
from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import transaction
from pyramid.httpexceptions import HTTPException
from pyramid.request import Request
from pyramid.response import Response

from ..base import clock
from ..content.filerefs import references
from ..content.history import edition_of
from ..content.kinds import kind_of
from ..content.live import go_live, offer_again
from ..content.model import Document, Edition, path_of
from ..content.site import Site, open_site
from ..web.modes import MODES

log = logging.getLogger("govportal.desk")
VIEWS = ("print", "qr.svg", "history", "form")        # pages below a document's own
CARRIED = ("case", "m", "kind")                       # parameters of these pages; an empty case is the whole item
ALL, ITEM, OWN = "all", "item", "own"                 # whose drafts stand together: with the directory item; the item's parts; this document's alone


class CannotShow(Exception):
    """There is nothing to show, or too little of it: why, and what is missing."""

    def __init__(self, message: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message, self.missing = message, missing


@dataclass(frozen=True)
class Wanted:
    """What to show: ``edition`` a uid of the history ('' = the draft, else what is planned, else public), ``parts`` ALL, ITEM or OWN, ``view`` of
    VIEWS or '', ``query`` of CARRIED, display ``modes``."""

    edition: str = ""
    parts: str = ALL
    view: str = ""
    query: tuple[tuple[str, str], ...] = ()
    modes: frozenset[str] = frozenset()


class Shown(NamedTuple):
    """``path``: public address of the page; ``modes`` as rendered."""

    body: bytes
    content_type: str
    path: str
    modes: frozenset[str]


def edition_to_show(document: Document, which: str = "") -> Edition | None:
    """The draft, else what is planned, else what is or was public; or the one of the history that is named."""
    if which:
        return edition_of(document, which)
    everything = (document.draft, *reversed(document.scheduled), document.live, *document.superseded[:1])
    return next((edition for edition in everything if edition is not None), None)


def related(document: Document, parts: str) -> list[Document]:
    """The documents that make one public page with this one, itself included, those above first."""
    if document.kind == "DirectoryItem":
        children = [child for child in document.values() if getattr(child, "kind", "") == "ImplementationItem"]
        return [document, *(_of_item(children[0]) if parts == ALL and len(children) == 1 else ())]
    if document.kind not in ("ImplementationItem", "HandlingItem", "Guide"):
        return [document]
    item: Any = document if document.kind == "ImplementationItem" else document.__parent__
    return [item.__parent__, *_of_item(item)] if isinstance(item.__parent__, Document) else _of_item(item)


def _of_item(item: Document) -> list[Document]:
    """The item with its guide and 情形; registered rows below it are pages of their own."""
    return [item, *(child for child in item.values() if isinstance(child, Document) and not _listed(child))]


def _listed(document: Document) -> bool:
    edition = document.draft or document.live
    return document.kind == "HandlingItem" and edition is not None and bool(edition.head.get("listed"))


def drafts_beside(document: Document, parts: str = ALL) -> list[Document]:
    """Other documents of the page that have a draft of their own, which the preview shows too."""
    return [one for one in _shown_with(document, parts) if one is not document and one.draft is not None]


def _shown_with(document: Document, parts: str) -> list[Document]:
    """The documents whose drafts are shown: what the page cannot be without always, others as wanted."""
    found = []
    for one in related(document, parts):
        above = one.kind == "DirectoryItem" and document.kind != "DirectoryItem"
        if one is document or one.live is None and (above or one is document.__parent__) or parts == ALL or (parts == ITEM and not above):
            found.append(one)
    return found if document in found else [*found, document]


def files_shown(document: Document, wanted: Wanted) -> frozenset[str]:
    """Ids of the files to which the shown editions refer."""
    editions = [edition_to_show(one, wanted.edition if one is document else "") for one in _shown_with(document, wanted.parts)]
    return frozenset().union(*(references(edition.values) for edition in editions if edition is not None))


@contextmanager
def _doomed(db: Any) -> Iterator[Any]:
    """A connection whose changes nobody ever sees."""
    manager = transaction.TransactionManager()
    connection = db.open(manager)
    try:
        manager.begin()
        manager.doom()
        yield connection
    finally:
        manager.abort()
        connection.close()


def show(request: Any, uid: str, wanted: Wanted) -> Shown:
    """The page. CannotShow when there is none."""
    with _doomed(request.registry._zodb_databases[""]) as connection:
        site = open_site(connection)
        document = site.document(uid)
        if document is None:
            raise CannotShow("这份内容已经没有了")
        try:
            _make_public(site, document, wanted, clock.now())
            return _page(request, connection, document, wanted)
        except CannotShow:
            raise
        except Exception as exc:  # noqa: BLE001 - a draft may lack anything; people are told what
            edition = edition_to_show(document, wanted.edition)
            missing = tuple(kind_of(document.kind).missing(edition.values)) if edition is not None else ()
            log.info("preview of %s not possible: %r", uid, exc)
            raise CannotShow("这份草稿还缺要紧的内容，公开页面排不出来", missing) from exc


def _make_public(site: Site, document: Document, wanted: Wanted, now: datetime) -> None:
    for one in _shown_with(document, wanted.parts):
        edition = edition_to_show(one, wanted.edition if one is document else "")
        if edition is None:
            if one is document:
                raise CannotShow("没有可以预览的版本")
            continue
        if edition is one.live:
            offer_again(site, one, now)
            continue
        if edition in one.superseded:
            edition = Edition(edition.number, edition.head, edition.detail.data)
        edition.starts, edition.ends = now, None
        go_live(one, edition, "preview", now)


def _subject(document: Document) -> Document:
    """The document whose page shows this one."""
    if document.kind == "DirectoryItem":
        children = [child for child in document.values() if getattr(child, "kind", "") == "ImplementationItem" and child.live is not None and child.withdrawal is None]
        return children[0] if len(children) == 1 else document
    if document.kind == "Guide" or (document.kind == "HandlingItem" and not _listed(document)):
        parent = document.__parent__
        assert isinstance(parent, Document)
        return parent
    return document


def _page(request: Any, connection: Any, document: Document, wanted: Wanted) -> Shown:
    subject = _subject(document)
    own, query = path_of(subject), list(wanted.query)
    if document.kind == "HandlingItem" and subject is not document and not any(name == "case" for name, _ in query):
        query.append(("case", document.__name__))
    view = wanted.view if wanted.view in VIEWS else ""
    response = _ask(request, connection, own + (f"/{view}" if view else ""), query, wanted.modes)
    if response.status_code in (301, 302, 303) and view:
        response = _ask(request, connection, own, query, wanted.modes)
    if response.status_code != 200:
        raise CannotShow(_why_not(document, response))
    return Shown(response.body, response.headers["Content-Type"], own, wanted.modes)


def _why_not(document: Document, response: Response) -> str:
    kind = kind_of(document.kind)
    if document.kind == "Material":
        return "共享材料没有自己的公开页面；用到它的指南会显示它"
    if response.status_code == 404 and isinstance(document.__parent__, Document):
        return f"上级 {path_of(document.__parent__)} 还没有公开，也没有草稿，所以这份{kind.title}还没有页面"
    return f"公开以后，这个地址不是{kind.title}的页面，而是转到别处或显示没有这一页"


def _ask(request: Any, connection: Any, path: str, query: list[tuple[str, str]], modes: frozenset[str]) -> Response:
    """The answer of the public view on this connection, to a visitor with these display modes and nothing else."""
    environ = {"HTTP_HOST": request.host, "wsgi.url_scheme": request.scheme, "REMOTE_ADDR": request.remote_addr or ""}
    inner = Request.blank(path + ("?" + urlencode(query) if query else ""), environ=environ)
    if modes:
        inner.headers["Cookie"] = "; ".join(f"{name}=1" for name in MODES if name in modes)
    inner._primary_zodb_conn = connection
    try:
        return request.invoke_subrequest(inner, use_tweens=False)
    except HTTPException as exc:
        return exc
