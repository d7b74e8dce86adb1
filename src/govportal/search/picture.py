"""A Picture: one generation of the index as numpy arrays over global document numbers.

Owns posting lists (cached by segment and term), facet codes, labels, the live mask. Immutable; ``Reader`` hands out the
newest one and keeps segments by id across commits.
"""
from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import segments
from .index import Home, IndexMissing, id_of, stamp_of

CACHE_BYTES = 6 << 20
ATTEMPTS = 4                    # to read an index while another one takes its place
MEMO_BYTES = 52 << 20


@dataclass
class FacetColumn:
    """Codes of one facet by document: ``codes[starts[d]:starts[d + 1]]`` of document ``d``; ``labels[code]``; ``single``: at most one each."""

    labels: list[str]
    starts: np.ndarray
    codes: np.ndarray
    index: dict[str, int]
    single: bool

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """All codes of these documents, one after the other."""
        first, counts = self.starts[numbers], self.starts[numbers + 1] - self.starts[numbers]
        return self.codes[first[counts > 0]] if self.single else self.codes[ranges(first, counts)]


class PostingCache:
    """LRU of posting lists by (segment, field, term), bounded in bytes. Thread safe."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self.limit, self.size = limit, 0
        self._entries: OrderedDict[Any, tuple[np.ndarray, np.ndarray]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, segment: segments.Segment, field: str, term: str) -> tuple[np.ndarray, np.ndarray]:
        key = (segment.id, field, term)
        with self._lock:
            found = self._entries.get(key)
            if found is not None:
                self._entries.move_to_end(key)
                return found
        found = segment.postings(field, term)
        with self._lock:
            if key not in self._entries:
                self._entries[key] = found
                self.size += _bytes(found)
                while self.size > self.limit:
                    self.size -= _bytes(self._entries.popitem(last=False)[1])
        return found


class LabelRows(NamedTuple):
    """Labels of some documents: ``owner`` position of the document in the list asked for, ``length`` characters, ``first`` = the
    registered name; ``mass``: rarity of all its pairs, added; ``pairs``/``label``: each character pair and the label it is in."""

    owner: np.ndarray
    length: np.ndarray
    first: np.ndarray
    mass: np.ndarray
    pairs: np.ndarray
    label: np.ndarray


def ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """start, start + 1, … of each start, one after the other."""
    ends = np.cumsum(counts)
    return np.repeat(starts - (ends - counts), counts) + np.arange(int(ends[-1]) if len(ends) else 0)


class Picture:
    """``size`` documents (deleted ones included) by global number, ``live`` mask, ``count`` live ones."""

    def __init__(self, generation: Any, parts: list[tuple[segments.Segment, list[int]]], cache: PostingCache, previous: Picture | None = None) -> None:
        self.generation, self.cache = generation, cache
        self.segments = [segment for segment, _ in parts]
        self.bases, base = [], 0
        for segment in self.segments:
            self.bases.append(base)
            base += segment.size
        self.size = base
        self.live = np.ones(base, dtype=bool)
        for (_, deleted), start in zip(parts, self.bases, strict=True):
            if deleted:
                self.live[np.array(deleted, dtype=np.int64) + start] = False
        self.count = int(self.live.sum())
        self.average = {name: max(1.0, sum(segment.total[name] for segment in self.segments) / max(1, base)) for name in segments.WORD_FIELDS}
        self.weights = np.concatenate([segment.weights for segment in self.segments]) if base else np.zeros(0, dtype=np.float32)
        if previous is not None and previous.large == self.large and "pair_rarity" in previous.__dict__:
            self.__dict__["pair_rarity"] = previous.pair_rarity
        self._memo: OrderedDict[Any, Any] = OrderedDict()
        self._memo_bytes = 0
        self._lock = threading.Lock()

    def remember(self, key: Any, make: Any) -> Any:
        """A value derived from this picture, kept while it lives; the oldest leave beyond MEMO_BYTES."""
        with self._lock:
            if key in self._memo:
                self._memo.move_to_end(key)
                return self._memo[key][0]
        value = make()
        weight = _bytes(value)
        with self._lock:
            if key not in self._memo:
                self._memo[key] = value, weight
                self._memo_bytes += weight
                while self._memo_bytes > MEMO_BYTES and len(self._memo) > 1:
                    self._memo_bytes -= self._memo.popitem(last=False)[1][1]
        return value

    def postings(self, field: str, term: str) -> tuple[np.ndarray, np.ndarray]:
        """(global numbers ascending, frequencies) of a term, deleted documents included."""
        ids, weights = [], []
        for segment, base in zip(self.segments, self.bases, strict=True):
            documents, frequencies = self.cache.get(segment, field, term)
            if len(documents):
                ids.append(documents + base if base else documents)
                weights.append(frequencies)
        if not ids:
            return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32)
        return (ids[0], weights[0]) if len(ids) == 1 else (np.concatenate(ids), np.concatenate(weights))

    def lengths(self, field: str) -> np.ndarray:
        parts = [segment.lengths(field) for segment in self.segments]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)

    @cached_property
    def field_lengths(self) -> dict[str, np.ndarray]:
        return {name: self.lengths(name) for name in segments.WORD_FIELDS}

    def label_rows(self, numbers: np.ndarray) -> LabelRows:
        """Labels of documents (global numbers, ascending)."""
        parts, labels_before = [], 0
        for segment, base, mass in zip(self.segments, self.bases, self.masses, strict=True):
            low, high = np.searchsorted(numbers, (base, base + segment.size))
            if low == high:
                continue
            local, table = numbers[low:high] - base, segment.labels
            counts = table.starts[local + 1] - table.starts[local]
            labels = ranges(table.starts[local], counts)
            length = table.begin[labels + 1] - table.begin[labels] - 1
            pairs = np.maximum(length - 1, 0)
            first = np.zeros(len(labels), dtype=bool)
            first[(np.cumsum(counts) - counts)[counts > 0]] = True
            parts.append((np.repeat(np.arange(low, high), counts), length, first, mass[labels], table.pairs(ranges(table.begin[labels], pairs)),
                          np.repeat(np.arange(labels_before, labels_before + len(labels)), pairs)))
            labels_before += len(labels)
        if not parts:
            none = np.zeros(0, dtype=np.int64)
            return LabelRows(none, none, none.astype(bool), none.astype(np.float32), none.astype(np.uint32), none)
        return LabelRows(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    @cached_property
    def large(self) -> tuple[str, ...]:
        """The segments whose labels say how rare a pair is: the large ones, or all while there are none."""
        return tuple(segment.id for segment in self.segments if segment.size >= segments.SMALL) or tuple(segment.id for segment in self.segments)

    @cached_property
    def pair_rarity(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(pair codes ascending, inverse frequency among labels, how often each character begins a pair) of the ``large`` segments."""
        chosen = [segment for segment in self.segments if segment.id in self.large]
        counted = [segment.pair_counts() for segment in chosen]
        if not sum(len(codes) for codes, _ in counted):
            return np.zeros(1, dtype=np.uint32), np.ones(1, dtype=np.float32), np.zeros(1 << 16, dtype=np.int32)
        codes, places = np.unique(np.concatenate([codes for codes, _ in counted]), return_inverse=True)
        counts = np.bincount(places, weights=np.concatenate([times for _, times in counted]))
        total = sum(len(segment.labels.begin) - 1 for segment in chosen)
        rarity = np.log(1 + (total - counts + 0.5) / (np.maximum(counts, 3) + 0.5)).astype(np.float32)
        return codes, rarity, np.bincount(codes >> np.uint32(16), weights=counts, minlength=1 << 16).astype(np.int32)

    def holding(self, character: str) -> np.ndarray:
        """Documents with a character in a label, ascending."""
        code, found = np.uint16(ord(character) & 0xFFFF), []
        for segment, base in zip(self.segments, self.bases, strict=True):
            table = segment.labels
            at = np.flatnonzero(table.characters == code)
            labels = np.unique(np.searchsorted(table.begin, at, side="right") - 1)
            found.append(np.unique(np.searchsorted(table.starts, labels, side="right") - 1) + base)
        return np.concatenate(found).astype(np.int32) if found else np.zeros(0, dtype=np.int32)

    @cached_property
    def masses(self) -> list[np.ndarray]:
        """By segment: the rarity of all pairs of each label, added; kept with the segment while the table of rarities is the same."""
        codes, rarities, _ = self.pair_rarity
        key, found = self.large, []
        for segment in self.segments:
            if segment.mass is None or segment.mass[0] != key:
                pairs = segment.labels.all_pairs() if len(segment.labels.characters) > 1 else np.zeros(0, dtype=np.uint32)
                rare = rarities[np.minimum(np.searchsorted(codes, pairs), len(codes) - 1)]
                added = np.concatenate(([0.0], np.cumsum(rare, dtype=np.float64)))
                begin = segment.labels.begin
                segment.mass = key, (added[np.maximum(begin[1:] - 2, begin[:-1])] - added[begin[:-1]]).astype(np.float32)
            found.append(segment.mass[1])
        return found

    def labels_of(self, number: int) -> list[str]:
        """The squeezed labels of one document, its name first."""
        segment, local = self._at(number)
        return segment.labels_of(local)

    def facet(self, field: str) -> FacetColumn:
        """Codes of a facet of all documents."""
        def make() -> FacetColumn:
            labels = sorted({term for segment in self.segments for term in segment.terms(field)})
            documents, codes = [], []
            for code, label in enumerate(labels):
                found = self.postings(field, label)[0]
                documents.append(found)
                codes.append(np.full(len(found), code, dtype=np.uint16 if len(labels) < 65536 else np.int32))
            at = np.concatenate(documents) if documents else np.zeros(0, dtype=np.int32)
            order = np.argsort(at, kind="stable")
            starts = np.concatenate(([0], np.cumsum(np.bincount(at, minlength=self.size)))).astype(np.int32)
            values = np.concatenate(codes)[order] if codes else np.zeros(0, dtype=np.uint16)
            return FacetColumn(labels, starts, values, {label: code for code, label in enumerate(labels)}, bool((np.diff(starts) <= 1).all()))
        return self.remember(("facet", field), make)  # type: ignore[no-any-return]

    def mask(self, field: str, values: tuple[str, ...]) -> np.ndarray:
        """Documents that have one of the values."""
        def make() -> np.ndarray:
            found = np.zeros(self.size, dtype=bool)
            for value in values:
                found[self.postings(field, value)[0]] = True
            return found
        return self.remember(("mask", field, values), make)  # type: ignore[no-any-return]

    def date_mask(self, since: str, until: str) -> np.ndarray:
        def make() -> np.ndarray:
            column = self.facet("date")
            wanted = np.array([(not since or label >= since) and (not until or label <= until) for label in column.labels], dtype=bool)
            found = np.zeros(self.size, dtype=bool)
            dated = np.flatnonzero(np.diff(column.starts))
            if len(dated):
                found[dated] = wanted[column.codes[column.starts[dated]]]
            return found
        return self.remember(("dates", since, until), make)  # type: ignore[no-any-return]

    def counts(self, field: str, numbers: np.ndarray) -> dict[str, int]:
        """{value: number} over documents given by their numbers."""
        column = self.facet(field)
        if not len(column.labels) or not len(numbers):
            return {}
        found = np.bincount(column.of(numbers), minlength=len(column.labels))
        return {column.labels[code]: int(found[code]) for code in np.flatnonzero(found).tolist()}

    def _at(self, number: int) -> tuple[segments.Segment, int]:
        place = bisect_right(self.bases, number) - 1
        return self.segments[place], int(number) - self.bases[place]

    def uid(self, number: int) -> str:
        segment, local = self._at(number)
        return str(segment.uids[local].decode())

    def number_of(self, uid: str) -> int:
        """Live document with this id, -1 when not there."""
        found = self.postings("id", uid)[0]
        found = found[self.live[found]]
        return int(found[-1]) if len(found) else -1


def _bytes(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return 200 + (value.nbytes if value.strides != (0,) else 0)          # a broadcast number takes no room
    if isinstance(value, (tuple, list)):
        return sum(_bytes(part) for part in value if isinstance(part, np.ndarray))
    return 400 + (value.starts.nbytes + value.codes.nbytes if isinstance(value, FacetColumn) else 0)


class Reader:
    """The newest Picture of the current folder. Thread safe; a look for news costs one ``stat``."""

    def __init__(self, home: Home, stamp: str) -> None:
        self.home, self.stamp = home, stamp
        self.cache = PostingCache()
        self._lock = threading.Lock()
        self._picture: Picture | None = None
        self._seen: Any = None
        self._segments: dict[str, segments.Segment] = {}

    def _look(self) -> Any:
        name = self.home.current_name()
        if not name:
            raise IndexMissing("没有可用的检索索引")
        folder = self.home.folder / name
        try:
            return name, folder.stat().st_mtime_ns, (folder / "stamp.json").stat().st_ino
        except OSError:
            raise IndexMissing("检索索引的目录不见了") from None

    def picture(self) -> Picture:
        """IndexMissing when there is no usable index. A switch to another folder under our feet is looked at again."""
        for attempt in range(ATTEMPTS):
            try:
                return self._newest()
            except IndexMissing:
                if attempt == ATTEMPTS - 1 or not self.home.current_name():
                    raise
                time.sleep(0.02)
        raise AssertionError

    def _newest(self) -> Picture:
        seen = self._look()
        current = self._picture
        if current is not None and self._seen == seen:
            return current
        with self._lock:
            seen = self._look()
            if self._picture is not None and self._seen == seen:
                return self._picture
            folder = self.home.folder / seen[0]
            if stamp_of(folder) != self.stamp:
                raise IndexMissing("检索索引由另一版本的分词或词典生成，需要重建")
            self._picture = self._load(folder)
            self._seen = seen
            return self._picture

    def _load(self, folder: Path) -> Picture:
        try:
            storage, schema, generation, found = segments.toc(folder)
            identity = id_of(folder)
            if self._picture is not None and self._picture.generation == (identity, generation):
                return self._picture
            parts, kept = [], {}
            for whoosh_segment, deleted in found:
                name = whoosh_segment.segment_id()
                kept[name] = self._segments.get(name) or segments.Segment(storage, schema, whoosh_segment)
                parts.append((kept[name], deleted))
        except Exception as exc:  # noqa: BLE001 - whatever is wrong with the files: there is no usable index
            if isinstance(exc, MemoryError):
                raise
            self.home.report_broken()
            raise IndexMissing(f"检索索引读不出来：{type(exc).__name__}") from exc
        self._segments = kept
        return Picture((identity, generation), parts, self.cache, self._picture)
