"""What lies with a member of staff at the desk, and handing it over when the account ends (``people.contracts.OpenWork``).

Owns the three rooms: drafts and assigned content, tasks, running jobs. ``columns`` say where to look; what counts is read from the documents, so
that nothing handed over is found again. Works in the caller's transaction.
"""
from __future__ import annotations

from typing import Any

import numpy as np

from ..content import publish
from ..content.model import Document
from ..content.site import Site
from ..people.contracts import Work
from .columns import DeskColumns
from .rows import title_of

LIMIT = 5000


class Drafts:
    """Documents assigned to somebody, and drafts they wrote that nobody else was given."""

    def __init__(self, site: Site, columns: DeskColumns) -> None:
        self.site, self.columns = site, columns

    def _documents(self, uid: str) -> list[Document]:
        columns = self.columns
        mask = np.zeros(columns.size, dtype=bool)
        for name in ("assignee", "author"):
            mask |= columns.words[name].among((uid,), columns.arrays[name])
        found = [self.site.document(columns.texts["uid"][slot]) for slot in np.flatnonzero(mask & columns.alive).tolist()[:LIMIT]]
        return [one for one in found if one is not None and one.__parent__ is not None and _lies_with(one, uid)]

    def of(self, staff_uid: str) -> list[Work]:
        return [Work("稿件", one.uid, title_of(one)) for one in self._documents(staff_uid)]

    def hand_over(self, from_uid: str, to_uid: str) -> int:
        found = self._documents(from_uid)
        for document in found:
            publish.assign(document, to_uid, actor="system:hand-over")
        return len(found)


def _lies_with(document: Document, uid: str) -> bool:
    if document.assignee:
        return document.assignee == uid
    draft = document.draft
    return draft is not None and draft.author == uid      # in review too: returned, it must come back to somebody


class Tasks:
    """Tasks given to somebody by name."""

    def __init__(self, editorial: Any) -> None:
        self.tasks = editorial.tasks

    def of(self, staff_uid: str) -> list[Work]:
        return [Work("任务", one.uid, one.title) for one in self.tasks.of(staff_uid)]

    def hand_over(self, from_uid: str, to_uid: str) -> int:
        found = self.tasks.of(from_uid)
        for task in found:
            task.assignee = to_uid
            self.tasks.keep(task)
        return len(found)


class Jobs:
    """Background jobs that wait or run; they go on with the rights of who takes them over."""

    def __init__(self, editorial: Any) -> None:
        self.jobs = editorial.jobs

    def of(self, staff_uid: str) -> list[Work]:
        return [Work("后台任务", one.uid, one.title) for one in self.jobs.of(staff_uid, limit=LIMIT) if one.open]

    def hand_over(self, from_uid: str, to_uid: str) -> int:
        found = [one for one in self.jobs.of(from_uid, limit=LIMIT) if one.open]
        for job in found:
            self.jobs.give(job, to_uid)
        return len(found)


def rooms(site: Site, editorial: Any, columns: DeskColumns) -> tuple[Drafts, Tasks, Jobs]:
    """The rooms to ask about open work."""
    return Drafts(site, columns), Tasks(editorial), Jobs(editorial)
