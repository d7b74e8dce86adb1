"""Home: search, six entries, hot services, topics, life events, departments, regions, news, questions, counted figures."""
from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..base import clock
from ..content.heads import ItemRow
from ..content.site import Site
from ..content.vocabularies import vocabulary
from ..web.layout import Page
from ..web.modes import DEFAULT_REGION
from ..web.pages import render
from .rows import item_tile

HOT, TOPICS, DEPARTMENTS, NEWS = 8, 18, 15, 6


def topic_links(columns: Any, side: str) -> list[tuple[str, str, str, int]]:
    """(href, icon, label, count) of topics that have items, in the guide's order (R2.2.6)."""
    counts = columns.topic_counts(side)
    audience = "person" if side == "person" else "legal"
    return [(f"/services?for={audience}&{side}={quote(term.label)}", term.icon or "dots", term.label, counts.get(term.label, 0))
            for term in vocabulary(f"{side}-topics").terms if counts.get(term.label)]


def department_links(columns: Any, limit: int | None = None) -> list[tuple[str, str, int]]:
    """(href, name, count), own departments first, then by number of items."""
    counts = dict(columns.select(())[1]["org"])
    rows = [row for row in columns.plain.get("Organisation", []) if counts.get(row.slug)]
    own = [row for row in rows if not row.head.get("registered")]
    chosen = sorted(own or rows, key=lambda row: (-counts[row.slug], row.title))[:limit]
    return [(row.path, row.head.get("short") or row.title, counts[row.slug]) for row in chosen]


def region_links(columns: Any, names: dict[str, str]) -> list[tuple[str, str, int]]:
    counts = dict(columns.select(())[1]["region"])
    return [(f"/services?region={code}", names.get(code, code), counts[code]) for code in sorted(counts, key=lambda code: (code[:2] != "99", code))]


def region_words(request: Any) -> dict[str, Any] | None:
    """The visitor's region with its number of own items and where to see them; None for the whole city."""
    code = request.region
    if code == DEFAULT_REGION:
        return None
    return {"name": request.registry.region_names[code], "count": dict(request.columns.select(())[1]["region"]).get(code, 0), "href": f"/services?region={code}"}


def offered(request: Any, limit: int) -> list[ItemRow]:
    """What the editors recommend; the own items of the visitor's region take up to half the places before."""
    columns, code = request.columns, request.region
    own: list[ItemRow] = []
    if code != DEFAULT_REGION and code in columns.facets["region"].index:
        own = [columns.items[number] for number in columns.select((("region", code),))[0][:limit // 2]]
    return (own + [row for row in columns.hot if row not in own])[:limit]


def home(context: Site, request: Any) -> Any:
    """The home page."""
    columns, now = request.columns, clock.stamp(clock.now())
    audience = request.query("for") if request.query("for") == "legal" else "person"
    page: Page = request.page("首页", home=True)
    page.data += _site_data(page)
    hot = columns.hot
    news = sorted((row for channel in ("tongzhi", "zhengce", "jiedu") for row in columns.in_channel(channel, now)[:NEWS]),
                  key=lambda row: row.published, reverse=True)[:NEWS]
    complete = columns.complete
    figures = [("政务服务事项", f"{columns.size:,}", "项"), ("完整办事指南", f"{complete:,}", "份"), ("法律和政策文件", f"{len(columns.laws) + len(columns.in_channel('zhengce')):,}", "件"),
               ("公开问答", f"{len(columns.questions):,}", "条"), ("办事地点", f"{len(columns.plain.get('Place', [])):,}", "处")]
    return render(request, "home.pt", page, audience=audience, complete=complete,
                  words=[(row.path, (row.plain_names or (row.name,))[0]) for row in hot[:5]],
                  hot=[item_tile(row, columns) for row in offered(request, 6 if page.elder else HOT)], own=region_words(request),
                  topics=[link[:3] for link in topic_links(columns, audience)[:TOPICS]],
                  events=[(row.path, row.head.get("icon") or "flag", row.title, "看怎么办")
                          for row in columns.plain.get("LifeEvent", [])],
                  departments=department_links(columns, DEPARTMENTS), regions=region_links(columns, request.registry.region_names),
                  news=[(row.published[:10], row.published[5:10], row.path, row.title) for row in news],
                  questions=[(row.path, row.title) for row in columns.questions[:NEWS]], figures=figures,
                  notice=context.settings.get("notice", ""))


def _site_data(page: Page) -> list[dict[str, Any]]:
    return [{"@type": "GovernmentOrganization", "name": page.site["run_org"], "url": page.absolute("/"), "telephone": page.site["phone"],
             "address": page.site["address"]},
            {"@type": "WebSite", "name": page.site["name"], "url": page.absolute("/"),
             "potentialAction": {"@type": "SearchAction", "target": {"@type": "EntryPoint", "urlTemplate": page.absolute("/search?q={search_term_string}")},
                                 "query-input": "required name=search_term_string"}}]


def includeme(config: Any) -> None:
    config.add_page(home, context=Site, name="", params=("for",))
