"""The time of the portal: aware datetimes of Asia/Shanghai from one replaceable function (N6, N7).

Owns ``now`` and the display forms. Tests set ``override``; nothing else reads the system clock for a record.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone

# No summer time since 1991, and a fixed offset is what ZODB's pickler can store (it cannot store ZoneInfo).
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_source: Callable[[], datetime] = lambda: datetime.now(SHANGHAI)  # noqa: E731


def now() -> datetime:
    """The present moment, aware, Asia/Shanghai."""
    return _source()


@contextmanager
def override(source: Callable[[], datetime]) -> Iterator[None]:
    """Let ``now`` answer ``source()`` within the block (tests and replays)."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before


def stamp(moment: datetime) -> str:
    """``2026-01-02 09:05`` (GB/T 7408)."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def long_form(day: date) -> str:
    """``2026年1月2日``, without leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def exact(moment: datetime) -> str:
    """``2026-01-02 09:05:07``: a moment to the second, as ``span`` reads it."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def span(text: str) -> tuple[datetime, datetime]:
    """(first, last) moment of the day, minute or second that ``text`` names. ValueError otherwise."""
    for form, length in (("%Y-%m-%d %H:%M:%S", timedelta(seconds=1)), ("%Y-%m-%d %H:%M", timedelta(minutes=1)), ("%Y-%m-%d", timedelta(days=1))):
        try:
            first = datetime.strptime(text, form).replace(tzinfo=SHANGHAI)
            return first, first + length - timedelta(microseconds=1)
        except (ValueError, OverflowError):
            continue
    raise ValueError(f"“{text}”不是时间，请写成 2026-01-31、2026-01-31 09:00 或 2026-01-31 09:00:30")


def parse(text: str) -> datetime:
    """An aware datetime from ``YYYY-MM-DD`` or ``YYYY-MM-DD HH:MM``. ValueError otherwise."""
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
    raise ValueError(f"“{text}”不是日期，请写成 2026-01-31 或 2026-01-31 09:00")
