"""An uploaded list as a table: which format, encoding, sheet and header row it has, its columns with samples, and its rows.

Owns detection, the limits of the import wizard and what is told to people about odd files (merged headers, columns twice, a title above).
Must not know what a column means. TableError is one Chinese line that says what to do.
"""
from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from openpyxl.utils import column_index_from_string, get_column_letter

from ..content import sheets
from ..content.sheets import SheetError

MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_BYTES = 20 << 20
MAX_TEXT = 100_000           # characters of one cell
SAMPLES = 3
HELP_SHEET = "填写说明"      # of our own workbooks, never data
HEADER_WITHIN = 20           # the header is looked for in the first rows
FORMATS = {"xlsx": "XLSX 工作簿", "csv": "CSV", "jsonl": "JSONL"}
ENCODINGS = {"utf-8-sig": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16"}


class TableError(Exception):
    """The file cannot be taken as a list; says why and what to do."""


@dataclass(frozen=True)
class Layout:
    """How to read the file. ``header``: row number of the column names (CSV, XLSX). ``names``: columns of a JSONL file."""

    format: str
    encoding: str = ""
    delimiter: str = ","
    sheet: str = ""
    header: int = 1
    names: tuple[str, ...] = ()


class Column(NamedTuple):
    number: int
    letter: str
    title: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """What is known of a file. ``rows``: how many there seem to be, 0 = not known. ``warnings``: to be told to the person."""

    layout: Layout
    sheets: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: int
    warnings: tuple[str, ...]


class Row(NamedTuple):
    """``problem``: why the line is no row, '' for one that is."""

    line: int
    cells: tuple[Any, ...]
    problem: str = ""


def plain(title: Any) -> str:
    """A column name as it is compared: no space, star, colon or remark in brackets."""
    return re.sub(r"[（(].*?[)）]|[\s*＊:：]", "", str(title or ""))


def detect(path: Path, name: str) -> Layout:
    """The format and encoding by the content, whatever the file is called. TableError for what is no list."""
    size = path.stat().st_size
    if not size:
        raise TableError(f"“{name[:60]}”是空文件，请重新选择")
    if size > MAX_BYTES:
        raise TableError(f"“{name[:60]}”超过 {MAX_BYTES >> 20} MB，请分成几个文件")
    with open(path, "rb") as stream:
        head = stream.read(512)
    if head.startswith(b"PK"):
        return Layout("xlsx")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError("这是旧格式的 .xls 文件，或加了密码的工作簿：请用表格软件打开，去掉密码，另存为 .xlsx 再上传")
    if re.match(rb"(\xef\xbb\xbf)?\s*<", head):
        raise TableError("这个文件其实是网页或 XML，只是名字像表格：请用表格软件打开，另存为 .xlsx 再上传")
    encoding, text = _decode(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if first.lstrip().startswith("{"):
        return Layout("jsonl", encoding)
    counts = {mark: first.count(mark) for mark in (",", "\t", ";")}
    return Layout("csv", encoding, max(counts, key=lambda mark: counts[mark]) if any(counts.values()) else ",")


def _decode(path: Path, encoding: str = "") -> tuple[str, str]:
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = encoding or "utf-16"
    elif b"\x00" in data[:4096]:
        raise TableError("这不是能读的列表文件，请上传 XLSX、CSV 或 JSONL")
    for name in [encoding] if encoding else ["utf-8-sig", "gb18030"]:
        try:
            return name, data.decode(name)
        except UnicodeDecodeError:
            continue
    raise TableError("认不出文件的文字编码：请在表格软件里另存为“CSV UTF-8”或 .xlsx 再上传")


def look(path: Path, name: str, *, known: frozenset[str] = frozenset(), sheet: str = "", header: int = 0, encoding: str = "") -> Table:
    """What the file holds. ``known``: plain column names that help to find the header; ``sheet``, ``header``, ``encoding``: the person's choice
    instead of what is detected. TableError when it cannot be used."""
    layout = detect(path, name)
    if encoding and layout.format != "xlsx":
        if encoding not in ENCODINGS:
            raise TableError(f"编码请选 {'、'.join(ENCODINGS.values())} 之一")
        layout = replace(layout, encoding=encoding)
    try:
        with sheets.open_book(path) if layout.format == "xlsx" else nullcontext() as book:        # once: the texts of a workbook take long to read
            return _look(path, layout, known, sheet, header, book)
    except SheetError as exc:
        raise TableError(str(exc)) from None


def _look(path: Path, layout: Layout, known: frozenset[str], sheet: str, header: int, book: Any) -> Table:
    if layout.format == "jsonl":
        return _look_jsonl(path, layout)
    names: tuple[str, ...] = ()
    warnings: list[str] = []
    total = 0
    if layout.format == "xlsx":
        facts = sheets.facts(path, book)
        names = tuple(fact.name for fact in facts if fact.name != HELP_SHEET)
        layout = replace(layout, sheet=sheet or (names[0] if names else ""))
        total = next((fact.rows for fact in facts if fact.name == layout.sheet), 0)
        if len(names) > 1 and not sheet:
            warnings.append(f"文件里有 {len(names)} 个工作表，现在读的是“{layout.sheet}”")
    first = [(line, cells) for line, cells in _raw(path, layout, HEADER_WITHIN + 50, book)]
    if not first:
        raise TableError("表里没有内容，第一行要有列名")
    line = header or _header(first, known)
    layout = replace(layout, header=line)
    cells = next((cells for number, cells in first if number == line), None)
    if cells is None:
        raise TableError(f"第 {line} 行是空的，请选有列名的一行")
    columns = _columns(cells, [cells for number, cells in first if number > line])
    warnings += _warnings(path, layout, columns, first, book)
    return Table(layout, names, columns, max(0, total - line), tuple(warnings))


def _raw(path: Path, layout: Layout, limit: int = 0, book: Any = None) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """(row number as spreadsheets show it, cells) of the first ``limit`` filled rows (0 = all), the header included."""
    if layout.format == "xlsx":
        yield from (sheets.first_rows(path, layout.sheet, limit, max_columns=MAX_COLUMNS, book=book) if limit
                    else sheets.rows_of(path, layout.sheet, max_rows=MAX_ROWS + layout.header, max_columns=MAX_COLUMNS))
        return
    csv.field_size_limit(MAX_BYTES)
    reader, found = csv.reader(io.StringIO(_decode(path, layout.encoding)[1], newline=""), delimiter=layout.delimiter, strict=True), 0
    try:
        for line, cells in enumerate(reader, 1):
            if len(cells) > MAX_COLUMNS:
                raise TableError(f"第 {line} 行超过 {MAX_COLUMNS} 列，请检查分隔符和引号")
            if line > MAX_ROWS + layout.header:
                raise TableError(f"超过 {MAX_ROWS} 行，请分成几个文件")
            if any(cell.strip() for cell in cells):
                yield line, tuple(cells)
                found += 1
                if found == limit:
                    return
    except csv.Error as exc:
        raise TableError(f"第 {reader.line_num} 行的 CSV 写法不对（{exc}），请检查引号") from None


def _header(first: list[tuple[int, tuple[Any, ...]]], known: frozenset[str]) -> int:
    """The row with most known column names; else the first with the most text cells."""
    rows = first[:HEADER_WITHIN]
    hits = [(sum(plain(cell) in known for cell in cells), -line) for line, cells in rows]
    if max(hits)[0] > 0:
        return -max(hits)[1]
    widths = [(sum(isinstance(cell, str) and bool(cell.strip()) for cell in cells), -line) for line, cells in rows[:5]]
    return -max(widths)[1]


def _columns(header: tuple[Any, ...], body: list[tuple[Any, ...]]) -> tuple[Column, ...]:
    width = max([len(header), *(len(cells) for cells in body)])
    found = []
    for number in range(width):
        title = str(header[number]).strip() if number < len(header) and header[number] is not None else ""
        samples = dict.fromkeys(text for cells in body if number < len(cells) and (text := sample(cells[number])))
        found.append(Column(number, get_column_letter(number + 1), title, tuple(samples)[:SAMPLES]))
    return tuple(found)


def sample(cell: Any) -> str:
    """A cell shortened for show."""
    text = "" if cell is None else " ".join(str(cell).split())
    return text if len(text) <= 60 else text[:59] + "…"


def _warnings(path: Path, layout: Layout, columns: tuple[Column, ...], first: list[tuple[int, tuple[Any, ...]]], book: Any) -> list[str]:
    found = []
    above = [line for line, _ in first if line < layout.header]
    if above:
        found.append(f"第 {layout.header} 行是列名，上面的 {len(above)} 行没有当作数据")
    by_title: dict[str, list[str]] = {}
    for column in columns:
        by_title.setdefault(column.title, []).append(column.letter)
    found += [f"列名“{title}”出现了 {len(letters)} 次（{'、'.join(letters)} 列）：请确认各自对应什么，或改成不同的名称"
              for title, letters in by_title.items() if title and len(letters) > 1]
    unnamed = [column.letter for column in columns if not column.title and column.samples]
    if unnamed:
        found.append(f"{'、'.join(unnamed)} 列有内容但没有列名，不会导入")
    if layout.format == "xlsx":
        merged = sheets.merged_cells(path, layout.sheet, book)
        header = [one for one in merged if one.top <= layout.header <= one.bottom and column_index_from_string(one.last) > column_index_from_string(one.first)]
        found += [f"表头 {one} 是合并的单元格，只有第一列得到列名：请取消合并，每列写一个列名" for one in header[:5]]
        body = [one for one in merged if one.bottom > layout.header and one not in header]
        if body:
            found.append(f"数据里有 {len(body)} 处合并的单元格（例如 {body[0]}），只有左上角的一格有内容：请取消合并并填满每一格")
    return found


def _look_jsonl(path: Path, layout: Layout) -> Table:
    names: dict[str, list[str]] = {}
    rows = 0
    for row in _objects(path, layout):
        rows += 1
        if rows <= 500 and isinstance(row[1], dict):
            for key, value in row[1].items():
                samples = names.setdefault(str(key).strip(), [])
                if len(samples) < SAMPLES and (text := sample(value)):
                    samples.append(text)
    if not names:
        raise TableError("文件里没有一行是 JSON 对象，每行要写成 {\"名称\": \"…\"}")
    if len(names) > MAX_COLUMNS:
        raise TableError(f"有 {len(names)} 个不同的名称，最多 {MAX_COLUMNS} 个")
    columns = tuple(Column(number, "", title, tuple(samples)) for number, (title, samples) in enumerate(names.items()))
    return Table(replace(layout, names=tuple(names), header=0), (), columns, rows, ())


def _objects(path: Path, layout: Layout) -> Iterator[tuple[int, Any]]:
    """(line, object, or a str saying why it is none)."""
    for line, text in enumerate(_decode(path, layout.encoding)[1].splitlines(), 1):
        if not text.strip():
            continue
        if line > MAX_ROWS:
            raise TableError(f"超过 {MAX_ROWS} 行，请分成几个文件")
        try:
            row = json.loads(text)
        except (ValueError, RecursionError):
            row = "不是一行完整的 JSON"
        yield line, row if isinstance(row, (dict, str)) else "应为一个 JSON 对象"


def rows(path: Path, layout: Layout) -> Iterator[Row]:
    """The filled rows below the header. A line that is no row comes with its ``problem``. TableError when the file breaks off."""
    try:
        if layout.format == "jsonl":
            yield from _jsonl(path, layout)
            return
        width = None
        for line, cells in _raw(path, layout):
            if line < layout.header:
                continue
            if width is None:
                width = len(cells)
                continue
            extra = [cell for cell in cells[width:] if cell not in (None, "")] if layout.format == "csv" else []
            problem = f"有 {len(cells)} 格，比列名多：请检查这一行的逗号和引号" if extra else _too_long(cells)
            yield Row(line, cells, problem)
    except SheetError as exc:
        raise TableError(str(exc)) from None


def _too_long(cells: tuple[Any, ...]) -> str:
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, str) and len(cell) > MAX_TEXT:
            return f"{get_column_letter(number)} 列有 {len(cell)} 个字，一格最多 {MAX_TEXT} 个字"
    return ""


def _jsonl(path: Path, layout: Layout) -> Iterator[Row]:
    for line, found in _objects(path, layout):
        if isinstance(found, str):
            yield Row(line, (), found)
            continue
        given = {str(key).strip(): value for key, value in found.items()}
        strange = [key for key in given if key not in layout.names]
        cells = tuple(given.get(name) for name in layout.names)
        yield Row(line, cells, f"有前面没有的名称“{strange[0][:40]}”" if strange else _too_long(cells))
