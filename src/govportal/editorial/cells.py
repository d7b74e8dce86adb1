"""Elements of a kind as cells of a table: which there are, how one is read from a cell and shown in one.

Owns the flat view of a schema (``promise_limit.days`` = 承诺办结时限／期限) that imports, exports, workbooks and setting a field share. Small
groups of rows fit a cell: one line a row, parts separated by ｜. Must not touch the tree. A cell that cannot be read raises ValueError with
a Chinese line that says what to do.
"""
from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..content.fields import form_of
from ..content.kinds import kind_of

BAR = "｜"
MAX_CELL = 32_000            # what a cell of a workbook holds
MAX_PARTS = 6                # rows with more parts are not edited in a cell
SIMPLE = ("text", "number", "flag", "moment", "choice", "choices", "texts", "body")
_SPLIT = re.compile(r"[、，,;；\n]+")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+?[0-9]{2,3}", re.ASCII)
_EPOCH = dt.datetime(1899, 12, 30)


@dataclass(frozen=True)
class Element:
    """One element that fits a cell. ``form``: a word of ``SIMPLE`` or ``table``; ``parts``: the fields of a table's row (name, form, words)."""

    path: tuple[str, ...]
    title: str
    form: str
    words: tuple[str, ...] = ()
    required: bool = False
    source: str = ""
    parts: tuple[Element, ...] = ()

    @property
    def key(self) -> str:
        return ".".join(self.path)

    @property
    def hint(self) -> str:
        """How to fill the cell, in a few words."""
        return {"number": "填整数", "flag": "填“是”或“否”", "moment": "填日期，例如 2026-01-31", "choice": "从下拉列表选一个",
                "choices": "可填几个，用顿号分开：" + "、".join(self.words[:8]) + ("……" if len(self.words) > 8 else ""), "texts": "可填几条，一条一行（单元格内换行）",
                "body": "正文，一段一行（单元格内换行）",
                "table": "一条一行（单元格内换行），各部分用｜隔开：" + BAR.join(part.title for part in self.parts)}.get(self.form, "填文字")


@cache
def elements(kind: str) -> tuple[Element, ...]:
    """The elements of a kind that fit a cell, in the order of its schema. LookupError for an unknown kind."""
    return tuple(_elements(kind_of(kind).schema, (), ""))


def _elements(node: Any, path: tuple[str, ...], title: str) -> list[Element]:
    found = []
    for child in node.children:
        own, label, form = (*path, child.name), f"{title}／{child.title}" if title else child.title, form_of(child)
        if form == "group":
            found += _elements(child, own, label)
        elif form == "rows":
            parts = tuple(_elements(child.children[0], (), ""))
            if len(parts) == len(child.children[0].children) <= MAX_PARTS and all(part.form in ("text", "number", "choice") for part in parts):
                found.append(Element(own, label, "table", source=child.source, parts=parts))
        elif form in SIMPLE:
            found.append(Element(own, label, form, tuple(getattr(child, "words", ())), child.required, child.source))
    return found


def element(kind: str, key: str) -> Element | None:
    return next((one for one in elements(kind) if one.key == key), None)


def get(values: dict[str, Any], one: Element) -> Any:
    """The value of an element in values; None where a group above it is missing."""
    found: Any = values
    for name in one.path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def put(values: dict[str, Any], one: Element, value: Any) -> dict[str, Any]:
    """New values with this element set."""
    return _put(values, one.path, value)


def _put(values: dict[str, Any] | None, path: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *rest = path
    return {**(values or {}), name: _put((values or {}).get(name), tuple(rest), value) if rest else value}


def show(one: Element, value: Any) -> Any:
    """The cell of a value: text, an int, or None for nothing."""
    if value in (None, "", ()):
        return None
    if one.form == "flag":
        return "是" if value else "否"
    if one.form == "choices":
        return "、".join(map(str, value))
    if one.form == "texts":
        return "\n".join(str(line).replace("\n", " ") for line in value)
    if one.form == "table":
        return "\n".join(BAR.join(_plain(row.get(part.path[0])) for part in one.parts).rstrip(BAR) for row in value)
    if one.form == "body":
        return "\n".join("".join(text for _, text in strings(block[1])) for block in value)
    return value


def strings(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """(path, text) of the words in a block of a body: a text, runs, a table, a picture; addresses are no words."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            if key not in ("href", "file"):
                yield from strings(child, (*path, key))
    elif isinstance(value, (list, tuple)):
        for number, child in enumerate(value):
            yield from strings(child, (*path, number))


def formatted(value: Any) -> bool:
    """Whether a body holds more than plain paragraphs, which a cell cannot show."""
    return any(block[0] != "p" or not isinstance(block[1], str) for block in value or ())


def _plain(value: Any) -> str:
    return "" if value is None else str(value).replace("\n", " ").replace(BAR, "|")


def read(one: Element, cell: Any) -> Any:
    """The raw value of a cell for the schema; None when the cell is empty. ValueError says what is wrong and what to do."""
    text = text_of(cell, one.form)
    if not text:
        return None
    if len(text) > MAX_CELL and one.form != "body":
        raise ValueError(f"有 {len(text)} 个字，一格最多 {MAX_CELL} 个字")
    if one.form == "number":
        return _number(text)
    if one.form == "moment":
        return _moment(text)
    if one.form == "choices":
        return [_word(one, word) for part in _SPLIT.split(text) if (word := part.strip())]
    if one.form == "choice":
        return _word(one, text)
    if one.form == "texts":
        return [line.strip() for line in text.split("\n") if line.strip()]
    if one.form == "table":
        return [_row(one, line) for line in text.split("\n") if line.strip()]
    if one.form == "flag" and text.lower() not in ("是", "否", "true", "false", "1", "0", "支持", "不支持"):
        raise ValueError(f"“{text[:30]}”请写“是”或“否”")
    return text


def _word(one: Element, text: str) -> str:
    if text not in one.words:
        raise ValueError(f"“{text[:30]}”不在代码表里，可选：{'、'.join(one.words[:12])}{'……' if len(one.words) > 12 else ''}")
    return text


def _row(one: Element, line: str) -> dict[str, Any]:
    cells = [part.strip() for part in line.split(BAR)]
    if len(cells) > len(one.parts):
        raise ValueError(f"“{line[:30]}”有 {len(cells)} 部分，最多 {len(one.parts)} 部分：{BAR.join(part.title for part in one.parts)}")
    row = {}
    for part, cell in zip(one.parts, cells, strict=False):
        value = read(part, cell)
        if value is not None:
            row[part.path[0]] = value
    return row


def text_of(cell: Any, form: str = "text") -> str:
    """A cell as text, as the person saw it. ValueError for what a spreadsheet has spoilt: error values, numbers that lost digits."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, dt.datetime):
        return cell.strftime("%Y-%m-%d") if cell.time() == dt.time() else cell.strftime("%Y-%m-%d %H:%M")
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    if isinstance(cell, (int, float)):
        return _number_text(cell, form)
    if isinstance(cell, (list, tuple)):
        return "\n".join(str(part).strip() for part in cell)
    if isinstance(cell, dict):
        raise ValueError("这里要一个值，不是一组")
    text = str(cell).replace("\r\n", "\n").replace("_x000D_", "").strip()
    if "\x00" in text:
        raise ValueError("含有不可见的控制字符，请删去后重填")
    if text.startswith("#") and text in ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"):
        raise ValueError(f"这一格是公式的错误值 {text}，请改好公式，或改成文字")
    if form in ("text", "choice") and _SCIENTIFIC.fullmatch(text):
        raise ValueError(_LOST.format(text))
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@") else text      # as our own exports guard formulas


_LOST = "“{}”被表格软件当成了数字，后面的数字已经丢了：请把这一列的格式设为“文本”，再重新填写这一格"


def _number_text(cell: int | float, form: str) -> str:
    if isinstance(cell, float) and (cell != cell or cell in (float("inf"), float("-inf"))):
        raise ValueError("这一格不是数字")
    if abs(cell) >= 10 ** 15 and form != "number":
        raise ValueError(_LOST.format(f"{cell:.6G}"))
    return str(int(cell)) if cell == int(cell) else repr(cell)


def _number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,12}(\.0+)?", text, re.ASCII):
        raise ValueError(f"“{text[:30]}”不是整数，请只填数字")
    return int(float(text))


def _moment(text: str) -> str:
    if re.fullmatch(r"[0-9]{5}(\.[0-9]+)?", text, re.ASCII):
        meant = (_EPOCH + dt.timedelta(days=int(float(text)))).strftime("%Y-%m-%d")
        raise ValueError(f"“{text}”像是表格里的日期序号（{meant}）：请把这一列的格式设为“日期”，或直接写成 {meant}")
    found = re.fullmatch(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[ T]+([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?)?", text, re.ASCII)
    try:
        if found is None:
            raise ValueError
        year, month, day = (int(part) for part in found.groups()[:3])
        date = dt.date(year, month, day).isoformat()
        return date if found[4] is None else f"{date} {dt.time(int(found[4]), int(found[5])).strftime('%H:%M')}"
    except ValueError:
        raise ValueError(f"“{text[:30]}”不是日期，请写成 2026-01-31 或 2026-01-31 09:00") from None
