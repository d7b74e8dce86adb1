"""One row of any table that acts on a query: its columns, whether it can stand, what it changes of the tables.

Owns the kinds of rows (``KINDS``) and ``with_rows``, by which the operator's files and the desk's overlay lie over the shipped tables. Knows nothing
of files and database. ``checked`` answers faults as (column, message) for people.
"""
from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlsplit

from .tables import MAX_ALTERNATIVES, BestBet, Elsewhere, Synonym, Tables
from .text import squeeze

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
    if column.form == "path" and text.startswith(("http://", "https://")):     # copied from the address bar
        text = urlsplit(text).path
    text = text.rstrip("/") if column.form == "path" else text
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


def matching(tables: Tables, text: str, limit: int = 30) -> list[tuple[Row, str]]:
    """(row, source) of the tables in which a text stands, those that begin with it first; for finding what to change or switch off."""
    wanted = squeeze(text)
    found = sorted(islice(_holding(tables, wanted), 20 * limit), key=lambda pair: not pair[0].key.startswith(wanted)) if wanted else []
    return found[:limit]


def _holding(tables: Tables, wanted: str) -> Iterator[tuple[Row, str]]:
    for said, rows in tables.synonyms.items():
        yield from ((Row("synonym", {"said": said, "means": row.means, "weight": f"{row.weight:g}"}), row.source) for row in rows if wanted in said or wanted in row.means)
    for other in tables.elsewhere:
        if any(wanted in word or word in wanted for word in other.words) or wanted in squeeze(other.matter):
            yield Row("elsewhere", {"words": " ".join(other.words), "matter": other.matter, "where": other.where}), ""
    for query, bets in tables.best_bets.items():
        yield from ((Row("best_bet", {"query": query, "path": bet.path, "until": bet.until}), bet.reason) for bet in bets if wanted in query)
    yield from ((Row("question", {"word": word}), "") for word in tables.question_words if wanted in word)
    yield from ((Row("word", {"word": word, "kind": kind, "weight": f"{weight:g}"}), "") for word, (kind, weight) in tables.words.items() if wanted in word)
