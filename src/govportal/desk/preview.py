"""Preview: what the public will see, on a computer, a telephone and for elders; and secret links for people outside.

Owns ``/desk/doc/{uid}/preview…`` and ``/preview/<token>``. The page is made by ``showing``; its answers are never cached or indexed, and only the
page inside the frame may be framed, by ourselves. A secret link shows its own document until its end, while it is not taken back and who made it
still works here and writes this document; else 410, and 404 for a token that is not ours.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from ..base import clock
from ..content.files import find, is_public
from ..content.history import TITLES, edition_of, history
from ..content.model import Document
from ..content.publication import state_of
from ..editorial import previews
from ..editorial.rows import title_of
from ..people.grants import actor_of
from ..people.tokens import Sealer
from ..web.files import desk_path, file_response
from ..web.layout import base_url
from ..web.modes import posted
from ..web.pages import render
from ..web.security import CSP
from ..workflow.reasons import Refused
from . import showing
from .dochead import document_page
from .permissions import allowed
from .previewlinks import Frame, rewritten, with_banner
from .shell import see_other
from .simple import Field, typed, with_errors
from .words import person_words

# name -> (words, width of the frame, display modes)
DISPLAYS = {"desktop": ("电脑", "wide", frozenset()), "phone": ("手机", "phone", frozenset()), "elder": ("长者版", "wide", frozenset(("elder",))),
            "elder-phone": ("长者版手机", "phone", frozenset(("elder",))), "contrast": ("高对比", "wide", frozenset(("contrast",)))}
PARAMS = ("edition", "parts", "view", "case", "m", "kind", "as")
FRAMED = CSP.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
FRAMING = CSP + "; frame-src 'self'"


def wanted_of(request: Any, *, modes: frozenset[str], parts: str = "", edition: str = "") -> showing.Wanted:
    """What the address asks for; what it cannot mean is left out."""
    view = request.query("view")
    query = tuple((name, request.query(name)) for name in showing.CARRIED if name in request.GET)
    return showing.Wanted(edition, parts or showing.ALL, view if view in showing.VIEWS else "", query, modes)


def preview_view(context: Document, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    """The frame: how it looks on each display, which drafts stand together, and the links for people outside."""
    kept = [(name, request.query(name)) for name in ("edition", "parts", "case") if name in request.GET and request.query(name)]
    chosen = request.query("as") if request.query("as") in DISPLAYS else "desktop"
    base, now = f"/desk/doc/{context.uid}/preview", clock.now()
    words, width, _ = DISPLAYS[chosen]
    may_share = allowed(request.actor, "content.edit", context)
    fields = [Field("days", "几天后失效", str(previews.DAYS), hint=f"1 到 {previews.MOST_DAYS}", inputmode="numeric"), Field("note", "给谁看", optional=True, hint="例如：请王律师看依据")]
    fields = with_errors(typed(request, fields), errors) if errors else fields
    beside = showing.drafts_beside(context)
    response = document_page(
        request, context, "desk/preview.pt", "预览", now="preview", status=422 if errors else 200, errors=errors, width=width, shown_words=words,
        displays=[(f"{base}?" + urlencode([*kept, ("as", name)]), text, "true" if name == chosen else None) for name, (text, _, _) in DISPLAYS.items()],
        page_href=f"{base}/page?" + urlencode([*kept, ("as", chosen)]), alone_href=f"{base}/page?" + urlencode([*kept, ("as", chosen), ("alone", "1")]),
        beside=[title_of(one) for one in beside], own=request.query("parts") == showing.OWN, what_words=_what(context, request.query("edition")),
        own_href=f"{base}?" + urlencode([*(pair for pair in kept if pair[0] != "parts"), ("parts", showing.OWN), ("as", chosen)]),
        all_href=f"{base}?" + urlencode([*(pair for pair in kept if pair[0] != "parts"), ("as", chosen)]), fields=fields, may_share=may_share,
        links=[_link_row(request, context, link, now, may_share) for link in previews.links_of(request.editorial, context)])
    response.headers["Content-Security-Policy"] = FRAMING
    return response


def _link_row(request: Any, document: Document, link: previews.Link, now: Any, may_share: bool) -> dict[str, Any]:
    state = "有效" if link.is_open(now) else "已收回" if link.ended is not None else "已到期"
    address = f"{base_url(request)}/preview/{previews.token_of(request.registry.preview_sealer, document, link)}"
    return {"link": link, "state": state, "open": link.is_open(now), "address": address if may_share and link.is_open(now) else "",
            "who": person_words(request, link.by) or link.name}


def _what(document: Document, which: str) -> str:
    """Which text is shown, in words."""
    edition = showing.edition_to_show(document, which)
    if edition is None:
        return "没有可以预览的版本"
    entry = next((one for one in history(document) if one.uid == edition.uid), None)
    if entry is None or edition is document.live:
        return "现在公开的这一版" + ("" if which else "（没有草稿）")
    return f"第 {entry.number} 版，{TITLES[entry.state]}" + (f"，{clock.stamp(edition.starts)} 上线" if entry.state == "scheduled" and edition.starts is not None else "")


def preview_post(context: Document, request: Any) -> Any:
    """``do``: make a link, or take one back."""
    base = f"/desk/doc/{context.uid}/preview"
    try:
        if posted(request, "do") == "end":
            previews.end_link(request.editorial, context, posted(request, "link"), request.actor, audit=request.site.audit, now=clock.now())
            return see_other(request, base + "#links", "已收回，这个链接从现在起打不开")
        days = posted(request, "days").strip()
        previews.make_link(request.editorial, context, request.actor, days=int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0,
                           note=posted(request, "note"), audit=request.site.audit, now=clock.now())
    except Refused as refused:
        return preview_view(context, request, errors=[(reason.field, reason.message) for reason in refused.reasons])
    return see_other(request, base + "#links", "链接开好了，请复制给要看的人；知道链接的人都能看")


def page_view(context: Document, request: Any) -> Any:
    """The page itself, alone or inside the frame."""
    name = request.query("as") if request.query("as") in DISPLAYS else "desktop"
    parts, which, alone = request.query("parts"), request.query("edition"), request.query("alone") == "1"
    wanted = wanted_of(request, modes=DISPLAYS[name][2], parts=parts if parts in (showing.ALL, showing.OWN) else "", edition=which)
    if which and edition_of(context, which) is None:
        raise HTTPNotFound()
    base = f"/desk/doc/{context.uid}/preview"
    kept = [(key, value) for key, value in (("edition", which), ("parts", parts), ("as", name), ("alone", "1" if alone else "")) if value]

    def address(view: str, query: tuple[tuple[str, str], ...]) -> str:
        return f"{base}/page?" + urlencode([*kept, *([("view", view)] if view else []), *query])

    response = _answer(request, context, wanted, address, lambda record: desk_path(record), display="" if alone else base,
                       words=f"{_what(context, which)}。公开以后读者看到的就是下面这样。")
    response.headers["Content-Security-Policy"] = FRAMED
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _answer(request: Any, document: Document, wanted: showing.Wanted, address: Any, file_at: Any, *, words: str, display: str = "") -> Response:
    """The shown page with its banner, or why there is none; never kept by anybody."""
    theme = request.registry.theme
    head = "预览，未公开" if state_of(document) != "live" or wanted.edition else "预览，与公开的一样"
    banner = theme.template("desk/preview-banner.pt")(head=head, words=words)
    try:
        shown = showing.show(request, document.uid, wanted)
    except showing.CannotShow as exc:
        page = request.page("还不能预览", noindex=True)
        response = render(request, "desk/preview-none.pt", page, message=exc.message, missing=exc.missing)
        response.text = with_banner(response.text, banner, theme.url("preview.css"))
    else:
        response = Response(shown.body, headerlist=[("Content-Type", shown.content_type)])
        if shown.content_type.startswith("text/html"):
            frame = Frame(shown.path, address, lambda uid: _file(request, uid, file_at), display, "elder" in wanted.modes, "contrast" in wanted.modes)
            response.text = with_banner(rewritten(response.text, frame), banner, theme.url("preview.css"))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _file(request: Any, uid: str, file_at: Any) -> str:
    record = find(request.site, uid)
    return file_at(record) if record is not None and not is_public(request.site, record) else ""


def _opened(request: Any) -> tuple[Document, previews.Link] | Response:
    """The document of a secret link, or the page that says why not."""
    now = clock.now()
    found = previews.opened(request.editorial, request.registry.preview_sealer, request.matchdict["token"], now)
    if found is None:
        raise HTTPNotFound()
    uid, link = found
    document, maker = request.site.document(uid), request.people.staff(link.by)
    why = ("已经收回" if link.ended is not None else f"到 {clock.stamp(link.until)} 为止，已经到期" if now >= link.until
           else "随着开链接的人离岗失效" if maker is None or not maker.active else "指向的内容已经删除" if document is None
           else "随着开链接的人不再编写这份内容失效" if previews.role_reasons(document, actor_of(request.people, maker, now=now, anywhere=True)) else "")
    if not why and document is not None:
        return document, link
    page = request.page("这个预览链接打不开了", noindex=True)
    response = render(request, "errors/error.pt", page, status=410, status_code=410, text=f"这个预览链接{why}。还要看的话，请向给您链接的人要一个新的。", detail="", number="")
    return _secret(response)


def _secret(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def secret_view(request: Any) -> Any:
    """The same preview for somebody outside who was given the link: this document's draft as it is now, else what is public."""
    request.declared = PARAMS
    opened = _opened(request)
    if isinstance(opened, Response):
        return opened
    document, link = opened
    base = f"/preview/{request.matchdict['token']}"

    def address(view: str, query: tuple[tuple[str, str], ...]) -> str:
        pairs = [*([("view", view)] if view else []), *query]
        return base + ("?" + urlencode(pairs) if pairs else "")

    response = _answer(request, document, wanted_of(request, modes=request.modes, parts=showing.ITEM), address, lambda record: f"{base}/files/{record.uid}",
                       words=f"请勿转发。这个链接 {clock.stamp(link.until)} 失效。")
    return _secret(response)


def secret_file(request: Any) -> Any:
    """A file to which the shown text refers. 404 for any other."""
    opened = _opened(request)
    if isinstance(opened, Response):
        return opened
    record = find(request.site, request.matchdict["id"])
    if record is None or record.uid not in showing.files_shown(opened[0], showing.Wanted(parts=showing.ITEM)):
        raise HTTPNotFound()
    return _secret(file_response(request, record, public=False))


def includeme(config: Any) -> None:
    config.registry.preview_sealer = Sealer(config.registry.keys, previews.PURPOSE)
    config.add_desk_page(preview_view, name="preview", path="/desk/doc/{uid}/preview", permission="content.view", params=PARAMS, post=preview_post,
                         post_permission="content.edit")
    config.add_desk_page(page_view, name="preview-page", path="/desk/doc/{uid}/preview/page", permission="content.view", params=(*PARAMS, "alone"))
    config.add_route("preview-link", "/preview/{token}")
    config.add_view(secret_view, route_name="preview-link", request_method=("GET", "HEAD"))
    config.add_route("preview-file", "/preview/{token}/files/{id:[0-9a-f]{32}}")
    config.add_view(secret_file, route_name="preview-file", request_method=("GET", "HEAD"))
