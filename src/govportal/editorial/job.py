"""The persistent shape of background jobs: Job, its pages of items, failures and undo rows, and the register ``Jobs``.

Owns records and how they are found; runs nothing (``jobs`` does). What changes with every batch (state, position, counts) lies in the Job
record, which is small; payload, items, failures and undo rows lie in records of their own, and the wish to cancel in another one, so that
a person who cancels never meets the worker in one record. Plain data only. An unknown uid gives None.
"""
from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from BTrees.IOBTree import IOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent

PAGE = 100
MAX_REPORT = 20_000          # failures kept a job; more are only counted
WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
STATES = {WAITING: "等待中", RUNNING: "进行中", DONE: "已完成", FAILED: "没有完成", CANCELLED: "已取消"}
OPEN = (WAITING, RUNNING)
_FORMS = uuid.UUID("6f1d7c0e-58a4-4b58-9a53-0d7a1f4f6f0b")


class Failure(NamedTuple):
    """One element that could not be done. ``line``, ``column`` and ``value`` are for rows of a table."""

    uid: str
    title: str
    reason: str
    line: int = 0
    column: str = ""
    value: str = ""


def uid_of(by: str, once: str) -> str:
    """The uid of the job that a person starts with a form marked ``once``: the same for the same form, so that it starts one job."""
    return str(uuid.uuid5(_FORMS, f"{by} {once}"))


class _Page(Persistent):
    def __init__(self, rows: tuple[Any, ...]) -> None:
        self.rows = rows


class Pages(Persistent):
    """A long list of plain rows, ``size`` a record; only ever extended or cleared."""

    def __init__(self, rows: Iterable[Any] = (), size: int = PAGE) -> None:
        self._size = size
        self._pages = IOBTree()
        self._count = 0
        self.extend(rows)

    def extend(self, rows: Iterable[Any]) -> None:
        rows = tuple(rows)
        while rows:
            number, used = divmod(self._count, self._size)
            if used:
                page = self._pages[number]
                page.rows = (*page.rows, *rows[:self._size - used])
            else:
                self._pages[number] = _Page(rows[:self._size])
            taken = min(self._size - used, len(rows))
            self._count += taken
            rows = rows[taken:]

    def clear(self) -> None:
        self._pages, self._count = IOBTree(), 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        return self.slice(0, self._count)

    def slice(self, start: int, stop: int) -> Iterator[Any]:
        """Rows ``start`` (from 0) up to but not including ``stop``."""
        for number in range(max(0, start), min(stop, self._count)):
            yield self._pages[number // self._size].rows[number % self._size]


class _Plain(Persistent):
    def __init__(self, data: Any) -> None:
        self.data = data


class Job(Persistent):
    """One background job. ``by``: staff uid; ``total`` 0 = not known yet; ``position``: where the next batch goes on.

    ``address``: from which network the person started it (roles may be bound to networks).
    ``counts`` are outcomes by word (``ok``, ``failed``, ``unchanged`` …). ``result``: a StoredFile to download. ``undo``: rows that say
    what it takes to reverse each element; ``undoes``/``undone_by`` are uids of jobs."""

    state = WAITING
    done = 0
    total = 0
    position = 0
    message = ""
    started: datetime | None = None
    ended: datetime | None = None
    result: Any = None
    undoes = ""
    undone_by = ""
    address = ""

    def __init__(self, kind: str, title: str, by: str, at: datetime, payload: dict[str, Any], items: Iterable[Any] = (), *, uid: str = "") -> None:
        self.uid = uid or str(uuid.uuid4())
        self.kind, self.title, self.by, self.at = kind, title, by, at
        self.counts: dict[str, int] = {}
        self.summary: dict[str, Any] = {}
        self._payload, self._wish = _Plain(payload), _Plain(False)
        self.items, self.report, self.undo = Pages(items), Pages(), Pages(size=10)   # an undo row may hold a whole draft
        self.total = len(self.items)

    @property
    def payload(self) -> dict[str, Any]:
        return self._payload.data

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def cancel_wished(self) -> bool:
        return self._wish.data

    def wish_cancel(self) -> None:
        self._wish.data = True

    def count(self, outcome: str, number: int = 1) -> None:
        self.counts = {**self.counts, outcome: self.counts.get(outcome, 0) + number}

    def fail_with(self, failures: Iterable[Failure]) -> None:
        """Keep failures in the report, as far as it goes."""
        room = MAX_REPORT - len(self.report)
        self.report.extend(list(failures)[:room])


class Jobs(Persistent):
    """All jobs: by uid, those that wait or run in the order they came, those that ended by when, those of a person."""

    def __init__(self) -> None:
        self._jobs = OOBTree()      # uid -> Job
        self._open = OOBTree()      # (at, uid) -> None
        self._ended = OOBTree()     # (ended, uid) -> None
        self._persons = OOBTree()   # (staff uid, at, uid) -> None
        self._jobs[""] = self._open[("", "")] = self._ended[("", "")] = self._persons[("", "", "")] = None   # never emptied

    def get(self, uid: str) -> Job | None:
        return self._jobs.get(uid) if uid else None

    def add(self, job: Job) -> Job:
        self._jobs[job.uid] = job
        self._open[(job.at.isoformat(), job.uid)] = None
        self._persons[(job.by, job.at.isoformat(), job.uid)] = None
        return job

    def waiting(self, limit: int = 100) -> list[str]:
        """Uids of the jobs that wait or run, oldest first."""
        found: list[str] = []
        for _, uid in self._open.keys(min=("", "\x00")):
            if len(found) >= limit:
                break
            found.append(uid)
        return found

    def end(self, job: Job, state: str, at: datetime, message: str = "") -> None:
        job.state, job.ended, job.message = state, at, message or job.message
        self._open.pop((job.at.isoformat(), job.uid), None)
        self._ended[(at.isoformat(), job.uid)] = None

    def give(self, job: Job, to: str) -> None:
        """Let it be another person's: it goes on with their rights."""
        self._persons.pop((job.by, job.at.isoformat(), job.uid), None)
        job.by = to
        self._persons[(to, job.at.isoformat(), job.uid)] = None

    def of(self, by: str, limit: int = 50) -> list[Job]:
        """Jobs of a person, newest first."""
        keys = list(self._persons.keys(min=(by, ""), max=(by, "\uffff"))) if by else []
        return [self._jobs[uid] for _, _, uid in keys[::-1][:limit]]

    def newest(self, limit: int = 50) -> list[Job]:
        """Jobs of everybody: open ones, then those that ended, newest first."""
        ended = list(self._ended.keys(min=("", "\x00")))[::-1][:limit]
        return [self._jobs[uid] for uid in [*self.waiting(limit)[::-1], *(uid for _, uid in ended)]][:limit]

    def purge(self, before: datetime, limit: int = 100) -> int:
        """Forget jobs that ended before then, with reports and result files; returns how many."""
        old = list(self._ended.keys(min=("", "\x00"), max=(before.isoformat(), "")))[:limit]
        for key in old:
            job = self._jobs.pop(key[1])
            del self._ended[key]
            self._persons.pop((job.by, job.at.isoformat(), job.uid), None)
        return len(old)
