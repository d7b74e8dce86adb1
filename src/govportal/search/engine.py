"""The contract that faces use: ``search(query)``, ``suggest``, ``stats``; and its Whoosh + numpy implementation.

A shared engine can replace ``Engine`` by keeping the ``SearchEngine`` protocol. Answers carry ids and scores; titles and texts
come from ZODB, so a hit is never older than the page behind it. IndexMissing: no usable index, the caller falls back to names.
"""
from __future__ import annotations

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..content.columns import Columns
from .analysis import Analyzer, analyzer
from .documents import IndexDocument
from .index import Home, Writer
from .overlay import Overlay
from .picture import Picture, Reader
from .plan import Plan, Planner, explain
from .querylog import read_popularity
from .ranking import Filters, Ranked, Weights, labels_with, rank, top
from .rowfiles import with_files
from .rows import KINDS, Row, with_rows
from .tables import Tables, shipped_tables
from .text import MAX_QUERY, normalise, squeeze
from .words import Entry, Lexicon, pinyin_key, sounds

log = logging.getLogger("govportal.search")
FACETS = ("kind", "region", "org", "topic", "audience", "channel", "type")
MAX_SIZE = 100
MAX_FROM = 10_000
BETTER = 0.1                    # a correction must say so much more of what was said and fit a label so much better
REMEMBERED = 256                # answers kept
LEXICON_EVERY = 60.0            # seconds between two lexicons of a site that changes
OVERRIDES = "search"            # in var/overrides (kept by backup): the operator's files, such as what ``govportal search try-synonym --save`` writes


@dataclass(frozen=True)
class Query:
    """What is asked. ``text`` as typed; ``start``/``size``: the window of hits; ``sort``: '' (best first) or ``date``. ``region``,
    ``audience``: of the person. ``verbatim``: as typed, no correction. ``groups``: (kind, how many) to answer apart."""

    text: str
    filters: Filters = Filters()
    start: int = 0
    size: int = 20
    region: str = ""
    audience: str = ""
    today: str = ""
    sort: str = ""
    facets: bool = True
    verbatim: bool = False
    groups: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Hit:
    """``step``: why it is there, in words. ``fit``: how well its best label fits what was said, 0…1."""

    uid: str
    kind: str
    score: float
    step: str
    fit: float = 0.0


@dataclass(frozen=True)
class Answer:
    """``total`` hits that fit, ``hits`` a window of them. When nothing fits: total 0, ``hits`` empty, ``near`` what comes closest.
    ``facets``: {name: {value: number}} over all hits. ``corrected``: the wording that was searched instead, or None. ``groups``: the best of
    each kind asked for."""

    plan: Plan
    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, dict[str, int]]
    near: tuple[Hit, ...] = ()
    corrected: str | None = None
    groups: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)


class SearchEngine(Protocol):
    """What a replacement must offer."""

    def index(self, batch: Mapping[str, IndexDocument | None]) -> int: ...
    def search(self, query: Query, columns: Columns | None = None) -> Answer: ...
    def suggest(self, text: str, columns: Columns, limit: int = 8) -> list[Entry]: ...
    def stats(self) -> dict[str, Any]: ...


class Engine:
    """Reads the index folder of ``var/search``. One a process; thread safe."""

    def __init__(self, folder: Path, *, words: Analyzer | None = None, tables: Tables | None = None, weights: Weights | None = None) -> None:
        self.analyzer = words or analyzer()
        self.home = Home(folder)
        self.reader = Reader(self.home, self.analyzer.stamp)
        self.weights = weights or Weights()
        self._fixed = tables
        files = overrides_of(folder)
        self._watched = (*(str(files / kind.file) for kind in KINDS.values()), str(folder / "popularity.json"))
        self._tables: tuple[Any, Planner, dict[str, float]] | None = None
        self._desk: tuple[int, tuple[tuple[Row, str], ...]] = -1, ()
        self._lexicon: tuple[Any, float, Lexicon] | None = None
        self._lexicon_lock = threading.Lock()
        self._answers: OrderedDict[Any, Answer] = OrderedDict()
        self._lock = threading.Lock()

    # -- writing: only the worker calls this ---------------------------------------------------------------------------
    def index(self, batch: Mapping[str, IndexDocument | None]) -> int:
        """Set or remove (None) documents. IndexMissing, OSError, LockError leave the index as it was."""
        return Writer(self.home.current(self.analyzer.stamp), self.analyzer).apply(dict(batch))

    # -- what acts on the query: renewed when a file changes, no restart ------------------------------------------------
    def _acting(self) -> tuple[Any, Planner, dict[str, float]]:
        desk = self._desk
        seen = (*map(_moment, self._watched), desk[0])
        current = self._tables
        if current is not None and current[0] == seen:
            return current
        tables = self._fixed or with_rows(self.beneath(), desk[1])
        self._tables = found = seen, Planner(tables, self.analyzer), read_popularity(self.home.folder)
        return found

    def beneath(self) -> Tables:
        """What ships with the operator's files laid over it: the tables under the desk's overlay."""
        return with_files(shipped_tables(), overrides_of(self.home.folder))

    def take(self, overlay: Overlay | None) -> None:
        """Let the desk's rows act from now on when they are newer than those in use; None (a database without them) changes nothing."""
        if overlay is not None and (number := overlay.number()) > self._desk[0]:
            self._desk = number, overlay.laid()

    @property
    def planner(self) -> Planner:
        return self._acting()[1]

    # -- reading -------------------------------------------------------------------------------------------------------
    def picture(self) -> Picture:
        return self.reader.picture()

    def generation(self) -> Any:
        """Moves when answers may: a commit of the index, another table. '' while there is no index."""
        try:
            return self.picture().generation, self._acting()[0]
        except LookupError:
            return ""

    def ranked(self, picture: Picture, plan: Plan, query: Query, limit: int) -> Ranked:
        return rank(picture, plan, query.filters, self.weights, self.analyzer, region=query.region, audience=query.audience, today=query.today,
                    popularity=self._acting()[2], limit=limit)

    def search(self, query: Query, columns: Columns | None = None) -> Answer:
        """The answer of the whole plan; with ``columns`` also corrections, best bets and other wordings. IndexMissing."""
        picture, seen = self.picture(), self._acting()[0]
        correct = columns is not None and self._lexicon is not None     # no search waits for the lexicon; corrections come as soon as it is made
        if columns is not None and not correct:
            self._renew_lexicon(columns)
        key = (query, picture.generation, seen, columns.generation if columns is not None else None, correct)
        with self._lock:
            found = self._answers.get(key)
            if found is not None:
                self._answers.move_to_end(key)
                return found
        answer = self._search(picture, query, columns, correct=correct)
        with self._lock:
            self._answers[key] = answer
            if len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        return answer

    def _search(self, picture: Picture, query: Query, columns: Columns | None, *, correct: bool = True) -> Answer:
        planner = self.planner
        plan = planner.plan(query.text)
        size = min(query.size, MAX_SIZE)
        limit = min(MAX_FROM, query.start + size) if query.sort != "date" else MAX_FROM
        ranked = self.ranked(picture, plan, query, limit)
        corrected: str | None = None
        if correct and columns is not None and not query.verbatim and plan.text and ranked.coverage + ranked.fit < 1.9:
            for other in self.rewordings(plan, columns):
                again = planner.plan(other)
                better = self.ranked(picture, again, query, limit)
                if better.fits and better.total and better.coverage + better.fit > ranked.coverage + ranked.fit + BETTER:
                    corrected, plan, ranked = other, again, better
                    break
        if query.sort == "date":
            self._by_date(picture, ranked)
        hits = self._hits(picture, ranked, query.start, size)
        if columns is not None and not query.start and query.sort != "date":
            hits = self._best_bets(picture, planner, plan, query, columns, hits)[:max(size, 1) if size else 0]
        facets: dict[str, dict[str, int]] = {}
        if query.facets and ranked.fits:
            found = np.flatnonzero(ranked.hits)
            facets = {name: picture.counts(name, found) for name in FACETS}
        if not ranked.fits:
            return Answer(plan, 0, (), facets, near=hits[:10] or self._hits(picture, self.ranked(picture, plan, query, 10), 0, 10), corrected=corrected)
        groups = {kind: self._hits(picture, ranked, 0, number, picture.mask("kind", (kind,))) for kind, number in query.groups}
        if "item" in groups and columns is not None:
            groups["item"] = self._best_bets(picture, planner, plan, query, columns, groups["item"])
        return Answer(plan, ranked.total, hits, facets, corrected=corrected, groups=groups)

    def _hits(self, picture: Picture, ranked: Ranked, start: int, size: int, only: np.ndarray | None = None) -> tuple[Hit, ...]:
        numbers, scores = (ranked.numbers, ranked.scores) if only is None else top(ranked.hits & only, ranked.score, size)
        shown = numbers[start:start + size]
        kinds = _codes(picture, "kind", shown)
        return tuple(Hit(picture.uid(number), kinds[place], round(float(scores[start + place]), 4), ranked.step(number), float(ranked.fitting[number]) if ranked.fitting is not None else 0.0)
                     for place, number in enumerate(shown.tolist()))

    def _best_bets(self, picture: Picture, planner: Planner, plan: Plan, query: Query, columns: Columns, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        """The hits with what editors chose for this very query in front."""
        for bet in reversed(planner.tables.best_bets.get(plan.text, ()) or planner.tables.best_bets.get(squeeze(query.text), ())):
            row = columns.item_at(bet.path)
            number = picture.number_of(row.uid) if row is not None and query.filters.kind in ("", "item") and (not bet.until or query.today <= bet.until) else -1
            if row is not None and number >= 0 and all(picture.mask(name, (value,))[number] for name, value in query.filters.pairs()):
                top = hits[0].score if hits else 0.0
                hits = (Hit(row.uid, "item", round(top + 1, 4), "编辑推荐：" + bet.reason, 1.0), *(hit for hit in hits if hit.uid != row.uid))
        return hits

    def _by_date(self, picture: Picture, ranked: Ranked) -> None:
        dates = _codes(picture, "date", ranked.numbers)
        order = sorted(range(len(dates)), key=lambda place: dates[place], reverse=True)
        ranked.numbers, ranked.scores = ranked.numbers[order], ranked.scores[order]

    # -- other wordings ------------------------------------------------------------------------------------------------
    def lexicon(self, columns: Columns) -> Lexicon:
        """Labels of the site. Made anew in the background when the columns moved; the first call waits for it. IndexMissing."""
        found = self._lexicon
        if found is None:
            with self._lexicon_lock:
                if self._lexicon is None:
                    self._lexicon = columns.generation, time.monotonic(), self._make_lexicon(columns)
                return self._lexicon[2]
        if found[0] != columns.generation and time.monotonic() - found[1] > LEXICON_EVERY:
            self._renew_lexicon(columns)
        return found[2]

    def _renew_lexicon(self, columns: Columns) -> None:
        """In a thread of its own, one at a time; the old one serves meanwhile."""
        def renew() -> None:
            try:
                self._lexicon = columns.generation, time.monotonic(), self._make_lexicon(columns)
            except Exception:  # noqa: BLE001 - the old one serves on
                log.exception("making the lexicon failed")
            finally:
                self._lexicon_lock.release()
        if self._lexicon_lock.acquire(blocking=False):
            threading.Thread(target=renew, name="lexicon", daemon=True).start()

    def _make_lexicon(self, columns: Columns) -> Lexicon:
        picture = self.picture()
        words = {term for segment in picture.segments for name in ("title", "plain") for term in segment.terms(name)}
        return Lexicon(_entries(columns), words)

    def rewordings(self, plan: Plan, columns: Columns) -> list[str]:
        """What a query may have been meant to say: pinyin read as words, one wrong character put right."""
        lexicon, key = self.lexicon(columns), plan.text
        if pinyin_key(key):
            parts = [found[0].text for part in plan.query.split() if (found := lexicon.by_pinyin(part, 1))]
            whole = [entry.text for entry in lexicon.by_pinyin(key, 1)]
            return whole or (["".join(parts)] if len(parts) == len(plan.query.split()) else [])
        strange = self._strange(key)
        if not strange:
            return []
        guesses = lexicon.corrections(key) + (self._together(lexicon.pairs_like(key)) if any(len(word) > 1 for word in strange.values()) else [])
        return [guess for guess in guesses if self._plausible(key, guess, strange)][:3]

    def _strange(self, key: str) -> dict[int, str]:
        """Words that nobody writes so: {place: word} of pieces that are no words of the dictionary, or single characters left over."""
        found, at = {}, 0
        for word in self.analyzer.segments(key):
            if not word.isascii() and not (word in self.planner.tables.words or word in self.planner.tables.synonyms if len(word) == 1 else self.analyzer.known(word)):
                found[at] = word
            at += len(word)
        return found

    def _plausible(self, key: str, guess: str, strange: dict[int, str]) -> bool:
        """A correction changes strange words only, sounds the same unless the strange word is no word at all, and leaves nothing strange there."""
        changed = [at for at, (old, new) in enumerate(zip(key, guess, strict=True)) if old != new]
        covered = {place: word for place, word in strange.items() if any(place <= at < place + len(word) for at in changed)}
        if not covered or not all(any(place <= at < place + len(word) for place, word in covered.items()) for at in changed):
            return False
        same = all(sounds(key[at]) == sounds(guess[at]) for at in changed)
        return (same or any(len(word) > 1 for word in covered.values())) and not self._strange(guess).keys() & set(changed)

    def _together(self, guesses: list[tuple[str, str, str]]) -> list[str]:
        """The three guesses whose parts stand together among the labels of most documents."""
        picture, counted = self.picture(), []
        for parts in guesses:
            found = None
            for part in parts:
                if len(part) > 1:
                    documents = labels_with(picture, part)
                    found = documents if found is None else np.intersect1d(found, documents, assume_unique=True)
            counted.append((len(found) if found is not None else 0, "".join(parts)))
        return [guess for number, guess in sorted(counted, key=lambda pair: (-pair[0], pair[1])) if number][:3]

    def suggest(self, text: str, columns: Columns, limit: int = 8) -> list[Entry]:
        """Labels for what has been typed so far: beginning so, holding it, by pinyin, corrected. IndexMissing."""
        lexicon, key = self.lexicon(columns), squeeze(text[:MAX_QUERY])[:40]
        if not key:
            return []
        begun = lexicon.complete(key, 60)
        others = [entry for entry in begun if entry.kind != "item"][:2]              # a question, an office: not only services
        first = [entry for entry in begun if entry not in others][:limit - len(others)]
        found = {squeeze(entry.text): entry for entry in (*first, *others)}
        if len(found) < limit and not key.isascii() and len(key) > 1:
            for entry in self._holding(key, lexicon):
                found.setdefault(squeeze(entry.text), entry)
        if len(found) < limit:
            for entry in lexicon.by_pinyin(normalise(text[:60]), limit):
                found.setdefault(squeeze(entry.text), entry)
        if not found and len(key) >= 3:
            for right in lexicon.corrections(key):
                for entry in lexicon.complete(right, limit) or self._holding(right, lexicon):
                    found.setdefault(squeeze(entry.text), entry)
        return list(found.values())[:limit]

    def _holding(self, key: str, lexicon: Lexicon) -> list[Entry]:
        """Labels that hold the text, by rank, then shorter first; at most 200 documents are looked at."""
        picture = self.picture()
        documents = labels_with(picture, key)
        documents = documents[picture.live[documents]]
        if len(documents) > 200:
            documents = documents[np.argpartition(-picture.weights[documents], 200)[:200]]
        labels = {label for number in documents.tolist() for label in picture.labels_of(number) if key in label and len(label) <= 30}
        entries = [entry for label in labels if (entry := lexicon.entry(label)) is not None]
        return sorted(entries, key=lambda entry: (-entry.rank, len(entry.text), entry.text))[:20]

    def explain(self, text: str, filters: Filters = Filters(), today: str = "", limit: int = 10) -> list[str]:
        """The plan and the best ten with their reasons, in Chinese lines."""
        plan, picture = self.planner.plan(text), self.picture()
        ranked = self.ranked(picture, plan, Query(text, filters, today=today), limit)
        lines = [*explain(plan), f"命中 {ranked.total} 条，最好的一条说中 {ranked.coverage:.0%}" + ("" if ranked.fits else "：没有合适的，只作相近结果")]
        return lines + [f"{score:7.3f}  {ranked.step(int(number))}  {picture.labels_of(int(number))[0] if picture.labels_of(int(number)) else ''}  {picture.uid(int(number))}"
                        for number, score in zip(ranked.numbers, ranked.scores, strict=True)]

    def stats(self) -> dict[str, Any]:
        """{documents, labels, deleted, segments, generation, stamp, cache_bytes}. IndexMissing."""
        picture = self.picture()
        return {"documents": picture.count, "labels": sum(len(segment.labels.begin) - 1 for segment in picture.segments), "deleted": int((~picture.live).sum()),
                "segments": len(picture.segments), "generation": picture.generation[1], "stamp": self.analyzer.stamp, "cache_bytes": picture.cache.size}

    def with_changed(self, *, weights: Mapping[str, Any] | None = None, tables: Tables | None = None) -> Engine:
        """An engine over the same index with other numbers or tables; for trials and the ablation table."""
        other = Engine(self.home.folder, words=self.analyzer, tables=tables or self.planner.tables, weights=replace(self.weights, **(weights or {})))
        other.reader, other._lexicon = self.reader, self._lexicon
        return other


def overrides_of(folder: Path) -> Path:
    """Where the operator's files lie beside ``var/search``: ``var/overrides`` outlives the index and is in every backup."""
    return folder.parent / "overrides" / OVERRIDES


def _moment(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _codes(picture: Picture, field_name: str, numbers: np.ndarray) -> list[str]:
    """The facet value of each document, '' when none."""
    column = picture.facet(field_name)
    return [column.labels[column.codes[column.starts[number]]] if column.starts[number + 1] > column.starts[number] else "" for number in numbers.tolist()]


def _entries(columns: Columns) -> list[Entry]:
    entries = []
    for row in columns.items:
        rank_ = 2.0 if row.hot else 1.0 if row.state == "完整" else 0.0
        entries.append(Entry(row.name, "item", rank_ + 0.2))
        entries.extend(Entry(name, "item", rank_) for name in row.plain_names)
    entries.extend(Entry(row.title, "question", 0.4) for row in columns.questions)
    entries.extend(Entry(name, "organisation", 0.3) for row in columns.plain.get("Organisation", ()) for name in dict.fromkeys((row.title, row.head.get("short") or row.title)))
    entries.extend(Entry(row.title, "policy", 0.1) for row in columns.laws)
    return entries
