"""DirectoryItem 目录清单: name, basic code, legal basis and type of an item, once for all levels (R4.2.1.2).

A 子项 names its 主项 in ``main``. An ImplementationItem inherits the four and never copies them (R4.2.1.6).
"""
from __future__ import annotations

from typing import Any

from .elements import legal_basis, status
from .fields import choice, group, text
from .kinds import Kind
from .vocabularies import labels

SCHEMA = group(
    "directory_item", "目录清单",
    text("name", "事项名称", max=500, required=True, head=True, source="R4.2.1.2"),
    text("basic_code", "基本编码", max=40, head=True, source="RA1.5 RA1.6"),
    choice("type", "事项类型", labels("item-types"), required=True, head=True, source="R2.2.2"),
    text("main", "所属主项", max=500, head=True, source="R0.4"),
    legal_basis(source="R4.2.1.2"),
    *status(),
)


def _codes(values: dict[str, Any]) -> list[str]:
    code = values.get("basic_code")
    return [f"BASIC:{code}"] if code and not (values.get("register") or {}).get("source") else []


KIND = Kind(name="DirectoryItem", title="目录清单", folder="directory-items", home="/items", schema=SCHEMA,
            heading=lambda values: values["name"], listing=lambda document, values, site: None, codes=_codes)
