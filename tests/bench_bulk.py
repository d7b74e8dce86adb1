"""Bulk publishing through the desk of a real server, with its worker, search index and lists, while the public site is asked all the time.

Part of ``python -m tests.bench desk``. Wall seconds of the job, and what readers see meanwhile (beside it the server also makes its first check
of all content, as it does after a start on a new database: the worst hour). Loopback only.
"""
from __future__ import annotations

import http.client
import json
import signal
import statistics
import threading
import time
from pathlib import Path
from typing import Any

from govportal.base.keys import load_keys
from govportal.base.storage import open_database
from govportal.content import publication
from govportal.content.model import Secrecy, path_of
from govportal.content.site import open_site
from govportal.search.consumer import Keeper
from govportal.worker import catch_up
from govportal.workflow.actors import SystemActor
from tests.cli.test_cli import free_port, serve, wait
from tests.editors import Editor, form_of_page, sign_in
from tests.measure import Proof

NUMBER, LIMIT = 1000, 60.0
EVERY = 0.05
CHANGED = "批量改过的条件。"
PAGES = ("/", "/items/id-card/id-card", "/services?for=person", "/search?q=%E8%BA%AB%E4%BB%BD%E8%AF%81", "/news/")
WRITER, REVIEWER, LAWYER, SIGNER = (SystemActor(f"system:{name}") for name in ("writer", "reviewer", "lawyer", "signer"))


def signed(db: Any, number: int = NUMBER) -> tuple[list[str], list[str]]:
    """(uids, public addresses) of so many registered rows with a changed draft that is signed."""
    with db.transaction() as connection:
        site = open_site(connection)
        uids = [uid for code, uid in site.codes.items() if code.startswith("11440000006939756B2")][:number]
    paths = []
    for start in range(0, len(uids), 100):
        with db.transaction() as connection:
            for uid in uids[start:start + 100]:
                document = open_site(connection).document(uid)
                publication.save(document, {**document.live.values, "conditions": (CHANGED,)}, WRITER, base=None)
                publication.act(document, "submit", WRITER, openness="主动公开", secrecy=Secrecy("保密员", "2026-01-04"))
                publication.act(document, "approve", REVIEWER)
                if publication.stage_of(document) == "legality":
                    publication.act(document, "clear", LAWYER)
                publication.act(document, "sign", SIGNER)
                paths.append(path_of(document))
    assert len(uids) == number
    catch_up(db)
    return uids, paths


class Reader:
    """Somebody who asks a public page each 50 ms."""

    def __init__(self, port: int, paths: list[str]) -> None:
        self.port, self.paths = port, paths
        self.seconds: list[float] = []
        self.bad: list[tuple[int, str]] = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        wire, count = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), 0
        while not self.stopping.is_set():
            path, began = self.paths[count % len(self.paths)], time.perf_counter()
            try:
                wire.request("GET", path)
                answer = wire.getresponse()
                answer.read()
                status = answer.status
            except OSError:
                wire.close()
                status = 0
            self.seconds.append(time.perf_counter() - began)
            if status != 200:
                self.bad.append((status, path))
            count += 1
            self.stopping.wait(max(0.0, EVERY - self.seconds[-1]))


def publish_all(person: Editor) -> tuple[float, dict[str, Any]]:
    """Pick everything that is signed, publish it, wait for the end: (wall seconds, the last state told)."""
    csrf = ("csrf", form_of_page(person.get("/desk/account").text, "/desk/account")["csrf"])
    selection = person.post("/desk/bulk", [csrf, ("what", "all"), ("query", "stage=signed")])
    assert selection.status == 303, selection.status
    began = time.monotonic()
    job = person.post(selection.location, [csrf, ("do", "begin"), ("action", "publish"), ("once", "bench")])
    assert job.status == 303, (job.status, job.text[-2000:])
    while True:
        state = json.loads(person.get(job.location + "/state").text)
        if state["over"] or time.monotonic() - began > 10 * LIMIT:
            return time.monotonic() - began, state
        time.sleep(0.25)


def public(var: Path, uids: list[str]) -> int:
    """How many are public with what was changed, asked of the database itself."""
    db = open_database(str(var / "data.fs"))
    with db.transaction() as connection:
        site = open_site(connection)
        found = sum(site.document(uid).live.values["conditions"] == (CHANGED,) and site.document(uid).draft is None for uid in uids)
    db.close()
    return found


def run(proof: Proof, db: Any, var: Path, number: int, uids: list[str], paths: list[str]) -> None:
    """The measure over a built tree in which these documents are ``signed``; closes the database."""
    Keeper(db, var / "search").rebuild_here()
    cookie = sign_in(db, load_keys(var / "secret"), "bench.sign", "signer")
    db.close()
    port = free_port()
    process = serve(var, port)
    threading.Thread(target=lambda: [None for _ in process.stderr], daemon=True).start()
    try:
        wait(port, process, 120)
        person = Editor(*cookie, port=port)
        for path in (*PAGES, "/desk", "/desk/content"):           # a process that has read its lists
            assert person.get(path).status == 200, path
        reader = Reader(port, [*PAGES, *paths[:: len(paths) // 15]])
        reader.thread.start()
        seconds, state = publish_all(person)
        reader.stopping.set()
        reader.thread.join()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    print("state:", state, "bad:", reader.bad[:5], f"asked {len(reader.seconds)} times")
    tag = f"desk, {number} items, bulk publishing of {len(uids)} as a job: "
    proof.add(tag + "wall seconds", seconds, LIMIT, unit="s")
    proof.add(tag + "published", public(var, uids), len(uids), unit="documents", at_least=True)
    proof.add(tag + f"public answers other than 200 in {len(reader.seconds)} meanwhile", len(reader.bad), 0, unit="answers")
    proof.add(tag + "a public answer meanwhile, p95", statistics.quantiles(reader.seconds, n=20)[18] * 1000, None, unit="ms")
    proof.add(tag + "a public answer meanwhile, longest", max(reader.seconds) * 1000, None, unit="ms")
