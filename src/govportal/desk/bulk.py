"""Bulk actions: what was picked in the list, which action, its inputs, what it would do to each document, and the start of the job.

Owns ``/desk/bulk…``. What was picked is kept on the server under the person's name; rights and reasons come from ``editorial.bulk``, here
nothing is decided. A selection of somebody else, or one that is gone, is 404.
"""
from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
from pyramid.httpexceptions import HTTPNotFound

from ..content.publication_table import TABLE
from ..editorial import bulk, filters, listing, selections
from ..editorial.jobs import JobRefused
from ..web.modes import local_path, posted
from . import bulkfields
from .content import scopes_of
from .shell import desk_page, see_other
from .simple import typed, with_errors
from .words import KINDS

SHOWN = 200              # documents of a preview
SECONDS = 3.0            # a preview looks at the documents for this long; the rest is looked at when it is done
MAX_QUERY = 4000
# Action -> roles that do it somewhere; those of the review table are read from it.
_IN_TABLE = {"submit": "submit", "publish": "publish", "withdraw": "withdraw", "set": "save", "assign": "assign", "delete": "discard"}
ABOUT = {"submit": "起草中的交去审核，公开属性和保密审查一次填好", "publish": "已签发的现在公开", "withdraw": "从网站撤下，写明原因", "move": "换一个位置，旧地址自动转过去",
         "set": "把同一个要素改成一样的，存为草稿", "assign": "交给一个人跟进", "delete": "没有送审的草稿；公开的内容不动"}
DANGER = ("withdraw", "delete")


def roles_of(action: str) -> tuple[str, ...]:
    """The roles with which the action may be done somewhere."""
    if action == "move":
        return ("editor", "directory", "signer", "site")
    found = [role for row in TABLE.rows if row.action == _IN_TABLE[action] for role in row.roles]
    return tuple(plain for role in found for plain in (("editor", "directory") if role == "writer" else (role,)))


def offered(request: Any) -> list[tuple[str, str, str]]:
    """(name, title, about) of the actions that the person's roles allow somewhere."""
    return [(name, action.title, ABOUT[name]) for name, action in bulk.ACTIONS.items() if request.actor.holds_any(*roles_of(name))]


def query_of(text: str) -> list[tuple[str, str]]:
    """The filter's pairs of an address; [] for nonsense."""
    try:
        return parse_qsl(text[:MAX_QUERY], max_num_fields=200)
    except ValueError:
        return []


def picked_uids(request: Any) -> list[str]:
    """The documents that were ticked, or all of the filter; only what the person may see."""
    pairs = query_of(posted(request, "query"))
    if posted(request, "what") == "all":
        columns = request.desk_columns
        found = listing.select(columns, filters.read_filter(pairs), scopes_of(request.actor))
        return listing.uids(columns, listing.ordered(columns, found.slots, dict(pairs).get("sort", "")))
    return seen(request, dict.fromkeys(value for name, value in request.POST.items() if name == "id" and isinstance(value, str)))


def seen(request: Any, uids: Any) -> list[str]:
    """Those of the ids that name documents the person may see, in their order."""
    wanted = list(uids)[:bulk.MAX_ITEMS + 1]
    columns = request.registry.desk_store.get(request.site, request.editorial, wanted)
    visible = listing.visible(columns, scopes_of(request.actor))
    return [uid for uid in wanted if (slot := columns.slot(uid)) is not None and visible[slot]]


def pick_post(context: Any, request: Any) -> Any:
    """Keep what was picked in the list and go on to the actions, or to the export of it."""
    back = local_path("/desk/content?" + urlencode(query_of(posted(request, "query"))))
    try:
        made = selections.keep(request.editorial, request.actor.id, picked_uids(request), back)
    except selections.SelectionRefused as refused:
        return see_other(request, back, str(refused), kind="warn")
    return see_other(request, f"/desk/bulk/{made.uid}")


def selection_of(request: Any, uid: str = "") -> selections.Selection:
    try:
        return selections.of(request.editorial, uid or request.matchdict["selection"], request.actor.id)
    except selections.SelectionRefused:
        raise HTTPNotFound() from None


def kinds_of(request: Any, uids: Sequence[str]) -> list[str]:
    """The kinds among the documents, as the desk's list has them."""
    columns = request.registry.desk_store.get(request.site, request.editorial, uids)
    slots = np.array([slot for uid in uids if (slot := columns.slot(uid)) is not None], dtype=np.int64)
    return [kind for kind, _ in listing.count(columns, "kind", slots, None) if kind in KINDS]


def bulk_view(context: Any, request: Any) -> Any:
    """Which action; with ``action`` its inputs."""
    selection, action = selection_of(request), request.query("action")
    if action not in bulk.ACTIONS:
        uids = selection.uids
        rows = [request.desk_columns.one(uid) for uid in uids[:20]]
        return desk_page(request, "desk/bulk.pt", f"批量办理 {len(selection)} 份", nav="content", crumbs=(("/desk/content", "内容"),), selection=selection, actions=offered(request),
                         rows=[row for row in rows if row is not None], kinds=[KINDS[kind] for kind in kinds_of(request, uids)])
    return inputs_page(request, selection, action)


def inputs_page(request: Any, selection: Any, action: str, *, given: bool = False, errors: Sequence[tuple[str, str]] = ()) -> Any:
    """The inputs of an action; ``given``: with what was posted."""
    kinds = kinds_of(request, selection.uids)
    key = posted(request, "field") if given else request.query("field")
    if action == "set" and key not in dict(bulkfields.settable(kinds)):
        return desk_page(request, "desk/bulk-field.pt", "设置要素", nav="content", crumbs=crumbs(selection), selection=selection, status=422 if errors else 200, errors=list(errors),
                         elements=bulkfields.settable(kinds), kinds=[KINDS[kind] for kind in kinds])
    fields = bulkfields.fields_of(request, action, kinds, key)
    if given:
        fields = with_errors(typed(request, fields), errors)
    return desk_page(request, "desk/bulk-inputs.pt", f"{bulk.ACTIONS[action].title} {len(selection)} 份", nav="content", crumbs=crumbs(selection), selection=selection, action=action,
                     fields=fields, key=key, about=ABOUT[action], status=422 if errors else 200, errors=list(errors))


def crumbs(selection: Any) -> tuple[tuple[str, str], ...]:
    return (("/desk/content", "内容"), (f"/desk/bulk/{selection.uid}", f"批量办理 {len(selection)} 份"))


def bulk_post(context: Any, request: Any) -> Any:
    """Preview, change the inputs again, or begin."""
    selection, action = selection_of(request), posted(request, "action")
    if action not in bulk.ACTIONS:
        return see_other(request, f"/desk/bulk/{selection.uid}", "请选一种操作", kind="warn")
    params, errors = bulkfields.read(request, action, kinds_of(request, selection.uids))
    wrong = errors or [("", words) for words in bulk.faults(action, params)]
    if posted(request, "do") == "edit" or wrong:
        return inputs_page(request, selection, action, given=True, errors=wrong)
    if posted(request, "do") != "begin":
        return preview_page(request, selection, action, params)
    try:
        job = bulk.begin(request.editorial, request.actor.id, action, seen(request, selection.uids), params, address=request.remote_addr or "", once=posted(request, "once")[:60])
    except JobRefused as refused:
        return inputs_page(request, selection, action, given=True, errors=[("", str(refused))])
    return see_other(request, f"/desk/jobs/{job.uid}")


def looked_at(request: Any, action: str, uids: Sequence[str], params: bulk.Params) -> list[bulk.Line]:
    """The lines of as many documents as there is time for."""
    lines: list[bulk.Line] = []
    began = time.monotonic()
    for uid in uids:
        lines += bulk.preview(request.site, request.actor, action, [uid], params)
        if time.monotonic() - began > SECONDS:
            break
    return lines


def preview_page(request: Any, selection: Any, action: str, params: bulk.Params) -> Any:
    """What would become of each document; those that would be refused first."""
    uids = seen(request, selection.uids)
    lines = looked_at(request, action, uids, params)
    good = sum(line.ok for line in lines)
    kept = [(name, str(value)) for name, value in params.items()] + [("action", action), ("once", secrets.token_urlsafe(12))]
    return desk_page(request, "desk/bulk-preview.pt", f"核对：{bulk.ACTIONS[action].title}", nav="content", crumbs=crumbs(selection), selection=selection, action=action,
                     verb=bulk.ACTIONS[action].title, lines=sorted(lines, key=lambda line: line.ok)[:SHOWN], good=good, bad=len(lines) - good, looked=len(lines), total=len(uids),
                     gone=len(selection) - len(uids), kept=kept, words=bulkfields.words_of(request, action, params, kinds_of(request, uids)),
                     undo=bulk.ACTIONS[action].reverse is not None, danger=action in DANGER, may_begin=bool(good) or len(lines) < len(uids))


def includeme(config: Any) -> None:
    config.add_desk_page(None, name="bulk", path="/desk/bulk", permission="content.work", post=pick_post)
    config.add_desk_page(bulk_view, name="bulk-selection", path="/desk/bulk/{selection}", permission="content.work", params=("action", "field"), post=bulk_post)
