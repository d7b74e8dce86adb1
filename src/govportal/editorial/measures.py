"""How complete a document's values are and how many rules they break: what the desk's lists show of quality.

Owns what of both applies to a document. Reads only. ``content/rules`` owns the rules, ``content/completeness`` the elements. What was taken over from a register stands outside all claims (architecture §3): not measured.
"""
from __future__ import annotations

from typing import Any

from ..content import rules
from ..content.completeness import missing
from ..content.effective import INHERITED
from ..content.model import Document

UNKNOWN = -1
LEVELS = ("publish", "quality")


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
    needed, lacks = missing(document.kind, {**values, **inherited})
    return 100 * (needed - len(lacks)) // needed if needed else UNKNOWN, faults
