"""A list of directory items as a file → requests: one row a request (新增 or 变更), after a dry run that names every fault (R5.9.2, R5.9.6).

Owns what the columns mean. A row with a basic code changes that item, one without makes a new one; codes are never taken from the file. Nothing is
written here but requests, by the verb. The file's own limits are in ``tables``.
"""
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from ..content.codes import MARK
from ..content.columns import fold
from ..content.model import Document
from ..content.site import Site
from ..workflow.actors import Actor
from ..workflow.reasons import Refused
from . import cells, directory, requests
from .columns import DeskColumns
from .imports import Import
from .request import Request
from .request_table import KIND, problems
from .tables import Row, TableError, plain, rows
from .writers import XlsxWriter

MAX_ROWS = 500
COLUMNS = {"basic_code": "基本编码", "name": "事项名称", "type": "事项类型", "main": "所属主项", "legal_basis": "设定依据", "reason": "理由", "effective": "生效日期"}
ALIASES = {"编码": "basic_code", "目录编码": "basic_code", "名称": "name", "类型": "type", "主项": "main", "主项名称": "main", "依据": "legal_basis", "计划生效日期": "effective", "变更理由": "reason"}
NEEDED = ("name", "type", "legal_basis")


class Line(NamedTuple):
    """A row as it would be entered. ``uid`` of the item it changes, '' = a new one; ``faults``: (column name, reason); ``same``: nothing to change."""

    line: int
    title: str
    uid: str
    row: dict[str, Any]
    reason: str
    effective: str
    faults: tuple[tuple[str, str], ...] = ()
    same: bool = False

    @property
    def kind(self) -> str:
        return "change" if self.uid else "add"


class Checked(NamedTuple):
    """``broken``: why the file cannot be taken at all."""

    lines: tuple[Line, ...]
    broken: str = ""

    @property
    def right(self) -> list[Line]:
        return [line for line in self.lines if not line.faults and not line.same]

    @property
    def wrong(self) -> list[Line]:
        return [line for line in self.lines if line.faults]


def template() -> bytes:
    """An empty workbook with the columns."""
    writer = XlsxWriter(list(COLUMNS.values()), title="目录清单", widths=(18, 40, 16, 40, 60, 40, 14))
    return Path(writer.close()).read_bytes()


def export(site: Site, uids: Iterable[str], writer: Any) -> bytes:
    """The list in the same columns, to be changed and brought back. ``writer``: a class of ``writers.WRITERS``."""
    made, basis = writer([*COLUMNS.values(), "事项状态"]), cells.element(KIND, "legal_basis")
    assert basis is not None
    for uid in uids:
        document = site.document(uid)
        edition = None if document is None else document.live or document.draft
        if edition is not None:
            values = edition.values
            made.row([values.get("basic_code") or "", values["name"], values["type"], values.get("main") or "", cells.show(basis, values.get("legal_basis")), "", "", values.get("state") or "在用"])
    return Path(made.close()).read_bytes()


def check(site: Site, columns: DeskColumns, one: Import, actor: Actor, *, reason: str = "") -> Checked:
    """What the file would become. ``reason``: for rows that give none."""
    assert one.table is not None
    known = {plain(title): key for key, title in COLUMNS.items()} | {plain(title): key for title, key in ALIASES.items()}
    numbers: dict[str, int] = {}
    for column in one.table.columns:
        key = known.get(plain(column.title), "")
        if key in numbers:
            return Checked((), f"有两列都是“{COLUMNS[key]}”，请只留一列")
        if key:
            numbers[key] = column.number
    lacking = [COLUMNS[key] for key in NEEDED if key not in numbers]
    if lacking:
        return Checked((), f"没有“{'、'.join(lacking)}”这几列，请用下载的表填写")
    found: list[Line] = []
    names = directory.by_name(columns)
    try:
        for row in rows(one.path, one.table.layout):
            if len(found) >= MAX_ROWS:
                return Checked(tuple(found), f"一次最多 {MAX_ROWS} 行，请分成几个文件")
            found.append(_line(site, names, row, numbers, reason, actor))
    except TableError as exc:
        return Checked(tuple(found), str(exc))
    return Checked(tuple(_together(found)))


def _line(site: Site, names: dict[str, list[str]], row: Row, numbers: dict[str, int], reason: str, actor: Actor) -> Line:
    faults: list[tuple[str, str]] = [("整行", row.problem)] if row.problem else []
    given: dict[str, Any] = {}
    for key, number in numbers.items():
        cell = row.cells[number] if number < len(row.cells) else None
        try:
            element = cells.element(KIND, key) if key in ("name", "type", "legal_basis") else None
            given[key] = cells.read(element, cell) if element is not None else cells.text_of(cell)
        except ValueError as exc:
            faults.append((COLUMNS[key], str(exc)))
    uid, wrong = _item_of(site, given.get("basic_code") or "")
    main, amiss = _main_of(site, names, given.get("main") or "")
    faults += [(COLUMNS["basic_code"], wrong)] * bool(wrong) + [(COLUMNS["main"], amiss)] * bool(amiss)
    made: dict[str, Any] = {"name": given.get("name") or "", "type": given.get("type") or "", "main": main, "legal_basis": tuple(given.get("legal_basis") or ())}
    line = Line(row.line, made["name"], uid, made, (given.get("reason") or reason).strip(), given.get("effective") or "", tuple(faults))
    return line if faults else _judged(site, names, line, actor)


def _judged(site: Site, names: dict[str, list[str]], line: Line, actor: Actor) -> Line:
    """The line with what the rules of a request have against it."""
    request = Request(line.kind, "", actor.id, actor.name, _NEVER)
    request.subjects, request.rows, request.reason = ((line.uid,) if line.uid else ()), (line.row,), line.reason
    items = requests.items_of(site, request)
    request.bases = tuple(item.live.uid if item.live is not None else "" for item in items)
    found = problems(site, request)
    if any(reason.message.startswith("和现在的内容一样") for reason in found):
        return line._replace(same=True)
    faults = [(reason.field or "整行", reason.message) for reason in found]
    twins = [uid for uid in names.get(fold(line.title), ()) if uid != line.uid]
    if twins and not faults and (not items or fold(_name(items[0])) != fold(line.title)):
        faults.append((COLUMNS["name"], "清单里已有同名的事项，请改名称，或填它的基本编码作变更"))
    if line.effective:
        try:
            requests.day_of(line.effective)
        except Refused as refused:
            faults += [(reason.field, reason.message) for reason in refused.reasons]
    return line._replace(faults=tuple(faults))


def _name(item: Document) -> str:
    return item.live.head["name"] if item.live is not None else ""


def _item_of(site: Site, code: str) -> tuple[str, str]:
    """(uid, what is wrong) of the item with a basic code."""
    if not code:
        return "", ""
    uid = site.codes.get(MARK + code.strip())
    document = site.document(uid) if uid else None
    if document is None:
        return "", f"清单里没有编码 {code[:20]}；编码由系统生成，新增的请留空"
    if document.withdrawal is not None:
        return "", f"编码 {code[:20]} 的事项已取消，编码不再使用"
    return document.uid, ""


def _main_of(site: Site, names: dict[str, list[str]], text: str) -> tuple[str, str]:
    """(uid, what is wrong) of a 主项 named by its code or its name."""
    if not text:
        return "", ""
    uid = site.codes.get(MARK + text) if text.isascii() and text.isdigit() else None
    found = [uid] if uid else names.get(fold(text), [])
    if len(found) > 1:
        return "", f"有 {len(found)} 个事项都叫“{text[:40]}”，请写主项的基本编码"
    return (found[0], "") if found else ("", f"主项“{text[:40]}”不在清单里，请先新增主项")


def _together(lines: list[Line]) -> list[Line]:
    """Faults that only show when rows are seen together: codes and names twice, 主项 that are becoming 子项 (a circle)."""
    codes: dict[str, int] = {}
    names: dict[tuple[str, str], int] = {}
    becoming = {line.uid: line.line for line in lines if line.uid and line.row["main"]}
    found = []
    for line in lines:
        faults = list(line.faults)
        if line.uid and line.uid in codes:
            faults.append((COLUMNS["basic_code"], f"编码与第 {codes[line.uid]} 行重复"))
        key = (fold(line.title), line.row["type"])
        if line.title and key in names:
            faults.append((COLUMNS["name"], f"与第 {names[key]} 行的名称重复"))
        if line.row["main"] in becoming:
            faults.append((COLUMNS["main"], f"它的主项在第 {becoming[line.row['main']]} 行要改作子项，会绕成一圈"))
        codes.setdefault(line.uid, line.line)
        names.setdefault(key, line.line)
        found.append(line._replace(faults=tuple(faults), same=line.same and not faults))
    return found


def enter(editorial: Any, site: Site, checked: Checked, actor: Actor, source: str) -> list[Request]:
    """A request for each right row. Refused by the verb: nothing is kept."""
    return [requests.begin(editorial, site, line.kind, [line.uid] if line.uid else [], actor, rows=[line.row], reason=line.reason, effective=line.effective, source=source)
            for line in checked.right]


_NEVER = requests.clock.parse("2000-01-01")
