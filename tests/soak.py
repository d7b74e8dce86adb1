"""``make soak``: the full kill, fuzz and load numbers against loopback only; bounded, stops by itself."""
from __future__ import annotations

import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

from webob import Request
from ZODB.POSException import ConflictError

from govportal import main
from govportal.base import clock
from govportal.base.storage import open_database
from govportal.cli import main as cli
from govportal.content import publish
from govportal.content.site import open_site
from govportal.seed import fill
from govportal.settings import Settings
from govportal.worker import Worker
from tests import soak_desk, soak_search
from tests.cli.test_cli import free_port, get, serve, wait
from tests.conftest import Small
from tests.crash import kills
from tests.crash.test_kill import all_or_nothing, kill_init, kill_on_one_site, newest_is_live
from tests.measure import Proof

SCALE = float(os.environ.get("SOAK_SCALE", "1"))


def kill_stories(proof: Proof, folder: Path) -> None:
    """Every story raises AssertionError when something acknowledged is lost, so a number here means none was."""
    counts = {}
    (folder / "init").mkdir()
    counts["init"] = kill_init(folder / "init", kills.schedule(int(20 * SCALE), int(20 * SCALE), 1, 1.5))
    for story, verify in (("publish_many", newest_is_live), ("schedule", newest_is_live)):
        (folder / story).mkdir()
        counts[story] = kill_on_one_site(story, folder / story, [{"point": 1 + number % 90} for number in range(int(60 * SCALE))]
                                         + kills.schedule(0, int(60 * SCALE), 2, 1.5), verify)
    counts["import"] = 0
    for number, plan in enumerate([{"point": point} for point in range(1, 11)] + kills.schedule(0, int(20 * SCALE), 3, 1.5)):
        (folder / f"import{number}").mkdir()
        counts["import"] += kill_on_one_site("import_rows", folder / f"import{number}", [plan], all_or_nothing)
        shutil.rmtree(folder / f"import{number}")
    for story, number in counts.items():
        proof.add(f"kill -9 during {story}: kills with nothing lost", number, 10 * min(1.0, SCALE), unit="kills", at_least=True)


def fuzz(proof: Proof, folder: Path) -> None:
    """Random addresses, headers and posts in process: no answer of ours is a 500."""
    (folder / "fuzz").mkdir()
    db = open_database(str(folder / "fuzz" / "data.fs"))
    fill(db, search=folder / "fuzz" / "search")
    app = main({"govportal.db": db}, settings=Settings(var=folder / "fuzz"))
    source, bad, asked = random.Random(11), 0, int(20_000 * SCALE)
    starts = ["/", "/services?w=", "/services?person=", "/search?q=", "/search?kind=item&region=", "/api/v1/search?q=", "/api/v1/suggest?q=", "/search/feed?q=", "/items/id-card/id-card?at=", "/items/id-card/id-card?case=", "/items/", "/news/", "/questions/?topic=", "/static/", "/shared/"]
    for _ in range(asked):
        tail = "".join(source.choice(["%00", "%ff", "甲", "<", "'", "%e4%ba", "../", "a", "9", " ", "&page=", "%F0%9F%98%80"]) for _ in range(source.randrange(1, 9)))
        request = Request.blank(source.choice(starts) + quote(tail, safe="%&=/<'"))
        request.environ["HTTP_COOKIE"] = source.choice(["", "elder=1", "region=\xff", "a=" + "b" * 200, "elder=\x00"])
        request.environ["HTTP_HOST"] = source.choice(["localhost", "a b", "[::1]", ""]) or "x"
        if source.random() < 0.1:
            request.method = source.choice(["POST", "PUT", "OPTIONS", "HEAD", "DELETE"])
        bad += request.get_response(app).status_code >= 500
    db.close()
    proof.add(f"answers of 500 and above in {asked} hostile requests", bad, 0, unit="answers")


def on_time(proof: Proof, folder: Path) -> None:
    """Scheduled starts with the real worker loop: seconds late."""
    small = Small(_made(folder / "time"))
    worker = Worker(small.db, small.var / "heads", small.var / "beat")
    thread = threading.Thread(target=worker.run, args=(1.0,), daemon=True)
    thread.start()
    late = []
    for number in range(max(3, int(10 * SCALE))):
        when = clock.now() + timedelta(seconds=1.5)

        def plan(site, number=number, when=when):
            guide = site.at("items/one/one/guide")
            publish.save_draft(guide, publish.clean("Guide", {"summary": f"到点 {number}"}), actor="soak")
            publish.publish(guide, actor="soak", at=when)
        for _ in range(3):   # as pyramid_retry does when a writer meets the worker
            try:
                with small.db.transaction() as connection:
                    plan(open_site(connection))
                break
            except ConflictError:
                continue
        while True:
            with small.db.transaction() as connection:
                if open_site(connection).at("items/one/one/guide").live.values["summary"] == f"到点 {number}":
                    break
            time.sleep(0.02)
        late.append((clock.now() - when).total_seconds())
    worker.stopping.set()
    thread.join()
    small.db.close()
    proof.add("scheduled start, worst seconds late", max(late), 5, unit="s")


def load(proof: Proof, folder: Path) -> None:
    """A real server under 4 clients; then a kill -9 of it under load, a start, and a check."""
    var, port = folder / "load", free_port()
    assert cli(["--var", str(var), "init"]) == 0
    process = serve(var, port)
    threading.Thread(target=lambda: process.stderr.read(), daemon=True).start()
    wait(port, process)
    seconds, times, bad = 15 * SCALE, [], []
    stop = time.monotonic() + seconds
    paths = ["/", "/services", "/items/id-card/id-card", "/services?for=person&person=" + quote("社会保障"), "/search?q=" + quote("身份证"), "/news/", "/questions/", "/items/id-card/id-card?case=lost"]

    def client(seed: int) -> None:
        source = random.Random(seed)
        while time.monotonic() < stop:
            began = time.perf_counter()
            path = source.choice(paths)
            status, _ = get(port, path)
            times.append(time.perf_counter() - began)
            if status != 200:
                bad.append((status, path))
    threads = [threading.Thread(target=client, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("other answers:", bad)
    proof.add(f"answers other than 200 in {len(times)} under load", len(bad), 0, unit="answers")
    proof.add("95th percentile under load, 4 clients beside the server", statistics.quantiles(times, n=20)[18] * 1000, 100, unit="ms")
    process.send_signal(signal.SIGKILL)
    process.wait()
    proof.add("faults that check finds after kill -9 under load", cli(["--var", str(var), "check"]), 0, unit="faults")


def _made(path: Path) -> Path:
    path.mkdir()
    return path


def run() -> int:
    proof = Proof("soak")
    with tempfile.TemporaryDirectory() as name:
        for part in (on_time, fuzz, load, kill_stories):
            part(proof, Path(name))
    return proof.write()


def run_search() -> int:
    """The index under kill -9, with a proof of its own."""
    proof = Proof("soak-search")
    with tempfile.TemporaryDirectory() as name:
        soak_search.run(proof, Path(name), SCALE)
    return proof.write()


def run_desk() -> int:
    """Editors at once, and the desk under kill -9, with a proof of its own."""
    proof = Proof("soak-desk")
    with tempfile.TemporaryDirectory() as name:
        soak_desk.run(proof, Path(name), SCALE)
    return proof.write()


if __name__ == "__main__":
    parts = {"base": run, "search": run_search, "desk": run_desk}
    sys.exit(max([parts[name]() for name in sys.argv[1:] or parts]))
