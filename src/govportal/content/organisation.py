"""Organisation 机构: one record for a body that many items name (R0.1, E1)."""
from __future__ import annotations

from .fields import choice, flag, group, number, text, texts
from .heads import plain_row
from .kinds import Kind

SCHEMA = group(
    "organisation", "机构",
    text("name", "名称", max=200, required=True, head=True), text("short", "简称", max=60, head=True),
    text("full_name", "全称", max=200), text("uscc", "统一社会信用代码", max=40, head=True), text("code", "机构代码", max=40),
    text("region", "行政区划", max=12, head=True), text("region_name", "区划名称", max=100, head=True), text("duties", "职责", max=2000),
    text("address", "地址", max=300), text("hours", "办公时间", max=300), text("phone", "电话", max=60),
    number("order", "排序", head=True), flag("registered", "来源登记", head=True), text("source", "数据来源", max=300),
    choice("nature", "性质", ("机关", "事业单位", "群团", "企业", "其他")), texts("former_names", "曾用名", max=200),
    flag("demo", "示例", head=True),
)

KIND = Kind(name="Organisation", title="机构", folder="organisations", home="/shared/organisations", schema=SCHEMA,
            heading=lambda values: values["name"], listing=plain_row("Organisation", "name"))
