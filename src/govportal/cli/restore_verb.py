"""``govportal restore DIR``: a whole backup into a data folder without a database."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from ..base import backup
from .common import Stop, load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("source", help="备份目录")


def run(options: Any) -> int:
    settings = load_settings(options, create_var=True)
    try:
        backup.restore(Path(options.source), settings.var)
    except backup.BackupError as exc:
        raise Stop(str(exc)) from None
    print(f"恢复好了：{settings.var}。请运行 govportal check 核对。")
    return 0
