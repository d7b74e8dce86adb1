"""Writing tables to files: XLSX, CSV (UTF-8 with a mark), JSON, row by row, so that a long list needs no memory.

Owns that no cell can become a formula: in a workbook every text is a text cell, in CSV a leading = + - @ is set behind an apostrophe. Must not
know what the rows mean. A result becomes a blob of the caller's transaction.
"""
from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import re
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from ZODB.blob import Blob

from ..base.blobs import FileFacts, StoredFile
from .cells import MAX_CELL

TYPES = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv", "json": "application/json"}
RED, HEAD = PatternFill("solid", fgColor="F9D0CC"), PatternFill("solid", fgColor="E8EDF3")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _temporary(owner: Any, suffix: str) -> tuple[int, str]:
    """A file that goes with its writer unless it was taken over."""
    handle, path = tempfile.mkstemp(suffix=suffix)
    weakref.finalize(owner, Path(path).unlink, missing_ok=True)
    return handle, path


def safe(value: Any) -> Any:
    """A value for CSV: text that a spreadsheet would run gets an apostrophe in front."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def plain_text(value: str) -> str:
    """Text that a workbook can hold: no control characters, not longer than a cell."""
    value = _CONTROL.sub("", value)
    return value if len(value) <= MAX_CELL else value[:MAX_CELL - 20] + "……（后面太长，略）"


def cell(sheet: Any, value: Any, *, fill: PatternFill | None = None, bold: bool = False) -> Any:
    """A cell of a write-only sheet; text stays text whatever it begins with."""
    if isinstance(value, str):
        value = plain_text(value)
    elif value is not None and (not isinstance(value, (int, float)) or not math.isfinite(value)):
        value = str(value)
    made = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        made.data_type = "s"
        made.quotePrefix = value.startswith(_FORMULA)
        if "\n" in value:
            made.alignment = Alignment(wrap_text=True, vertical="top")
    if fill is not None:
        made.fill = fill
    if bold:
        made.font = Font(bold=True)
    return made


class XlsxWriter:
    format = "xlsx"

    def __init__(self, header: Sequence[str], *, title: str = "列表", widths: Sequence[int] = ()) -> None:
        self.book = Workbook(write_only=True)
        self.sheet: Any = self.book.create_sheet(title)
        self.sheet.freeze_panes = "A2"
        for number, name in enumerate(header, 1):
            width = widths[number - 1] if number <= len(widths) else max(10, min(40, 2 * len(name) + 4))
            self.sheet.column_dimensions[get_column_letter(number)].width = width
        self.sheet.append([cell(self.sheet, name, fill=HEAD, bold=True) for name in header])

    def row(self, values: Iterable[Any], red: frozenset[int] | set[int] = frozenset()) -> None:
        """``red``: numbers (from 0) of the cells to be marked."""
        self.sheet.append([cell(self.sheet, value, fill=RED if number in red else None) for number, value in enumerate(values)])

    def close(self) -> str:
        handle, path = _temporary(self, ".xlsx")
        os.close(handle)
        self.book.save(path)
        return path


class CsvWriter:
    format = "csv"

    def __init__(self, header: Sequence[str]) -> None:
        handle, self.path = _temporary(self, ".csv")
        self.stream = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")     # with a mark, so that spreadsheets read it as UTF-8
        self.writer = csv.writer(self.stream)
        self.row(header)

    def row(self, values: Iterable[Any]) -> None:
        self.writer.writerow(["" if value is None else safe(value) for value in values])

    def close(self) -> str:
        self.stream.close()
        return self.path


class JsonWriter:
    """A list of objects by column name; two columns of one name get a number."""

    format = "json"

    def __init__(self, header: Sequence[str]) -> None:
        handle, self.path = _temporary(self, ".json")
        self.stream = os.fdopen(handle, "w", encoding="utf-8")
        self.header, self.begun = [name if name not in header[:number] else f"{name} {number + 1}" for number, name in enumerate(header)], False
        self.stream.write("[")

    def row(self, values: Iterable[Any]) -> None:
        self.stream.write((",\n" if self.begun else "\n") + json.dumps(dict(zip(self.header, values, strict=False)), ensure_ascii=False, default=str))
        self.begun = True

    def close(self) -> str:
        self.stream.write("\n]\n")
        self.stream.close()
        return self.path


WRITERS: dict[str, Any] = {"xlsx": XlsxWriter, "csv": CsvWriter, "json": JsonWriter}


def stored(path: str, name: str, format: str) -> StoredFile:
    """Take the file at ``path`` over into a blob of the caller's transaction."""
    digest, size = hashlib.sha256(), 0
    with open(path, "rb") as stream:
        for chunk in iter(lambda: stream.read(1 << 18), b""):
            digest.update(chunk)
            size += len(chunk)
    blob = Blob()
    blob.consumeFile(path)
    return StoredFile(FileFacts(size, digest.hexdigest(), TYPES[format], name), blob)
