"""Requests to change the directory list: written, reviewed and signed by different people, carried out on their day (R4.2.1.7, R5.9.2).

Owns the verbs. A verb raises ``Refused`` with all its reasons before it changes anything; else it changes and audits in the caller's transaction.
What a request does to the list is in ``effects``, its rules in ``request_table``.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ..base import clock
from ..content.model import Document, Secrecy, Step, path_of
from ..content.publication import Offer
from ..content.scopes import covers, scope_of
from ..content.site import Site, open_site
from ..workflow.actors import Actor, Scope, SystemActor
from ..workflow.reasons import Reason, Refused
from ..workflow.table import Row
from . import effects
from .request import KINDS, OPEN, PROPOSED, Request
from .request_table import KIND, MAX_ROWS, MAX_TEXT, SHAPES, STAGES, TABLE, Subject, items_of, problems, subs_in_use, values_of
from .store import ROOT_KEY, open_editorial

WORKER = SystemActor("system:requests")
ITEMS = Scope("/items")


def scopes_of(site: Site, request: Request) -> list[Scope]:
    """Where it stands: the items it is about; a new one anywhere in the list."""
    return [Scope(path_of(item)) for item in items_of(site, request)] or [ITEMS]


def _holds(site: Site, request: Request, actor: Actor) -> Callable[[str], bool]:
    def holds(role: str) -> bool:
        if role == "clock":
            return actor is WORKER
        if role == "proposer":
            return actor.id in request.writers
        return covers(actor, "directory" if role == "writer" else role, scopes_of(site, request))
    return holds


def may_write(actor: Actor, items: Iterable[Document]) -> bool:
    """Whether somebody writes requests of their own about these items."""
    return covers(actor, "directory", [Scope(path_of(item)) for item in items] or [ITEMS])


def proposing_org(site: Site, actor: Actor, kind: str, items: list[Document]) -> str:
    """The department for which an editor may propose this: of one's item under the directory item, or one's own for a new one. '' for none."""
    if kind not in PROPOSED:
        return ""
    for item in items:
        for child in item.values():
            if isinstance(child, Document) and child.kind == "ImplementationItem" and actor.holds("editor", scope_of(child)):
                return scope_of(child).org or "-"
    org = getattr(actor, "org", "")
    region = (site.shared_values("organisations", org) or {}).get("region") or "" if org else ""
    return org if org and kind == "add" and actor.holds("editor", Scope("/items", org, region)) else ""


def begin(editorial: Any, site: Site, kind: str, subjects: Iterable[str], actor: Actor, *, rows: Iterable[dict[str, Any]] = (), reason: str = "",
          effective: str = "", source: str = "") -> Request:
    """A new request; an editor's is a proposal to the directory's office. Refused for who may not, for items that are not there."""
    if kind not in KINDS:
        raise Refused(Reason("", "没有这种申请，请从目录清单的页面开始"))
    request = Request(kind, "", actor.id, actor.name, clock.now())
    request.subjects = tuple(dict.fromkeys(subjects))
    items = items_of(site, request)
    if len(items) != len(request.subjects) or not SHAPES[kind][0] <= len(items) <= SHAPES[kind][1]:
        raise Refused(Reason("事项", "合并要选两个以上的事项" if kind == "merge" else "请从目录清单里选要改的事项"))
    if not may_write(actor, items):
        request.org = proposing_org(site, actor, kind, items)
        if not request.org:
            raise Refused(Reason("", f"“{KINDS[kind]}”要有目录管理权限；部门的编辑可以对自己实施的事项提“变更”，或提“新增”"))
        request.stage = "proposed"
    request.writers, request.source = (actor.id,), source[:200]
    _write(site, request, rows, reason, effective)
    editorial.requests.add(request)
    site.audit.record("request.begin", actor=actor.id, target=request.uid, reason=request.reason, after=request.title, at=request.at)
    return request


def _write(site: Site, request: Request, rows: Iterable[dict[str, Any]], reason: str, effective: str) -> None:
    """Take the written parts over, however incomplete; sizes are bounded. Refused for what cannot be kept."""
    rows = tuple({"name": str(row.get("name") or "")[:500], "type": str(row.get("type") or ""), "main": str(row.get("main") or ""),
                  "legal_basis": tuple(dict(one) for one in row.get("legal_basis") or ())[:200]} for row in rows)
    found = [Reason(title, f"最多 {most} {unit}，请缩短") for title, size, most, unit in (("理由", len(reason), MAX_TEXT, "个字"), ("拆分为", len(rows), MAX_ROWS, "个")) if size > most]
    try:
        effective = day_of(effective) if effective else ""
    except Refused as refused:
        found += refused.reasons
    if found:
        raise Refused(*found)
    request.rows, request.reason, request.effective = rows, reason.strip(), effective
    request.bases = tuple(item.live.uid if item.live is not None else "" for item in items_of(site, request))
    request.title = _title(site, request)


def day_of(text: str) -> str:
    """``2026-01-31`` of what was typed. Refused for what is no day."""
    try:
        return clock.parse(text.strip()).strftime("%Y-%m-%d")
    except ValueError as exc:
        raise Refused(Reason("生效日期", str(exc))) from None


def _title(site: Site, request: Request) -> str:
    names = [item.live.head["name"] for item in items_of(site, request) if item.live is not None] or [row["name"] for row in request.rows]
    return f"{KINDS[request.kind]}：{'、'.join(name or '（没有名称）' for name in names)}"[:300]


def available(editorial: Any, site: Site, request: Request, actor: Actor) -> list[Offer]:
    """The actions that the table has for this stage and the actor's roles, each with its reasons."""
    holds, subject, given = _holds(site, request, actor), Subject(request, site, editorial.requests), {"secrecy": request.secrecy}
    found = []
    for action in TABLE.actions:
        row = TABLE.find(action, {request.stage}, subject, given)
        if row is not None and any(map(holds, row.roles)) and row.roles != ("clock",):
            found.append(Offer(action, row.title, TABLE.refusals(row, subject, actor, holds, given, entered=False), row.needs, row.asks))
    return found


def _row(editorial: Any, site: Site, request: Request, action: str, actor: Actor, base: int | None, given: dict[str, Any]) -> Row:
    """The row to run. Refused with every reason."""
    subject, holds = Subject(request, site, editorial.requests), _holds(site, request, actor)
    row = TABLE.find(action, {request.stage}, subject, given)
    if row is None:
        rows = [one for one in TABLE.rows if one.action == action]
        if rows and not any(holds(role) for one in rows for role in one.roles):
            raise Refused(TABLE.refusals(rows[0], subject, actor, holds, given)[0])
        raise Refused(TABLE.not_now(action, {request.stage}))
    reasons = TABLE.refusals(row, subject, actor, holds, given)
    if any(map(holds, row.roles)):
        if base is not None and base != request.version:
            reasons.insert(0, Reason("", f"您打开以后有人改过这件申请，请重新看一遍，再点“{row.title}”", "architecture §4"))
        if len(given.get("note") or "") > MAX_TEXT:
            reasons.append(Reason("说明", f"最多 {MAX_TEXT} 个字，请缩短"))
    if reasons:
        raise Refused(*reasons)
    return row


def save(editorial: Any, site: Site, request: Request, actor: Actor, *, base: int | None, rows: Iterable[dict[str, Any]], reason: str, effective: str) -> None:
    """Keep what was written; it may be incomplete until it is submitted. Refused: no right, under review, somebody saved meanwhile."""
    row = _row(editorial, site, request, "save", actor, base, {})
    _write(site, request, rows, reason, effective)
    request.writers = tuple(dict.fromkeys((*request.writers, actor.id)))
    request.secrecy, request.failure = None, ""
    _moved(editorial, site, request, row, actor, "", clock.now(), told="request.save", step=False)


def act(editorial: Any, site: Site, request: Request, action: str, actor: Actor, *, note: str = "", base: int | None = None, effective: str | None = None,
        secrecy: Secrecy | None = None) -> None:
    """Do an action of the table. Signing what has no later day carries it out in the same transaction. Refused: nothing may be committed then."""
    if action in ("save", "apply", "fail"):
        raise Refused(Reason("", "请用页面上的按钮"))
    now, note = clock.now(), note.strip()
    given: dict[str, Any] = {"note": note, "effective": effective if action == "postpone" else None,
                             "secrecy": secrecy._replace(recorded_by=actor.id, recorded_at=now) if secrecy is not None else request.secrecy}
    row = _row(editorial, site, request, action, actor, base, given)
    if action == "submit":
        request.secrecy = given["secrecy"]
    elif action == "take":
        request.writers = tuple(dict.fromkeys((*request.writers, actor.id)))
    elif action == "postpone" and effective is not None:
        request.effective = day_of(effective)
    _moved(editorial, site, request, row, actor, note, now)
    if request.stage == "approved" and request.effective <= _today(now):
        apply(editorial, site, request, now=now)


def _today(now: datetime) -> str:
    return now.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d")


def _moved(editorial: Any, site: Site, request: Request, row: Row, actor: Actor, note: str, now: datetime, *, told: str = "", step: bool = True) -> None:
    request.stage = row.target or request.stage
    if step:
        request.steps = (*request.steps, Step(row.action, actor.id, actor.name, now, note))
    request.version += 1
    editorial.requests.follow(request)
    site.audit.record(told or f"request.{row.action}", actor=actor.id, target=request.uid, reason=note, after=request.title, at=now)


def apply(editorial: Any, site: Site, request: Request, *, now: datetime | None = None) -> None:
    """Carry a signed request out. A request that is done, or whose day has not come, is left alone: doing it twice does it once.

    Refused when the list has changed so that it cannot be done any more: the caller drops the transaction."""
    now = now or clock.now()
    if request.stage != "approved" or request.effective > _today(now):
        return
    reasons = problems(site, request)
    if reasons:
        raise Refused(*reasons)
    row = TABLE.find("apply", {request.stage}, None, {})
    assert row is not None
    signer = next((step for step in reversed(request.steps) if step.action == "sign"), None)
    effects.carry_out(site, editorial, request, signer.actor if signer is not None else WORKER.id)
    request.applied_at = now
    _moved(editorial, site, request, row, WORKER, "", now)


def fail(editorial: Any, site: Site, request: Request, words: str) -> None:
    """A signed request could not be carried out on its day: back to who wrote it, with the reason."""
    row = TABLE.find("fail", {request.stage}, None, {})
    if row is not None:
        request.failure = words[:1000]
        _moved(editorial, site, request, row, WORKER, request.failure, clock.now())


def run_due(db: Any) -> int:
    """Carry out what is due, each request in a transaction of its own; called by the worker. Returns how many were looked at. An older database
    has none."""
    with db.transaction() as connection:
        editorial = connection.root().get(ROOT_KEY)
        uids = editorial.requests.due(_today(clock.now())) if editorial is not None else []
    for uid in uids:
        try:
            _each(db, uid, apply)
        except Refused as refused:
            _each(db, uid, fail, str(refused))
    return len(uids)


def _each(db: Any, uid: str, work: Callable[..., None], *more: str) -> None:
    with db.transaction() as connection:
        editorial = open_editorial(connection)
        request = editorial.requests.get(uid)
        if request is not None:
            work(editorial, open_site(connection), request, *more)


__all__ = ["KIND", "KINDS", "MAX_ROWS", "OPEN", "PROPOSED", "SHAPES", "STAGES", "TABLE", "act", "apply", "available", "begin", "day_of", "fail", "items_of", "may_write", "problems", "run_due",
           "save", "scopes_of", "subs_in_use", "values_of"]
