"""The 情形 of an item on one page: ``/desk/doc/{uid}/cases``. The question, the choices, which materials each takes, what it changes; try it out.

Owns the page and the reading of its post. Each 情形 is saved as the draft of its own document through ``publication``; trying out computes in memory
(``content/cases``) and writes nothing. Bad input, refusals and what somebody else saved meanwhile come back with what was typed.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from ..base import clock
from ..content import cases, history, publication
from ..content.differences import differences
from ..content.effective import INHERITED, directory_of
from ..content.heads import limit_words
from ..content.model import Document
from ..editorial.rows import title_of
from ..web.modes import posted
from ..workflow.reasons import Reason, Refused
from . import editview as view
from .editing import base_of, merged, values_of
from .making import free_slug, slug_of
from .permissions import allowed
from .shell import desk_page, see_other

FREE = {"charged": False, "online_payment": False}
FEES = (("", "照事项"), ("free", "不收费"), ("own", "另有标准"))


@dataclass
class Column:
    """One 情形 as the page shows it. ``values``: with what was typed; ``typed_days``: the limit as typed; ``locked``: why it cannot be written now."""

    document: Document
    base: str
    values: dict[str, Any]
    locked: str = ""
    typed_days: str = ""
    problems: list[tuple[str, str]] = field(default_factory=list)      # (id of the field, words)

    @property
    def slug(self) -> str:
        return str(self.document.__name__)

    @property
    def fee(self) -> str:
        if "fee" not in self.values.get("changes", ()):
            return ""
        return "free" if (self.values.get("fee") or {}).get("charged") is False else "own"

    @property
    def others(self) -> list[str]:
        """What it changes beside what this page shows."""
        return cases.changed_titles({"changes": [name for name in self.values.get("changes", ()) if name not in ("fee", "promise_limit", "materials")]})


def item_of(context: Document) -> dict[str, Any]:
    """The item as drafted, with what it inherits. 404 for what is no item."""
    if context.kind != "ImplementationItem":
        raise HTTPNotFound()
    above = values_of(publication.current(directory_of(context)))
    return {**values_of(publication.current(context)), **{key: above.get(key) for key in INHERITED}}


def columns_of(request: Any, context: Document) -> list[Column]:
    """The 情形 in the order in which citizens see them."""
    found = []
    for child in islice(context.values(), view.CHILDREN):
        if view.is_case(child):
            edition = publication.current(child)
            locked = "" if view.may_write_now(child) else f"稿子“{publication.STAGES[publication.stage_of(child)]}”，要改先撤回送审"
            found.append(Column(child, base_of(edition), values_of(edition), locked if allowed(request.actor, "content.edit", child) else "不归您编写"))
    for column in found:
        limit = column.values.get("promise_limit") or {}
        column.typed_days = str(limit["days"]) if "promise_limit" in column.values.get("changes", ()) and limit.get("days") is not None else ""
    order = {case.name: number for number, case in enumerate(cases.ordered(cases.Case(column.slug, column.values) for column in found))}
    return sorted(found, key=lambda column: order[column.slug])


def question_of(context: Document) -> tuple[Document | None, str, str]:
    """(the guide, its question as drafted, uid of that edition)."""
    guide = context.get("guide")
    edition = publication.current(guide) if guide is not None else None
    return guide, values_of(edition).get("case_question") or "", base_of(edition)


def typed_into(column: Column, item: dict[str, Any], request: Any) -> None:
    """Put what was posted for this 情形 into its values; what cannot be read is a problem and keeps the former value."""
    slug, former = column.slug, column.values
    values = {**former, "name": posted(request, f"name-{slug}").strip()[:500], "hint": posted(request, f"hint-{slug}").strip()[:300]}
    if not values["name"]:
        column.problems.append((f"name-{slug}", f"“{former.get('name') or slug}”要有名称"))
    if item.get("materials"):
        values = cases.take(item, values, request.POST.getall(f"take-{slug}"))
    days = column.typed_days = posted(request, f"days-{slug}").strip()[:20]
    if not days:
        values = cases.set_element(values, "promise_limit", None) if "promise_limit" in values.get("changes", ()) and (values.get("promise_limit") or {}).get("days") is not None else values
    elif days.isascii() and days.isdigit() and int(days) < 10_000:
        limit = former.get("promise_limit") if "promise_limit" in former.get("changes", ()) else item.get("promise_limit")
        if int(days) != (limit or {}).get("days") or "promise_limit" not in values.get("changes", ()):
            values = cases.set_element(values, "promise_limit", {**(limit or {}), "days": int(days)})
    else:
        column.problems.append((f"days-{slug}", f"“{values['name'] or slug}”的承诺时限“{days}”不是天数"))
    fee = posted(request, f"fee-{slug}")
    if fee in ("", "free") and fee != column.fee:
        values = cases.set_element(values, "fee", FREE if fee else None)
    column.values = values


def take_post(request: Any, context: Document, item: dict[str, Any]) -> tuple[list[Column], str]:
    """(the 情形 with what was posted for those that may be written, the question)."""
    columns, seen = columns_of(request, context), set(request.POST.keys())
    for column in columns:
        if f"base-{column.slug}" in seen and not column.locked:
            typed_into(column, item, request)
    question = posted(request, "question").strip()[:200] if "question" in seen else question_of(context)[1]
    return columns, question


def cases_view(context: Document, request: Any) -> Any:
    return cases_page(context, request, item_of(context), columns_of(request, context), question_of(context)[1], chosen=request.query("try"))


def cases_page(context: Document, request: Any, item: dict[str, Any], columns: list[Column], question: str, *, chosen: str = "", errors: list[tuple[str, str]] | None = None,
               added: tuple[str, str] = ("", "")) -> Any:
    values, guide = values_of(publication.current(context)), question_of(context)
    return desk_page(request, "desk/cases.pt", f"{title_of(context)}，情形", nav="content", crumbs=view.crumbs_of(request, context), status=422 if errors else 200, errors=errors,
                     scripts=("desk-edit.js",), document=context, heading=title_of(context), bits=view.bits_of(context, clock.now()), here=view.here_of(request, context, clock.now()),
                     **view.stage_of(context), **_without(view.progress_of(context, values, "", request), "wrong", "right"), columns=columns, question=question, guide=guide[0], guide_base=guide[2],
                     guide_locked=guide[0] is not None and not view.may_write_now(guide[0]), rows=_rows(item, columns), item=item, limit=limit_words(item), fee=fee_words(item), fees=FEES, added=added,
                     base=base_of(publication.current(context)), **shown(item, columns, question, chosen))


def _without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _rows(item: dict[str, Any], columns: list[Column]) -> list[dict[str, Any]]:
    """The table: a material a row, whether each 情形 takes it; None where no tick can say it."""
    taken = {column.slug: cases.taken(item, column.values) for column in columns}
    return [{"name": row.get("name") or "（没有名称）", "key": row.get("key") or "",
             "cells": [(column, None if cases.has_own_materials(column.values) or not row.get("key") else row["key"] in taken[column.slug]) for column in columns]}
            for row in item.get("materials", ())]


def shown(item: dict[str, Any], columns: list[Column], question: str, chosen: str) -> dict[str, Any]:
    """The try-out and the checks, computed in memory."""
    every = [cases.Case(column.slug, column.values) for column in columns]
    case = next((one for one in every if one.name == chosen), every[0] if every else None)
    got = cases.outcome(item, case.values if case is not None else None)
    homes = {column.slug: column.document.uid for column in columns}
    return {"chosen": case.name if case is not None else "", "case_title": case.title if case is not None else "", "got": got, "got_limit": limit_words(got) or "未提供", "got_fee": fee_words(got),
            "troubles": [(one, homes.get(one.case, "")) for one in cases.troubles(item, question, every)]}


def fee_words(values: dict[str, Any]) -> str:
    fee = values.get("fee") or {}
    if fee.get("charged") is None:
        return "未提供"
    return "、".join(row.get("standard") or row.get("name") or "" for row in fee.get("items", ())) or "收费，没有写标准" if fee["charged"] else "不收费"


def try_post(context: Document, request: Any) -> Response:
    """The try-out and checks of what stands in the form now, for the script: ``{try, checks}`` as HTML."""
    request.by_itself = True
    item = item_of(context)
    columns, question = take_post(request, context, item)
    parts, theme = shown(item, columns, question, posted(request, "try")), request.registry.theme
    draw = theme.template("desk/cases-part.pt")
    return Response(json_body={name: str(draw(parts=theme.template("desk/cases-parts.pt"), icon=theme.icon, wanted=name, document=context, question=question, columns=columns, **parts))
                               for name in ("try", "checks")})


def cases_post(context: Document, request: Any) -> Any:
    """Save all that was changed; then add or take away a 情形, or show what one gets."""
    item, do = item_of(context), posted(request, "do")
    columns, question = take_post(request, context, item)
    added = (posted(request, "new-name").strip()[:500], posted(request, "new-hint").strip()[:300])
    what, _, slug = do.partition(":")
    if what == "try":
        return cases_page(context, request, item, columns, question, chosen=posted(request, "try"), added=added)
    target = next((column for column in columns if column.slug == slug), None)
    errors = [problem for column in columns for problem in column.problems]
    if what not in ("save", "add", "remove") or (what == "remove" and target is None):
        errors = [("", "没有这个操作，内容没有改动。请用页面上的按钮")]
    if what == "add" and not added[0]:
        errors.append(("new-name", "请写新情形的名称"))
    if not errors:
        try:
            done = _save(context, request, [column for column in columns if what != "remove" or column is not target], question)
            if what == "add":
                values = {"name": added[0], "hint": added[1]}
                publication.begin(context, free_slug(context, slug_of(added[0])), "HandlingItem", values, request.actor)
                done.append(f"新增了“{added[0]}”")
            if what == "remove" and target is not None:
                publication.discard(target.document, request.actor, target.base)
                done.append(f"去掉了“{target.values.get('name') or slug}”")
            return see_other(request, f"/desk/doc/{context.uid}/cases?" + urlencode({"try": posted(request, "try")[:80]}), "；".join(done) or "没有改动")
        except Refused as refused:
            errors = [("", str(reason)) for reason in refused.reasons]
    return cases_page(context, request, item, columns, question, chosen=posted(request, "try"), errors=errors, added=added)


def _save(context: Document, request: Any, columns: list[Column], question: str) -> list[str]:
    """Drafts of what differs from what is saved; what was done, in words. Refused with all reasons, and nothing is kept then."""
    done, reasons = [], []
    for column in columns:
        given_base = posted(request, f"base-{column.slug}")
        if column.locked or not given_base:
            continue
        try:
            if _save_one(column, given_base, request):
                done.append(f"“{column.values['name']}”已保存")
        except Refused as refused:
            reasons += [Reason(f"“{column.values['name']}”", str(reason)) for reason in refused.reasons]
    guide, former, base = question_of(context)
    if question != former:
        try:
            if guide is None:
                guide = publication.begin(context, "guide", "Guide", {"case_question": question}, request.actor)
            else:
                publication.save(guide, {**values_of(publication.current(guide)), "case_question": question}, request.actor, base=posted(request, "base-guide") or base)
            done.append("问话已保存")
        except Refused as refused:
            reasons += [Reason("问话", str(reason)) for reason in refused.reasons]
    if reasons:
        raise Refused(*reasons)
    return done


def _save_one(column: Column, given_base: str, request: Any) -> bool:
    """Whether a draft was made. What somebody saved meanwhile in other fields stays; in the same ones Refused tells their text, mine stays typed."""
    theirs = values_of(publication.current(column.document))
    if given_base != column.base:
        began = history.edition_of(column.document, given_base)
        mine = column.values
        joined = merged(("name", "hint", "use_materials", "changes", "materials", "promise_limit", "fee"), values_of(began) if began is not None else None, mine, theirs)
        if joined.values is None:
            edition = publication.current(column.document)
            who = (edition.author_name or "别人") if edition is not None else "别人"
            told = "；".join(f"{one.title}：{_plain(one.before)} → {_plain(one.after)}" for one in differences("HandlingItem", mine, theirs)[:6])
            raise Refused(Reason("", f"您打开以后 {who} 也改了它。您写的 → 对方写的：{told}。您的还在下面，再点一次保存就以您的为准"))
        column.values = joined.values
    if column.values == theirs:
        return False
    publication.save(column.document, column.values, request.actor, base=column.base)
    return True


def _plain(value: Any) -> str:
    if value in (None, "", (), [], {}):
        return "（空）"
    if isinstance(value, (list, tuple)):
        return "、".join(map(str, value))[:200]
    return str(value)[:200]


def includeme(config: Any) -> None:
    config.add_desk_page(cases_view, name="cases", path="/desk/doc/{uid}/cases", permission="content.edit", params=("try",), post=cases_post)
    config.add_desk_page(None, name="cases-try", path="/desk/doc/{uid}/cases/try", permission="content.edit", post=try_post)
