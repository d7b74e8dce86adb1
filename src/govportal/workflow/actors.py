"""Who acts, and on what: the contract between verbs that ask for a role and the room that keeps grants.

Owns ``Scope`` (where a thing stands: path, organisation, region) and the protocol ``Actor``. Rooms that declare a table ask
``actor.holds(role, scope)``; ``people`` answers from grants, ``SYSTEM`` answers yes (imports, the worker).
"""
from __future__ import annotations

from typing import NamedTuple, Protocol


class Scope(NamedTuple):
    """Where something stands: path in the tree (``/items/a``), slug of its organisation, region code; '' = none."""

    path: str = ""
    org: str = ""
    region: str = ""


class Actor(Protocol):
    """Somebody who acts. ``id`` is what audit and history keep: a staff uid or ``system:…``."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    def holds(self, role: str, scope: Scope) -> bool:
        """Whether a grant of this role, in force now, covers the scope."""
        ...


class SystemActor:
    """A program of ours: every role, everywhere; its id says which one it is."""

    def __init__(self, what: str = "system") -> None:
        self.id, self.name = what, "系统"

    def holds(self, role: str, scope: Scope) -> bool:
        return True


SYSTEM = SystemActor()
