"""Dates: content that ends soon or should have ended, content nobody has looked at for long, withdrawals that say no reason."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ...base import clock
from ...content.model import Document
from ..findings import Check, Flaw
from ..periods import months_before
from .subject import Subject

CHECKS = (Check("ends-soon", "内容快到期", "look", "R4.1.2.3 C5", 5), Check("plan-past", "计划取消日期已过", "must", "R5.3.3", 3),
          Check("review-due", "很久没有复核", "look", "R5.3 E5", 20), Check("withdrawn-silent", "撤下没有写原因", "should", "R4.1.2.3", 5))
REVIEWED = ("ImplementationItem", "Place", "Page")


def examine(subject: Subject) -> Iterator[Flaw]:
    now, live = subject.around.now, subject.document.live
    ends = _end_of(subject)
    if ends is not None and now.date() <= ends <= (now + timedelta(days=subject.limits["expiring_days"])).date():
        yield Flaw("ends-soon", "下线时间", f"{ends.isoformat()} 到期下线，还要用的请延期或发布新版", due=ends)
    planned = _day(subject.values.get("plan_end"))
    if planned is not None and planned < now.date() and subject.values.get("state") == "在用" and not subject.registered:
        yield Flaw("plan-past", "计划取消日期", f"计划 {planned.isoformat()} 取消，现在还是“在用”，请取消或改计划")
    reviewed = live.starts if live is not None else None
    if subject.document.kind in REVIEWED and not subject.registered and reviewed is not None:
        months = subject.limits["review_months"]
        if reviewed.astimezone(clock.SHANGHAI).date() < months_before(now.date(), months):
            yield Flaw("review-due", "", f"从 {reviewed.astimezone(clock.SHANGHAI).date().isoformat()} 起没有改过，超过 {months} 个月，请核对一遍；没有变化的也请重新发布一次")


def _end_of(subject: Subject) -> date | None:
    live = subject.document.live
    if live is not None and live.ends is not None:
        return _local(live.ends)
    return _day(subject.values.get("expires")) or (_day(subject.values.get("plan_end")) if subject.values.get("state") == "在用" else None)


def _local(moment: datetime) -> date:
    return moment.astimezone(clock.SHANGHAI).date()


def _day(text: str | None) -> date | None:
    try:
        return clock.parse(text).date() if text else None
    except ValueError:
        return None


def withdrawal_flaw(document: Document) -> Flaw | None:
    withdrawal = document.withdrawal
    if withdrawal is None or withdrawal.reason.strip():
        return None
    return Flaw("withdrawn-silent", "撤回原因", "撤下时没有写原因，读者不知道为什么，请补上")
