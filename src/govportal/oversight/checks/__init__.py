"""The checks of content, one module a family, in one declared table.

Owns the table (id -> Check) and the order in which families look at a document. A family has ``CHECKS`` and ``examine(subject)``, reads
only, and prefers silence to a false alarm. Two checks with one id end the start.
"""
from __future__ import annotations

from collections.abc import Iterator

from ...content.model import Document
from ...content.site import Site
from ..findings import Check, Flaw
from . import ages, basis, elements, links, materials, names, pairs, rulebook, wording
from .subject import Subject

FAMILIES = (("要素", elements), ("发布规则", rulebook), ("材料", materials), ("依据", basis), ("链接和附件", links), ("重名", names), ("用词", wording),
            ("政策解读", pairs), ("时间", ages))


def _table() -> dict[str, Check]:
    found: dict[str, Check] = {"unreadable": Check("unreadable", "检查不了的内容", "should", "D7", 5)}
    for _, family in FAMILIES:
        for check in family.CHECKS:
            if check.id in found:
                raise ValueError(f"检查 {check.id} 登记了两次")
            found[check.id] = check
    return found


CHECKS = _table()
FAMILY_OF = {"unreadable": "其他"} | {check.id: title for title, family in FAMILIES for check in family.CHECKS}


def examine(subject: Subject) -> Iterator[Flaw]:
    """Every flaw of a document's values."""
    for _, family in FAMILIES:
        yield from family.examine(subject)


def examine_withdrawn(document: Document, site: Site) -> Iterator[Flaw]:
    """Flaws of a document that is no longer offered: only how it went."""
    for flaw in (links.redirect_flaw(document, site), ages.withdrawal_flaw(document)):
        if flaw is not None:
            yield flaw
