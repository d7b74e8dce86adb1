"""The review table (``content/workflow/publication.yaml``) with what its guards and conditions mean.

Owns the guards: each says in Chinese why an action on a document cannot run now. Reads only; the verbs are in ``publication``.
A table that is wrong ends the start with the row's name (ValueError).
"""
from __future__ import annotations

from collections.abc import Iterator

import yaml

from ..base import clock
from ..shipped import shipped
from ..workflow.actors import Actor, SystemActor
from ..workflow.reasons import Reason
from ..workflow.table import Given, Table, declare
from . import emergency, publish
from .kinds import kind_of
from .model import Document, Edition, path_of
from .scopes import scopes_of

PUBLIC, ON_REQUEST, NEVER = OPENNESS = ("主动公开", "依申请公开", "不予公开")
LEGALITY_KINDS = ("DirectoryItem", "ImplementationItem", "HandlingItem", "ReviewRules")     # R4.2: items are examined for legality; a Guide follows its item
DRAFT_STAGES = ("drafting", "returned", "review", "legality", "signoff", "signed")
Reasons = Iterator[Reason]


def needs_legality(document: Document, given: Given) -> bool:
    return document.kind in LEGALITY_KINDS


def timed(document: Document, given: Given) -> bool:
    return given.get("at") is not None and given["at"] > clock.now()


def overtaking(document: Document) -> Edition | None:
    """The edition that went live after the draft began and whose changes the draft may lack; None when there is none."""
    draft, live = document.draft, document.live
    return live if draft is not None and live is not None and live.uid != draft.base else None


def complete(document: Document, actor: Actor, given: Given) -> Reasons:
    if document.draft is not None:
        yield from publish.publish_reasons(document, document.draft.values)


def fresh(document: Document, actor: Actor, given: Given) -> Reasons:
    live = overtaking(document)
    if live is not None:
        yield Reason("", f"起草以后，第 {live.number} 版已经公开，这份草稿里可能没有它的改动；请对照两份，改好后点“已对照新公开的版本”")


def overtaken(document: Document, actor: Actor, given: Given) -> Reasons:
    if overtaking(document) is None:
        yield Reason("", "起草以后没有别的版本公开，不用对照")


def may_be_public(document: Document, actor: Actor, given: Given) -> Reasons:
    chosen = given.get("openness")
    if chosen and chosen not in OPENNESS:
        yield Reason("公开属性", f"请选：{'、'.join(OPENNESS)}", "C2")
    elif kind_of(document.kind).internal:
        if chosen == PUBLIC:
            yield Reason("公开属性", f"{kind_of(document.kind).title}是内部文件，不在网站公开，请选“不予公开”或“依申请公开”", "C2")
    elif chosen == NEVER:
        yield Reason("公开属性", "“不予公开”的内容不能在网站发布，请留作草稿或删除", "C2")
    elif chosen == ON_REQUEST:
        yield Reason("公开属性", "“依申请公开”的内容只向申请人提供，不在网站公开发布", "C2")


def secrecy_sound(document: Document, actor: Actor, given: Given) -> Reasons:
    secrecy = given.get("secrecy")
    if not secrecy:
        return
    if not secrecy.by.strip() or len(secrecy.by) > 60:
        yield Reason("保密审查", "请写审查人的姓名（不超过 60 个字）", "C2")
    try:
        if clock.parse(secrecy.on) > clock.now():
            yield Reason("保密审查日期", "审查日期不能晚于今天", "C2 C3")
    except ValueError as exc:
        yield Reason("保密审查日期", str(exc), "C2")


def recorded(document: Document, actor: Actor, given: Given) -> Reasons:
    draft = document.draft
    if draft is not None and not draft.openness:
        yield Reason("公开属性", "还没有记下，请退回后在送审时选定", "C2")
    if draft is not None and draft.secrecy is None:
        yield Reason("保密审查", "还没有记下，请退回后在送审时补记", "C2")


def parent_public(document: Document, actor: Actor, given: Given) -> Reasons:
    parent = document.__parent__
    if isinstance(parent, Document) and parent.live is None:
        yield Reason("", f"上级 {path_of(parent)} 还没有公开，请先发布上级")
    yield from directory_in_use(document)


def directory_public(document: Document, actor: Actor, given: Given) -> Reasons:
    parent = document.__parent__
    if isinstance(parent, Document) and parent.kind == "DirectoryItem" and parent.live is None:
        yield Reason("", f"名称、依据取自目录清单 {path_of(parent)}，它还没有公开；请先发布目录清单")
    yield from directory_in_use(document)


def by_request(document: Document, actor: Actor, given: Given) -> Reasons:
    """What is in the directory list is changed by a request alone (editorial/requests), which reaches every department; not by a draft."""
    if isinstance(actor, SystemActor):
        return
    if document.kind == "DirectoryItem" and document.live is not None and not (document.live.head.get("register") or {}).get("source"):
        yield Reason("", "目录清单的改动要走申请：请在“事项清单”里打开这个事项，写变更、暂停或取消的申请", "R4.2.5.1 R5.9.2")


def directory_in_use(document: Document) -> Reasons:
    """An item whose directory item was cancelled, split or merged is not published again."""
    place = document.__parent__
    while isinstance(place, Document) and place.kind != "DirectoryItem":
        place = place.__parent__
    if isinstance(place, Document) and place.withdrawal is not None and document.kind in LEGALITY_KINDS:
        yield Reason("", f"目录清单 {path_of(place)} 已不再使用（{place.withdrawal.reason}），请在新的事项下编制", "R5.9.2")


def nothing_below(document: Document, actor: Actor, given: Given) -> Reasons:
    if publish.never_public(document) and any(True for _ in document.values()):
        yield Reason("", "它的下面还有内容，请先移走或删除下面的内容")


def own(document: Document, actor: Actor, given: Given) -> Reasons:
    draft = document.draft
    if draft is not None and actor.id not in (*draft.writers, document.assignee):
        yield Reason("", "只有写过这份稿子的人或经办人能撤回送审；要改内容，请审核的人退回")


def not_writer(document: Document, actor: Actor, given: Given) -> Reasons:
    if document.draft is not None and actor.id in document.draft.writers:
        yield Reason("", "您写过这份稿子，要由没有写过的人来审（三审三校）", "C1")
    elif document.draft is not None and _stands_for(document, actor) & set(document.draft.writers):
        yield Reason("", "您代理的人写过这份稿子，不能代他来审，请由另一位有权限的人审（三审三校）", "C1")


def _stands_for(document: Document, actor: Actor) -> set[str]:
    """Whom the actor would act for in the present step, holding its role only on behalf of somebody absent."""
    role = {"review": "reviewer", "legality": "legality", "signoff": "signer"}.get(document.draft.stage if document.draft is not None else "", "")
    found = getattr(actor, "behalf_of", None)
    return set().union(*(found(role, scope) for scope in scopes_of(document))) if found is not None and role else set()


def not_approver(document: Document, actor: Actor, given: Given) -> Reasons:
    if any(step.action == "approve" and step.actor == actor.id for step in this_round(document.draft)):
        yield Reason("", "这份稿子是您审核的，要由另一人签发（三审三校）", "C1")


def this_round(draft: Edition | None) -> list:
    """The steps since the draft was last submitted."""
    steps = list(draft.steps) if draft is not None else []
    last = max((number for number, step in enumerate(steps) if step.action == "submit"), default=0)
    return steps[last:]


def no_draft(document: Document, actor: Actor, given: Given) -> Reasons:
    if document.draft is not None:
        yield Reason("", "另有一份草稿，请先发布或删除它，再取消排定")


def which_scheduled(document: Document, actor: Actor, given: Given) -> Reasons:
    if "base" in given and scheduled_one(document, given) is None:
        yield Reason("", "请选要取消的是哪一版；它也可能刚刚上线或被取消，请刷新页面看看")


def scheduled_one(document: Document, given: Given) -> Edition | None:
    """The scheduled edition that is meant: by its uid (``base``), its time (``at``), or because there is only one."""
    base, at = given.get("base"), given.get("at")
    found = [edition for edition in document.scheduled
             if (base is None or edition.uid == base) and (at is None or edition.starts == at)]
    return found[0] if len(found) == 1 else None


def to_confirm(document: Document, actor: Actor, given: Given) -> Reasons:
    waits = emergency.pending(document)
    if waits is None:
        yield Reason("", "没有等待确认的应急发布，它可能已被确认、撤销或由新的版本取代")
    elif clock.now() >= waits.until:
        yield Reason("", f"确认的时间（{clock.stamp(waits.until)} 以前）已过，应急发布将自动撤销；请按平时的步骤送审")
    elif waits.by == actor.id:
        yield Reason("", "应急发布要由另一人确认，不能自己确认", "C1")


GUARDS = {guard.__name__: guard for guard in (complete, fresh, overtaken, may_be_public, secrecy_sound, recorded, parent_public, directory_public,
                                              nothing_below, by_request, own, not_writer, not_approver, no_draft, which_scheduled, to_confirm)}
CONDITIONS = {condition.__name__: condition for condition in (needs_legality, timed)}


def _load() -> Table:
    path = shipped("content") / "workflow" / "publication.yaml"
    return declare(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), guards=GUARDS, conditions=CONDITIONS)


TABLE = _load()
STAGES = {name: TABLE.title(name) for name in DRAFT_STAGES}
