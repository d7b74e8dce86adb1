"""The edit pages of the desk: ``/desk/doc/{uid}/edit/{section}``, one section of a document a page.

Owns the way of a post: read, check, keep apart what two people wrote, save as a draft through ``publication``. Nothing typed is lost: what
cannot be taken is shown again as it was typed; where somebody saved meanwhile both texts stand side by side.
"""
from __future__ import annotations

from collections.abc import Iterable
from secrets import token_hex
from typing import Any, NamedTuple

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther

from ..base import clock
from ..content import history, publication
from ..content.completeness import given
from ..content.model import Document, Edition
from ..editorial import autosaves
from ..editorial.rows import title_of
from ..web.modes import posted
from ..workflow.reasons import Refused
from . import editview as view
from .forms.build import form_of
from .forms.compare import CARRIED, compare, read_choices, render_compare, words
from .forms.look import Problem
from .forms.picks import Picks, picks_of
from .forms.reading import Outcome, post, read_section, same
from .forms.rendering import render_section
from .forms.sections import Section, section, sections_of
from .shell import desk_page, pairs_of, see_other

SCRIPTS = ("desk-forms.js", "desk-richtext.js", "desk-edit.js")
CHANGES = (("", "没有说"), ("minor", "小改动"), ("major", "重要改动"))
GONE = "您打开的那一份已经清理，分不出谁改了哪一处，请逐处选定。"


def scripts_of(request: Any) -> tuple[str, ...]:
    return tuple(name for name in SCRIPTS if name in request.registry.theme.files)


def section_of_request(context: Document, request: Any) -> Section:
    """The section that the address names. 404 for none."""
    try:
        return section(context.kind, request.matchdict["section"])
    except LookupError:
        raise HTTPNotFound() from None


def section_pairs(request: Any) -> list[tuple[str, str]]:
    """What the form's section posted; the page's own fields are named ``page.…``."""
    return [(name, value) for name, value in pairs_of(request) if not name.startswith("page.")]


def copy_of(request: Any) -> str:
    """The name under which the posting page keeps what is typed."""
    return posted(request, "page.copy")[:32]


def base_of(edition: Edition | None) -> str:
    return edition.uid if edition is not None else ""


def values_of(edition: Edition | None) -> dict[str, Any]:
    return edition.values if edition is not None else {}


def first_view(context: Document, request: Any) -> HTTPSeeOther:
    """To the first remark of a draft that was sent back, else the first section that lacks something, else the first."""
    returned = view.returned_of(request, context, values_of(publication.current(context)))
    remark = next((one for one in returned["remarks"] if one.href), None) if returned is not None else None
    if remark is not None:
        return see_other(request, remark.href)
    lacking = view.progress_of(context, values_of(publication.current(context)), "", request)["complete"].missing
    return see_other(request, view.address(context, lacking[0].section if lacking else sections_of(context.kind)[0].name))


def edit_view(context: Document, request: Any) -> Any:
    """The form of a section as it was saved, or as it was typed and not saved (``restore``: which copy, ``1`` the newest)."""
    one, now = section_of_request(context, request), clock.now()
    copies, wanted = autosaves.copies(request.editorial, request.actor.id, context.uid, one.name, now), request.query("restore")
    if not view.may_write_now(context):
        return read_only(context, request, one, kept="、".join(view.short_time(each.at, now) for each in copies))
    back = next((each for each in copies if wanted in (each.copy, "1")), None) if wanted else None
    kept = [(each.copy, view.short_time(each.at, now)) for each in copies if each is not back]
    if back is None:
        return edit_page(context, request, one, kept=kept)
    typed = read_section(context.kind, one.name, back.pairs).typed
    return edit_page(context, request, one, typed=typed, base=back.base, restored=view.short_time(back.at, now), kept=kept, copy=back.copy)


def edit_page(context: Document, request: Any, one: Section, *, typed: dict[str, Any] | None = None, errors: Iterable[Problem] = (), base: str | None = None,
              focus: Any = (), said: str = "", kept: Iterable[tuple[str, str]] = (), restored: str = "", status: int = 200, copy: str | None = None) -> Any:
    """The page around a section's form. ``typed``: what was typed and not saved; ``base``: the edition it began from when that is not the present one;
    ``kept``: (name, time) of the copies that wait; ``copy``: the name of the page's own, which a page that is shown again after a post keeps."""
    edition, now, picks, errors = publication.current(context), clock.now(), picks_of(request, context), list(errors)
    values = values_of(edition)
    returned = view.returned_of(request, context, values)
    form = render_section(context.kind, one.name, values if typed is None else typed, theme=request.registry.theme, picks=picks, errors=errors, focus=focus, said=said,
                          remarks=view.beside_fields(returned, one.name))
    return frame(context, request, one, "desk/edit.pt", status=status, scripts=scripts_of(request), error=bool(errors), form=form, base=base_of(edition) if base is None else base,
                 copy=copy if copy is not None else copy_of(request) if request.method == "POST" else token_hex(8), kept=kept, restored=restored, dirty=typed is not None, returned=returned, inherited=view.inherited_of(request, context, one.name, picks), changes=CHANGES,
                 note=posted(request, "page.note")[:2000] if request.method == "POST" else "", change=posted(request, "page.change") or (edition.change if edition is not None else ""),
                 saved=int(edition.created.timestamp() * 1000) if edition is not None and edition.created is not None and edition.author == request.actor.id else 0,
                 asks_note=context.live is not None or bool(context.superseded), now=now)


def frame(context: Document, request: Any, one: Section, template: str, *, error: bool = False, values: dict[str, Any] | None = None, **more: Any) -> Any:
    """What all pages of a section share: head, sections, checks."""
    values = values if values is not None else values_of(publication.current(context))
    offers = {offer.action: offer for offer in publication.available(context, request.actor)}
    after = _next(context, one)
    return desk_page(request, template, f"{title_of(context)}，{one.title}", nav="content", crumbs=view.crumbs_of(request, context), errors=[("", "")] if error else None,
                     document=context, heading=title_of(context), section=one, after=after, here=view.here_of(request, context, clock.now()),
                     bits=view.bits_of(context, clock.now()), submit=offers.get("submit"), recall=offers.get("recall"), **view.stage_of(context),
                     **view.progress_of(context, values, one.name, request), **more)


def _next(context: Document, one: Section) -> Section | None:
    names = [other.name for other in sections_of(context.kind)]
    at = names.index(one.name) + 1
    return section(context.kind, names[at]) if at < len(names) else None


def read_only(context: Document, request: Any, one: Section, *, kept: str = "") -> Any:
    """A draft in review: what it says, why it cannot be changed, and the way back."""
    values, picks = values_of(publication.current(context)), picks_of(request, context)
    rows = [(child.title, words(child, values.get(child.name), picks)) for child in form_of(context.kind, one.name).children]
    return frame(context, request, one, "desk/edit-read.pt", rows=rows, kept=kept, returned=None, inherited=view.inherited_of(request, context, one.name, picks))


class Merged(NamedTuple):
    """``values``: the whole document to be saved over ``base``; None: ``clash``, the fields both changed, must be chosen first."""

    values: dict[str, Any] | None
    clash: tuple[str, ...]
    mine: tuple[str, ...] = ()


def merged(names: Iterable[str], began: dict[str, Any] | None, mine: dict[str, Any], theirs: dict[str, Any]) -> Merged:
    """Three texts into one: what only one side changed is taken from it. ``began``: what both began from, None when it is no longer known."""
    if began is None:
        changed = tuple(name for name in names if not same(mine.get(name), theirs.get(name)))
        return Merged(theirs if not changed else None, changed, changed)
    changed = tuple(name for name in names if not same(mine.get(name), began.get(name)))
    clash = tuple(name for name in changed if not same(theirs.get(name), began.get(name)) and not same(mine.get(name), theirs.get(name)))
    return Merged(None if clash else {**theirs, **{name: mine[name] for name in changed}}, clash, changed)


def edit_post(context: Document, request: Any) -> Any:
    """Save a section, do a button of a repeated group, choose between two texts, or forget what was kept unsaved."""
    one, do = section_of_request(context, request), posted(request, "page.do")
    if do == "discard":
        autosaves.forget(request.editorial, request.actor.id, context.uid, one.name, copy_of(request))
        return see_other(request, view.address(context, one.name), "已放弃没保存的内容")
    if do not in ("", "save", "next", "recover", "choose"):
        return edit_page(context, request, one, typed=read_section(context.kind, one.name, section_pairs(request)).typed, base=posted(request, "page.base"),
                         errors=[Problem((), "没有这个操作，内容没有改动。请用页面上的按钮")], status=422)
    pairs, picks, current = section_pairs(request), picks_of(request, context), publication.current(context)
    if do == "recover":
        return edit_page(context, request, one, typed=read_section(context.kind, one.name, pairs).typed, base=posted(request, "page.base"), restored=posted(request, "page.at")[:20] or "刚才")
    if do == "choose" or CARRIED in dict(pairs):
        return _chosen(context, request, one, pairs, picks, current)
    base = posted(request, "page.base")
    if not view.may_write_now(context):
        response = edit_page(context, request, one, typed=read_section(context.kind, one.name, pairs).typed, base=base, errors=[Problem((), _in_review(context))], status=422)
        return _kept(response, context, request, one, pairs)
    fresh = current is None or base == current.uid
    began = current if fresh else history.edition_of(context, base) if base else None
    outcome = post(context.kind, one.name, values_of(began if began is not None else current), pairs, picks=picks)
    if outcome.values is None:
        return edit_page(context, request, one, typed=outcome.typed, base=base, errors=outcome.errors, focus=outcome.focus, said=outcome.said,
                         status=422 if outcome.errors else 200)
    if fresh:
        return save(context, request, one, outcome.values, outcome.typed)
    return _stale(context, request, one, pairs, outcome, began, picks)


def _stale(context: Document, request: Any, one: Section, pairs: list[tuple[str, str]], outcome: Outcome, began: Edition | None, picks: Picks) -> Any:
    """Somebody saved meanwhile: join what does not meet, else show both texts."""
    theirs = values_of(publication.current(context))
    assert outcome.values is not None
    joined = merged(one.nodes, values_of(began) if began is not None else None, outcome.values, theirs)
    if joined.values is not None:
        return save(context, request, one, joined.values, outcome.typed, more="；别人同时改的其他内容也在" if joined.mine else "")
    mine = {name: outcome.values[name] for name in joined.mine}
    typed = {name: outcome.typed[name] for name in joined.mine if name in outcome.typed}
    return _kept(compare_page(context, request, one, mine, typed, picks, why="" if began is not None else GONE), context, request, one, pairs)


def _kept(response: Any, context: Document, request: Any, one: Section, pairs: list[tuple[str, str]]) -> Any:
    """The answer to a post that could not be saved; what was typed is kept as unsaved, so that closing the page loses nothing."""
    try:
        autosaves.keep(request.editorial, request.actor.id, context.uid, one.name, pairs, posted(request, "page.base")[:40], clock.now(), copy_of(request))
        response.headers["X-Tm"] = "commit"
    except Refused:                              # too long to be kept; it is in the page
        pass
    return response


def _in_review(context: Document) -> str:
    return f"稿子现在“{publication.STAGES[publication.stage_of(context)]}”，要先撤回送审才能保存。您填的已另外存着，撤回后在这里恢复"


def compare_page(context: Document, request: Any, one: Section, mine: dict[str, Any], typed: dict[str, Any], picks: Picks, *, why: str = "",
                 errors: Iterable[Problem] = ()) -> Any:
    """Both texts side by side; mine travels in the page."""
    current = publication.current(context)
    theirs = values_of(current)
    rows = compare(context.kind, one.name, mine, theirs, picks=picks)
    who = (current.author_name or current.author) if current is not None else ""
    return frame(context, request, one, "desk/edit-compare.pt", status=409, error=True, body=render_compare(context.kind, one.name, rows, typed, theme=request.registry.theme),
                 who=who, at=view.short_time(current.created, clock.now()) if current is not None and current.created is not None else "", why=why, count=sum(not row.same for row in rows),
                 problems=[problem.message for problem in errors], base=base_of(current), note=posted(request, "page.note")[:2000], change=posted(request, "page.change"),
                 copy=copy_of(request))


def _chosen(context: Document, request: Any, one: Section, pairs: list[tuple[str, str]], picks: Picks, current: Edition | None) -> Any:
    """Save what was chosen, unless somebody saved once more."""
    theirs = values_of(current)
    outcome = read_choices(context.kind, one.name, theirs, pairs, picks=picks)
    if outcome.values is None and not outcome.typed:
        return edit_page(context, request, one, errors=outcome.errors, status=422)
    if outcome.values is None:
        return edit_page(context, request, one, typed={**theirs, **outcome.typed}, errors=outcome.errors, status=422)
    if posted(request, "page.base") != base_of(current):
        mine = {name: outcome.values[name] for name in outcome.typed}
        return compare_page(context, request, one, mine, outcome.typed, picks, why="您选的时候又有人保存了，请再选一次。")
    return save(context, request, one, outcome.values, {**theirs, **outcome.typed})


def save(context: Document, request: Any, one: Section, values: dict[str, Any], typed: dict[str, Any], *, more: str = "") -> Any:
    """Keep the values as the draft and go on. A refusal shows the reasons with what was typed."""
    current, note, change = publication.current(context), posted(request, "page.note").strip(), posted(request, "page.change")
    values, more = _own_elements(context, one, values_of(current), values, more)
    unchanged = context.draft is None and current is not None and values == current.values and not note
    if not unchanged:
        try:
            publication.save(context, values, request.actor, base=current.uid if current is not None else None, note=note, change=change)
        except Refused as refused:
            return edit_page(context, request, one, typed=typed, base=base_of(current), errors=[Problem((), str(reason)) for reason in refused.reasons], status=422)
    autosaves.forget(request.editorial, request.actor.id, context.uid, one.name, copy_of(request))
    after = _next(context, one)
    here = posted(request, "page.do") != "next"
    target = view.address(context, one.name) if here else view.address(context, after.name if after is not None else "")
    return see_other(request, target, f"“{one.title}”没有改动，没有另存草稿" if unchanged else f"“{one.title}”已保存{more}")


def _own_elements(context: Document, one: Section, before: dict[str, Any], values: dict[str, Any], more: str) -> tuple[dict[str, Any], str]:
    """What somebody writes into a 情形 counts for it: the element is marked as its own."""
    if context.kind != "HandlingItem" or one.name in ("case", "identity", "status") or values.get("listed"):
        return values, more
    new = [name for name in one.nodes if name not in values.get("changes", ()) and given(values.get(name)) and not same(values.get(name), before.get(name))]
    if not new:
        return values, more
    titles = {child.name: child.title for child in form_of(context.kind, one.name).children}
    return {**values, "changes": (*values.get("changes", ()), *new)}, f"{more}；{'、'.join(titles[name] for name in new)}记为这种情形另有规定"


def includeme(config: Any) -> None:
    config.add_desk_page(first_view, name="edit-first", path="/desk/doc/{uid}/edit", permission="content.edit")
    config.add_desk_page(edit_view, name="edit", path="/desk/doc/{uid}/edit/{section}", permission="content.edit", params=("restore",), post=edit_post)
