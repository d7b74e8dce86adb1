"""Named locks in front of a transaction, for single places that many want at once (a booking slot, a number).

Owns files in one folder, locked with ``flock``: they hold between threads and processes of one machine and are freed by
the kernel when the holder is killed. A lock orders, it does not replace the transaction's own check. LockTimeout when it
is not had in time.
"""
from __future__ import annotations

import fcntl
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL = 0.01


class LockTimeout(Exception):
    """Others hold the place; a clear Chinese line for people."""


class Locks:
    """Locks of one data folder. ``shards`` files at most, so names may be anything and never fill the disk."""

    def __init__(self, folder: Path, shards: int = 256) -> None:
        self.folder, self.shards = folder, shards
        self._inside: dict[int, threading.Lock] = {number: threading.Lock() for number in range(shards)}
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def hold(self, name: str, *, timeout: float = 3.0) -> Iterator[None]:
        """Hold the lock of ``name`` within the block. LockTimeout after ``timeout`` seconds. Not re-entrant."""
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % self.shards
        until = time.monotonic() + timeout
        if not self._inside[number].acquire(timeout=timeout):
            raise LockTimeout("正有别人在办同一件事，请稍等几秒再试")
        try:
            handle = os.open(self.folder / f"{number:03d}", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                self._wait(handle, until)
                yield
            finally:
                os.close(handle)   # frees the flock too
        finally:
            self._inside[number].release()

    def _wait(self, handle: int, until: float) -> None:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise LockTimeout("正有别人在办同一件事，请稍等几秒再试") from None
                time.sleep(POLL)
