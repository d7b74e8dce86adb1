"""The tables that act on a query: synonyms (口语→规范词, directed, weighted), kinds of words, question words, matters of no item, best bets.

Owns their shape, the readers of the files in ``search/`` and what ships. They act on the query only, so a changed table needs no rebuild.
What lies over the shipped tables is in ``rows`` (one row of any table) and ``overlay`` (the desk's). SynonymError names file, line and cure.
"""
from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from ..shipped import shipped
from .text import squeeze

MAX_ALTERNATIVES = 12


@dataclass(frozen=True)
class Elsewhere:
    """A matter that is no service item: what it is, and where to turn."""

    words: tuple[str, ...]
    matter: str
    where: str


@dataclass(frozen=True)
class Synonym:
    said: str
    means: str
    weight: float
    source: str
    note: str = ""


class SynonymError(ValueError):
    """A row of the table is wrong; names the line and the cure."""


def read_synonyms(path: Path) -> list[Synonym]:
    """Rows of ``synonyms.csv``. SynonymError for an empty word, a weight outside 0…1 or a row that means itself."""
    found = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            try:
                weight = float(row["weight"])
            except (KeyError, TypeError, ValueError):
                raise SynonymError(f"{path.name} 第 {line} 行：权重要写 0 到 1 的小数") from None
            said, means = squeeze(row["said"] or ""), squeeze(row["means"] or "")
            if not said or not means or said == means or not 0 < weight <= 1:
                raise SynonymError(f"{path.name} 第 {line} 行：口语词、规范词不能为空或相同，权重在 0 到 1 之间")
            found.append(Synonym(said, means, weight, row.get("source") or "", row.get("note") or ""))
    return found


def save_synonym(path: Path, row: Synonym, *, by: str, at: str) -> None:
    """Add a row to the overlay file, replacing one with the same two words; written in one step."""
    rows: list[dict[str, str]] = []
    if path.is_file():
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [old for old in csv.DictReader(file) if (squeeze(old["said"]), squeeze(old["means"])) != (row.said, row.means)]
    rows.append({"said": row.said, "means": row.means, "weight": f"{row.weight:g}", "source": row.source, "note": row.note, "by": by, "at": at})
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ("said", "means", "weight", "source", "note", "by", "at"), lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    draft.replace(path)


def read_kinds(path: Path) -> dict[str, tuple[str, float]]:
    """``words.csv``: word, kind, weight, note → {word: (kind, weight)}. SynonymError for a weight outside 0…1."""
    found = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            try:
                found[squeeze(row["word"])] = row["kind"], float(row["weight"])
            except (KeyError, TypeError, ValueError):
                raise SynonymError(f"{path.name} 第 {line} 行：要有 word、kind 和 0 到 1 的 weight") from None
    return found


def read_words(path: Path) -> list[str]:
    """Lines of a word list, without comments, normalised; what stands behind a tab is source."""
    return [squeeze(line.split("\t")[0]) for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")]


@dataclass(frozen=True)
class BestBet:
    """What editors put first for a query. ``path``: of the item; ``until``: YYYYMMDD or ''."""

    path: str
    reason: str
    until: str = ""


def read_elsewhere(path: Path) -> tuple[Elsewhere, ...]:
    """``elsewhere.csv``: words (all must be said), matter, where, source. SynonymError for an empty cell."""
    found = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            words = tuple(word for part in (row.get("words") or "").split() if (word := squeeze(part)))
            if not words or not row.get("matter") or not row.get("where"):
                raise SynonymError(f"{path.name} 第 {line} 行：词、事情、去处都要写")
            found.append(Elsewhere(words, row["matter"], row["where"]))
    return tuple(found)


def read_best_bets(path: Path) -> dict[str, tuple[BestBet, ...]]:
    """``best-bets.csv``: query, path, reason, until → {query as compared: bets in order}."""
    found: dict[str, tuple[BestBet, ...]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            query = squeeze(row.get("query") or "")
            if not query or not (row.get("path") or "").startswith("/items/"):
                raise SynonymError(f"{path.name} 第 {line} 行：要有查询词，路径以 /items/ 开头")
            found[query] = (*found.get(query, ()), BestBet(row["path"], row.get("reason") or "", (row.get("until") or "").replace("-", "")))
    return found


@dataclass
class Tables:
    """The tables a Planner uses. ``regions``: squeezed name → code."""

    synonyms: dict[str, tuple[Synonym, ...]] = field(default_factory=dict)
    question_words: tuple[str, ...] = ()
    words: dict[str, tuple[str, float]] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)
    best_bets: dict[str, tuple[BestBet, ...]] = field(default_factory=dict)
    elsewhere: tuple[Elsewhere, ...] = ()

    @classmethod
    def of(cls, synonyms: Iterable[Synonym], question_words: Iterable[str], words: Mapping[str, tuple[str, float]], regions: Mapping[str, str] | None = None) -> Tables:
        by_said: dict[str, list[Synonym]] = {}
        for row in synonyms:
            by_said.setdefault(row.said, []).append(row)
        places: dict[str, str] = {}
        names = regions or {}
        for code, name in names.items():
            above = next((names[parent] for parent in (code[:4] + "00", code[:2] + "0000") if parent != code and parent in names and name.startswith(names[parent])), "")
            unit = squeeze(name.removeprefix(above))
            if len(unit) >= 3 and unit[-1] in "省市区县州盟旗":
                places.setdefault(unit, code)
                if code.endswith("00") and unit[-1] in "省市":              # 广州 for 广州市; a district needs its 区
                    places.setdefault(unit[:-1], code)
        return cls({said: tuple(sorted(rows, key=lambda row: -row.weight)[:MAX_ALTERNATIVES]) for said, rows in by_said.items()},
                   tuple(sorted(set(question_words), key=lambda word: (-len(word), word))), dict(words), places)


@lru_cache(maxsize=4)
def shipped_tables() -> Tables:
    """The reviewed tables of ``search/`` and the known regions."""
    from ..content.vocabularies import region_names
    folder = shipped("search")
    made = Tables.of(shipped_synonyms(), read_words(folder / "question-words.txt"), read_kinds(folder / "words.csv"), region_names())
    return replace(made, best_bets=read_best_bets(folder / "best-bets.csv"), elsewhere=read_elsewhere(folder / "elsewhere.csv"))


def shipped_synonyms() -> list[Synonym]:
    """Rows of ``synonyms.csv`` (written) and ``synonyms-mined.csv`` (learned from registered aliases, questions and replies; reviewed)."""
    return [row for name in ("synonyms.csv", "synonyms-mined.csv") if (shipped("search") / name).is_file() for row in read_synonyms(shipped("search") / name)]
