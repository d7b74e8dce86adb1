"""One row of an imported list: cells → values of a document, with every fault named by column, value and reason.

Owns reading and judging rows against the site as it is; writes nothing. Duplicates within the file and circles of 主项 are found with the plain
data in ``Seen``, which lives as long as one run over the file.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from openpyxl.utils import get_column_letter

from ..content import importer, publication, publish
from ..content.kinds import kind_of
from ..content.model import Document, path_of
from ..content.rowreader import convert
from ..content.scopes import scopes_at
from ..content.site import Site
from ..workflow.actors import Actor, Scope
from ..workflow.reasons import Reason, Refused
from . import cells, targets, verbs
from .cells import Element
from .names import Names
from .tables import Row, Table, sample

MISSING = "必填，现在是空的"


class Fault(NamedTuple):
    """``number``: the column from 0, -1 = the whole row."""

    number: int
    reason: str


class Entry(NamedTuple):
    """A row as it would be entered. ``document`` uid and ``base`` for a change of a present document; else ``name`` and ``parent`` path of a new one."""

    line: int
    title: str
    values: dict[str, Any]
    uid: str = ""
    base: str = ""
    parent: str = ""
    name: str = ""
    changed: bool = True


@dataclass
class Seen:
    """What earlier rows of the file have used."""

    codes: dict[str, int] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    mains: dict[str, tuple[int, str]] = field(default_factory=dict)       # name of a directory item → (line, its 主项)
    names: Names = field(default_factory=Names)


@dataclass(frozen=True)
class Reader:
    """How the rows of one import are read."""

    target: str
    table: Table
    columns: dict[int, str]
    options: dict[str, str]

    @cached_property
    def elements(self) -> list[tuple[int, Element]]:
        found = [(number, targets.field_of(self.target, key)) for number, key in sorted(self.columns.items())]
        return [(number, one) for number, one in found if one is not None]

    def column(self, number: int) -> str:
        """``C 列 联系电话`` for people."""
        if not 0 <= number < len(self.table.columns):
            return "整行"
        column = self.table.columns[number]
        return f"{column.letter or get_column_letter(number + 1)} 列 {column.title}".strip()

    def title_of(self, row: Row) -> str:
        """What the row calls itself, for the report."""
        number = max(self.number_of("name"), self.number_of("title"))
        return shown(row, number) if number >= 0 else ""

    def number_of(self, key: str) -> int:
        return next((number for number, other in self.columns.items() if other == key), -1)


def value_at(row: Row, number: int) -> Any:
    return row.cells[number] if 0 <= number < len(row.cells) else None


def read(site: Site, reader: Reader, row: Row, seen: Seen, actor: Actor) -> tuple[Entry | None, list[Fault]]:
    """What the row would become, or its faults."""
    if row.problem:
        return None, [Fault(-1, row.problem)]
    if reader.target == targets.REGISTER:
        return _register(site, reader, row, seen, actor)
    beside: dict[str, str] = {}
    faults = []
    for number, one in reader.elements:
        if one.key.startswith("@"):
            try:
                beside[one.key] = cells.text_of(value_at(row, number))
            except ValueError as exc:
                faults.append(Fault(number, str(exc)))
    if faults:
        return None, faults
    if beside.get(targets.UID):
        return _change(site, reader, row, beside, seen, actor)
    return _new(site, reader, row, beside, seen, actor)


def _cells(site: Site, reader: Reader, row: Row, seen: Seen, before: dict[str, Any] | None) -> tuple[dict[str, Any], list[Fault]]:
    """Raw values with the cells set that say something new."""
    values, faults = before or {}, []
    for number, one in reader.elements:
        if one.key.startswith("@"):
            continue
        cell = value_at(row, number)
        if before is not None and same(site, one, before, cell, seen):
            continue
        if before is not None and one.form == "body" and cells.formatted(cells.get(before, one)):
            faults.append(Fault(number, "这段正文有小标题、列表、表格或图片，在表格里改会丢掉它们：请在网页里改，表格里保持原样"))
            continue
        try:
            value = seen.names.read(site, one.key, cells.read(one, cell))
        except ValueError as exc:
            faults.append(Fault(number, str(exc)))
            continue
        if value is None and one.required:
            faults.append(Fault(number, MISSING))
        elif value is not None or before is not None:
            values = cells.put(values, one, value)
    return values, faults


def same(site: Site, one: Element, before: dict[str, Any], cell: Any, seen: Seen) -> bool:
    """Whether a cell says what our own export of the present value says: then the value is kept as it is, whatever a cell cannot show of it."""
    shown = cells.show(one, seen.names.show(site, one.key, cells.get(before, one)))
    try:
        return cells.text_of(cell, one.form) == cells.text_of(shown, one.form)
    except ValueError:
        return False


def _change(site: Site, reader: Reader, row: Row, beside: dict[str, str], seen: Seen, actor: Actor) -> tuple[Entry | None, list[Fault]]:
    uid, at = beside[targets.UID], reader.number_of(targets.UID)
    document = site.document(uid)
    edition = verbs.current(document) if document is not None and document.__parent__ is not None else None
    if document is None or edition is None or document.kind != reader.target:
        return None, [Fault(at, "没有这个编号的内容（可能已删除，或表格不是这种内容的）")]
    if uid in seen.ids:
        return None, [Fault(at, f"与第 {seen.ids[uid]} 行是同一份内容")]
    seen.ids[uid] = row.line
    if beside.get(targets.VERSION) != edition.uid:
        return None, [Fault(reader.number_of(targets.VERSION), f"下载以后有人改过“{verbs.title_of(document)}”，没有覆盖：请重新下载，在新的表里改这一行")]
    raw, faults = _cells(site, reader, row, seen, edition.values)
    if faults:
        return None, faults
    entry = Entry(row.line, verbs.title_of(document), raw, uid, edition.uid)
    values, faults = _clean(site, reader, document, entry, actor)
    if faults:
        return None, faults
    return entry._replace(values=values, changed=values != edition.values), []


def _new(site: Site, reader: Reader, row: Row, beside: dict[str, str], seen: Seen, actor: Actor) -> tuple[Entry | None, list[Fault]]:
    raw, faults = _cells(site, reader, row, seen, None)
    if faults:
        return None, faults
    if targets.registers(reader.target) and reader.options.get("source"):
        raw = {**raw, "register": {"source": reader.options["source"], "year": reader.options.get("year", "")}}
    try:
        parent = targets.place_for(site, reader.target, raw, beside.get(targets.PARENT, ""))
        name = beside.get(targets.SLUG) or targets.slug_for(reader.target, raw, beside.get(targets.PARENT, ""))
    except ValueError as exc:
        return None, [Fault(reader.number_of(targets.PARENT), str(exc))]
    entry = Entry(row.line, kind_of(reader.target).heading(raw) or name, raw, parent=path_of(parent), name=name)
    values, faults = _clean(site, reader, None, entry, actor)
    faults = faults or _twice(reader, row, values, seen) \
        or _taken(site, reader, row, seen, path_of(parent).rstrip("/") + "/" + name, bool(beside.get(targets.SLUG)))
    if not faults and reader.target == "DirectoryItem":
        seen.mains[values["name"]] = (row.line, values.get("main") or "")
    return (None, faults) if faults else (entry._replace(values=values), [])


def _taken(site: Site, reader: Reader, row: Row, seen: Seen, path: str, given: bool) -> list[Fault]:
    """Whether the address is free in the site and in the file."""
    number = reader.number_of(targets.SLUG)
    if site.at(path) is not None:
        return [Fault(number, f"{path} 已有内容，请换一个标识" if given else f"已有相同的内容（{path}）：要改它请用工作台下载的表填写")]
    if path in seen.places:
        return [Fault(number, f"与第 {seen.places[path]} 行的{'标识' if given else '内容'}重复")]
    seen.places[path] = row.line
    return []


def _twice(reader: Reader, row: Row, values: dict[str, Any], seen: Seen) -> list[Fault]:
    """Codes used by an earlier row."""
    found = []
    for code in kind_of(reader.target).codes(values):
        if code in seen.codes:
            found.append(Fault(max(reader.number_of("code"), reader.number_of("basic_code")), f"编码与第 {seen.codes[code]} 行重复"))
        seen.codes.setdefault(code, row.line)
    return found


def _clean(site: Site, reader: Reader, document: Document | None, entry: Entry, actor: Actor) -> tuple[dict[str, Any], list[Fault]]:
    """Values by the schema, the identity rules, and whether the actor may write them there."""
    try:
        values = publish.clean(reader.target, entry.values) if document is None else verbs.clean_draft(reader.target, entry.values)
    except Refused as exc:
        return {}, [Fault(_column_of(reader, reason.field), _without(reader, reason.field, reason.message)) for reason in exc.reasons]
    faults = [Fault(_column_of(reader, reason.field), _without(reader, reason.field, reason.message))
              for reason in publish.identity_reasons(site, document, reader.target, values)]
    org = reader.number_of("org")
    if org >= 0 and any(fault.number == org for fault in faults):
        return values, faults               # no such department: whose it would be cannot be asked
    return values, faults + [Fault(org, reason.message) for reason in _rights(site, reader, document, entry, values, actor)]


def _rights(site: Site, reader: Reader, document: Document | None, entry: Entry, values: dict[str, Any], actor: Actor) -> list[Reason]:
    """Why the actor may not write these values there, or publish them at once where that is wished."""
    if document is not None:
        return verbs.may_write(document, values, actor) or publication.against(document, "save", actor)
    parent = site.at(entry.parent)
    found = verbs.may_begin(parent, entry.name, reader.target, values, actor)
    if not found and reader.options.get("then") == "publish":
        found = verbs.may_publish(scopes_at(parent, entry.name, reader.target, values), actor)
    return found


def _column_of(reader: Reader, title: str) -> int:
    """The column of a schema's field path: the element whose title begins it; for codes the column of the code."""
    if title == "编码":
        return max(reader.number_of("code"), reader.number_of("basic_code"))
    fitting = [(len(one.title), number) for number, one in reader.elements if title == one.title or title.startswith(one.title + "／")]
    return max(fitting)[1] if fitting else -1


def _without(reader: Reader, title: str, message: str) -> str:
    """The field's name before the message where its column does not say it."""
    return message if _column_of(reader, title) >= 0 or not title else f"{title}：{message}"


def circles(site: Site, reader: Reader, seen: Seen) -> list[tuple[int, Fault]]:
    """(line, fault) of directory items whose 主项 is neither in the file nor in the site, or that are their own 主项 in a circle (R5.9.6)."""
    if not any(main for _, main in seen.mains.values()):
        return []
    number, found = reader.number_of("main"), []
    known = {document.live.head["name"] for document in site["items"].values() if document.kind == "DirectoryItem" and document.live is not None}
    for name, (line, main) in seen.mains.items():
        way = [name]
        while main and main in seen.mains and main not in way:
            way.append(main)
            main = seen.mains[main][1]
        if main and main in way:
            found.append((line, Fault(number, f"主项绕成一圈：{'、'.join(way[:4])}，请改正")))
        elif main and main not in known and main not in seen.mains:
            found.append((line, Fault(number, f"主项“{main[:60]}”不存在：请先建立它，或写进同一个文件")))
    return found


def _register(site: Site, reader: Reader, row: Row, seen: Seen, actor: Actor) -> tuple[Entry | None, list[Fault]]:
    mapping = targets.register_mapping(reader.columns, tuple(column.title for column in reader.table.columns), reader.options)
    raw: dict[str, Any] = {}
    faults = []
    for number, one in reader.elements:
        try:
            raw[str(number)] = cells.text_of(value_at(row, number), one.form)
        except ValueError as exc:
            faults.append(Fault(number, str(exc)))
    record, wrong = convert(row.line, raw, mapping)
    faults += [Fault(int(fault.field) if fault.field.isdigit() else -1, fault.reason) for fault in wrong]
    if faults:
        return None, faults
    targets.complete_register(record)
    code = reader.number_of("code")
    faults = [Fault(code if fault.field == "编码" else -1, fault.reason if fault.field == "编码" else f"{fault.field}：{fault.reason}")
              for fault in importer.code_faults(site, row.line, record, seen.codes, seen.ids)]
    if lacking := verbs.lacking(actor, [Scope("/items", "", record["region"])], "directory", "site"):
        faults.append(Fault(reader.number_of("region"), lacking[0].message))
    return (None, faults) if faults else (Entry(row.line, record["name"], record), [])


def shown(row: Row, number: int) -> str:
    """The value of a cell, shortened for the report."""
    return sample(value_at(row, number))
