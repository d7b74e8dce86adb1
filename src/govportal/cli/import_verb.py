"""``govportal import FILE --mapping M.yaml``: a list of items; or ``govportal import DIR``: content files as export writes them."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import transaction

from ..content import importer, transfer
from ..content.rowreader import MappingError
from ..content.site import open_site
from ..worker import catch_up
from .common import Progress, Stop, database, load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("file", help="CSV、JSONL、XLSX 文件，或 export 写出的目录")
    parser.add_argument("--mapping", default="", help="映射文件（YAML）")
    parser.add_argument("--skip-bad", action="store_true", help="跳过有问题的行，写进 --rejects 文件")
    parser.add_argument("--rejects", default="rejects.jsonl", help="有问题的行写到这里")


def run(options: Any) -> int:
    settings, source = load_settings(options), Path(options.file)
    with database(settings) as db:
        manager = transaction.TransactionManager()
        connection = db.open(manager)
        try:
            manager.begin()
            text = _directory(connection, source, manager) if source.is_dir() else _rows(options, connection, source, manager)
            manager.commit()
        except (importer.ImportRefused, MappingError, transfer.TransferError) as exc:
            raise Stop(str(exc)) from None
        finally:
            manager.abort()
            connection.close()
        catch_up(db)
    print(text)
    return 0


def _directory(connection: Any, source: Path, manager: Any) -> str:
    """All files or none: one transaction with savepoints."""
    result = transfer.load(open_site(connection), source, actor="system:import", progress=Progress("装入"),
                           commit=lambda: manager.savepoint(optimistic=True) and None)
    return f"读了 {result.read} 份，新建 {result.created}，更新 {result.changed}，未变 {result.unchanged}"


def _rows(options: Any, connection: Any, source: Path, manager: Any) -> str:
    if not options.mapping:
        raise Stop("请用 --mapping 指定映射文件，随附的在 content/imports")
    report = importer.import_file(open_site(connection), source, Path(options.mapping), actor="system:import", skip_bad=options.skip_bad,
                                  reject_path=Path(options.rejects) if options.skip_bad else None, progress=Progress("导入"),
                                  savepoint=lambda: manager.savepoint(optimistic=True))
    tail = f"，{len(report.faults)} 处问题写在 {options.rejects}" if report.faults else ""
    return f"读了 {report.rows} 行，写入 {report.written}，其中有变化 {report.changed}{tail}"
