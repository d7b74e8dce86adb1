"""Public pages: the directive that declares them, what they may read, and rendering.

A public page declares the query parameters it knows; the page cache keys on these and nothing else, and
``request.query(name)`` refuses a parameter that was not declared, so a page cannot depend on what the key lacks.
"""
from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.response import Response
from pyramid_zodbconn import get_connection

from ..content.columns import ColumnStore
from ..content.model import Folder, path_of
from ..content.site import open_site
from .layout import Page

MAX_QUERY = 200


class KindPredicate:
    """``kind="NewsArticle"``: the context is a Document of that kind."""

    def __init__(self, kind: str, info: Any) -> None:
        self.kind = kind

    def text(self) -> str:
        return f"kind = {self.kind}"

    phash = text

    def __call__(self, context: Any, request: Any) -> bool:
        return getattr(context, "kind", None) == self.kind


def add_page(config: Any, view: Callable[..., Any], *, params: tuple[str, ...] = (), public: bool = True, **options: Any) -> None:
    """Declare a page. ``params``: query parameters it reads. ``public``: the same for everybody, so it may be cached."""
    config.registry.page_params |= frozenset(params)

    def page(context: Any, request: Any) -> Any:
        request.declared = params
        response = view(context, request)
        if public and response.status_code == 200:
            request.environ["govportal.public"] = True
        return response

    page.__name__ = getattr(view, "__name__", "page")
    page.__doc__ = view.__doc__
    page.__module__ = view.__module__
    place = options.get("kind", "") or ("/" + options["folder"] if "folder" in options else "")
    config.registry.public_views[(options.get("route_name", ""), place, options.get("name", ""), page.__name__)] = public
    config.add_view(page, request_method=("GET", "HEAD"), **options)


def has_page(request: Any) -> bool:
    """Whether a page answers GET at the address of this request, whatever its method."""
    route, context = request.matched_route, request.context
    place = getattr(context, "kind", "") or (path_of(context) if isinstance(context, Folder) else "")
    wanted = (route.name, "", "") if route is not None else ("", "" if place == "/" else place, request.view_name)
    return any(key[:3] == wanted for key in request.registry.public_views)


def query(request: Any, name: str, default: str = "") -> str:
    """A declared query parameter, NFC, at most 200 characters, without control characters. 400 for text that is no UTF-8."""
    if name not in request.declared:
        raise LookupError(f"page reads the undeclared parameter {name}")
    try:
        value = request.GET.get(name, default)
    except UnicodeDecodeError:
        raise HTTPBadRequest("地址里的参数不是 UTF-8 文字") from None
    value = unicodedata.normalize("NFC", value).strip()
    return "".join(char for char in value if char.isprintable())[:MAX_QUERY]


def render(request: Any, template: str, page: Page, *, status: int = 200, **values: Any) -> Response:
    """A page of the theme as a response."""
    body = request.registry.theme.template(template)(page=page, request=request, static=request.static, icon=request.registry.theme.icon, **values)
    return Response(body, status=status, content_type="text/html", charset="utf-8")


def page_links(address: Callable[[int], str], current: int, last: int) -> list[tuple[Any, ...]]:
    """(href or '', text, aria-label, aria-current) of the links to the pages around the current one, the first and the last."""
    links: list[tuple[Any, ...]] = [(address(current - 1), "上一页", "上一页", None)] if current > 1 else []
    before = 0
    for page in sorted({1, last, *range(max(1, current - 2), min(last, current + 2) + 1)}):
        if page - before > 1:
            links.append(("", "…", "", None))
        links.append(("", str(page), "", "page") if page == current else (address(page), str(page), f"第 {page} 页", None))
        before = page
    return links + ([(address(current + 1), "下一页", "下一页", None)] if current < last else [])


def number(text: str, *, default: int, low: int, high: int) -> int:
    """A whole number within bounds; anything else becomes ``default``."""
    return min(max(int(text), low), high) if text.isascii() and text.isdigit() and len(text) < 9 else default


def includeme(config: Any) -> None:
    config.registry.page_params = frozenset()
    config.registry.public_views = {}
    config.registry.columns = ColumnStore()
    config.add_view_predicate("kind", KindPredicate)
    config.add_directive("add_page", add_page)
    config.add_request_method(query, "query")
    config.add_request_method(lambda request: open_site(get_connection(request)), "site", reify=True)
    config.add_request_method(lambda request: request.registry.columns.get(request.site), "columns", reify=True)
