"""Guide 办事指南: generated from the item's elements (R4.2.2.11); holds only what they lack.

That is: a plain summary, the 情形 question, frequent questions, pictures, related services. There is one guide an item.
"""
from __future__ import annotations

from .fields import flag, group, rows, text, texts
from .kinds import Kind

SCHEMA = group(
    "guide", "办事指南",
    text("summary", "一句话说明", max=300, head=True),
    text("case_question", "情形问题", max=100),
    rows("faq", "常见问题", text("q", "问题", max=300), text("a", "答案", max=2000), source="R4.2.2.13"),
    texts("tips", "提醒", max=500),
    texts("related", "相关事项", max=80),
    flag("demo", "示例", head=True),
)

KIND = Kind(name="Guide", title="办事指南", folder="guides", home="ImplementationItem", schema=SCHEMA,
            heading=lambda values: "办事指南", listing=lambda document, values, site: None)
