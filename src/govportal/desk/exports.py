"""Lists that leave the desk as files: any filter of ``/desk/content`` as XLSX, CSV or JSON with the columns somebody chose.

Owns ``/desk/export``. Only what the person may see; every export is audited before it is given; long ones become a job whose result is the file.
"""
from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

import numpy as np

from ..editorial import exports, filters, listing
from ..editorial.exports import ExportRefused
from ..editorial.writers import TYPES
from ..web.modes import posted
from .bulk import query_of, seen, selection_of
from .content import scopes_of, wanted_of
from .jobs import download
from .shell import audit_note, desk_page, see_other
from .words import KINDS

FORMATS = {"xlsx": "XLSX 工作簿", "csv": "CSV", "json": "JSON"}


def chosen_uids(request: Any, query: list[tuple[str, str]], selection: str) -> tuple[list[str], str]:
    """(ids in the list's order, the one kind they are of or '')."""
    columns = request.desk_columns
    if selection:
        uids = seen(request, selection_of(request, selection).uids)
        slots = np.array([columns.slots[uid] for uid in uids if columns.slot(uid) is not None], dtype=np.int64)
    else:
        found = listing.select(columns, filters.read_filter(query), scopes_of(request.actor))
        slots = listing.ordered(columns, found.slots, dict(query).get("sort", ""))
        uids = listing.uids(columns, slots)
    kinds = [kind for kind, _ in listing.count(columns, "kind", slots, None)]
    return uids, kinds[0] if len(kinds) == 1 and kinds[0] in KINDS else ""


def export_view(context: Any, request: Any) -> Any:
    query = [*wanted_of(request).parameters(), *([("sort", request.query("sort"))] if request.query("sort") else [])]
    return export_page(request, query, request.query("selection"), list(exports.DEFAULT), "xlsx")


def export_page(request: Any, query: list[tuple[str, str]], selection: str, keys: list[str], format: str, errors: list[tuple[str, str]] | None = None) -> Any:
    """Columns and format to choose."""
    uids, kind = chosen_uids(request, query, selection)
    general = [(key, title) for key, title in exports.GENERAL.items()]
    return desk_page(request, "desk/export.pt", "导出列表", nav="imports", crumbs=(("/desk/content?" + urlencode(query), "内容"),), status=422 if errors else 200, errors=errors, total=len(uids),
                     kind=KINDS.get(kind, ""), general=general, elements=[pair for pair in exports.columns(kind) if pair[0] not in exports.GENERAL], keys=set(keys), formats=list(FORMATS.items()),
                     format=format, query=urlencode(query), selection=selection, at_once=exports.AT_ONCE, once=secrets.token_urlsafe(12))


def export_post(context: Any, request: Any) -> Any:
    """The file, or the job that makes it."""
    query, selection, format = query_of(posted(request, "query")), posted(request, "selection"), posted(request, "format")
    keys = list(dict.fromkeys(value for name, value in request.POST.items() if name == "key" and isinstance(value, str)))[:exports.MAX_COLUMNS + 1]
    uids, kind = chosen_uids(request, query, selection)
    name = f"{KINDS.get(kind, '内容')}列表"
    try:
        if not uids:
            raise ExportRefused("没有可以导出的内容")
        if len(uids) > exports.AT_ONCE:
            job = exports.begin(request.editorial, request.actor.id, uids, keys, format, kind=kind, name=name, address=request.remote_addr or "", once=posted(request, "once")[:60])
            audit_note(request, "list.export", reason=f"{name} {len(uids)} 行 {format}")
            return see_other(request, f"/desk/jobs/{job.uid}")
        data, count = exports.write(request.site, uids, keys, format, kind=kind)
    except ExportRefused as refused:
        return export_page(request, query, selection, keys, format, [("columns", str(refused))])
    audit_note(request, "list.export", reason=f"{name} {count} 行 {format}")
    return download([data], TYPES[format], f"{name}.{format}", len(data))


def includeme(config: Any) -> None:
    config.add_desk_page(export_view, name="export", path="/desk/export", permission="content.view", params=(*filters.NAMES, "sort", "selection"), post=export_post)
