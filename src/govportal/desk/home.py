"""我的待办: what waits for the person at the desk, by what they must do, and what changed since they were last here.

Owns ``/desk``. Other parts of the desk add groups of their own through ``registry.desk_work`` (tasks, jobs, imports).
"""
from __future__ import annotations

from typing import Any

from ..base import clock
from ..editorial.work import WRITERS, my_work
from ..people.roles import title_of
from ..web.pages import number, page_links
from .permissions import PERMISSIONS
from .shell import desk_page
from .words import row_words

PAGE = 50
HINTS = {"write": "起草中的和指派给您的", "returned": "看退回的话，改好再送审", "review": "等您审核，等得最久的在前", "legality": "等您做合法性、有效性审查", "signoff": "等您签发", "signed": "已签发，可以发布或定时发布",
         "expiring": "30 天内到期下线", "overdue": "过了复查日期，请看看还对不对", "changed": "别人改过的"}
# group -> roles whose people see its figure also when it is 0
ASKED = {"write": WRITERS, "returned": WRITERS, "review": ("reviewer",), "legality": ("legality",), "signoff": ("signer",), "signed": ("signer",), "expiring": WRITERS, "overdue": WRITERS}
DEPARTMENT = (("state", "changed", "有草稿"), ("faults", "yes", "有问题"), ("overdue", "yes", "该复查"), ("completeness", "0-59", "很不完整"), ("stage", "review", "待审核"))


def work_of(request: Any) -> Any:
    actor = request.actor
    grants = [grant for role in PERMISSIONS["content.view"] for grant in actor.grants(role)]
    return my_work(request.desk_columns, grants, actor.id, clock.now(), org=actor.org, since=request.signed.staff.credentials.last_at)


def home_view(context: Any, request: Any) -> Any:
    """All groups with their first rows; ``group`` shows one of them whole."""
    work, chosen = work_of(request), request.query("group")
    groups = [*work.groups, work.changed]
    if chosen in {group.name for group in groups}:
        return one_group(request, next(group for group in groups if group.name == chosen))
    extra = [part for make in request.registry.desk_work for part in make(request)]
    department = [(words, dict(work.department.get(facet, ())).get(value, 0), f"/desk/content?org={request.actor.org}&{facet}={value}") for facet, value, words in DEPARTMENT]
    shown = [(group, HINTS[group.name], [row_words(request, row) for row in group.rows]) for group in groups if len(group)]
    return desk_page(request, "desk/home.pt", "我的待办", nav="home", groups=shown, figures=[(group.name, group.title, len(group)) for group in work.groups if len(group) or request.actor.holds_any(*ASKED[group.name])],
                     extra=extra, department=department if request.actor.org else [], org=request.columns.org_name(request.actor.org) if request.actor.org else "",
                     roles=[title_of(name) for name in request.actor.roles()], lent=sorted({name for _, name in request.actor.lent}),
                     writes=request.actor.holds_any(*PERMISSIONS["content.edit"]))


def one_group(request: Any, group: Any) -> Any:
    last = max(1, -(-len(group) // PAGE))
    current = number(request.query("page"), default=1, low=1, high=last)
    rows = request.desk_columns.rows(group.slots[(current - 1) * PAGE:current * PAGE])
    return desk_page(request, "desk/group.pt", group.title, nav="home", crumbs=(("/desk", "我的待办"),), rows=[row_words(request, row) for row in rows], total=len(group),
                     hint=HINTS[group.name], pages=page_links(lambda page: f"/desk?group={group.name}&page={page}", current, last))


def includeme(config: Any) -> None:
    config.registry.desk_work = []        # functions request -> [(title, count, href, hint)], added by other parts
    config.add_desk_entry("home")
    config.add_desk_page(home_view, name="home", path="/desk", permission="desk.home", params=("group", "page"))


