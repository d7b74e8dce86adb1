"""``make bench``: CPU a page, cached and not, at 2,000 and 100,000 items; import speed; memory. Bounds as the project asks.

All figures are CPU milliseconds of this process (``time.process_time``) or ratios within the run. Items come from the public
generator below. ``BENCH_LARGE`` sets the large size (default 100000).
"""
from __future__ import annotations

import gc
import json
import logging
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import transaction
from webob import Request

from govportal import main
from govportal.base.storage import META, SCHEMA_GENERATION, open_database
from govportal.content import importer, transfer
from govportal.content.site import make_site, open_site
from govportal.content.vocabularies import labels
from govportal.editorial.store import make_editorial
from govportal.settings import Settings
from govportal.shipped import shipped
from govportal.worker import catch_up
from tests import bench_bulk, bench_desk, bench_editing, bench_search
from tests.measure import Proof

SMALL, LARGE = 2000, int(os.environ.get("BENCH_LARGE", "100000"))
WORDS = "证照许可登记备案变更注销延续补办年检申请查询认定补贴转移退休参保提取过户抵押施工经营卫生消防食品药品运输教育医疗"


def generated(number: int) -> Iterator[dict[str, Any]]:
    """Rows like those of a province: names of 8–16 characters, 300 departments, all facets filled. The same every time."""
    for at in range(number):
        name = "".join(WORDS[(at * 7 + step * 13 + at // 50) % len(WORDS)] for step in range(8 + at % 9)) + f"{at}"
        yield {"id": f"bench:{at}", "name": name, "parent_name": name, "type": ("行政许可", "公共服务", "行政确认", "其他行政权力")[at % 4],
               "item_code": f"11440000006939756B2{at:012d}", "catalog_id": f"{at:012d}", "department": f"示例部门{at % 300}", "org_code": "006939756", "area": ("广东省", "广东省广州市")[at % 2],
               "level": ("省级", "市级")[at % 2], "legal_limit_days": 20, "legal_limit_unit": "工作日", "promise_limit_days": at % 20, "promise_limit_unit": "工作日",
               "on_site_visits": at % 3, "conditions": f"符合条件的申请人{at}。" * 8, "materials": [f"材料{at}-{part}" for part in range(5)],
               "service_objects": ["自然人", "企业法人"][: 1 + at % 2], "themes": [("社会保障（社会保险、社会救助）", "交通出行", "户籍办理", "证件办理")[at % 4]], "short_name": "", "daily_words": f"办{name[:4]}",
               "courier": "是", "online": bool(at % 2), "co_departments": ""}


def build(folder: Path, number: int) -> tuple[Any, float]:
    """(database, items imported a second) with the shipped content and ``number`` generated items."""
    folder.mkdir()
    db = open_database(str(folder / "data.fs"))
    with db.transaction() as connection:
        make_site(connection)
        make_editorial(connection)
        connection.root()[META] = {"generation": SCHEMA_GENERATION, "complete": True}
    with open(folder / "rows.jsonl", "w", encoding="utf-8") as stream:
        for row in generated(number):
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    manager = transaction.TransactionManager()
    connection = db.open(manager)
    manager.begin()
    transfer.load(open_site(connection), shipped("content"), actor="bench", commit=manager.commit)
    began = time.process_time()
    importer.import_file(open_site(connection), folder / "rows.jsonl", shipped("content") / "imports" / "guangdong.yaml", actor="bench",
                         savepoint=lambda: manager.savepoint(optimistic=True))
    manager.commit()
    speed = number / (time.process_time() - began)
    connection.close()
    catch_up(db)
    return db, speed


def cpu(call: Callable[[], Any], times: int) -> float:
    """CPU ms of one call: the median of five rounds."""
    call()
    gc.collect()
    rounds = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(times):
            call()
        rounds.append((time.process_time() - began) / times * 1000)
    return sorted(rounds)[2]


def ask(app: Any, path: str, **headers: str) -> Callable[[], Any]:
    environ = Request.blank(path, headers=headers).environ

    def call() -> Any:
        response = Request(dict(environ)).get_response(app)
        assert response.status_code in (200, 304), (path, response.status_code)
        return response
    return call


def pages(app: Any, db: Any) -> dict[str, float]:
    with db.transaction() as connection:
        code = next(code for code, _ in open_site(connection).codes.items() if code.startswith("11440000006939756B2"))
        from govportal.content.model import path_of
        registered = path_of(open_site(connection).by_code(code))
    return {"home": cpu(ask(app, "/"), 20), "guide": cpu(ask(app, "/items/id-card/id-card"), 40), "guide, one situation": cpu(ask(app, "/items/id-card/id-card?case=lost"), 40),
            "guide, registered row": cpu(ask(app, registered), 40), "finder": cpu(ask(app, "/services"), 20),
            "finder, narrowed": cpu(ask(app, "/services?for=person&person=%E7%A4%BE%E4%BC%9A%E4%BF%9D%E9%9A%9C&region=440000"), 20)}


def resident_mb() -> float:
    with open("/proc/self/status", encoding="ascii") as stream:
        return next(int(line.split()[1]) for line in stream if line.startswith("VmRSS")) / 1024


MEMORY = """
import sys, threading
from pathlib import Path
from webob import Request
from govportal import main
from govportal.base.storage import open_database
from govportal.editorial.store import make_editorial
from govportal.settings import Settings
var = Path(sys.argv[1])
settings = Settings(var=var)
db = open_database(settings.database, cache_bytes=settings.object_cache_mb << 20)
app = main({"govportal.db": db}, settings=settings)
import random
paths = [line.strip() for line in open(var / "paths", encoding="utf-8")]
def work(seed):
    source = random.Random(seed)
    for _ in range(400):
        assert Request.blank(source.choice(paths)).get_response(app).status_code == 200
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1024)
"""


def throughput(app: Any, path: str) -> float:
    """Requests a second over waitress with 4 threads and 4 keep-alive clients of one process each, 3 seconds."""
    from waitress.server import create_server
    server = create_server(app, host="127.0.0.1", port=0, threads=4, ident="")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    code = ("import http.client,sys,time\nc=http.client.HTTPConnection('127.0.0.1',int(sys.argv[1]));n=0;end=time.monotonic()+3\n"
            "while time.monotonic()<end:\n c.request('GET',sys.argv[2],headers={'Accept-Encoding':'gzip'});r=c.getresponse();r.read();n+=1;assert r.status==200\nprint(n/3)")
    urllib.request.urlopen(f"http://127.0.0.1:{server.effective_port}{path}").read()
    clients = [subprocess.Popen([sys.executable, "-c", code, str(server.effective_port), path], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    total = sum(float(client.communicate()[0]) for client in clients)
    server.close()
    return total


def bare(body: bytes) -> Any:
    """A bare Pyramid view that returns the same bytes."""
    from pyramid.config import Configurator
    from pyramid.response import Response
    config = Configurator()
    config.add_route("all", "/*path")
    config.add_view(lambda request: Response(body, content_type="text/html", charset="utf-8", content_encoding="gzip"), route_name="all")
    return config.make_wsgi_app()


def run() -> int:
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    proof = Proof("bench")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        db, speed = build(folder / "small", SMALL)
        proof.add(f"import, {SMALL} items, a CPU second", speed, 500, unit="items/s", at_least=True)
        cached = main({"govportal.db": db}, settings=Settings(var=folder / "small"))
        guide = "/items/id-card/id-card"
        first = ask(cached, guide, **{"Accept-Encoding": "gzip"})()
        proof.add("cached guide in process", cpu(ask(cached, guide, **{"Accept-Encoding": "gzip"}), 500), 0.15, unit="CPU ms")
        proof.add("304 in process", cpu(ask(cached, guide, **{"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]}), 500), 0.15, unit="CPU ms")
        ratios = sorted(throughput(cached, guide) / throughput(bare(first.body), guide) for _ in range(3))
        proof.add("cached guide over waitress, share of a bare view's rate", ratios[1], 0.5, unit="", at_least=True)
        plain = Settings(var=folder / "small", page_cache_mb=0)
        small = pages(main({"govportal.db": db}, settings=plain), db)
        db.close()
        for page, value in small.items():
            proof.add(f"{page}, not cached, {SMALL} items", value, 6.0 if page == "home" else 4.0, unit="CPU ms")
        db, speed = build(folder / "large", LARGE)
        proof.add(f"import, {LARGE} items, a CPU second", speed, 500, unit="items/s", at_least=True)
        app = main({"govportal.db": db}, settings=Settings(var=folder / "large", page_cache_mb=0))
        for page, value in pages(app, db).items():
            proof.add(f"{page}, {LARGE} items more than at {SMALL}", value - small[page], 1.5, unit="CPU ms")
        columns = app.registry.columns
        with db.transaction() as connection:
            now = columns.get(open_site(connection))
        choices = [(("audience", "person"), ("region", "440000")), (("type", "公共服务"),), (("person", "社会保障"), ("level", "省级"), ("channel", "窗口办理"))]
        proof.add(f"counting all facets of a new choice, {LARGE} items", max(cpu(lambda choice=choice: now._select(choice), 10) for choice in choices), 4.0, unit="CPU ms")
        with db.transaction() as connection:
            rows = columns.get(open_site(connection)).items
            (folder / "large" / "paths").write_text("\n".join(["/", "/services", guide, "/services?for=person", *(row.path for row in rows[::97])]), encoding="utf-8")
        db.close()
        memory = subprocess.run([sys.executable, "-W", "ignore", "-c", MEMORY, str(folder / "large")], capture_output=True, text=True, check=True)
        proof.add(f"one process, 4 threads, {LARGE} items", float(memory.stdout), 350, unit="MB")
    print(f"peak of the benchmark itself: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, {len(labels('person-topics'))} topics")
    return proof.write()


def run_search() -> int:
    """Search: quality on the judged queries, a site of 100,000 items, and the index by itself beside tantivy."""
    proof = Proof("bench-search")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("quality", "index"):
            (folder / part).mkdir()
        bench_search.quality(proof, folder / "quality")
        db, _ = build(folder / "site", LARGE)
        bench_search.site(proof, db, folder / "site", LARGE)
        db.close()
        bench_search.run(proof, folder / "index", bench_search.LARGE)
        bench_search.fast_rebuild(proof, folder / "index")
    return proof.write()


def run_desk() -> int:
    """The desk: its lists by themselves, its pages through the application at both sizes, memory, bulk publishing beside readers."""
    proof = Proof("bench-desk")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench_desk.run(proof, folder)
        numbers = []
        for part, number in (("small", SMALL), ("large", LARGE)):
            db, _ = build(folder / part, number)
            tree = bench_editing.Tree(db, folder / part)
            uids, paths = bench_bulk.signed(db)
            numbers.append(bench_editing.measure(proof, tree, number))
            bench_editing.memory(proof, tree, folder / part, number)
            bench_bulk.run(proof, open_database(str(folder / part / "data.fs")), folder / part, number, uids, paths)
        bench_editing.compare(proof, *numbers, (SMALL, LARGE))
    return proof.write()


def run_huge() -> int:
    """The same table at 500,000 documents, without bounds; a proof of its own, because it takes long."""
    proof = Proof("bench-search-500000")
    with tempfile.TemporaryDirectory() as name:
        bench_search.run(proof, Path(name), bench_search.HUGE, bounds=False)
    return proof.write()


if __name__ == "__main__":
    parts = {"base": run, "desk": run_desk, "search": run_search, "huge": run_huge}
    sys.exit(max([parts[name]() for name in sys.argv[1:] or parts]))
