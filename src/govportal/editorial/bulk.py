"""Bulk actions over a list of documents: preview with reasons, a background job with the same verbs as by hand, and their undo.

Owns the table of actions (``ACTIONS``): what each checks, does, remembers for undo and how it is reversed. Rights and reasons come from
``verbs``; nothing is forced. One document that is refused is reported and the rest goes on. JobRefused says why a wish cannot be started.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..content import publish
from ..content.model import Document, Edition, Folder, path_of
from ..content.publish import Reason, Refused
from ..content.site import Site, find_site
from ..workflow.actors import Actor
from . import cells, jobs, verbs
from .job import Job
from .jobs import JobKind, JobRefused, Partly, Run

MAX_ITEMS = 10_000
Params = dict[str, Any]
LATER = "在这之后它又有改动，没有撤销"


class Line(NamedTuple):
    """One document of a preview. ``reasons``: why it would be refused; empty = it can be done now."""

    uid: str
    title: str
    ok: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Action:
    """``check(document, actor, params)`` gives reasons, ``run`` does it and returns what undo needs (None: cannot be undone),
    ``reverse(site, row, actor)`` takes it back. ``params``: names of what must be given, with their titles."""

    title: str
    check: Callable[[Document, Actor, Params], list[Reason]]
    run: Callable[[Document, Actor, Params], dict[str, Any] | None]
    reverse: Callable[[Site, dict[str, Any], Actor], None] | None = None
    params: tuple[tuple[str, str], ...] = ()


def _edition(document: Document) -> Edition:
    found = verbs.current(document)
    if found is None:
        raise Refused(Reason("", "这份内容没有可以改的版本"))
    return found


def _by_table(action: str) -> Callable[[Document, Actor, Params], list[Reason]]:
    return lambda document, actor, params: verbs.act_reasons(document, action, actor)


def _submit(document: Document, actor: Actor, params: Params) -> None:
    verbs.act(document, "submit", actor, note=params.get("note", ""))


def _publish(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    before = document.live
    verbs.act(document, "publish", actor, note=params.get("note", ""))
    return {"before": before.number if before is not None else 0, "after": document.live.uid if document.live is not None else ""}


def _unpublish(site: Site, row: dict[str, Any], actor: Actor) -> None:
    """The former edition comes back as a new one; what was public for the first time is withdrawn."""
    document = verbs.of(site, row["uid"])
    if document.live is None or document.live.uid != row["after"] or document.draft is not None or document.scheduled or document.withdrawal is not None:
        raise Refused(Reason("", LATER))
    former = document.edition(row["before"]) if row["before"] else None
    if former is None:
        verbs.act(document, "withdraw", actor, note="撤销批量发布", mode="gone")
        return
    verbs.save(document, former.values, actor, base=document.live.uid, note=f"撤销批量发布，恢复第 {former.number} 版")
    try:
        verbs.act(document, "publish", actor)
    except Refused as exc:
        raise Partly(f"第 {former.number} 版已放进草稿，还要送审后发布（{'；'.join(map(str, exc.reasons))}）") from None


def _withdraw_check(document: Document, actor: Actor, params: Params) -> list[Reason]:
    return verbs.act_reasons(document, "withdraw", actor)


def _withdraw(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    verbs.act(document, "withdraw", actor, note=params["reason"], mode=params["mode"], to=params.get("to", ""))
    return {"at": document.withdrawal.at.isoformat() if document.withdrawal is not None else ""}


def _restore(site: Site, row: dict[str, Any], actor: Actor) -> None:
    document = verbs.of(site, row["uid"])
    if document.withdrawal is None or document.withdrawal.at.isoformat() != row["at"]:
        raise Refused(Reason("", LATER))
    verbs.act(document, "restore", actor)


def _place(site: Site, path: str) -> Folder:
    place = site.at(path)
    if not isinstance(place, Folder) or place is site:
        raise Refused(Reason("位置", f"站内没有“{path}”这个位置"))
    return place


def _move_check(document: Document, actor: Actor, params: Params) -> list[Reason]:
    site = find_site(document)
    target = _place(site, params["to"])
    found = verbs.move_reasons(document, target, document.__name__, actor)
    if target is document.__parent__:
        found.append(Reason("位置", "已经在这里了"))
    elif document.__name__ in target:
        found.append(Reason("标识", f"{path_of(target)}/{document.__name__} 已有内容，请先换一个标识"))
    return found


def _move(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    before = path_of(document.__parent__)
    verbs.move(document, _place(find_site(document), params["to"]), document.__name__, actor)
    return {"from": before, "to": path_of(document)}


def _move_back(site: Site, row: dict[str, Any], actor: Actor) -> None:
    document = verbs.of(site, row["uid"])
    if path_of(document) != row["to"]:
        raise Refused(Reason("", LATER))
    verbs.move(document, _place(site, row["from"]), document.__name__, actor)


def _new_values(document: Document, params: Params) -> dict[str, Any]:
    one = cells.element(document.kind, params["field"])
    if one is None:
        raise Refused(Reason("", "这种内容没有这个要素"))
    try:
        value = cells.read(one, params.get("value"))
    except ValueError as exc:
        raise Refused(Reason(one.title, str(exc))) from None
    return publish.clean(document.kind, cells.put(_edition(document).values, one, value))


def _set_check(document: Document, actor: Actor, params: Params) -> list[Reason]:
    values = _new_values(document, params)
    found = verbs.lacking(actor, verbs.scope_of(document), *verbs.editors(document.kind)) \
        or verbs.lacking(actor, verbs.scope_of(document, values), *verbs.editors(document.kind))
    return found + ([Reason("", "已经是这个值，不用改")] if values == _edition(document).values else [])


def _set(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    base, values = _edition(document), _new_values(document, params)
    if values == base.values:
        raise Refused(Reason("", "已经是这个值，不用改"))
    draft = document.draft
    saved = verbs.save(document, values, actor, base=base.uid, note=params.get("note") or "批量设置要素")
    return {"draft": draft.values if draft is not None else None, "after": saved.uid}


def put_draft_back(site: Site, row: dict[str, Any], actor: Actor) -> None:
    """Reverse a saved draft: the former draft again, or none (also for replacements and imports)."""
    document = verbs.of(site, row["uid"])
    if document.draft is None or document.draft.uid != row["after"]:
        raise Refused(Reason("", LATER))
    if row["draft"] is None:
        verbs.discard(document, actor, row["after"])
    else:
        verbs.save(document, row["draft"], actor, base=row["after"], note="撤销批量修改")


def _assign(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    before = document.assignee
    verbs.assign(document, params.get("to", ""), actor)
    return {"before": before, "after": params.get("to", "")}


def _assign_back(site: Site, row: dict[str, Any], actor: Actor) -> None:
    document = verbs.of(site, row["uid"])
    if document.assignee != row["after"]:
        raise Refused(Reason("", LATER))
    verbs.assign(document, row["before"], actor)


def _delete_check(document: Document, actor: Actor, params: Params) -> list[Reason]:
    return ([] if document.draft is not None else [Reason("", "没有草稿")]) + verbs.lacking(actor, verbs.scope_of(document), *verbs.editors(document.kind))


def _delete(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    if document.draft is None:
        raise Refused(Reason("", "没有草稿"))
    parent, kept = document.__parent__, {"name": document.__name__, "kind": document.kind, "draft": document.draft.values}
    verbs.discard(document, actor, document.draft.uid)
    return {**kept, "parent": path_of(parent)}


def _undelete(site: Site, row: dict[str, Any], actor: Actor) -> None:
    document = site.document(row["uid"])
    if document is None or document.__parent__ is None:
        verbs.bring_back(_place(site, row["parent"]), row["name"], row["kind"], row["uid"], row["draft"], actor)
        return
    if document.draft is not None:
        raise Refused(Reason("", "它已有另一份草稿，没有放回删除的草稿"))
    base = verbs.current(document)
    verbs.save(document, row["draft"], actor, base=base.uid if base is not None else None, note="撤销删除草稿")


ACTIONS: dict[str, Action] = {
    "submit": Action("送审", _by_table("submit"), _submit),
    "publish": Action("发布", _by_table("publish"), _publish, _unpublish),
    "withdraw": Action("撤回", _withdraw_check, _withdraw, _restore, (("reason", "撤回原因"), ("mode", "撤回方式"))),
    "move": Action("移动", _move_check, _move, _move_back, (("to", "移到哪里"),)),
    "set": Action("设置要素", _set_check, _set, put_draft_back, (("field", "要素"),)),
    "assign": Action("指定负责人", lambda document, actor, params: verbs.assign_reasons(document, actor), _assign, _assign_back),
    "delete": Action("删除草稿", _delete_check, _delete, _undelete),
}


def faults(action: str, params: Params) -> list[str]:
    """What is missing in the parameters, for the form."""
    if action not in ACTIONS:
        return ["没有这种批量操作"]
    missing = [f"“{title}”必填" for name, title in ACTIONS[action].params if not str(params.get(name) or "").strip()]
    if action == "withdraw" and params.get("mode") and params["mode"] not in publish.WITHDRAWAL_MODES:
        missing.append("撤回方式请选：保留并提示、不再提供、转到别处")
    return missing


def preview(site: Site, actor: Actor, action: str, uids: Iterable[str], params: Params) -> list[Line]:
    """What the action would do to each document, with the reasons why not; nothing is changed."""
    return [_preview(site, actor, ACTIONS[action], uid, params) for uid in uids]


def _preview(site: Site, actor: Actor, action: Action, uid: str, params: Params) -> Line:
    title = uid
    try:
        document = verbs.of(site, uid)
        title = verbs.title_of(document)
        reasons = action.check(document, actor, params)
    except Refused as exc:
        reasons = list(exc.reasons)
    return Line(uid, title, not reasons, tuple(map(str, reasons)))


def begin(editorial: Any, by: str, action: str, uids: Sequence[str], params: Params, *, address: str = "") -> Job:
    """Start the job. JobRefused when parameters are missing or the list is empty or too long."""
    wrong = faults(action, params)
    chosen = list(dict.fromkeys(uids))
    if not wrong and not chosen:
        wrong = ["没有选中任何内容"]
    if len(chosen) > MAX_ITEMS:
        wrong = [f"一次最多 {MAX_ITEMS} 项，现在选了 {len(chosen)} 项，请缩小范围"]
    if wrong:
        raise JobRefused("；".join(wrong))
    return jobs.start(editorial, KIND.name, f"批量{ACTIONS[action].title}（{len(chosen)} 项）", by, {"action": action, "params": dict(params)}, chosen,
                      address=address)


def _work(run: Run, uid: str) -> str:
    action, params = ACTIONS[run.job.payload["action"]], run.job.payload["params"]
    document = verbs.of(run.site, uid)
    title = verbs.title_of(document)
    reasons = action.check(document, run.actor, params)
    if reasons:
        raise Refused(*reasons)
    row = action.run(document, run.actor, params)
    if row is not None:
        run.undo({"uid": uid, "title": title, "action": run.job.payload["action"], **row})
    return "ok"


def name_of(run: Run, uid: str) -> tuple[str, str]:
    """(uid, title) of a document for the report."""
    document = run.site.document(uid)
    return uid, verbs.title_of(document) if document is not None and document.__parent__ is not None else uid


def _reverse(run: Run, row: dict[str, Any]) -> None:
    reverse = ACTIONS[row["action"]].reverse
    if reverse is None:
        raise Refused(Reason("", "这种操作不能撤销"))
    reverse(run.site, row, run.actor)


KIND = JobKind("bulk", "批量操作", jobs.over_items(_work, name_of), _reverse)
