"""Why a verb cannot run, in words for people: one ``Reason`` each, thrown together as ``Refused``.

Owns the two and nothing else. A verb that raises ``Refused`` has changed nothing.
"""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why a verb cannot run: the field (or ''), what is wrong and what to do, and the rule's source."""

    field: str
    message: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.field}：{self.message}" if self.field else self.message


class Refused(Exception):
    """The verb did nothing. ``reasons`` says why, for people."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("；".join(str(reason) for reason in reasons))
        self.reasons = reasons
