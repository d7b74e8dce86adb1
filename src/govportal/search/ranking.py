"""Scores: a plan against a picture. Two stages, each exact over what it looks at.

1. All documents: BM25F of each group's best wording over title, plain names and body (``text_fit``), and the share of the
   query's character pairs among the labels (``near``). Filters are masks; hits, total and facet counts come from here.
2. The best WINDOW of them: how well one single label (the name, or what people call it) fits what was said (``label_fit``);
   exact label, code, and small signals. Documents beyond the window follow in the order of stage 1.

Owns every number of the ranking (``Weights``); the numbers were set on ``queries_look.jsonl`` and a development set of 236 other queries;
the effect of each step stands in docs/proof (``make bench``, rows "ablation") and is printed by ``govportal search evaluate --ablation``.
"""
from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .picture import Picture
from .plan import Group, Plan
from .segments import pair_codes
from .text import bigrams, squeeze

WINDOW = 400                    # documents that stage 2 looks at
_NONE = (np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.float32))


@dataclass(frozen=True)
class Weights:
    """Every number of the ranking; a step is switched off by 0 for the ablation table."""

    label: float = 10.0
    text: float = 6.0
    near: float = 1.0           # stage 1: share of character pairs among all labels
    exact: float = 6.0
    code: float = 30.0
    grams: float = 0.3          # stage 2: share of character pairs in the fit of one label
    beta: float = 0.8           # stage 2: recall against precision in the F-measure of one label
    alias: float = 0.9         # a plain name against the registered name
    contained: float = 0.7      # impact of a wording whose pairs all stand among the labels, against a saturated word
    depth: float = 2.0          # complete guide, online, recommended
    region: float = 1.0         # the visitor's region
    named_region: float = 1.2   # a place named in the query
    audience: float = 0.2
    fresh: float = 0.3          # news and policies of the last two years
    popular: float = 0.3
    synonyms: float = 1.0
    spoken: float = 0.8         # a wording of less weight is looked for among the labels only, not in the texts
    weak: float = 1.0           # power of the words' own weights (words.csv); 0 = all alike
    k1: float = 1.2
    fields: tuple[tuple[str, float, float], ...] = (("title", 3.0, 0.4), ("plain", 2.0, 0.2), ("body", 1.0, 0.6))
    share: float = 2.5          # share of what was said that stands anywhere in the document
    fit: float = 0.25            # below this share of what was said, nothing fits …
    contained_fit: float = 0.8  # … unless one label fits as well as this
    elsewhere: float = 0.8      # what sounds like a matter of no item finds items only with a label this good; 0 = the table is not used
    tail: float = 0.25          # a hit says at least this part of what the best one says


@dataclass(frozen=True)
class Filters:
    """Values that a hit must have; '' = any, ``a|b`` = one of them. ``since``/``until``: YYYYMMDD."""

    kind: str = ""
    region: str = ""
    org: str = ""
    topic: str = ""
    audience: str = ""
    channel: str = ""
    type: str = ""
    since: str = ""
    until: str = ""

    def pairs(self) -> list[tuple[str, str]]:
        return [(name, getattr(self, name)) for name in ("kind", "region", "org", "topic", "audience", "channel", "type") if getattr(self, name)]


@dataclass
class Ranked:
    """``numbers``/``scores``: hits, best first (limited); ``hits``: mask of all hits; ``score``: of every document; ``coverage``: best
    share of what was said, ``covered`` of each document; ``fit``: of the best label, ``fitting`` of each document's; ``exact``, ``coded``: masks of equal labels and codes."""

    numbers: np.ndarray
    scores: np.ndarray
    hits: np.ndarray
    score: np.ndarray
    total: int
    fits: bool
    coverage: float = 0.0
    fit: float = 0.0
    covered: np.ndarray | None = None
    fitting: np.ndarray | None = None
    exact: np.ndarray | None = None
    coded: np.ndarray | None = None

    def step(self, number: int) -> str:
        """Why a hit is there, in words."""
        if self.covered is None or self.exact is None or self.coded is None:
            return "词"
        return ("名称或叫法相同" if self.exact[number] else "编码相符" if self.coded[number] else "全部词" if self.covered[number] >= 0.97
                else "大部分词" if self.covered[number] >= 0.6 else "部分词")


def idf(frequency: int, total: int) -> float:
    return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))


# -- one step: exact BM25F ---------------------------------------------------------------------------------------------
def word_impact(picture: Picture, word: str, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """One word over the fields: (ascending numbers, saturated frequency). BM25F: each field's frequency is weighted and divided by
    the field's relative length, the fields are added, the sum is saturated by k1. Deleted documents included."""
    documents: list[np.ndarray] = []
    values: list[np.ndarray] = []
    for name, boost, b in weights.fields:
        numbers, frequencies = picture.postings(name, word)
        if len(numbers):
            relative = picture.field_lengths[name][numbers] / np.float32(picture.average[name])
            documents.append(numbers)
            values.append(np.float32(boost) * frequencies / (np.float32(1 - b) + np.float32(b) * relative))
    if not documents:
        return _NONE
    if len(documents) == 1:
        numbers, added = documents[0], values[0]
    else:
        joined = np.concatenate(documents)
        dense = np.bincount(joined, weights=np.concatenate(values), minlength=0)
        numbers = np.flatnonzero(dense).astype(np.int32)
        added = dense[numbers].astype(np.float32)
    return numbers, (added * np.float32(weights.k1 + 1) / (added + np.float32(weights.k1))).astype(np.float32)


def best_words(picture: Picture, words: Sequence[str], weights: Weights, *, every: bool, filters: Filters = Filters(), limit: int = 10) -> Ranked:
    """The exact best ``limit`` by BM25F for ``words`` (all of them, or any): one step by itself; equal scores in order of number."""
    wanted = [remembered_impact(picture, word, weights) for word in dict.fromkeys(words)]
    score, hits = np.zeros(picture.size, dtype=np.float32), np.zeros(picture.size, dtype=bool)
    if every and wanted:
        found = min((numbers for numbers, _ in wanted), key=len)
        for numbers, _ in wanted:
            if numbers is not found and len(found):
                places = np.minimum(np.searchsorted(numbers, found), len(numbers) - 1) if len(numbers) else np.zeros(0, dtype=np.int64)
                found = found[numbers[places] == found] if len(numbers) else found[:0]
        added = np.zeros(len(found), dtype=np.float32)
        for numbers, impacts in wanted if len(found) else ():
            added += np.float32(idf(len(numbers), picture.size)) * impacts[np.searchsorted(numbers, found)]
        score[found] = added
        hits[found] = True
    else:
        for numbers, impacts in wanted:
            score[numbers] += np.float32(idf(len(numbers), picture.size)) * impacts
            hits[numbers] = True
    hits &= picture.live & filter_mask(picture, filters)
    numbers, scores = top(hits, score, limit)
    return Ranked(numbers, scores, hits, score, int(hits.sum()), True)


def remembered_impact(picture: Picture, word: str, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    return picture.remember(("word", word, weights.fields, weights.k1), lambda: word_impact(picture, word, weights))  # type: ignore[no-any-return]


def filter_mask(picture: Picture, filters: Filters) -> np.ndarray | bool:
    wanted: np.ndarray | bool = True
    for name, value in filters.pairs():
        wanted = wanted & picture.mask(name, tuple(value.split("|")))
    if filters.since or filters.until:
        wanted = wanted & picture.date_mask(filters.since, filters.until)
    return wanted


def top(hits: np.ndarray, score: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """The best ``limit`` of the mask in exact order: score, then number."""
    found = np.flatnonzero(hits)
    values = score[found]
    if limit <= 0:
        return found[:0], values[:0]
    if len(found) > limit:
        cut = np.partition(values, len(found) - limit)[len(found) - limit]
        keep = values >= cut
        found, values = found[keep], values[keep]
    order = np.lexsort((found, -values))[:limit]
    return found[order], values[order]


# -- stage 1: all documents --------------------------------------------------------------------------------------------
def labels_with(picture: Picture, text: str) -> np.ndarray:
    """Documents among whose labels stand all pairs of a text (or its one character), ascending."""
    def make() -> np.ndarray:
        if len(text) == 1:
            return picture.holding(text)
        found: np.ndarray | None = None
        for gram in bigrams(text):
            documents = picture.postings("gram", gram)[0]
            found = documents if found is None else found[np.isin(found, documents, assume_unique=True)]
            if not len(found):
                break
        return found if found is not None else np.zeros(0, dtype=np.int32)
    return picture.remember(("labels", text), make)  # type: ignore[no-any-return]


def alternatives(group: Group, weights: Weights) -> list[tuple[str, float]]:
    """(text, weight) from light to heavy, so that a later assignment is the maximum."""
    found = [(other.text, other.weight * (1.0 if place == 0 else weights.synonyms)) for place, other in enumerate(group.alternatives)]
    return sorted(((text, weight) for text, weight in found if weight > 0), key=lambda pair: pair[1])


def importance(picture: Picture, group: Group, weights: Weights) -> float:
    """What a group counts: the rarity of its most frequent good wording among labels; general words count little."""
    frequency = max((len(labels_with(picture, text)) if len(text) > 1 else _single(picture, text) for text, weight in alternatives(group, weights) if weight >= 0.6), default=0)
    return idf(max(frequency, 3), max(1, picture.size)) * group.weight ** weights.weak


def _single(picture: Picture, character: str) -> int:
    """How often a character stands in labels, before another one; at most the number of documents."""
    return min(int(picture.pair_rarity[2][ord(character) & 0xFFFF]), picture.size)


def wording_impact(picture: Picture, text: str, weights: Weights, analyzer: Any) -> tuple[np.ndarray, np.ndarray]:
    """(documents that hold all words of a wording, the least of their impacts), ascending."""
    words = list(dict.fromkeys(analyzer.segments(text) if not text.isascii() else [text]))
    if len(words) == 1:
        return remembered_impact(picture, words[0], weights)

    def make() -> tuple[np.ndarray, np.ndarray]:
        found = sorted((remembered_impact(picture, word, weights) for word in words), key=lambda pair: len(pair[0]))
        numbers, least = found[0]
        for others, impacts in found[1:]:
            if not len(numbers) or not len(others):
                return _NONE
            places = np.minimum(np.searchsorted(others, numbers), len(others) - 1)
            same = others[places] == numbers
            numbers, least = numbers[same], np.minimum(least[same], impacts[places[same]])
        return numbers, least
    return picture.remember(("wording", text, weights.fields, weights.k1), make)  # type: ignore[no-any-return]


def text_fit(picture: Picture, plan: Plan, values: Sequence[float], weights: Weights, analyzer: Any) -> tuple[np.ndarray, np.ndarray]:
    """(impact of each group's best wording, weighted and divided by the bound; share of what was said): float32 by document, 0…1.

    A wording is there when all its words stand in the texts (impact: the least of them) or all its pairs among the labels.
    """
    score, share = np.zeros(picture.size, dtype=np.float32), np.zeros(picture.size, dtype=np.float32)
    bound, labelled = sum(values), np.float32(weights.contained * (weights.k1 + 1))
    for group, value in zip(plan.groups, values, strict=True):
        best, held = np.zeros(picture.size, dtype=np.float32), np.zeros(picture.size, dtype=np.float32)
        for text, weight in alternatives(group, weights):
            if weight >= weights.spoken:
                numbers, impacts = wording_impact(picture, text, weights, analyzer)
                best[numbers] = np.maximum(best[numbers], impacts * np.float32(weight))
                held[numbers] = weight
            if len(text) > 1 or len(plan.text) == 1:
                numbers = labels_with(picture, text)
                best[numbers] = np.maximum(best[numbers], labelled * np.float32(weight))
                held[numbers] = weight
        score += best * np.float32(value)
        share += held * np.float32(value)
    if bound:
        score /= np.float32(bound * (weights.k1 + 1))
        share /= np.float32(bound)
    return score, share


def pairs_fit(picture: Picture, plan: Plan) -> np.ndarray:
    """Share of the query's character pairs, by rarity, that stand among a document's labels: float32, 0…1."""
    near, bound = np.zeros(picture.size, dtype=np.float32), 0.0
    for gram in bigrams(plan.text)[:40]:
        documents = picture.postings("gram", gram)[0]
        value = idf(max(len(documents), 3), picture.size)
        bound += value
        near[documents] += np.float32(value)
    return near / np.float32(bound) if bound else near


# -- stage 2: single labels of the best --------------------------------------------------------------------------------
def _hashed(pairs: np.ndarray) -> np.ndarray:
    """A 16-bit hash of pair codes: sorts out nearly all pairs that were not asked for before the exact comparison."""
    return ((pairs * np.uint32(2654435761)) >> np.uint32(16)).astype(np.uint16)


def label_fit(picture: Picture, plan: Plan, values: Sequence[float], numbers: np.ndarray, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """(fit of the best label, share of what was said that one label holds): float32 by place in ``numbers`` (ascending), 0…1.

    Fit of a label = F-measure of ``recall`` (share of what was said that it holds, by importance of the words and rarity of the pairs) and
    ``precision`` (share of the label, by rarity of its pairs, that was said).
    """
    fit, best = np.zeros(len(numbers), dtype=np.float32), np.zeros(len(numbers), dtype=np.float32)
    rows = picture.label_rows(numbers)
    count = len(rows.owner)
    if not count:
        return fit, best
    wordings = [alternatives(group, weights) for group in plan.groups]
    codes = {text: pair_codes(text) for group in wordings for text, _ in group}
    asked = pair_codes(plan.text)
    known = np.unique(np.concatenate([asked, *codes.values()]))
    if not len(known):
        known = np.zeros(1, dtype=np.uint32)
    maybe = np.zeros(1 << 16, dtype=bool)
    maybe[_hashed(known)] = True
    found = np.flatnonzero(maybe[_hashed(rows.pairs)])
    places = np.minimum(np.searchsorted(known, rows.pairs[found]), len(known) - 1)
    same = known[places] == rows.pairs[found]
    found, places = found[same], places[same]
    has, said = np.zeros((len(known), count), dtype=bool), np.zeros((len(known), count), dtype=bool)
    has[places, rows.label[found]] = True
    asked_at = np.searchsorted(known, asked)
    said[asked_at] = has[asked_at]
    covered = np.zeros(count, dtype=np.float32)
    for value, group in zip(values, wordings, strict=True):
        part = np.zeros(count, dtype=np.float32)
        for text, weight in group:
            if len(text) > 1:
                at = np.searchsorted(known, codes[text])
                inside = np.flatnonzero(has[at].all(axis=0))
                said[at[:, None], inside] = True
            else:
                character = np.uint32(ord(text) & 0xFFFF)
                inside = rows.label[(rows.pairs >> np.uint32(16) == character) | (rows.pairs & np.uint32(0xFFFF) == character)]
            part[inside] = weight
        covered += part * np.float32(value)
    share = covered / (np.float32(sum(values)) or np.float32(1))
    pairs = np.zeros(count, dtype=np.float32)
    if len(asked):
        rarity = np.array([idf(max(len(picture.postings("gram", gram)[0]), 3), picture.size) for gram in bigrams(plan.text)], dtype=np.float32)
        pairs = (rarity / rarity.sum()) @ has[np.searchsorted(known, np.array([pair_codes(gram)[0] for gram in bigrams(plan.text)], dtype=np.uint32))]
    table, rarities, _ = picture.pair_rarity
    rare = rarities[np.minimum(np.searchsorted(table, known), len(table) - 1)]
    told = np.bincount(rows.label[found], weights=rare[places] * said[places, rows.label[found]], minlength=count)
    precision = np.minimum(told / np.maximum(rows.mass, 1e-6), 1).astype(np.float32)
    recall = share * np.float32(1 - weights.grams) + pairs * np.float32(weights.grams)
    square = np.float32(weights.beta ** 2)
    value = (1 + square) * precision * recall / np.maximum(square * precision + recall, np.float32(1e-6))
    value *= np.where(rows.first, np.float32(1), np.float32(weights.alias))
    starts = np.flatnonzero(np.concatenate(([True], rows.owner[1:] != rows.owner[:-1])))
    fit[rows.owner[starts]] = np.maximum.reduceat(value, starts)
    best[rows.owner[starts]] = np.maximum.reduceat(np.maximum(share, pairs), starts)
    return fit, best


def rank(picture: Picture, plan: Plan, filters: Filters, weights: Weights, analyzer: Any, *, region: str = "", audience: str = "", today: str = "",
         popularity: dict[str, float] | None = None, limit: int = 100) -> Ranked:
    """All hits of a plan: mask, total, the best ``limit``."""
    values = [importance(picture, group, weights) for group in plan.groups]
    text, share = text_fit(picture, plan, values, weights, analyzer)
    near = pairs_fit(picture, plan)
    exact, coded = np.zeros(picture.size, dtype=bool), np.zeros(picture.size, dtype=bool)
    for form in {"=" + squeeze(plan.query), "=" + plan.text}:
        exact[picture.postings("code", form)[0]] = True
    for code in plan.codes:
        coded[picture.postings("code", code)[0]] = True
    sure = exact | coded
    allowed = picture.live & filter_mask(picture, filters)
    coverage = np.maximum(share, near)
    first = np.float32(weights.text) * text + np.float32(weights.near) * near + np.float32(weights.code) * sure
    window = np.sort(top(((coverage > 0) | sure) & allowed, first, WINDOW)[0])
    fit, held = label_fit(picture, plan, values, window, weights)
    coverage[window] = np.maximum(held, share[window])
    fitting = np.zeros(picture.size, dtype=np.float32)
    fitting[window] = fit
    label, items = float(fit.max()) if len(fit) else 0.0, picture.mask("kind", ("item",))
    if plan.elsewhere is not None and weights.elsewhere and float(fit[items[window]].max(initial=0.0)) < weights.elsewhere:
        allowed = allowed & (~items | sure)
    if plan.only_code:                              # a code or number nobody has is not half found by its digits
        allowed = allowed & sure
    found = ((coverage > 0) | sure) & allowed
    best = float(coverage[found].max()) if found.any() else 0.0
    fits = bool((sure & allowed).any() or best >= weights.fit or (label >= weights.contained_fit and found.any()))
    hits = found & ((coverage >= max(0.15, weights.tail * best)) | sure)
    score = first * np.float32(0.001)          # behind the window, in the order of stage 1
    others = score.copy()
    score[window] = np.float32(weights.label) * fit + np.float32(weights.text) * text[window] + np.float32(weights.share) * share[window] + np.float32(weights.exact) * exact[window] + np.float32(weights.code) * coded[window]
    score += np.float32(weights.depth) * picture.weights
    for code in plan.regions:
        score = score + np.float32(weights.named_region) * picture.mask("region", (code,))
        near_by = tuple(other for other in picture.facet("region").labels if other != code and other[:4] == code[:4])
        if near_by:                                 # the city of a named district, the districts of a named city
            score = score + np.float32(weights.named_region / 2) * picture.mask("region", near_by)
    if region:
        score = score + np.float32(weights.region) * picture.mask("region", (region,))
    if audience:
        score = score + np.float32(weights.audience) * picture.mask("audience", (audience,))
    if today and weights.fresh:
        score = score + np.float32(weights.fresh) * picture.date_mask(str(int(today[:4]) - 2) + today[4:], "")
    for uid, value in (popularity or {}).items():
        if (number := picture.number_of(uid)) >= 0:
            score[number] += np.float32(weights.popular * value)
    behind = np.ones(picture.size, dtype=bool)
    behind[window] = False
    score[behind] = others[behind]
    numbers, scores = top(hits, score, limit)
    return Ranked(numbers, scores, hits, score, int(hits.sum()), fits, best, label, coverage, fitting, exact, coded)
