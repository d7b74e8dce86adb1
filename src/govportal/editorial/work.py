"""My work: what waits for somebody, by what they must do, and what changed since they were last here.

Owns the groups. Works on ``columns`` and grants alone. What somebody wrote in never waits for them to approve (four-eyes).
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from .columns import DeskColumns, minutes_of
from .filters import Filter
from .listing import DAY, count, mask_of, ordered, scopes_of, visible, written_by
from .rows import DeskRow

WRITERS = ("editor", "directory")          # roles that keep content up to date
# (group, title, stage, role that acts on it)
APPROVALS = (("review", "待我审核", "review", "reviewer"), ("legality", "待我审查", "legality", "legality"), ("signoff", "待我签发", "signoff", "signer"))
EXPIRING_DAYS = 30
SHOWN = 10


@dataclass(frozen=True)
class Group:
    """``rows``: the first ``SHOWN``; ``slots``: all, in order."""

    name: str
    title: str
    slots: np.ndarray
    rows: list[DeskRow]

    def __len__(self) -> int:
        return len(self.slots)


@dataclass(frozen=True)
class Work:
    groups: tuple[Group, ...]                                   # empty groups too
    department: dict[str, tuple[tuple[str, int], ...]]          # of my organisation's documents: state, stage, faults, overdue -> counts
    changed: Group                                              # by others, since I was last here

    def group(self, name: str) -> Group:
        return next(group for group in self.groups if group.name == name)


def my_work(columns: DeskColumns, grants: Iterable[Any], staff: str, now: datetime, *, org: str = "", since: datetime | None = None) -> Work:
    """What waits for ``staff`` (its uid). ``grants``: those in force with role, path, org, region, deputised ones included; ``org``:
    its department; ``since``: when it was last here."""
    grants = list(grants)
    masks = _own(columns, staff)
    written = written_by(columns, staff)
    found = [("write", "待我写", masks["write"], "changed"), ("returned", "被退回的", masks["returned"], "changed")]
    for name, title, stage, role in APPROVALS:
        reach = visible(columns, scopes_of(grant for grant in grants if grant.role == role))
        found.append((name, title, reach & mask_of(columns, Filter(stage=(stage,))) & ~written, "-changed"))      # who waited longest first
    mine = visible(columns, scopes_of(grant for grant in grants if grant.role in WRITERS))
    signing = visible(columns, scopes_of(grant for grant in grants if grant.role == "signer"))
    found.append(("signed", "待发布", (signing | mine & (written | columns.words["assignee"].among((staff,), columns.arrays["assignee"]))) & mask_of(columns, Filter(stage=("signed",))), "-changed"))
    at, expires = minutes_of(now), columns.arrays["expires"]
    found.append(("expiring", "快到期", mine & (expires > at) & (expires <= at + EXPIRING_DAYS * DAY), "expires"))
    found.append(("overdue", "该复查的", mine & mask_of(columns, Filter(overdue=True), now), "review_by"))
    recent = np.zeros(columns.size, dtype=bool)
    if since is not None:
        by_me = columns.words["author"].among((staff,), columns.arrays["author"])
        recent = visible(columns, scopes_of(grants)) & (columns.arrays["changed"] >= minutes_of(since)) & ~by_me
    groups = tuple(_group(columns, *one) for one in found)
    return Work(groups, _department(columns, org, now), _group(columns, "changed", "上次来过以后有变动的", recent, "changed"))


def _own(columns: DeskColumns, staff: str) -> dict[str, np.ndarray]:
    """Mine to write: assigned to me and nothing under way or drafting; or my draft, unless it was given to somebody else."""
    assigned = columns.words["assignee"].among((staff,), columns.arrays["assignee"])
    unassigned = columns.words["assignee"].among(("",), columns.arrays["assignee"])
    author = columns.words["author"].among((staff,), columns.arrays["author"]) & unassigned
    stages = {stage: columns.words["stage"].among((stage,), columns.arrays["stage"]) & columns.alive for stage in ("", "drafting", "returned")}
    return {"write": assigned & stages[""] | (assigned | author) & stages["drafting"], "returned": (assigned | author) & stages["returned"]}


def _department(columns: DeskColumns, org: str, now: datetime) -> dict[str, tuple[tuple[str, int], ...]]:
    if not org:
        return {}
    slots = np.flatnonzero(mask_of(columns, Filter(org=(org,))))
    return {name: count(columns, name, slots, now) for name in ("kind", "state", "stage", "completeness", "faults", "overdue")}


def _group(columns: DeskColumns, name: str, title: str, mask: np.ndarray, sort: str) -> Group:
    slots = ordered(columns, np.flatnonzero(mask), sort)
    return Group(name, title, slots, columns.rows(slots[:SHOWN]))
