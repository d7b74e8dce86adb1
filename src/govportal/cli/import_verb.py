"""``govportal import FILE --mapping M.yaml``: a list of items; or ``govportal import DIR``: content files as export writes them."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import transaction

from ..content import importer, transfer
from ..content.rowreader import MappingError, Reject, read_mapping, reject_suffix, write_rejects
from ..content.site import open_site
from ..search.consumer import catch_up as index_catch_up
from ..worker import catch_up
from .common import Progress, Stop, database, load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("file", help="CSV、JSONL、XLSX 文件，或 export 写出的目录")
    parser.add_argument("--mapping", default="", help="映射文件（YAML）")
    parser.add_argument("--skip-bad", action="store_true", help="跳过有问题的行，原样写进 --rejects 文件，改好可以再导入")
    parser.add_argument("--rejects", default="", help="有问题的行写到这里，格式与来源相同（XLSX 写成 CSV），默认 rejects.csv 或 rejects.jsonl")


def run(options: Any) -> int:
    settings, source = load_settings(options), Path(options.file)
    rejected: list[Reject] = []
    target = _reject_path(options, source) if options.skip_bad and not source.is_dir() else None
    with database(settings) as db:
        manager = transaction.TransactionManager()
        connection = db.open(manager)
        try:
            manager.begin()
            text = _directory(connection, source, manager) if source.is_dir() else _rows(options, connection, source, manager, rejected)
            manager.commit()
        except (importer.ImportRefused, MappingError, transfer.TransferError) as exc:
            raise Stop(str(exc)) from None
        finally:
            manager.abort()
            connection.close()
        catch_up(db)
        index_catch_up(db, settings.search, progress=Progress("更新检索索引"))
    print(text)
    if target is not None and rejected:
        _write(target, options, rejected)
    return 0


def _mapping(options: Any) -> Any:
    if not options.mapping:
        raise Stop("请用 --mapping 指定映射文件，随附的在 content/imports")
    try:
        return read_mapping(Path(options.mapping))
    except MappingError as exc:
        raise Stop(str(exc)) from None


def _reject_path(options: Any, source: Path) -> Path:
    """Where rejected rows go, known to be writable before anything is read. Stop says why not."""
    path = Path(options.rejects or "rejects" + reject_suffix(_mapping(options).format))
    if path.is_dir() or not path.parent.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Stop(f"写不了 {path}，请用 --rejects 指定一个能写的文件")
    if path.exists() and any(other.exists() and path.samefile(other) for other in (source, Path(options.mapping))):
        raise Stop(f"--rejects 不能就是要导入的文件或映射 {path}，请换一个名字")
    return path


def _write(target: Path, options: Any, rejected: list[Reject]) -> None:
    try:
        write_rejects(target, _mapping(options), rejected)
    except OSError as exc:
        raise Stop(f"其余的行已经导入，但有问题的 {len(rejected)} 行写不进 {target}（{exc.strerror}）：请腾出地方，再运行一次同一命令") from None
    print(f"{len(rejected)} 行有问题，写在 {target}：改好后可以用同一个映射再导入")


def _directory(connection: Any, source: Path, manager: Any) -> str:
    """All files or none: one transaction with savepoints."""
    result = transfer.load(open_site(connection), source, actor="system:import", progress=Progress("装入"),
                           commit=lambda: manager.savepoint(optimistic=True) and None)
    return f"读了 {result.read} 份，新建 {result.created}，更新 {result.changed}，未变 {result.unchanged}"


def _rows(options: Any, connection: Any, source: Path, manager: Any, rejected: list[Reject]) -> str:
    _mapping(options)
    report = importer.import_file(open_site(connection), source, Path(options.mapping), actor="system:import", skip_bad=options.skip_bad,
                                  progress=Progress("导入"), savepoint=lambda: manager.savepoint(optimistic=True))
    rejected += report.rejects
    return f"读了 {report.rows} 行，写入 {report.written}，其中有变化 {report.changed}"
