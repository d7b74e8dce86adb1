"""The worker: one loop that keeps head pages in step, carries out scheduled starts and ends, seals the audit, drains the outbox.

One worker a database: a thread of the single process, or a process of its own. Each step is a transaction of its own and
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
from .base.outbox import drain
from .content import heads, publish
from .content.site import ROOT_KEY, open_site

log = logging.getLogger("govportal.worker")
SEAL_EVERY = 5.0


class Worker:
    """Steps of the worker over an open database."""

    def __init__(self, db: Any, heads_file: Path, heartbeat: Path, handlers: dict[str, Callable[..., None]] | None = None) -> None:
        self.db, self.heads_file, self.heartbeat, self.handlers = db, heads_file, heartbeat, handlers or {}
        self._sealed_at = 0.0
        self.stopping = threading.Event()

    def step(self) -> int:
        """One round; returns how much was done. Conflicts with writers are left for the next round."""
        done = 0
        for task in (self._due, self._heads, self._outbox, self._seal):
            try:
                done += task()
            except ConflictError:
                log.info("conflict in %s, again next round", task.__name__)
        self.heartbeat.touch()
        return done

    def _due(self) -> int:
        with self.db.transaction() as connection:
            return publish.take_effect(open_site(connection))

    def _heads(self) -> int:
        with self.db.transaction() as connection:
            return heads.refresh(open_site(connection))

    def _outbox(self) -> int:
        return sum(drain(self.db, lambda root: root[ROOT_KEY].outbox, self.handlers)) if self.handlers else 0

    def _seal(self) -> int:
        if time.monotonic() - self._sealed_at < SEAL_EVERY:
            return 0
        self._sealed_at = time.monotonic()
        with self.db.transaction() as connection:
            sealed = audit_room.seal(open_site(connection).audit)
        if sealed is not None:
            audit_room.write_head(self.heads_file, *sealed)
        return 1 if sealed else 0

    def run(self, interval: float) -> None:
        """Until ``stopping`` is set. A failing round is logged and tried again after a pause (disk full, storage away)."""
        with self.db.transaction() as connection:
            audit_room.catch_up(open_site(connection).audit, self.heads_file)
        while not self.stopping.is_set():
            try:
                busy = self.step()
            except Exception:  # noqa: BLE001 - the worker must outlive a full disk or a storage that is away
                log.exception("a round of the worker failed")
                busy = 0
                self.stopping.wait(2.0)
            if not busy:
                self.stopping.wait(interval)


def catch_up(db: Any) -> int:
    """Apply all pending head entries now (init, import, tests); returns how many."""
    total = 0
    while True:
        with db.transaction() as connection:
            done = heads.refresh(open_site(connection))
        total += done
        if not done:
            return total
