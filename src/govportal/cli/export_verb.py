"""``govportal export DIR``: the whole site as content files, former editions aside; may run beside the portal."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from ..content.site import open_site
from ..content.transfer import dump
from .common import Stop, database, load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("target", help="写到这个目录（空的或不存在）")


def run(options: Any) -> int:
    target = Path(options.target)
    if target.exists() and any(target.iterdir()):
        raise Stop(f"目录 {target} 不是空的，请换一个")
    with database(load_settings(options), read_only=True) as db:
        connection = db.open()
        try:
            count = dump(open_site(connection), target)
        finally:
            connection.close()
    print(f"写出 {count} 份内容到 {target}")
    return 0
