"""``GET /api/openapi.json``: the machine face described by OpenAPI 3.1.

Owns the description; a test asks every path it names and compares the answers with the schemas.
"""
from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ..search.documents import KIND_NAMES, KINDS
from ..search.engine import MAX_FROM, MAX_SIZE
from .search import answer_json

HIT = {"id": "内容的标识（UUID）", "kind": "种类", "title": "名称；事项是登记的名称，不改动", "url": "页面地址", "code": "事项编码、文号或机构代码，没有时为空",
       "department": "部门", "region": "行政区划代码", "snippet": "摘要，纯文字", "score": "得分，只在同一次回答里可比"}
PARAMETERS = (("q", "要查的话，至多 120 个字有效", {"type": "string"}), ("kind", "种类：" + "、".join(f"{kind} {KIND_NAMES[kind]}" for kind in KINDS), {"type": "string", "enum": list(KINDS)}),
              ("region", "行政区划代码", {"type": "string"}), ("department", "部门名称", {"type": "string"}), ("topic", "主题名称", {"type": "string"}),
              ("audience", "个人 或 企业", {"type": "string", "enum": ["个人", "企业"]}), ("channel", "办理形式", {"type": "string"}), ("type", "事项类型，或政策资讯的栏目", {"type": "string"}),
              ("from", "从第几条起，第一条是 0", {"type": "integer", "minimum": 0, "maximum": MAX_FROM, "default": 0}),
              ("size", "要几条", {"type": "integer", "minimum": 0, "maximum": MAX_SIZE, "default": 20}), ("sort", "空为最相关在前，date 为最新在前", {"type": "string", "enum": ["date"]}))


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required if required is not None else list(properties)}


def description(server: str, name: str) -> dict[str, Any]:
    """The OpenAPI document of a site."""
    hit = _object({key: {"type": "number" if key == "score" else "string", "description": text} for key, text in HIT.items()})
    hit["properties"]["kind"]["enum"] = list(KINDS)
    hits = {"type": "array", "items": {"$ref": "#/components/schemas/Hit"}}
    answer = _object({
        "query": {"type": "string"}, "total": {"type": "integer", "description": "合适的有多少条；0 表示没有合适的"}, "hits": {**hits, "description": "从 from 起的若干条"},
        "facets": {"type": "object", "description": "各个条件的取值和条数，取值可以直接用作同名参数", "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}}},
        "corrected": {"type": ["string", "null"], "description": "改用这个说法查的；没有改动时为 null"}, "suggestions": {"type": "array", "items": {"type": "string"}, "description": "可以再试的说法"},
        "near": {**hits, "description": "没有合适的时，字面相近的"}})
    fault = {"description": "参数有误", "content": {"application/json": {"schema": _object({"message": {"type": "string"}})}}}

    def parameter(key: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
        return {"name": key, "in": "query", "description": text, "schema": schema}

    def ok(schema: dict[str, Any]) -> dict[str, Any]:
        return {"description": "回答", "content": {"application/json": {"schema": schema}}}
    return {"openapi": "3.1.0", "info": {"title": f"{name} 接口", "version": "1.0.0", "description": "给应用、自助终端、热线和其他门户用，和网页同一份内容、同一个次序。"},
            "servers": [{"url": server}],
            "paths": {"/api/v1/search": {"get": {"operationId": "search", "summary": "查事项、问答、政策、资讯和机构", "parameters": [parameter(*row) for row in PARAMETERS],
                                                 "responses": {"200": ok({"$ref": "#/components/schemas/Answer"}), "400": fault, "503": {**fault, "description": "搜索正在重建，稍后再试"}}}},
                      "/api/v1/suggest": {"get": {"operationId": "suggest", "summary": "边写边提示", "parameters": [
                          parameter("q", "已经写下的字、拼音或首字母", {"type": "string"}), parameter("size", "要几条", {"type": "integer", "minimum": 1, "maximum": 20, "default": 8})],
                          "responses": {"200": ok({"$ref": "#/components/schemas/Suggestions"}), "400": fault}}}},
            "components": {"schemas": {"Hit": hit, "Answer": answer, "Suggestions": _object({"query": {"type": "string"}, "suggestions": {"type": "array", "items": _object({
                "text": {"type": "string"}, "kind": {"type": "string", "enum": list(KINDS)}})}})}}}


def openapi(context: Any, request: Any) -> Response:
    server = request.registry.portal_settings.site_url.rstrip("/") or request.host_url
    return answer_json(description(server, str(dict(request.site.settings).get("name") or "政务服务网")))


def includeme(config: Any) -> None:
    config.add_route("api-openapi", "/api/openapi.json")
    config.add_page(openapi, route_name="api-openapi", public=False)
