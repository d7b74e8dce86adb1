"""ImplementationItem 实施清单: how one organisation performs a DirectoryItem (R4.2.1.3, RA1.1–RA1.4).

It inherits name, type, basic code and legal basis from its directory item and adds the other elements; a row taken over
from elsewhere carries ``register`` and stands outside all completeness claims.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .elements import access, handling, identity, status
from .fields import flag, group, text
from .heads import item_row
from .kinds import Kind

SCHEMA = group(
    "implementation_item", "实施清单",
    *identity(), *handling(), *access(), *status(),
    flag("unlisted", "不单独列出", head=True, group="状态"),
    text("main_note", "与主项的关系", max=200, group="标识"),
)


def item_codes(values: dict[str, Any]) -> list[str]:
    """The unique business codes of an item: its code and its former codes."""
    return [code.strip().upper() for code in (values.get("code") or "", *values.get("aliases", ())) if code and code.strip()]


def item_references(values: dict[str, Any]) -> Iterable[tuple[str, str, str]]:
    if values.get("org"):
        yield "实施机构", "organisations", values["org"]
    for slug in values.get("places", ()):
        yield "办理地点", "places", slug
    for row in values.get("materials", ()):
        if row.get("record"):
            yield "申请材料", "materials", row["record"]


KIND = Kind(name="ImplementationItem", title="实施清单", folder="implementation-items", home="DirectoryItem", schema=SCHEMA,
            heading=lambda values: values.get("name", ""), listing=item_row, codes=item_codes, references=item_references)
