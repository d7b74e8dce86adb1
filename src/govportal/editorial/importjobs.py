"""The two jobs of the import wizard: the dry run with a marked copy of the file, and the entry of the rows.

Owns their batches. The dry run changes nothing, so after a kill it simply begins again; the entry commits each batch with its position. What is
entered was read and judged again at that moment. Undo takes back what nobody has changed since.
"""
from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ..content import importer, publication
from ..content.topics import load_topic_rules
from ..workflow.reasons import Reason, Refused
from . import bulk, targets, verbs
from .importrows import Entry, Fault, Reader, Seen, circles, read, shown
from .imports import CHECK, ENTER, Import
from .job import MAX_REPORT, Failure
from .jobs import JobFailed, JobKind, Partly, Run
from .tables import Row, TableError, rows
from .writers import XlsxWriter, stored

PROBLEM = "问题"
MAX_COPY = 20_000       # rows of the marked copy; of longer lists only the wrong rows are copied


def _import(run: Run) -> Import:
    one = run.editorial.imports.get(run.job.payload["import"])
    if one is None:
        raise JobFailed("上传的文件已过保存期，请重新上传")
    return one


def _reader(one: Import) -> Reader:
    if one.table is None:
        raise JobFailed("请重新上传文件")
    return Reader(one.target, one.table, dict(one.columns), dict(one.options))


class _Check:
    """A dry run in memory: plain data and open files only."""

    def __init__(self, one: Import, reader: Reader) -> None:
        self.one_path, self.reader, self.seen = one.path, reader, Seen()
        self.rows: Iterator[Row] = rows(one.path, reader.table.layout)
        self.faults: dict[int, list[Fault]] = {}
        self.found: list[Failure] = []
        self.outcomes = {"new": 0, "changed": 0, "unchanged": 0}
        self.read, self.broken_off, self.copy = 0, False, None     # type: int, bool, Any

    def add(self, line: int, faults: list[Fault], row: Row | None, title: str) -> None:
        self.faults.setdefault(line, []).extend(faults)
        for fault in faults:
            self.found.append(Failure("", title, fault.reason, line, self.reader.column(fault.number), shown(row, fault.number) if row is not None else ""))


def _check(run: Run) -> bool:
    state: _Check | None = run.memory.get("check")
    job = run.job
    if state is None:
        one = _import(run)
        state = run.memory["check"] = _Check(one, _reader(one))
        job.position, job.done, job.counts = 0, 0, {}
        job.report.clear()
    try:
        if state.copy is None and not _read_on(run, state):
            job.done = job.position = state.read
            job.total = max(job.total, state.read)
            return False
        finished = _copy_on(run, state)
    except TableError as exc:
        raise JobFailed(str(exc)) from None
    if finished:
        _finish_check(run, state)
    return finished


def _read_on(run: Run, state: _Check) -> bool:
    """Read rows until the batch is over; True when there are no more."""
    for row in state.rows:
        state.read += 1
        entry, faults = read(run.site, state.reader, row, state.seen, run.actor)
        if faults:
            state.add(row.line, faults, row, state.reader.title_of(row))
        elif entry is not None:
            state.outcomes["new" if not entry.uid else "changed" if entry.changed else "unchanged"] += 1
        if len(state.found) >= MAX_REPORT:
            state.broken_off = True
            break
        if run.time_is_up():
            return False
    for line, fault in circles(run.site, state.reader, state.seen):
        state.add(line, [fault], None, "")
    state.rows = rows(state.one_path, state.reader.table.layout)
    titles = [column.title for column in state.reader.table.columns]
    state.copy = XlsxWriter([*titles, PROBLEM], title="检查结果", widths=[*(14 for _ in titles), 60])
    return True


def _copy_on(run: Run, state: _Check) -> bool:
    """Write the marked copy: wrong cells red, the reasons in a column of their own."""
    width = len(state.reader.table.columns)
    for row in state.rows:
        faults = state.faults.get(row.line, [])
        if faults or state.read <= MAX_COPY:
            reasons = "；".join(f"{state.reader.column(fault.number)}：{fault.reason}" for fault in faults)
            red = {fault.number for fault in faults if fault.number >= 0} | ({width} if faults else set())
            line = [*row.cells[:width], *([None] * (width - len(row.cells))), reasons or None]
            state.copy.row(line, red)
        if run.time_is_up():
            return False
    return True


def _finish_check(run: Run, state: _Check) -> None:
    job, bad = run.job, len(state.faults)
    job.report.extend(sorted(state.found, key=lambda failure: failure.line)[:MAX_REPORT])
    job.summary = {"rows": state.read, "bad": bad, "faults": len(state.found), "broken_off": state.broken_off, **state.outcomes}
    job.counts = {"ok": state.read - bad, "failed": bad}
    job.done = job.position = job.total = state.read
    job.result = stored(state.copy.close(), "检查结果.xlsx", "xlsx")


def _enter(run: Run) -> bool:
    job, one = run.job, _import(run)
    check = run.editorial.jobs.get(job.payload["check"])
    if check is None:
        raise JobFailed("检查结果已过保存期，请重新上传再检查")
    reader = run.memory.setdefault("reader", _reader(one))
    if "rows" not in run.memory:
        run.memory["bad"] = {failure.line for failure in check.report}
        run.memory["rows"] = islice(rows(one.path, reader.table.layout), job.position, None)
        run.memory["seen"] = Seen()
    try:
        return run.elements(run.memory["rows"], lambda row: _enter_row(run, one, reader, row),
                            lambda row: ("", f"第 {row.line} 行 {reader.title_of(row)}".strip()))
    except TableError as exc:
        raise JobFailed(str(exc)) from None


def _enter_row(run: Run, one: Import, reader: Reader, row: Row) -> str:
    run.line = row.line
    if row.line in run.memory["bad"]:
        return "skipped"
    entry, faults = read(run.site, reader, row, run.memory["seen"], run.actor)
    if entry is None:
        raise Refused(*(Reason(reader.column(fault.number), fault.reason) for fault in faults))
    if reader.target == targets.REGISTER:
        return _enter_register(run, one, reader, entry)
    if entry.uid:
        return _save(run, entry)
    return _create(run, one, entry, reader)


def _save(run: Run, entry: Entry) -> str:
    if not entry.changed:
        return "unchanged"
    document = verbs.of(run.site, entry.uid)
    draft = document.draft
    saved = publication.save(document, entry.values, run.actor, base=entry.base, note="从表格带回", outside=True)
    run.undo({"uid": document.uid, "title": entry.title, "draft": draft.values if draft is not None else None, "after": saved.uid})
    return "ok"


def _create(run: Run, one: Import, entry: Entry, reader: Reader) -> str:
    document = publication.begin(run.site.at(entry.parent), entry.name, reader.target, entry.values, run.actor, outside=True)
    row: dict[str, Any] = {"uid": document.uid, "title": entry.title, "draft": None, "after": document.draft.uid if document.draft is not None else ""}
    then = one.options.get("then", "draft")
    try:
        if then == "submit":
            publication.act(document, "submit", run.actor, **bulk.disclosure({**one.options, "note": f"导入：{one.name}"}))
        elif then == "publish":
            verbs.publish_registered(document, run.actor)
            row |= {"before": 0, "after": document.live.uid if document.live is not None else "", "action": "publish"}
    except Refused as exc:
        raise Partly(f"已存为草稿，没有{'送审' if then == 'submit' else '发布'}：{'；'.join(map(str, exc.reasons))}") from None
    finally:
        run.undo(row)
    return "ok"


def _enter_register(run: Run, one: Import, reader: Reader, entry: Entry) -> str:
    """As ``govportal import`` does: published at once, marked with its source, outside all claims of completeness."""
    if "writer" not in run.scratch:
        mapping = targets.register_mapping(reader.columns, (), {"name": one.options.get("source", ""), "year": one.options.get("year", "")})
        run.scratch["writer"] = importer.RegisterWriter(run.site, mapping, load_topic_rules(), run.actor.id)
    return "ok" if run.scratch["writer"].write(entry.values) else "unchanged"


def _reverse(run: Run, row: dict[str, Any]) -> None:
    if row.get("action") == "publish":
        reverse = bulk.ACTIONS["publish"].reverse
        assert reverse is not None
        reverse(run.site, row, run.actor)
    else:
        bulk.put_draft_back(run.site, row, run.actor)


CHECK_KIND = JobKind(CHECK, "检查列表", _check)
ENTER_KIND = JobKind(ENTER, "写入列表", _enter, _reverse)
