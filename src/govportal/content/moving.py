"""Giving a document another place, by people: who may, and what an article says of its column.

Owns the roles and the place; ``publish.move`` does it and keeps the former address. Refused with all reasons.
"""
from __future__ import annotations

from ..workflow.actors import Actor, SystemActor
from ..workflow.reasons import Reason, Refused
from . import publish
from .model import Document, Folder
from .publication import place_reasons, writer_role
from .scopes import covers, scopes_at, scopes_of


def move(document: Document, parent: Folder, name: str, actor: Actor) -> None:
    """Move within the site; the actor needs the role at both places: the writer's for what was never public, else the signer's, because the
    public sees it without a review. An article takes the name of its new column in a new edition that says the same otherwise."""
    role = writer_role(document.kind) if publish.never_public(document) else "signer"
    newest = document.draft or document.live
    after = scopes_at(parent, name, document.kind, newest.values if newest is not None else {})
    if not covers(actor, role, [*scopes_of(document), *after]):
        title = "编写" if role != "signer" else "签发（已经公开的要签发人移动）"
        raise Refused(Reason("", f"移动要在原来和新的位置都有{title}权限"))
    reasons = place_reasons(parent, name, document.kind) + catalogue_reasons(document, parent, actor)
    changes_column = document.kind == "NewsArticle" and parent is not document.__parent__
    if changes_column and (document.withdrawal is not None or document.scheduled):
        reasons.append(Reason("", "撤回的和已排定的文章不能换栏目，请先重新公开或取消排定"))
    if reasons:
        raise Refused(*reasons)
    publish.move(document, parent, name, actor=actor.id)
    if changes_column:
        _tell_column(document, actor)


def catalogue_reasons(document: Document, parent: Folder, actor: Actor) -> list[Reason]:
    """Why a person may not put an implementation item that is or was public under another item of the catalogue: its public name, type and
    basis are those of the item above it."""
    stays = document.kind != "ImplementationItem" or parent is document.__parent__ or publish.never_public(document)
    return [] if stays or isinstance(actor, SystemActor) else [Reason("位置", "已公开的实施清单换到别的目录事项，要由目录管理提出申请")]


def _tell_column(document: Document, actor: Actor) -> None:
    column, draft = document.__parent__.__name__, document.draft
    if draft is not None:
        draft.head = {**draft.head, "channel": column}
    if document.live is not None:
        former = document.live
        publish.put(document, {**former.values, "channel": column}, actor=actor.id, note="移到另一个栏目", ends=former.ends)
        if draft is not None and draft.base == former.uid:
            draft.base = document.live.uid
