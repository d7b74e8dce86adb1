"""Tasks of departments: what a change of the directory list asks of each of them, with a due date, until it is done.

Owns opening, closing and the lists of tasks. A task is closed by a note, or by itself when the department publishes its item anew. Works in the
caller's transaction; Refused says why something cannot be done.
"""
from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent

from ..base import calendar, clock
from ..content.model import Document
from ..content.scopes import scope_of
from ..workflow.actors import Actor, Scope
from ..workflow.reasons import Reason, Refused

KINDS = {"check": "核对实施清单", "split": "事项已拆分", "merge": "事项已合并", "cancel": "事项已取消", "suspend": "事项已暂停", "resume": "事项已恢复"}
DAYS = 10                    # working days, unless the site's settings say ``task_days``
MAX_NOTE = 500
BY_PUBLICATION = "system:published"
_FIRST = ("", "", "")


class Task(Persistent):
    """One task. ``document``: uid of the department's item; ``watch``: uids of directory items under which a new item of ``org`` also fulfils it;
    ``due``: the last day."""

    assignee = ""
    closed_at: datetime | None = None
    closed_by = ""
    note = ""

    def __init__(self, kind: str, document: str, title: str, scope: Scope, due: date, why: str, by: str, at: datetime, request: str, watch: tuple[str, ...]) -> None:
        self.uid = str(uuid.uuid4())
        self.kind, self.document, self.title, self.why, self.by, self.at, self.request, self.watch = kind, document, title, why, by, at, request, watch
        self.org, self.region, self.path, self.due = scope.org, scope.region, scope.path, due.isoformat()

    @property
    def open(self) -> bool:
        return self.closed_at is None

    @property
    def scope(self) -> Scope:
        return Scope(self.path, self.org, self.region)

    def late(self, today: date) -> bool:
        return self.open and self.due < today.isoformat()


class Tasks(Persistent):
    """All tasks: by id, open ones by department and day, by item, by person; closed ones by department and time."""

    def __init__(self) -> None:
        self._all = OOBTree()          # uid -> Task
        self._open = OOBTree()         # (org, due, uid) -> None
        self._items = OOBTree()        # (document or watched uid, org, uid) -> None, open ones
        self._persons = OOBTree()      # (assignee, due, uid) -> None, open ones
        self._closed = OOBTree()       # (org, closed, uid) -> None
        self._all[""] = self._open[_FIRST] = self._items[_FIRST] = self._persons[_FIRST] = self._closed[_FIRST] = None      # never emptied

    def get(self, uid: str) -> Task | None:
        return self._all.get(uid) if uid else None

    def keep(self, task: Task) -> None:
        """Keep a task and its places as it is now."""
        self._all.setdefault(task.uid, task)
        places = [(self._open, (task.org, task.due, task.uid)), *((self._items, (one, task.org, task.uid)) for one in (task.document, *task.watch))]
        for tree, key in places:
            tree.setdefault(key, None) if task.open else tree.pop(key, None)
        if not task.open and task.closed_at is not None:
            self._closed.setdefault((task.org, task.closed_at.isoformat(), task.uid), None)
        for key in [key for key in self._persons.keys() if key[2] == task.uid]:
            del self._persons[key]
        if task.open and task.assignee:
            self._persons[(task.assignee, task.due, task.uid)] = None

    def waiting(self, orgs: Iterable[str] | None = None) -> list[Task]:
        """Open tasks of these departments (None = all), what is due first on top."""
        if orgs is None:
            keys = list(self._open.keys(min=("", "", "\x00")))
        else:
            keys = [key for org in dict.fromkeys(orgs) for key in self._open.keys(min=(org, ""), max=(org, "\uffff")) if key[2]]
        return [self._all[key[2]] for key in sorted(keys, key=lambda key: (key[1], key[0], key[2]))]

    def count(self, orgs: Iterable[str] | None = None) -> int:
        if orgs is None:
            return len(self._open) - 1
        return sum(1 for org in dict.fromkeys(orgs) for key in self._open.keys(min=(org, ""), max=(org, "\uffff")) if key[2])

    def closed(self, orgs: Iterable[str] | None = None, limit: int = 50) -> list[Task]:
        """The last closed tasks, newest first."""
        keys = list(self._closed.keys(min=("", "", "\x00"))) if orgs is None else [
            key for org in dict.fromkeys(orgs) for key in self._closed.keys(min=(org, ""), max=(org, "\uffff")) if key[2]]
        return [self._all[key[2]] for key in sorted(keys, key=lambda key: key[1], reverse=True)[:limit]]

    def of(self, assignee: str) -> list[Task]:
        return [self._all[uid] for _, _, uid in self._persons.keys(min=(assignee, ""), max=(assignee, "\uffff"))] if assignee else []

    def about(self, document: str, org: str | None = None) -> list[Task]:
        """Open tasks that concern an item, or a directory item that is watched."""
        return [self._all[uid] for _, of, uid in self._items.keys(min=(document, ""), max=(document, "\uffff")) if org is None or of == org]


def open_task(editorial: Any, site: Any, kind: str, item: Document, *, title: str, why: str, by: str, request: str, watch: tuple[str, ...] = ()) -> Task | None:
    """Open a task for the department of an implementation item. None when the same request has opened it already."""
    if any(one.request == request and one.document == item.uid for one in editorial.tasks.about(item.uid)):
        return None
    now = clock.now()
    days = int(site.settings.get("task_days") or DAYS)
    due = calendar.current().add_working_days(now.astimezone(clock.SHANGHAI).date(), days)
    task = Task(kind, item.uid, title, scope_of(item), due, why, by, now, request, watch)
    editorial.tasks.keep(task)
    site.audit.record("task.open", actor=by, target=task.uid, after=f"{kind} {item.uid}", at=now)
    return task


def may_see_to(actor: Actor, task: Task) -> bool:
    """Whether somebody may close or assign it: an editor or reviewer of the department, or the directory's office."""
    return any(actor.holds(role, task.scope) for role in ("editor", "reviewer", "directory"))


def _of(editorial: Any, uid: str, actor: Actor) -> Task:
    task = editorial.tasks.get(uid)
    if task is None:
        raise Refused(Reason("", "没有这件任务，请刷新页面看看"))
    if not may_see_to(actor, task):
        raise Refused(Reason("", "这是别的部门的任务，您不能处理"))
    if not task.open:
        raise Refused(Reason("", "这件任务已经处理过了"))
    return task


def close(editorial: Any, site: Any, uid: str, actor: Actor, note: str) -> Task:
    """Say that it is done. Refused without a note, for somebody else's department, for one that is closed."""
    task, note = _of(editorial, uid, actor), note.strip()
    if not note or len(note) > MAX_NOTE:
        raise Refused(Reason("说明", f"请写明怎么处理的，不超过 {MAX_NOTE} 个字"))
    _close(editorial, site, task, actor.id, note)
    return task


def _close(editorial: Any, site: Any, task: Task, by: str, note: str) -> None:
    task.closed_at, task.closed_by, task.note = clock.now(), by, note
    editorial.tasks.keep(task)
    site.audit.record("task.close", actor=by, target=task.uid, reason=note, at=task.closed_at)


def assign(editorial: Any, site: Any, uid: str, actor: Actor, to: str) -> Task:
    """Give it to a member of staff ('' = nobody); that the account exists is the caller's."""
    task = _of(editorial, uid, actor)
    task.assignee = to
    editorial.tasks.keep(task)
    site.audit.record("task.assign", actor=actor.id, target=task.uid, after=to, at=clock.now())
    return task


def published(editorial: Any, site: Any, document: Document) -> int:
    """Close what a department has fulfilled by publishing its item after the task was opened; returns how many. Doing it again changes nothing."""
    live = document.live
    if document.kind != "ImplementationItem" or live is None or live.published_at is None or document.withdrawal is not None:
        return 0
    org, parent = live.head.get("org") or "", getattr(document.__parent__, "uid", "")
    found = [*editorial.tasks.about(document.uid), *(editorial.tasks.about(parent, org) if parent else [])]
    done = [task for task in found if task.open and live.published_at > task.at]
    for task in done:
        _close(editorial, site, task, BY_PUBLICATION, f"实施清单已重新发布（第 {live.number} 版）")
    return len(done)
