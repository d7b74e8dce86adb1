"""What people ask of other rooms: the work that lies with a person, and handing it over when the account ends.

Owns the protocol alone; editorial (later cases, letters) implements it and the caller hands the implementations in.
"""
from __future__ import annotations

from typing import NamedTuple, Protocol


class Work(NamedTuple):
    """One open thing: ``kind`` in Chinese for people (稿件、任务、导入), its id, its title."""

    kind: str
    id: str
    title: str


class OpenWork(Protocol):
    def of(self, staff_uid: str) -> list[Work]:
        """Everything open that waits for this person, or [] ."""
        ...

    def hand_over(self, from_uid: str, to_uid: str) -> int:
        """Give all of it to another person within the caller's transaction; how many. Afterwards ``of(from_uid)`` is []."""
        ...
