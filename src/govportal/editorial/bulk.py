"""Bulk actions over a list of documents: preview with reasons, a background job with the same verbs as by hand, and their undo.

Owns the table of actions (``ACTIONS``): what each checks, does, remembers for undo and how it is reversed. Rights and reasons come from
``verbs``; nothing is forced. One document that is refused is reported and the rest goes on. JobRefused says why a wish cannot be started.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..content import publication, publish
from ..content.model import Document, Edition, Folder, Secrecy, path_of
from ..content.site import Site, find_site
from ..workflow.actors import Actor
from ..workflow.reasons import Reason, Refused
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


def _by_table(action: str, inputs: Callable[[Params], Params]) -> Callable[[Document, Actor, Params], list[Reason]]:
    return lambda document, actor, params: publication.against(document, action, actor, **inputs(params))


def disclosure(params: Params) -> Params:
    """公开属性 and 保密审查 (C2) as ``publication.act`` takes them, stated once for the whole list."""
    secrecy = Secrecy(params["secrecy_by"].strip(), params["secrecy_on"].strip()) if params.get("secrecy_by") and params.get("secrecy_on") else None
    return {"note": params.get("note", ""), "openness": params.get("openness", ""), "secrecy": secrecy}


def _note(params: Params) -> Params:
    return {"note": params.get("note", "")}


def _withdrawal(params: Params) -> Params:
    return {"note": params.get("reason", ""), "mode": params.get("mode", ""), "to": params.get("to", "")}


def _submit(document: Document, actor: Actor, params: Params) -> None:
    publication.act(document, "submit", actor, **disclosure(params))


def _publish(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    before = document.live
    publication.act(document, "publish", actor, **_note(params))
    return {"before": before.number if before is not None else 0, "after": document.live.uid if document.live is not None else ""}


def _unpublish(site: Site, row: dict[str, Any], actor: Actor) -> None:
    """What was public for the first time is withdrawn; else the former edition comes back as a draft, which passes the review as any other."""
    document = verbs.of(site, row["uid"])
    if document.live is None or document.live.uid != row["after"] or document.draft is not None or document.scheduled or document.withdrawal is not None:
        raise Refused(Reason("", LATER))
    former = document.edition(row["before"]) if row["before"] else None
    if former is None:
        publication.act(document, "withdraw", actor, note="撤销批量发布", mode="gone")
        return
    publication.save(document, former.values, actor, base=document.live.uid, note=f"撤销批量发布，恢复第 {former.number} 版")
    raise Partly(f"第 {former.number} 版已放进草稿，送审、签发后才公开；急需时请先撤回现在的版本")


def _withdraw(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    publication.act(document, "withdraw", actor, **_withdrawal(params))
    return {"at": document.withdrawal.at.isoformat() if document.withdrawal is not None else ""}


def _restore(site: Site, row: dict[str, Any], actor: Actor) -> None:
    document = verbs.of(site, row["uid"])
    if document.withdrawal is None or document.withdrawal.at.isoformat() != row["at"]:
        raise Refused(Reason("", LATER))
    publication.act(document, "restore", actor)


def _place(site: Site, path: str) -> Folder:
    place = site.at(path)
    if not isinstance(place, Folder) or place is site:
        raise Refused(Reason("位置", f"站内没有“{path}”这个位置"))
    return place


def _move_check(document: Document, actor: Actor, params: Params) -> list[Reason]:
    return verbs.move_reasons(document, _place(find_site(document), params["to"]), document.__name__, actor)


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
    return verbs.clean_draft(document.kind, cells.put(verbs.edition_of(document).values, one, value))


def _set_check(document: Document, actor: Actor, params: Params) -> list[Reason]:
    values = _new_values(document, params)
    found = verbs.may_write(document, values, actor) or publication.against(document, "save", actor)
    return found + ([Reason("", "已经是这个值，不用改")] if values == verbs.edition_of(document).values else [])


def _set(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    base, values = verbs.edition_of(document), _new_values(document, params)
    draft = document.draft
    saved = publication.save(document, values, actor, base=base.uid, note=params.get("note") or "批量设置要素")
    return {"draft": draft.values if draft is not None else None, "after": saved.uid}


def put_draft_back(site: Site, row: dict[str, Any], actor: Actor) -> None:
    """Reverse a saved draft: the former draft again, or none (also for replacements and imports)."""
    document = verbs.of(site, row["uid"])
    if document.draft is None or document.draft.uid != row["after"]:
        raise Refused(Reason("", LATER))
    if row["draft"] is None:
        publication.discard(document, actor, row["after"])
    else:
        publication.save(document, row["draft"], actor, base=row["after"], note="撤销批量修改")


def _assign(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    before = document.assignee
    publication.act(document, "assign", actor, to=params.get("to", ""))
    return {"before": before, "after": params.get("to", "")}


def _assign_back(site: Site, row: dict[str, Any], actor: Actor) -> None:
    document = verbs.of(site, row["uid"])
    if document.assignee != row["after"]:
        raise Refused(Reason("", LATER))
    publication.act(document, "assign", actor, to=row["before"])


def _delete(document: Document, actor: Actor, params: Params) -> dict[str, Any]:
    if document.draft is None:
        raise Refused(Reason("", "没有草稿"))
    parent, kept = document.__parent__, {"name": document.__name__, "kind": document.kind, "draft": document.draft.values, "writers": tuple(document.draft.writers)}
    publication.discard(document, actor, document.draft.uid)
    return {**kept, "parent": path_of(parent)}


def _undelete(site: Site, row: dict[str, Any], actor: Actor) -> None:
    document = site.document(row["uid"])
    if document is None or document.__parent__ is None:
        document = verbs.bring_back(_place(site, row["parent"]), row["name"], row["kind"], row["uid"], row["draft"], actor)
        _wrote(document.draft, row)
        return
    if document.draft is not None:
        raise Refused(Reason("", "它已有另一份草稿，没有放回删除的草稿"))
    base = verbs.current(document)
    _wrote(publication.save(document, row["draft"], actor, base=base.uid if base is not None else None, note="撤销删除草稿"), row)


def _wrote(draft: Edition | None, row: dict[str, Any]) -> None:
    """Who wrote the deleted draft wrote the one that came back: none of them may approve it."""
    if draft is not None:
        draft.writers = tuple(dict.fromkeys((*row.get("writers", ()), *draft.writers)))


ACTIONS: dict[str, Action] = {
    "submit": Action("送审", _by_table("submit", disclosure), _submit,
                     params=(("openness", "公开属性"), ("secrecy_by", "保密审查人"), ("secrecy_on", "保密审查日期"))),
    "publish": Action("发布", _by_table("publish", _note), _publish, _unpublish),
    "withdraw": Action("撤回", _by_table("withdraw", _withdrawal), _withdraw, _restore, (("reason", "撤回原因"), ("mode", "撤回方式"))),
    "move": Action("移动", _move_check, _move, _move_back, (("to", "移到哪里"),)),
    "set": Action("设置要素", _set_check, _set, put_draft_back, (("field", "要素"),)),
    "assign": Action("指定经办人", _by_table("assign", lambda params: {"to": params.get("to", "")}), _assign, _assign_back),
    "delete": Action("删除草稿", _by_table("discard", lambda params: {}), _delete, _undelete),
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


def begin(editorial: Any, by: str, action: str, uids: Sequence[str], params: Params, *, address: str = "", once: str = "") -> Job:
    """Start the job (``once``: see ``jobs.start``). JobRefused when parameters are missing or the list is empty or too long."""
    wrong = faults(action, params)
    chosen = list(dict.fromkeys(uids))
    if not wrong and not chosen:
        wrong = ["没有选中任何内容"]
    if len(chosen) > MAX_ITEMS:
        wrong = [f"一次最多 {MAX_ITEMS} 项，现在选了 {len(chosen)} 项，请缩小范围"]
    if wrong:
        raise JobRefused("；".join(wrong))
    return jobs.start(editorial, KIND.name, f"批量{ACTIONS[action].title}（{len(chosen)} 项）", by, {"action": action, "params": dict(params)}, chosen,
                      address=address, once=once)


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
