"""Background jobs: start, cancel, undo, and the Runner that carries them out in small transactions.

Owns the contract of a kind of job and its batches: effects and progress of a batch are one transaction, so a kill at any moment repeats
nothing and loses nothing. One element that fails is reported and the rest goes on; a conflict with a writer is tried again; the rights of
the person are derived anew for every batch. Must know no particular kind (``jobkinds`` lists them). JobRefused says why a wish cannot be met.
"""
from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ZODB.POSException import ConflictError, POSError

from ..base import clock
from ..content.site import Site, open_site
from ..workflow.actors import Actor
from ..workflow.reasons import Refused
from .job import CANCELLED, DONE, FAILED, RUNNING, WAITING, Failure, Job, uid_of
from .store import Editorial, open_editorial

log = logging.getLogger("govportal.jobs")
BATCH, SECONDS = 50, 0.2      # a batch ends with whichever comes first
WIDTH = 8                     # jobs that take turns; later ones wait
KEEP_DAYS = 30
SELECTION_KEPT = timedelta(days=2)      # what was picked in a list and is not needed any more
STRIKES = 5                   # rounds that fail by the machine (disk, storage) before a job is given up
ActorFor = Callable[[Any, str, str], Actor | None]


class JobRefused(Exception):
    """The wish cannot be met; one clear Chinese line."""


class JobFailed(Exception):
    """Raised by a kind: the job as a whole cannot go on; one clear Chinese line."""


class Partly(Exception):
    """Raised for one element: something was changed and stays, but not all that was asked; the line is reported."""


@dataclass(frozen=True)
class JobKind:
    """A kind of job. ``step(run)`` does one batch from ``run.job.position`` on and returns whether the job is finished; it is run in a
    transaction that the Runner commits. ``reverse(run, row)`` reverses one undo row (Refused with reasons when that is not possible)."""

    name: str
    title: str
    step: Callable[[Run], bool]
    reverse: Callable[[Run, Any], None] | None = None


@dataclass
class Run:
    """One batch. ``memory`` lives as long as the process goes on without a failed batch: open readers and the like, never the truth."""

    job: Job
    site: Site
    editorial: Editorial
    actor: Actor
    memory: dict[str, Any]
    scratch: dict[str, Any] = field(default_factory=dict)     # for this batch alone
    limit: int = BATCH
    until: float = 0.0
    begun: bool = False
    current: tuple[str, str] | None = None
    line: int = 0           # of the element in its table, for the report
    failures: list[Failure] = field(default_factory=list)
    undo_rows: list[Any] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def time_is_up(self) -> bool:
        return time.monotonic() >= self.until

    def count(self, outcome: str) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + 1

    def fail(self, failure: Failure) -> None:
        self.failures.append(failure)
        self.count("failed")

    def undo(self, row: Any) -> None:
        """Remember plain data with which ``reverse`` can take the element back."""
        self.undo_rows.append(row)

    def elements(self, items: Iterable[Any], work: Callable[[Any], str], name: Callable[[Any], tuple[str, str]]) -> bool:
        """Do ``work(item)`` (an outcome word) for items until the batch is full. A refusal is reported under ``name(item)`` = (uid, title).
        Returns whether the items came to their end; an item is taken only when it is done."""
        items, done = iter(items), 0
        while done < self.limit and not (done and self.time_is_up()):
            item = next(items, None)
            if item is None:
                return True
            self.current, self.line = name(item), 0
            try:
                self.count(work(item))
            except Refused as exc:
                self.fail(Failure(*self.current, "；".join(map(str, exc.reasons)), self.line))
            except Partly as exc:
                self.fail(Failure(*self.current, str(exc), self.line))
            self.current = None
            self.job.position += 1
            self.job.done = self.job.position
            done += 1
        return False

    def keep(self) -> None:
        """Write what the batch gathered into the job, once a batch."""
        job = self.job
        if self.failures:
            job.fail_with(self.failures)
        if self.undo_rows:
            job.undo.extend(self.undo_rows)
        for outcome, number in self.counts.items():
            job.count(outcome, number)


def over_items(work: Callable[[Run, Any], str], name: Callable[[Run, Any], tuple[str, str]]) -> Callable[[Run], bool]:
    """The step of a kind that goes through ``job.items`` one by one."""
    def step(run: Run) -> bool:
        job = run.job
        run.elements(job.items.slice(job.position, job.position + run.limit), lambda item: work(run, item), lambda item: name(run, item))
        return job.position >= len(job.items)
    return step


def begun(editorial: Editorial, by: str, once: str) -> Job | None:
    """The job that this person has started with the form marked ``once``; None when there is none."""
    return editorial.jobs.get(uid_of(by, once)) if once else None


def start(editorial: Editorial, kind: str, title: str, by: str, payload: dict[str, Any], items: Iterable[Any] = (), *, address: str = "", once: str = "") -> Job:
    """Put a job in; the caller commits, the worker carries it out. ``address``: the network address the person works from. ``once``: a mark
    of the form; a second start with the same mark gives the first job (also at the same moment: both write one key, so one is tried again)."""
    found = begun(editorial, by, once)
    if found is not None:
        return found
    job = Job(kind, title, by, clock.now(), payload, items, uid=uid_of(by, once) if once else "")
    job.address = address
    return editorial.jobs.add(job)


def cancel(editorial: Editorial, uid: str) -> None:
    """Ask a job to stop after its present batch; what is done stays done. JobRefused when it is over."""
    job = editorial.jobs.get(uid)
    if job is None or not job.open:
        raise JobRefused("这项任务已经结束，不用取消")
    job.wish_cancel()


def undo_from(editorial: Editorial, job: Job) -> int:
    """How many of the job's elements were reversed already, when an undo may be started or go on where one was stopped. JobRefused else."""
    if job.open:
        raise JobRefused("任务还在进行，请先取消或等它结束")
    if not len(job.undo):
        raise JobRefused("这项任务没有可以撤销的改动")
    before = editorial.jobs.get(job.undone_by)
    if job.undone_by and (before is None or before.state == DONE):
        raise JobRefused("这项任务已经撤销过")
    if before is not None and before.open:
        raise JobRefused("撤销正在进行")
    return before.position if before is not None else 0


def undo(editorial: Editorial, uid: str, by: str, *, address: str = "") -> Job:
    """Start a job that reverses another one, newest element first; after an undo that was stopped or failed, the rest. JobRefused when there is
    nothing to reverse or it was reversed."""
    job = editorial.jobs.get(uid)
    if job is None:
        raise JobRefused("没有这项任务，它可能已过保存期")
    position = undo_from(editorial, job)
    made = start(editorial, UNDO, f"撤销：{job.title}"[:200], by, {"of": uid, "kind": job.kind}, address=address)
    made.undoes, made.total, job.undone_by = uid, len(job.undo), made.uid
    made.position = made.done = position
    return made


UNDO = "undo"


def _reverse(kinds: dict[str, JobKind]) -> Callable[[Run], bool]:
    def step(run: Run) -> bool:
        job, of = run.job, run.editorial.jobs.get(run.job.payload["of"])
        kind = kinds.get(job.payload["kind"])
        if of is None or kind is None or kind.reverse is None:
            raise JobFailed("原来的任务已过保存期，不能再撤销")
        reverse, count = kind.reverse, len(of.undo)
        rows = (next(of.undo.slice(count - 1 - number, count - number)) for number in range(job.position, count))
        run.elements(rows, lambda row: (reverse(run, row), "ok")[1], lambda row: (row["uid"], row.get("title", "")))
        return job.position >= count
    return step


class Runner:
    """Carries out the open jobs in turn. ``actor_for(connection, staff uid, address)`` derives a person's rights; None = the
    account has ended."""

    def __init__(self, db: Any, kinds: Iterable[JobKind], actor_for: ActorFor, *, keep_days: int = KEEP_DAYS) -> None:
        self.db, self.actor_for, self.keep_days = db, actor_for, keep_days
        self.kinds: dict[str, JobKind] = {}
        for kind in kinds:
            if kind.name in self.kinds:
                raise ValueError(f"任务种类 {kind.name} 登记了两次")
            self.kinds[kind.name] = kind
        self.kinds[UNDO] = JobKind(UNDO, "撤销", _reverse(self.kinds))
        self._memory: dict[str, dict[str, Any]] = {}
        self._single: dict[str, int] = {}       # job uid -> elements to do one by one, after a batch broke
        self._strikes: dict[str, int] = {}
        self._purged_at: float | None = None

    def step(self) -> int:
        """One batch of each job whose turn it is; returns how many batches were done."""
        with self.db.transaction() as connection:
            uids = open_editorial(connection).jobs.waiting(WIDTH)
        done = sum(self._turn(uid) for uid in uids)
        if self._purged_at is None or time.monotonic() - self._purged_at > 3600:
            self._purged_at = time.monotonic()
            self.purge(clock.now())
        return done

    def run_all(self, rounds: int = 100_000) -> None:
        """Until no job is open (command line, tests)."""
        for _ in range(rounds):
            if not self.step():
                return

    def purge(self, now: datetime) -> int:
        """Forget jobs and uploads that are older than ``keep_days``, and selections of some days ago."""
        with self.db.transaction() as connection:
            editorial, before = open_editorial(connection), now - timedelta(days=self.keep_days)
            return editorial.jobs.purge(before) + editorial.purge_imports(before) + editorial.purge_selections(now - SELECTION_KEPT)

    def _turn(self, uid: str) -> int:
        """One batch; conflicts are left for the next round, a broken element is found by going one by one."""
        current: list[tuple[str, str] | None] = [None]
        try:
            self._batch(uid, current)
            self._strikes.pop(uid, None)
        except ConflictError:
            self._memory.pop(uid, None)
        except (OSError, POSError, MemoryError) as exc:
            self._machine_fault(uid, exc)
        except JobFailed as exc:
            self._end(uid, FAILED, str(exc))
        except Refused as exc:
            self._end(uid, FAILED, "；".join(map(str, exc.reasons)))
        except Exception:  # noqa: BLE001 - one broken element must not end the job, nor a broken kind the worker
            self._memory.pop(uid, None)
            log.exception("job %s broke at %s", uid, current[0])
            if current[0] is None:
                self._end(uid, FAILED, "程序出错，详情已记入日志；已经完成的部分有效")
            elif self._single.get(uid):
                self._skip(uid, current[0])
            else:
                self._single[uid] = BATCH
        return 1

    def _machine_fault(self, uid: str, exc: BaseException) -> None:
        """Disk full, storage away: again later, given up after some rounds."""
        self._memory.pop(uid, None)
        strikes = self._strikes[uid] = self._strikes.get(uid, 0) + 1
        if strikes < STRIKES:
            raise exc
        log.error("job %s given up: %s", uid, exc)
        self._end(uid, FAILED, "磁盘或数据库几次写不进去，任务停下了；请管理员检查后再做一次")

    def _batch(self, uid: str, current: list[tuple[str, str] | None]) -> None:
        single = self._single.get(uid, 0)
        with self.db.transaction() as connection:
            editorial = open_editorial(connection)
            job, jobs = editorial.jobs.get(uid), editorial.jobs
            if job is None or not job.open:
                return
            if job.cancel_wished:
                self._forget(uid)
                jobs.end(job, CANCELLED, clock.now())
                return
            kind, actor = self.kinds.get(job.kind), self.actor_for(connection, job.by, job.address)
            if kind is None:
                raise JobFailed("这个版本的程序不认识这种任务")
            if actor is None:
                raise JobFailed("发起人的账号已停用，任务没有做完；请由接手的人再做一次")
            if job.state == WAITING:
                job.state, job.started = RUNNING, clock.now()
            run = Run(job, open_site(connection), editorial, actor, self._memory.setdefault(uid, {}), limit=1 if single else BATCH,
                      until=time.monotonic() + SECONDS)
            try:
                finished = kind.step(run)
            except BaseException:
                current[0] = run.current
                raise
            run.keep()
            if finished:
                jobs.end(job, DONE, clock.now())
        if single:
            self._single[uid] = single - 1
        if finished:
            self._forget(uid)

    def _forget(self, uid: str) -> None:
        for kept in (self._memory, self._single, self._strikes):
            kept.pop(uid, None)     # type: ignore[attr-defined]

    def _end(self, uid: str, state: str, message: str) -> None:
        self._forget(uid)
        self._write(uid, lambda editorial, job: editorial.jobs.end(job, state, clock.now(), message))

    def _skip(self, uid: str, current: tuple[str, str]) -> None:
        """Report the element that breaks the program and go on behind it."""
        def work(editorial: Editorial, job: Job) -> None:
            job.fail_with([Failure(*current, "程序处理这一项时出错，没有改动它；详情已记入日志")])
            job.count("failed")
            job.position += 1
            job.done = job.position
            if job.total and job.position >= job.total:
                editorial.jobs.end(job, DONE, clock.now())
        self._write(uid, work)

    def _write(self, uid: str, work: Callable[[Editorial, Job], None]) -> None:
        for attempt in range(5):
            try:
                with self.db.transaction() as connection:
                    editorial = open_editorial(connection)
                    job = editorial.jobs.get(uid)
                    if job is not None and job.open:
                        work(editorial, job)
                return
            except ConflictError:
                if attempt == 4:
                    raise


__all__ = ["BATCH", "JobFailed", "JobKind", "JobRefused", "Partly", "Run", "Runner", "begun", "cancel", "over_items", "start", "undo", "undo_from"]
