"""内容: the desk's list of everything somebody may see, with filters, the tree as folders, saved views; where bulk actions begin.

Owns ``/desk/content``, ``/desk/folders`` and ``/desk/views``. Works on the desk's columns; a page costs the same however large the tree is.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ..content.publication import STAGES, STATES
from ..editorial import filters, folders, listing, views
from ..editorial.columns import DeskStore
from ..web.modes import posted
from ..web.pages import number, page_links
from ..workflow.actors import Scope
from ..workflow.reasons import Refused
from .permissions import PERMISSIONS
from .shell import desk_page, pairs_of, see_other
from .words import KINDS, person_words, row_words

SORTS = {"changed": "最近改动", "title": "名称", "completeness": "完整度，低的在前", "review_by": "复查日期", "expires": "到期日期", "org": "部门", "state": "状态", "path": "位置"}
BANDS = {"100": "完整", "90-99": "90% 以上", "60-89": "60% 到 89%", "0-59": "不到 60%", "none": "不计（登记行）"}
FLAGS = (("faults", "有问题的"), ("overdue", "过了复查日期"), ("returned", "被退回"), ("register", "登记行"))


def scopes_of(actor: Any) -> tuple[Scope, ...]:
    """The places whose documents the actor may see at the desk."""
    return listing.scopes_of(grant for role in PERMISSIONS["content.view"] for grant in actor.grants(role))


def desk_columns(request: Any) -> Any:
    return request.registry.desk_store.get(request.site, request.editorial)


def wanted_of(request: Any) -> filters.Filter:
    """The filter in the address."""
    return filters.read_filter([(name, value) for name, value in request.GET.items() if isinstance(value, str)])


def content_view(context: Any, request: Any) -> Any:
    columns, wanted, sort = request.desk_columns, wanted_of(request), request.query("sort")
    found = listing.select(columns, wanted, scopes_of(request.actor))
    page = listing.page(columns, found.slots, sort, number(request.query("page"), default=1, low=1, high=100_000))
    chosen = wanted.parameters()
    base = [*chosen, *([("sort", sort)] if sort else [])]
    return desk_page(
        request, "desk/content.pt", "内容", nav="content", scripts=("desk-list.js",), rows=[row_words(request, row) for row in page.rows], page_of=page, wanted=wanted, sort=sort,
        selects=selects(request, found.counts, wanted), flags=[(name, words, getattr(wanted, name), dict(found.counts[name]).get("yes", 0)) for name, words in FLAGS],
        sorts=SORTS, chips=chips(request, wanted, base), pages=page_links(lambda target: "/desk/content?" + urlencode([*base, ("page", str(target))]), page.number, page.pages),
        views=[(view.name, "/desk/content?" + urlencode(view.parameters)) for view in views.views_of(request.editorial, request.actor.id)], query=urlencode(base),
        may_work=request.actor.holds_any(*PERMISSIONS["content.work"]), behind=columns.behind, hidden=[pair for pair in base if pair[0] != "page"])


def value_words(request: Any, name: str, value: str) -> str:
    """A value of a facet in words."""
    if value == listing.NONE:
        return "（没有）"
    if name == "kind":
        return KINDS.get(value, value)
    if name == "state":
        return STATES.get(value, value)
    if name == "stage":
        return STAGES.get(value, value)
    if name == "org":
        return str(request.columns.org_name(value))
    if name == "region":
        return str(request.registry.region_names.get(value, value))
    if name in ("assignee", "author", "mine"):
        return person_words(request, value)
    return BANDS.get(value, value) if name == "completeness" else value


SELECTS = (("kind", "种类"), ("state", "公开状态"), ("stage", "稿件环节"), ("org", "部门"), ("region", "区划"), ("type", "事项类型"), ("completeness", "完整度"), ("assignee", "经办"),
           ("author", "最后改的人"))


def selects(request: Any, counts: Any, wanted: filters.Filter) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """(name, label, options) of each facet that offers a choice; options carry their counts."""
    found = []
    for name, label in SELECTS:
        own = getattr(wanted, name)
        chosen = set((own,) if isinstance(own, str) else own) - {""}
        values = [*counts[name], *((value, 0) for value in chosen if value not in dict(counts[name]))]
        options = [(value, f"{value_words(request, name, value)}（{count}）", value in chosen) for value, count in values[:200]]
        if len(options) > 1 or chosen:
            found.append((name, label, options))
    return found


def chips(request: Any, wanted: filters.Filter, base: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(words, address without it) of each chosen condition."""
    labels = {**dict(SELECTS), **dict(FLAGS), "words": "含有", "under": "在", "expiring": "几天内到期", "changed_since": "此后改过", "mine": "经办或撰写", "demo": "示例"}
    found = []
    for pair in wanted.parameters():
        name, value = pair
        words = labels[name] + ("" if value == "yes" else "：否" if value == "no" else f"：{value_words(request, name, value)}")
        found.append((words, "/desk/content?" + urlencode([other for other in base if other != pair])))
    return found


def folders_view(context: Any, request: Any) -> Any:
    """The tree as folders."""
    columns = request.desk_columns
    found = folders.folders(columns, request.query("path") or "/", scopes_of(request.actor), number(request.query("page"), default=1, low=1, high=100_000))
    rows = [(child, row_words(request, child.row) if child.row is not None else None) for child in found.children]
    address = "/desk/folders?" + urlencode([("path", found.path)])
    return desk_page(request, "desk/folders.pt", "目录", nav="content", found=found, rows=rows, urlencode=urlencode,
                     pages=page_links(lambda target: f"{address}&page={target}", found.number, found.pages))


def views_post(context: Any, request: Any) -> Any:
    """Save the filter under a name, or forget a saved one."""
    pairs, name = pairs_of(request), posted(request, "view")
    back = "/desk/content?" + urlencode([pair for pair in pairs if pair[0] in filters.NAMES or pair[0] == "sort"])
    try:
        if posted(request, "do") == "forget":
            views.delete_view(request.editorial, request.actor.id, name)
            return see_other(request, back, f"已删去视图“{name}”")
        views.save_view(request.editorial, request.actor.id, name, [pair for pair in pairs if pair[0] in filters.NAMES], sort=posted(request, "sort"))
    except Refused as refused:
        return see_other(request, back, "；".join(str(reason) for reason in refused.reasons), kind="warn")
    return see_other(request, back, f"已存为“{name}”")


def includeme(config: Any) -> None:
    config.registry.desk_store = DeskStore()
    config.add_request_method(desk_columns, "desk_columns", reify=True)
    config.add_desk_entry("content")
    config.add_desk_page(content_view, name="content", path="/desk/content", permission="content.view", params=(*filters.NAMES, "sort", "page"))
    config.add_desk_page(folders_view, name="folders", path="/desk/folders", permission="content.view", params=("path", "page"))
    config.add_desk_page(None, name="views", path="/desk/views", permission="content.view", post=views_post)
