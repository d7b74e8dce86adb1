"""Departments, places and regions: who does it and where."""
from __future__ import annotations

from typing import Any

from ..content.model import Document
from ..web.layout import column_tags
from ..web.pages import render
from . import live_values
from .home import region_links
from .rows import item_line

SHOWN = 50


def organisation_view(context: Document, request: Any) -> Any:
    """A department with its first items, the rest in the finder."""
    values, columns, slug = live_values(context), request.columns, context.__name__
    numbers, _ = columns.select((("org", slug),)) if slug in columns.facets["org"].index else ([], {})
    page = request.page(values["name"], section="/services", crumbs=(("/services", "我要办"), ("/departments", "部门")),
                        meta=column_tags(values["name"], "机构职能", values.get("duties") or values["name"], "部门,办事"))
    places = [(row.path, row.title) for row in columns.plain.get("Place", []) if row.head.get("org") == slug]
    return render(request, "organisation.pt", page, values=values, slug=slug, total=len(numbers), places=places,
                  rows=[item_line(columns.items[number], columns, request.registry.region_names) for number in list(numbers)[:SHOWN]])


def place_view(context: Document, request: Any) -> Any:
    values = live_values(context)
    page = request.page(values["name"], section="/services", crumbs=(("/services", "我要办"), ("/places", "办事地点")),
                        meta=column_tags("办事地点", "办事服务", "办事大厅和窗口", "地点,时间"))
    return render(request, "place.pt", page, values=values, org=request.columns.org_name(values.get("org") or ""))


def places_view(context: Any, request: Any) -> Any:
    """All places by kind."""
    page = request.page("办事地点", section="/services", crumbs=(("/services", "我要办"),), meta=column_tags("办事地点", "办事服务", "办事大厅和窗口", "地点,时间"))
    groups: dict[str, list[Any]] = {}
    for row in request.columns.plain.get("Place", []):
        groups.setdefault(row.head.get("kind") or "其他", []).append(row)
    return render(request, "places.pt", page, groups=list(groups.items()))


def region_view(context: Any, request: Any) -> Any:
    """Choose a region: a form post, remembered in a cookie."""
    names = request.registry.region_names
    page = request.page("切换地区", meta=column_tags("切换地区", "办事服务", "选择所在地区", "地区"))
    own = [(code, name) for code, name in names.items() if code.startswith("9901")]
    return render(request, "region.pt", page, own=own, listed=region_links(request.columns, names))


def includeme(config: Any) -> None:
    config.add_page(organisation_view, kind="Organisation")
    config.add_page(place_view, kind="Place")
    for name, path, view in (("places", "/places", places_view), ("region", "/region", region_view)):
        config.add_route(name, path)
        config.add_page(view, route_name=name)
