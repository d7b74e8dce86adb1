"""Tasks of departments: what changes of the directory list ask of them, who sees to each, until it is done.

Owns ``/desk/tasks``, its part of 我的待办, and what can lie with a person when an account ends.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ..base import clock
from ..editorial import openwork, tasks
from ..web.modes import posted
from ..web.pages import number, page_links
from ..workflow.reasons import Refused
from .lists import CRUMBS, TABS
from .shell import desk_page, see_other
from .words import person_words

PAGE = 50
SHOWS = (("open", "没办的"), ("mine", "指定给我的"), ("closed", "办完的"))
ROLES = ("editor", "reviewer", "directory")


def orgs_of(actor: Any, *roles: str) -> list[str] | None:
    """Departments whose tasks the person sees to; None = all, [] = none."""
    grants = [grant for role in roles for grant in actor.grants(role)]
    return None if any(not grant.org for grant in grants) else list(dict.fromkeys(grant.org for grant in grants))


def shown_orgs(request: Any) -> list[str] | None:
    """Whose tasks are listed: one's departments'; all for those who see every department."""
    return orgs_of(request.actor, "editor", "reviewer", "directory", "legality", "signer", "site", "auditor")


def tasks_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    show, org, today = request.query("show") or "open", request.query("org"), clock.now().date()
    store, orgs = request.editorial.tasks, shown_orgs(request)
    if org and (orgs is None or org in orgs):
        orgs = [org]
    found = store.of(request.actor.id) if show == "mine" else store.closed(orgs, 500) if show == "closed" else store.waiting(orgs)
    last = max(1, -(-len(found) // PAGE))
    current = min(number(request.query("page"), default=1, low=1, high=1000), last)
    rows = []
    for one in found[(current - 1) * PAGE:current * PAGE]:
        document = request.site.document(one.document)
        rows.append({"one": one, "kind": tasks.KINDS.get(one.kind, one.kind), "org": request.columns.org_name(one.org) if one.org else "没有归部门", "late": one.late(today),
                     "may": one.open and tasks.may_see_to(request.actor, one), "assignee": person_words(request, one.assignee), "there": document is not None,
                     "closed": "自动：实施清单已重新发布" if one.closed_by == tasks.BY_PUBLICATION else person_words(request, one.closed_by),
                     "successors": [(uid, item.live.head["name"]) for uid in one.watch if (item := request.site.document(uid)) is not None and item.live is not None]})
    people = sorted(((staff.uid, staff.name) for staff in request.people.all_staff() if staff.active), key=lambda pair: pair[1])
    base = [pair for pair in (("show", show), ("org", org)) if pair[1]]
    return desk_page(request, "desk/tasks.pt", "任务", nav="lists", crumbs=CRUMBS, tab="tasks", tabs=TABS, status=422 if errors else 200, errors=errors, rows=rows, show=show, shows=SHOWS, total=len(found),
                     people=people, query=urlencode(base), late=sum(1 for one in found if one.late(today)), typed={name: posted(request, name) for name in ("task", "note")} if errors else {},
                     pages=page_links(lambda page: "/desk/tasks?" + urlencode([*base, ("page", str(page))]), current, last))


def tasks_post(context: Any, request: Any) -> Any:
    """``do``: close (with ``note``) or assign (``to``) the task ``task``."""
    uid, do = posted(request, "task"), posted(request, "do")
    back = "/desk/tasks" + (f"?{request.query_string}" if request.query_string else "")
    try:
        if do == "assign":
            to = posted(request, "to")
            staff = request.people.staff(to) if to else None
            if to and (staff is None or not staff.active):
                return tasks_view(context, request, errors=[("", "请选一个在用的账号")])
            one = tasks.assign(request.editorial, request.site, uid, request.actor, to)
            return see_other(request, back, f"“{one.title}”已指定给{person_words(request, to) or '（没有人）'}")
        one = tasks.close(request.editorial, request.site, uid, request.actor, posted(request, "note"))
    except Refused as refused:
        return tasks_view(context, request, errors=[(f"note-{uid}" if reason.field == "说明" else "", str(reason)) for reason in refused.reasons])
    return see_other(request, back, f"“{one.title}”已处理")


def waiting(request: Any) -> list[tuple[str, int, str, str]]:
    """What of it stands in 我的待办: the departments' in which one edits, and those given to one by name."""
    if not request.actor.holds_any(*ROLES):
        return []
    orgs = orgs_of(request.actor, "editor", "directory")
    named = len(request.editorial.tasks.of(request.actor.id))
    count = request.editorial.tasks.count(orgs) if orgs != [] else named
    found = [("清单变动任务", count, "/desk/tasks", "目录清单改动以后要核对的")] if count or request.actor.holds_any("editor") else []
    return found + ([("指定给我的任务", named, "/desk/tasks?show=mine", "")] if named else [])


def includeme(config: Any) -> None:
    config.registry.desk_work.append(waiting)
    config.registry.open_work = lambda request: openwork.rooms(request.site, request.editorial, request.desk_columns)
    config.add_desk_page(tasks_view, name="tasks", path="/desk/tasks", permission="content.view", params=("show", "org", "page"), post=tasks_post, post_permission="content.work")
