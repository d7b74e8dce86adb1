"""Any filtered list as a file: chosen columns of documents as XLSX, CSV or JSON; long lists as a background job.

Owns what a column of a list can be and the rows. What the list holds, and that the person may see it, is the caller's. A document that is gone
meanwhile is left out and counted. ExportRefused is one Chinese line.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..content.kinds import all_kinds, kind_of
from ..content.model import Document, path_of
from ..content.publication import STAGES, STATES, stage_of, state_of
from ..content.site import Site
from . import cells, jobs, verbs
from .job import Job
from .jobs import JobKind, Run
from .names import Names
from .writers import TYPES, WRITERS, stored

AT_ONCE = 2000          # longer lists become a job
MAX_ROWS = 100_000
MAX_COLUMNS = 120
GENERAL = {"@title": "标题", "@kind": "种类", "@path": "地址", "@state": "公开状态", "@stage": "稿子到哪一步", "@changed": "最近改动", "@published": "首次公开", "@note": "改动说明", "@uid": "内容编号"}
DEFAULT = ("@title", "@kind", "@state", "@changed", "@path")


class ExportRefused(Exception):
    """The list cannot be written like this."""


def columns(kind: str = "") -> list[tuple[str, str]]:
    """(key, title) of the columns a list can have; with a kind also its elements."""
    return [*GENERAL.items(), *((one.key, one.title) for one in (cells.elements(kind) if kind in all_kinds() else ()))]


def cell_of(site: Site, document: Document, values: dict[str, Any], key: str, names: Names) -> Any:
    """One cell of a document's row: text, a number, or None."""
    if not key.startswith("@"):
        one = cells.element(document.kind, key)
        return None if one is None else cells.show(one, names.show(site, key, cells.get(values, one)))
    edition = verbs.current(document)
    moment = {"@changed": (edition.created or edition.published_at) if edition is not None else None, "@published": document.first_published}.get(key)
    if moment is not None:
        return moment.strftime("%Y-%m-%d %H:%M")
    return {"@title": lambda: verbs.title_of(document), "@kind": lambda: kind_of(document.kind).title, "@path": lambda: path_of(document),
            "@state": lambda: STATES[state_of(document)], "@stage": lambda: STAGES.get(stage_of(document)), "@note": lambda: edition.note if edition is not None else None, "@uid": lambda: document.uid}.get(key, lambda: None)()


def row_of(site: Site, uid: str, keys: Sequence[str], names: Names) -> list[Any] | None:
    """The row of a document (its draft, else what is public); None when it is gone."""
    document = site.document(uid)
    if document is None or document.__parent__ is None:
        return None
    edition = verbs.current(document)
    values = edition.values if edition is not None else {}
    return [cell_of(site, document, values, key, names) for key in keys]


def _titles(keys: Sequence[str], kind: str) -> list[str]:
    known = dict(columns(kind))
    unknown = [key for key in keys if key not in known]
    if unknown or not keys or len(keys) > MAX_COLUMNS:
        raise ExportRefused(f"列表没有“{unknown[0][:40]}”这一列" if unknown else f"请选 1 至 {MAX_COLUMNS} 列")
    return [known[key] for key in keys]


def _format(format: str) -> str:
    if format not in TYPES:
        raise ExportRefused("格式请选 XLSX、CSV 或 JSON")
    return format


def write(site: Site, uids: Iterable[str], keys: Sequence[str], format: str, *, kind: str = "") -> tuple[bytes, int]:
    """(file, rows) of a list, now. For at most ``AT_ONCE`` documents."""
    writer, names, count = WRITERS[_format(format)](_titles(keys, kind)), Names(), 0
    for uid in uids:
        row = row_of(site, uid, keys, names)
        if row is not None:
            writer.row(row)
            count += 1
    return Path(writer.close()).read_bytes(), count


def begin(editorial: Any, by: str, uids: Sequence[str], keys: Sequence[str], format: str, *, kind: str = "", name: str = "列表", address: str = "",
          once: str = "") -> Job:
    """Start the export as a job; its result is the file."""
    _titles(keys, kind)
    _format(format)
    if len(uids) > MAX_ROWS:
        raise ExportRefused(f"一次最多导出 {MAX_ROWS} 行，现在有 {len(uids)} 行，请缩小范围")
    return jobs.start(editorial, KIND.name, f"导出：{name}（{len(uids)} 行）", by, {"keys": tuple(keys), "format": format, "kind": kind, "name": name[:60]}, uids,
                      address=address, once=once)


def _step(run: Run) -> bool:
    """Rows are written to an open file; without it (a new process) the export begins again, it has no effects."""
    job, payload = run.job, run.job.payload
    if "writer" not in run.memory:
        job.position, job.done, job.counts = 0, 0, {}
        run.memory["writer"], run.memory["names"] = WRITERS[payload["format"]](_titles(payload["keys"], payload["kind"])), Names()
    writer = run.memory["writer"]
    for uid in job.items.slice(job.position, len(job.items)):
        row = row_of(run.site, uid, payload["keys"], run.memory["names"])
        run.count("ok" if row is not None else "gone")
        if row is not None:
            writer.row(row)
        job.position += 1
        job.done = job.position
        if run.time_is_up():
            break
    if job.position < len(job.items):
        return False
    job.result = stored(writer.close(), f"{payload['name']}.{payload['format']}", payload["format"])
    return True


KIND = JobKind("export", "导出列表", _step)
