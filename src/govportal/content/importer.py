"""``govportal import``: whole lists of items from outside, entered as ``registered`` rows, nothing half written.

Owns the two passes (check all rows, then write in one transaction with savepoints) and how a row becomes directory,
implementation and handling items: a 33-digit code is a HandlingItem whose missing parent is made from ``parent_name`` and
marked derived. Twice changes nothing, because ids come from the source's own ids. Must not guess: what a row does not
give stays 未提供.
"""
from __future__ import annotations

import base64
import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..base.identifiers import IdentifierError, parse_item_code
from . import publish
from .model import Document
from .rowreader import BadRow, Mapping, MappingError, Reject, RowFault, convert, read_mapping, read_rows
from .site import Site
from .topics import TopicRules, load_topic_rules

NAMESPACE = uuid.UUID("5f0d5a2e-9901-4c00-8a00-676f76706f72")
SAVEPOINT = 1000
LIST_MARKS = re.compile("[、，,;；\n]+")     # between the words of a list in one cell


class ImportRefused(Exception):
    """Rows are wrong and nothing was written; ``faults`` name line, field and reason."""

    def __init__(self, faults: list[RowFault]) -> None:
        super().__init__(f"有 {len(faults)} 处问题，没有写入任何内容：\n" + "\n".join(str(fault) for fault in faults[:20])
                         + (f"\n（还有 {len(faults) - 20} 处）" if len(faults) > 20 else ""))
        self.faults = faults


@dataclass
class Report:
    rows: int = 0
    written: int = 0
    created: int = 0
    changed: int = 0
    faults: list[RowFault] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)   # for ``rowreader.write_rejects``, after the commit


def segment(key: str) -> str:
    """A short ASCII path segment, the same for the same key."""
    return base64.b32encode(hashlib.sha1(key.encode()).digest())[:10].decode().lower()


def _uid(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "/".join(parts)))


def import_file(site: Site, path: Path, mapping_path: Path, *, actor: str, skip_bad: bool = False,
                progress: Callable[[int, int], None] | None = None, savepoint: Callable[[], None] | None = None) -> Report:
    """Read, check, write. The caller commits. ImportRefused (nothing written) unless ``skip_bad``; MappingError for the file."""
    mapping = read_mapping(mapping_path)
    if mapping.kind != "registered-item":
        raise MappingError(f"映射的 kind “{mapping.kind}”不认识，可用：registered-item")
    good, report = check_rows(site, path, mapping)
    if report.faults and not skip_bad:
        raise ImportRefused(report.faults)
    writer = RegisterWriter(site, mapping, load_topic_rules(), actor)
    for number, (_, record) in enumerate(good, 1):
        before = writer.created
        changed = writer.write(record)
        report.written += 1
        report.created += writer.created > before
        report.changed += changed
        if savepoint is not None and number % SAVEPOINT == 0:
            savepoint()
        if progress is not None and (number % 50 == 0 or number == len(good)):
            progress(number, len(good))
    return report


def check_rows(site: Site, path: Path, mapping: Mapping) -> tuple[list[tuple[int, dict[str, Any]]], Report]:
    """Convert and check every row: codes well formed and not used twice, in the file or by other content of the site."""
    good: list[tuple[int, dict[str, Any]]] = []
    report = Report()
    codes: dict[str, int] = {}
    ids: dict[str, int] = {}
    for line, row in read_rows(path, mapping.format):
        report.rows += 1
        if isinstance(row, BadRow):
            faults, raw = [row.fault], row.raw
        else:
            record, faults = convert(line, row, mapping)
            faults, raw = faults or code_faults(site, line, record, codes, ids), row
        if faults:
            report.faults += faults
            report.rejects.append(Reject(line, raw, tuple(faults)))
        else:
            good.append((line, record))
    return good, report


def code_faults(site: Site, line: int, record: dict[str, Any], codes: dict[str, int], ids: dict[str, int]) -> list[RowFault]:
    """What is wrong with a row's codes; ``codes`` and ``ids`` (value → line) remember those of the rows before."""
    code, source_id, faults = record["code"].upper(), record["source_id"], []
    try:
        parse_item_code(code, strict=False)
    except IdentifierError as exc:
        faults.append(RowFault(line, "编码", str(exc)))
    if code in codes:
        faults.append(RowFault(line, "编码", f"与第 {codes[code]} 行重复"))
    if source_id in ids:
        faults.append(RowFault(line, "来源标识", f"与第 {ids[source_id]} 行重复"))
    holder = site.codes.get(code)
    if holder is not None and holder != _uid("row", source_id):
        faults.append(RowFault(line, "编码", f"{code} 已由站内另一事项使用，编码不可重复使用"))
    if len(code) == 33 and not record.get("parent_name"):
        faults.append(RowFault(line, "上级事项", "业务办理项要有上级事项名称"))
    if not faults:
        codes[code], ids[source_id] = line, line
    return faults


class RegisterWriter:
    """Writes converted rows as documents; remembers the parents it has made in this run."""

    def __init__(self, site: Site, mapping: Mapping, topics: TopicRules, actor: str) -> None:
        self.site, self.mapping, self.topics, self.actor = site, mapping, topics, actor
        self.created = 0
        self._orgs: dict[str, str] = {}
        self._directories: dict[str, Document] = {}

    def write(self, record: dict[str, Any]) -> bool:
        """One row; True when something changed."""
        org = self._organisation(record)
        values = self._elements(record, org)
        code = record["code"].upper()
        if len(code) == 33:
            directory = self._directory(record, record["parent_name"], derived=False)
            derived = {"code": code[:31], "org": org, "region": record["region"], "level": record.get("level", ""), "unlisted": True,
                       "register": {**self._register(), "derived": True}}
            item = self._document(directory, segment("item/" + code[:31]), "ImplementationItem", _uid("derived", code[:31]), derived)
            values |= {"name": record["name"], "listed": True}
            return self._document(item, segment(record["source_id"]), "HandlingItem", _uid("row", record["source_id"]), values, told=True) is not None
        directory = self._directory(record, record["name"], derived=False)
        return self._document(directory, segment(record["source_id"]), "ImplementationItem", _uid("row", record["source_id"]), values,
                              told=True) is not None

    def _register(self) -> dict[str, Any]:
        source = self.mapping.source
        return {"source": source.get("name", "未提供"), "year": source.get("year", ""), "note": source.get("note", ""),
                "licence": source.get("licence", "")}

    def _organisation(self, record: dict[str, Any]) -> str:
        key = record["region"] + "/" + record["department"]
        if key not in self._orgs:
            slug = "r-" + segment("org/" + key)
            values = {"name": record["department"], "region": record["region"], "region_name": record.get("region_name", ""),
                      "code": record.get("department_code", ""), "registered": True, "source": self._register()["note"]}
            self._document(self.site["shared"]["organisations"], slug, "Organisation", _uid("org", key), values)
            self._orgs[key] = slug
        return self._orgs[key]

    def _directory(self, record: dict[str, Any], name: str, *, derived: bool) -> Document:
        """The directory item of a row; a 子项 names its 主项 (the source's parent name)."""
        basic = record.get("basic_code", "")
        key = (basic or record["code"]) + "/" + name
        if key not in self._directories:
            main = record.get("parent_name", "")
            values = {"name": name, "basic_code": basic, "type": record["type"], "main": main if main != name else "",
                      "register": {**self._register(), "derived": derived}}
            self._directories[key] = self._document(self.site["items"], segment("directory/" + key), "DirectoryItem", _uid("directory", key), values)
        return self._directories[key]

    def _elements(self, record: dict[str, Any], org: str) -> dict[str, Any]:
        person, legal, rules = self.topics.assign(record)
        values: dict[str, Any] = {
            "code": record["code"], "source_id": record["source_id"], "org": org, "region": record["region"], "level": record.get("level", ""),
            "service_objects": record.get("service_objects", ()), "person_topics": person, "legal_topics": legal,
            "plain_names": [name for name in dict.fromkeys((*record.get("plain_names", ()), *self.mapping.plain_names.get(record["name"], ())))
                            if name != record["name"]],
            "short_name": record.get("short_name", ""), "joint_orgs": record.get("co_departments", ()),
            "conditions": [record["conditions"]] if record.get("conditions") else [],
            "materials": [{"key": f"m{number}", "name": name} for number, name in enumerate(record.get("material_names", ()), 1)],
            "on_site_visits": record.get("on_site_visits"), "courier": record.get("courier"),
            "register": {**self._register(), "topic_rules": ",".join(rules)}}
        if record.get("online") is not None:
            values["online"] = {"supported": record["online"]}
        for name in ("legal", "promise"):
            if record.get(f"{name}_days") is not None:
                values[f"{name}_limit"] = {"days": record[f"{name}_days"], "unit": record.get(f"{name}_unit") or "工作日"}
        return values

    def _document(self, parent: Any, name: str, kind: str, uid: str, values: dict[str, Any], *, told: bool = False) -> Any:
        """Create or update; with ``told`` answers None when nothing changed."""
        document = self.site.document(uid)
        if document is None:
            document = publish.create(parent, name, kind, uid=uid, actor=self.actor)
            self.created += 1
        changed = publish.put(document, values, actor=self.actor)
        return document if changed or not told else None
