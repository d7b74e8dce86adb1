"""Pages of plain text (about, help, statements) and the entries whose service comes later: what exists today, telephone, counter."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from ..content.model import Document
from ..web.layout import column_tags
from ..web.pages import render
from ..web.prose import prose
from . import live_values

# Entry → (page document, section, ways on)
ENTRIES = {"rate": ("rate", "/rate", (("/pages/find-error", "报告网站的错"), ("/places", "到窗口评价"))),
           "mine": ("mine", "/mine", (("/services", "看办事指南"), ("/pages/progress", "办件进度怎么查")))}


def _show(request: Any, document: Document, section: str, ways: tuple[tuple[str, str], ...] = ()) -> Any:
    values = live_values(document)
    page = request.page(values["title"], section=section, description=values.get("summary") or "",
                        meta=column_tags(values["title"], "办事服务" if section else "概况信息", values.get("summary") or values["title"], values["title"]))
    return render(request, "body.pt", page, title=values["title"], blocks=prose(request.site, values.get("body", ()), line=True), demo=values.get("demo"),
                  updated=values.get("updated_on") or "", ways=ways)


def page_view(context: Document, request: Any) -> Any:
    return _show(request, context, "")


def entry_view(context: Any, request: Any) -> Any:
    """我要评, 我的: a true page of what can be done today."""
    slug, section, ways = ENTRIES[request.matched_route.name]
    document = request.site["pages"].get(slug)
    if document is None:
        raise HTTPNotFound()
    return _show(request, document, section, ways)


def includeme(config: Any) -> None:
    config.add_page(page_view, kind="Page")
    for name in ENTRIES:
        config.add_route(name, "/" + name)
        config.add_page(entry_view, route_name=name)
