"""Law: a law or regulation with its articles, the only source of clause text in guides."""
from __future__ import annotations

from typing import Any

from .fields import MAX_CELL, choice, group, rows, text, texts
from .heads import law_row
from .kinds import Kind
from .vocabularies import labels

SCHEMA = group(
    "law", "法律法规",
    text("title", "名称", max=300, required=True, head=True), text("short", "简称", max=200, head=True), text("category", "类别", max=60, head=True),
    text("version", "文本日期", max=20, head=True), texts("history", "制定和修改", max=500),
    choice("status", "有效性", labels("validity"), head=True), text("status_note", "有效性说明", max=300, head=True), text("source", "来源", max=500),
    rows("articles", "条文", text("no", "条号", max=40), text("chapter", "章节", max=200), text("text", "条文", max=MAX_CELL)),
    text("doc_number", "文号", max=100), text("issuer", "制定机关", max=200),
)


def clause(values: dict[str, Any], article: str) -> str:
    """Text of an article such as 第十一条; '' when the law record has no such article."""
    wanted = article.strip()
    for row in values.get("articles", ()):
        if row["no"] == wanted:
            return row["text"]
    return ""


KIND = Kind(name="Law", title="法律法规", folder="laws", home="/shared/laws", schema=SCHEMA,
            heading=lambda values: values["title"], listing=law_row)
