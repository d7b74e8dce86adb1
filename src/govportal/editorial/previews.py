"""Secret preview links: who outside may look at one document's draft until when. A record for each, so that a link can be taken back.

Owns the records and the tokens made from them: a token names its record and document and is signed, so that nothing can be guessed, and
nothing secret is kept. What a link shows is the desk's affair. Writes audit records; changes no content. A forged token opens to None.
"""
from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from ..base.audit import Audit
from ..content.model import Document
from ..content.scopes import covers, scopes_of, writer_role
from ..people.tokens import Sealer
from ..workflow.actors import Actor
from ..workflow.reasons import Reason, Refused
from .store import Editorial

PURPOSE = "preview"
DAYS, MOST_DAYS = 7, 30
MOST = 20               # links of one document that are open at once
KEPT = 60               # records of one document, ended ones too
MAX_NOTE = 200


class Link(NamedTuple):
    """``by``/``name``: who made it; ``note``: for whom; ``ended``/``ended_by``: when and by whom it was taken back."""

    id: str
    by: str
    name: str
    made: datetime
    until: datetime
    note: str = ""
    ended: datetime | None = None
    ended_by: str = ""

    def is_open(self, now: datetime) -> bool:
        return self.ended is None and now < self.until


def links_of(editorial: Editorial, document: Document) -> list[Link]:
    """All links of the document, newest first."""
    return [Link(*row) for row in editorial.previews.get(document.uid, ())][::-1]


def make_link(editorial: Editorial, document: Document, actor: Actor, *, days: int, note: str, audit: Audit, now: datetime) -> Link:
    """A new link that ends after ``days``. Refused when the actor does not write here, for days out of 1 to 30, or with too many open ones."""
    rows = editorial.previews.get(document.uid, ())
    reasons = role_reasons(document, actor)
    if not 1 <= days <= MOST_DAYS:
        reasons.append(Reason("days", f"请写 1 到 {MOST_DAYS} 的整数"))
    if len(note) > MAX_NOTE:
        reasons.append(Reason("note", f"最多 {MAX_NOTE} 个字，请缩短"))
    if sum(Link(*row).is_open(now) for row in rows) >= MOST:
        reasons.append(Reason("", f"这份内容已有 {MOST} 个有效的链接，请先收回不用的"))
    if reasons:
        raise Refused(*reasons)
    link = Link(secrets.token_urlsafe(16), actor.id, actor.name, now, now + timedelta(days=days), note.strip())
    while len(rows) >= KEPT:
        rows = _without_oldest(rows, now)
    editorial.previews[document.uid] = (*rows, tuple(link))
    audit.record("preview.link", actor=actor.id, target=document.uid, reason=link.note, after=link.until.isoformat(), at=now)
    return link


def _without_oldest(rows: tuple[tuple, ...], now: datetime) -> tuple[tuple, ...]:
    """Without the oldest record that is no longer open."""
    oldest = next(number for number, row in enumerate(rows) if not Link(*row).is_open(now))
    return (*rows[:oldest], *rows[oldest + 1:])


def end_link(editorial: Editorial, document: Document, which: str, actor: Actor, *, audit: Audit, now: datetime) -> None:
    """Take a link back. Refused when the actor does not write here or the document has no such link; one that has ended stays as it is."""
    reasons = role_reasons(document, actor)
    link = next((one for one in links_of(editorial, document) if one.id == which), None)
    if link is None:
        reasons.append(Reason("", "没有这个预览链接，请刷新页面看看"))
    if reasons or link is None:
        raise Refused(*reasons)
    if not link.is_open(now):
        return
    editorial.previews[document.uid] = tuple(tuple(link._replace(ended=now, ended_by=actor.id)) if row[0] == which else row
                                             for row in editorial.previews.get(document.uid, ()))
    audit.record("preview.end", actor=actor.id, target=document.uid, before=link.until.isoformat(), at=now)


def role_reasons(document: Document, actor: Actor) -> list[Reason]:
    """Why the actor has no say over links of the document; empty = writes here."""
    if covers(actor, writer_role(document.kind), scopes_of(document)):
        return []
    return [Reason("", "预览链接由有编写权限的人来开和收回，您在这里没有")]


def token_of(sealer: Sealer, document: Document, link: Link) -> str:
    """The secret of the link's address: the same each time it is asked."""
    return sealer.seal({"d": document.uid, "l": link.id}, now=link.made)


def opened(editorial: Editorial, sealer: Sealer, token: str, now: datetime) -> tuple[str, Link] | None:
    """(uid of the document, link) that a token names, ended ones too; None for a token that is not ours."""
    found = sealer.open(token, now=now)
    if found is None:
        return None
    uid, which = str(found.payload.get("d", "")), str(found.payload.get("l", ""))
    return next(((uid, Link(*row)) for row in editorial.previews.get(uid, ()) if row[0] == which), None)
