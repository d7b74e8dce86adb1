"""Place: a hall or a window with address, hours and telephone, kept once for all guides (R4.2.2.1)."""
from __future__ import annotations

from .fields import flag, free, group, number, rows, text, texts
from .heads import plain_row
from .kinds import Kind

SCHEMA = group(
    "place", "办理地点",
    text("name", "名称", max=200, required=True, head=True), text("kind", "类别", max=40, head=True), text("org", "管理机构", max=60, head=True),
    text("region", "行政区划", max=12, head=True), text("address", "地址", max=300),
    rows("windows", "窗口", text("no", "窗口号", max=40), text("name", "名称", max=100)),
    rows("hours", "办理时间", text("days", "星期", max=60), text("open", "时间", max=100), text("note", "说明", max=200)),
    free("opening", "开放时段"), text("phone", "电话", max=60), text("traffic", "交通指引", max=500), text("accessibility", "无障碍设施", max=300),
    texts("facilities", "设施", max=100), number("order", "排序", head=True), text("note", "说明", max=500), flag("demo", "示例", head=True),
)

KIND = Kind(name="Place", title="办理地点", folder="places", home="/shared/places", schema=SCHEMA,
            heading=lambda values: values["name"], listing=plain_row("Place", "name"),
            references=lambda values: [("管理机构", "organisations", values["org"])] if values.get("org") else [])
