"""The worker: one loop that keeps the pages of the lists in step, carries out scheduled starts and ends, seals the audit, drains the outbox;
beside it threads that keep the search index, check the content each night and carry out background jobs, so that long work there delays
nothing here.

One worker a database: threads of the single process, or a process of its own. Each step is a transaction of its own and
may run twice, so a kill at any point loses nothing. Its heartbeat is a file in var.
"""
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ZODB.POSException import ConflictError

from .base import audit as audit_room
from .base import clock
from .base.outbox import drain
from .content import heads, publish
from .content.site import ROOT_KEY, open_site
from .editorial import autosaves, presence, requests
from .editorial import rows as desk_rows
from .editorial.jobkinds import KINDS
from .editorial.jobs import Runner
from .editorial.store import ROOT_KEY as EDITORIAL_KEY
from .oversight.nightly import Inspector
from .people import attempts, grants, sessions
from .people.store import ROOT_KEY as PEOPLE_KEY
from .people.store import open_people
from .search.analysis import analyzer
from .search.consumer import Keeper, spawn_builder
from .search.querylog import QueryLog, popularity, write_popularity
from .settings import Settings
from .workflow.actors import Actor, SystemActor

log = logging.getLogger("govportal.worker")
SEAL_EVERY = 5.0
LEARN_EVERY = 3600.0            # seconds between two looks at the query log
TIDY_EVERY = 3600.0             # seconds between two removals of old sessions and counts of failed sign-ins
INDEX_PAUSE = 0.05              # seconds between two looks for changes to index
JOB_PAUSE = 0.2                 # seconds between two looks for jobs, when none is open
QUALITY_PAUSE = 2.0             # seconds between two looks whether a check of the content is due


def make_worker(db: Any, settings: Settings, *, config: str = "") -> Worker:
    """The worker of an installation; its search rebuilds run as ``govportal search build`` in a process of their own."""
    keeper = Keeper(db, settings.search, words=analyzer(settings.rjieba), spawn=spawn_builder(settings.var, settings.storage, config))
    return Worker(db, settings.audit_heads, settings.var / "worker.heartbeat", keeper=keeper, query_log=QueryLog(settings.search / "log", settings.search_log_days),
                  inspector=Inspector(db, settings.quality_request, settings.quality_at), runner=Runner(db, KINDS, actor_for))


def actor_for(connection: Any, uid: str, address: str) -> Actor | None:
    """The person who started a job with the rights they have now; None when there is no such account or it has ended."""
    if uid.startswith("system:"):
        return SystemActor(uid)
    people = open_people(connection)
    staff = people.staff(uid)
    return grants.actor_of(people, staff, address=address) if staff is not None and staff.active else None


class Worker:
    """Steps of the worker over an open database."""

    def __init__(self, db: Any, heads_file: Path, heartbeat: Path, handlers: dict[str, Callable[..., None]] | None = None, *,
                 keeper: Keeper | None = None, query_log: QueryLog | None = None, inspector: Inspector | None = None,
                 runner: Runner | None = None) -> None:
        self.db, self.heads_file, self.heartbeat, self.handlers = db, heads_file, heartbeat, handlers or {}
        self.keeper, self.query_log, self.inspector, self.runner = keeper, query_log, inspector, runner
        self._sealed_at = 0.0
        self._learned_at: float | None = None
        self._tidied_at: float | None = None
        self.stopping = threading.Event()

    def step(self) -> int:
        """One round; returns how much was done. Conflicts with writers are left for the next round."""
        done = 0
        for task in (self._due, self._requests, self._heads, self._desk, self._outbox, self._seal, self._learn, self._tidy):
            try:
                done += task()
            except ConflictError:
                log.info("conflict in %s, again next round", task.__name__)
        self.heartbeat.touch()
        return done

    def _due(self) -> int:
        with self.db.transaction() as connection:
            return publish.take_effect(open_site(connection))

    def _requests(self) -> int:
        """Signed changes of the directory list whose day has come."""
        return requests.run_due(self.db)

    def _heads(self) -> int:
        with self.db.transaction() as connection:
            return heads.refresh(open_site(connection))

    def _desk(self) -> int:
        with self.db.transaction() as connection:
            return desk_rows.refresh(connection)

    def _outbox(self) -> int:
        return sum(drain(self.db, lambda root: root[ROOT_KEY].outbox, self.handlers)) if self.handlers else 0

    def _seal(self) -> int:
        if time.monotonic() - self._sealed_at < SEAL_EVERY:
            return 0
        self._sealed_at = time.monotonic()
        with self.db.transaction() as connection:
            sealed = audit_room.seal_many(open_site(connection).audit)
        for number, head in sealed:
            audit_room.write_head(self.heads_file, number, head)
        return len(sealed)

    def _learn(self) -> int:
        """What the query log teaches, once an hour: popularity; and what is too old is deleted."""
        if self.query_log is None or self.keeper is None or (self._learned_at is not None and time.monotonic() - self._learned_at < LEARN_EVERY):
            return 0
        self._learned_at, today = time.monotonic(), clock.now().date()
        try:
            self.query_log.clean(today)
            write_popularity(self.keeper.home.folder, popularity(self.query_log, today))
        except OSError as exc:
            log.info("query log: %s", type(exc).__name__)
        return 0

    def _tidy(self) -> int:
        """Old sessions of staff, counts of failed sign-ins, and what editors typed long ago and never saved go, once an hour."""
        if self._tidied_at is not None and time.monotonic() - self._tidied_at < TIDY_EVERY:
            return 0
        self._tidied_at, now = time.monotonic(), clock.now()
        with self.db.transaction() as connection:
            people, editorial = connection.root().get(PEOPLE_KEY), connection.root().get(EDITORIAL_KEY)
            done = sessions.purge(people, now) + attempts.purge(people, now) if people is not None else 0
            return done + (autosaves.purge(editorial, now) + presence.purge(editorial, now) if editorial is not None else 0)

    def run_index(self) -> None:
        """Keep the search index until ``stopping`` is set; a failing round is tried again after a pause."""
        assert self.keeper is not None
        while not self.stopping.is_set():
            try:
                busy = self.keeper.step()
            except ConflictError:
                busy = 0
            except Exception:  # noqa: BLE001 - a full disk, a folder taken away, the storage away: search waits, the site goes on
                log.exception("a round of the search index failed")
                self.stopping.wait(2.0)
                busy = 0
            if not busy:
                self.stopping.wait(INDEX_PAUSE)
        self.keeper.stop()

    def run_quality(self) -> None:
        """Check the content when it is due until ``stopping`` is set; a failing look is tried again after a pause."""
        assert self.inspector is not None
        while not self.stopping.is_set():
            try:
                if self.inspector.due():
                    self.inspector.run(self.stopping)
            except Exception:  # noqa: BLE001 - the storage away: the site goes on
                log.exception("a look for a quality run failed")
            self.stopping.wait(QUALITY_PAUSE)

    def run_jobs(self) -> None:
        """Carry out background jobs until ``stopping`` is set; as long a pause as a batch took, so that pages are answered meanwhile."""
        assert self.runner is not None
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                busy = self.runner.step()
            except ConflictError:
                busy = 1
            except Exception:  # noqa: BLE001 - a full disk, the storage away: jobs wait, the site goes on
                log.exception("a round of the background jobs failed")
                self.stopping.wait(2.0)
                busy = 0
            self.stopping.wait(min(time.monotonic() - began, JOB_PAUSE) if busy else JOB_PAUSE)

    def run(self, interval: float) -> None:
        """Until ``stopping`` is set. A failing round is logged and tried again after a pause (disk full, storage away)."""
        with self.db.transaction() as connection:
            audit_room.catch_up(open_site(connection).audit, self.heads_file)
        beside = [threading.Thread(target=target, name=name, daemon=True) for target, name, used in (
            (self.run_index, "search index", self.keeper), (self.run_quality, "quality", self.inspector), (self.run_jobs, "background jobs", self.runner))
            if used is not None]
        for thread in beside:
            thread.start()
        while not self.stopping.is_set():
            try:
                busy = self.step()
            except Exception:  # noqa: BLE001 - the worker must outlive a full disk or a storage that is away
                log.exception("a round of the worker failed")
                busy = 0
                self.stopping.wait(2.0)
            if not busy:
                self.stopping.wait(interval)
        for thread in beside:
            thread.join(5)


def catch_up(db: Any) -> int:
    """Apply all pending entries of the lists now, the public's and the desk's (init, import, tests); returns how many."""
    total = 0
    while True:
        with db.transaction() as connection:
            done = heads.refresh(open_site(connection)) + desk_rows.refresh(connection)
        total += done
        if not done:
            return total
