"""Search under kill -9: the writer and web processes die again and again during thousands of edits; afterwards index and content agree.

Two stories: a child that edits and indexes (killed at named points of the index's file operations and at random moments), and a running
portal of several processes (way (b)) whose web, worker and storage processes are killed while edits go on. Bounded, loopback only.
"""
from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from ZODB.POSException import ConflictError

from govportal.base.storage import open_database
from govportal.cli import main as cli
from govportal.content import publish
from govportal.content.site import open_site
from govportal.search.analysis import analyzer
from govportal.search.consumer import Keeper, faults
from govportal.search.engine import Engine, Query
from tests.cli.test_cli import free_port, get, serve, wait
from tests.conftest import Small
from tests.crash import kills
from tests.measure import Proof

QUESTIONS = 40


def small_site(base: Path) -> None:
    """The small site with questions to edit, indexed."""
    small = Small(base)

    def work(site: Any) -> None:
        for number in range(QUESTIONS):
            document = publish.create(site["questions"], f"q{number}", "Question", actor="kill")
            publish.put(document, {"topic": "测试", "title": f"问题 {number}", "question": [{"p": "怎么办"}], "answer": [{"p": "这样办"}]}, actor="kill")
    small.change(work)
    Keeper(small.db, base / "search").rebuild_here()
    small.db.close()


def settle(base: Path) -> dict[str, list[str]]:
    """Let a keeper catch up as the portal's would, then compare; every acknowledged title must be found."""
    db = open_database(str(base / "data.fs"))
    try:
        keeper = Keeper(db, base / "search")
        while keeper.step():
            pass
        found = faults(db, keeper.home, analyzer())
        newest: dict[str, str] = {}
        for line in (base / "acknowledged").read_text(encoding="utf-8").splitlines() if (base / "acknowledged").exists() else ():
            name, _, title = line.partition(" ")
            newest[name] = title
        with db.transaction() as connection:
            documents = {document.__name__: document for document in open_site(connection)["questions"].values()}
            titles = {name: document.live.values["title"] for name, document in documents.items()}
            uids = {name: document.uid for name, document in documents.items()}
        engine = Engine(base / "search")
        for name, title in newest.items():
            number = int(title.rpartition("z")[2])
            if int(titles[name].rpartition("z")[2]) < number:
                found["missing"].append(f"{name}: acknowledged {title}, live {titles[name]}")
            elif uids[name] not in [hit.uid for hit in engine.search(Query(titles[name])).hits]:
                found["stale"].append(f"{name}: {titles[name]} is not found")
        return found
    finally:
        db.close()


def kill_the_writer(base: Path, plans: list[dict[str, Any]]) -> tuple[int, int]:
    """(kills, acknowledged edits); AssertionError when index and content disagree after any of them."""
    small_site(base)
    killed = 0
    for plan in plans:
        killed += kills.run("index_edits", base, **plan) == "killed"
        found = settle(base)
        assert not any(found.values()), (plan, found)
    path = base / "acknowledged"
    return killed, len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


def kill_the_portal(base: Path, times: int, edits: int) -> tuple[int, int]:
    """(kills, acknowledged edits): way (b) with two web processes; a client of the storage edits; one process at random dies."""
    small_site(base)
    source, killed, done, number = random.Random(17), 0, 0, 0
    while killed < times:
        port = free_port()
        process = serve(base, port, "--processes", "2")
        wait(port, process)
        children = [int(pid) for pid in subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False).stdout.split()]
        db = open_database(f"zconfig://{(base / 'zeo-client.conf').resolve()}")
        try:
            for _ in range(max(1, -(-edits // times))):
                name = f"q{source.randrange(QUESTIONS)}"
                number += 1
                edit(db, name, number)
                with open(base / "acknowledged", "a", encoding="utf-8") as stream:
                    stream.write(f"{name} 改过的问题 z{number}\n")
                done += 1
            assert get(port, "/search?q=x")[0] == 200
        except (OSError, AssertionError):
            if process.poll() is None:
                raise
        finally:
            victim = source.choice([*children[1:], process.pid]) if children else process.pid
            os.kill(victim, signal.SIGKILL)
            killed += 1
            db.close()
        end(process, children)
    found = settle(base)
    assert not any(found.values()), found
    assert cli(["--var", str(base), "search", "check"]) == 0
    return killed, done


def edit(db: Any, name: str, number: int) -> None:
    """Publish a title; tried again when the worker wrote the same place, as pyramid_retry does."""
    for attempt in range(5):
        try:
            with db.transaction() as connection:
                document = open_site(connection)["questions"][name]
                publish.put(document, {**document.live.values, "title": f"改过的问题 z{number}"}, actor="kill")
            return
        except ConflictError:
            if attempt == 4:
                raise


def end(process: Any, children: list[int]) -> None:
    """Take down what is left of a portal, so that the next one finds the storage free."""
    for pid in [process.pid, *children]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()
    for _ in range(200):
        if not any(Path(f"/proc/{pid}").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" for pid in children):
            return
        time.sleep(0.02)


def run(proof: Proof, folder: Path, scale: float) -> None:
    (folder / "writer").mkdir()
    (folder / "portal").mkdir()
    half = int(100 * scale)
    killed, edits = kill_the_writer(folder / "writer", [{"point": 1 + number * 7 % 300} for number in range(half // 2)] + kills.schedule(0, half - half // 2, 5, 1.5))
    more, others = kill_the_portal(folder / "portal", 2 * half - killed, int(5200 * scale) - edits)
    proof.add("search: kill -9 of writer and web processes with 0 missing, 0 stale, 0 ghosts", killed + more, 200 * scale, unit="kills", at_least=True)
    proof.add("search: edits during the kills", edits + others, 5000 * scale, unit="edits", at_least=True)
