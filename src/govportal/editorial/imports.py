"""The import wizard: an uploaded list, what it is read as, how its columns are mapped, its dry run and its entry.

Owns the record ``Import`` and its way: receive → choose target and columns → check (job) → enter (job). The jobs are in ``importjobs``, single
rows in ``importrows``. Nothing is written to the tree here. ImportRefused is one Chinese line that says what to do.
"""
from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from persistent import Persistent

from ..base import clock
from ..base.blobs import BlobRefused, StoredFile, store
from . import bulk, jobs, tables, targets
from .job import DONE, Failure, Job
from .tables import Table, TableError

THEN = {"draft": "存为草稿", "submit": "存为草稿并送审", "publish": "直接发布（要有签发权限；事项标明来源、列为整理中）"}
CHECK, ENTER = "import-check", "import-enter"
_KINDS_OF_FILE = frozenset(("", "text/plain", "application/zip", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))


class ImportRefused(Exception):
    """The list cannot be taken like this; one clear Chinese line."""


class Import(Persistent):
    """One uploaded list. ``table``: what the file holds. ``target``: a name of ``targets.titles()``; ``columns``: column number → key.

    ``options``: ``then`` (a word of ``THEN``); ``source`` and ``year`` for the register; ``openness``, ``secrecy_by``, ``secrecy_on`` to submit. ``check``, ``enter``: uids of the jobs."""

    target = ""
    check = ""
    enter = ""

    def __init__(self, name: str, by: str, at: datetime, file: StoredFile) -> None:
        self.uid = str(uuid.uuid4())
        self.name, self.by, self.at, self.file = name[:200], by, at, file
        self.table: Table | None = None
        self.columns: dict[int, str] = {}
        self.options: dict[str, str] = {}

    @property
    def path(self) -> Path:
        """The committed file."""
        return Path(self.file.committed_path())

    def look(self, sheet: str, header: int, encoding: str) -> Table:
        """Read the file, committed or not, as far as is needed to know what it holds."""
        with self.file.blob.open("r") as stream:
            return tables.look(Path(stream.name), self.name, known=targets.known_names(), sheet=sheet, header=header, encoding=encoding)


def receive(editorial: Any, stream: BinaryIO, name: str, by: str) -> Import:
    """Keep an upload and find out what it holds (``look`` reads it again as the person says). ImportRefused for a file that is no list or too large."""
    try:
        file = store(stream, name, limit=tables.MAX_BYTES, allowed=_KINDS_OF_FILE)
    except BlobRefused as exc:
        raise ImportRefused(str(exc)) from None
    made = Import(name, by, clock.now(), file)
    look(made)
    editorial.imports[made.uid] = made
    return made


def of(editorial: Any, uid: str, by: str) -> Import:
    """The import of this person. ImportRefused when there is none: another person's is not shown."""
    found = editorial.imports.get(uid) if uid else None
    if found is None or found.by != by:
        raise ImportRefused("没有这次导入，它可能已过保存期，请重新上传")
    return found


def look(one: Import, *, sheet: str = "", header: int = 0, encoding: str = "") -> Table:
    """Read the file again, as the person says where they say something. What was chosen of columns before is forgotten."""
    try:
        table = one.look(sheet, header, encoding)
    except TableError as exc:
        raise ImportRefused(str(exc)) from None
    one.table, one.columns, one.check = table, {}, ""
    return table


def _signature(target: str, table: Table) -> str:
    return hashlib.sha256("\0".join([target, *sorted(column.title for column in table.columns if column.title)]).encode()).hexdigest()[:32]


def guess(one: Import) -> str:
    """The target that most column names fit; '' when hardly any does."""
    titles = [column.title for column in _table(one).columns]
    score = {target: len(targets.propose(target, titles, {})) for target in targets.titles()}
    best = max(score, key=lambda target: score[target])
    return best if score[best] >= 2 else ""


def propose(editorial: Any, one: Import, target: str) -> dict[int, str]:
    """column number → key: as chosen last for the same column names, else by title."""
    table = _table(one)
    if target not in targets.titles():
        raise ImportRefused("请选择导入为什么内容")
    remembered = (editorial.mappings.get(_signature(target, table)) or {}).get("columns", {})
    return targets.propose(target, [column.title for column in table.columns], remembered)


def _table(one: Import) -> Table:
    if one.table is None:
        raise ImportRefused("请先上传文件")
    return one.table


def choose(editorial: Any, one: Import, target: str, columns: dict[int, str], options: dict[str, str]) -> None:
    """Fix target, columns and what is done with the rows; the choice is remembered for the next file with these column names."""
    table, wrong = _table(one), faults(one, target, columns, options)
    if wrong:
        raise ImportRefused("；".join(wrong))
    if one.enter:
        raise ImportRefused("这份列表已经写入过，请重新上传再导入")
    one.target, one.columns, one.options, one.check = target, dict(columns), dict(options), ""
    by_title = {column.title: columns.get(column.number, "") for column in table.columns[::-1] if column.title}
    editorial.mappings[_signature(target, table)] = {"columns": by_title, "by": one.by, "at": clock.now().isoformat()}


def faults(one: Import, target: str, columns: dict[int, str], options: dict[str, str]) -> list[str]:
    """What is wrong with a choice of columns."""
    if target not in targets.titles():
        return ["请选择导入为什么内容"]
    table, known = _table(one), {field.key: field for field in targets.fields(target)}
    found = [f"没有要素“{key[:40]}”" for key in columns.values() if key not in known]
    found += [f"没有第 {number + 1} 列" for number in columns if not 0 <= number < len(table.columns)]
    keys = list(columns.values())
    found += [f"有 {keys.count(key)} 列都对应“{known[key].title}”，请只留一列" for key in dict.fromkeys(keys) if key in known and keys.count(key) > 1]
    if targets.UID in keys and targets.VERSION not in keys:
        found.append("按“内容编号”修改已有的内容时，还要有“版本”一列，才能看出下载以后有没有别人改过；请用工作台下载的表填写")
    if targets.UID not in keys:
        found += [f"“{field.title}”必填，请指定对应的列" for field in known.values() if field.required and field.key not in keys]
    if not set(keys) - {targets.UID, targets.VERSION, targets.SLUG, targets.PARENT}:
        found.append("还没有指定要导入的列")
    if options.get("then", "draft") not in THEN:
        found.append("写入以后请选：" + "、".join(THEN.values()))
    if options.get("then") == "submit":
        found += [f"“{title}”必填，送审前要记下" for name, title in bulk.ACTIONS["submit"].params if not options.get(name, "").strip()]
    if options.get("then") == "publish" and not (target == targets.REGISTER or targets.registers(target)):
        found.append(f"{targets.titles()[target]}不能直接发布，请存为草稿送审")
    if (target == targets.REGISTER or options.get("then") == "publish") and not options.get("source", "").strip():
        found.append("“数据来源”必填：登记的内容要注明从哪里来")
    return found


def start_check(editorial: Any, one: Import, *, address: str = "", once: str = "") -> Job:
    """Start the dry run; nothing is written to the site."""
    if not one.columns:
        raise ImportRefused("请先指定各列对应什么")
    job = jobs.start(editorial, CHECK, f"检查列表：{one.name}", one.by, {"import": one.uid}, address=address, once=once)
    job.total, one.check = _table(one).rows, job.uid
    return job


def start_enter(editorial: Any, one: Import, *, only_right: bool = False, address: str = "") -> Job:
    """Start to enter the rows: all, or on wish only the right ones (R5.9.6). ImportRefused when the dry run says no."""
    check = editorial.jobs.get(one.check)
    if check is None or check.state != DONE:
        raise ImportRefused("请先检查，等检查完成再写入")
    if one.enter:
        raise ImportRefused("这份列表已经写入过，请重新上传再导入")
    bad, rows = check.summary["bad"], check.summary["rows"]
    if check.summary["broken_off"]:
        raise ImportRefused("问题太多，检查没有做完：请先改好文件再上传")
    if bad and not only_right:
        raise ImportRefused(f"{rows} 行里有 {bad} 行有问题，没有写入任何内容：请改好再上传，或选“只写入正确的行”")
    if rows == bad:
        raise ImportRefused("没有一行可以写入，请改好文件再上传")
    job = jobs.start(editorial, ENTER, f"写入列表：{one.name}", one.by, {"import": one.uid, "check": check.uid}, address=address)
    job.total, one.enter = rows, job.uid
    return job


def problems(editorial: Any, one: Import, start: int = 0, stop: int = 100) -> list[Failure]:
    """Problems that the dry run found, in row order: line, column, value, reason."""
    check = editorial.jobs.get(one.check)
    return [] if check is None else list(check.report.slice(start, stop))


def forget(editorial: Any, one: Import) -> None:
    """Take an upload away. ImportRefused while a job works with it."""
    if any(job is not None and job.open for job in (editorial.jobs.get(one.check), editorial.jobs.get(one.enter))):
        raise ImportRefused("后台正在处理这份文件，请先取消任务或等它结束")
    del editorial.imports[one.uid]


def by_person(editorial: Any, by: str) -> list[Import]:
    """The imports of a person, newest first."""
    return sorted((one for one in editorial.imports.values() if one is not None and one.by == by), key=lambda one: one.at, reverse=True)
