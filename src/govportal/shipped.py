"""``shipped(name)``: where content, themes, search and etc lie, in a checkout or inside an installed wheel.

Owns that decision, and that an operator's own copy of a data file (``content/overrides``) goes before the shipped one. LookupError names
the folder that is missing.
"""
from __future__ import annotations

from functools import cache
from pathlib import Path

NAMES = ("content", "themes", "search", "etc")
_PACKAGE = Path(__file__).resolve().parent
_overrides: Path | None = None


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


def use_overrides(folder: Path | None) -> None:
    """Let files in ``folder`` go before the shipped ones, for this process; None = only the shipped ones."""
    global _overrides
    _overrides = folder


def overridden_by() -> Path | None:
    return _overrides


def data_file(name: str) -> Path:
    """``content/<name>``, such as ``calendar/holidays.csv``: the operator's own copy where there is one, else the shipped file."""
    if _overrides is not None and (_overrides / name).is_file():
        return _overrides / name
    return shipped("content") / name
