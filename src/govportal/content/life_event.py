"""LifeEvent 一件事: the services of one stage of life in the order in which people need them."""
from __future__ import annotations

from .fields import flag, free, group, number, rows, text, texts
from .heads import plain_row
from .kinds import Kind

SCHEMA = group(
    "life_event", "一件事",
    text("name", "名称", max=60, required=True, head=True), text("icon", "图标", max=40, head=True), number("order", "排序", head=True),
    text("summary", "一句话说明", max=300, head=True), text("intro", "说明", max=2000),
    rows("steps", "步骤", text("title", "标题", max=100), text("text", "说明", max=1000), texts("items", "事项", max=80), free("find", "另找")),
    texts("tips", "提醒", max=500), text("org", "牵头单位", max=60), flag("demo", "示例", head=True),
)

KIND = Kind(name="LifeEvent", title="一件事", folder="lifeevents", home="/lifeevents", schema=SCHEMA,
            heading=lambda values: values["name"], listing=plain_row("LifeEvent", "name"))
