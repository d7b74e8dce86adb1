"""Rows of items as templates show them: the facts in fixed order (look/README §3), plain words for what is not given."""
from __future__ import annotations

from typing import Any

from ..content.columns import Columns
from ..content.heads import ItemRow


def visit_words(row: ItemRow) -> str:
    """Trips in words; 不用跑 only of the city's own complete guides, since a source's 0 does not say how it is done."""
    return "" if row.visits < 0 else "不用跑" if row.visits == 0 and row.state == "完整" else f"到场 {row.visits} 次"


def quick_facts(row: ItemRow) -> list[tuple[str, str, bool]]:
    """(icon, words, strong): time, fee, trips, channel, materials; a fact that is not given is said so once."""
    facts = []
    if row.limit:
        facts.append(("clock", row.limit, True))
    if row.fee:
        facts.append(("coin-yuan", row.fee, False))
    if row.visits >= 0:
        facts.append(("walk", visit_words(row), False))
    if row.online:
        facts.append(("device-laptop", "可以网上办", False))
    if row.materials >= 0:
        facts.append(("file-text", f"{row.materials} 样材料", False))
    return facts or [("info-circle", "时限、费用等未提供", False)]


def item_line(row: ItemRow, columns: Columns, region_names: dict[str, str]) -> dict[str, Any]:
    """A row of the finder, of results and of lists."""
    bits = [columns.org_name(row.org, short=True), row.type]
    if row.region and row.region != "990100":
        bits.append(region_names.get(row.region, row.region))
    if row.demo:
        bits.append("示例")
    return {"href": row.path, "name": row.name, "state": row.state, "summary": row.summary, "quick": quick_facts(row),
            "bits": [bit for bit in bits if bit]}


def item_tile(row: ItemRow, columns: Columns) -> dict[str, Any]:
    """A block on the home page: the whole block is the link."""
    return {"href": row.path, "name": row.name, "org": columns.org_name(row.org, short=True), "facts": [word for word in (row.limit, row.fee) if word],
            "go": visit_words(row) or "到场次数未提供", "go_class": "go0" if row.visits == 0 and row.state == "完整" else "go1"}
