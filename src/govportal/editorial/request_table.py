"""The table of requests (``content/workflow/directory-requests.yaml``) with what its guards mean, and what makes a request sound.

Owns the guards and the checks of a request against the list as it is. Reads only; the verbs are in ``requests``. A table that is wrong ends the
start (ValueError).
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from ..base import clock
from ..content import codes, publish, rules
from ..content.kinds import kind_of
from ..content.model import Document
from ..content.publication_table import secrecy_sound as _secrecy_sound
from ..content.site import Site
from ..shipped import shipped
from ..workflow.actors import Actor
from ..workflow.reasons import Reason, Refused
from ..workflow.table import Given, Table, declare
from .request import KINDS, UNDER_WAY, Request

MAX_ROWS = 20
MAX_TEXT = 2000
KIND = "DirectoryItem"
SHAPES = {"add": (0, 0, 1, 1), "change": (1, 1, 1, 1), "split": (1, 1, 2, MAX_ROWS), "merge": (2, MAX_ROWS, 1, 1),
          "suspend": (1, 1, 0, 0), "resume": (1, 1, 0, 0), "cancel": (1, 1, 0, 0)}      # fewest and most items, fewest and most rows
ENDS = ("split", "merge", "cancel")
Reasons = Iterator[Reason]


class Subject(NamedTuple):
    """What guards look at."""

    request: Request
    site: Site
    requests: Any


def items_of(site: Site, request: Request) -> list[Document]:
    """The directory items it is about, those that are still there."""
    found = [site.document(uid) for uid in request.subjects]
    return [one for one in found if one is not None and one.kind == KIND and one.__parent__ is not None]


def values_of(site: Site, row: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """The elements of the item a row makes: those it changes over those it had. Codes are not among what it changes."""
    main = site.document(row.get("main") or "")
    name = main.live.head["name"] if main is not None and main.live is not None else ""
    return {**(before or {"state": "在用"}), "name": row.get("name") or "", "type": row.get("type") or "", "main": name,
            "legal_basis": row.get("legal_basis") or ()}


def problems(site: Site, request: Request) -> list[Reason]:
    """Why the request cannot be carried out as it is; [] when it can."""
    found = [] if request.reason.strip() else [Reason("理由", "必填：写明为什么要改，依据什么")]
    if request.kind not in KINDS:
        return [Reason("", "没有这种申请")]
    items, shape = items_of(site, request), SHAPES[request.kind]
    if len(items) != len(set(request.subjects)) or not shape[0] <= len(items) <= shape[1]:
        found.append(Reason("事项", "合并要选两个以上的事项" if request.kind == "merge" else "要改的事项不在了，请重新选择"))
    if not shape[2] <= len(request.rows) <= shape[3]:
        found.append(Reason("拆分为", f"拆分要写 2 至 {MAX_ROWS} 个新事项") if request.kind == "split" else Reason("", "申请的内容不完整"))
    for item, base in zip(items, request.bases, strict=False):
        found += _item_problems(site, request, item, base)
    for number, row in enumerate(request.rows, 1):
        found += _row_problems(site, request, row, f"第 {number} 个" if len(request.rows) > 1 else "", items)
    names = [row.get("name") for row in request.rows]
    if len(set(names)) < len(names):
        found.append(Reason("事项名称", "拆分出来的事项名称不能相同"))
    return found


def _item_problems(site: Site, request: Request, item: Document, base: str) -> Reasons:
    if item.live is None or item.withdrawal is not None or item.live.head.get("state") == "取消":
        yield Reason("事项", f"“{_name(item)}”已不在目录清单里")
        return
    if item.live.uid != base:
        yield Reason("事项", f"写这件申请以后，“{_name(item)}”又有了新版本（第 {item.live.number} 版），请打开看看，再保存一次")
    if item.draft is not None or item.scheduled:
        yield Reason("事项", f"“{_name(item)}”另有没有发布的草稿或排定的版本，请先处理它")
    state = item.live.head.get("state") or "在用"
    if request.kind == "suspend" and state != "在用":
        yield Reason("事项", f"“{_name(item)}”现在不是在用，不用暂停")
    if request.kind == "resume" and state != "挂起":
        yield Reason("事项", f"“{_name(item)}”没有暂停，不用恢复")
    subs = subs_in_use(site, item)
    if subs and request.kind in ENDS:
        yield Reason("事项", f"“{_name(item)}”下面还有 {len(subs)} 个在用的子项，请先处理子项")


def _row_problems(site: Site, request: Request, row: dict[str, Any], which: str, items: list[Document]) -> Reasons:
    before = items[0].live.values if request.kind == "change" and items and items[0].live is not None else None
    try:
        values = publish.clean(KIND, values_of(site, row, before))
    except Refused as refused:
        yield from (Reason(which + reason.field, reason.message, reason.source) for reason in refused.reasons)
        if not row.get("legal_basis"):
            yield Reason(which + "设定依据", "没有设定依据，请写明法律法规名称和条款", "R4.2.1.2")
        return
    registered = (values.get("register") or {}).get("source")
    for fault in () if registered else rules.violations(KIND, values, "publish"):
        yield Reason(which + fault.field, fault.message, fault.source)
    yield from _main_problems(site, row, values, which, items if request.kind == "change" else [])
    if before is not None and values["type"] != before["type"] and items and subs_in_use(site, items[0]):
        yield Reason("事项类型", "它有子项，编码里带着类型，不能单独改类型；请先处理子项")
    if before is not None and values == before:
        yield Reason("", "和现在的内容一样，没有要改的")


def _main_problems(site: Site, row: dict[str, Any], values: dict[str, Any], which: str, own: list[Document]) -> Reasons:
    """The 主项 must be there and be no 子项 itself: two levels, so that there is never a circle (R5.9.6)."""
    if not row.get("main"):
        return
    main = site.document(row["main"])
    if main is None or main.kind != KIND or main.live is None or main.withdrawal is not None:
        yield Reason(which + "所属主项", "主项不存在或已取消，请重新选择", "R5.9.6")
        return
    if main in own or main.live.head.get("main"):
        yield Reason(which + "所属主项", "主项不能是它自己，也不能是别的主项的子项（会绕成一圈）", "R5.9.6")
    if own and subs_in_use(site, own[0]):
        yield Reason(which + "所属主项", "它自己有子项，不能再作别的事项的子项", "R5.9.6")
    if main.live.head.get("basic_code") and values["type"] != main.live.head.get("type"):
        yield Reason(which + "事项类型", "子项的类型要和主项相同，编码里有类型的代码", "RA1.5")
    if not main.live.head.get("basic_code"):
        yield Reason(which + "所属主项", "主项还没有基本编码，子项的编码由它而来；请先为主项办一次变更")


def subs_in_use(site: Site, item: Document) -> list[Document]:
    """The 子项 of a 主项 that are not cancelled."""
    code = item.live.head.get("basic_code") or "" if item.live is not None else ""
    found = [site.document(uid) for uid in codes.subs_of(site, code)]
    return [one for one in found if one is not None and one.live is not None and one.withdrawal is None]


def _name(item: Document) -> str:
    newest = item.live or item.draft
    return kind_of(KIND).heading(newest.head) if newest is not None else item.__name__


def sound(subject: Subject, actor: Actor, given: Given) -> Reasons:
    yield from problems(subject.site, subject.request)


def alone(subject: Subject, actor: Actor, given: Given) -> Reasons:
    """No other submitted request about the same item."""
    for uid in subject.request.subjects:
        other = next((one for one in subject.requests.about(uid) if one is not subject.request and one.stage in UNDER_WAY), None)
        if other is not None:
            yield Reason("事项", f"另一件申请“{other.title}”正在办（{TABLE.title(other.stage)}），请等它办完或作废")
            return


def date_ahead(subject: Subject, actor: Actor, given: Given) -> Reasons:
    day = given.get("effective") if given.get("effective") is not None else subject.request.effective
    if not day:
        return
    try:
        if clock.parse(day).date() < clock.now().date():
            yield Reason("生效日期", "不能早于今天，请改日期", "C3")
        elif clock.parse(day).date().year > clock.now().year + 5:
            yield Reason("生效日期", "太远了，最多排到五年以后")
    except ValueError as exc:
        yield Reason("生效日期", str(exc))


def secrecy_sound(subject: Subject, actor: Actor, given: Given) -> Reasons:
    yield from _secrecy_sound(subject, actor, given)      # type: ignore[arg-type]  # it looks at what is given alone


def own(subject: Subject, actor: Actor, given: Given) -> Reasons:
    if subject.request.stage in UNDER_WAY and actor.id not in subject.request.writers:
        yield Reason("", "只有写过这件申请的人能撤回；要改内容，请审核的人退回")


def not_writer(subject: Subject, actor: Actor, given: Given) -> Reasons:
    if actor.id in subject.request.writers:
        yield Reason("", "您写过或提出了这件申请，要由别人来审（三审三校）", "C1")


def not_approver(subject: Subject, actor: Actor, given: Given) -> Reasons:
    steps = list(subject.request.steps)
    last = max((number for number, step in enumerate(steps) if step.action == "submit"), default=0)
    if any(step.action == "approve" and step.actor == actor.id for step in steps[last:]):
        yield Reason("", "这件申请是您审核的，要由另一人签发（三审三校）", "C1")


GUARDS = {guard.__name__: guard for guard in (sound, alone, date_ahead, secrecy_sound, own, not_writer, not_approver)}


def _load() -> Table:
    path = shipped("content") / "workflow" / "directory-requests.yaml"
    return declare(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader), guards=GUARDS, conditions={})


TABLE = _load()
STAGES = {name: TABLE.title(name) for name in TABLE.states}
