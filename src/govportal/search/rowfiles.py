"""Files of the tables: the shipped form, written from rows and read back; and the operator's files laid over the shipped tables.

Owns the form (CSV, and lines with tabs for question words, both with author, time and whether the row beneath is switched off). SynonymError
names file, line and fault.
"""
from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from .rows import KINDS, Kind, Row, checked, with_rows
from .tables import SynonymError, Tables

log = logging.getLogger("govportal.search")


class Line(NamedTuple):
    """A row of a file. ``by``, ``at``: who wrote it first and when, as the file says."""

    number: int
    row: Row
    source: str
    by: str = ""
    at: str = ""


def write_file(kind: Kind, lines: Iterable[Line]) -> str:
    """The shipped form of a table with the columns by, at and off; for question words a tab between them."""
    names = [column.name for column in kind.columns]
    head = list(dict.fromkeys((*_head(kind), "by", "at", "off")))
    out = io.StringIO()
    if kind.name == "question":
        out.write("# 问法\t来源\t作者\t时间\t停用\n")
        for line in lines:
            out.write("\t".join((line.row.values["word"], line.source, line.by, line.at, "1" if line.row.off else "")) + "\n")
        return out.getvalue()
    writer = csv.DictWriter(out, head, lineterminator="\n", restval="")
    writer.writeheader()
    for line in lines:
        writer.writerow({**{name: line.row.values[name] for name in names}, kind.why: line.source, "by": line.by, "at": line.at, "off": "1" if line.row.off else ""})
    return out.getvalue()


def _head(kind: Kind) -> tuple[str, ...]:
    """The columns of the shipped file in their order."""
    return {"synonym": ("said", "means", "weight", "source", "note"), "elsewhere": ("words", "matter", "where", "source"),
            "best_bet": ("query", "path", "reason", "until"), "word": ("word", "kind", "weight", "note")}.get(kind.name, ())


def read_file(kind: Kind, text: str) -> list[Line]:
    """Rows of a table as written by ``write_file`` or shipped. SynonymError names a file without the columns; the cells are not checked."""
    text = text.removeprefix("\ufeff")
    if kind.name == "question":
        cells = [(number, [*line.split("\t"), "", "", "", ""]) for number, line in enumerate(text.splitlines(), 1) if line.strip() and not line.startswith("#")]
        return [Line(number, Row(kind.name, {"word": part[0]}, part[4].strip() == "1"), part[1], part[2], part[3]) for number, part in cells]
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        missing = [column.name for column in kind.columns if column.name not in (reader.fieldnames or ())]
        if missing:
            raise SynonymError(f"{kind.file}：第一行要有列名 {'、'.join(missing)}")
        return [_line(kind, reader.line_num, raw) for raw in reader]
    except csv.Error:
        raise SynonymError(f"{kind.file}：不是能读的 CSV，引号可能没有成对") from None


def _line(kind: Kind, number: int, raw: dict[str, Any]) -> Line:
    cell = {name: value for name, value in raw.items() if isinstance(name, str) and isinstance(value, str)}
    return Line(number, Row(kind.name, {column.name: cell.get(column.name, "") for column in kind.columns}, cell.get("off", "").strip() == "1"),
                cell.get(kind.why, ""), cell.get("by", ""), cell.get("at", ""))


def with_files(tables: Tables, folder: Path) -> Tables:
    """The tables with the operator's files laid over them; a broken file is named in the log and left out."""
    for kind in KINDS.values():
        path = folder / kind.file
        try:
            if path.is_file():
                tables = with_rows(tables, _sound(kind, path.read_text(encoding="utf-8-sig")))
        except (OSError, UnicodeDecodeError, SynonymError) as exc:
            log.warning("%s: %s", path.name, exc)
    return tables


def _sound(kind: Kind, text: str) -> list[tuple[Row, str]]:
    """(row, source) of a file, all found sound. SynonymError names the first line that is not."""
    found = []
    for line in read_file(kind, text):
        row, faults = checked(line.row)
        faults = [fault for fault in faults if not (fault[0] == "until" and not row.values["until"])]      # a file may leave the date open
        if faults:
            raise SynonymError(f"{kind.file} 第 {line.number} 行：{faults[0][1]}")
        found.append((row, line.source))
    return found
