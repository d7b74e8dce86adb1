"""查找替换: a word over what one may write, each hit with its surroundings to be chosen, then a job that makes drafts.

Owns ``/desk/replace``. Finding reads only, so it is an address; what is public is never touched. Hits that were forged or changed meanwhile
are refused by the job one by one.
"""
from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from ..content.fields import form_of
from ..content.kinds import kind_of
from ..editorial import filters, listing, replace
from ..editorial.replace import Hit, ReplaceRefused
from ..web.modes import posted
from ..web.pages import number
from .shell import desk_page, see_other
from .words import KINDS

HOW = {"any": "任何位置", "word": "不在更长的数字或字母里面", "all": "整个要素正好是这几个字"}
MANY = 20_000            # documents that are looked through with one filter
FORMS = ("text", "texts", "group", "rows", "body")


def words_fields(kind: str) -> list[tuple[str, str]]:
    """(name, title) of the elements of a kind that hold words for people."""
    return [(node.name, node.title) for node in kind_of(kind).schema.children if form_of(node) in FORMS and node.name not in replace.TECHNICAL] if kind in KINDS else []


def documents(request: Any, kind: str, under: str) -> list[str]:
    """What the person may write, by place."""
    columns, actor = request.desk_columns, request.actor
    wanted = filters.Filter(kind=(kind,) if kind else tuple(name for name in KINDS if name != "DirectoryItem"), under=under)
    role = "directory" if kind == "DirectoryItem" else "editor"
    found = listing.select(columns, wanted, listing.scopes_of(actor.grants(role)))
    return listing.uids(columns, listing.ordered(columns, found.slots, "path", 0, MANY))


def fits(hit: Hit, how: str) -> bool:
    """Whether a hit is one of the wished sort."""
    if how == "all":
        return not hit.before and not hit.after
    if how == "word":
        inner = (hit.before[-1:] + hit.found[:1], hit.found[-1:] + hit.after[:1])
        return not any(len(pair) == 2 and pair.isascii() and pair.isalnum() for pair in inner)
    return True


def asked(request: Any) -> dict[str, Any]:
    """What is looked for, from the address."""
    kind, how = request.query("kind"), request.query("how")
    return {"find": request.query("find"), "replace": request.query("replace"), "kind": kind if kind in KINDS else "", "under": request.query("under"),
            "how": how if how in HOW else "any", "field": request.query("field")}


def replace_view(context: Any, request: Any) -> Any:
    return replace_page(request, asked(request), number(request.query("start"), default=0, low=0, high=MANY))


def replace_page(request: Any, given: dict[str, Any], start: int = 0, errors: list[tuple[str, str]] | None = None) -> Any:
    """The form, and the hits when something is looked for."""
    errors = list(errors or [])
    fields, total, hits, found = words_fields(given["kind"]), 0, [], None
    chosen = [given["field"]] if given["field"] in dict(fields) else []
    if given["find"] and not errors:
        try:
            replace.check(given["find"], given["replace"], chosen)
            uids = documents(request, given["kind"], given["under"])
            total = len(uids)
            found = replace.preview(request.site, uids, given["find"], fields=chosen, start=start)
            hits = [hit for hit in found.hits if fits(hit, given["how"])]
        except ReplaceRefused as refused:
            errors = [("find", str(refused))]
    base = [(name, value) for name, value in given.items() if value]
    kinds = [(name, title) for name, title in KINDS.items() if request.actor.holds_any("directory" if name == "DirectoryItem" else "editor")]
    return desk_page(
        request, "desk/replace.pt", "查找替换", nav="imports", crumbs=(("/desk/imports", "导入导出"),), scripts=("desk-list.js",), status=422 if errors else 200, errors=errors, given=given, hits=hits,
        found=found, total=total, kinds=kinds, fields=fields, how=list(HOW.items()), once=secrets.token_urlsafe(12), start=start, base=base, documents=len({hit.uid for hit in hits}),
        next="/desk/replace?" + urlencode([*base, ("start", str(found.next))]) if found is not None and found.next >= 0 else "")


def replace_post(context: Any, request: Any) -> Any:
    """Start the job for the chosen hits."""
    given = {name: posted(request, name)[:200] for name in ("find", "replace", "kind", "under", "how", "field")}
    given["kind"] = given["kind"] if given["kind"] in KINDS else ""
    mine = set(documents(request, given["kind"], given["under"]))
    chosen = [tuple(value.split("|", 2)) for name, value in request.POST.items() if name == "hit" and isinstance(value, str) and value.count("|") >= 2 and len(value) < 1000]
    try:
        job = replace.begin(request.editorial, request.actor.id, given["find"], given["replace"], [(uid, base, key) for uid, base, key in chosen if uid in mine],
                            address=request.remote_addr or "", once=posted(request, "once")[:60])
    except ReplaceRefused as refused:
        return replace_page(request, given, number(posted(request, "start"), default=0, low=0, high=MANY), [("", str(refused))])
    return see_other(request, f"/desk/jobs/{job.uid}")


def includeme(config: Any) -> None:
    config.add_desk_page(replace_view, name="replace", path="/desk/replace", permission="content.edit", params=("find", "replace", "kind", "under", "how", "field", "start"), post=replace_post)
