"""``govportal doctor``: what an operator asks first when something is wrong."""
from __future__ import annotations

import shutil
import sys
import time
from importlib.metadata import version
from typing import Any

from ..base import clock
from ..base.calendar import current
from ..base.storage import StorageError
from ..content import overrides
from ..content.integrity import summary
from ..content.site import NoSite, open_site
from ..shipped import NAMES, shipped
from .common import database, load_settings

LOW_DISK = 500 << 20


def arguments(parser: Any) -> None:
    """No arguments."""


def run(options: Any) -> int:
    bad, settings = 0, load_settings(options)

    def say(good: bool, text: str) -> None:
        nonlocal bad
        bad += not good
        print(("正常  " if good else "注意  ") + text)
    say(sys.version_info[:2] in ((3, 11), (3, 12), (3, 13)), f"Python {sys.version.split()[0]}，ZODB {version('ZODB')}，Pyramid {version('pyramid')}")
    for name in NAMES:
        try:
            say(True, f"随附目录 {name}：{'有' if shipped(name) else ''}")
        except LookupError as exc:
            say(name == "search", str(exc))
    free = shutil.disk_usage(settings.var).free
    say(free > LOW_DISK, f"数据目录 {settings.var} 所在磁盘还有 {free >> 20} MB")
    heartbeat = settings.var / "worker.heartbeat"
    age = time.time() - heartbeat.stat().st_mtime if heartbeat.exists() else None
    say(age is None or age < 60, "后台任务没有运行过" if age is None else f"后台任务 {age:.0f} 秒前还在运行")
    for path in overrides.check(settings.overrides):
        say(True, f"用数据目录里的 {path.relative_to(settings.overrides)}，不用随附的")
    for line in current().warnings(clock.now().date()):
        say(False, line)
    try:
        with database(settings, read_only=True) as db:
            connection = db.open()
            counts = summary(open_site(connection))
            connection.close()
        say(True, "数据库能读：" + "，".join(f"{name} {number}" for name, number in counts.items()))
    except (StorageError, NoSite) as exc:
        say(False, str(exc))
    print("一切正常" if not bad else f"有 {bad} 处要留意")
    return 1 if bad else 0
