"""What somebody picked in a list, kept between the list and what is done with it: up to ten thousand documents do not fit a form.

Owns ``Selection``. It holds ids and no rights: those are asked anew by whatever is done. SelectionRefused is one Chinese line.
"""
from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from persistent import Persistent

from ..base import clock
from .bulk import MAX_ITEMS
from .job import Pages


class SelectionRefused(Exception):
    """It cannot be picked like this, or is not there; one clear Chinese line."""


class Selection(Persistent):
    """``by``: staff uid. ``uids``: in the order of the list. ``back``: address of the list it was picked in."""

    def __init__(self, by: str, at: datetime, uids: Sequence[str], back: str) -> None:
        self.uid = str(uuid.uuid4())
        self.by, self.at, self.back = by, at, back
        self._uids = Pages(uids, size=1000)

    @property
    def uids(self) -> list[str]:
        return list(self._uids)

    def __len__(self) -> int:
        return len(self._uids)


def keep(editorial: Any, by: str, uids: Sequence[str], back: str = "") -> Selection:
    """Keep what was picked. SelectionRefused for nothing or too much."""
    chosen = list(dict.fromkeys(uids))
    if not chosen:
        raise SelectionRefused("没有选中任何内容：请在列表里勾选，或点“全部一起办”")
    if len(chosen) > MAX_ITEMS:
        raise SelectionRefused(f"一次最多办 {MAX_ITEMS} 份，现在有 {len(chosen)} 份：请用筛选缩小范围，分几次办")
    made = Selection(by, clock.now(), chosen, back)
    editorial.selections[made.uid] = made
    return made


def of(editorial: Any, uid: str, by: str) -> Selection:
    """The selection of this person. SelectionRefused when there is none: another person's is not shown."""
    found = editorial.selections.get(uid) if uid else None
    if found is None or found.by != by:
        raise SelectionRefused("没有这次选择，它可能已过保存期，请回到列表重新选")
    return found
