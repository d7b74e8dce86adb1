"""Materials of an item, one by one (R4.2.2.3, R4.2.2.4): catch-all names, missing samples, basis and origin, named so that they are found.

Uses the same checks as the publish rules, a row at a time.
"""
from __future__ import annotations

from collections.abc import Iterator

from ...content import rules
from ..findings import Check, Flaw
from .subject import ITEMS, Subject, Values

CHECKS = (Check("material-catch-all", "兜底材料", "must", "R4.2.2.3 G11", 5), Check("material-sample", "材料缺样表", "must", "R4.2.2.3", 10),
          Check("material-basis", "材料缺依据", "must", "R4.2.2.3", 10), Check("material-source", "材料来源不清", "should", "R4.2.2.4", 10))
_TESTS = (("material-catch-all", "材料名称", rules.material_named, "是兜底说法，请写出要哪几样材料"),
          ("material-sample", "样表", rules.material_has_sample, "没有样表，请补上，或写明为什么不用样表"),
          ("material-basis", "要求提供的依据", rules.material_has_basis, "没有写依据哪部法规要求提供，请补上，找不到依据的请取消这份材料"),
          ("material-source", "来源渠道", rules.material_has_source, "没有写清从哪来、由谁出具，请补上"))


def _rows(subject: Subject) -> tuple[Values, ...]:
    if subject.document.kind == "HandlingItem" and not ("materials" in subject.values.get("changes", ()) or subject.values.get("listed")):
        return ()
    return subject.values.get("materials") or ()


def examine(subject: Subject) -> Iterator[Flaw]:
    if subject.document.kind not in ITEMS or subject.registered:
        return
    for row in _rows(subject):
        name = row.get("name") or "没有名称的材料"
        for check, field, test, words in _TESTS:
            if not test({"materials": (row,)}):
                yield Flaw(check, f"申请材料／{field}", f"“{name[:60]}”{words}", mark=row.get("key") or name)
