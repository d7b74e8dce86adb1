"""Quality on judged queries: nDCG@10, right one first / in three / in ten, nothing found; baselines and ablation in one table.

Rule: item queries are judged over the names of the two registers; a hit with another title is skipped in counting, a name
counts once; gain 2 = relevant, 1 = related. Questions and policies are judged by document id. ``queries_check.jsonl`` is read
here only, and only sums of it are ever printed.
"""
from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..shipped import shipped
from .engine import Engine, Query
from .ranking import Filters
from .text import bigrams, squeeze

DEEP = 100
SETS = {"look": "事项（look）", "check": "事项（check）", "questions": "问答", "policies": "政策"}
OPEN = ("look", "questions", "policies")      # sets whose single queries people may see


@dataclass(frozen=True)
class Judged:
    """A query and {name or id: gain}."""

    id: str
    query: str
    gains: dict[str, int]


@dataclass
class Scores:
    queries: int = 0
    ndcg: float = 0.0
    first: float = 0.0
    three: float = 0.0
    ten: float = 0.0
    nothing: float = 0.0

    def row(self) -> list[str]:
        return [f"{value:.3f}" for value in (self.ndcg, self.first, self.three, self.ten, self.nothing)]


def folder() -> Path:
    return shipped("search") / "judgements"


def read_items(name: str, disputed: bool = True) -> list[Judged]:
    """``look``, ``check`` or ``negative``; with ``disputed`` the corrections of ``disputed.csv`` applied."""
    rows = [json.loads(line) for line in (folder() / f"queries_{name}.jsonl").read_text(encoding="utf-8").splitlines() if line.strip()]
    found = {row["id"]: Judged(row["id"], row["query"], {**dict.fromkeys(row.get("related") or (), 1), **dict.fromkeys(row.get("relevant") or (), 2)}) for row in rows}
    path = folder() / "disputed.csv"
    if disputed and path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row["query_id"] in found:
                    found[row["query_id"]].gains[row["name"]] = int(row["gain"])
    return list(found.values())


def read_documents(name: str) -> list[Judged]:
    """``questions`` or ``policies``: judged by document id."""
    path = folder() / f"{name}.jsonl"
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Judged(f"{name}-{number}", row["query"], {key: int(gain) for key, gain in row["judgements"].items()}) for number, row in enumerate(rows, 1)]


def measure(judged: Iterable[Judged], answers: Callable[[str], list[str]], pool: frozenset[str] | None = None) -> tuple[Scores, list[tuple[Judged, list[str], float]]]:
    """Sums, and (query, first ten judged names, nDCG) of each. ``answers``: names or ids, best first; ``pool``: what counts."""
    total, each = Scores(), []
    for one in judged:
        found = [name for name in dict.fromkeys(answers(one.query)) if pool is None or name in pool][:10]
        gains = [one.gains.get(name, 0) for name in found]
        ideal = sorted(one.gains.values(), reverse=True)[:10]
        best = sum(gain / math.log2(place + 2) for place, gain in enumerate(ideal))
        ndcg = sum(gain / math.log2(place + 2) for place, gain in enumerate(gains)) / best if best else 0.0
        total.queries += 1
        total.ndcg += ndcg
        total.first += 2 in gains[:1]
        total.three += 2 in gains[:3]
        total.ten += 2 in gains[:10]
        total.nothing += not found
        each.append((one, found, ndcg))
    for name in ("ndcg", "first", "three", "ten", "nothing"):
        setattr(total, name, getattr(total, name) / max(1, total.queries))
    return total, each


class Judge:
    """Answers of an engine as names or ids. ``titles``: {uid: registered name} of all items; ``pool``: names of the two registers."""

    def __init__(self, engine: Engine, columns: Any, site: Any = None) -> None:
        self.engine, self.columns = engine, columns
        self.titles = {row.uid: row.name for row in columns.items}
        self.pool = frozenset(row.name for row in columns.items if row.state != "完整")

    def items(self, query: str) -> list[str]:
        answer = self.engine.search(Query(query, Filters(kind="item"), size=DEEP, facets=False), self.columns)
        return [self.titles[hit.uid] for hit in answer.hits if hit.uid in self.titles]

    def kind(self, kind: str) -> Callable[[str], list[str]]:
        def answers(query: str) -> list[str]:
            answer = self.engine.search(Query(query, Filters(kind=kind), size=DEEP, facets=False), self.columns)
            return [hit.uid for hit in answer.hits]
        return answers

    def shown(self, found: list[str]) -> tuple[str, ...]:
        """The first three of judged names or ids as titles."""
        rows = [(key, self.columns.row(key)) for key in found[:3]]
        return tuple(key if row is None else getattr(row[1], "title", "") or row[1].name for key, row in rows)

    def table(self, name: str, *, disputed: bool = True) -> tuple[Scores, list[tuple[Judged, list[str], float]]]:
        if name in ("questions", "policies"):
            return measure(self.judged(name), self.kind("question" if name == "questions" else "policy"))
        return measure(self.judged(name, disputed), self.items, self.pool)

    def judged(self, name: str, disputed: bool = True) -> list[Judged]:
        return read_documents(name) if name in ("questions", "policies") else read_items(name, disputed)

    def changed(self, **options: Any) -> Judge:
        """A Judge over the same index with other weights or tables (``Engine.with_changed``)."""
        return self.over(self.engine.with_changed(**options))

    def over(self, engine: Engine) -> Judge:
        """A Judge of another engine over the same columns."""
        other = Judge.__new__(Judge)
        other.engine, other.columns, other.titles, other.pool = engine, self.columns, self.titles, self.pool
        return other


@dataclass(frozen=True)
class Moved:
    """A judged query whose score a change moves, with the first titles before and after it."""

    query: str
    before: float
    after: float
    first_before: tuple[str, ...]
    first_after: tuple[str, ...]


@dataclass(frozen=True)
class Compared:
    """Sums of a set before and after a change. ``known``: share of its queries to which this site has an answer; ``moved``: its queries that
    move, most moved first; always empty for a set that is not OPEN."""

    name: str
    title: str
    before: Scores
    after: Scores
    known: float
    moved: tuple[Moved, ...] = ()


def compare(before: Judge, after: Judge, name: str) -> Compared:
    """What a change does to a set; nothing is asked where this site knows no answer. The check set is compared in sums only."""
    judged = before.judged(name)
    found = [one for one in judged if any(key in before.pool or before.columns.row(key) is not None for key in one.gains)]
    if not found:
        return Compared(name, SETS[name], Scores(), Scores(), 0.0)
    (old, each), (new, again) = before.table(name), after.table(name)
    moved = [Moved(one.query, was, is_, before.shown(first), before.shown(second)) for (one, first, was), (_, second, is_) in zip(each, again, strict=True) if abs(is_ - was) > 1e-9]
    moved.sort(key=lambda row: -abs(row.after - row.before))
    return Compared(name, SETS[name], old, new, len(found) / len(judged), tuple(moved) if name in OPEN else ())


def said_nothing(judge: Judge) -> list[tuple[str, bool]]:
    """(query, whether it is said that nothing fits) of the queries that no item answers."""
    return [(one.query, not judge.items(one.query)) for one in read_items("negative")]


ABLATIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("全部", {}), ("不用口语→规范词", {"synonyms": 0.0}), ("不看叫法（名称和日常用语的整体相合）", {"label": 0.0, "exact": 0.0}), ("不看正文", {"text": 0.0}),
    ("不看字对", {"grams": 0.0}), ("只看叫法含不含，不看多说了多少", {"beta": 20.0}), ("泛词、动作、人群与事物同重", {"weak": 0.0}), ("不看叫法全同", {"exact": 0.0}),
    ("不看“别处的事”表", {"elsewhere": 0.0}), ("不看办理深度", {"depth": 0.0}), ("不看地点", {"named_region": 0.0, "region": 0.0}), ("不看新旧", {"fresh": 0.0}))


def baselines(columns: Any, words: Any) -> dict[str, Callable[[str], list[str]]]:
    """The four of measured.md S9 over registered names: BM25 of jieba words (all, any), of character pairs, of both with 日常用语."""
    rows = [row for row in columns.items if row.state != "完整"]

    def index(texts: list[list[str]]) -> Callable[[list[str], bool], list[str]]:
        postings: dict[str, dict[int, int]] = {}
        for number, terms in enumerate(texts):
            for term in terms:
                postings.setdefault(term, {})[number] = postings.get(term, {}).get(number, 0) + 1
        average = sum(map(len, texts)) / max(1, len(texts))

        def answer(terms: list[str], every: bool) -> list[str]:
            scores: dict[int, float] = {}
            held: dict[int, int] = {}
            wanted = list(dict.fromkeys(terms))
            for term in wanted:
                found = postings.get(term, {})
                rarity = math.log(1 + (len(texts) - len(found) + 0.5) / (len(found) + 0.5))
                for number, frequency in found.items():
                    norm = frequency + 1.2 * (0.25 + 0.75 * len(texts[number]) / average)
                    scores[number] = scores.get(number, 0.0) + rarity * frequency * 2.2 / norm
                    held[number] = held.get(number, 0) + 1
            ranked = sorted((number for number in scores if not every or held[number] == len(wanted)), key=lambda number: (-scores[number], number))
            return [rows[number].name for number in ranked[:DEEP]]
        return answer
    names = index([words.words(row.name) for row in rows])
    grams = index([bigrams(squeeze(row.name)) for row in rows])
    both = index([words.words(text) + bigrams(squeeze(text)) for text in (" ".join((row.name, *row.plain_names)) for row in rows)])
    return {"jieba 词，全部要有": lambda query: names(words.words(query), True), "jieba 词，任一": lambda query: names(words.words(query), False),
            "字对，任一": lambda query: grams(bigrams(squeeze(query)), False),
            "词和字对，名称和日常用语": lambda query: both(words.words(query) + bigrams(squeeze(query)), False)}


def negatives(judge: Judge) -> tuple[float, float, list[tuple[str, bool]]]:
    """(precision of "nothing fits", share of check queries wrongly so, [(query, said so)]).

    Precision = right of all that were said to fit nothing, over the negatives and the look set together.
    """
    said = said_nothing(judge)
    look = [not judge.items(one.query) for one in read_items("look")]
    check = [not judge.items(one.query) for one in read_items("check")]
    right, wrong = sum(hit for _, hit in said), sum(look)
    return right / max(1, right + wrong), sum(check) / max(1, len(check)), said


def report(judge: Judge, *, ablation: bool = False) -> dict[str, Any]:
    """{queries: {set: scores}, undisputed, baselines: {name: {set: scores}}, negative, ablation: {name: {set: scores}}}: plain data."""
    found: dict[str, Any] = {"sets": {name: vars(judge.table(name)[0]) for name in SETS}, "undisputed": {name: vars(judge.table(name, disputed=False)[0]) for name in ("look", "check")}}
    found["baselines"] = {title: {name: vars(measure(read_items(name), answers, judge.pool)[0]) for name in ("look", "check")}
                          for title, answers in baselines(judge.columns, judge.engine.analyzer).items()}
    precision, false, said = negatives(judge)
    found["negative"] = {"precision": precision, "false_on_check": false, "queries": {query: hit for query, hit in said}}
    if ablation:
        found["ablation"] = {title: {name: vars((judge.changed(weights=off) if off else judge).table(name)[0]) for name in SETS} for title, off in ABLATIONS}
    return found


def as_table(found: dict[str, Any]) -> str:
    """The report as Markdown; only sums of the check set appear."""
    head = ["| 查询组 | 条数 | nDCG@10 | 第一条 | 前三 | 前十 | 查不到 |", "|---|---|---|---|---|---|---|"]

    def line(title: str, scores: dict[str, Any]) -> str:
        return "| " + " | ".join([title, str(scores["queries"]), *(f"{scores[name]:.3f}" for name in ("ndcg", "first", "three", "ten", "nothing"))]) + " |"
    lines = [*head, *(line(title, found["sets"][name]) for name, title in SETS.items()),
             *(line(SETS[name] + "，不计有争议的改判", scores) for name, scores in found["undisputed"].items())]
    for title, sets in found["baselines"].items():
        lines += [line(f"基线：{title}（{name}）", scores) for name, scores in sets.items()]
    negative = found["negative"]
    lines += ["", f"“没有合适的”：判对的占 {negative['precision']:.2f}；check 组误判 {negative['false_on_check']:.3f}。",
              "、".join(f"{query}（{'说没有' if hit else '给了结果'}）" for query, hit in negative["queries"].items())]
    if "ablation" in found:
        lines += ["", "| 关掉哪一步 | " + " | ".join(SETS.values()) + " |", "|---|" + "---|" * len(SETS)]
        lines += ["| " + " | ".join([title, *(f"{sets[name]['ndcg']:.3f}" for name in SETS)]) + " |" for title, sets in found["ablation"].items()]
    return "\n".join(lines)


def look_lines(judge: Judge) -> list[str]:
    """Each query of the look set with its score and first hits, worst first."""
    return [f"{ndcg:.2f}  {one.query} → {'；'.join(found[:4]) or '（没有）'}" for one, found, ndcg in sorted(judge.table("look")[1], key=lambda row: row[2])]
