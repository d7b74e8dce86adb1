"""Channel: a column of the reading part (我要看), with its column class (conventions A3, A8)."""
from __future__ import annotations

from .fields import group, number, text, texts
from .heads import plain_row
from .kinds import Kind

SCHEMA = group(
    "channel", "栏目",
    text("name", "栏目名称", max=60, required=True, head=True),
    text("column_type", "栏目类别", max=60, head=True, source="A8"),
    text("description", "栏目说明", max=500, head=True),
    texts("keywords", "关键词", max=40, head=True),
    number("order", "排序", head=True),
)

KIND = Kind(name="Channel", title="栏目", folder="channels", home="/news", schema=SCHEMA,
            heading=lambda values: values["name"], listing=plain_row("Channel", "name"))
