"""``shipped(name)``: where content, themes, search and etc lie, in a checkout or inside an installed wheel.

Owns that one decision. LookupError names the folder that is missing.
"""
from __future__ import annotations

from functools import cache
from pathlib import Path

NAMES = ("content", "themes", "search", "etc")
_PACKAGE = Path(__file__).resolve().parent


@cache
def shipped(name: str) -> Path:
    """The folder ``name`` (one of NAMES): beside ``src`` in a checkout, else ``_shipped`` in the package."""
    if name not in NAMES:
        raise LookupError(f"没有随附的目录“{name}”")
    root = _PACKAGE.parent.parent
    checkout = root / name
    if _PACKAGE.parent.name == "src" and (root / "setup.cfg").is_file() and checkout.is_dir():
        return checkout
    packaged = _PACKAGE / "_shipped" / name
    if packaged.is_dir():
        return packaged
    raise LookupError(f"找不到随附的目录“{name}”，安装不完整，请重新安装 govportal")
