"""一件事: the eight events, each with its services in the order of life."""
from __future__ import annotations

from typing import Any

from ..content.model import Document, Folder
from ..web.layout import column_tags
from ..web.pages import render
from . import live_values
from .rows import item_line

FOUND = 6


def events_home(context: Folder, request: Any) -> Any:
    page = request.page("一件事", section="/services", crumbs=(("/services", "我要办"),), meta=column_tags("一件事", "办事服务", "按人生阶段办事", "一件事"))
    return render(request, "lifeevents.pt", page, events=request.columns.plain.get("LifeEvent", []))


def event_view(context: Document, request: Any) -> Any:
    """Steps with their services: those named, and those whose name matches ``find``."""
    values, columns, regions = live_values(context), request.columns, request.registry.region_names
    steps = []
    for step in values.get("steps", ()):
        rows = [row for slug in step.get("items", ()) if (row := columns.item_by_slug(slug)) is not None]
        words = (step.get("find") or {}).get("name_contains") or []
        for word in words if not rows else ():
            rows += [row for row in columns.match("items", word) if word in row.name][:FOUND]
        unique = list({row.path: row for row in rows}.values())[:FOUND]
        steps.append({"title": step["title"], "text": step.get("text") or "", "rows": [item_line(row, columns, regions) for row in unique]})
    page = request.page(values["name"] + "这件事", section="/services", crumbs=(("/services", "我要办"), ("/lifeevents/", "一件事")), here=values["name"],
                        meta=column_tags("一件事", "办事服务", "按人生阶段办事", "一件事"))
    return render(request, "lifeevent.pt", page, values=values, steps=steps)


def includeme(config: Any) -> None:
    config.add_page(events_home, folder="lifeevents")
    config.add_page(event_view, kind="LifeEvent")
