"""What a change of the tables would do, before it is saved: on the judged sets, on queries typed by the operator, on what people ask most.

Works on copies of the engine (``Engine.with_changed``) that read the same index: the running engine keeps its tables, its answers and its
number. The check set is compared in sums only (``evaluate.compare``). IndexMissing while there is no index.
"""
from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from . import evaluate
from .engine import Engine, Query
from .overlay import Overlay
from .plan import explain
from .querylog import QueryLog
from .ranking import Filters
from .rows import Row, with_rows
from .tables import Tables

MAX_SAMPLES = 5
FIRST = 10
LOGGED = 50                     # most frequent queries of the log that are looked at
LOGGED_DAYS = 28


class Proposal(NamedTuple):
    """Rows to lay on top, with their source, and ids of entries that they replace or that go."""

    rows: tuple[tuple[Row, str], ...] = ()
    without: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Place:
    """A hit in a list. ``mark``: new, gone, up, down or same; ``by``: how many places."""

    title: str
    path: str
    mark: str = "same"
    by: int = 0
    why: str = ""


@dataclass(frozen=True)
class Side:
    """The answer to a query under one set of tables. ``honest``: what is said when nothing fits; ``plan``: how it is understood, in lines."""

    total: int
    places: tuple[Place, ...]
    honest: str
    plan: tuple[str, ...]


@dataclass(frozen=True)
class Sample:
    """A query before and after. ``askers``: of the query log, 0 for one that was typed."""

    query: str
    before: Side
    after: Side
    askers: int = 0

    @property
    def same(self) -> bool:
        return self.before.total == self.after.total and self.before.honest == self.after.honest and all(place.mark == "same" for place in (*self.before.places, *self.after.places))


@dataclass(frozen=True)
class Trial:
    """``sets``: every judged set; ``nothing``: (query, said so before, says so after) of queries that no item answers, where it moves; ``logged``: those
    of ``looked`` frequent queries that change; ``seconds``: how long it took."""

    sets: tuple[evaluate.Compared, ...]
    nothing: tuple[tuple[str, bool, bool], ...]
    samples: tuple[Sample, ...]
    logged: tuple[Sample, ...]
    looked: int
    seconds: float


def tables_with(under: Tables, overlay: Overlay, proposal: Proposal = Proposal()) -> Tables:
    """The tables as they would be: what lies under the overlay, its entries except those that go, the proposal."""
    kept = [pair for entry, pair in zip(overlay.entries(), overlay.laid(), strict=True) if entry.id not in proposal.without]
    return with_rows(under, [*kept, *proposal.rows])


def try_out(engine: Engine, columns: Any, overlay: Overlay, proposal: Proposal, *, samples: Iterable[str] = (), log: QueryLog | None = None, today: Any = None,
            judged: bool = True) -> Trial:
    """The effects of a proposal. ``today``: date, for the log and for what ends on a day. IndexMissing."""
    began, under = time.monotonic(), engine.beneath()
    before = engine.with_changed(tables=tables_with(under, overlay))
    before.lexicon(columns)                                  # made here when the running engine has none yet, and shared by both
    after = before.with_changed(tables=tables_with(under, overlay, proposal))
    day = today.strftime("%Y%m%d") if today is not None else ""
    sets: list[evaluate.Compared] = []
    nothing: list[tuple[str, bool, bool]] = []
    if judged:
        judge = evaluate.Judge(before, columns)
        other = judge.over(after)
        sets = [evaluate.compare(judge, other, name) for name in evaluate.SETS]
        nothing = [(query, was, is_) for (query, was), (_, is_) in zip(evaluate.said_nothing(judge), evaluate.said_nothing(other), strict=True) if was != is_]
    asked = [row for row in log.asked(today, LOGGED_DAYS) if "〔" not in row.text][:LOGGED] if log is not None and today is not None else []
    logged = [_sample(before, after, columns, row.text, day, row.askers) for row in asked]
    typed = [_sample(before, after, columns, text, day) for text in dict.fromkeys(filter(None, (text.strip() for text in samples)))][:MAX_SAMPLES]
    return Trial(tuple(sets), tuple(nothing), tuple(typed), tuple(one for one in logged if not one.same), len(asked), time.monotonic() - began)


def _sample(before: Engine, after: Engine, columns: Any, query: str, day: str, askers: int = 0) -> Sample:
    old, new = (_side(engine, columns, query, day) for engine in (before, after))
    was = {place.path: number for number, place in enumerate(old.places)}
    will = {place.path for place in new.places}
    marked = tuple(_marked(place, was.get(place.path), number) for number, place in enumerate(new.places))
    gone = tuple(place if place.path in will else Place(place.title, place.path, "gone", 0, place.why) for place in old.places)
    return Sample(query, Side(old.total, gone, old.honest, old.plan), Side(new.total, marked, new.honest, new.plan), askers)


def _marked(place: Place, was: int | None, now: int) -> Place:
    if was is None:
        return Place(place.title, place.path, "new", 0, place.why)
    mark = "up" if was > now else "down" if was < now else "same"
    return Place(place.title, place.path, mark, abs(was - now), place.why)


def _side(engine: Engine, columns: Any, query: str, day: str) -> Side:
    answer = engine.search(Query(query, Filters(kind="item"), size=FIRST, today=day, facets=False), columns)
    places = []
    for hit in answer.hits:
        row = columns.item(hit.uid)
        if row is not None:
            places.append(Place(row.name, row.path, why=hit.step))
    elsewhere = answer.plan.elsewhere
    honest = "" if answer.total else f"没有合适的事项；像是“{elsewhere.matter}”：{elsewhere.where}" if elsewhere is not None else "没有合适的事项"
    lines = explain(answer.plan) + ([f"已按“{answer.corrected}”查找"] if answer.corrected else [])
    return Side(answer.total, tuple(places), honest, tuple(lines))
