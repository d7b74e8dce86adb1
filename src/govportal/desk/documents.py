"""The page of one document at the desk: ``/desk/doc/{uid}``. What state it is in, what is missing, what can be done now, what lies below it.

Owns the page. The actions themselves are done at ``/desk/doc/{uid}/act``; here are the ways to them, with the reasons of those that cannot run now.
Reads one document and at most ``SHOWN`` of what lies below it.
"""
from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

from ..base import clock
from ..content import publication
from ..content.model import Document, Folder, path_of
from ..content.scopes import scope_of, writer_role
from ..editorial.rows import title_of
from . import editview as view
from .forms.picks import picks_of
from .permissions import allowed
from .shell import desk_page
from .words import KINDS, STAGE_TAGS, person_words, stage_words, state_words

SHOWN = 50
IDLE = ("rebase", "confirm", "unschedule")                             # not worth a word while there is nothing of the kind to do
MAIN = ("confirm", "approve", "clear", "sign", "publish", "submit")     # what somebody comes for, first
LAST = ("discard", "withdraw", "override")                             # what takes away or goes past the review: shown last


class Child(NamedTuple):
    title: str
    kind: str
    href: str
    edit: str
    state: str
    stage: str
    tag: str


def children_of(request: Any, document: Document) -> tuple[list[Child], bool]:
    """(what lies directly below, at most SHOWN; whether there is more). A title without a way for what this person may not see."""
    found = [child for child in islice(document.values(), SHOWN + 1) if isinstance(child, Document)]
    rows = []
    for child in found[:SHOWN]:
        seen = allowed(request.actor, "content.view", child)
        stage = publication.stage_of(child)
        rows.append(Child(title_of(child), KINDS.get(child.kind, child.kind), view.address(child) if seen else "",
                          f"{view.address(child)}/edit" if allowed(request.actor, "content.edit", child) else "", state_words(publication.state_of(child)), stage_words(stage),
                          STAGE_TAGS.get(stage, "")))
    return rows, len(found) > SHOWN


def below_of(request: Any, document: Document) -> list[tuple[str, str]]:
    """(address, words) of what can be begun below it by this person."""
    scope, actor = scope_of(document), request.actor
    if document.kind == "DirectoryItem" and actor.holds_any("editor"):
        return [(f"/desk/new?directory={document.uid}", "为本部门编实施清单"), (f"/desk/lists/item/{document.uid}", "在事项清单里看")]
    if document.kind == "DirectoryItem":
        return [(f"/desk/lists/item/{document.uid}", "在事项清单里看、申请改动")]
    if document.kind == "Channel" and any(grant.covers(scope) for grant in actor.grants("editor")):
        return [(f"/desk/new?kind=NewsArticle&parent={document.uid}", "在这个栏目写一篇")]
    if document.kind == "ImplementationItem" and allowed(actor, "content.edit", document):
        return [(f"/desk/doc/{document.uid}/cases", "情形"), *([] if "guide" in document else [(f"/desk/new?kind=Guide&parent={document.uid}", "建办事指南")]),
                (f"/desk/lists/rules/{document.uid}", "审查工作细则")]
    return []


def facts_of(request: Any, document: Document, values: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(name, words, address or '') of what the document is."""
    path, scope = path_of(document), scope_of(document)
    public = document.live is not None and (document.withdrawal is None or document.withdrawal.mode == "banner")
    rows = [("种类", KINDS.get(document.kind, document.kind), ""), ("位置", path, path if public else "")]
    if values.get("code") or values.get("basic_code"):
        rows.append(("编码", values.get("code") or values.get("basic_code") or "", ""))
    if scope.org:
        rows.append(("部门", request.columns.org_name(scope.org), ""))
    if scope.region:
        rows.append(("区划", request.registry.region_names.get(scope.region, scope.region), ""))
    rows.append(("经办", person_words(request, document.assignee) or "没有指定", ""))
    if document.draft is not None:
        rows.append(("写过这份稿子的人", "、".join(person_words(request, uid) for uid in document.draft.writers) or "—", ""))
    if document.live is not None and document.live.starts is not None:
        rows.append(("公开时间", clock.stamp(document.live.starts), ""))
    for edition in document.scheduled:
        if edition.starts is not None:
            rows.append(("排定", f"第 {edition.number} 版 {clock.stamp(edition.starts)} 上线", ""))
    return rows


def offers_of(request: Any, document: Document) -> tuple[list[publication.Offer], list[publication.Offer], str]:
    """(what can be done now, what cannot with its reasons, the action that stands out; ``edit`` where that is to write on)."""
    offers = [offer for offer in publication.available(document, request.actor) if offer.action != "save" and not (offer.action in IDLE and offer.reasons)]
    offers.sort(key=lambda offer: (offer.action in LAST, offer.action not in MAIN))
    ready, held = [offer for offer in offers if not offer.reasons], [offer for offer in offers if offer.reasons]
    main = next((offer.action for name in MAIN for offer in ready if offer.action == name), "edit")
    return ready, held, main


def document_view(context: Document, request: Any) -> Any:
    edition = publication.current(context)
    values, now = edition.values if edition is not None else {}, clock.now()
    progress = view.progress_of(context, values, "", request)
    ready, held, main = offers_of(request, context)
    rows, more = children_of(request, context)
    steps = list(context.draft.steps[-6:]) if context.draft is not None else []
    writes = allowed(request.actor, "content.edit", context)
    return desk_page(
        request, "desk/doc.pt", title_of(context), nav="content", crumbs=view.crumbs_of(request, context), document=context, kind=KINDS.get(context.kind, context.kind),
        bits=view.bits_of(context, now), state=state_words(publication.state_of(context)), **view.stage_of(context), waits=_waits(context), here=view.here_of(request, context, now),
        facts=facts_of(request, context, values), ready=ready, held=held, main=main, writes=writes, may_write=writes and view.may_write_now(context),
        children=rows, more=more, below=below_of(request, context), returned=view.returned_of(request, context, values), inherited=view.inherited_of(request, context, "", picks_of(request, context)),
        steps=[(step, titles_of(context).get(step.action, step.action)) for step in reversed(steps)], **progress)


def titles_of(context: Document) -> dict[str, str]:
    """What each action of the table is called."""
    return {row.action: row.title for row in publication.TABLE.rows}


def _waits(document: Document) -> str:
    """For whom the draft waits, in words."""
    names = {**publication.TABLE.roles, writer_role(document.kind): "编写的人"}
    return "、".join(names.get(role, role) for role in publication.waits_for(document))


def parent_of(request: Any, value: str) -> Any:
    """The place that a uid or a path names, as a folder; None for none."""
    place = request.site.at(value) if value.startswith("/") else request.site.document(value)
    return place if isinstance(place, Folder) else None


def includeme(config: Any) -> None:
    config.add_desk_page(document_view, name="doc", path="/desk/doc/{uid}", permission="content.view")
