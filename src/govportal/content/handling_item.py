"""HandlingItem 办理项: one 情形 of an ImplementationItem (R0.4), or a registered row with its own 33-digit code.

``changes`` names the elements it sets; all others are the item's. ``use_materials`` picks rows of the item's materials.
"""
from __future__ import annotations

from .elements import access, handling, identity, status
from .fields import flag, group, text, texts
from .heads import item_row
from .implementation_item import item_codes, item_references
from .kinds import Kind

SCHEMA = group(
    "handling_item", "办理项",
    text("name", "办理项名称", max=500, required=True, head=True, source="R0.4"),
    text("hint", "适用的情形", max=300, head=True),
    texts("use_materials", "用到的材料", max=60),
    texts("changes", "本情形另有规定的要素", max=60),
    flag("listed", "单独列出", head=True, group="状态"),
    *identity(), *handling(), *access(), *status(),
)

KIND = Kind(name="HandlingItem", title="办理项", folder="handling-items", home="ImplementationItem", schema=SCHEMA,
            heading=lambda values: values["name"], listing=item_row, codes=item_codes, references=item_references)
