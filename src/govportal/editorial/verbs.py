"""The one door from lists, imports and jobs to the verbs of content: the same verbs, rights and reasons as by hand.

Owns what mass work needs beside the review table: moves, rows of the register that are published with their source, a deleted draft that comes
back. A verb raises ``Refused`` before it changes anything.
"""
from __future__ import annotations

from typing import Any

from ..content import publication, publish
from ..content.kinds import kind_of
from ..content.model import Document, Edition, Folder, path_of
from ..content.moving import catalogue_reasons
from ..content.publication import clean_draft, current
from ..content.scopes import covers, scopes_at, scopes_of, writer_role
from ..workflow.actors import Actor, Scope
from ..workflow.reasons import Reason, Refused
from .rows import title_of

ROLES = {"editor": "编辑", "directory": "目录管理", "signer": "签发", "site": "站点管理"}


def lacking(actor: Actor, scopes: list[Scope], *roles: str) -> list[Reason]:
    """The reason why the actor may not, when none of the roles covers all the scopes."""
    if any(covers(actor, role, scopes) for role in roles):
        return []
    return [Reason("", f"您在这里没有“{'、'.join(ROLES[role] for role in roles)}”的权限，请联系本部门有权限的人或安全管理员")]


def may_write(document: Document, values: dict[str, Any] | None, actor: Actor) -> list[Reason]:
    """Why the actor may not write these values there."""
    return lacking(actor, scopes_of(document, values), writer_role(document.kind))


def may_begin(parent: Folder, name: str, kind: str, values: dict[str, Any], actor: Actor) -> list[Reason]:
    """Why the actor may not make such a document there."""
    return lacking(actor, scopes_at(parent, name, kind, values), writer_role(kind))


def may_publish(scopes: list[Scope], actor: Actor) -> list[Reason]:
    """Why the actor may not publish past the review what is marked with its source."""
    return lacking(actor, scopes, "signer", "site")


def _need(reasons: list[Reason]) -> None:
    if reasons:
        raise Refused(*reasons)


def of(site: Any, uid: str) -> Document:
    """The document, or Refused: it may have been deleted since the list was made."""
    document = site.document(uid)
    if document is None or document.__parent__ is None:
        raise Refused(Reason("", "这份内容已经不在了"))
    return document


def edition_of(document: Document) -> Edition:
    """What an editor would begin from. Refused when there is nothing."""
    found = current(document)
    if found is None:
        raise Refused(Reason("", "这份内容没有可以改的版本"))
    return found


def publish_registered(document: Document, actor: Actor) -> None:
    """Publish a row taken over from elsewhere with its source marked: it claims no completeness, so it needs the role alone, no review."""
    edition = document.draft
    if edition is None or not (edition.head.get("register") or {}).get("source"):
        raise Refused(Reason("来源登记", "没有注明数据来源，不能直接发布"))
    _need(may_publish(scopes_of(document), actor))
    publish.publish(document, actor=actor.id)


def bring_back(parent: Folder, name: str, kind: str, uid: str, values: dict[str, Any], actor: Actor) -> Document:
    """Make a deleted document again under its old uid, with its draft (undo)."""
    values = clean_draft(kind, values)
    _need(may_begin(parent, name, kind, values, actor))
    document = publish.create(parent, name, kind, uid=uid, actor=actor.id)
    publication.save(document, values, actor, base=None, note="撤销删除")
    return document


def move_reasons(document: Document, parent: Folder, name: str, actor: Actor) -> list[Reason]:
    """Why it cannot be moved there: what the public sees needs the sign-off's role, a draft the writer's, at both places; and the kind must fit."""
    found = _fit(document.kind, parent) + catalogue_reasons(document, parent, actor)
    if parent is document.__parent__ and name == document.__name__:
        found.append(Reason("位置", "已经在这里了"))
    elif name in parent:
        found.append(Reason("标识", f"{path_of(parent)}/{name} 已有内容，请换一个标识"))
    edition = current(document)
    target = scopes_at(parent, name, document.kind, edition.values if edition is not None else {})
    roles = ("signer", "site") if document.live is not None else (writer_role(document.kind), "signer", "site")
    found += lacking(actor, scopes_of(document), *roles) or lacking(actor, target, *roles)
    if _other_channel(document, parent):
        found += publication.against(document, "save", actor)
    return found


def _fit(kind: str, parent: Folder) -> list[Reason]:
    home, above = kind_of(kind).home, getattr(parent, "kind", "")
    path = path_of(parent)
    fits = (not above and (path == home or path.startswith(home + "/"))) if home.startswith("/") else above == home
    return [] if fits else [Reason("位置", f"{kind_of(kind).title}不能放在 {path} 下面")]


def _other_channel(document: Document, parent: Folder) -> bool:
    edition = current(document)
    return document.kind == "NewsArticle" and edition is not None and edition.head.get("channel") != parent.__name__


def move(document: Document, parent: Folder, name: str, actor: Actor) -> None:
    """Give it another place; an article gets a draft that names its new column, to be published as usual."""
    _need(move_reasons(document, parent, name, actor))
    publish.move(document, parent, name, actor=actor.id)
    if _other_channel(document, parent):
        edition = edition_of(document)
        publication.save(document, {**edition.values, "channel": parent.__name__}, actor, base=edition.uid, note=f"移到栏目 {parent.__name__}")


__all__ = ["bring_back", "clean_draft", "current", "edition_of", "lacking", "may_begin", "may_publish", "may_write", "move", "move_reasons", "of",
           "publish_registered", "title_of"]
