"""Page: about, help, statements."""
from __future__ import annotations

from .blocks import body
from .fields import flag, group, moment, number, text
from .heads import plain_row
from .kinds import Kind

SCHEMA = group(
    "page", "页面",
    text("title", "标题", max=200, required=True, head=True), text("summary", "摘要", max=500, head=True),
    body(), number("order", "排序", head=True), flag("demo", "示例", head=True), moment("updated_on", "更新日期", head=True),
)

KIND = Kind(name="Page", title="页面", folder="pages", home="/pages", schema=SCHEMA,
            heading=lambda values: values["title"], listing=plain_row("Page", "title"))
