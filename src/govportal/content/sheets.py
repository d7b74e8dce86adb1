"""Reading XLSX workbooks that come from outside, within limits: no zip bomb, no endless sheet, no document type in the XML.

Owns the limits and the only place where a foreign workbook is opened. Must not know what the cells mean. SheetError is one Chinese line.
"""
from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers import expat

MAX_ROWS = 1_048_576               # of any workbook; who reads may set less
MAX_COLUMNS = 256
MAX_UNPACKED = 300 << 20           # bytes of all parts together
MAX_PART = 8 << 20                 # of an XML part that is no sheet: texts, styles, all that is read whole
MAX_PARTS = 2000
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*\bref=\"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})\"")
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_SHEET_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_SCANNED = 64 << 20                # a larger sheet is not searched for merged cells


class SheetError(Exception):
    """The workbook cannot be read; says why and what to do."""


class SheetFacts(NamedTuple):
    """``rows``: how many the sheet says it has, 0 = it does not say."""

    name: str
    rows: int


class Merged(NamedTuple):
    first: str
    top: int
    last: str
    bottom: int

    def __str__(self) -> str:
        return f"{self.first}{self.top}:{self.last}{self.bottom}"


def _too_much() -> SheetError:
    return SheetError(f"工作簿里的文字或格式超过 {MAX_PART >> 20} MB，请分成几个文件")


def _kinds(archive: zipfile.ZipFile) -> dict[str, set[str]]:
    """Part -> all that the workbook says it is. A table of texts is found by this, whatever it is called."""
    found: dict[str, set[str]] = {}

    def note(tag: str, values: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "Override":
            found.setdefault(values.get("PartName", "")[1:], set()).add(values.get("ContentType", ""))
    parser = expat.ParserCreate()
    parser.StartElementHandler = note
    try:
        parser.Parse(archive.read("[Content_Types].xml"), True)
    except (KeyError, expat.ExpatError):
        raise SheetError("文件不是能读的 XLSX 工作簿，请用表格软件打开后另存为 .xlsx") from None
    return found


def _guard(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise SheetError(f"工作簿解开后超过 {MAX_UNPACKED >> 20} MB，不能读取：请只留要导入的工作表，删去图片和多余的格式，另存后再试")
            for part in parts:
                with archive.open(part) as stream:
                    is_xml = _refuse_doctype(stream) or part.filename.lower().endswith((".xml", ".rels"))
                if is_xml and part.file_size > MAX_PART and not _SHEET.fullmatch(part.filename):
                    raise _too_much()
            kinds = _kinds(archive)
            if any(part.file_size > MAX_PART and kinds.get(part.filename, {_SHEET_KIND}) != {_SHEET_KIND} for part in parts):
                raise _too_much()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, RuntimeError, NotImplementedError) as exc:
        raise SheetError(f"文件不是能读的 XLSX 工作簿（{type(exc).__name__}），请用表格软件打开后另存为 .xlsx") from None


class _Root(Exception):
    pass


def _refuse_doctype(stream: Any) -> bool:
    """Whether it is XML. Entities can make a small file endless; no spreadsheet program writes a document type."""
    def stop(*_: Any) -> None:
        raise _Root

    def refuse(*_: Any) -> None:
        raise SheetError("文件里有不该有的内容（DOCTYPE），不能读取；请用表格软件另存后再试")
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = stop, refuse
    try:
        for chunk in iter(lambda: stream.read(4096), b""):
            parser.Parse(chunk)
    except _Root:
        return True
    except expat.ExpatError:
        return False
    return False


@contextmanager
def open_book(path: Path) -> Iterator[Any]:
    """An openpyxl workbook for reading, closed at the end. SheetError when it is none or too large."""
    import openpyxl
    _guard(path)
    with open(path, "rb") as stream:        # a stream, because openpyxl looks at the name of a path
        try:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        except Exception as exc:  # noqa: BLE001 - openpyxl raises many kinds for a file that is not a workbook
            raise SheetError(f"文件不是能读的 XLSX 工作簿（{type(exc).__name__}），请用表格软件打开后另存为 .xlsx") from None
        try:
            yield book
        finally:
            book.close()


def _using(path: Path, book: Any) -> AbstractContextManager[Any]:
    """The workbook when it is open already, else opened for this once."""
    return open_book(path) if book is None else nullcontext(book)


def _sheet(book: Any, name: str) -> Any:
    if name and name not in book.sheetnames:
        raise SheetError(f"文件里没有工作表“{name[:40]}”")
    sheet = book[name] if name else book.active
    if sheet is None or not hasattr(sheet, "iter_rows"):
        raise SheetError("文件里没有能读的工作表")
    return sheet


def facts(path: Path, book: Any = None) -> list[SheetFacts]:
    """The sheets of a workbook that people see, in their order."""
    with _using(path, book) as book:
        return [SheetFacts(sheet.title, sheet.max_row or 0) for sheet in book.worksheets if getattr(sheet, "sheet_state", "visible") == "visible"]


def rows_of(path: Path, name: str = "", *, max_rows: int = MAX_ROWS, max_columns: int = MAX_COLUMNS, book: Any = None) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """(row number from 1, cells without the empty end) of a sheet ('' = the one it opens with). Empty rows are left out.

    SheetError for a broken sheet, and for more rows or columns than are taken."""
    with _using(path, book) as book:
        sheet = _sheet(book, name)
        sheet.reset_dimensions()        # a sheet may lie about its size
        try:
            for line, cells in enumerate(sheet.iter_rows(max_col=max_columns + 1, max_row=MAX_ROWS, values_only=True), 1):
                if cells.count(None) == len(cells):
                    continue
                width = next((number for number in range(len(cells), 0, -1) if cells[number - 1] not in (None, "")), 0)
                if not width:
                    continue
                if width > max_columns:
                    raise SheetError(f"第 {line} 行超过 {max_columns} 列，请删去不要的列")
                if line > max_rows:
                    raise SheetError(f"超过 {max_rows} 行，请分成几个文件")
                yield line, cells[:width]
        except SheetError:
            raise
        except Exception as exc:  # noqa: BLE001 - a damaged sheet
            raise SheetError(f"工作表损坏（{type(exc).__name__}），请用表格软件打开后另存") from None


def first_rows(path: Path, name: str, count: int, *, max_columns: int = MAX_COLUMNS, book: Any = None) -> list[tuple[int, tuple[Any, ...]]]:
    rows = rows_of(path, name, max_columns=max_columns, book=book)
    try:
        return list(islice(rows, count))
    finally:
        rows.close()        # type: ignore[attr-defined]


def merged_cells(path: Path, name: str = "", book: Any = None) -> list[Merged]:
    """The merged ranges of a sheet; [] for a very large one."""
    with _using(path, book) as book:
        sheet, found, rest = _sheet(book, name), [], b""
        with zipfile.ZipFile(path) as archive:
            part = sheet._worksheet_path      # openpyxl has no public name for it
            if archive.getinfo(part).file_size > _SCANNED:
                return []
            with archive.open(part) as stream:
                for chunk in iter(lambda: stream.read(1 << 20), b""):
                    data = rest + chunk
                    last = 0
                    for match in _MERGED.finditer(data):
                        first, top, end, bottom = match.groups()
                        found.append(Merged(first.decode(), int(top), end.decode(), int(bottom)))
                        last = match.end()
                    rest = data[max(last, len(data) - 200):]
    return found
