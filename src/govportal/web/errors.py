"""Own error pages: 400, 403, 404, 405, 410, 500, 503, each with a way on, none with a stack trace (B14, B15).

Owns the exception views, the redirect of former paths, and the maintenance switch. Works with a dead database.
"""
from __future__ import annotations

import json
import logging
import os
import re
from typing import Any
from urllib.parse import quote

from pyramid.exceptions import URLDecodeError
from pyramid.httpexceptions import HTTPBadRequest, HTTPException, HTTPGone, HTTPMovedPermanently
from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request, apply_request_extensions
from pyramid.response import Response
from pyramid_retry import is_error_retryable
from ZODB.POSException import POSError, ReadOnlyError

from ..content.kinds import kind_of
from ..content.model import path_of
from ..content.site import NoSite
from .pages import has_page, render

log = logging.getLogger("govportal.error")
HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{0,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{0,5})?")

TEXTS = {
    400: ("这个地址写得不对", "地址里有不能识别的字符或参数。请检查地址，或从下面的入口进入。"),
    403: ("这个页面不对您开放", "您没有查看它的权限。如果是从本站链接点进来的，请告诉我们。"),
    404: ("没有找到这个页面", "它可能改了地址或已经取消。可以搜索，或从下面的入口找。"),
    405: ("这个操作不能这样进行", "请从本站的页面上点按钮操作，不要直接打开地址。"),
    413: ("提交的内容太长", "请减少内容，或分几次提交。"),
    410: ("这份内容已不再提供", "它已被撤下。需要的话请打电话或到窗口咨询。"),
    500: ("抱歉，系统出错了", "不是您的问题，您可以稍后再试。急事请打 12345 或到窗口办理。"),
    503: ("本站正在维护", "请稍后再来。急事请打 12345，或到政务服务中心窗口办理。"),
}


def error_page(request: Any, status: int, *, detail: str = "") -> Any:
    title, text = TEXTS[status]
    if request.environ.get("PATH_INFO", "").startswith("/api/"):
        return Response(json.dumps({"message": f"{title}。{text}"}, ensure_ascii=False), status=status, content_type="application/json", charset="utf-8", cache_control="no-store")
    page = request.page(title, noindex=True)
    response = render(request, "errors/error.pt", page, status=status, status_code=status, text=text, detail=detail,
                      number=request.environ.get("govportal.request_id", "") if status >= 500 else "")
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = "600"
    return response


def bad_request(exc: Any, request: Any) -> Any:
    return error_page(request, 400)


def not_found(exc: Any, request: Any) -> Any:
    """404; 405 for another method than GET on a page; a redirect when the path is a former one or has a slash too many."""
    try:
        if request.method not in ("GET", "HEAD") and has_page(request):
            response = error_page(request, 405)
            response.headers["Allow"] = "GET, HEAD"
            return response
        there = _without_slash(request) or _former(request)
        if there is not None:
            return HTTPMovedPermanently(location=quote(there) + _query(request))
    except Exception:  # noqa: BLE001 - the page for people matters more than the redirect
        log.debug("no redirect", exc_info=True)
    return error_page(request, 404)


def _without_slash(request: Any) -> str | None:
    """The path without its last slash when a route of ours answers there."""
    path = request.path_info
    if not path.endswith("/") or path.startswith("//") or not path.strip("/"):
        return None
    bare = path.rstrip("/")
    routes = request.registry.getUtility(IRoutesMapper).get_routes()
    return bare if any(route.match(bare) is not None for route in routes) else None


def _former(request: Any) -> str | None:
    """Where the document of a former path is now, with what followed its path (such as ``/print``)."""
    site, path = request.site, request.path_info.rstrip("/") or "/"
    for former in (path, path.rpartition("/")[0] if path.count("/") > 1 else path):
        uid = site.redirects.get(former)
        document = site.document(uid) if uid else None
        if document is not None and (document.live is not None or document.withdrawal is not None) and not kind_of(document.kind).internal:
            return path_of(document) + path[len(former):]
    return None


def _query(request: Any) -> str:
    """The query of the request as it may stand in a header, with its question mark."""
    text = request.environ.get("QUERY_STRING", "")
    return "?" + quote(text.encode("latin-1", "replace"), safe="%&=+;/:@?!$'()*,~") if text else ""


def gone(exc: Any, request: Any) -> Any:
    return error_page(request, 410, detail=exc.detail or "")


def other(exc: Any, request: Any) -> Any:
    """Any other HTTP error with the site's own page."""
    status = exc.status_code
    if status < 400:
        return exc
    return error_page(request, status if status in TEXTS else 400 if status < 500 else 500)


def failed(exc: Exception, request: Any) -> Any:
    """A fault of ours: 500 with the request's number; a dead or read-only database: 503. What is tried again needs no page: nobody sees it."""
    if is_error_retryable(request, exc):
        return Response(status=503)
    log.error("request %s failed", request.environ.get("govportal.request_id"), exc_info=exc)
    if isinstance(exc, (ReadOnlyError, OSError, POSError, NoSite)):
        return error_page(request, 503)
    return error_page(request, 500)


def switch_tween(handler: Any, registry: Any) -> Any:
    """The maintenance and read-only switch: a file in var whose first line says which."""
    path = str(registry.portal_settings.switch)

    def tween(request: Any) -> Any:
        state = _switched(path)
        if not state or request.environ.get("PATH_INFO", "").startswith(("/static/", "/healthz", "/readyz", "/metrics", "/display/", "/region/")):
            return handler(request)
        if state == "maintenance" or (state == "readonly" and request.method not in ("GET", "HEAD")):
            return error_page(request, 503)
        return handler(request)
    return tween


def _switched(path: str) -> str:
    """The first line of the switch file; '' when there is none. One stat call while the site is open."""
    if not os.path.exists(path):
        return ""
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.readline().strip()
    except OSError:
        return ""


def guard_tween(handler: Any, registry: Any) -> Any:
    """What breaks a page before any view or inside every address it writes: a path that is no UTF-8, a host that is none."""
    def tween(request: Any) -> Any:
        try:
            str(request.path_info)   # decodes the path
        except UnicodeDecodeError:
            return error_page_raw(request)
        if not HOST.fullmatch(request.environ.get("HTTP_HOST", "localhost")):
            return error_page_raw(request)
        if request.method not in ("GET", "HEAD") and _too_heavy(request):
            return error_page_raw(request, 413)
        if request.method in ("GET", "HEAD"):
            request.environ.pop("CONTENT_TYPE", None)   # a body's charset says nothing about an address, but WebOb would refuse to read it
        return handler(request)
    return tween


PUBLIC_BODY = 64 << 10      # bytes of a post outside the desk
FORM_BODY = 4 << 20         # bytes of a form without files at the desk
FORM_FIELDS = 20_000        # fields of it
STRANGER_FILES = 1 << 20    # bytes of a form with files from somebody without the desk's cookie


def _too_heavy(request: Any) -> bool:
    """Whether reading the body as a form would cost more than it can be worth: parsing is slow by the field, and nobody has signed in yet."""
    length = request.content_length or 0
    if not request.environ.get("PATH_INFO", "").startswith("/desk"):
        return length > PUBLIC_BODY
    if request.environ.get("CONTENT_TYPE", "").lower().startswith("multipart/"):
        return length > STRANGER_FILES and "desk" not in request.cookies
    return length > FORM_BODY or (length > FORM_FIELDS and request.body.count(b"&") > FORM_FIELDS)


def error_page_raw(request: Any, status: int = 400) -> Any:
    """An error page for a request whose path, host or body cannot be used: the page is made for a clean one."""
    clean = Request.blank("/")
    clean.registry = request.registry
    clean.environ["govportal.request_id"] = request.environ.get("govportal.request_id", "")
    apply_request_extensions(clean)
    try:
        return error_page(clean, status)
    finally:
        clean._process_finished_callbacks()   # gives its database connection back


def includeme(config: Any) -> None:
    config.add_tween("govportal.web.errors.guard_tween", under="govportal.web.security.tween_factory", over="govportal.web.pagecache.tween_factory")
    config.add_tween("govportal.web.errors.switch_tween", under="govportal.web.errors.guard_tween", over="govportal.web.pagecache.tween_factory")
    config.add_exception_view(bad_request, context=URLDecodeError)
    config.add_exception_view(bad_request, context=HTTPBadRequest)
    config.add_exception_view(bad_request, context=UnicodeError)
    config.add_notfound_view(not_found)
    config.add_forbidden_view(lambda exc, request: error_page(request, 403))
    config.add_exception_view(gone, context=HTTPGone)
    config.add_exception_view(other, context=HTTPException)
    config.add_exception_view(failed, context=Exception)
