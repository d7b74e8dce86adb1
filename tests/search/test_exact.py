"""The numpy reading equals an exhaustive scoring in plain Python: hundreds of queries, several segments, deletes, filters, facets."""
import math
import random

import numpy as np
import pytest

from govportal.search.analysis import analyzer
from govportal.search.ranking import Filters, Weights, best_words, idf
from govportal.search.segments import LENGTHS
from tests.search.conftest import document

WORDS = ["身份证", "居住证", "护照", "社保卡", "公积金", "驾驶证", "营业执照", "补办", "变更", "注销", "办理", "登记", "许可", "查询", "公司", "个人", "新生儿", "老年人", "残疾人", "退休"]


@pytest.fixture
def library(shelf):
    source = random.Random(20261124)
    kept = {}
    for start in range(0, 600, 75):
        batch = [document(number, "".join(source.sample(WORDS, source.randint(1, 4))), *("".join(source.sample(WORDS, 2)) for _ in range(source.randint(0, 4))),
                          body="，".join(source.choices(WORDS, weights=range(1, 21), k=source.randint(0, 60))), region=str(source.randint(1, 4)), org=f"o{source.randint(1, 9)}")
                 for number in range(start, start + 75)]
        shelf.put(*batch, fresh=start == 0)
        kept |= {one.uid: one for one in batch}
    for number in source.sample(range(600), 60):
        shelf.drop(number)
    changed = [document(number, "".join(source.sample(WORDS, 3)), body="，".join(source.choices(WORDS, k=20)), region="4", edition="e2") for number in source.sample(range(600), 40)]
    shelf.put(*changed)
    picture = shelf.engine().picture()
    kept |= {one.uid: one for one in changed}
    return picture, kept


def exhaustive(picture, kept, words, weights, every):
    """(number, score) of all live documents that hold all (any) of the words, best first; every document is looked at."""
    fields = {"title": lambda one: analyzer().words(one.title), "plain": lambda one: [word for label in one.labels[1:] for word in analyzer().words(label)],
              "body": lambda one: analyzer().words(one.body)}
    numbers = [number for number in range(picture.size)]
    tokens = {number: {name: of(kept[picture.uid(number)]) for name, of in fields.items()} for number in numbers if picture.live[number]}
    found = []
    held = {word: sum(1 for number in numbers if any(len(p) and number in p for p in (picture.postings(name, word)[0] for name in fields))) for word in words}
    for number, own in tokens.items():
        score, hits = np.float32(0), 0
        for word in words:
            added = np.float64(0)
            for name, boost, b in weights.fields:
                times = own[name].count(word)
                if times:
                    length = LENGTHS[length_byte(len(own[name]))]
                    added += np.float32(boost) * np.float32(times) / (np.float32(1 - b) + np.float32(b) * np.float32(length / np.float32(picture.average[name])))
            if added:
                hits += 1
                score += np.float32(idf(held[word], picture.size)) * np.float32(np.float32(added) * np.float32(weights.k1 + 1) / (np.float32(added) + np.float32(weights.k1)))
        if hits and (hits == len(words) or not every):
            found.append((number, float(score)))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def length_byte(length):
    from whoosh.util.numeric import length_to_byte
    return length_to_byte(length)


def test_the_first_ten_are_the_exhaustive_ones(library):
    picture, kept = library
    source, weights = random.Random(5), Weights()
    for number in range(300):
        words = source.sample(WORDS, source.randint(1, 4))
        words = [part for word in words for part in analyzer().words(word)][:4]
        words = list(dict.fromkeys(words))
        every = bool(number % 2)
        expected = exhaustive(picture, kept, words, weights, every)
        got = best_words(picture, words, weights, every=every)
        assert got.total == len(expected), words
        assert np.allclose(got.scores, [score for _, score in expected[:10]], rtol=1e-5), words
        best = dict(expected)
        for place, found in enumerate(got.numbers.tolist()):       # equal scores may differ in the last bit: each stands where its score belongs
            assert math.isclose(best[found], expected[place][1], rel_tol=1e-5), (words, place)


def test_filters_and_facets_count_every_hit(library):
    picture, kept = library
    found = best_words(picture, ["办理"], Weights(), every=True)
    live = [kept[picture.uid(number)] for number in range(picture.size) if picture.live[number]]
    hits = [one for one in live if "办理" in (*analyzer().words(one.title), *(word for label in one.labels for word in analyzer().words(label)), *analyzer().words(one.body))]
    counts = {}
    for one in hits:
        counts[one.region] = counts.get(one.region, 0) + 1
    assert found.total == len(hits) and picture.counts("region", np.flatnonzero(found.hits)) == counts
    for region, number in counts.items():
        assert best_words(picture, ["办理"], Weights(), every=True, filters=Filters(region=region)).total == number
    either = best_words(picture, ["办理"], Weights(), every=True, filters=Filters(region="1|2"))
    assert either.total == counts.get("1", 0) + counts.get("2", 0)


def test_each_document_is_live_once(library):
    picture, kept = library
    live = [picture.uid(number) for number in range(picture.size) if picture.live[number]]
    assert len(live) == len(set(live)) == picture.count
