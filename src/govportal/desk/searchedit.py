"""Forms of the search operators: a row added, changed or taken out, with its effects shown before it is saved.

Owns ``/desk/search/add`` and ``/desk/search/rows/{entry}``. ``do``: try shows the effects and saves nothing, save and remove go through the verbs.
What was typed is kept in every answer; a table that does not exist is a 404.
"""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from ..base import clock
from ..content.publish import Reason, Refused
from ..search import edits, evaluate
from ..search.index import IndexMissing
from ..search.overlay import Entry
from ..search.rows import KINDS, WORD_KINDS, Kind, Row
from ..search.trial import MAX_SAMPLES, Proposal, Sample, Trial, try_out
from ..web.modes import posted
from ..web.pages import number
from .searchops import desk_of, overlay_of, page_of, past_rows, row_text
from .shell import see_other
from .simple import Field, typed, with_errors

PARAMS = ("table", "sample", "off", *dict.fromkeys(column.name for kind in KINDS.values() for column in kind.columns))
MEASURES = (("ndcg", "nDCG@10"), ("first", "第一条"), ("ten", "前十"), ("nothing", "查不到"))
MARKS = {"new": "新", "gone": "不再列出", "up": "升", "down": "降", "same": ""}


# -- the form -----------------------------------------------------------------------------------------------------------
def fields_of(kind: Kind, values: dict[str, str], *, source: str = "", samples: str = "", off: bool = False, new: bool = True) -> list[Field]:
    """The controls of a row, its source, what to try it on."""
    fields = [_control(column, values.get(column.name, "")) for column in kind.columns]
    if new and kind.name == "synonym":
        fields.append(Field("both", "方向", kind="select", options=(("", "只从口语到规范说法"), ("1", "两个方向都加"))))
    return [*fields, Field("off", "怎么用", "1" if off else "", kind="select", options=(("", "加上这一条"), ("1", "停用词表里原有的这一条"))),
            Field("source", "来源或理由", source, hint="谁提的、从哪里看出来的，例如：11 月查不到的话"),
            Field("samples", "试查的话", samples, kind="area", optional=True, hint=f"一行一句，最多 {MAX_SAMPLES} 句；不写就按这一条里的词试")]


def _control(column: Any, value: str) -> Field:
    if column.form == "choice":
        return Field(column.name, column.title, value, kind="select", options=(("", "请选择"), *((word, word) for word in WORD_KINDS)))
    return Field(column.name, column.title, value or ("0.8" if column.form == "weight" else ""), hint=column.hint, inputmode="decimal" if column.form == "weight" else None)


def row_of(request: Any, kind: Kind) -> Row:
    return Row(kind.name, {column.name: posted(request, column.name)[:2000] for column in kind.columns}, posted(request, "off") == "1")


def samples_of(request: Any, row: Row) -> list[str]:
    """What was typed to be tried, else the words of the row itself."""
    lines = [line.strip()[:120] for line in posted(request, "samples").splitlines() if line.strip()][:MAX_SAMPLES]
    return lines or [row.values[name] for name in ("said", "query", "words", "word") if row.values.get(name)]


def errors_of(refused: Refused, **renamed: str) -> list[tuple[str, str]]:
    return [(renamed.get(reason.field, reason.field), reason.message) for reason in refused.reasons]


def kind_of(name: str) -> Kind:
    """The table of this name. 404 for none."""
    if name not in KINDS:
        raise HTTPNotFound()
    return KINDS[name]


# -- add ----------------------------------------------------------------------------------------------------------------
def add_view(context: Any, request: Any) -> Any:
    """Which table; then its form, with what the address brings."""
    if not request.query("table"):
        return page_of(request, "search-kinds.pt", "加一条", "/desk/search/rows", kinds=list(KINDS.values()))
    kind = kind_of(request.query("table"))
    fields = fields_of(kind, {column.name: request.query(column.name) for column in kind.columns}, samples=request.query("sample"), off=request.query("off") == "1")
    return _form(request, kind, fields)


def add_post(context: Any, request: Any) -> Any:
    """``do``: try or save."""
    kind, desk, what = kind_of(posted(request, "table")), desk_of(request), posted(request, "do")
    row = row_of(request, kind)
    rows = [row, Row(kind.name, {**row.values, "said": row.values["means"], "means": row.values["said"]}, row.off)] if kind.name == "synonym" and posted(request, "both") == "1" else [row]
    fields = typed(request, fields_of(kind, {}))
    try:
        if what == "save":
            edits.add(desk, rows, posted(request, "source"))
            return see_other(request, "/desk/search/rows", "已保存，从下一次查询起作用，不用重启")
        if what != "try":
            raise Refused(Reason("", "没有这个操作，请刷新页面"))
        checked = [edits.checked_row(desk, one) for one in rows]
        effects = effects_of(request, Proposal(tuple((one, "试") for one in checked)), samples_of(request, checked[0]))
        return _form(request, kind, fields, effects=effects, conflicts=[line for one in checked for line in edits.conflicts(desk.under, desk.overlay, one)])
    except Refused as refused:
        return _form(request, kind, fields, errors=errors_of(refused))


def _form(request: Any, kind: Kind, fields: list[Field], *, errors: list[tuple[str, str]] | None = None, effects: dict[str, Any] | None = None, conflicts: Any = (), entry: Entry | None = None,
          base: int = 0, past: Any = (), removing: str = "") -> Any:
    title = "改一条" if entry is not None else f"加一条：{kind.title}"
    own = {field.name for field in fields}
    return page_of(request, "search-form.pt", title, "/desk/search/rows", status=422 if errors else 200, errors=[(name if name in own or name == "reason" else "", words) for name, words in errors or []],
                   kind=kind, fields=with_errors(fields, errors or []), effects=effects, conflicts=conflicts, entry=entry, base=base, past=past, removing=removing,
                   reason_error="；".join(words for name, words in errors or [] if name == "reason"), text=row_text(entry.row, request.columns) if entry is not None else "",
                   action=f"/desk/search/rows/{entry.id}" if entry is not None else "/desk/search/add", crumbs=(("/desk/search/rows", "词表"),))


# -- change and remove --------------------------------------------------------------------------------------------------
def entry_view(context: Any, request: Any) -> Any:
    """An entry to change, with its history; of a removed one the history alone."""
    id_, overlay = request.matchdict["entry"], overlay_of(request)
    entry, past = overlay.get(id_), past_rows(overlay.history(id_), request.columns, overlay)
    if entry is None and not past:
        raise HTTPNotFound()
    if entry is None:
        return page_of(request, "search-history.pt", "已删的一条", "/desk/search/history", total=len(past), past=past, pages=[], crumbs=(("/desk/search/history", "历史"),))
    kind = KINDS[entry.row.kind]
    return _form(request, kind, fields_of(kind, entry.row.values, source=entry.source, off=entry.row.off, new=False), entry=entry, base=entry.version, past=past)


def entry_post(context: Any, request: Any) -> Any:
    """``do``: try, save, try-remove or remove."""
    id_, desk, what = request.matchdict["entry"], desk_of(request), posted(request, "do")
    entry = desk.overlay.get(id_)
    past = past_rows(desk.overlay.history(id_), request.columns, desk.overlay)
    if entry is None:
        if not past:
            raise HTTPNotFound()
        return page_of(request, "search-history.pt", "已删的一条", "/desk/search/history", status=409, errors=[("", "这一条刚被别人删去了，您的改动没有存。要的话可以照下面的再加一条。")],
                       total=len(past), past=past, pages=[], crumbs=(("/desk/search/history", "历史"),))
    kind, base = KINDS[entry.row.kind], number(posted(request, "base"), default=0, low=0, high=10 ** 6)
    asked = what in ("try-remove", "remove")
    fields = fields_of(kind, entry.row.values, source=entry.source, off=entry.row.off, new=False) if asked else typed(request, fields_of(kind, {}, new=False))
    keep: dict[str, Any] = {"entry": entry, "base": entry.version, "past": past, "removing": posted(request, "reason") if asked else ""}
    try:
        return _act(request, desk, entry, kind, what, base, fields, keep)
    except Refused as refused:
        return _form(request, kind, fields, errors=errors_of(refused, **({"source": "reason"} if asked else {})), **keep)


def _act(request: Any, desk: edits.Desk, entry: Entry, kind: Kind, what: str, base: int, fields: list[Field], keep: dict[str, Any]) -> Any:
    if what == "remove":
        edits.remove(desk, entry.id, posted(request, "reason"), base=base)
        return see_other(request, "/desk/search/rows", "已删去，从下一次查询起不再起作用")
    row = row_of(request, kind)
    if what == "save":
        edits.change(desk, entry.id, row, posted(request, "source"), base=base)
        return see_other(request, "/desk/search/rows", "已保存，从下一次查询起作用，不用重启")
    if what == "try-remove":
        return _form(request, kind, fields, effects=effects_of(request, Proposal(without=frozenset((entry.id,))), samples_of(request, entry.row), "删去以后"), **keep)
    if what != "try":
        raise Refused(Reason("", "没有这个操作，请刷新页面"))
    made = edits.checked_row(desk, row, id_=entry.id)
    effects = effects_of(request, Proposal(((made, "试"),), frozenset((entry.id,))), samples_of(request, made))
    return _form(request, kind, fields, effects=effects, conflicts=edits.conflicts(desk.under, desk.overlay, made), **{**keep, "base": base})


# -- effects ------------------------------------------------------------------------------------------------------------
def effects_of(request: Any, proposal: Proposal, samples: list[str], after: str = "加上以后") -> dict[str, Any]:
    """What ``search-trial.pt`` shows. While there is no index only ``waiting`` is there."""
    try:
        trial = try_out(request.registry.search, request.columns, overlay_of(request), proposal, samples=samples, log=request.registry.query_log, today=clock.now().date())
    except IndexMissing:
        return {"waiting": True}
    return shown(trial, after)


def shown(trial: Trial, after: str) -> dict[str, Any]:
    return {"waiting": False, "after": after, "sets": [_set(one) for one in trial.sets if one.known], "absent": [one.title for one in trial.sets if not one.known], "measures": [title for _, title in MEASURES],
            "moved": [(one.title, [row for row in one.moved if row.after > row.before][:10], [row for row in one.moved if row.after < row.before][:10]) for one in trial.sets if one.moved],
            "nothing": trial.nothing, "samples": [_sample(one) for one in trial.samples], "logged": [_sample(one) for one in trial.logged[:10]], "changed": len(trial.logged), "looked": trial.looked,
            "seconds": f"{trial.seconds:.1f}"}


def _set(one: evaluate.Compared) -> dict[str, Any]:
    cells = []
    for name, title in MEASURES:
        was, is_ = getattr(one.before, name), getattr(one.after, name)
        better = is_ < was if name == "nothing" else is_ > was
        cells.append((title, f"{was:.3f}", f"{is_:.3f}", "" if abs(is_ - was) < 0.0005 else "变好" if better else "变差"))
    return {"title": one.title, "queries": one.before.queries, "cells": cells, "sums_only": one.name not in evaluate.OPEN}


def _sample(one: Sample) -> dict[str, Any]:
    sides = [(title, side.total, side.honest, [(place.title, place.path, MARKS[place.mark] + (f" {place.by}" if place.by else ""), place.mark) for place in side.places], side.plan)
             for title, side in (("现在", one.before), ("以后", one.after))]
    return {"query": one.query, "askers": one.askers, "same": one.same, "sides": sides}


def includeme(config: Any) -> None:
    config.add_desk_page(add_view, name="search-add", path="/desk/search/add", permission="search.manage", params=PARAMS, post=add_post)
    config.add_desk_page(entry_view, name="search-row", path="/desk/search/rows/{entry}", permission="search.manage", post=entry_post)
