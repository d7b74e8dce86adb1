"""``GET /api/v1/search`` and ``GET /api/v1/suggest``.

An item's ``title`` is its registered name, unchanged; nothing is folded. Values of a facet are values of the parameter of that name.
When nothing fits, ``total`` is 0 and ``hits`` is empty; ``near`` holds what comes closest. While the index is being rebuilt the
answer is 503 with ``Retry-After``.
"""
from __future__ import annotations

import json
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.response import Response

from ..search.documents import KINDS, body_of
from ..search.engine import MAX_FROM, MAX_SIZE, Answer, Hit, Query
from ..search.marks import snippet, wordings
from ..search.ranking import Filters
from ..web.finding import find, suggestions, today

PARAMS = ("q", "kind", "region", "department", "topic", "audience", "channel", "type", "from", "size", "sort")
DEFAULT_SIZE = 20


def answer_json(value: Any, status: int = 200, **headers: str) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    response = Response(text, status=status, content_type="application/json", charset="utf-8")
    response.headers.update({"Cache-Control": "no-store", **headers})
    return response


def whole(request: Any, name: str, default: int, low: int, high: int) -> int:
    """A whole number of the query within bounds. HTTPBadRequest names the parameter."""
    text = request.query(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 7 and low <= int(text) <= high):
        raise HTTPBadRequest(f"参数 {name} 应为 {low} 到 {high} 的整数")
    return int(text)


def org_ids(request: Any, name: str) -> str:
    """Path segments of the departments of this name (or the segment itself), joined by ``|``."""
    rows = request.columns.plain.get("Organisation", ())
    found = [row.slug for row in rows if name in (row.slug, row.title, row.head.get("short"))]
    return "|".join(found) or "-"


def search(context: Any, request: Any) -> Response:
    """R5.4, conventions E12."""
    try:
        start, size = whole(request, "from", 0, 0, MAX_FROM), whole(request, "size", DEFAULT_SIZE, 0, MAX_SIZE)
        kind, sort = request.query("kind"), request.query("sort")
        if kind and kind not in KINDS:
            raise HTTPBadRequest(f"参数 kind 应为 {'、'.join(KINDS)} 之一")
        if sort not in ("", "date"):
            raise HTTPBadRequest("参数 sort 应为空或 date")
    except HTTPBadRequest as exc:
        return answer_json({"message": exc.detail}, 400)
    values = {name: request.query(name).replace("|", "") for name in ("region", "topic", "audience", "channel", "type")}
    department = request.query("department")
    wanted = Filters(kind=kind, org=org_ids(request, department) if department else "", **values)
    answer = find(request, Query(request.query("q"), wanted, start=start, size=size, today=today(), sort=sort), note=True)
    if answer is None:
        return answer_json({"message": "搜索正在重建，请稍后再试"}, 503, **{"Retry-After": "60"})
    return answer_json({"query": request.query("q"), "total": answer.total, "hits": hits_json(request, answer, answer.hits),
                        "facets": facets_json(request, answer), "corrected": answer.corrected, "suggestions": ways_on(request, answer),
                        "near": hits_json(request, answer, answer.near)})


def hits_json(request: Any, answer: Answer, hits: tuple[Hit, ...]) -> list[dict[str, Any]]:
    """Hits whose document is still there."""
    return [hit_json(request, answer, hit, *found) for hit in hits if (found := request.columns.row(hit.uid)) is not None]


def hit_json(request: Any, answer: Answer, hit: Hit, group: str, row: Any) -> dict[str, Any]:
    columns, document = request.columns, request.site.document(hit.uid)
    text = (row.summary if group == "item" else "") or (body_of(document) if document is not None else "")
    org = row.org if group in ("item", "question") else ""
    code = row.code if group == "item" else row.number if group == "article" else row.head.get("code", "") if group == "plain" else ""
    base = request.registry.portal_settings.site_url.rstrip("/") or request.host_url
    return {"id": hit.uid, "kind": hit.kind, "title": row.name if group == "item" else row.title, "url": base + row.path, "code": code or "",
            "department": columns.org_name(org) if org else "", "region": row.region if group == "item" else row.head.get("region", "") if group == "plain" else "",
            "snippet": snippet(text, wordings(answer.plan)), "score": hit.score}


def facets_json(request: Any, answer: Answer) -> dict[str, dict[str, int]]:
    found = dict(answer.facets)
    departments: dict[str, int] = {}
    for slug, count in found.pop("org", {}).items():
        name = request.columns.org_name(slug)
        departments[name] = departments.get(name, 0) + count
    return {**found, "department": departments} if answer.facets else {}


def ways_on(request: Any, answer: Answer) -> list[str]:
    """Other names of the first hits, to ask with."""
    found: list[str] = []
    for hit in (answer.hits or answer.near)[:3]:
        row = request.columns.item(hit.uid)
        found += row.plain_names[:3] if row is not None else ()
    return list(dict.fromkeys(found))[:8]


def suggest(context: Any, request: Any) -> Response:
    """Labels for what was typed so far: ``{"query", "suggestions": [{"text", "kind"}]}``."""
    try:
        size = whole(request, "size", 8, 1, 20)
    except HTTPBadRequest as exc:
        return answer_json({"message": exc.detail}, 400)
    text = request.query("q")
    return answer_json({"query": text, "suggestions": [{"text": entry.text, "kind": entry.kind} for entry in suggestions(request, text, size)]})


def includeme(config: Any) -> None:
    for name, view, params in (("search", search, PARAMS), ("suggest", suggest, ("q", "size"))):
        config.add_route(f"api-{name}", f"/api/v1/{name}")
        config.add_page(view, route_name=f"api-{name}", params=params, public=False)
