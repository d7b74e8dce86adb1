"""Missing elements: the ten key elements of a guide (D6) and the others that every guide shows (R4.2.2.1).

A registered row is outside this (its count stands on the 自查 page by itself).
"""
from __future__ import annotations

from collections.abc import Callable, Iterator

from ..findings import Check, Flaw
from .subject import ITEMS, Subject, Values

CHECKS = (Check("elements-many", "指南缺关键要素过多", "must", "D6", 5), Check("elements-key", "指南缺关键要素", "must", "D6 R4.2.2.1", 10),
          Check("elements-other", "指南要素不全", "should", "R4.2.2.1", 10))


def _has_hours(subject: Subject) -> bool:
    """办理时间: opening hours of a place, or a service that is open at any time."""
    if (subject.whole.get("online") or {}).get("whole"):
        return True
    return any((subject.site.shared_values("places", slug) or {}).get("hours") for slug in subject.whole.get("places") or ())


def _fee_given(whole: Values) -> bool:
    fee = whole.get("fee") or {}
    return fee.get("charged") is False or bool(fee.get("charged") and any(row.get("standard") for row in fee.get("items") or ()))


# The ten of D6, in its words and order.
KEY: tuple[tuple[str, Callable[[Subject], bool]], ...] = (
    ("事项名称", lambda subject: bool(subject.whole.get("name"))), ("设定依据", lambda subject: bool(subject.whole.get("legal_basis"))),
    ("申请条件", lambda subject: bool(subject.whole.get("conditions"))),
    ("办理材料", lambda subject: bool(subject.whole.get("materials") or subject.whole.get("not_needed"))),
    ("办理地点", lambda subject: bool(subject.whole.get("places"))), ("办理机构", lambda subject: bool(subject.whole.get("org"))),
    ("收费标准", lambda subject: _fee_given(subject.whole)), ("办理时间", _has_hours),
    ("联系电话", lambda subject: bool(subject.whole.get("consult_phone"))), ("办理流程", lambda subject: bool(subject.whole.get("steps"))))
OTHER = (("事项类型", "type"), ("办件类型", "handled_as"), ("承诺办结时限", "promise_limit"), ("办理形式", "channels"), ("审查标准", "review_standard"),
         ("服务对象", "service_objects"), ("通办范围", "scope"), ("监督电话", "supervise_phone"))


def missing(subject: Subject) -> list[str]:
    """The key elements that the public page of this item lacks."""
    return [name for name, given in KEY if not given(subject)]


def is_guide(subject: Subject) -> bool:
    """Whether the public sees a guide of this document by itself."""
    whole = subject.whole
    if subject.document.kind not in ITEMS or whole.get("state") == "取消" or subject.values.get("unlisted"):
        return False
    return subject.document.kind == "ImplementationItem" or bool(subject.values.get("listed"))


def examine(subject: Subject) -> Iterator[Flaw]:
    if not is_guide(subject) or subject.registered:
        return
    lacking = missing(subject)
    if lacking:
        many = len(lacking) >= subject.limits["guide_missing"]
        yield Flaw("elements-many" if many else "elements-key", "指南要素", f"缺 {len(lacking)} 项关键要素：{'、'.join(lacking)}，请补上")
    other = [name for name, key in OTHER if not _given(subject.whole.get(key))]
    if other:
        yield Flaw("elements-other", "指南要素", f"还缺{'、'.join(other)}，请补上")


def _given(value: object) -> bool:
    if isinstance(value, dict):
        return any(part not in (None, "", ()) for name, part in value.items() if name != "unit")
    return bool(value)
