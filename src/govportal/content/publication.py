"""Review and publication of content by people: begin, save, and every action of the review table, by role and scope.

Owns who may do what when, and what is kept of it (steps, remarks, writers, 公开属性, 保密审查). A verb raises ``Refused`` with all its reasons
before it changes anything; else it changes, journals and audits in the caller's transaction. Writes the tree through ``publish``. Imports
and the worker do not come here.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from ..base import clock
from ..workflow.actors import Actor, Scope
from ..workflow.reasons import Reason, Refused
from ..workflow.table import Row
from . import codes, emergency, publish
from .kinds import kind_of
from .model import Document, Edition, Folder, Remark, Secrecy, Step, path_of
from .publication_table import DRAFT_STAGES, OPENNESS, STAGES, TABLE, overtaking, scheduled_one
from .publish import clean_draft
from .scopes import covers, scope_of, scopes_at, scopes_of, writer_role
from .site import find_site

__all__ = ["OPENNESS", "STAGES", "STATES", "Offer", "act", "against", "available", "begin", "clean_draft", "current", "discard", "overtaking", "row_of", "save",
           "scope_of", "scopes_of", "stage_of", "state_of", "waits_for", "why_not", "writer_role"]

STATES = {"new": "未公开", "live": "已公开", "changed": "已公开，有草稿", "scheduled": "已排定", "withdrawn": "已撤回", "ended": "已下线"}
CHANGES = {"": "", "major": "重要改动", "minor": "小改动"}
MAX_NOTE = 2000
MAX_REMARKS = 100
MAX_EVENTS = 50


class Offer(NamedTuple):
    """An action that the actor's roles allow in this state. ``reasons``: why not now, [] when it can be done. ``needs``/``asks``: inputs that
    must or may be entered."""

    action: str
    title: str
    reasons: list[Reason]
    needs: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


def stage_of(document: Document) -> str:
    """Where the draft is in the review: a key of STAGES; '' when there is no draft."""
    return document.draft.stage if document.draft is not None else ""


def state_of(document: Document) -> str:
    """What the public has of the document: a key of STATES."""
    offered = _offered(document)
    if offered in ("live", "new", "ended") and document.scheduled:
        return "scheduled"
    return "changed" if offered == "live" and document.draft is not None else offered


def _offered(document: Document) -> str:
    if document.live is not None:
        return "live" if document.withdrawal is None else "withdrawn"
    return "ended" if document.withdrawal is not None or document.superseded else "new"


def _present(document: Document) -> set[str]:
    """The states of the table in which the document is: of its draft, and of what is public."""
    return {stage_of(document) or "none", _offered(document)} | ({"scheduled"} if document.scheduled else set())


def current(document: Document) -> Edition | None:
    """The edition from which an editor begins: the draft, else what is live, else what is planned, else the last that was live. Its uid is the
    ``base`` of a save."""
    return document.draft or document.live or next(iter((*document.scheduled[-1:], *document.superseded[:1])), None)


def waits_for(document: Document) -> tuple[str, ...]:
    """Roles for which the draft waits now, plain names (``editor`` or ``directory`` for the writer); () when there is no draft."""
    stage = stage_of(document)
    return tuple(_plain(role, document.kind) for role in TABLE.states[stage].waits) if stage else ()


def _plain(role: str, kind: str) -> str:
    return writer_role(kind) if role == "writer" else role


def _holds(actor: Actor, kind: str, scopes: list[Scope]) -> Callable[[str], bool]:
    """Whether the actor holds a role of the table on all scopes; what the clock does, nobody does by hand."""
    return lambda role: role != "clock" and covers(actor, _plain(role, kind), scopes)


def available(document: Document, actor: Actor) -> list[Offer]:
    """The actions that the table has for the present states and the actor's roles, in the table's order, each with its reasons."""
    present, holds, given = _present(document), _holds(actor, document.kind, scopes_of(document)), _recorded(document)
    found = []
    for action in TABLE.actions:
        row = TABLE.find(action, present, document, given)
        if row is not None and any(map(holds, row.roles)):
            found.append(Offer(action, row.title, TABLE.refusals(row, document, actor, holds, given, entered=False), row.needs,
                               tuple(dict.fromkeys(name for other in TABLE.rows if other.action == action for name in other.asks))))
    return found


def row_of(document: Document, action: str) -> Row | None:
    """The row of the table that an action would run now, without a planned time; None when no row fits or there is no such action."""
    return TABLE.find(action, _present(document), document, _recorded(document))


def why_not(document: Document, action: str, actor: Actor) -> list[Reason]:
    """Why the actor is not offered an action at all (role, state, unknown action); [] when ``available`` has it."""
    rows, holds = [row for row in TABLE.rows if row.action == action], _holds(actor, document.kind, scopes_of(document))
    if rows and not any(holds(role) for row in rows for role in row.roles):
        return TABLE.refusals(rows[0], document, actor, holds, {})[:1]
    row = row_of(document, action)
    if row is None:
        return [TABLE.not_now(action, _present(document))]
    return [] if any(map(holds, row.roles)) else TABLE.refusals(row, document, actor, holds, {})[:1]


def _recorded(document: Document) -> dict[str, Any]:
    """Inputs that the draft has from earlier."""
    draft = document.draft
    return {} if draft is None else {name: value for name, value in (("openness", draft.openness), ("secrecy", draft.secrecy)) if value}


def begin(parent: Folder, name: str, kind: str, values: dict[str, Any], actor: Actor, *, note: str = "", outside: bool = False) -> Document:
    """A new document at ``parent/name`` with its first draft. ``outside``: from a list of another system, whose codes are taken as they are; else
    codes are never typed. Refused when the place does not fit or is taken, or the actor may not write there."""
    values = clean_draft(kind, values)
    if not covers(actor, writer_role(kind), scopes_at(parent, name, kind, values)):
        raise Refused(Reason("", f"您没有在这里编写{kind_of(kind).title}的权限（按部门、位置和区划）"))
    reasons = place_reasons(parent, name, kind) + _channel_reasons(parent, kind, values) + _text_reasons(note)
    reasons += [] if outside else codes.typed_reasons(None, kind, values)
    if reasons:
        raise Refused(*reasons)
    document = publish.create(parent, name, kind, actor=actor.id)
    draft = publish.save_draft(document, values, actor=actor.id, note=note)
    draft.author_name = actor.name
    return document


def place_reasons(parent: Folder, name: str, kind: str) -> list[Reason]:
    """Why a document of this kind cannot lie at ``parent/name``."""
    home, above = kind_of(kind).home, getattr(parent, "kind", "")
    if home.startswith("/"):
        fits = not above and path_of(parent) in (home, f"{home}/{parent.__name__}")
    else:
        fits = above == home
    if not fits:
        return [Reason("位置", f"{kind_of(kind).title}不能放在 {path_of(parent)} 下面")]
    if above == "ImplementationItem":
        for own, of_kind, title in (("guide", "Guide", "办事指南"), ("rules", "ReviewRules", "审查工作细则")):
            if (name == own) != (kind == of_kind):
                return [Reason("标识", f"{title}的标识是 {own}，别的内容不能用它")]
    return []


def _channel_reasons(parent: Any, kind: str, values: dict[str, Any]) -> list[Reason]:
    """An article is listed where it lies: a role on one column does not write in another."""
    if kind == "NewsArticle" and values.get("channel") not in ("", parent.__name__):
        return [Reason("栏目", f"要写它所在的栏目 {parent.__name__}；要换栏目请移动文章")]
    return []


def _text_reasons(*texts: str) -> list[Reason]:
    return [Reason("说明", f"最多 {MAX_NOTE} 个字，请缩短") for text in texts if len(text) > MAX_NOTE]


def save(document: Document, values: dict[str, Any], actor: Actor, *, base: str | None, note: str = "", change: str = "",
         outside: bool = False) -> Edition:
    """Keep ``values`` (a draft may lack required fields) as the draft. ``base``: uid of the edition from which the editor began, see ``current``;
    None = whatever there is. ``note``: why; ``change``: major or minor. ``outside`` as in ``begin``. The same values a second time change nothing.

    Refused: no writer's role on the former and the new scope, in review, somebody saved meanwhile."""
    values = clean_draft(document.kind, values)
    holds, present = _holds(actor, document.kind, scopes_of(document, values)), _present(document)
    row = TABLE.find("save", present, document, {})
    if row is None:
        raise Refused(Reason("", f"稿子现在“{STAGES[stage_of(document)]}”，请先撤回送审，再修改"))
    reasons = TABLE.refusals(row, document, actor, holds, {}) or _text_reasons(note) + _change_reasons(change)
    reasons += _channel_reasons(document.__parent__, document.kind, values)
    reasons += [] if outside else codes.typed_reasons(document, document.kind, values)
    if reasons:
        raise Refused(*reasons)
    draft = document.draft
    if draft is None or draft.stage != "drafting" or draft.values != values or (base not in (None, draft.uid) and draft.author != actor.id):
        draft = publish.save_draft(document, values, actor=actor.id, note=note, base=base)
        draft.author_name = actor.name
    draft.note, draft.change = note or draft.note, change or draft.change
    return draft


def _change_reasons(change: str) -> list[Reason]:
    return [] if change in CHANGES else [Reason("改动", "请选重要改动或小改动")]


def discard(document: Document, actor: Actor, base: str | None) -> None:
    """Delete the draft (kept among the former drafts); a document that was never public goes altogether."""
    act(document, "discard", actor, base=base)


def act(document: Document, action: str, actor: Actor, *, note: str = "", remarks: Iterable[Any] = (), base: str | None = None,
        at: datetime | None = None, ends: datetime | None = None, mode: str = "", to: str = "", openness: str = "",
        secrecy: Secrecy | None = None, change: str = "") -> None:
    """Do an action of the table. Refused with every reason against it; nothing is changed then.

    ``remarks``: Remark or (field path, text) pairs. ``base``: uid of the edition that the actor saw (draft, live or scheduled one, by action).
    ``at``/``ends``: aware times of publish; of unschedule ``at`` names the edition. ``mode``/``to`` of withdraw; ``to`` of assign is a staff uid,
    '' = nobody. ``openness``/``secrecy`` of submit and override; what the draft has recorded need not be given again."""
    if action == "save":
        raise Refused(Reason("", "请在编辑页面保存"))
    now, site = clock.now(), find_site(document)
    for title, when in (("上线时间", at), ("下线时间", ends)):
        if when is not None and when.tzinfo is None:
            raise Refused(Reason(title, "要带时区"))
    given = {**_recorded(document), "note": note.strip(), "remarks": _remarks(remarks, note, actor, now) if action == "return" else (),
             "base": base, "at": at, "ends": ends, "mode": mode, "to": to, "change": change}
    if action in _DISCLOSE and openness:
        given["openness"] = openness
    if action in _DISCLOSE and secrecy is not None:
        given["secrecy"] = secrecy._replace(recorded_by=actor.id, recorded_at=now)
    row = _checked(document, action, actor, given)
    _DO.get(action, _step)(document, actor, row, given, now)
    if action not in _TOLD:
        site.journal.record(document.uid, only=("desk",))
        site.audit.record(f"content.{action}", actor=actor.id, target=document.uid, reason=given["note"], after=to or None, at=now)


def against(document: Document, action: str, actor: Actor, **inputs: Any) -> list[Reason]:
    """Why ``act`` with these inputs would be refused now; [] when the table has nothing against it. Changes nothing."""
    given = {**_recorded(document), "note": "", "remarks": (), "base": None, "at": None, "ends": None, "mode": "", "to": "", "change": "",
             **{name: value for name, value in inputs.items() if value}}
    try:
        _checked(document, action, actor, given)
    except Refused as exc:
        return list(exc.reasons)
    return []


_DISCLOSE = ("submit", "override")                                        # they record 公开属性 and 保密审查; the others take what is recorded
_TOLD = ("discard", "publish", "unschedule", "withdraw", "restore")       # the verbs of ``publish`` journal and audit these


def _checked(document: Document, action: str, actor: Actor, given: dict[str, Any]) -> Row:
    """The row to run. Refused."""
    scopes = scopes_of(document)
    holds, present = _holds(actor, document.kind, scopes), _present(document)
    row = TABLE.find(action, present, document, given)
    if row is None:
        titles = [other for other in TABLE.rows if other.action == action]
        if titles and not any(holds(role) for other in titles for role in other.roles):
            raise Refused(*TABLE.refusals(titles[0], document, actor, holds, given)[:1])
        raise Refused(TABLE.not_now(action, present))
    reasons = TABLE.refusals(row, document, actor, holds, given)
    if any(map(holds, row.roles)):
        reasons = [*_stale(document, row, given["base"]), *reasons, *_text_reasons(given["note"], given["to"]), *_change_reasons(given["change"])]
    if reasons:
        raise Refused(*reasons)
    return row


def _stale(document: Document, row: Row, base: str | None) -> list[Reason]:
    """Whether the actor saw another edition than the action would touch."""
    if base is None or row.action in ("assign", "unschedule"):
        return []
    touched = document.draft if set(row.sources) & set(DRAFT_STAGES) else document.live
    if touched is not None and touched.uid == base:
        return []
    return [Reason("", f"您打开以后内容又改过，请重新看一遍，再点“{row.title}”", "architecture §4")]


def _remarks(raw: Iterable[Any], note: str, actor: Actor, now: datetime) -> tuple[Remark, ...]:
    """Remarks with who and when; a note alone is a remark on the whole. Refused when there are too many or too long ones."""
    pairs = [(str(one[0]), str(one[1]).strip()) for one in raw] or [("", note.strip())]
    found = tuple(Remark(field, text, actor.id, now, actor.name) for field, text in pairs if text)
    if len(found) > MAX_REMARKS or any(len(one.text) > MAX_NOTE or len(one.field) > 200 for one in found):
        raise Refused(Reason("退回意见", f"最多 {MAX_REMARKS} 条，每条最多 {MAX_NOTE} 个字"))
    return found


def _signature(document: Document, actor: Actor, row: Row) -> str:
    """The actor's name; for somebody who acts for an absent person, also that one's."""
    behalf = getattr(actor, "behalf", None)
    names = [behalf(_plain(role, document.kind), scope_of(document)) for role in row.roles] if behalf is not None else []
    absent = next((name for name in names if name), "")
    return f"{actor.name}（代{absent}）" if absent else actor.name


def _made(document: Document, actor: Actor, row: Row, given: dict[str, Any], now: datetime) -> Step:
    return Step(row.action, actor.id, _signature(document, actor, row), now, given["note"], given["remarks"])


def _step(document: Document, actor: Actor, row: Row, given: dict[str, Any], now: datetime) -> None:
    """A step of the review: the draft goes to the row's state and keeps who did it."""
    draft = document.draft
    assert draft is not None
    draft.steps = (*draft.steps, _made(document, actor, row, given, now))
    draft.stage = row.target or draft.stage
    if row.action == "submit":
        draft.remarks, draft.openness, draft.secrecy = (), given["openness"], given["secrecy"]
        draft.change = given["change"] or draft.change
    elif row.action == "return":
        draft.remarks = given["remarks"]
    elif row.action == "rebase" and document.live is not None:
        draft.base = document.live.uid


def _publish(document: Document, actor: Actor, row: Row, given: dict[str, Any], now: datetime) -> None:
    step = _made(document, actor, row, given, now)
    edition = publish.publish(document, actor=actor.id, at=given["at"], ends=given["ends"], coded=True)
    edition.steps, edition.remarks = (*edition.steps, step), ()


def _unschedule(document: Document, actor: Actor, row: Row, given: dict[str, Any], now: datetime) -> None:
    edition = scheduled_one(document, given)
    assert edition is not None
    publish.unschedule(document, edition, actor=actor.id)
    edition.stage, edition.steps = row.target, (*edition.steps, _made(document, actor, row, given, now))


def _override(document: Document, actor: Actor, row: Row, given: dict[str, Any], now: datetime) -> None:
    step, waits = _made(document, actor, row, given, now), emergency.begun(document, actor.id, actor.name, given["note"], now)
    edition = publish.publish(document, actor=actor.id, coded=True)
    edition.steps, edition.remarks = (*edition.steps, step), ()
    edition.openness, edition.secrecy = given["openness"], given["secrecy"]
    document.emergency = waits
    find_site(document).due[(waits.until, document.uid)] = "override"


def _confirm(document: Document, actor: Actor, row: Row, given: dict[str, Any], now: datetime) -> None:
    document.emergency = None
    _event(document, _made(document, actor, row, given, now))


def _withdraw(document: Document, actor: Actor, row: Row, given: dict[str, Any], now: datetime) -> None:
    publish.withdraw(document, reason=given["note"], mode=given["mode"], to=given["to"], actor=actor.id)
    _event(document, _made(document, actor, row, given, now))


def _restore(document: Document, actor: Actor, row: Row, given: dict[str, Any], now: datetime) -> None:
    publish.restore(document, actor=actor.id)
    _event(document, _made(document, actor, row, given, now))


def _discard(document: Document, actor: Actor, row: Row, given: dict[str, Any], now: datetime) -> None:
    publish.discard(document, actor=actor.id)


def _assign(document: Document, actor: Actor, row: Row, given: dict[str, Any], now: datetime) -> None:
    document.assignee = given["to"]


def _event(document: Document, step: Step) -> None:
    document.events = (*document.events, step)[-MAX_EVENTS:]


_DO: dict[str, Callable[[Document, Actor, Row, dict[str, Any], datetime], None]] = {
    "publish": _publish, "unschedule": _unschedule, "override": _override, "confirm": _confirm, "withdraw": _withdraw, "restore": _restore,
    "discard": _discard, "assign": _assign}
