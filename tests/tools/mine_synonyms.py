"""Proposes search synonyms (people say → officials write) from the shared data, for a person to review.

Owns the mining only: ``search/synonyms-mined.csv`` is written by hand from its output, and nothing reads this file at run time.

    python -m tests.tools.mine_synonyms SHARED_DATA_DIR                    candidates as CSV: said,means,count,source,example
    python -m tests.tools.mine_synonyms SHARED_DATA_DIR --evidence FILE    rows behind the (said, means) pairs of FILE, by source

A source row has what a person wrote and what the office wrote: registered alias and item name (``aliases_guangdong``, aliases that
are not part of the name), message and reply (``citizen_qa``), utterance and standard question (``app_queries_shenzhen``). Rows with
a text that is a judged query or its ``source_text`` (``search/judgements/*.jsonl``; letters, digits and Han compared) are left out:
the judged texts are read for that only and never printed.

Counting: words are runs of one to three segments of the portal's analyser, Han only, without a stop word, question word or general
word (泛词) in them. A row counts for (said, means) when ``said`` stands in the person's text and not in the office's, and ``means``
stands in the office's text and not in the person's; a row counts once. ``means`` must also stand in an item name, a law's name or
the title of a published question. PMI is over the rows of one source: log2(pair · rows / (said · means)). Evidence counts the same, but over substrings, and ``said`` may stand in the office's text too.
"""
from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from math import log2
from pathlib import Path

from govportal.search.analysis import analyzer
from govportal.search.tables import read_words
from govportal.search.text import normalise, runs, squeeze
from govportal.shipped import shipped

# source → (fewest rows, least PMI, most candidates of one word)
LIMITS = {"aliases_guangdong": (1, 2.0, 4), "citizen_qa": (3, 1.5, 6), "app_queries_shenzhen": (1, 2.0, 4)}
SAID, MEANS = (2, 8), (2, 10)           # characters
PORTAL_NAMES = ("directory-items", "handling-items", "implementation-items", "questions")
MOST_ROWS = 0.2                         # a word in more of the rows says nothing
_HAN = re.compile(r"[一-鿿]+")


@dataclass(frozen=True)
class Row:
    """One thing written twice. ``texts``: each text as the source has it, for the exclusion."""

    source: str
    id: str
    said: str
    means: str
    texts: tuple[str, ...]


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def lines(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


def judged_texts(folder: Path) -> frozenset[str]:
    """Squeezed queries and source texts of every judged file; for comparing, never for output."""
    return frozenset(squeeze(row.get(key) or "") for path in sorted(folder.glob("*.jsonl")) for row in lines(path)
                     for key in ("query", "source_text")) - {""}


def source_rows(shared: Path) -> Iterator[Row]:
    for row in table(shared / "aliases_guangdong.csv"):
        if row["alias_is_substring_of_name"] == "0":
            yield Row("aliases_guangdong", row["item_id"], row["alias"], row["item_name"], (row["alias"],))
    for row in lines(shared / "citizen_qa.jsonl"):
        yield Row("citizen_qa", row["id"], f"{row['title']} {row['question']}", row["answer"], (row["title"], row["question"]))
    for number, row in enumerate(table(shared / "app_queries_shenzhen.csv"), 1):
        yield Row("app_queries_shenzhen", f"row {number}", row["query"], row["standard_question"], (row["query"], row["standard_question"]))


def usable_rows(shared: Path, judgements: Path) -> list[Row]:
    """Rows without the judged texts; each pair of texts once (several items share an alias)."""
    judged = judged_texts(judgements)
    found = {(row.source, row.said, row.means): row for row in source_rows(shared) if not any(squeeze(text) in judged for text in row.texts)}
    return list(found.values())


def official_names(shared: Path) -> Iterator[str]:
    """Item names of the two registers and of the portal, law names, titles of published questions."""
    for row in lines(shared / "items_guangdong.jsonl"):
        yield row["name"]
    for name in ("items_guangan.csv", "laws_index.csv"):
        yield from (row["name"] for row in table(shared / name))
    for path in sorted(path for folder in PORTAL_NAMES for path in (shipped("content") / folder).rglob("*.yaml")):
        yield from (line.partition(":")[2] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(("title:", "name:")))


def terms(text: str, characters: tuple[int, int], stop: frozenset[str]) -> set[str]:
    """Runs of one to three segments without a stop word in them, Han only, with ``characters`` characters."""
    found = set()
    for run in runs(normalise(text)):
        words = analyzer().segments(run)
        for start in range(len(words)):
            term = ""
            for word in words[start:start + 3]:
                if word in stop or not _HAN.fullmatch(word):
                    break
                term += word
                if characters[0] <= len(term) <= characters[1]:
                    found.add(term)
    return found - stop


def candidates(rows: list[Row], names: Iterable[str], stop: frozenset[str], known: frozenset[tuple[str, str]]) -> Iterator[tuple[str, str, int, str, str]]:
    """(said, means, rows, source, id of a row), the strongest of each word, by source."""
    official = set(chain.from_iterable(terms(name, MEANS, stop) for name in names))
    for source, (fewest, least, most) in LIMITS.items():
        mine = [row for row in rows if row.source == source]
        one: Counter[str] = Counter()
        other: Counter[str] = Counter()
        both: Counter[tuple[str, str]] = Counter()
        example: dict[tuple[str, str], str] = {}
        sides = []
        for row in mine:
            said_text, means_text = squeeze(row.said), squeeze(row.means)
            said = {term for term in terms(row.said, SAID, stop) if term not in means_text}
            means = {term for term in terms(row.means, MEANS, stop) & official if term not in said_text}
            sides.append((row.id, said, means))
            one.update(said)
            other.update(means)
        for row_id, said, means in sides:
            for word in said:
                if fewest <= one[word] <= max(MOST_ROWS * len(mine), 3):
                    for term in means:
                        if other[term] >= fewest and other[term] <= MOST_ROWS * len(mine):
                            both[word, term] += 1
                            example.setdefault((word, term), row_id)
        ranked: dict[str, list[tuple[float, str, int]]] = defaultdict(list)
        for (word, term), count in both.items():
            pmi = log2(count * len(mine) / (one[word] * other[term]))
            if count >= fewest and pmi >= least and (word, term) not in known:
                ranked[word].append((pmi * count, term, count))
        for word in sorted(ranked, key=lambda word: (-max(ranked[word])[0], word)):
            for _strength, term, count in sorted(ranked[word], reverse=True)[:most]:
                yield word, term, count, source, example[word, term]


def evidence(rows: list[Row], pairs: Iterable[tuple[str, str]], names: Iterable[str]) -> Iterator[tuple[str, str, str, str, str, str]]:
    """(said, means, source, rows, id of a row, whether ``means`` stands in a name); source is empty without any row."""
    texts = [(row, squeeze(row.said), squeeze(row.means)) for row in rows]
    official = "\n".join(squeeze(name) for name in names)
    for said, means in pairs:
        found = [row for row, one, other in texts if said in one and means in other and means not in one]
        stands = "name" if means in official else ""
        counts = Counter(row.source for row in found)
        for source, count in counts.most_common():
            yield said, means, source, str(count), next(row.id for row in found if row.source == source), stands
        if not counts:
            yield said, means, "", "0", "", stands


def main() -> None:
    parser = argparse.ArgumentParser(description="Synonym candidates from the shared data, for review")
    parser.add_argument("shared", type=Path)
    parser.add_argument("--evidence", type=Path, help="CSV with the columns said and means")
    args = parser.parse_args()
    folder = shipped("search")
    rows = usable_rows(args.shared, folder / "judgements")
    out = csv.writer(sys.stdout, lineterminator="\n")
    if args.evidence:
        out.writerow(("said", "means", "source", "count", "example", "stands_in"))
        out.writerows(evidence(rows, ((squeeze(row["said"]), squeeze(row["means"])) for row in table(args.evidence)), official_names(args.shared)))
        return
    known = frozenset((squeeze(row["said"]), squeeze(row["means"])) for row in table(folder / "synonyms.csv"))
    stop = frozenset(read_words(folder / "question-words.txt"))
    stop |= {squeeze(row["word"]) for row in table(folder / "words.csv") if row["kind"] == "泛词"}
    stop |= {squeeze(row["word"]) for row in table(args.shared / "stopwords_zh.csv")}
    out.writerow(("said", "means", "count", "source", "example"))
    out.writerows(candidates(rows, official_names(args.shared), stop, known))


if __name__ == "__main__":
    main()
