"""``govportal pack``: drop object revisions older than some days. Editions are documents' own and stay."""
from __future__ import annotations

from typing import Any

from .common import database, load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("--days", type=float, default=1.0, help="保留最近几天的对象版本")


def run(options: Any) -> int:
    with database(load_settings(options)) as db:
        before = db.getSize()
        db.pack(days=options.days)
        print(f"整理前 {before >> 20} MB，整理后 {db.getSize() >> 20} MB")
    return 0
