"""What the script of an edit page asks while somebody types: keep it unsaved, and tell who else is there. Answers JSON.

Owns ``/desk/doc/{uid}/autosave/{section}`` and ``/desk/doc/{uid}/beat``. Neither writes content. A beat comes from an open page, not from a
person: it does not keep the session from idling out.
"""
from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ..base import clock
from ..content import publication
from ..content.model import Document
from ..editorial import autosaves, presence
from ..web.modes import posted
from ..workflow.reasons import Refused
from . import editview as view
from .editing import base_of, copy_of, section_of_request, section_pairs, values_of
from .forms.picks import picks_of
from .forms.reading import MARK, OP, START, post


def answer(status: int = 200, **values: Any) -> Response:
    return Response(json_body=values, status=status)


def autosave_post(context: Document, request: Any) -> Response:
    """Keep what is typed: ``{at, said, secs, side}``, the last two as HTML of the page's parts that follow it; 422 with a ``message``."""
    one = section_of_request(context, request)
    pairs = [(name, value) for name, value in section_pairs(request) if name != OP]
    if (START, MARK) not in pairs:
        return answer(422, message="内容没有完整地送到，没有自动保存")
    try:
        at = autosaves.keep(request.editorial, request.actor.id, context.uid, one.name, pairs, posted(request, "page.base")[:40], clock.now(), copy_of(request))
    except Refused as refused:
        return answer(422, message=str(refused))
    current = values_of(publication.current(context))
    typed = post(context.kind, one.name, current, pairs, picks=picks_of(request, context)).values
    parts = view.progress_of(context, typed if typed is not None else current, one.name, request)
    shown: dict[str, Any] = {name: _part(request, name, parts) for name in ("secs", "side")} if typed is not None else {}
    return answer(at=clock.stamp(at), said=f"已自动保存 {clock.stamp(at)[11:]}" + ("" if view.may_write_now(context) else "，稿子已送审，撤回以后才能存进草稿"), **shown)


def _part(request: Any, name: str, parts: dict[str, Any]) -> str:
    theme = request.registry.theme
    return str(theme.template("desk/edit-part.pt")(parts=theme.template("desk/edit-parts.pt"), icon=theme.icon, wanted=name, **parts))


def beat_post(context: Document, request: Any) -> Response:
    """I have it open: ``{here: names of the others, moved: words when somebody saved since this page was opened}``."""
    request.by_itself = True
    now = clock.now()
    presence.beat(request.editorial, context.uid, request.actor.id, now)
    current = publication.current(context)
    moved = base_of(current) != posted(request, "page.base") and current is not None and current.author != request.actor.id
    who = (current.author_name or "别人") if current is not None else ""
    return answer(here=view.here_of(request, context, now), moved=f"{who} 刚保存了新的一份。您保存时，两人改到同一处的会并排给您看，都不会丢" if moved else "",
                  closed="" if view.may_write_now(context) else "稿子已送审，现在不能保存")


def includeme(config: Any) -> None:
    config.add_desk_page(None, name="autosave", path="/desk/doc/{uid}/autosave/{section}", permission="content.edit", post=autosave_post)
    config.add_desk_page(None, name="beat", path="/desk/doc/{uid}/beat", permission="content.edit", post=beat_post)
