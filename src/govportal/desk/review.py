"""Reviewing: what the draft changes, field by field against what is public, the checks, the way it took, and the buttons; then the next one.

Owns ``/desk/doc/{uid}/review``, which is also where people come who do not write the document. Reads only.
"""
from __future__ import annotations

from typing import Any

from ..base import clock
from ..content import publication, publish
from ..content.model import Document
from ..content.publication_table import this_round
from ..workflow.reasons import Reason
from .actionforms import field_words
from .actions import DECISIONS, buttons, href_of
from .dochead import document_page
from .forms.picks import picks_of
from .forms.progress import checks
from .forms.sections import section, sections_of
from .history import step_words
from .permissions import allowed
from .telling import counted, told
from .waiting import next_of, waiting_in
from .words import person_words

SHOWN_CHECKS = 30


def review_view(context: Document, request: Any) -> Any:
    draft, live = context.draft, context.live
    edition = publication.current(context)
    offers = buttons(request, context)
    decide = next((one for one in offers if one["action"] in DECISIONS and one["action"] != "return"), None)
    stage = publication.stage_of(context)
    return document_page(
        request, context, "desk/review.pt", "审阅", now="review", draft=draft, live=live, decide=decide, offers=[one for one in offers if one is not decide],
        touched=draft.uid if draft is not None else "", differences=told(context.kind, live.values, draft.values, picks_of(request, context)) if draft is not None and live is not None else [],
        counts=counted(context.kind, live.values, draft.values) if draft is not None and live is not None else [], whole=_whole(context, request) if draft is not None and live is None else [],
        remark_href=href_of(context, "return", field="") if any(one["action"] == "return" for one in offers) else "", following=next_of(request, context),
        stops=_stops(context), advice=[one for one in checks(context.kind, edition.values, context) if one.state == "wait"][:SHOWN_CHECKS] if edition is not None else [],
        steps=[step_words(step) for step in reversed(draft.steps)] if draft is not None else [], remarks=_remarks(context), waits=waiting_in(request, context, stage) if stage else [],
        overtaken=publication.overtaking(context), assignee=person_words(request, context.assignee), facts=_facts(request, context), may_edit=allowed(request.actor, "content.edit", context),
        scheduled=[(edition.number, clock.stamp(edition.starts) if edition.starts is not None else "", clock.stamp(edition.ends) if edition.ends is not None else "") for edition in context.scheduled],
        emergency=context.emergency, publishes=len(this_round(draft)))


def _stops(document: Document) -> list[Reason]:
    """What stands against publishing the draft as it is."""
    return publish.publish_reasons(document, document.draft.values) if document.draft is not None else []


def _remarks(document: Document) -> list[tuple[str, str, str]]:
    """(field in words, text, who) of the open remarks."""
    draft = document.draft
    return [(field_words(document, one.field), one.text, one.name or one.by) for one in draft.remarks] if draft is not None else []


def _facts(request: Any, document: Document) -> list[tuple[str, str]]:
    """Who wrote it, why, and what was recorded before it may be public (C2)."""
    draft = document.draft
    if draft is None:
        return []
    secrecy = f"{draft.secrecy.by}，{draft.secrecy.on}" if draft.secrecy is not None else "还没有记下"
    writers = "、".join(person_words(request, uid) for uid in draft.writers)
    return [("编写", writers or draft.author_name or draft.author), ("为什么改", draft.note or "没有写"), ("改动", publication.CHANGES.get(draft.change) or "没有选"),
            ("公开属性", draft.openness or "还没有选"), ("保密审查", secrecy)]


def _whole(document: Document, request: Any) -> list[tuple[str, list[Any]]]:
    """The text of a first draft by section: there is nothing to compare it with."""
    draft = document.draft
    assert draft is not None
    rows = told(document.kind, {}, draft.values, picks_of(request, document))
    titles = [section(document.kind, one.name).title for one in sections_of(document.kind)]
    return [(title, found) for title in titles if (found := [row for row in rows if row.section == title])]


def includeme(config: Any) -> None:
    config.add_desk_page(review_view, name="review", path="/desk/doc/{uid}/review", permission="content.view")
