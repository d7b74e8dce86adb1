"""应急发布: an edition published past the review by one person, kept only when a second one confirms it in time.

Owns what waits for a confirmation and how it is undone; the verbs ``override`` and ``confirm`` are in ``publication``. The worker undoes by
``publish.take_effect``; undoing again does nothing. Must not import the verbs.
"""
from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ..base.clock import parse
from .kinds import kind_of
from .live import announce, end_live, go_live, redirect_reasons, set_withdrawal
from .model import Document, Edition, Emergency, Withdrawal
from .site import Site

HOURS = 24
_REASON = "这份内容没有按时经第二人确认，已撤回"


def pending(document: Document) -> Emergency | None:
    """The emergency publication that waits for a second person; None when there is none, or when another edition has taken its place."""
    emergency = document.emergency
    return emergency if emergency is not None and document.live is not None and document.live.uid == emergency.edition else None


def begun(document: Document, by: str, name: str, reason: str, now: datetime) -> Emergency:
    """What to remember when the draft is published now past the review. One that follows another unconfirmed one leads back to the same
    former edition, at the same time: nobody keeps a text up by publishing again and again."""
    draft, live, before = document.draft, document.live, pending(document)
    assert draft is not None
    if before is not None:
        return replace(before, edition=draft.uid, by=by, name=name, reason=reason, at=now)
    return Emergency(draft.uid, by, name, reason, now, now + timedelta(hours=HOURS), live.number if live is not None else 0,
                     live.ends if live is not None else None, document.withdrawal)


def waiting(site: Site, now: datetime) -> list[Document]:
    """Documents with an unconfirmed emergency publication, the most urgent first."""
    found = []
    for _, uid in site.due.keys(max=(now + timedelta(hours=HOURS), "\uffff")):
        document = site.document(uid)
        if document is not None and pending(document) is not None and document not in found:
            found.append(document)
    return sorted(found, key=lambda document: document.emergency.until if document.emergency is not None else now)


def undo_due(site: Site, document: Document, when: datetime, now: datetime) -> None:
    """Undo an emergency publication whose time was up at ``when``; one that was replaced meanwhile is only forgotten."""
    emergency = document.emergency
    if emergency is None or emergency.until > when:
        return
    waits, document.emergency = pending(document) is not None, None
    if not waits:
        return
    kept = document.withdrawal          # withdrawn meanwhile: it stays so
    former = document.edition(emergency.former) if emergency.former else None
    if former is None or _over(document, former, emergency, now):
        end_live(document, kept or Withdrawal(_REASON, "gone", now, "system"))
    else:
        _bring_back(site, document, former, emergency, kept, now)
    site.audit.record("content.override-undone", actor="system", target=document.uid, reason=emergency.reason, before=emergency.edition, at=now)


def _over(document: Document, former: Edition, emergency: Emergency, now: datetime) -> bool:
    """Whether the former edition would have come to its end by now."""
    says = former.values.get("expires")
    ends = emergency.former_ends or (parse(says) if says else None)
    return ends is not None and ends <= now


def _bring_back(site: Site, document: Document, former: Edition, emergency: Emergency, kept: Withdrawal | None, now: datetime) -> None:
    """The former edition as a new one, offered or withdrawn as it stood; a withdrawal since the emergency stays."""
    document.last_number += 1
    head, detail = kind_of(document.kind).split(former.values)
    again = Edition(document.last_number, head, detail, author="system", note=f"应急发布没有按时确认，恢复第 {former.number} 版", created=now)
    again.author_name, again.starts, again.ends, again.published_by = "系统", now, emergency.former_ends, former.published_by
    absences = document.absences
    go_live(document, again, "system", now)
    if kept is not None:
        document.absences = absences
        set_withdrawal(site, document, kept)
    elif emergency.withdrawal is not None:
        set_withdrawal(site, document, _as_before(site, document, emergency.withdrawal, now))
    announce(site, document)


def _as_before(site: Site, document: Document, withdrawal: Withdrawal, now: datetime) -> Withdrawal:
    """The withdrawal again from now on; a redirect that would lead in a circle by now becomes ``gone``."""
    if withdrawal.mode == "redirect" and redirect_reasons(site, document, withdrawal.to):
        return replace(withdrawal, mode="gone", to="", at=now)
    return replace(withdrawal, at=now)

