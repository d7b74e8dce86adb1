"""One row of any table that acts on a query: its columns, whether it can stand, what it changes, how it is written to a file and read back.

Owns the kinds of rows (``KINDS``), the form of their files and ``with_rows``, by which the operator's files and the desk's overlay lie over the shipped
tables. Knows nothing of the database. ``checked`` answers faults as (column, message) for people; a file that is wrong raises SynonymError
with its line.
"""
from __future__ import annotations

import csv
import datetime as dt
import io
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from .tables import MAX_ALTERNATIVES, BestBet, Elsewhere, Synonym, SynonymError, Tables
from .text import squeeze

log = logging.getLogger("govportal.search")
LONGEST_SOURCE = 200
WORD_KINDS = ("泛词", "动作", "人群", "部门", "场合")
RISKY = "=+-@#"
_DATE = 8


class Column(NamedTuple):
    """``title`` and ``hint`` for people; ``longest`` in characters; ``form``: text, word (compared squeezed), weight, path, date or choice."""

    name: str
    title: str
    longest: int
    form: str = "text"
    hint: str = ""


class Kind(NamedTuple):
    """``key``: the columns that say which row it is; ``why``: the column of the file that holds the source."""

    name: str
    title: str
    file: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    why: str
    about: str


KINDS: dict[str, Kind] = {kind.name: kind for kind in (
    Kind("synonym", "口语→规范词", "synonyms.csv", (
        Column("said", "人们说的", 20, "word", "口语里的说法，例如：抱娃登册"), Column("means", "规范的说法", 30, "word", "事项名称里的词，例如：出生登记"),
        Column("weight", "有多像", 4, "weight", "0 到 1 的小数：1 是一回事，0.5 是有时是")), ("said", "means"), "source",
        "人们这样说的时候，也按规范的说法找。只朝一个方向：说规范词的人不会找到口语。"),
    Kind("elsewhere", "不归本站办", "elsewhere.csv", (
        Column("words", "话里的词", 40, "words", "都要说到才算，用空格分开，例如：路灯 坏"), Column("matter", "是什么事", 40, "text", "例如：道路照明报修"),
        Column("where", "该找谁", 120, "text", "一句完整的话，例如：拨12345说清路名和杆号。")), ("words",), "source",
        "是诉求、不是办事的话：没有事项很像时，不列事项，写明该找谁。"),
    Kind("best_bet", "指定最前", "best-bets.csv", (
        Column("query", "查的话", 40, "word", "整句相同才算，例如：老年公交卡"), Column("path", "事项的路径", 200, "path", "例如：/items/id-card/id-card"),
        Column("until", "到哪天为止", 10, "date", "最长一年，到期自己停")), ("query", "path"), "reason",
        "有人查这句话时，这个事项排在最前。"),
    Kind("question", "问法", "question-words.txt", (Column("word", "问法", 12, "word", "两个字以上，例如：怎么弄"),), ("word",), "source",
         "比较之前从话里去掉的客气话和问法。整句只剩问法时会保留。"),
    Kind("word", "词的分量", "words.csv", (
        Column("word", "词", 12, "word", "例如：补办"), Column("kind", "哪一种", 4, "choice", "、".join(WORD_KINDS)),
        Column("weight", "分量", 4, "weight", "0 到 1 的小数，事物是 1")), ("word",), "note",
        "泛词、动作、人群等不如事物要紧，比较时分量轻一些。"))}


class Row(NamedTuple):
    """``values``: column → text; ``off``: the row beneath with the same key is not used."""

    kind: str
    values: dict[str, str]
    off: bool = False

    @property
    def key(self) -> str:
        """What two rows of one kind must not share: the key columns as compared."""
        kind = KINDS[self.kind]
        forms = {column.name: column.form for column in kind.columns}
        return "\x1f".join(_compared(forms[name], self.values.get(name, "")) for name in kind.key)

    @property
    def text(self) -> str:
        """The row in one line for people."""
        value = self.values
        made = {"synonym": lambda: f"{value['said']} → {value['means']}（{value['weight']}）", "elsewhere": lambda: f"{value['words']}：{value['matter']}，{value['where']}",
                "best_bet": lambda: f"{value['query']}：{value['path']}，到 {value['until'] or '不限'}", "question": lambda: value["word"],
                "word": lambda: f"{value['word']}：{value['kind'] or '事物'}（{value['weight']}）"}[self.kind]()
        return f"停用 {made}" if self.off else made


def _compared(form: str, text: str) -> str:
    if form == "words":
        return " ".join(sorted(filter(None, map(squeeze, text.split()))))
    return squeeze(text) if form == "word" else text


# -- whether a row can stand --------------------------------------------------------------------------------------------
def checked(row: Row) -> tuple[Row, list[tuple[str, str]]]:
    """The row in its proper form and its faults as (column, message). LookupError for a kind that does not exist."""
    kind, values, faults = KINDS[row.kind], {}, []
    for column in kind.columns:
        values[column.name], fault = _cell(column, row.values.get(column.name, ""))
        if fault:
            faults.append((column.name, fault))
    made = Row(row.kind, values, row.off)
    return made, faults or list(_together(made))


def plain(text: str) -> str:
    """Text on one line without control and layout characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text).encode("utf-8", "replace").decode()).split())


def _cell(column: Column, raw: str) -> tuple[str, str]:
    """(value, fault or '')."""
    text = plain(raw)
    if not text:
        return "", f"请填写“{column.title}”"
    if len(text) > column.longest:
        return text, f"“{column.title}”最多 {column.longest} 个字，现在有 {len(text)} 个"
    if text[0] in RISKY:
        return text, f"“{column.title}”不能以 {' '.join(RISKY)} 开头（导出的表格会把它当成公式或说明）"
    if column.form in ("word", "words") and not _compared(column.form, text):
        return text, f"“{column.title}”里要有汉字、字母或数字"
    if column.form == "weight":
        return _weight(text, column.title)
    if column.form == "date":
        return _date(text, column.title)
    if column.form == "choice" and text not in WORD_KINDS:
        return text, f"“{column.title}”请选：{'、'.join(WORD_KINDS)}"
    if column.form == "path" and not text.startswith("/items/"):
        return text, "路径以 /items/ 开头，可以从事项页面的地址里复制"
    return text, ""


def _weight(text: str, title: str) -> tuple[str, str]:
    try:
        weight = float(text)
    except ValueError:
        weight = 0.0
    if not 0 < weight <= 1:                                              # nan and infinity too
        return text, f"“{title}”要写 0 到 1 之间的小数，例如 0.8"
    return f"{round(weight, 2):g}" if weight >= 0.01 else "0.01", ""


def _date(text: str, title: str) -> tuple[str, str]:
    digits = text.replace("-", "")
    try:
        if len(digits) != _DATE or not (digits.isascii() and digits.isdigit()):
            raise ValueError
        return dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat(), ""
    except ValueError:
        return text, f"“{title}”要写日期，例如 2026-12-31"


def _together(row: Row) -> Iterator[tuple[str, str]]:
    """Faults of a row whose cells are sound."""
    value = row.values
    if row.kind == "synonym" and squeeze(value["said"]) == squeeze(value["means"]):
        yield "means", "两个说法是一样的，不用加"
    if row.kind == "question" and len(squeeze(value["word"])) < 2 and not row.off:
        yield "word", "问法至少两个字：一个字会把别的词拆开"
    if row.kind == "elsewhere" and len(value["words"].split()) == 1 and len(squeeze(value["words"])) < 2:
        yield "words", "只写一个字会认错很多话，请写两个字以上，或写几个词"
    if row.kind == "elsewhere" and len(value["words"].split()) > 6:
        yield "words", "最多写 6 个词：词越多，认出的话越少"


# -- what a row changes -------------------------------------------------------------------------------------------------
def with_rows(tables: Tables, rows: Iterable[tuple[Row, str]]) -> Tables:
    """The tables with (row, source) laid over them, later ones over earlier ones. The tables handed in stay as they are."""
    synonyms, words, bets = dict(tables.synonyms), dict(tables.words), dict(tables.best_bets)
    questions, elsewhere = set(tables.question_words), {frozenset(row.words): row for row in tables.elsewhere}
    for row, source in rows:
        value = row.values
        if row.kind == "synonym":
            said, means = squeeze(value["said"]), squeeze(value["means"])
            kept = [old for old in synonyms.get(said, ()) if old.means != means] + ([] if row.off else [Synonym(said, means, float(value["weight"]), source)])
            synonyms[said] = tuple(sorted(kept, key=lambda one: -one.weight)[:MAX_ALTERNATIVES])
            if not kept:
                del synonyms[said]
        elif row.kind == "elsewhere":
            said_words = tuple(map(squeeze, value["words"].split()))
            elsewhere.pop(frozenset(said_words), None)
            if not row.off:
                elsewhere[frozenset(said_words)] = Elsewhere(said_words, value["matter"], value["where"])
        elif row.kind == "best_bet":
            query = squeeze(value["query"])
            others = tuple(bet for bet in bets.get(query, ()) if bet.path != value["path"])
            bets[query] = others if row.off else (BestBet(value["path"], source, value["until"].replace("-", "")), *others)
        elif row.kind == "question":
            (questions.discard if row.off else questions.add)(squeeze(value["word"]))
        elif row.off:
            words.pop(squeeze(value["word"]), None)
        else:
            words[squeeze(value["word"])] = value["kind"], float(value["weight"])
    return replace(tables, synonyms=synonyms, words=words, best_bets=bets, elsewhere=tuple(elsewhere.values()),
                   question_words=tuple(sorted(questions, key=lambda word: (-len(word), word))))


def beneath(tables: Tables, row: Row) -> Row | None:
    """The row of the tables with the same key, None when there is none."""
    value, made = row.values, None
    if row.kind == "synonym":
        found = next((old for old in tables.synonyms.get(squeeze(value["said"]), ()) if old.means == squeeze(value["means"])), None)
        made = {"said": found.said, "means": found.means, "weight": f"{found.weight:g}"} if found else None
    elif row.kind == "elsewhere":
        wanted = set(map(squeeze, value["words"].split()))
        other = next((old for old in tables.elsewhere if set(old.words) == wanted), None)
        made = {"words": " ".join(other.words), "matter": other.matter, "where": other.where} if other else None
    elif row.kind == "best_bet":
        bet = next((old for old in tables.best_bets.get(squeeze(value["query"]), ()) if old.path == value["path"]), None)
        made = {"query": value["query"], "path": bet.path, "until": f"{bet.until[:4]}-{bet.until[4:6]}-{bet.until[6:]}" if bet.until else ""} if bet else None
    elif row.kind == "question":
        made = {"word": value["word"]} if squeeze(value["word"]) in tables.question_words else None
    elif (known := tables.words.get(squeeze(value["word"]))) is not None:
        made = {"word": value["word"], "kind": known[0], "weight": f"{known[1]:g}"}
    return Row(row.kind, made) if made is not None else None


# -- files --------------------------------------------------------------------------------------------------------------
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
