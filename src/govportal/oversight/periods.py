"""Calendar months backwards and forwards: what “within six months” means on the 自查 page."""
from __future__ import annotations

import calendar
from datetime import date


def months_before(day: date, months: int) -> date:
    """The same day of the month that many months earlier, or that month's last day."""
    return _shift(day, -months)


def months_after(day: date, months: int) -> date:
    return _shift(day, months)


def _shift(day: date, months: int) -> date:
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
