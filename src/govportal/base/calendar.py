"""Working days of mainland China (conventions N1–N6): holidays and make-up days as data, deadlines from them.

Owns the reckoning of periods. Data comes from a CSV (date, name, is_off_day); a year without data falls back to weekends and the
fixed-date statutory holidays, and ``warnings`` says so. ``current`` is the calendar in force: the operator's file, else the shipped one.
"""
from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from ..shipped import data_file
from .clock import SHANGHAI

# Holidays on a fixed solar date (N2): 元旦, 劳动节 two days, 国庆 three days. Lunar ones need the yearly notice.
FIXED = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
UNITS = ("工作日", "自然日")
WARN_DAYS = 60
CLOSES = time(17, 30)
_LIMIT = 366 * 30


class CalendarError(ValueError):
    """The calendar file or a request is wrong; one Chinese line."""


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise ValueError(f"“{(text or '')[:20]}”不是日期，日期应写成 2026-01-31") from None


@dataclass(frozen=True)
class Calendar:
    """``off``: days off on a weekday or announced; ``work``: weekend days that are worked; ``years``: years with data."""

    off: frozenset[date]
    work: frozenset[date]
    years: frozenset[int]

    @classmethod
    def load(cls, path: Path) -> Calendar:
        """CalendarError names file, line and fault. A year has data when its National Day is in the file."""
        off: set[date] = set()
        work: set[date] = set()
        line = 1
        try:
            with open(path, encoding="utf-8-sig", newline="") as stream:
                reader = csv.DictReader(stream)
                if not {"date", "is_off_day"} <= set(reader.fieldnames or ()):
                    raise ValueError("第一行要有列名 date 和 is_off_day")
                for row in reader:
                    line = reader.line_num
                    day = _day(row["date"])
                    if row["is_off_day"] not in ("0", "1") or day in off | work:
                        raise ValueError("is_off_day 应为 1（放假）或 0（上班）" if day not in off | work else f"{day} 写了两次")
                    (off if row["is_off_day"] == "1" else work).add(day)
        except OSError:
            raise CalendarError(f"找不到节假日文件 {path.name}") from None
        except UnicodeDecodeError:
            raise CalendarError(f"节假日文件 {path.name} 不是 UTF-8 编码") from None
        except (ValueError, csv.Error) as exc:
            raise CalendarError(f"节假日文件 {path.name} 第 {line} 行写得不对：{exc}") from None
        return cls(frozenset(off), frozenset(work), frozenset(day.year for day in off if (day.month, day.day) == (10, 1)))

    def is_working_day(self, day: date) -> bool:
        if day in self.off:
            return False
        if day in self.work:
            return True
        if day.year not in self.years and (day.month, day.day) in FIXED:
            return False
        return day.weekday() < 5

    def next_working_day(self, day: date) -> date:
        """``day`` itself when it is worked, else the next one that is."""
        for _ in range(60):
            if self.is_working_day(day):
                return day
            day += timedelta(days=1)
        raise CalendarError("连续 60 天没有工作日，请检查节假日数据")

    def add_working_days(self, start: date, days: int) -> date:
        """The last day of a period of ``days`` working days that runs from the day after ``start`` (N1). 0 = the start itself."""
        if not 0 <= days <= _LIMIT:
            raise CalendarError(f"期限 {days} 天超出范围")
        day = start
        while days:
            day += timedelta(days=1)
            days -= self.is_working_day(day)
        return day

    def deadline(self, received: datetime, days: int, unit: str, *, closes: time = CLOSES, late_counts_next: bool = True) -> date:
        """The last day for something received at ``received`` (aware).

        A receipt on a rest day or after closing time counts as of the next working day (N6, a setting). A period of calendar
        days whose last day is a rest day ends on the next working day (N1, 民法典 art. 203).
        """
        if unit not in UNITS:
            raise CalendarError(f"期限单位应为 {'、'.join(UNITS)}，现在是“{unit}”")
        local = received.astimezone(SHANGHAI)
        start = local.date()
        if late_counts_next and (not self.is_working_day(start) or local.time() > closes):
            start = self.next_working_day(start + timedelta(days=1) if self.is_working_day(start) else start)
        if unit == "工作日":
            return self.add_working_days(start, days)
        return self.next_working_day(start + timedelta(days=days))

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after ``start`` up to and with ``end``; negative when ``end`` is past."""
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_working_day(start + timedelta(days=offset)) for offset in range(1, (end - start).days + 1))

    def warnings(self, today: date) -> list[str]:
        """What the administrator must know: data that ends soon, or a year reckoned without it."""
        ahead = today + timedelta(days=WARN_DAYS)
        return [f"{year} 年没有节假日数据，先按周末和固定节日推算；国务院通知公布后请补进数据目录的 overrides/calendar/holidays.csv"
                for year in sorted({today.year, ahead.year}) if year not in self.years]


@cache
def _loaded(path: Path) -> Calendar:
    return Calendar.load(path)


def current() -> Calendar:
    """The calendar in force, read once a process and file. CalendarError."""
    return _loaded(data_file("calendar/holidays.csv"))
