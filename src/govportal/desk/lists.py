"""事项清单: the directory list with filters, figures and files, one directory item with what departments made of it, and comparisons.

Owns ``/desk/lists``, ``…/statistics``, ``…/export``, ``…/item/{item}`` and ``…/compare``. Reads only: every change of the list is a request
(``requests``). The list is one for all departments, so who may see the desk's content sees it whole.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from ..base import clock
from ..content import codes
from ..content.history import history
from ..content.model import Document, path_of
from ..content.publication import STAGES, STATES, stage_of, state_of
from ..editorial import comparing, directory, requestrows, requests
from ..editorial.request_table import subs_in_use
from ..editorial.writers import TYPES, WRITERS
from ..web.pages import number, page_links
from .shell import audit_note, desk_page

PAGE = 50
CRUMBS = (("/desk/lists", "事项清单"),)
MOST_ROWS = 20_000
FILTERS = ("words", "type", "state", "level", "origin")
ACTIONS = (("change", "变更"), ("split", "拆分"), ("suspend", "暂停"), ("resume", "恢复"), ("cancel", "取消"))
TABS = (("list", "/desk/lists", "目录清单"), ("requests", "/desk/lists/requests", "申请"), ("tasks", "/desk/tasks", "任务"), ("statistics", "/desk/lists/statistics", "统计"))


def values_of(request: Any, name: str) -> list[str]:
    """All values of a query parameter that may come more than once."""
    request.query(name)
    return [value for value in request.GET.getall(name) if isinstance(value, str)][:requests.MAX_ROWS]


def wanted_of(request: Any) -> directory.Wanted:
    return directory.Wanted(*(request.query(name) for name in FILTERS))


def directory_item(request: Any, uid: str) -> Document:
    """The directory item of an id in an address. 404 for anything else."""
    document = request.site.document(uid)
    if document is None or document.kind != directory.KIND or document.__parent__ is None:
        raise HTTPNotFound()
    return document


def implementations(item: Document) -> list[Document]:
    return [child for child in item.values() if isinstance(child, Document) and child.kind == directory.ITEM]


def lists_view(context: Any, request: Any) -> Any:
    columns, wanted, sort = request.desk_columns, wanted_of(request), request.query("sort") or "title"
    slots = directory.pick(columns, wanted, sort)
    last = max(1, -(-len(slots) // PAGE))
    current = min(number(request.query("page"), default=1, low=1, high=100_000), last)
    rows = []
    for row in columns.rows(slots[(current - 1) * PAGE:current * PAGE]):
        document = request.site.document(row.uid)
        below = implementations(document) if document is not None else []
        rows.append({"row": row, "state": row.item_state if row.state in ("live", "changed") or row.item_state == "取消" else STATES[row.state], "stage": STAGES.get(row.stage, ""),
                     "items": len(below), "main": (document.live.head.get("main") or "") if document is not None and document.live is not None else ""})
    base = [*wanted.pairs(), *([("sort", sort)] if sort != "title" else [])]
    types = [row for row in directory.types(columns)[:-1]]
    return desk_page(request, "desk/lists.pt", "事项清单", nav="lists", tab="list", tabs=TABS, rows=rows, total=len(slots), wanted=wanted, sort=sort, sorts=directory.SORTS,
                     types=[(row.type, row.total) for row in types], states=directory.STATES, levels=directory.LEVELS, origins=directory.ORIGINS, query=urlencode(base),
                     pages=page_links(lambda page: "/desk/lists?" + urlencode([*base, ("page", str(page))]), current, last), behind=columns.behind,
                     may=request.actor.holds_any("directory"), proposes=request.actor.holds_any("editor"))


def statistics_view(context: Any, request: Any) -> Any:
    columns, registered = request.desk_columns, request.query("registered") == "yes"
    groups = [(name, title, directory.items(columns, name, registered=registered)) for name, title in directory.GROUPS.items()]
    return desk_page(request, "desk/lists-statistics.pt", "统计", nav="lists", tab="statistics", tabs=TABS, crumbs=CRUMBS, types=directory.types(columns), groups=groups,
                     registered=registered, formats=("xlsx", "csv"))


def export_view(context: Any, request: Any) -> Any:
    """The filtered list, or with ``table`` a statistic, as a file. 404 for what there is not."""
    format, table = request.query("format") or "xlsx", request.query("table")
    if format not in ("xlsx", "csv") or table not in ("", "directory", *directory.GROUPS):
        raise HTTPNotFound()
    audit_note(request, "lists.export", reason=f"{table or '清单'} {format}")
    columns = request.desk_columns
    if table:
        header, rows = directory.table(columns, table, registered=request.query("registered") == "yes")
        writer = WRITERS[format](header)
        for row in rows:
            writer.row(row)
        with open(writer.close(), "rb") as stream:
            body = stream.read()
        return file_response(body, f"统计-{directory.GROUPS.get(table, '目录清单')}.{format}", format)
    uids = directory.uids(columns, directory.pick(columns, wanted_of(request))[:MOST_ROWS])
    return file_response(requestrows.export(request.site, uids, WRITERS[format]), f"目录清单-{clock.now():%Y%m%d}.{format}", format)


def file_response(body: bytes, name: str, format: str) -> Response:
    response = Response(body, content_type=TYPES[format])
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def item_view(context: Any, request: Any) -> Any:
    item = directory_item(request, request.matchdict["item"])
    newest = item.live or item.draft or next(iter((*item.scheduled, *item.superseded)), None)
    values = newest.values if newest is not None else {}
    code = values.get("basic_code") or ""
    below = [_below(request, one) for one in implementations(item)]
    subs = [(one.uid, one.live.head["name"], one.live.head.get("basic_code") or "") for one in subs_in_use(request.site, item) if one.live is not None]
    successors = [one for uid in (item.withdrawal.successors if item.withdrawal is not None else ()) if (one := request.site.document(uid)) is not None and one.live is not None]
    in_use = item.live is not None and item.withdrawal is None
    may = requests.may_write(request.actor, [item])
    paused = values.get("state") == "挂起"
    actions = [(kind, words) for kind, words in ACTIONS if kind not in (("resume",) if not paused else ("suspend",))] if in_use and may else []
    if in_use and not may and requests.proposing_org(request.site, request.actor, "change", [item]):
        actions = [("change", "建议变更")]
    return desk_page(
        request, "desk/lists-item.pt", values.get("name") or item.__name__, nav="lists", crumbs=CRUMBS, item=item, values=values, code=code, path=path_of(item), below=below, subs=subs,
        state=values.get("state") or "在用", successors=successors, actions=actions, entries=history(item, published_only=True), in_use=in_use, tasks=request.editorial.tasks.about(item.uid),
        requests=[(one, requests.STAGES[one.stage]) for one in request.editorial.requests.about(item.uid)], comparable=len([one for one in below if one["public"]]) > 1,
        former=[one for one in codes_of(request, item) if one != code], writes=in_use and request.actor.holds_any("editor"))


def _below(request: Any, one: Document) -> dict[str, Any]:
    """What a department made of the item, as the page shows it."""
    newest = one.live or one.draft
    head = newest.head if newest is not None else {}
    return {"document": one, "org": request.columns.org_name(head["org"]) if head.get("org") else "", "region": request.registry.region_names.get(head.get("region") or "", ""),
            "code": head.get("code") or "", "state": STATES[state_of(one)], "stage": STAGES.get(stage_of(one), ""), "public": one.live is not None}


def codes_of(request: Any, item: Document) -> list[str]:
    """The basic codes that the item has had: none is ever given to another."""
    found = [edition.head.get("basic_code") or "" for edition in (item.live, *item.superseded) if edition is not None]
    return [code for code in dict.fromkeys(found) if code and request.site.codes.get(codes.MARK + code) == item.uid]


def compare_view(context: Any, request: Any) -> Any:
    """The items under a directory item side by side (``with`` chooses), and how one of them (``over``) changed over time."""
    item = directory_item(request, request.query("item"))
    found = comparing.sides(item)
    wished = values_of(request, "with")
    chosen = [side for side in found if not wished or side.document.uid in wished][:comparing.MOST]
    names = {side.document.uid: side_name(request, side) for side in found}
    single = next((side for side in found if side.document.uid == request.query("over")), chosen[0] if chosen else None)
    name = item.live.head["name"] if item.live is not None else item.__name__
    return desk_page(request, "desk/lists-compare.pt", f"{name}：比较", nav="lists", crumbs=(*CRUMBS, (f"/desk/lists/item/{item.uid}", name)), item=item, sides=chosen, names=names, found=found,
                     lines=comparing.across(chosen), single=single, changes=comparing.over_time(single.document) if single is not None else [], words=count_words, most=comparing.MOST)


def side_name(request: Any, side: comparing.Side) -> str:
    region = request.registry.region_names.get(side.region, "")
    return f"{request.columns.org_name(side.org, short=True)}{f'（{region}）' if region else ''}"


def count_words(value: float | None) -> str:
    return "—" if value is None else f"{value:g}"


def includeme(config: Any) -> None:
    config.add_desk_entry("lists")
    config.add_desk_page(lists_view, name="lists", path="/desk/lists", permission="content.view", params=(*FILTERS, "sort", "page"))
    config.add_desk_page(statistics_view, name="lists-statistics", path="/desk/lists/statistics", permission="content.view", params=("registered",))
    config.add_desk_page(export_view, name="lists-export", path="/desk/lists/export", permission="content.view", params=(*FILTERS, "format", "table", "registered"))
    config.add_desk_page(compare_view, name="lists-compare", path="/desk/lists/compare", permission="content.view", params=("item", "with", "over"))
    config.add_desk_page(item_view, name="lists-item", path="/desk/lists/item/{item}", permission="content.view")
