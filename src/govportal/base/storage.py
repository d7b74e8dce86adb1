"""Opening the one database: FileStorage at first, ZEO or RelStorage by a ZConfig file when it outgrows that (architecture §7).

Owns the storage address, its errors for people, and the schema generation. Must not know what lies in the database.
"""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import ZODB
import ZODB.config
from zc.lockfile import LockError
from ZODB.FileStorage import FileStorage
from ZODB.FileStorage.FileStorage import FileStorageFormatError

SCHEMA_GENERATION = 2
META = "meta"
CACHE_BYTES = 15 * 1024 * 1024
CACHE_OBJECTS = 100_000      # the bytes limit rules; ZODB wants both


class StorageError(Exception):
    """The database cannot be opened; one clear Chinese line."""


def open_database(spec: str, *, read_only: bool = False, cache_bytes: int = CACHE_BYTES) -> ZODB.DB:
    """Open a database by a path to ``…/data.fs`` or by ``zconfig:///path/to/file.conf``.

    ``read_only`` opens a FileStorage beside a running writer. StorageError when it is locked, missing, foreign or newer.
    """
    try:
        db = _from_zconfig(spec.removeprefix("zconfig://")) if spec.startswith("zconfig://") else _from_file(Path(spec), read_only, cache_bytes)
    except LockError:
        raise StorageError(f"数据库 {Path(spec).name} 正由另一个进程使用：门户可能正在运行。请先停下它，或用只读的命令（check、export、backup）") from None
    except FileStorageFormatError:
        raise StorageError(f"{spec} 不是 ZODB 数据库文件，请检查 var 目录") from None
    try:
        check_generation(db)
    except StorageError:
        db.close()
        raise
    return db


def _from_file(path: Path, read_only: bool, cache_bytes: int) -> ZODB.DB:
    if read_only and not path.is_file():
        raise StorageError(f"还没有数据库（{path.name}），请先运行 govportal init 或 make run")
    if not path.parent.is_dir():
        raise StorageError(f"数据目录 {path.parent} 不存在，请先建立它")
    if path.is_file() and path.stat().st_size and not _looks_like_filestorage(path):
        raise StorageError(f"{path.name} 不是 ZODB 数据库文件，请检查数据目录")
    if not os.access(path.parent, os.W_OK) and not read_only:
        raise StorageError(f"数据目录 {path.parent} 不可写，请检查权限")
    storage = FileStorage(str(path), read_only=read_only, blob_dir=None if read_only and not (path.parent / "blobs").is_dir()
                          else str(path.parent / "blobs"))
    return ZODB.DB(storage, cache_size=CACHE_OBJECTS, cache_size_bytes=cache_bytes, pool_size=16,
                   database_name="govportal", large_record_size=1 << 26)


def _looks_like_filestorage(path: Path) -> bool:
    with open(path, "rb") as stream:
        return stream.read(2) == b"FS"


def _from_zconfig(path: str) -> ZODB.DB:
    if not Path(path).is_file():
        raise StorageError(f"找不到存储配置文件 {path}")
    try:
        return ZODB.config.databaseFromURL(path)
    except Exception as exc:  # noqa: BLE001 - ZConfig and storages raise many kinds; people need one line
        raise StorageError(f"按存储配置 {Path(path).name} 打不开数据库：{exc}") from None


def check_generation(db: ZODB.DB) -> None:
    """Refuse a database that another program filled, or that a newer one of ours wrote. A new, empty one passes."""
    found = generation_of(db)
    if found is None and (others := _root_keys(db)):
        raise StorageError(f"数据库里是别的程序的数据（有“{others[0]}”），不是 govportal 的，没有动它；请检查数据目录，或换一个空的目录")
    if found is not None and found > SCHEMA_GENERATION:
        raise StorageError(f"数据库是更新版本的程序写的（第 {found} 代，本程序只认到第 {SCHEMA_GENERATION} 代），请升级 govportal")


def _root_keys(db: ZODB.DB) -> list[str]:
    with db.transaction() as connection:
        return sorted(str(key)[:40] for key in connection.root())


def generation_of(db: ZODB.DB) -> int | None:
    """The schema generation of a database; None for one without a site."""
    with db.transaction() as connection:
        meta: dict[str, Any] | None = connection.root().get(META)
        return None if meta is None else meta.get("generation")
