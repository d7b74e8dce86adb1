"""Rows of CSV, JSONL and XLSX files turned into records by a mapping (data in ``content/imports``).

Owns reading and converting single rows, and the file of rejected rows. Every fault carries line, field and reason (R5.9.6).
Must not touch the tree.
"""
from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from .sheets import SheetError, rows_of
from .vocabularies import vocabulary

MAX_CELL = 100_000
FORMATS = ("csv", "jsonl", "xlsx")


class RowFault(NamedTuple):
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"第 {self.line} 行，{self.field}：{self.reason}"


class BadRow(NamedTuple):
    """Something in the file that is no row: why, and what stands there by column (what fits none under 原文)."""

    fault: RowFault
    raw: dict[str, Any]


class Reject(NamedTuple):
    """A row that was not taken, as it stands in the file."""

    line: int
    raw: dict[str, Any]
    faults: tuple[RowFault, ...]


LINE, FIELD, REASON, TEXT = REJECT_COLUMNS = ("行号", "字段", "原因", "原文")
_OWN = "导入"      # set before a reject column where the source has a column of that name


class MappingError(Exception):
    """The mapping or the file as a whole cannot be used; one clear line."""


@dataclass(frozen=True)
class Column:
    target: str
    source: str
    required: bool = False
    type: str = "text"
    words: frozenset[str] | None = None
    map: dict[str, str] | None = None
    split: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Mapping:
    format: str
    kind: str
    source: dict[str, str]
    defaults: dict[str, Any]
    columns: tuple[Column, ...]
    ignore: frozenset[str]
    path: str = ""
    plain_names: dict[str, tuple[str, ...]] = field(default_factory=dict)    # name → 日常用语 (R5.4), beside what a row gives


def read_mapping(path: Path) -> Mapping:
    """MappingError names what is wrong in the mapping file."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        columns = tuple(_column(target, spec) for target, spec in data["fields"].items())
        mapping = Mapping(data["format"], data["kind"], data.get("source") or {}, data.get("defaults") or {}, columns,
                          frozenset(data.get("ignore") or ()), data.get("path") or "",
                          read_plain_names((path.parent / data["plain_names"]).resolve()) if data.get("plain_names") else {})
    except OSError as exc:
        named = Path(str(exc.filename or path)).name
        raise MappingError(f"找不到映射文件 {path.name}" + (f" 指定的文件 {named}" if named != path.name else "")) from None
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, LookupError, UnicodeDecodeError, re.error) as exc:
        raise MappingError(f"映射文件 {path.name} 写得不对：{exc}") from None
    if mapping.format not in FORMATS:
        raise MappingError(f"映射文件 {path.name} 的 format 应为 {'、'.join(FORMATS)} 之一")
    return mapping


def read_plain_names(path: Path) -> dict[str, tuple[str, ...]]:
    """``name,plain_names`` rows, the latter separated by 、 → {name: 日常用语}. OSError, LookupError (a column is missing)."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {row["name"]: tuple(word for part in row["plain_names"].split("、") if (word := part.strip())) for row in csv.DictReader(stream)}


def _column(target: str, spec: dict[str, Any]) -> Column:
    unknown = set(spec) - {"from", "required", "type", "vocabulary", "map", "split"}
    if unknown:
        raise LookupError(f"字段 {target} 有不认识的设置 {'、'.join(sorted(unknown))}")
    kind = spec.get("type", "text")
    if kind not in ("text", "int", "bool", "list"):
        raise LookupError(f"字段 {target} 的 type 应为 text、int、bool、list 之一")
    return Column(target, spec["from"], bool(spec.get("required")), kind,
                  frozenset(vocabulary(spec["vocabulary"]).labels) if spec.get("vocabulary") else None,
                  {str(key): str(value) for key, value in spec["map"].items()} if spec.get("map") else None,
                  re.compile(spec["split"]) if spec.get("split") else None)


def read_rows(path: Path, format: str) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    """(line number, row or BadRow). A ``.csv`` file is read as such where the format is xlsx: rejected rows of a workbook are CSV.
    MappingError when the file as a whole cannot be read."""
    if not path.is_file():
        raise MappingError(f"找不到要导入的文件 {path.name}")
    if format == "xlsx" and path.suffix.lower() == ".csv":
        format = "csv"
    try:
        yield from {"csv": _csv_rows, "jsonl": _jsonl_rows, "xlsx": _xlsx_rows}[format](path)
    except UnicodeDecodeError as exc:
        raise MappingError(f"{path.name} 不是 UTF-8 编码（第 {exc.start} 个字节起），请另存为 UTF-8 再导入") from None


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    csv.field_size_limit(64 * 1024 * 1024)
    with open(path, encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, strict=True)
        try:
            if not reader.fieldnames:
                raise MappingError(f"{path.name} 是空的，第一行要有列名")
            while True:
                line = reader.line_num + 1
                try:
                    row = next(reader)
                except StopIteration:
                    return
                if row.get(None) or None in row.values():  # type: ignore[call-overload]
                    extra = row.pop(None, None)  # type: ignore[call-overload]
                    raw = {name: cell or "" for name, cell in row.items()} | ({TEXT: ",".join(extra)} if extra else {})
                    yield line, BadRow(RowFault(line, "整行", f"列数与表头不同，应有 {len(reader.fieldnames)} 列"), raw)
                else:
                    yield line, row
        except csv.Error as exc:
            raise MappingError(f"{path.name} 第 {reader.line_num} 行的 CSV 写法不对：{exc}") from None


def _jsonl_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    with open(path, encoding="utf-8-sig") as stream:
        for line, text in enumerate(stream, 1):
            if not text.strip():
                continue
            try:
                row = json.loads(text)
            except (ValueError, RecursionError):
                yield line, BadRow(RowFault(line, "整行", "不是一行完整的 JSON"), {TEXT: text.rstrip("\r\n")})
                continue
            yield line, row if isinstance(row, dict) else BadRow(RowFault(line, "整行", "应为一个 JSON 对象"), {TEXT: text.rstrip("\r\n")})


def _xlsx_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | BadRow]]:
    try:
        rows = rows_of(path)
        _, header = next(rows, (0, ()))
        if not header:
            raise MappingError(f"{path.name} 是空的，第一行要有列名")
        names = [str(cell or "").strip() for cell in header]
        for line, cells in rows:
            yield line, {name: cells[number] if number < len(cells) else None for number, name in enumerate(names) if name}
    except SheetError as exc:
        raise MappingError(f"{path.name}：{exc}") from None


def convert(line: int, row: dict[str, Any], mapping: Mapping) -> tuple[dict[str, Any], list[RowFault]]:
    """(record, faults) of one row. Absent optional values are left out; they show as 未提供."""
    record, faults = dict(mapping.defaults), []
    known = {column.source for column in mapping.columns} | mapping.ignore | {*REJECT_COLUMNS, *(_OWN + name for name in REJECT_COLUMNS)}
    for name in row:
        if name not in known:
            faults.append(RowFault(line, str(name)[:40], "映射里没有这一列：请加进 fields，或写进 ignore"))
    for column in mapping.columns:
        try:
            value = _value(row.get(column.source), column)
        except ValueError as exc:
            faults.append(RowFault(line, column.source, str(exc)))
            continue
        if value not in (None, "", ()):
            record[column.target] = value
        elif column.required:
            faults.append(RowFault(line, column.source, "必填，现在是空的"))
    return record, faults


def reject_suffix(format: str) -> str:
    """The suffix of a reject file for a source format."""
    return ".jsonl" if format == "jsonl" else ".csv"


def write_rejects(path: Path, mapping: Mapping, rejects: list[Reject]) -> None:
    """The rejected rows in the source's own format (a workbook's as CSV) with 行号, 字段, 原因 added, so that they can be corrected there
    and imported again with the same mapping. The file appears whole. OSError when it cannot be written."""
    own = {column.source for column in mapping.columns} | mapping.ignore
    names = {name: _OWN + name if name in own else name for name in REJECT_COLUMNS}
    rows = [_reject_row(one, names) for one in rejects]
    temporary = path.with_name(path.name + ".tmp")
    try:
        if reject_suffix(mapping.format) == ".jsonl":
            temporary.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        else:
            with open(temporary, "w", encoding="utf-8-sig", newline="") as stream:   # with a mark, so that spreadsheets read it as UTF-8
                columns = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in names.values()]
                writer = csv.DictWriter(stream, [*columns, *(name for name in names.values() if any(name in row for row in rows))], restval="")
                writer.writeheader()
                writer.writerows(rows)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _reject_row(one: Reject, names: dict[str, str]) -> dict[str, Any]:
    row = {key: value for key, value in one.raw.items() if key not in names.values() and key != TEXT}
    row |= {names[LINE]: one.line, names[FIELD]: "；".join(fault.field for fault in one.faults), names[REASON]: "；".join(fault.reason for fault in one.faults)}
    return row | ({names[TEXT]: one.raw[TEXT]} if one.raw.get(TEXT) else {})


def _value(raw: Any, column: Column) -> Any:
    if raw is None:
        return None
    if column.type == "list":
        parts = raw if isinstance(raw, list) else [part for part in (column.split.split(str(raw)) if column.split else [str(raw)])]
        return tuple(word for word in (_word(part, column) for part in parts) if word)
    word = _word(raw, column)
    if column.type == "int":
        if not word:
            return None
        if not re.fullmatch(r"-?[0-9]{1,9}(\.0+)?", word, re.ASCII):
            raise ValueError(f"“{word[:30]}”不是整数")
        return int(float(word))
    if column.type == "bool":
        if word.lower() in ("true", "是", "1", "支持"):
            return True
        if word.lower() in ("false", "否", "0", "不支持"):
            return False
        if word:
            raise ValueError(f"“{word[:30]}”请写“是”或“否”")
        return None
    return word


def _word(raw: Any, column: Column) -> str:
    if isinstance(raw, (dict, list)):
        raise ValueError("这里要一个值，不是一组")
    word = str(raw).strip()
    if len(word) > MAX_CELL:
        raise ValueError(f"有 {len(word)} 个字，超过 {MAX_CELL} 字的上限")
    if "\x00" in word:
        raise ValueError("含有不可见的控制字符")
    if column.map is not None and word:
        if word not in column.map:
            raise ValueError(f"“{word[:30]}”不在对照表里，请在映射的 map 里补上")
        word = column.map[word]
    if column.words is not None and word and word not in column.words:
        raise ValueError(f"“{word[:30]}”不在代码表里，可用：{'、'.join(sorted(column.words))}")
    return word
