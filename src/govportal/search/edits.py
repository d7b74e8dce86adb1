"""The verbs that change the desk's overlay, and the import of files into it.

A verb first collects the reasons against it for people (``Refused``), then writes the entry, its history and the audit in the caller's transaction.
Owns who may (role ``site``), what may stand (beyond the form that ``rows.checked`` looks at) and which conflicts are named without being refused.
"""
from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..base import clock
from ..content.model import Document
from ..content.publish import Reason, Refused
from ..content.site import Site
from ..workflow.actors import Actor, Scope
from .overlay import Entry, Overlay, place_of
from .rowfiles import Line
from .rows import KINDS, LONGEST_SOURCE, RISKY, Row, beneath, checked, plain, with_rows
from .tables import MAX_ALTERNATIVES, Tables
from .text import squeeze

ROLE = "site"
ITEM_KINDS = ("DirectoryItem", "ImplementationItem", "HandlingItem")
LONGEST_BET = dt.timedelta(days=366)


class Desk(NamedTuple):
    """What a verb works with. ``under``: the tables beneath the overlay (``Engine.beneath``)."""

    overlay: Overlay
    site: Site
    under: Tables
    actor: Actor
    now: dt.datetime

    @classmethod
    def of(cls, overlay: Overlay, site: Site, under: Tables, actor: Actor, now: dt.datetime | None = None) -> Desk:
        return cls(overlay, site, under, actor, now or clock.now())


def checked_row(desk: Desk, row: Row, *, id_: str = "") -> Row:
    """The row in its proper form, fit to stand as entry ``id_`` ('' = a new one). Refused with one reason a fault."""
    _allowed(desk)
    if row.kind not in KINDS:
        raise Refused(Reason("kind", "没有这种词表"))
    made, faults = checked(row)
    reasons = [Reason(*fault) for fault in faults]
    if not reasons:
        reasons = [*_bet_reasons(desk, made), *_place_reasons(desk, made, id_)]
    if reasons:
        raise Refused(*reasons)
    return made


def _allowed(desk: Desk) -> None:
    if not desk.actor.holds(ROLE, Scope()):
        raise Refused(Reason("", "只有站点管理可以改检索的词表"))


def _bet_reasons(desk: Desk, row: Row) -> list[Reason]:
    if row.kind != "best_bet" or row.off:
        return []
    found, reasons = desk.site.at(row.values["path"]), []
    if not (isinstance(found, Document) and found.kind in ITEM_KINDS and found.live is not None and found.withdrawal is None):
        reasons.append(Reason("path", "这个路径上没有公开的事项，请从事项页面的地址里复制"))
    until = dt.date.fromisoformat(row.values["until"])
    if not desk.now.date() <= until <= desk.now.date() + LONGEST_BET:
        reasons.append(Reason("until", "到期日从今天起，最长一年"))
    return reasons


def _place_reasons(desk: Desk, row: Row, id_: str) -> list[Reason]:
    """The same key twice; a row that changes nothing."""
    column, reasons = KINDS[row.kind].key[0], []
    holder, under = desk.overlay.holder(row), beneath(desk.under, row)
    if holder is not None and holder.id != id_:
        reasons.append(Reason(column, f"已经有这一条：{holder.row.text}（{holder.name}，{holder.at[:10]}），请改那一条"))
    elif row.off and under is None:
        reasons.append(Reason(column, "随附的表和运维文件里没有这一条，没有可停用的"))
    elif not row.off and under is not None and under.values == row.values:
        reasons.append(Reason(column, "词表里本来就有一模一样的一条，不用加"))
    return reasons


def conflicts(under: Tables, overlay: Overlay, row: Row) -> list[str]:
    """What a sound row meets in the tables, for people to weigh: it is no reason to refuse."""
    found, value = [], row.values
    below = beneath(under, row)
    if below is not None and not row.off:
        found.append(f"盖过随附的表或运维文件里的一条：{below.text}")
    if row.kind == "synonym" and not row.off:
        said, means = squeeze(value["said"]), squeeze(value["means"])
        all_rows = with_rows(under, overlay.laid())
        if any(other.means == said for other in all_rows.synonyms.get(means, ())):
            found.append(f"反方向的一条已经有：{value['means']} → {value['said']}，两个方向都会找")
        if len([other for other in all_rows.synonyms.get(said, ()) if other.means != means]) >= MAX_ALTERNATIVES:
            found.append(f"“{value['said']}”已有 {MAX_ALTERNATIVES} 种说法，分量最小的一种会不用")
        if said in all_rows.regions:
            found.append(f"“{value['said']}”是地名，检索时先当地点，和别的词连着说时这一条可能不起作用")
    if row.kind == "question" and not row.off and squeeze(value["word"]) in with_rows(under, overlay.laid()).synonyms:
        found.append(f"“{value['word']}”同时是口语词：按口语词找，不会去掉")
    return found


def source_reasons(source: str) -> tuple[str, list[Reason]]:
    """The source in its proper form, and what is wrong with it."""
    text = plain(source)
    if not text:
        return text, [Reason("source", "请写来源或理由，例如：11 月查不到的话，12345 来电")]
    if len(text) > LONGEST_SOURCE:
        return text, [Reason("source", f"来源或理由最多 {LONGEST_SOURCE} 个字，现在有 {len(text)} 个")]
    return text, [Reason("source", f"来源或理由不能以 {' '.join(RISKY)} 开头")] if text[0] in RISKY else []


# -- verbs --------------------------------------------------------------------------------------------------------------
def add(desk: Desk, rows: Iterable[Row], source: str) -> list[str]:
    """New entries, all or none; returns their ids. Refused."""
    wanted: list[Row] = []
    reasons: list[Reason] = []
    text, wrong = source_reasons(source)
    for row in rows:
        try:
            made = checked_row(desk, row)
            if place_of(made) in {place_of(other) for other in wanted}:
                raise Refused(Reason(KINDS[row.kind].key[0], f"同一条写了两次：{made.text}"))
            wanted.append(made)
        except Refused as exc:
            reasons += exc.reasons
    reasons = [*dict.fromkeys(reasons), *wrong]
    if reasons or not wanted:
        raise Refused(*(reasons or [Reason("", "没有要加的")]))
    return [_add(desk, row, text) for row in wanted]


def _add(desk: Desk, row: Row, source: str, origin: str = "") -> str:
    id_, at = secrets.token_hex(8), desk.now.isoformat(timespec="milliseconds")
    who = {"by": desk.actor.id, "name": desk.actor.name, "at": at}
    record = {"kind": row.kind, "values": dict(row.values), "off": row.off, "source": source, **who, "version": 1, "first": (desk.actor.id, desk.actor.name, at), "origin": origin}
    _write(desk, id_, "add", record, None)
    return id_


def change(desk: Desk, id_: str, row: Row, source: str, *, base: int) -> None:
    """Another text for an entry, made from its version ``base``. Refused, also when somebody else was faster."""
    old = _current(desk, id_, base)
    text, reasons = source_reasons(source)
    if row.kind != old.row.kind:
        reasons.append(Reason("kind", "一条不能换到另一种词表里，请删去再加"))
    made = old.row
    try:
        made = checked_row(desk, row, id_=id_)
    except Refused as exc:
        reasons = [*exc.reasons, *reasons]
    if reasons:
        raise Refused(*reasons)
    record = desk.overlay.record(id_)
    _write(desk, id_, "change", {**record, "values": dict(made.values), "off": made.off, "source": text, "version": old.version + 1, "by": desk.actor.id,
                                 "name": desk.actor.name, "at": desk.now.isoformat(timespec="milliseconds")}, record)


def remove(desk: Desk, id_: str, reason: str, *, base: int) -> None:
    """Take an entry out; its history stays. Refused."""
    _current(desk, id_, base)
    text, reasons = source_reasons(reason)
    if reasons:
        raise Refused(*reasons)
    record = desk.overlay.record(id_)
    after = {**record, "source": text, "version": record["version"] + 1, "by": desk.actor.id, "name": desk.actor.name, "at": desk.now.isoformat(timespec="milliseconds")}
    _write(desk, id_, "remove", after, record)


def _current(desk: Desk, id_: str, base: int) -> Entry:
    _allowed(desk)
    entry = desk.overlay.get(id_)
    if entry is None:
        raise Refused(Reason("", "这一条已经没有了，可能刚被别人删去；在“历史”里可以看到"))
    if entry.version != base:
        raise Refused(Reason("", f"这一条刚才由{entry.name}在 {entry.at[:16].replace('T', ' ')} 改成了：{entry.row.text}。您写的还在下面，请对照后再存"))
    return entry


def _write(desk: Desk, id_: str, what: str, record: dict[str, Any], before: dict[str, Any] | None) -> None:
    past = {"what": what, **{name: record[name] for name in ("kind", "values", "off", "source", "by", "name", "at")}}
    desk.overlay.put(id_, None if what == "remove" else record, past, record["version"])
    desk.site.audit.record(f"search.{what}", actor=desk.actor.id, target=f"search:{record['kind']}:{id_}", reason=record["source"], at=desk.now,
                           before=_shown(before), after=None if what == "remove" else _shown(record))


def _shown(record: dict[str, Any] | None) -> dict[str, Any] | None:
    return {name: record[name] for name in ("kind", "values", "off", "source")} if record is not None else None


# -- files --------------------------------------------------------------------------------------------------------------
class Arrival(NamedTuple):
    """A line of a file against the overlay: ``what`` is new, change, same or fault (then ``message`` says why)."""

    line: Line
    what: str
    message: str = ""
    id: str = ""


def arrivals(desk: Desk, lines: Iterable[Line]) -> list[Arrival]:
    """What a file would do, line by line; nothing is changed."""
    found: list[Arrival] = []
    seen: dict[str, int] = {}
    for line in lines:
        source, reasons = source_reasons(line.source or "导入的文件没有写来源")
        holder: Entry | None = None
        row = line.row
        try:
            row, faults = checked(line.row)
            reasons = [*(Reason(*fault) for fault in faults), *reasons]
            holder = desk.overlay.holder(row) if not faults else None
            row = checked_row(desk, row, id_=holder.id if holder is not None else "") if not faults else row
        except Refused as exc:
            reasons = [*exc.reasons, *reasons]
        place = place_of(row)
        if not reasons and place in seen:
            reasons = [Reason("", f"与第 {seen[place]} 行是同一条")]
        made = line._replace(row=row, source=source)
        if reasons:
            found.append(Arrival(made, "fault", "；".join(reason.message for reason in reasons)))
            continue
        seen[place] = line.number
        same = holder is not None and holder.row == row and holder.source == source
        found.append(Arrival(made, "same" if same else "change" if holder is not None else "new", "", holder.id if holder is not None else ""))
    return found


def take_in(desk: Desk, found: Iterable[Arrival]) -> tuple[int, int]:
    """Write what ``arrivals`` found, (added, changed). Refused when a line is wrong: all or nothing."""
    _allowed(desk)
    listed = list(found)
    if wrong := [arrival for arrival in listed if arrival.what == "fault"]:
        raise Refused(*(Reason("file", f"第 {arrival.line.number} 行：{arrival.message}") for arrival in wrong))
    added = changed = 0
    for arrival in listed:
        origin = f"{arrival.line.by} {arrival.line.at}".strip()[:120]
        if arrival.what == "new":
            _add(desk, arrival.line.row, arrival.line.source, plain(origin))
            added += 1
        elif arrival.what == "change":
            entry = desk.overlay.get(arrival.id)
            change(desk, arrival.id, arrival.line.row, arrival.line.source, base=entry.version if entry is not None else 0)
            changed += 1
    return added, changed
