"""What is public of a document and how it changes: going live, withdrawn or not, told to the consumers of the journal.

Owns these changes, which the verbs share (``publish``, ``emergency``). They check nothing: the verb that calls has found no reason against it.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any

from BTrees.OOBTree import OOBTree

from ..workflow.reasons import Reason
from . import codes
from .filerefs import references
from .kinds import kind_of
from .model import Document, Edition, Withdrawal, path_of
from .site import Site, find_site


def go_live(document: Document, edition: Edition, actor: str, now: datetime) -> None:
    """Make ``edition`` (its ``starts`` set) the live one; the former is superseded, a withdrawal ends."""
    site, kind, before = find_site(document), kind_of(document.kind), document.live
    if before is not None:
        before.ends = edition.starts
        document.supersede(before)
        if edition.number < before.number:      # an import came between: public numbers only grow
            document.last_number += 1
            edition.number = document.last_number
    edition.published_at = now
    refer(document, edition.values)
    offer_again(site, document, now)
    document.live = edition
    document.first_published = document.first_published or edition.starts
    for code in kind.codes(edition.values):
        site.codes[code] = document.uid
    codes.take(site, document.uid, kind.codes(edition.values))
    if edition.ends is not None:
        site.due[(edition.ends, document.uid)] = "end"
    announce(site, document)
    site.audit.record("content.publish", actor=actor, target=document.uid, before=before.uid if before is not None else None,
                      after=edition.uid, at=now)


def refer(document: Document, values: dict[str, Any]) -> None:
    """Tell the library which files an edition of the document refers to. Whatever keeps an edition calls it."""
    site = find_site(document)
    if site.files is not None:
        site.files.refer(document.uid, references(values))


def end_live(document: Document, withdrawal: Withdrawal) -> None:
    """Take the live edition away for good; the document says why there is none."""
    site = find_site(document)
    if document.live is not None:
        document.supersede(document.live)
    document.live = None
    set_withdrawal(site, document, withdrawal)
    announce(site, document)


def announce(site: Site, document: Document) -> None:
    """Journal what changed for readers: the document and, because names are inherited, all below; a guide's item too."""
    site.journal.record(document.uid)
    stack: list[Any] = list(document.values())
    while stack:
        child = stack.pop()
        if isinstance(child, Document):
            site.journal.record(child.uid)
        stack.extend(child.values())
    if document.kind == "Guide" and isinstance(document.__parent__, Document):
        _announce_item(site, document.__parent__)
    site.epoch.change(1)


def _announce_item(site: Site, item: Document) -> None:
    site.journal.record(item.uid)
    for child in item.values():
        if isinstance(child, Document):
            site.journal.record(child.uid)


def within(path: str, top: str) -> bool:
    return path == top or path.startswith(top + "/")


def redirect_reasons(site: Site, document: Document, to: str) -> list[Reason]:
    """Why the document cannot lead to ``to``: one redirect must end at a page, never at another redirect or where it began."""
    place = site.at(to) if to.strip("/") else None
    if place is None:
        return [Reason("转到", f"站内没有“{to}”这个地址")]
    own, reasons = path_of(document), []
    if within(path_of(place), own):
        reasons.append(Reason("转到", "不能转到这份内容自己或它的下面，读者会一直转圈，请写另一个地址"))
    while isinstance(place, Document):
        if place is not document and place.withdrawal is not None and place.withdrawal.mode == "redirect":
            reasons.append(Reason("转到", f"{path_of(place)} 自己也转到别处（{place.withdrawal.to}），请直接写最后的地址"))
        place = place.__parent__
    for uid, path in (site.leads or {}).items():
        other = site.document(uid)
        if uid != document.uid and other is not None and within(path, own):
            reasons.append(Reason("转到", f"{path_of(other)} 正转到这里，请先把它改为转到最后的地址"))
    return reasons


def set_withdrawal(site: Site, document: Document, withdrawal: Withdrawal | None) -> None:
    """Keep it with the document, and a redirect also in ``site.leads``."""
    document.withdrawal = withdrawal
    if withdrawal is not None and withdrawal.mode == "redirect":
        if site.leads is None:
            site.leads = OOBTree()
        site.leads[document.uid] = withdrawal.to
    elif site.leads is not None:
        site.leads.pop(document.uid, None)


def offer_again(site: Site, document: Document, now: datetime) -> None:
    """End a withdrawal; how long the document could not be read is remembered."""
    document.end_withdrawal(now)
    set_withdrawal(site, document, None)
