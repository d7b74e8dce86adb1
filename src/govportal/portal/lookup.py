"""我要查: matches of names, 日常用语 and titles. Full text search is another room's; this page stays its front."""
from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ..web.layout import column_tags
from ..web.pages import number, render
from .rows import item_line

PAGE_SIZE = 20
KINDS = (("", "全部"), ("items", "事项"), ("articles", "政策和通知"), ("laws", "法律法规"), ("questions", "问答"))


def results(context: Any, request: Any) -> Any:
    """Results by kind with counts; an empty query shows the ways to look."""
    word, kind = request.query("q"), request.query("kind")
    kind = kind if kind in dict(KINDS) else ""
    columns, regions = request.columns, request.registry.region_names
    code = request.site.by_code(word) if word and word.isascii() and len(word) > 9 else None
    found = {name: columns.match(name, word) if word else [] for name, _ in KINDS if name}
    if code is not None and (row := columns.item(code.uid)) is not None:
        found["items"] = [row] + [other for other in found["items"] if other.uid != row.uid]
    total = sum(len(rows) for rows in found.values())
    shown = found[kind] if kind else found["items"]
    last = max(1, -(-len(shown) // PAGE_SIZE))
    current = number(request.query("page"), default=1, low=1, high=last)
    part = shown[(current - 1) * PAGE_SIZE:current * PAGE_SIZE]
    base = f"/search?q={quote(word)}" + (f"&kind={kind}" if kind else "")
    pages = [(f"{base}&page={page}" if page > 1 else base, str(page), f"第 {page} 页", None) if page != current else ("", str(page), "", "page")
             for page in sorted({1, last, *range(max(1, current - 2), min(last, current + 2) + 1)})] if last > 1 else []
    tabs = [(f"/search?q={quote(word)}" + (f"&kind={name}" if name else ""), text, len(found[name]) if name else total, "true" if name == kind else None)
            for name, text in KINDS]
    others = []
    for name, text in KINDS[2:]:
        rows = part if kind == name else found[name][:5] if not kind and current == 1 else []
        if rows:
            others.append((text, [(row.path, row.title, _note(name, row)) for row in rows]))
    page = request.page(f"查“{word}”" if word else "我要查", section="/search", here="我要查", noindex=bool(word),
                        meta=column_tags("我要查", "办事服务", "查事项、政策和问答", "搜索"))
    page.query = word
    return render(request, "results.pt", page, word=word, tabs=tabs, pages=pages, others=others,
                  items=[item_line(row, columns, regions) for row in part] if kind in ("", "items") else [])


def _note(name: str, row: Any) -> str:
    return {"articles": lambda: row.published[:10], "laws": lambda: row.version, "questions": lambda: row.topic}[name]()


def includeme(config: Any) -> None:
    config.add_route("search", "/search")
    config.add_page(results, route_name="search", params=("q", "kind", "page"))
