"""``govportal backup DIR``: database and blobs, while serving."""
from __future__ import annotations

from pathlib import Path
from typing import Any

from ..base import backup, clock
from .common import Stop, load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("target", help="写到这个目录（空的或不存在）")
    parser.add_argument("--verify", action="store_true", help="只核对已有的备份")


def run(options: Any) -> int:
    target = Path(options.target)
    try:
        if options.verify:
            faults = backup.verify(target)
            print("\n".join(faults) or "备份完整")
            return 1 if faults else 0
        settings = load_settings(options)
        if settings.storage:
            raise Stop("这个命令备份 FileStorage；共享存储请用它自己的备份工具，见运维手册")
        if not (settings.var / "data.fs").is_file():
            raise Stop(f"数据目录 {settings.var} 里没有数据库")
        manifest = backup.backup(settings.var / "data.fs", settings.var / "blobs", target, at=clock.now(), overrides=settings.overrides)
    except backup.BackupError as exc:
        raise Stop(str(exc)) from None
    print(f"备份做好了：{len(manifest['files'])} 个文件，附件 {manifest['blobs']} 个，在 {target}")
    return 0
