"""Scanners that behave badly or as told, for tests and for trying the desk by hand. Never chosen by a setting."""
from __future__ import annotations

import time
from typing import BinaryIO

from .scanner import CLEAN, INFECTED, UNSCANNED, Verdict


class FixedScanner:
    """Always the same verdict; counts how often it was asked."""

    def __init__(self, state: str = CLEAN, name: str = "") -> None:
        self.verdict, self.asked = Verdict(state, name), 0

    def scan(self, stream: BinaryIO) -> Verdict:
        self.asked += 1
        while stream.read(1 << 16):
            pass
        return self.verdict


class InfectedScanner(FixedScanner):
    """Finds something in everything."""

    def __init__(self, name: str = "Test.Double") -> None:
        super().__init__(INFECTED, name)


class FailingScanner(FixedScanner):
    """A daemon that is not there."""

    def __init__(self) -> None:
        super().__init__(UNSCANNED)


class SlowScanner(FixedScanner):
    """A daemon that answers nothing until the limit is over."""

    def __init__(self, seconds: float) -> None:
        super().__init__(UNSCANNED)
        self.seconds = seconds

    def scan(self, stream: BinaryIO) -> Verdict:
        time.sleep(self.seconds)
        return super().scan(stream)
