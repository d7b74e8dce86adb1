"""我要办: the finder. Audience → topic, department, region, type, channel, depth; each step narrows with counts (R4.1.4, R5.4.2–3).

Owns the address grammar of ``/services``: one parameter a dimension, unknown values are dropped with the page still useful.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ..content.columns import Columns
from ..content.vocabularies import Vocabulary, vocabulary
from ..web.layout import column_tags
from ..web.modes import DEFAULT_REGION
from ..web.pages import number, page_links, render
from .home import department_links, topic_links
from .rows import item_line

PAGE_SIZE = 20
DIMENSIONS = ("for", "person", "legal", "org", "region", "type", "channel", "depth", "level", "state", "visits")
PARAMS = (*DIMENSIONS, "w", "sort", "page")
TITLES = {"person": "主题", "legal": "主题", "org": "部门", "region": "地区", "channel": "办理形式", "type": "事项类型", "depth": "网办深度",
          "level": "行使层级", "state": "指南"}
FACET_ORDER = ("person", "legal", "org", "channel", "region", "type", "depth", "level", "state")
VOCABULARY = {"person": "person-topics", "legal": "legal-topics", "type": "item-types", "channel": "channels", "depth": "online-depth", "level": "levels"}
STATES = ("完整", "整理中", "挂起")
SORTS = (("", "完整指南在前"), ("fast", "办得快"), ("name", "按名称"), ("org", "按部门"))
SHOWN = 12


def link(chosen: dict[str, str], **change: str) -> str:
    """The address of these conditions with some changed; '' removes one. A change begins at page one."""
    merged = {**chosen, **change}
    pairs = [(name, merged[name]) for name in PARAMS if merged.get(name)]
    return "/services" + ("?" + urlencode(pairs) if pairs else "")


def read_conditions(request: Any, columns: Columns) -> dict[str, str]:
    """Conditions of the address; values that no item can have are dropped."""
    chosen = {}
    for name in DIMENSIONS:
        value = request.query(name)
        if name == "for":
            valid = value in ("person", "legal")
        elif name == "visits":
            valid = value == "0"
        else:
            valid = value in columns.facets[name].index
        if value and valid:
            chosen[name] = value
    if chosen.get("for") == "person":
        chosen.pop("legal", None)
    if chosen.get("for") == "legal":
        chosen.pop("person", None)
    return chosen


def _label(name: str, value: str, columns: Columns, regions: dict[str, str]) -> str:
    if name == "for":
        return "个人" if value == "person" else "企业"
    if name == "visits":
        return "到场 0 次"
    if name == "org":
        return columns.org_name(value, short=True)
    if name == "region":
        return regions.get(value, value)
    return {"完整": "完整指南", "整理中": "指南整理中", "挂起": "暂停办理"}.get(value, value) if name == "state" else value


def select(columns: Columns, chosen: dict[str, str], word: str, sort: str, region: str = "") -> tuple[Any, dict[str, Any]]:
    """(row numbers in order, counts by facet), both of the items that fit the conditions and the word.

    ``region``: its own items stand first where neither a word nor a chosen order ranks them."""
    pairs = tuple(("audience" if name == "for" else name, value) for name, value in chosen.items())
    numbers, counts = columns.select(pairs, word)
    if sort:
        return columns.sorted(numbers, sort), counts
    return columns.first(numbers, "region", region) if region and not word else numbers, counts


def own_region(request: Any, conditions: dict[str, str], counts: dict[str, Any]) -> dict[str, Any] | None:
    """What the visitor's region has of the items that fit: name, count, and the address of these alone. None for the whole city, or when the
    address chooses a region itself."""
    code = request.region
    if code == DEFAULT_REGION or "region" in conditions:
        return None
    return {"name": request.registry.region_names[code], "count": dict(counts["region"]).get(code, 0), "href": link(conditions, region=code),
            "first": not conditions.get("w") and not conditions.get("sort")}


def facet_values(name: str, counts: tuple[tuple[str, int], ...], chosen: dict[str, str], columns: Columns, regions: dict[str, str]) -> list[tuple[Any, ...]]:
    """(href, label, count, current) with the chosen value first; vocabulary order, else by count. ``chosen``: all that an address keeps."""
    table = vocabulary(VOCABULARY[name]) if name in VOCABULARY else None
    if table is not None:
        ordered = sorted(counts, key=lambda pair: _place(table, pair[0]))
    elif name == "state":
        ordered = sorted(counts, key=lambda pair: STATES.index(pair[0]))
    else:
        ordered = sorted(counts, key=lambda pair: (_foreign(name, pair[0], columns), -pair[1], pair[0]))
    if name == "org":
        ordered = ordered[:SHOWN * 2]
    current = chosen.get(name)
    return [(link(chosen, **{name: "" if label == current else label}), _label(name, label, columns, regions), count, "true" if label == current else None)
            for label, count in ordered]


def _foreign(name: str, value: str, columns: Columns) -> bool:
    """Whether a region or a department is not the city's own: own ones stand first."""
    if name == "region":
        return value[:2] != "99"
    row = columns.org(value) if name == "org" else None
    return row is not None and bool(row.head.get("registered"))


def _place(table: Vocabulary, label: str) -> int:
    place = table.index(label)
    return len(table.terms) if place is None else place


def pager(kept: dict[str, str], current: int, last: int) -> list[tuple[Any, ...]]:
    return page_links(lambda page: link(kept, page=str(page) if page > 1 else ""), current, last)


def finder(context: Any, request: Any) -> Any:
    """The finder page."""
    columns, regions = request.columns, request.registry.region_names
    chosen, word = read_conditions(request, columns), request.query("w")
    sort = request.query("sort") if request.query("sort") in dict(SORTS) else ""
    rows, counts = select(columns, chosen, word, sort, request.region if request.region != DEFAULT_REGION and "region" not in chosen else "")
    total, last = len(rows), max(1, -(-len(rows) // PAGE_SIZE))
    current = number(request.query("page"), default=1, low=1, high=last)
    shown = [columns.items[row] for row in rows[(current - 1) * PAGE_SIZE:current * PAGE_SIZE]]
    kept = {**chosen, **{name: value for name, value in (("w", word), ("sort", sort)) if value}}
    audience = chosen.get("for", "")
    heading = chosen.get("person") or chosen.get("legal") or (columns.org_name(chosen["org"]) if "org" in chosen else "") or \
        {"person": "个人办事", "legal": "企业办事"}.get(audience, "我要办")
    page = request.page(heading if heading != "我要办" else "我要办：全部事项", section="/services",
                        crumbs=(("/services", "我要办"),) if chosen else (), here=heading,
                        meta=column_tags("我要办", "办事服务", "按主题、部门、地区找政务服务事项和办事指南", "政务服务,办事指南"))
    page.canonical = page.absolute(link({**chosen, **({"page": str(current)} if current > 1 else {})}))
    page.noindex = bool(word)
    chips = [(link(kept, **{name: ""}), _label(name, value, columns, regions)) for name, value in chosen.items()]
    if word:
        chips.append((link(kept, w=""), f"含“{word}”"))
    facets = [{"title": TITLES[name], "open": name in chosen or name in ("person", "legal", "org", "channel"), "values": values}
              for name in FACET_ORDER if not (name == "person" and audience == "legal") and not (name == "legal" and audience != "legal")
              and (values := facet_values(name, counts[name], kept, columns, regions)) and (len(values) > 1 or name in chosen)]
    tabs = [(link({key: value for key, value in kept.items() if key not in ("for", "person", "legal")}, **{"for": value}), text,
             "true" if audience == value else None) for value, text in (("", "全部"), ("person", "个人办事"), ("legal", "企业办事"))]
    return render(request, "finder.pt", page, heading=heading, total=total, chips=chips, word=word, tabs=tabs,
                  rows=[item_line(row, columns, regions) for row in shown], facets=facets,
                  intro="" if chosen or word else "选“个人”或“企业”，再按主题、部门一步步缩小范围；也可以在左边直接找名称。",
                  own=own_region(request, kept, counts), sorts=[(link(kept, sort=value), text, "true" if sort == value else None) for value, text in SORTS],
                  hiddens=[(name, value) for name, value in kept.items() if name != "w"], pages=pager(kept, current, last) if last > 1 else [])


def topics(context: Any, request: Any) -> Any:
    """All topics of both kinds of applicants with counts, in the guide's order."""
    page = request.page("全部主题", section="/services", crumbs=(("/services", "我要办"),),
                        meta=column_tags("全部主题", "办事服务", "自然人 31 个、法人 34 个服务主题", "主题,办事"))
    return render(request, "topics.pt", page, groups=[("个人办事", topic_links(request.columns, "person")), ("企业办事", topic_links(request.columns, "legal"))])


def departments(context: Any, request: Any) -> Any:
    """All departments with items: own ones, then those of the registers."""
    columns, counts = request.columns, dict(request.columns.select(())[1]["org"])
    page = request.page("按部门找", section="/services", crumbs=(("/services", "我要办"),),
                        meta=column_tags("按部门找", "机构职能", "各部门的政务服务事项", "部门,办事"))
    registered = [(row.path, row.title, counts[row.slug]) for row in columns.plain.get("Organisation", []) if row.head.get("registered") and counts.get(row.slug)]
    return render(request, "departments.pt", page, own=department_links(columns), registered=sorted(registered, key=lambda row: (-row[2], row[1])))


def includeme(config: Any) -> None:
    for name, path, view, params in (("services", "/services", finder, PARAMS), ("topics", "/services/topics", topics, ()),
                                     ("departments", "/departments", departments, ())):
        config.add_route(name, path)
        config.add_page(view, route_name=name, params=params)
