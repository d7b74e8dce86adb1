"""Queries that found nothing, or what nobody opened, as the query log knows them; and what could be done about each.

Owns the two lists (desk and ``govportal search``) and the ways on. Nothing is guessed about people: a query is listed from ASKERS askers of one day
on, what was asked or opened afterwards only when as many did alike. Ways come from characters, pinyin and the log; the operator decides.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from .engine import Engine, Query
from .querylog import ASKERS, Asked, QueryLog
from .ranking import Filters
from .rows import KINDS
from .text import bigrams, squeeze

FEW = 0.2                       # opened by fewer than this share of the askers of each day
ALIKE = 0.3                     # shared character pairs from which a label is proposed
MAX_WAYS = 4                    # beside the way to say that it is no item


class Way(NamedTuple):
    """Something to add: the kind of row, its cells as far as they are known, and why, in words."""

    kind: str
    why: str
    values: dict[str, str]


@dataclass(frozen=True)
class Finding:
    """A query of a list. ``days``: (day, times asked), oldest first; ``trend``: in words; ``now``: hits today; ``near``: (title, path) of what comes
    closest or first, each title once; ``opened``: (title, path, times) of what people opened; ``elsewhere``: the matter that it is known to be."""

    asked: Asked
    days: tuple[tuple[str, int], ...]
    trend: str
    now: int
    near: tuple[tuple[str, str], ...]
    opened: tuple[tuple[str, str, int], ...]
    ways: tuple[Way, ...]
    elsewhere: str = ""


def zero(log: QueryLog, today: dt.date, days: int = 7) -> list[Asked]:
    """Queries that fitted nothing when they were asked last, most asked first."""
    return [row for row in log.asked(today, days) if not row.total]


def low_clicks(log: QueryLog, today: dt.date, days: int = 7) -> list[Asked]:
    """Queries with hits that fewer than a fifth of the askers opened, most asked first."""
    return [row for row in log.asked(today, days) if row.total and row.openers < row.visits * FEW]


def looked_into(rows: Iterable[Asked], log: QueryLog, engine: Engine, columns: Any, today: dt.date, days: int) -> list[Finding]:
    """The rows of a page with trend and ways on. A search a row. IndexMissing."""
    again = log.asked_again(today, days)
    return [_finding(row, again.get(row.text, []), engine, columns, today, days) for row in rows]


def bare(row: Asked, today: dt.date, days: int) -> Finding:
    """The row with its trend alone: all there is while there is no index."""
    course = tuple((day, row.by_day.get(day, 0)) for back in reversed(range(days)) for day in [(today - dt.timedelta(days=back)).isoformat()])
    return Finding(row, course, trend([times for _, times in course]), 0, (), (), ())


def _finding(row: Asked, again: list[tuple[str, str, int]], engine: Engine, columns: Any, today: dt.date, days: int) -> Finding:
    answer = engine.search(Query(row.text, Filters(kind="item"), size=5, today=today.strftime("%Y%m%d"), facets=False), columns)
    now = engine.search(Query(row.text, size=1, today=today.strftime("%Y%m%d"), facets=False), columns).total
    closest: dict[str, tuple[str, str]] = {}
    for hit in (answer.hits or answer.near)[:5]:
        if (found := columns.item(hit.uid)) is not None:
            closest.setdefault(found.name, (found.name, found.path))
    near = tuple(closest.values())
    opened = tuple((title, path, times) for uid, times in sorted(row.clicked.items(), key=lambda pair: -pair[1]) if times >= ASKERS for title, path in [_title(columns, uid)] if path)
    plan = engine.planner.plan(row.text)
    ways = [] if "〔" in row.text else [*_from_log(row, again, columns), *_from_opened(row, opened, near), *_from_sound(plan.text, engine, columns),
                                        *_from_characters(plan.text, near, columns)]
    unique = {(way.kind, tuple(sorted(way.values.items()))): way for way in reversed(ways)}
    kept = [way for way in ways if unique.get((way.kind, tuple(sorted(way.values.items())))) is way]
    return replace(bare(row, today, days), now=now, elsewhere=plan.elsewhere.matter if plan.elsewhere is not None else "", near=near[:3], opened=opened[:3], ways=(*kept[:MAX_WAYS], *(_elsewhere(plan) if "〔" not in row.text else ())))


def trend(course: list[int]) -> str:
    """Of times asked a day, oldest first: the later half against the earlier one."""
    half = len(course) // 2
    earlier, later = sum(course[:half]), sum(course[len(course) - half:])
    if not half or not earlier + later:
        return ""
    if not earlier:
        return "刚出现"
    return "在增多" if later >= 1.5 * earlier and later - earlier >= 3 else "在减少" if earlier >= 1.5 * later and earlier - later >= 3 else "差不多"


def _title(columns: Any, uid: str) -> tuple[str, str]:
    found = columns.row(uid)
    return ("", "") if found is None else (getattr(found[1], "title", "") or found[1].name, found[1].path)


def _fits(kind: str, **values: str) -> bool:
    """Whether the cells would be short enough for their columns."""
    return all(0 < len(values[column.name]) <= column.longest for column in KINDS[kind].columns if column.name in values)


def _from_log(row: Asked, again: list[tuple[str, str, int]], columns: Any) -> list[Way]:
    """What people did next on the same day."""
    ways = []
    for second, uid, number in again[:2]:
        title, path = _title(columns, uid)
        why = f"{number} 人当天改问“{second}”" + (f"，打开了“{title}”" if title else "")
        if squeeze(second) != squeeze(row.text) and _fits("synonym", said=row.text, means=second):
            ways.append(Way("synonym", why, {"said": row.text, "means": second, "weight": "0.8"}))
        if path.startswith("/items/") and _fits("best_bet", query=row.text, path=path):
            ways.append(Way("best_bet", why, {"query": row.text, "path": path}))
    return ways


def _from_opened(row: Asked, opened: tuple[tuple[str, str, int], ...], near: tuple[tuple[str, str], ...]) -> list[Way]:
    """What people opened though it stands further below."""
    first = {path for _, path in near[:1]}
    return [Way("best_bet", f"{times} 次打开的是“{title}”，它没有排在最前", {"query": row.text, "path": path})
            for title, path, times in opened[:1] if path.startswith("/items/") and path not in first and _fits("best_bet", query=row.text, path=path)]


def _from_sound(text: str, engine: Engine, columns: Any) -> list[Way]:
    """A wording of the site that sounds the same or differs in one character."""
    others = [other for other in engine.lexicon(columns).corrections(text)[:2] if any(other in squeeze(entry.text) for entry in engine.suggest(other, columns))]
    return [Way("synonym", "读音相同或只差一个字", {"said": text, "means": other, "weight": "0.9"}) for other in others if _fits("synonym", said=text, means=other)]


def _from_characters(text: str, near: tuple[tuple[str, str], ...], columns: Any) -> list[Way]:
    """The name or plain name of what comes closest, when it shares enough of its character pairs; one inside the other adds nothing."""
    said, ways = set(bigrams(text)), []
    for _, path in near:
        item = columns.item_at(path)
        labels = [] if item is None else [label for label in (item.name, *item.plain_names) if (key := squeeze(label)) not in text and text not in key]
        shares = [(2 * len(said & pairs) / max(1, len(said) + len(pairs)), label) for label in labels if (pairs := set(bigrams(squeeze(label))))]
        share, label = max(shares, default=(0.0, ""))
        if share >= ALIKE and _fits("synonym", said=text, means=label):
            ways.append((share, Way("synonym", "字面相近", {"said": text, "means": label, "weight": "0.8"})))
    return [way for _, way in sorted(ways, key=lambda pair: -pair[0])[:2]]


def _elsewhere(plan: Any) -> list[Way]:
    words = " ".join(group.said for group in plan.groups if not group.kind)[:40] or plan.text[:40]
    return [Way("elsewhere", "如果是诉求、不是办事", {"words": words})] if words and plan.elsewhere is None else []
