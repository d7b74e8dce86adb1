"""Measures of search at 100,000 (and 500,000) documents: CPU ms, ratios against tantivy in the same run, memory, save → searchable.

Corpus: names and up to twelve 日常用语 of the real registers in real places, with about 900 characters of law text each, drawn with a fixed seed.
Queries: 200 mixed ones from names, plain names, places and departments, drawn with another seed. Part of ``make bench``.
"""
from __future__ import annotations

import csv
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from webob import Request

from govportal import main
from govportal.content import publish
from govportal.content.site import open_site
from govportal.search.analysis import Analyzer, analyzer, builder
from govportal.search.documents import IndexDocument
from govportal.search.engine import Engine, Query
from govportal.search.index import Home, build
from govportal.search.marks import marked, snippet, wordings
from govportal.search.ranking import best_words
from govportal.settings import Settings
from govportal.shipped import shipped
from tests.measure import Proof

LARGE, HUGE = 100_000, 500_000
TOPICS = ("户籍办理", "社会保障", "交通出行", "准营准办", "司法公证", "文化体育", "医疗卫生", "住房保障", "环保绿化", "设立变更")


@cache
def sources() -> tuple[list[tuple[str, tuple[str, ...]]], list[str], list[str]]:
    """((name, plain names) of the registers, sentences of laws, places)."""
    base = shipped("content")
    with open(base / "registers" / "plain-names.csv", encoding="utf-8", newline="") as stream:
        names = [(row["name"], tuple(row["plain_names"].split("、"))) for row in csv.DictReader(stream)]
    sentences: list[str] = []
    for path in sorted((base / "laws").glob("*.yaml")):
        sentences += [part for part in re.split(r"[。；\n]", path.read_text(encoding="utf-8")) if 12 < len(part) < 120]
    with open(base / "regions" / "divisions.csv", encoding="utf-8", newline="") as stream:
        places = [row["full_name"] for row in csv.DictReader(stream)]
    return names, sentences, places


def documents(number: int, seed: int = 7) -> Iterator[IndexDocument]:
    """``number`` index documents of about 900 characters."""
    names, sentences, places = sources()
    source = random.Random(seed)
    for at in range(number):
        name, plain = names[at % len(names)]
        place, body, size = places[source.randrange(len(places))], [], 0
        while size < 840:
            body.append(sentences[source.randrange(len(sentences))])
            size += len(body[-1])
        title = name if at < len(names) else f"{place}{name}"
        yield IndexDocument(str(uuid.UUID(int=source.getrandbits(128))), f"e{at}", ("item", "item", "item", "question", "policy")[at % 5], title, (title, *plain[:12]), "。".join(body),
                            (f"1144{at:027d}",), f"{440000 + at % 300}", f"org{at % 400}", (TOPICS[at % 10],), ("个人", "企业")[at % 3 == 0:][:1], ("窗口办理",) if at % 2 else (),
                            ("行政许可", "公共服务", "行政确认", "其他行政权力")[at % 4], f"20{10 + at % 16}0{1 + at % 9}15", (at % 10) / 10)


def queries(seed: int = 11) -> list[str]:
    """200 mixed queries: plain names, names, place + thing, two things, common words."""
    names, _, places = sources()
    source = random.Random(seed)
    found = []
    for at in range(200):
        name, plain = names[source.randrange(len(names))]
        spoken = plain[source.randrange(len(plain))]
        kind = at % 5
        found.append(spoken if kind < 2 else name[:12] if kind == 2 else f"{places[source.randrange(len(places))][-3:]} {spoken}" if kind == 3
                     else source.choice(("怎么办理", "我想", "网上")) + spoken + source.choice(("要什么材料", "多久", "")))
    return found


def each(calls: list[Callable[[], Any]]) -> list[float]:
    """CPU ms of each call, once."""
    spent = []
    for call in calls:
        began = time.process_time()
        call()
        spent.append((time.process_time() - began) * 1000)
    return spent


def p(values: list[float], share: float) -> float:
    return float(np.quantile(values, share))


def core(engine: Engine, text: str) -> Any:
    """One step: all words, ten best, five facet counts over all hits."""
    picture = engine.picture()
    found = best_words(picture, engine.analyzer.words(text), engine.weights, every=True)
    hits = np.flatnonzero(found.hits)
    return found, [picture.counts(name, hits) for name in ("kind", "region", "org", "topic", "type")]


def whole(engine: Engine, text: str, bodies: dict[str, str]) -> Any:
    """The whole plan with snippets of the ten best; not from the remembered answers."""
    answer = engine._search(engine.picture(), Query(text, size=10), None)
    words = wordings(answer.plan)
    return answer, [marked(snippet(bodies.get(hit.uid, ""), words), words) for hit in answer.hits]


def tantivy_core(folder: Path, number: int, words: Analyzer) -> Callable[[str], Any]:
    """The same corpus and meaning in tantivy: every word in title (×3), plain (×2) or body; ten best and five facet counts."""
    import tantivy
    schema = tantivy.SchemaBuilder()
    for name in ("title", "plain", "body"):
        schema.add_text_field(name, tokenizer_name="whitespace")
    for name in ("kind", "region", "org", "topic", "type"):
        schema.add_text_field(name, tokenizer_name="raw", fast=True)
    folder.mkdir()
    index = tantivy.Index(schema.build(), path=str(folder))
    writer, cut = index.writer(200_000_000, 1), builder()          # the same words; the builder's table is the faster one
    for one in documents(number):
        writer.add_document(tantivy.Document(
            title=" ".join(cut.words(one.title)), plain=" ".join(word for label in one.labels[1:] for word in cut.words(label)), body=" ".join(cut.words(one.body)),
            kind=one.kind, region=one.region, org=one.org, topic=one.topics[0], type=one.type))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()
    must, boost = tantivy.Occur.Must, {"title": 3.0, "plain": 2.0, "body": 1.0}
    aggregations = {name: {"terms": {"field": name, "size": 500}} for name in ("kind", "region", "org", "topic", "type")}

    def ask(text: str) -> Any:
        parts = []
        for word in dict.fromkeys(words.words(text)):
            fields = [(tantivy.Occur.Should, tantivy.Query.boost_query(tantivy.Query.term_query(index.schema, name, word), weight)) for name, weight in boost.items()]
            parts.append((must, tantivy.Query.boolean_query(fields)))
        query = tantivy.Query.boolean_query(parts)
        return searcher.search(query, 10), searcher.aggregate(query, aggregations)
    return ask


MEMORY = """
import sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
import numpy, pyramid.config, govportal.content.columns, govportal.content.site     # what the portal has without search
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1024
before = resident()
from govportal.search.analysis import analyzer
from govportal.search.engine import Engine, Query
engine = Engine(Path(sys.argv[1]), words=analyzer())
for line in open(sys.argv[2], encoding="utf-8"):
    engine._search(engine.picture(), Query(line.strip()), None)
print(resident() - before)
"""


def run(proof: Proof, folder: Path, number: int = LARGE, *, bounds: bool = True) -> None:
    """All numbers at one size. ``bounds``: compare with the issue's bounds (set for 100,000)."""
    words, home = analyzer(), Home(folder)
    tag = f"search, {number} documents: "

    def add(what: str, value: float, bound: float, unit: str = "CPU ms") -> None:
        proof.add(tag + what, value, bound if bounds else None, unit=unit)
    began = time.process_time()
    build(home, "index-1", builder(), documents(number))
    add("rebuild with jieba", (time.process_time() - began) / 60, 9, "CPU min")
    home.switch("index-1")
    asked = queries()
    bodies = {one.uid: one.body for one in documents(min(number, LARGE))}
    engine = Engine(folder, words=words)
    began = time.process_time()
    engine.picture()
    proof.add(tag + "opening", (time.process_time() - began) * 1000, None, unit="CPU ms")
    cold = each([lambda text=text: core(engine, text) for text in asked])
    warm = [statistics.median(spent) for spent in zip(*(each([lambda text=text: core(engine, text) for text in asked]) for _ in range(5)), strict=True)]
    add("core at first use of a term, p95", p(cold, 0.95), 40)
    add("core warm, p50", p(warm, 0.5), 5)
    add("core warm, p95", p(warm, 0.95), 5)
    if bounds:
        ask = tantivy_core(folder / "tantivy", number, words)
        each([lambda text=text: ask(text) for text in asked])
        theirs = [statistics.median(spent) for spent in zip(*(each([lambda text=text: ask(text) for text in asked]) for _ in range(5)), strict=True)]
        proof.add(tag + "tantivy, the same, p95", p(theirs, 0.95), None, unit="CPU ms")
        add("core p95 against tantivy's", p(warm, 0.95) / p(theirs, 0.95), 2, "times")
    first = each([lambda text=text: whole(engine, text, bodies) for text in asked])
    again = [statistics.median(spent) for spent in zip(*(each([lambda text=text: whole(engine, text, bodies) for text in asked]) for _ in range(3)), strict=True)]
    proof.add(tag + "whole plan with snippets at first use, p95", p(first, 0.95), None, unit="CPU ms")
    add("whole plan with snippets, p50", p(again, 0.5), 12)
    add("whole plan with snippets, p95", p(again, 0.95), 12)
    (folder / "asked").write_text("\n".join(asked), encoding="utf-8")
    memory = subprocess.run([sys.executable, "-W", "ignore", "-c", MEMORY, str(folder), str(folder / "asked")], capture_output=True, text=True, check=True)
    add("memory more a process, 200 whole queries", float(memory.stdout), 150, "MB")
    size = sum(path.stat().st_size for path in (folder / "index-1").iterdir() if path.is_file())
    proof.add(tag + "index on disk", size / 1e6, None, unit="MB")


def fast_rebuild(proof: Proof, folder: Path, number: int = LARGE) -> None:
    """The same rebuild with rjieba, and with jieba when no text repeats (nothing remembered)."""
    began = time.process_time()
    build(Home(folder), "index-2", builder(True), documents(number))
    proof.add(f"search, {number} documents: rebuild with rjieba", (time.process_time() - began) / 60, 5, unit="CPU min")
    part = number // 10
    began = time.process_time()
    build(Home(folder), "index-3", Analyzer(memo=0, large=True), documents(part))
    proof.add(f"search, {number} documents: rebuild with jieba when no sentence repeats, from a tenth", (time.process_time() - began) / 6, 9, unit="CPU min")


def site(proof: Proof, db: Any, var: Path, number: int) -> None:
    """Result page, suggestions and save → searchable over a real database of ``number`` items (the public generator of ``tests.bench``)."""
    from govportal.search.consumer import Keeper
    tag = f"search, site of {number} items: "
    keeper = Keeper(db, var / "search")
    began = time.process_time()
    keeper.rebuild_here()
    proof.add(tag + "rebuild from the database", (time.process_time() - began) / 60, 9, unit="CPU min")
    app = main({"govportal.db": db}, settings=Settings(var=var, page_cache_mb=0))
    engine, asked = app.registry.search, queries()

    def page(path: str) -> Callable[[], Any]:
        environ = Request.blank(path).environ

        def call() -> Any:
            engine._answers.clear()
            response = Request(dict(environ)).get_response(app)
            assert response.status_code in (200, 303), path
            return response
        return call
    pages = [page("/search?q=" + quote(text)) for text in asked]
    each(pages)
    spent = [statistics.median(values) for values in zip(*(each(pages) for _ in range(3)), strict=True)]
    proof.add(tag + "result page, p50", p(spent, 0.5), 18, unit="CPU ms")
    proof.add(tag + "result page, p95", p(spent, 0.95), 18, unit="CPU ms")
    prefixes = [text[:length] for text in asked for length in (1, 2, 3)] + ["sfz", "shenfen", "gjj", "yinyezhizhao", "居主"]
    with db.transaction() as connection:
        columns = app.registry.columns.get(open_site(connection))
        calls = [lambda text=text: engine.suggest(text, columns) for text in prefixes]
        each(calls)
        typed = [statistics.median(values) for values in zip(*(each(calls) for _ in range(3)), strict=True)]
    proof.add(tag + "suggest, p95", p(typed, 0.95), 2, unit="CPU ms")
    saved = saving(db, keeper, engine)
    proof.add(tag + "save → searchable, p50", p(saved, 0.5), 150, unit="ms")
    proof.add(tag + "save → searchable, p99", p(saved, 0.99), 1000, unit="ms")


def quality(proof: Proof, folder: Path) -> None:
    """The judged queries on the whole demo site, with the effect of each step switched off."""
    from govportal.base.storage import open_database
    from govportal.content.columns import ColumnStore
    from govportal.search import evaluate
    from govportal.seed import fill
    db = open_database(str(folder / "data.fs"))
    fill(db, search=folder / "search")
    with db.transaction() as connection:
        found = evaluate.report(evaluate.Judge(Engine(folder / "search"), ColumnStore().get(open_site(connection))), ablation=True)
    db.close()
    goals = {"ndcg": (0.75, True), "ten": (0.92, True), "nothing": (0.0, False)}
    titles = {"ndcg": "nDCG@10", "first": "right one first", "three": "in three", "ten": "in ten", "nothing": "nothing"}
    for name, scores in found["sets"].items():
        for key, title in titles.items():
            bound, at_least = goals.get(key, (None, False)) if name in ("look", "check") else (None, False)
            proof.add(f"quality, {name} ({scores['queries']} queries): {title}", scores[key], bound, unit="", at_least=at_least)
    for title, sets in found["baselines"].items():
        for name, scores in sets.items():
            proof.add(f"quality, baseline {title}, {name}: nDCG@10", scores["ndcg"], None, unit="")
    proof.add("quality, “nothing fits”: right among those said so", found["negative"]["precision"], 0.8, unit="", at_least=True)
    proof.add("quality, “nothing fits”: negatives that were told so", sum(found["negative"]["queries"].values()) / len(found["negative"]["queries"]), None, unit="")
    proof.add("quality, “nothing fits”: wrongly so on check", found["negative"]["false_on_check"], 0.03, unit="")
    for title, sets in found["ablation"].items():
        for name, scores in sets.items():
            proof.add(f"quality, ablation {title}, {name}: nDCG@10", scores["ndcg"], None, unit="")


def saving(db: Any, keeper: Any, engine: Engine, times: int = 100) -> list[float]:
    """Milliseconds from the commit of a publication until a search finds its new word, with the worker's own loop running."""
    from govportal.worker import Worker
    worker = Worker(db, keeper.home.folder / "heads", keeper.home.folder / "beat", keeper=keeper)
    thread = threading.Thread(target=worker.run_index, daemon=True)
    thread.start()
    spent = []
    for number in range(times):
        with db.transaction() as connection:
            guide = open_site(connection).at("items/id-card/id-card/guide")
            publish.put(guide, {**guide.live.values, "summary": f"试改第 qz{number}x 次"}, actor="bench")
        began = time.monotonic()
        while not engine._search(engine.picture(), Query(f"qz{number}x"), None).total and time.monotonic() - began < 10:
            time.sleep(0.005)
        spent.append((time.monotonic() - began) * 1000)
    worker.stopping.set()
    thread.join(10)
    return spent


if __name__ == "__main__":
    made = Proof("search")
    with tempfile.TemporaryDirectory() as place:
        run(made, Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else LARGE)
