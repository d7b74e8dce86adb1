"""The publish and quality rules of ``content/rules/items.yaml`` over what is live and complete: content that came in before a rule did, or
by an import, is listed. Rules that other families tell more exactly (elements, materials) are theirs.
"""
from __future__ import annotations

from collections.abc import Iterator

from ...content import rules
from ..findings import Check, Flaw
from .subject import Subject

TOLD_ELSEWHERE = {"guide-elements", "material-name", "material-basis", "material-sample", "material-source", "legal-basis"}
_OURS = tuple(rule for rule in rules.all_rules() if rule.level != "identity" and rule.id not in TOLD_ELSEWHERE)
CHECKS = tuple(Check(f"rule-{rule.id}", f"{rule.field}不合规则", "must" if rule.level == "publish" else "should", rule.source, 10) for rule in _OURS)


def examine(subject: Subject) -> Iterator[Flaw]:
    if subject.registered:
        return
    for level in ("publish", "quality"):
        for fault in rules.violations(subject.document.kind, subject.values, level, subject.document):
            if fault.rule not in TOLD_ELSEWHERE:
                yield Flaw(f"rule-{fault.rule}", fault.field, fault.message)
