"""How complete a document's values are and how many rules they break: what the desk's lists show of quality.

Owns the share of filled elements with the weights of their groups, and the count of faults. Reads only. ``content/rules`` owns
the rules. What was taken over from a register stands outside all claims (architecture §3): not measured.
"""
from __future__ import annotations

from functools import cache
from typing import Any

from ..content import rules
from ..content.effective import INHERITED
from ..content.kinds import kind_of
from ..content.model import Document

UNKNOWN = -1
# Elements of an item by their group; a group that is not here says nothing about completeness (state, other).
WEIGHTS = {"标识": 1, "机构": 2, "对象": 2, "时限": 3, "受理": 3, "材料": 3, "流程": 3, "收费": 2, "结果": 2, "办理": 2, "咨询监督": 2, "救济": 1}
LEVELS = ("publish", "quality")


def filled(value: Any) -> bool:
    """Whether an element says something; a group does when its first element does (a limit: its days; a fee: whether charged)."""
    if isinstance(value, dict):
        return bool(value) and filled(next(iter(value.values())))
    return value is not None and value != "" and value != ()


@cache
def _elements(kind: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(group, names) of the elements that count: those that must be given, and those the guide asks for (R4.2), in groups also by RA1."""
    groups: dict[str, list[str]] = {}
    for node in kind_of(kind).schema.children:
        asked = node.required or (node.group in WEIGHTS if node.group else node.source.startswith("R4.2")) and bool(node.source)
        if asked and (not node.group or node.group in WEIGHTS):
            groups.setdefault(node.group, []).append(node.name)
    return tuple((group, tuple(names)) for group, names in groups.items())


def completeness(kind: str, values: dict[str, Any]) -> int:
    """0–100: how much of the kind's elements is filled, each group by its weight; 100 only when all are."""
    have = whole = 0.0
    for group, names in _elements(kind):
        weight = WEIGHTS.get(group, 1)
        whole += weight
        have += weight * sum(filled(values.get(name)) for name in names) / len(names)
    return 100 if not whole else int(100 * have / whole + 1e-9)


def measure(document: Document, values: dict[str, Any]) -> tuple[int, int]:
    """(completeness, faults) of these values of a document; ``UNKNOWN`` where it does not apply: registered rows, and the completeness
    of a 情形, which says only what differs from its item."""
    if (values.get("register") or {}).get("source") or values.get("registered"):
        return UNKNOWN, UNKNOWN
    try:
        faults = sum(len(rules.violations(document.kind, values, level, document)) for level in LEVELS)
    except LookupError:                                          # not under a directory item
        return UNKNOWN, UNKNOWN
    if document.kind == "HandlingItem":
        return UNKNOWN, faults
    inherited = dict.fromkeys(INHERITED, True) if document.kind == "ImplementationItem" else {}
    return completeness(document.kind, {**values, **inherited}), faults
