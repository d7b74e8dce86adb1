"""The frame of every desk page: how a page is declared, guarded and rendered.

Owns ``add_desk_page`` (the only way to a view under ``/desk``; the attack table is made from its register), the check of the token before any
post, and what becomes of a post whose session ended: its fields are shown again to be sent after sign-in, nothing typed is lost.
"""
from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.response import Response
from pyramid_retry import is_error_retryable
from pyramid_zodbconn import get_connection
from ZODB.POSException import ConflictError

from ..base import clock
from ..content.site import open_site
from ..editorial.store import open_editorial
from ..web.layout import site_facts
from ..web.modes import posted
from .permissions import allowed
from .security import ACCOUNT, NOTE, _set, from_here, token_fits

log = logging.getLogger("govportal.desk")
View = Callable[[Any, Any], Any]
OPEN = ""                         # a page for everybody: sign-in alone
NOT_KEPT = frozenset(("csrf", "kept", "old", "new", "again", "password", "code", "current", "token"))
KEPT_LIMIT = 2_000_000            # characters of a refused post that are shown again

# name, address, icon, text, permission
NAV = (("home", "/desk", "inbox", "我的待办", "desk.home"), ("content", "/desk/content", "list-check", "内容", "content.view"),
       ("lists", "/desk/lists", "clipboard-check", "事项清单", "content.view"), ("shared", "/desk/shared", "folder", "共享资料", "content.view"),
       ("imports", "/desk/imports", "upload", "导入导出", "content.work"), ("quality", "/desk/quality", "shield-check", "质量", "quality.view"),
       ("search", "/desk/search", "search", "检索", "search.manage"), ("staff", "/desk/staff", "users", "人员", "staff.manage"),
       ("site", "/desk/site", "world", "站点", "site.manage"), ("audit", "/desk/audit", "history", "审计", "audit.view"))


@dataclass(frozen=True)
class Declared:
    """One page of the desk as the register keeps it. ``posts``: whether it takes posts, with which permission."""

    name: str
    path: str
    permission: str
    post_permission: str | None


@dataclass
class Frame:
    """What the layout needs."""

    title: str
    nav: list[tuple[str, str, str, str | None]]
    site: dict[str, Any]
    actor: Any = None
    idle: int = 15
    notes: list[tuple[str, str]] = field(default_factory=list)     # (kind '' | 'warn' | 'bad', words)
    scripts: tuple[str, ...] = ()
    crumbs: tuple[tuple[str, str], ...] = ()
    error: bool = False

    @property
    def full_title(self) -> str:
        return f"{'错误：' if self.error else ''}{self.title} - 工作台"


def add_desk_page(config: Any, view: View | None, *, name: str, path: str, permission: str, params: tuple[str, ...] = (), post: View | None = None,
                  post_permission: str | None = None) -> None:
    """Declare a page of the desk. ``path`` begins with ``/desk``; with ``{uid}`` in it the context is that document (404 for none).

    ``params``: query parameters the page reads. ``post``: the view for POST, with ``post_permission`` or the page's own."""
    if not (path == "/desk" or path.startswith("/desk/")) or any(one.name == name for one in config.registry.desk_pages):
        raise ValueError(f"工作台页面 {name}（{path}）的地址不对，或名称登记了两次")
    config.registry.desk_pages.append(Declared(name, path, permission, (post_permission or permission) if post is not None else None))
    config.registry.page_params |= frozenset(params)
    route = f"desk-{name}"
    config.add_route(route, path, factory=document_of if "{uid}" in path else no_context)
    if view is not None:
        options = {"permission": permission} if permission else {}
        config.add_view(_reading(view, params), route_name=route, request_method=("GET", "HEAD"), **options)
    if post is not None:
        wanted = post_permission or permission
        config.add_view(_writing(post, params), route_name=route, request_method="POST", **({"permission": wanted} if wanted else {}))


def no_context(request: Any) -> None:
    return None


def document_of(request: Any) -> Any:
    """The document an address names by its uid. 404 for none."""
    document = request.site.document(request.matchdict["uid"])
    if document is None:
        raise HTTPNotFound()
    return document


def _reading(view: View, params: tuple[str, ...]) -> View:
    def page(context: Any, request: Any) -> Any:
        request.declared = params
        return _private(view(context, request))
    page.__name__, page.__doc__, page.__module__ = getattr(view, "__name__", "page"), view.__doc__, view.__module__
    return page


def _writing(view: View, params: tuple[str, ...]) -> View:
    def page(context: Any, request: Any) -> Any:
        request.declared = params
        given = posted(request, "csrf")
        if not token_fits(request, given):
            return _private(refused_post(request, again=bool(given)))
        return _private(view(context, request))
    page.__name__, page.__doc__, page.__module__ = getattr(view, "__name__", "page"), view.__doc__, view.__module__
    return page


def _private(response: Any) -> Any:
    """Nothing of the desk is kept by a browser or a proxy."""
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    return response


def make_frame(request: Any, title: str, *, nav: str = "", crumbs: tuple[tuple[str, str], ...] = (), scripts: tuple[str, ...] = ()) -> Frame:
    signed = request.signed
    entries = [] if signed is None or signed.must else [
        (href, icon, text, "page" if key == nav else None) for key, href, icon, text, permission in NAV
        if allowed(signed.actor, permission, None) and key in request.registry.desk_entries]
    frame = Frame(title, entries, site_facts(request.site), signed.actor if signed is not None else None, request.people.setting("idle_minutes"),
                  scripts=scripts, crumbs=crumbs)
    sealed = request.cookies.get(NOTE)
    if sealed:
        found = request.registry.sealer.open(sealed, max_age=None, now=clock.now())
        frame.notes += [(str(kind), str(words)) for kind, words in found.payload.get("notes", ())] if found is not None else []
        request.add_response_callback(lambda request, response: _set(request, response, NOTE, "", max_age=0))
    return frame


def desk_page(request: Any, template: str, title: str, *, nav: str = "", status: int = 200, scripts: tuple[str, ...] = (),
              crumbs: tuple[tuple[str, str], ...] = (), errors: list[tuple[str, str]] | None = None, **values: Any) -> Response:
    """A page in the frame. ``errors``: (id of the field or '', words) for the summary at the top; the page's title then begins with 错误.

    A status of 400 and above is not committed (pyramid_tm's veto)."""
    frame = make_frame(request, title, nav=nav, crumbs=crumbs, scripts=scripts)
    frame.error = bool(errors)
    theme = request.registry.theme
    body = theme.template(template)(page=frame, request=request, static=request.static, icon=theme.icon, csrf=request.csrf, errors=errors or [],
                                    stamp=clock.stamp, quote=quote, **values)
    response = Response(body, status=status, content_type="text/html", charset="utf-8")
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def see_other(request: Any, path: str, note: str = "", *, kind: str = "") -> HTTPSeeOther:
    """Go to a page after a post, which then shows ``note`` once."""
    response = HTTPSeeOther(location=path)
    if note:
        _set(request, response, NOTE, request.registry.sealer.seal({"notes": [[kind, note[:600]]]}, now=clock.now()))
    return response


def pairs_of(request: Any) -> list[tuple[str, str]]:
    """Text fields of the posted form in order, without token and passwords; [] when the body is no form."""
    try:
        return [(name, value) for name, value in request.POST.items() if isinstance(value, str) and name not in NOT_KEPT]
    except (ValueError, LookupError, TypeError, AttributeError, OSError, DeprecationWarning) as exc:
        log.info("form not readable: %s", type(exc).__name__)
        return []


def refused_post(request: Any, *, again: bool) -> Any:
    """A post without a fitting token: nothing was done. ``again``: it carried a token of an ended session, so its fields can be sent again."""
    if request.signed is not None:          # a stranger's posts would fill the audit
        audit_refusal(request, "desk.token")
    pairs = kept_pairs(request) if again else []
    if 0 < sum(len(value) for _, value in pairs) < KEPT_LIMIT:
        return desk_page(request, "desk/kept.pt", "请再确认一次", status=403, target=request.path_qs, pairs=pairs)
    return desk_page(request, "desk/refused.pt", "没有提交成功", status=403,
                     words="这一页打开得太久，或不是从工作台的页面提交的。请回到原来的页面，重新打开后再做一次。")


def kept_pairs(request: Any) -> list[tuple[str, str]]:
    """What may be shown again to be sent: of a post from a page of ours, never one about accounts and roles (a foreign site could have written it)."""
    return pairs_of(request) if from_here(request) and not request.path_info.startswith(("/desk/staff", "/desk/account", "/desk/sign")) else []


def forbidden(exc: Any, request: Any) -> Any:
    """Nobody signed in: to the sign-in, with what was posted kept. Signed in: 403, and it is audited."""
    signed = request.signed
    if signed is None:
        if request.method == "POST":
            from .signin import signin_page
            pairs = kept_pairs(request)
            kept = json.dumps([request.path_qs, pairs], ensure_ascii=False) if pairs else ""
            return _private(signin_page(request, status=403, kept=kept if len(kept) < KEPT_LIMIT else "", message="登录已过期，请重新登录。您刚才填的内容还在，登录后可以继续提交。"
                                        if kept else "请先登录。"))
        return _private(see_other(request, "/desk/signin?next=" + quote(request.path_qs)))
    if signed.must:
        return _private(see_other(request, MUST[signed.must]))
    audit_refusal(request, "desk.forbidden")
    return _private(desk_page(request, "desk/refused.pt", "没有权限", status=403,
                              words="您的岗位不能打开这一页，或不能做这个操作。需要的话请联系本单位的安全管理员授权。"))


def conflicted(exc: Any, request: Any) -> Any:
    """Others saved at the same moment again and again: nothing was done, and what was posted can be sent once more. (Before the last attempt
    nobody sees the answer: the request is tried again.)"""
    if is_error_retryable(request, exc):
        return Response(status=503)
    log.warning("conflict that %s attempts did not end: %s", request.environ.get("retry.attempts"), str(exc)[:300])
    pairs = kept_pairs(request) if request.method == "POST" else []
    response = desk_page(request, "desk/kept.pt", "现在保存的人很多，请再提交一次", status=503, target=request.path_qs, pairs=pairs) if pairs else desk_page(
        request, "desk/refused.pt", "现在保存的人很多", status=503, words="这一次没有做成，也没有改动什么。请稍等几秒，再做一次。")
    response.headers["Retry-After"] = "5"
    return _private(response)


def not_found(exc: Any, request: Any) -> Any:
    """404 in the frame of the desk for those who are signed in; a stranger learns nothing and goes to the sign-in."""
    if request.signed is None or request.signed.must:
        return forbidden(exc, request)
    return _private(desk_page(request, "desk/refused.pt", "没有找到这一页", status=404, words="它可能已经删除、移走，或地址抄得不对。请从“内容”里找，或回我的待办。"))


MUST = {"password": "/desk/account/password", "enrol": "/desk/account/second-factor"}


def audit_refusal(request: Any, action: str) -> None:
    """Write that something was refused; the page for people comes also when that fails."""
    try:
        audit_note(request, action, outcome="refused", reason=request.method)
    except Exception:  # noqa: BLE001 - the page for people matters more; the log says it
        log.exception("refusal not audited")


def audit_note(request: Any, action: str, *, outcome: str = "ok", reason: str = "") -> None:
    """An audit record of a read or a refusal, in a small transaction of its own (architecture §4: nothing else writes on GET)."""
    who = request.signed.actor.id if request.signed is not None else "anonymous"
    with request.registry._zodb_databases[""].transaction() as connection:
        open_site(connection).audit.record(action, actor=who, target=request.path_info[:200], outcome=outcome, reason=reason, address=request.remote_addr or "")


def includeme(config: Any) -> None:
    config.registry.desk_pages = []
    config.registry.desk_entries = set()      # names of NAV whose pages exist
    config.add_directive("add_desk_page", add_desk_page)
    config.add_directive("add_desk_entry", lambda config, name: config.registry.desk_entries.add(name))
    config.add_request_method(lambda request: open_editorial(get_connection(request)), "editorial", reify=True)
    config.add_notfound_view(not_found, path_info=r"^/desk(/|$)")
    config.add_forbidden_view(forbidden, path_info=r"^/desk(/|$)")
    config.add_exception_view(conflicted, context=ConflictError, path_info=r"^/desk(/|$)")


__all__ = ["ACCOUNT", "OPEN", "add_desk_page", "desk_page", "see_other"]
