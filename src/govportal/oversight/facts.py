"""What the 自查 needs and the columns do not hold: how many guides lack key elements, how policies and interpretations go together.

Owns the counting during a run; the lists of offenders are bounded, the counts exact.
"""
from __future__ import annotations

from collections import Counter
from typing import Any

from .checks.elements import is_guide, missing
from .checks.subject import Subject

SHOWN = 50


class Facts:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.lists: dict[str, list[tuple[str, str, str]]] = {"guides_bad": [], "register_bad": [], "questions_bad": []}

    def take(self, subject: Subject) -> None:
        """Count one public document."""
        if is_guide(subject):
            self._guide(subject)
        elif subject.document.kind == "NewsArticle":
            header = subject.values.get("header") or {}
            if header.get("doc_number") or header.get("issuer"):
                self.counts["policies"] += 1
                self.counts["policies_interpreted"] += bool(subject.values.get("interpretations"))
                self.counts["own_policies"] += not subject.verbatim
                self.counts["own_interpreted"] += not subject.verbatim and bool(subject.values.get("interpretations"))
        elif subject.document.kind == "Question":
            self._question(subject)

    def _guide(self, subject: Subject) -> None:
        group = "register" if subject.registered else "guides"
        self.counts[group] += 1
        lacking = missing(subject)
        if len(lacking) >= subject.limits["guide_missing"]:
            self._offend(f"{group}_bad", subject, f"缺 {len(lacking)} 项：{'、'.join(lacking)}")

    def _question(self, subject: Subject) -> None:
        lacking = [title for title, name in (("受理日期", "asked_on"), ("答复日期", "answered_on"), ("答复单位", "org"), ("答复内容", "answer"))
                   if not subject.values.get(name)]
        if lacking:
            self._offend("questions_bad", subject, f"缺{'、'.join(lacking)}")

    def _offend(self, group: str, subject: Subject, words: str) -> None:
        self.counts[group] += 1
        if len(self.lists[group]) < SHOWN:
            self.lists[group].append((subject.path, subject.title[:120], words))

    def told(self) -> dict[str, Any]:
        """Plain data for the result."""
        return {"counts": dict(self.counts), "lists": {name: tuple(rows) for name, rows in self.lists.items()}}
