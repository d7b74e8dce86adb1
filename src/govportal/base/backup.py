"""Backup of a FileStorage and its blobs while the portal serves; restore that refuses a torn set (K12).

Owns the set's form: ``data.fs`` cut at a transaction boundary, ``blobs/``, the operator's ``overrides/``, ``manifest.json`` with SHA-256 of every file, written
last. A set without a sound manifest is no backup. Errors are BackupError with one Chinese line.
"""
from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from ZODB.blob import is_blob_record
from ZODB.FileStorage import FileStorage

MANIFEST = "manifest.json"
_CHUNK = 1 << 20


class BackupError(Exception):
    """The backup or restore cannot be done."""


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _copy_exact(source: Path, target: Path, size: int) -> None:
    with open(source, "rb") as reader, open(target, "wb") as writer:
        left = size
        while left:
            chunk = reader.read(min(_CHUNK, left))
            if not chunk:
                raise BackupError("数据库文件比预期的短，备份没有做成，请再试一次")
            writer.write(chunk)
            left -= len(chunk)
        writer.flush()
        os.fsync(writer.fileno())


def backup(data: Path, blobs: Path, target: Path, *, at: datetime, overrides: Path | None = None) -> dict[str, Any]:
    """Copy the database up to its last whole transaction, then the blobs that it names and the operator's data files. ``target`` must not exist or be empty."""
    if target.exists() and any(target.iterdir()):
        raise BackupError(f"备份目录 {target} 不是空的，请换一个")
    target.mkdir(parents=True, exist_ok=True)
    storage = FileStorage(str(data), read_only=True)
    try:
        size = storage.getSize()
        last = storage.lastTransaction()
    finally:
        storage.close()
    _copy_exact(data, target / "data.fs", size)
    copied = _copy_blobs(target / "data.fs", blobs, target / "blobs")
    if overrides is not None and overrides.is_dir():
        shutil.copytree(overrides, target / "overrides")
    files = {path.relative_to(target).as_posix(): {"sha256": _digest(path), "bytes": path.stat().st_size}
             for path in sorted(target.rglob("*")) if path.is_file()}
    manifest = {"made_at": at.isoformat(timespec="seconds"), "last_transaction": last.hex(), "blobs": copied, "files": files}
    temporary = target / (MANIFEST + ".tmp")
    with open(temporary, "w", encoding="utf-8") as stream:
        json.dump(manifest, stream, ensure_ascii=False, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, target / MANIFEST)
    return manifest


def _copy_blobs(copy: Path, blobs: Path, target: Path) -> int:
    """Blob files named by the copied database; missing ones stop the backup."""
    storage = FileStorage(str(copy), read_only=True)
    from ZODB.blob import FilesystemHelper
    helper, count = FilesystemHelper(str(blobs)), 0
    layout = blobs / ".layout"
    if layout.exists():
        target.mkdir(exist_ok=True)
        shutil.copyfile(layout, target / ".layout")
    try:
        for transaction in storage.iterator():
            for record in transaction:
                if record.data and is_blob_record(record.data):
                    source = Path(helper.layout.getBlobFilePath(record.oid, record.tid))
                    source = source if source.is_absolute() else blobs / source
                    if not source.exists():
                        continue   # a revision that packing removed
                    place = target / source.relative_to(blobs)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, place)
                    count += 1
    finally:
        storage.close()
        for extra in (".index", ".lock", ".tmp"):
            Path(str(copy) + extra).unlink(missing_ok=True)
    return count


def verify(source: Path) -> list[str]:
    """Every fault of a backup set; [] when it is whole."""
    path = source / MANIFEST
    if not path.is_file():
        return ["没有清单文件 manifest.json：备份没有做完"]
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
    except (ValueError, KeyError):
        return ["清单文件 manifest.json 损坏"]
    faults = []
    for name, facts in files.items():
        file = source / name
        if not file.is_file():
            faults.append(f"缺少文件 {name}")
        elif file.stat().st_size != facts["bytes"] or _digest(file) != facts["sha256"]:
            faults.append(f"文件 {name} 与清单不符")
    known = set(files) | {MANIFEST}
    faults += [f"多出文件 {name}" for path in sorted(source.rglob("*")) if path.is_file() and (name := path.relative_to(source).as_posix()) not in known]
    return faults


def restore(source: Path, var: Path) -> None:
    """Put a whole set into an empty data folder. BackupError for a torn set or a folder in use."""
    faults = verify(source)
    if faults:
        raise BackupError("这份备份不完整，不能用来恢复：" + "；".join(faults[:5]))
    if (var / "data.fs").exists():
        raise BackupError(f"数据目录 {var} 里已有数据库，请先移走它，再恢复")
    var.mkdir(parents=True, exist_ok=True)
    for name in ("blobs", "overrides"):
        if (source / name).is_dir():
            shutil.copytree(source / name, var / name, dirs_exist_ok=True)
    temporary = var / "data.fs.restoring"
    shutil.copyfile(source / "data.fs", temporary)
    with open(temporary, "rb+") as stream:
        os.fsync(stream.fileno())
    os.replace(temporary, var / "data.fs")
