"""What pages ask of the findings: lists with filters, counts by department and check, trend, what was mended, how far a run is.

Reads the result of the last run only, never the tree. A list walks at most ``quality.KEPT`` small rows.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from ..base import clock
from .checks import CHECKS
from .findings import Finding, Row, finding_of
from .store import Oversight, TrendLine

STALLED = timedelta(minutes=2)     # a run that said nothing for so long is dead


class Filter(NamedTuple):
    """Conditions of a list; empty = all. ``org`` None = every department ('' is the site office)."""

    org: str | None = None
    check: str = ""
    level: str = ""
    overdue: bool = False
    owner: str = ""
    uid: str = ""
    text: str = ""


class Listing(NamedTuple):
    """``total``: how many fit and are kept; ``left_off``: how many more fit by department and check, of which only the count is kept."""

    total: int
    left_off: int
    rows: list[Finding]


class Status(NamedTuple):
    """``ended`` None = never run. ``running``: (done, total) of a run that goes on now. ``asked``: a run was asked for and waits."""

    ended: datetime | None
    documents: int
    total: int
    running: tuple[int, int] | None
    asked: bool


def status(oversight: Oversight) -> Status:
    result, progress = oversight.result, oversight.progress.value
    alive = progress is not None and clock.now() - progress[3] < STALLED
    return Status(result.ended if result else None, result.documents if result else 0, result.total if result else 0,
                  (progress[1], progress[2]) if alive else None, oversight.asked.value is not None)


def listing(oversight: Oversight, wanted: Filter | None = None, *, start: int = 0, size: int = 50) -> Listing:
    """Findings that fit, earliest due first. A check that is no more in the program is left out."""
    wanted = wanted or Filter()
    today = clock.now().date()
    rows = [row for row in _rows(oversight, wanted.org) if row.check in CHECKS and _fits(oversight, row, wanted, today)]
    rows.sort(key=lambda row: (row.due, row.org, row.check, row.path, row.key))
    shown = [finding_of(row, CHECKS[row.check], oversight.owners.get(row.key, ("", ""))[:2]) for row in rows[start:start + size]]
    return Listing(len(rows), _left_off(oversight, wanted), shown)


def find(oversight: Oversight, key: int) -> Finding | None:
    """The finding with this key, when it is among the rows kept."""
    row = next((row for row in _rows(oversight, None) if row.key == key and row.check in CHECKS), None)
    return None if row is None else finding_of(row, CHECKS[row.check], oversight.owners.get(row.key, ("", ""))[:2])


def _rows(oversight: Oversight, org: str | None) -> Iterator[Row]:
    if oversight.result is None:
        return
    pages = oversight.result.pages
    for page in pages.values() if org is None else pages.values(min=(org, 0), max=(org, 1 << 30)):
        yield from map(Row._make, page.rows)


def _fits(oversight: Oversight, row: Row, wanted: Filter, today: date) -> bool:
    return ((not wanted.check or row.check == wanted.check) and (not wanted.level or CHECKS[row.check].level == wanted.level)
            and (not wanted.overdue or row.due < today.toordinal()) and (not wanted.uid or row.uid == wanted.uid)
            and (not wanted.owner or oversight.owners.get(row.key, ("",))[0] == wanted.owner)
            and (not wanted.text or wanted.text in row.title or wanted.text in row.words or wanted.text in row.path))


def _left_off(oversight: Oversight, wanted: Filter) -> int:
    if oversight.result is None or wanted.overdue or wanted.owner or wanted.uid or wanted.text:
        return 0
    kept: Counter[tuple[str, str]] = Counter((row.org, row.check) for row in _rows(oversight, wanted.org))
    return sum(number - kept[org, check] for org, checks in oversight.result.counts.items() if wanted.org in (None, org)
               for check, number in checks.items() if check in CHECKS and (not wanted.check or check == wanted.check)
               and (not wanted.level or CHECKS[check].level == wanted.level))


def by_department(oversight: Oversight) -> list[tuple[str, dict[str, int]]]:
    """(department, {level: number, ``overdue``: number of those kept}) with the most to mend first."""
    if oversight.result is None:
        return []
    today, overdue = clock.now().date().toordinal(), Counter()  # type: ignore[var-annotated]
    for row in _rows(oversight, None):
        overdue[row.org] += row.due < today
    found = []
    for org, checks in oversight.result.counts.items():
        levels: Counter[str] = Counter()
        for check, number in checks.items():
            if check in CHECKS:
                levels[CHECKS[check].level] += number
        found.append((org, {**levels, "overdue": overdue[org]}))
    return sorted(found, key=lambda pair: (-pair[1].get("must", 0), -sum(pair[1].values()), pair[0]))


def by_check(oversight: Oversight, org: str | None = None) -> list[tuple[str, int]]:
    """(check, number) in the order of the table, those with findings only."""
    counts: Counter[str] = Counter()
    for name, checks in (oversight.result.counts if oversight.result is not None else {}).items():
        if org in (None, name):
            counts.update(checks)
    return [(check, counts[check]) for check in CHECKS if counts[check]]


def mended(oversight: Oversight) -> tuple[int, list[dict[str, Any]]]:
    """(how many are gone since the run before, plain rows of those kept)."""
    result = oversight.result
    return (0, []) if result is None else (result.mended_count, [Row._make(row)._asdict() for row in result.mended.rows])


def trend(oversight: Oversight, *, days: int = 90, org: str | None = None, check: str = "") -> list[tuple[date, int]]:
    """(day, number) of the last run of each of the last ``days`` days, oldest first."""
    first = clock.now().date() - timedelta(days=days - 1)
    found = {line.at.date(): _number(line, org, check) for line in oversight.trend.values() if line.at.date() >= first}
    return sorted(found.items())


def _number(line: TrendLine, org: str | None, check: str) -> int:
    if check:
        return line.checks.get(check, 0)
    return line.total if org is None else line.orgs.get(org, 0)
