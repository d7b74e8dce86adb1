"""Limits of the 自查 and of the checks: the values of the national rules as defaults, each a setting of the office.

Owns names, titles, sources and ranges. The office's own values lie in ``Oversight.limits`` (changed by ``verbs.set_limit``).
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Limit(NamedTuple):
    name: str
    title: str
    default: int
    low: int
    high: int
    source: str


LIMITS = {row[0]: Limit(*row) for row in (
    ("home_days", "首页多少天内要有新内容", 14, 1, 60, "D3"),
    ("home_warn", "首页静默多少天先提醒", 10, 1, 60, "C5"),
    ("dynamic_days", "动态要闻多少天内要更新", 14, 1, 60, "D4 E2"),
    ("policy_months", "通知公告、政策文件多少个月内要更新", 6, 1, 24, "D4 E2"),
    ("other_months", "其他栏目多少个月内要更新", 12, 1, 36, "D4"),
    ("warn_dynamic", "动态要闻到期前多少天提醒", 4, 0, 30, "C5"),
    ("warn_months", "其他栏目到期前多少天提醒", 30, 0, 90, "C5"),
    ("vital_columns", "动态、通知、政策栏目超期合计达到多少个不合格", 5, 1, 50, "D4"),
    ("stale_columns", "应更新未更新的栏目达到多少个不合格", 10, 1, 100, "D4"),
    ("empty_columns", "空白栏目达到多少个不合格", 5, 1, 50, "D4"),
    ("warn_columns", "超期的栏目有多少个先提醒", 2, 1, 50, "C5"),
    ("guide_missing", "指南缺多少个关键要素算不合格", 4, 1, 10, "D6"),
    ("guide_count", "不合格的指南达到多少份单项否决", 5, 1, 50, "D6"),
    ("letter_months", "留言多少个月内要答复", 3, 1, 12, "D5"),
    ("answer_months", "公开答复多少个月内要有新的", 2, 1, 12, "E7"),
    ("statistics_months", "办件统计多少个月内要更新", 3, 1, 12, "E4"),
    ("interpret_days", "解读在文件发布后多少个工作日内发布", 3, 0, 30, "C4"),
    ("expiring_days", "内容到期前多少天提醒", 10, 1, 90, "R4.1.2.3"),
    ("review_months", "内容多少个月复核一次", 12, 1, 60, "R5.3"),
)}


@dataclass(frozen=True)
class Limits:
    """The limits in force; ``limits["home_days"]``."""

    own: Mapping[str, int]

    def __getitem__(self, name: str) -> int:
        value = self.own.get(name)
        return LIMITS[name].default if value is None else value


def limits_of(oversight: object | None) -> Limits:
    """The limits in force now, copied out of the database."""
    return Limits(dict(getattr(oversight, "limits", None) or {}))
