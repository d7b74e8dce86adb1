"""The run over the whole site: every public document past every check, in slices that each read in a transaction of their own.

Owns the order of a run and how its result takes the place of the former one: in one transaction at the end, so that a run that is
killed leaves the former result and is begun anew. Memory is bounded: a slice of documents, 8 bytes a finding, and at most ``KEPT`` rows
(``PER`` of one department and check); what is left off is still counted. First-seen days, owners and notes stay with a finding until it is mended.
"""
from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

import transaction
from ZODB.POSException import ConflictError, POSKeyError

from ..base import clock
from ..content.columns import Columns, ColumnStore
from ..content.model import Document
from ..content.site import Site, open_site
from .checks import CHECKS, examine, examine_withdrawn
from .checks.subject import Subject, Surroundings
from .facts import Facts
from .findings import LEVELS, Finding, Flaw, Row, due_day, finding_of, key_of
from .limits import limits_of
from .store import ROOT_KEY, Oversight, Page, Result, TrendLine, open_oversight
from .words import word_list
from .world import ColumnsWorld, HeadsWorld

log = logging.getLogger("govportal.quality")
SLICE = 200          # documents read in one transaction
PAGE = 100           # rows in one record
PER = 200            # rows kept of one department and check
KEPT = 20_000        # rows kept in all
MENDED = 500         # rows kept of what was mended
TREND = 400          # lines of the trend
REPORT_EVERY = 2.0   # seconds between two notes of progress
TRIES = 5

Progress = Callable[[int, int], None]


class Ran(NamedTuple):
    """What a run came to: documents read, findings, mended since the run before."""

    documents: int
    findings: int
    mended: int


class Collector:
    """Takes flaws and keeps what the result needs."""

    def __init__(self, since: dict[int, int], today: date) -> None:
        self._since, self._today = since, today
        self._due: dict[tuple[int, int], int] = {}
        self.keys: set[int] = set()
        self.new: list[int] = []
        self.counts: dict[str, Counter[str]] = defaultdict(Counter)
        self.rows: list[Row] = []

    def take(self, subject: Subject, flaws: Iterable[Flaw]) -> None:
        for flaw in flaws:
            key = key_of(flaw.check, subject.document.uid, flaw.field, flaw.mark)
            if key in self.keys:
                continue
            self.keys.add(key)
            self.counts[subject.org][flaw.check] += 1
            if key not in self._since:
                self.new.append(key)
            if len(self.rows) < KEPT and self.counts[subject.org][flaw.check] <= PER:
                self.rows.append(row_of(subject, flaw, key, self._since.get(key, self._today.toordinal()), self._due))

    def pages(self) -> Iterator[tuple[tuple[str, int], tuple[tuple[Any, ...], ...]]]:
        """((department, number), rows), earliest due first within a department."""
        by_org: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            by_org[row.org].append(row)
        for org, rows in by_org.items():
            rows.sort(key=lambda row: (row.due, row.check, row.path, row.key))
            for number in range(0, len(rows), PAGE):
                yield (org, number // PAGE), tuple(tuple(row) for row in rows[number:number + PAGE])


def row_of(subject: Subject, flaw: Flaw, key: int, since: int, cache: dict[tuple[int, int], int]) -> Row:
    """``cache``: (first day, working days) -> last day, so that the calendar is not walked for each finding."""
    days = CHECKS[flaw.check].days
    if flaw.due is None and (since, days) not in cache:
        cache[since, days] = due_day(date.fromordinal(since), days).toordinal()
    due = flaw.due.toordinal() if flaw.due is not None else cache[since, days]
    document = subject.document
    return Row(key, flaw.check, document.uid, subject.path, subject.title[:120], document.kind, flaw.field[:80], flaw.words[:400], subject.org, subject.region, since, due)


def check_document(site: Site, document: Document, columns: Columns | None = None, *, values: dict[str, Any] | None = None) -> list[Finding]:
    """What is wrong with one document now: with ``values``, else its draft, else its live edition; must-mends first. For the page after a save.

    ``columns``: those of the web process; without them they are made, which takes long on a large site. Nothing is stored."""
    oversight = oversight_of(site)
    edition = document.draft or document.live
    chosen = values if values is not None else edition.values if edition is not None else None
    if chosen is None:
        return []
    around = Surroundings(site, ColumnsWorld(site, columns or ColumnStore().get(site)), limits_of(oversight), word_list(getattr(oversight, "words", None)), clock.now())
    cache: dict[tuple[int, int], int] = {}
    subject, today = Subject(around, document, chosen), around.now.date().toordinal()
    found, rank = [], list(LEVELS)
    for flaw in examine(subject):
        key = key_of(flaw.check, document.uid, flaw.field, flaw.mark)
        since = oversight.since.get(key, today) if oversight is not None else today
        owner = oversight.owners.get(key, ("", "")) if oversight is not None else ("", "")
        found.append(finding_of(row_of(subject, flaw, key, since, cache), CHECKS[flaw.check], (owner[0], owner[1])))
    return sorted({finding.key: finding for finding in found}.values(), key=lambda finding: (rank.index(finding.level), finding.due, finding.check))


def oversight_of(site: Site) -> Oversight | None:
    """The Oversight beside a stored site; None for a site that lies in no database yet."""
    connection = site._p_jar
    return None if connection is None else connection.root().get(ROOT_KEY)


def run(db: Any, *, stopped: Callable[[], bool] = lambda: False, pause: Callable[[], None] = lambda: None, progress: Progress | None = None) -> Ran | None:
    """Check the whole site and keep the result. ``pause`` is called after each slice, ``stopped`` asked before it: True ends the run with None
    and nothing changed."""
    began, manager = clock.now(), transaction.TransactionManager()
    connection = db.open(manager)
    try:
        manager.begin()
        asked = open_oversight(connection).asked.value
        site, oversight = open_site(connection), open_oversight(connection)
        around = Surroundings(site, HeadsWorld(site), limits_of(oversight), word_list(dict(oversight.words)), began)
        collector, facts = Collector(dict(oversight.since), began.date()), Facts()
        total, done, told = len(site.documents), 0, time.monotonic()
        _note(db, (began, 0, total))
        for uids in _slices(site, manager):
            if stopped():
                _note(db, None)
                return None
            for uid in uids:
                _look(around, site.document(uid), collector, facts)
            done += len(uids)
            connection.cacheMinimize()
            if progress is not None:
                progress(min(done, total), total)
            if time.monotonic() - told > REPORT_EVERY:
                told = time.monotonic()
                _note(db, (began, done, total))
            pause()
    finally:
        manager.abort()
        connection.cacheMinimize()
        connection.close()
    return _keep(db, began, done, collector, facts, asked)


def _slices(site: Site, manager: Any) -> Iterator[list[str]]:
    """Uids of all documents, ``SLICE`` at a time, each time in a new transaction; a document made meanwhile may be missed till the next run."""
    for shard in site.documents.shards:
        last: str | None = None
        while True:
            manager.abort()
            manager.begin()
            uids: list[str] = []
            for uid in shard.keys(min=last, excludemin=last is not None):
                uids.append(uid)
                if len(uids) == SLICE:
                    break
            if not uids:
                break
            last = uids[-1]
            yield uids


def _look(around: Surroundings, document: Document | None, collector: Collector, facts: Facts) -> None:
    """One document past every check. What a check stumbles over is a finding itself: it must not end the run."""
    if document is None or document.__parent__ is None:
        return
    try:
        _examine(around, document, collector, facts)
    except (ConflictError, POSKeyError):
        raise
    except Exception:  # noqa: BLE001 - values of any age and origin; the log says what it was
        log.exception("a check of %s failed", document.uid)
        collector.take(Subject(around, document, {}), [Flaw("unreadable", "", "检查这份内容时出了错，请技术人员看日志")])


def _examine(around: Surroundings, document: Document, collector: Collector, facts: Facts) -> None:
    if document.withdrawal is not None:
        edition = document.live or next(iter(document.superseded), None)
        if edition is not None:
            collector.take(Subject(around, document, edition.values), examine_withdrawn(document, around.site))
        return
    if document.live is None:
        return
    subject = Subject(around, document, document.live.values)
    collector.take(subject, examine(subject))
    facts.take(subject)


def _note(db: Any, value: tuple[datetime, int, int] | None) -> None:
    """Say how far the run is. A conflict is no matter: the next note comes soon."""
    try:
        with db.transaction() as connection:
            open_oversight(connection).progress.value = None if value is None else (*value, clock.now())
    except ConflictError:
        pass


def _keep(db: Any, began: datetime, documents: int, collector: Collector, facts: Facts, asked: Any) -> Ran:
    """Put the result in place of the former one; writers that came between are no matter, the whole is tried again."""
    for attempt in range(TRIES):
        try:
            with db.transaction() as connection:
                return _replace(open_oversight(connection), began, documents, collector, facts, asked)
        except ConflictError:
            if attempt == TRIES - 1:
                raise
            time.sleep(0.1)
    raise AssertionError("unreachable")


def _replace(oversight: Oversight, began: datetime, documents: int, collector: Collector, facts: Facts, asked: Any) -> Ran:
    former, now = oversight.result, clock.now()
    result = Result(began, now, documents, {org: dict(checks) for org, checks in sorted(collector.counts.items())}, facts.told())
    for place, rows in collector.pages():
        before = former.pages.get(place) if former is not None else None
        result.pages[place] = before if before is not None and before.rows == rows else Page(rows)     # what did not change is not written again
    gone = [key for key in oversight.since if key not in collector.keys]
    if former is not None:
        lost = set(gone)
        mended = [row for page in former.pages.values() for row in page.rows if row[0] in lost]
        result.mended, result.mended_count = Page(tuple(mended[:MENDED])), len(gone)
    for key in gone:
        del oversight.since[key]
        oversight.owners.pop(key, None)
    for key in collector.new:
        oversight.since[key] = began.date().toordinal()
    oversight.result = result
    _trend(oversight, result)
    oversight.progress.value = None
    if oversight.asked.value == asked:
        oversight.asked.value = None
    return Ran(documents, result.total, result.mended_count)


def _trend(oversight: Oversight, result: Result) -> None:
    checks: Counter[str] = Counter()
    for counts in result.counts.values():
        checks.update(counts)
    number = oversight.trend.maxKey() + 1 if oversight.trend else 1
    oversight.trend[number] = TrendLine(result.ended, result.documents, dict(checks), {org: sum(counts.values()) for org, counts in result.counts.items()}, result.mended_count)
    while len(oversight.trend) > TREND:
        del oversight.trend[oversight.trend.minKey()]


