"""The one door from lists, imports and jobs to the verbs of content: who may, and which verb is called.

Owns the rights of mass work (the same verbs and the same reasons as by hand) and nothing of the tree. Where ``content.publication`` (the review
table) is there its verbs are called; else the plain ones of ``content.publish`` under a check of the role. Refused with human reasons.
"""
from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from ..content import publish
from ..content.kinds import kind_of
from ..content.model import Document, Edition, Folder, path_of
from ..content.publish import Reason, Refused
from ..workflow.actors import Actor, Scope

publication: ModuleType | None
try:
    publication = importlib.import_module("govportal.content.publication")
except ImportError:
    publication = None

ROLES = {"editor": "编辑", "reviewer": "审核", "signer": "签发", "directory": "目录管理", "site": "站点管理"}


def current(document: Document) -> Edition | None:
    """What an editor sees: the draft, else the live edition, else the first scheduled one."""
    return document.draft or document.live or (document.scheduled[0] if document.scheduled else None)


def title_of(document: Document) -> str:
    """A title for people; of an item the inherited name, of a guide its item's."""
    edition = current(document)
    heading = kind_of(document.kind).heading(edition.values) if edition is not None else ""
    if document.kind == "Guide" or not heading:
        parent = document.__parent__
        return (title_of(parent) if isinstance(parent, Document) else "") or heading or path_of(document)
    return heading


def scope_of(document: Document, values: dict[str, Any] | None = None) -> Scope:
    """Where the document stands, with these values (default: its present ones)."""
    if publication is not None:
        return publication.scope_of(document, values)
    if values is None:
        edition = current(document)
        values = edition.values if edition is not None else {}
    return _scope(document.__parent__, path_of(document), values)


def _scope(parent: Any, path: str, values: dict[str, Any]) -> Scope:
    """A place without organisation or region of its own has those above it."""
    org, region = values.get("org") or "", values.get("region") or ""
    while isinstance(parent, Document) and not (org and region):
        edition = current(parent)
        above = edition.head if edition is not None else {}
        org, region = org or above.get("org") or "", region or above.get("region") or ""
        parent = parent.__parent__
    return Scope(path, org, region)


def new_scope(parent: Folder, name: str, values: dict[str, Any]) -> Scope:
    """Where a document would stand that is not made yet."""
    return _scope(parent, path_of(parent).rstrip("/") + "/" + name, values)


def lacking(actor: Actor, scope: Scope, *roles: str) -> list[Reason]:
    """The reason why the actor may not, when it holds none of the roles there."""
    if any(actor.holds(role, scope) for role in roles):
        return []
    return [Reason("", f"您在这里没有“{'、'.join(ROLES[role] for role in roles)}”的权限，请联系本部门有权限的人或安全管理员")]


def editors(kind: str) -> tuple[str, ...]:
    """The roles that may write drafts of a kind."""
    return ("directory",) if kind == "DirectoryItem" else ("editor",)


def _need(actor: Actor, scope: Scope, *roles: str) -> None:
    reasons = lacking(actor, scope, *roles)
    if reasons:
        raise Refused(*reasons)


def save(document: Document, values: dict[str, Any], actor: Actor, *, base: str | None, note: str = "") -> Edition:
    """Keep values as the draft. ``base``: uid of the edition they came from. Refused when they are wrong, stale or not the actor's to write."""
    if publication is not None:
        return publication.save(document, values, actor, base=base, note=note)
    clean = publish.clean(document.kind, values)
    for scope in {scope_of(document), scope_of(document, clean)}:
        _need(actor, scope, *editors(document.kind))
    return publish.save_draft(document, clean, actor=actor.id, base=base, note=note)


def begin(parent: Folder, name: str, kind: str, values: dict[str, Any], actor: Actor) -> Document:
    """A new document with its first draft."""
    if publication is not None:
        return publication.begin(parent, name, kind, values, actor)
    clean = publish.clean(kind, values)
    _need(actor, new_scope(parent, name, clean), *editors(kind))
    document = publish.create(parent, name, kind, actor=actor.id)
    publish.save_draft(document, clean, actor=actor.id)
    return document


def act_reasons(document: Document, action: str, actor: Actor) -> list[Reason]:
    """Why ``action`` (submit, publish, withdraw, restore) cannot be done now; [] when it can."""
    if publication is not None:
        offer = next((offer for offer in publication.available(document, actor) if offer.action == action), None)
        return [Reason("", "在它现在的状态下不能这样做")] if offer is None else list(offer.reasons)
    if action == "submit":
        return _draft_reasons(document) or lacking(actor, scope_of(document), *editors(document.kind))
    reasons = lacking(actor, scope_of(document), "signer", "site")
    if action == "publish":
        return reasons + (_draft_reasons(document) or publish.publish_reasons(document, document.draft.values))   # type: ignore[union-attr]
    if action == "withdraw" and (document.live is None or document.withdrawal is not None):
        reasons.append(Reason("", "这份内容没有公开，不用撤回"))
    if action == "restore" and (document.live is None or document.withdrawal is None):
        reasons.append(Reason("", "这份内容没有被撤回"))
    return reasons


def _draft_reasons(document: Document) -> list[Reason]:
    return [] if document.draft is not None else [Reason("", "没有草稿")]


def act(document: Document, action: str, actor: Actor, *, note: str = "", mode: str = "", to: str = "") -> None:
    """Carry out submit, publish, withdraw or restore. Refused with the reasons."""
    if publication is not None:
        publication.act(document, action, actor, note=note, mode=mode, to=to)
        return
    reasons = act_reasons(document, action, actor)
    if reasons:
        raise Refused(*reasons)
    if action == "submit":
        raise Refused(Reason("", "还没有审核流程，不能送审"))
    if action == "publish":
        publish.publish(document, actor=actor.id)
    elif action == "withdraw":
        publish.withdraw(document, reason=note, mode=mode, to=to, actor=actor.id)
    elif action == "restore":
        publish.restore(document, actor=actor.id)


def publish_registered(document: Document, actor: Actor) -> None:
    """Publish a row taken over from elsewhere with its source marked: it claims no completeness, so it needs the role alone, no review."""
    edition = document.draft
    if edition is None or not (edition.head.get("register") or {}).get("source"):
        raise Refused(Reason("来源登记", "没有注明数据来源，不能直接发布"))
    _need(actor, scope_of(document), "signer", "site")
    publish.publish(document, actor=actor.id)


def discard(document: Document, actor: Actor, base: str) -> None:
    """Delete a draft; a document that was never public goes with it. Refused when another draft came between."""
    if publication is not None:
        publication.discard(document, actor, base)
        return
    _need(actor, scope_of(document), *editors(document.kind))
    if document.draft is None or document.draft.uid != base:
        raise Refused(Reason("", "草稿在这期间变了，没有删除"))
    publish.discard_draft(document, actor=actor.id)


def bring_back(parent: Folder, name: str, kind: str, uid: str, values: dict[str, Any], actor: Actor) -> Document:
    """Make a deleted document again under its old uid, with its draft (undo)."""
    _need(actor, new_scope(parent, name, values), *editors(kind))
    document = publish.create(parent, name, kind, uid=uid, actor=actor.id)
    save(document, values, actor, base=None, note="撤销删除")
    return document


def move_reasons(document: Document, parent: Folder, name: str, actor: Actor) -> list[Reason]:
    """Why the actor may not move it there: what the public sees needs the sign-off's role, a draft the editor's, at both places."""
    roles = ("signer", "site") if document.live is not None else (*editors(document.kind), "signer", "site")
    edition = current(document)
    target = new_scope(parent, name, edition.values if edition is not None else {})
    return lacking(actor, scope_of(document), *roles) or lacking(actor, target, *roles)


def move(document: Document, parent: Folder, name: str, actor: Actor) -> None:
    reasons = move_reasons(document, parent, name, actor)
    if reasons:
        raise Refused(*reasons)
    publish.move(document, parent, name, actor=actor.id)


def assign_reasons(document: Document, actor: Actor) -> list[Reason]:
    return lacking(actor, scope_of(document), *editors(document.kind), "reviewer", "signer", "site")


def assign(document: Document, to: str, actor: Actor) -> None:
    """Say who looks after the document; ``to``: staff uid, '' = nobody."""
    reasons = assign_reasons(document, actor)
    if reasons:
        raise Refused(*reasons)
    publish.assign(document, to, actor=actor.id)


def of(site: Any, uid: str) -> Document:
    """The document, or Refused: it may have been deleted since the list was made."""
    document = site.document(uid)
    if document is None or document.__parent__ is None:
        raise Refused(Reason("", "这份内容已经不在了"))
    return document


__all__ = ["act", "act_reasons", "assign", "begin", "bring_back", "current", "discard", "lacking", "move", "of", "save", "scope_of", "title_of"]
