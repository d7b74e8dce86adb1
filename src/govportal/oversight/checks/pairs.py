"""A policy document and its interpretation (C4): each names the other; the office's own comes within the days set."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ...base import calendar, clock
from ..findings import Check, Flaw
from .subject import Subject

CHECKS = (Check("pair-oneway", "文件与解读没有互相链接", "must", "C4 E3", 3), Check("pair-late", "解读发布晚了", "look", "C4", 5))


def _published(values: dict[str, str]) -> date | None:
    try:
        return clock.parse(values.get("published_at") or "").date()
    except ValueError:
        return None


def examine(subject: Subject) -> Iterator[Flaw]:
    if subject.document.kind != "NewsArticle":
        return
    for own, back, field in (("interpretations", "interpretation_of", "解读本文的文章"), ("interpretation_of", "interpretations", "解读的文件")):
        for uid in subject.values.get(own) or ():
            other = subject.site.document(uid)
            if other is None or other.live is None:
                continue
            values = other.live.values
            if subject.document.uid not in (values.get(back) or ()):
                yield Flaw("pair-oneway", field, f"本文链接了“{values['title'][:60]}”，对方没有链接回来，请在对方补上", mark=uid)
            if own == "interpretation_of" and not values.get("source_url"):
                yield from _late(subject, values, uid)


def _late(subject: Subject, document: dict[str, str], uid: str) -> Iterator[Flaw]:
    issued, told = _published(document), _published(subject.values)
    limit = subject.limits["interpret_days"]
    if issued is not None and told is not None and told > issued and calendar.current().working_days_between(issued, told) > limit:
        yield Flaw("pair-late", "发布时间", f"比所解读的文件晚了 {calendar.current().working_days_between(issued, told)} 个工作日（应在 {limit} 个以内）", mark=uid)
