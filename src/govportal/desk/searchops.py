"""The search operators' desk: what was not found, what nobody opened, the rows that the desk laid over the tables, their history.

Owns ``/desk/search`` and the lists below it; forms with their effects are in ``searchedit``, files in ``searchfiles``. Reads the query log, which
holds no persons; every change goes through the verbs of ``search.edits``.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid_zodbconn import get_connection

from ..base import clock
from ..search import findings
from ..search.edits import Desk
from ..search.findings import Finding, Way
from ..search.index import IndexMissing
from ..search.overlay import Entry, Overlay, make_overlay, open_overlay
from ..search.rows import KINDS, Row, beneath, matching
from ..search.tables import Tables
from ..search.text import squeeze
from ..web.pages import number, page_links
from .shell import desk_page

TABS = (("/desk/search", "查不到的话"), ("/desk/search/low", "点得少的"), ("/desk/search/rows", "词表"), ("/desk/search/history", "历史"), ("/desk/search/files", "导入导出"))
SPANS = ((7, "最近 7 天"), (28, "最近 28 天"), (90, "最近 90 天"))
A_PAGE = 20
ROWS_A_PAGE = 50
BARS = 28                       # more days are drawn by the week
WHAT = {"add": "加", "change": "改", "remove": "删"}


def page_of(request: Any, template: str, title: str, here: str, **values: Any) -> Any:
    """A page of this area with its tabs; ``here``: the address of the tab it belongs to."""
    return desk_page(request, f"desk/{template}", title, nav="search", tabs=[(href, text, "page" if href == here else None) for href, text in TABS], **values)


def overlay_of(request: Any) -> Overlay:
    """The desk's rows. A database that has none yet gets them with the first post."""
    connection = get_connection(request)
    if request.method == "POST":
        return make_overlay(connection)
    return open_overlay(connection) or Overlay()


def desk_of(request: Any) -> Desk:
    return Desk.of(overlay_of(request), request.site, request.registry.search.beneath(), request.actor)


# -- lists of the query log ---------------------------------------------------------------------------------------------
def zero_view(context: Any, request: Any) -> Any:
    """Queries that fitted nothing when they were asked last."""
    return _list(request, "查不到的话", "/desk/search", findings.zero)


def low_view(context: Any, request: Any) -> Any:
    """Queries with hits that hardly anybody opened."""
    return _list(request, "点得少的", "/desk/search/low", findings.low_clicks)


def _list(request: Any, title: str, here: str, which: Any) -> Any:
    log, today = request.registry.query_log, clock.now().date()
    days = number(request.query("days"), default=7, low=1, high=90)
    days = days if days in dict(SPANS) else 7
    rows = which(log, today, days)
    last = max(1, -(-len(rows) // A_PAGE))
    current = number(request.query("page"), default=1, low=1, high=last)
    shown = rows[(current - 1) * A_PAGE:current * A_PAGE]
    waiting = False
    try:
        found = findings.looked_into(shown, log, request.registry.search, request.columns, today, days)
    except IndexMissing:
        waiting, found = True, [findings.bare(row, today, days) for row in shown]
    return page_of(request, "search.pt", title, here, rows=[_row(one, request.columns) for one in found], days=str(days), spans=[(str(day), text) for day, text in SPANS], total=len(rows),
                   address=here, low=here != "/desk/search", waiting=waiting, off=not log.days, least=findings.ASKERS,
                   pages=page_links(lambda page: f"{here}?{urlencode({'days': days, 'page': page})}", current, last))


def _row(one: Finding, columns: Any) -> dict[str, Any]:
    times = [number_ for _, number_ in one.days]
    weeks = [sum(times[at:at + 7]) for at in range(0, len(times), 7)] if len(times) > BARS else times
    top = max(1, *weeks)
    return {"text": one.asked.text, "asked": one.asked, "trend": one.trend, "now": one.now, "near": one.near, "opened": one.opened, "first": next((day for day, times_ in one.days if times_), ""),
            "bars": [(number_ * 6, 20 - round(18 * value / top), round(18 * value / top)) for number_, value in enumerate(weeks)], "width": 6 * len(weeks),
            "elsewhere": one.elsewhere, "own": way_link(Way("synonym", "", {"said": one.asked.text}), one.asked.text),
            "by_day": "、".join(f"{day[5:]} {value} 次" for day, value in one.days if value), "ways": [(way_text(way, columns), way.why, way_link(way, one.asked.text)) for way in one.ways]}


def way_link(way: Way, sample: str) -> str:
    """The form with what is known of a row."""
    return "/desk/search/add?" + urlencode({"table": way.kind, **way.values, "sample": sample})


def way_text(way: Way, columns: Any) -> str:
    value = way.values
    if way.kind == "synonym":
        return f"加说法：{value['said']} → {value['means']}"
    if way.kind == "best_bet":
        item = columns.item_at(value["path"])
        return f"指定最前：{item.name if item is not None else value['path']}"
    return "写明不归本站办"


# -- the desk's rows ----------------------------------------------------------------------------------------------------
def rows_view(context: Any, request: Any) -> Any:
    """All entries, filtered by table and text; with a text also the rows that ship and those of files."""
    overlay, under = overlay_of(request), request.registry.search.beneath()
    kind, text = request.query("table"), request.query("q")
    kind = kind if kind in KINDS else ""
    entries = [entry for entry in reversed(overlay.entries()) if kind in ("", entry.row.kind) and _holds(entry, text)]
    last = max(1, -(-len(entries) // ROWS_A_PAGE))
    current = number(request.query("page"), default=1, low=1, high=last)
    shown = entries[(current - 1) * ROWS_A_PAGE:current * ROWS_A_PAGE]
    others = [pair for pair in matching(under, text, 60) if kind in ("", pair[0].kind)][:30] if text else []
    return page_of(request, "search-rows.pt", "词表", "/desk/search/rows", entries=[_entry(entry, under, request.columns) for entry in shown], total=len(entries), kinds=list(KINDS.values()), kind=kind, q=text,
                   others=[(KINDS[row.kind].title, row_text(row, request.columns), source, _take_up(row, False), _take_up(row, True)) for row, source in others if overlay.holder(row) is None],
                   pages=page_links(lambda page: f"/desk/search/rows?{urlencode({'table': kind, 'q': text, 'page': page})}", current, last))


def _holds(entry: Entry, text: str) -> bool:
    return not text or text in f"{entry.row.text} {entry.source} {entry.name}" or (bool(squeeze(text)) and squeeze(text) in squeeze(entry.row.text))


def _entry(entry: Entry, under: Tables, columns: Any) -> dict[str, Any]:
    below = beneath(under, entry.row)
    return {"entry": entry, "kind": KINDS[entry.row.kind].title, "text": row_text(entry.row, columns), "over": below.text if below is not None and not entry.row.off else "",
            "ended": entry.row.kind == "best_bet" and not entry.row.off and entry.row.values["until"] < clock.now().date().isoformat()}


def row_text(row: Row, columns: Any) -> str:
    """A row in one line, an item by its name."""
    item = columns.item_at(row.values["path"]) if row.kind == "best_bet" else None
    return row.text.replace(row.values["path"], item.name) if item is not None else row.text


def _take_up(row: Row, off: bool) -> str:
    return "/desk/search/add?" + urlencode({"table": row.kind, **row.values, **({"off": "1"} if off else {})})


def history_view(context: Any, request: Any) -> Any:
    """Every change, newest first, removed rows included."""
    overlay = overlay_of(request)
    past = overlay.history()
    last = max(1, -(-len(past) // ROWS_A_PAGE))
    current = number(request.query("page"), default=1, low=1, high=last)
    shown = past[(current - 1) * ROWS_A_PAGE:current * ROWS_A_PAGE]
    return page_of(request, "search-history.pt", "历史", "/desk/search/history", total=len(past), past=past_rows(shown, request.columns, overlay),
                   pages=page_links(lambda page: f"/desk/search/history?page={page}", current, last))


def past_rows(past: list[Any], columns: Any, overlay: Overlay) -> list[dict[str, Any]]:
    """Changes for the table of ``search-history.pt``; a removed row can be taken up again."""
    return [{"past": one, "what": WHAT[one.what], "kind": KINDS[one.row.kind].title, "text": row_text(one.row, columns), "at": one.at[:16].replace("T", " "),
             "here": overlay.get(one.id) is not None, "again": _take_up(one.row, one.row.off)} for one in past]


def includeme(config: Any) -> None:
    config.include(".searchedit")
    config.include(".searchfiles")
    config.add_desk_entry("search")
    config.add_desk_page(zero_view, name="search", path="/desk/search", permission="search.manage", params=("days", "page"))
    config.add_desk_page(low_view, name="search-low", path="/desk/search/low", permission="search.manage", params=("days", "page"))
    config.add_desk_page(rows_view, name="search-rows", path="/desk/search/rows", permission="search.manage", params=("table", "q", "page"))
    config.add_desk_page(history_view, name="search-history", path="/desk/search/history", permission="search.manage", params=("page",))
