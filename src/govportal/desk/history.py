"""The history of a document: every edition and kept draft, any two compared, an old one taken up again as a draft.

Owns ``/desk/doc/{uid}/history``. Comparing reads; restoring writes through ``content.history`` and changes nothing that is public.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ..base import clock
from ..content import history as past
from ..content.model import Document, Edition, Step
from ..content.publication import CHANGES
from ..content.publication_table import TABLE
from ..web.modes import posted
from ..workflow.reasons import Refused
from .dochead import document_page
from .forms.picks import picks_of
from .permissions import allowed
from .shell import see_other
from .telling import counted, told
from .words import person_words

ACTIONS = {row.action: row.title for row in TABLE.rows}
PARAMS = ("from", "to", "published")


def name_of(entry: past.Entry) -> str:
    """第 3 版, or what a draft is called."""
    if entry.state in (past.LIVE, past.FORMER):
        return f"第 {entry.number} 版"
    if entry.state == past.SCHEDULED:
        return f"第 {entry.number} 版（排定）"
    return "现在的草稿" if entry.state == past.DRAFT else f"{clock.stamp(entry.when) if entry.when is not None else ''} 存的草稿"


def step_words(step: Step) -> dict[str, Any]:
    """A step as pages list it."""
    return {"title": ACTIONS.get(step.action, step.action), "name": step.name, "at": clock.stamp(step.at), "note": step.note,
            "remarks": [remark.text for remark in step.remarks]}


def history_view(context: Document, request: Any, *, errors: list[tuple[str, str]] | None = None, again: str = "") -> Any:
    """The list, and the comparison when ``from`` and ``to`` name two entries. ``again``: uid of what would replace the present draft."""
    entries = past.history(context, published_only=request.query("published") == "1")
    first, second = past.edition_of(context, request.query("from") or "-"), past.edition_of(context, request.query("to") or "-")
    may, base = allowed(request.actor, "content.edit", context), f"/desk/doc/{context.uid}/history"
    rows = [_row(request, context, entry, base) for entry in entries]
    chosen = (first.uid if first is not None else "", second.uid if second is not None else "")
    chosen = chosen if any(chosen) else _proposed(context, entries)
    lost = (request.query("from") or request.query("to")) and (first is None or second is None)
    return document_page(
        request, context, "desk/history.pt", "历史", now="history", status=422 if errors else 200, errors=errors, rows=rows, may=may, chosen=chosen, again=again,
        again_name=next((row["name"] for row in rows if row["entry"].uid == again), ""), events=[step_words(step) for step in reversed(context.events)], only=request.query("published") == "1",
        draft=context.draft.uid if context.draft is not None else "", comparison=_compared(context, request, first, second) if first is not None and second is not None else None,
        lost="要比较的版本已经不在历史里，请另选两版" if lost else "")


def _row(request: Any, document: Document, entry: past.Entry, base: str) -> dict[str, Any]:
    before = _published_before(document, entry)
    own = past.edition_of(document, entry.uid)
    return {"entry": entry, "name": name_of(entry), "state": past.TITLES[entry.state], "change": CHANGES.get(entry.change, ""),
            "who": entry.who if entry.who != entry.by else person_words(request, entry.by),
            "when": clock.stamp(entry.when) if entry.when is not None else "", "steps": [step_words(step) for step in entry.steps],
            "published": clock.stamp(entry.published) if entry.published is not None else "", "starts": clock.stamp(entry.starts) if entry.starts is not None else "",
            "ends": clock.stamp(entry.ends) if entry.ends is not None else "",
            "counts": counted(document.kind, before.values, own.values) if before is not None and own is not None else [],
            "compare": f"{base}?" + urlencode([("from", before.uid), ("to", entry.uid)]) if before is not None else "",
            "see": f"/desk/doc/{document.uid}/preview?" + urlencode([("edition", entry.uid)])}


def _proposed(document: Document, entries: list[past.Entry]) -> tuple[str, str]:
    """The two that people mostly compare: the newest, and the public one before it."""
    if len(entries) < 2:
        return "", ""
    before = _published_before(document, entries[0])
    return (before.uid if before is not None else entries[1].uid), entries[0].uid


def _published_before(document: Document, entry: past.Entry) -> Edition | None:
    """The public edition that this one follows or would follow; None for the first."""
    public = [edition for edition in (document.live, *document.superseded) if edition is not None and edition.uid != entry.uid]
    if entry.state in (past.LIVE, past.FORMER):
        public = [edition for edition in public if edition.number < entry.number]
    return public[0] if public else None


def _compared(document: Document, request: Any, first: Edition, second: Edition) -> dict[str, Any]:
    names = {entry.uid: name_of(entry) for entry in past.history(document)}
    return {"before": names.get(first.uid, ""), "after": names.get(second.uid, ""), "rows": told(document.kind, first.values, second.values, picks_of(request, document)),
            "counts": counted(document.kind, first.values, second.values),
            "swap": f"/desk/doc/{document.uid}/history?" + urlencode([("from", second.uid), ("to", first.uid)])}


def restore_post(context: Document, request: Any) -> Any:
    """Take an old edition up as a new draft. Where a draft is in the way, its replacement is asked for first."""
    which, base = posted(request, "edition"), posted(request, "base")
    try:
        past.restore_as_draft(context, which, request.actor, base=base or None)
    except Refused as refused:
        there = context.draft is not None and past.edition_of(context, which) is not None
        return history_view(context, request, errors=[("", str(reason)) for reason in refused.reasons], again=which if there else "")
    return see_other(request, f"/desk/doc/{context.uid}/review", "已恢复为草稿；公开的内容没有变，送审发布以后才变")


def includeme(config: Any) -> None:
    config.add_desk_page(history_view, name="history", path="/desk/doc/{uid}/history", permission="content.view", params=PARAMS, post=restore_post,
                         post_permission="content.edit")
