"""When a run is due: each night at a set hour, and when somebody asked. Owns no thread; ``worker`` gives it one.

``Inspector.due`` is cheap and reads the database only; ``Inspector.run`` pauses between slices so that a long run leaves the machine to
others. A run that fails is tried again after ``RETRY`` seconds.
"""
from __future__ import annotations

import logging
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..base import clock
from . import quality
from .store import ROOT_KEY

log = logging.getLogger("govportal.quality")
RETRY = 600.0
SETTLE = 30.0        # seconds after the start before a missed night is made up for
PAUSE = 0.05         # seconds after each slice


class Inspector:
    """``at``: HH:MM of the nightly run, '' = only when asked. ``request``: a file whose presence asks for a run (``govportal quality run``)."""

    def __init__(self, db: Any, request: Path, at: str = "02:30", *, settle: float = SETTLE, pause: float = PAUSE) -> None:
        self.db, self.request, self.at, self.pause = db, request, at, pause
        self._ready = time.monotonic() + settle
        self._failed: float | None = None

    def due(self) -> bool:
        """Whether a run should begin now."""
        if self._failed is not None and time.monotonic() - self._failed < RETRY:
            return False
        with self.db.transaction() as connection:
            oversight = connection.root().get(ROOT_KEY)
            if oversight is None:
                return False
            if oversight.asked.value is not None or self.request.exists():
                return True
            return time.monotonic() >= self._ready and night_passed(oversight.result.began if oversight.result else None, self.at, clock.now())

    def run(self, stopping: threading.Event) -> bool:
        """One run, ended early when ``stopping`` is set; whether it came to its end."""
        asked = self.request.exists()
        try:
            result = quality.run(self.db, stopped=stopping.is_set, pause=lambda: _wait(stopping, self.pause))
        except Exception:  # noqa: BLE001 - a full disk, the storage away: the former result stays, the site goes on
            log.exception("a quality run failed")
            self._failed = time.monotonic()
            return False
        self._failed = None
        if result is not None and asked:
            self.request.unlink(missing_ok=True)
        if result is not None:
            log.info("quality run: %s documents, %s findings", result.documents, result.findings)
        return result is not None


def night_passed(last: datetime | None, at: str, now: datetime) -> bool:
    """Whether the newest moment ``at`` (HH:MM, local) lies after the last run. Without any run: yes."""
    if not at:
        return False
    hour, minute = (int(part) for part in at.split(":"))
    moment = now.astimezone(clock.SHANGHAI).replace(hour=hour, minute=minute, second=0, microsecond=0)
    if moment > now:
        moment -= timedelta(days=1)
    return last is None or last < moment


def _wait(stopping: threading.Event, seconds: float) -> None:
    stopping.wait(seconds)
