"""``govportal evolve``: run pending steps of the database; ``--dry-run`` shows and tries them without keeping anything."""
from __future__ import annotations

from typing import Any

from .. import evolution  # noqa: F401 - registers the steps
from ..base import evolve
from .common import database, load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("--dry-run", action="store_true", help="只试，不保存")


def run(options: Any) -> int:
    with database(load_settings(options)) as db:
        names = evolve.run(db, dry_run=options.dry_run)
    print("没有要做的升级步骤" if not names else ("试过（没有保存）：" if options.dry_run else "做完了：") + "；".join(names))
    return 0
