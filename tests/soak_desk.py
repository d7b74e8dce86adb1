"""The desk under many hands: editors who save at once over a real server, and kill -9 of a desk at work; afterwards nothing acknowledged is missing.

Every acknowledged save must be an edition of its own that differs from the one before in that field alone: so no save was lost, none was done
twice by a retry, and nobody's text was overwritten unseen. Bounded, loopback only.
"""
from __future__ import annotations

import http.client
import random
import re
import shutil
import signal
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from waitress.server import create_server

from govportal import main
from govportal.base import audit as audit_room
from govportal.base.keys import load_keys
from govportal.base.storage import open_database
from govportal.content import publish
from govportal.content.integrity import faults
from govportal.content.site import open_site
from govportal.settings import Settings
from govportal.worker import Worker, catch_up
from tests.cli.test_cli import free_port, get, serve, wait
from tests.conftest import ITEM, Small
from tests.crash import kills
from tests.crash.test_kill import kill_on_one_site, nothing_of_the_review_is_lost
from tests.editors import Editor, form_of, sign_in
from tests.measure import Proof

FIELDS = (("contact", "consult_phone"), ("contact", "supervise_phone"), ("audience", "plain_names"), ("identity", "power_source"))
SHARED = 3                      # documents that everybody writes
OFTEN = 0.4                     # how often it is one of them
TRIES = 6                       # times one chooses between two texts before leaving it


@dataclass
class Told:
    """What the server said."""

    saved: list[tuple[str, str, str]] = field(default_factory=list)         # (uid, field, text), acknowledged
    unsure: list[tuple[str, str, str]] = field(default_factory=list)        # sent, and no answer came
    stale: int = 0
    left: int = 0                                                           # stale again and again, and left by the person
    failed: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class Office:
    """A site in ``var`` with documents and as many editors, served by a process of its own."""

    def __init__(self, var: Path, editors: int) -> None:
        self.var, keys = var, load_keys(var / "secret")
        small = Small(var)

        def fill(site: Any) -> list[str]:
            site.settings = {**site.settings, "keep_drafts": 100_000}       # the check reads every one
            made = []
            for number in range(editors + SHARED):
                above = publish.create(site["items"], f"soak{number}", "DirectoryItem", actor="soak")
                publish.put(above, {"name": f"同时编辑 {number}", "type": "行政确认", "legal_basis": [{"law": "户口登记条例", "article": "第七条"}]}, actor="soak")
                item = publish.create(above, "item", "ImplementationItem", actor="soak")
                publish.put(item, ITEM, actor="soak")
                made.append(item.uid)
            return made
        self.uids = small.change(fill)
        self.cookies = [sign_in(small.db, keys, f"soak.{number}", "editor", org="gongan") for number in range(editors)]
        small.db.close()
        self.log: Counter = Counter()
        self.start()

    def start(self) -> None:
        self.port = free_port()
        self.process = serve(self.var, self.port)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        wait(self.port, self.process, 60)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.reader.join(5)

    def _read(self) -> None:
        """Classes of the objects in which writers met, and errors, from the server's log."""
        for line in self.process.stderr:
            found = re.search(r"conflict, tried again: .*?(?:oid (0x\w+), class ([\w.]+)|$)", line)
            if found is not None:
                self.log[found.group(2) or "?"] += 1
                self.log[f"oid {found.group(1)}"] += 1
            elif "Traceback" in line or "conflict that" in line:
                self.log["errors"] += 1

    def conflicts(self) -> float:
        return float(re.search(r"(?m)^govportal_conflicts_total (\S+)", get(self.port, "/metrics")[1]).group(1))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.reader.join(5)


class InsideOffice(Office):
    """The same served by this process, with its worker: quicker to start."""

    def start(self) -> None:
        self.db, settings = open_database(str(self.var / "data.fs")), Settings(var=self.var)
        self.wsgi, self.worker = main({"govportal.db": self.db}, settings=settings), Worker(self.db, settings.audit_heads, settings.var / "worker.heartbeat")
        self.server = create_server(self.wsgi, host="127.0.0.1", port=0, threads=4, ident="")
        self.port = self.server.effective_port
        self.threads = [threading.Thread(target=self.server.run, daemon=True), threading.Thread(target=self.worker.run, args=(0.2,), daemon=True)]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.worker.stopping.set()
        self.server.close()
        self.threads[1].join(10)
        self.db.close()


def edit(person: Editor, uid: str, section: str, name: str, text: str, told: Told) -> None:
    """Open the form, type, save; where somebody came first, see both texts and choose one's own."""
    page = person.get(f"/desk/doc/{uid}/edit/{section}")
    if page.status != 200:
        told.failed.append(f"open {page.status}")
        return
    form = form_of(page.text)
    person.post(f"/desk/doc/{uid}/beat", [("csrf", dict(form.pairs)["csrf"]), ("page.base", dict(form.pairs)["page.base"])])
    pairs = form.changed(name, text)
    for _ in range(TRIES):
        began = time.perf_counter()
        try:
            answer = person.post(form.target, pairs)
        except (OSError, http.client.HTTPException):
            told.unsure.append((uid, name, text))
            raise
        told.seconds.append(time.perf_counter() - began)
        if answer.status == 303:
            told.saved.append((uid, name, text))
            return
        if answer.status != 409 or text not in answer.text:
            told.failed.append(f"save {answer.status}")
            return
        told.stale += 1
        form = form_of(answer.text)
        pairs = [*form.pairs, ("page.do", "choose")]
    told.left += 1


def sit(office: Office, number: int, over: Callable[[], bool], told: Told, *, mark: int = 0, killed: bool = False) -> None:
    """One editor: own documents and shared ones, one after the other until it is over or, when it is to be ``killed``, the server is gone."""
    person, source, count = Editor(*office.cookies[number], port=office.port), random.Random(number + 1000 * mark), 0
    while not over():
        uid = office.uids[source.randrange(SHARED)] if source.random() < OFTEN else office.uids[SHARED + number]
        section, name = source.choice(FIELDS)
        count += 1
        try:
            edit(person, uid, section, name, f"{number:02d}-{mark:02d}{count:05d}", told)
        except (OSError, http.client.HTTPException, LookupError) as exc:
            if killed and not isinstance(exc, LookupError):
                return
            told.failed.append(f"{type(exc).__name__} {exc}")


def work(office: Office, seconds: float, *, enough: int = 0, kill_after: int = 0, mark: int = 0) -> Told:
    """All editors at once; what they were told. ``enough``: saves after which it is over sooner. ``kill_after``: the server is killed after so many."""
    told, until = [Told() for _ in office.cookies], time.monotonic() + seconds

    def over() -> bool:
        return time.monotonic() >= until or bool(enough) and sum(len(one.saved) for one in told) >= enough
    threads = [threading.Thread(target=sit, args=(office, number, over, told[number]), kwargs={"mark": mark, "killed": bool(kill_after)}) for number in range(len(office.cookies))]
    for thread in threads:
        thread.start()
    if kill_after:
        while sum(len(one.saved) for one in told) < kill_after and time.monotonic() < until:
            time.sleep(0.001)
        office.kill()
    for thread in threads:
        thread.join()
    whole = Told()
    for one in told:
        for name in ("saved", "unsure", "failed", "seconds"):
            getattr(whole, name).extend(getattr(one, name))
        whole.stale, whole.left = whole.stale + one.stale, whole.left + one.left
    return whole


def lost(db: Any, saved: list[tuple[str, str, str]], unsure: list[tuple[str, str, str]] = ()) -> list[str]:
    """What is wrong with the editions after these acknowledged saves; [] when each is there once and changed its own field alone. ``unsure``: may
    be there or not, at most once."""
    catch_up(db)
    wanted: dict[str, Counter] = {}
    for uid, name, text in saved:
        wanted.setdefault(uid, Counter())[(name, text)] += 1
    with db.transaction() as connection:
        site = open_site(connection)
        found = [*faults(site), *audit_room.verify(site.audit)]
        for uid, told in wanted.items():
            document = site.document(uid)
            editions = [document.live, *(document.draft_history or {}).values(), document.draft]
            made: Counter = Counter()
            for before, after in zip(editions, editions[1:], strict=False):
                changed = [(name, _text(after.values[name])) for name in after.values if after.values[name] != before.values.get(name)]
                made.update(changed)
                if len(changed) != 1:
                    found.append(f"{uid}: an edition changed {changed}")
            open_ones = {(name, text) for one, name, text in unsure if one == uid}
            if told - made or set(made - told) - open_ones or any(count > 1 for count in made.values()):
                found.append(f"{uid}: acknowledged and not kept {told - made}, kept and not acknowledged {made - told}")
    return found


def _text(value: Any) -> str:
    return "\n".join(value) if isinstance(value, (list, tuple)) else str(value)


def together(proof: Proof, folder: Path, editors: int, seconds: float) -> None:
    """The editors' minute."""
    office = Office(folder, editors)
    try:
        told, conflicts = work(office, seconds), office.conflicts()
    finally:
        office.stop()
    wrong = checked(folder, told)
    print("log of the server:", {name: count for name, count in office.log.most_common() if not name.startswith("oid")}, "failed:", Counter(told.failed), "wrong:", wrong[:5])
    what = f"desk, {editors} editors at once for {seconds:g} s: "
    proof.add(what + "saves that failed", len(told.failed) + told.left, 0, unit="saves")
    proof.add(what + "errors in the log of the server", office.log["errors"], 0, unit="errors")
    proof.add(what + "acknowledged saves lost, done twice or overwritten unseen, and faults found", len(wrong), 0, unit="faults")
    proof.add(what + "saves", len(told.saved), 10 * editors * min(1.0, seconds / 60), unit="saves", at_least=True)
    proof.add(what + "both texts shown, because another saved the same field first", told.stale, None, unit="pages")
    proof.add(what + "conflicts in the database that were tried again", conflicts, None, unit="conflicts")
    proof.add(what + "seconds a save, p95", statistics.quantiles(told.seconds, n=20)[18], None, unit="s")
    proof.add(what + "seconds a save, longest", max(told.seconds), None, unit="s")


def checked(folder: Path, told: Told) -> list[str]:
    db = open_database(str(folder / "data.fs"))
    try:
        return lost(db, told.saved, told.unsure)
    finally:
        db.close()


def kill_the_office(folder: Path, number_of_kills: int, editors: int = 6) -> tuple[int, int]:
    """The server is killed again and again while editors save; AssertionError when something acknowledged is lost. (kills, saves)."""
    office, source, whole = Office(folder, editors), random.Random(4), Told()
    for number in range(number_of_kills):
        if number:
            office.start()
        told = work(office, 60.0, kill_after=source.randrange(5, 60), mark=number + 1)
        assert told.failed == [] and told.left == 0, told.failed[:5]
        whole.saved += told.saved
        whole.unsure += told.unsure
        assert checked(folder, whole) == []
    return number_of_kills, len(whole.saved)


def run(proof: Proof, folder: Path, scale: float) -> None:
    """All of it; ``scale`` below 1 makes it shorter."""
    for part in ("together", "review", "office"):
        (folder / part).mkdir()
    together(proof, folder / "together", 20, max(3.0, 60 * scale))
    shutil.rmtree(folder / "together")
    plans = [{"point": 1 + number % 90} for number in range(int(60 * scale))] + kills.schedule(0, int(60 * scale), 5, 1.5)
    killed = kill_on_one_site("review", folder / "review", plans, nothing_of_the_review_is_lost)
    proof.add("kill -9 while an item goes through the review: kills with nothing lost and nothing done twice", killed, 60 * min(1.0, scale), unit="kills", at_least=True)
    killed, saves = kill_the_office(folder / "office", max(2, int(20 * scale)))
    proof.add(f"kill -9 of a server at which 6 editors save ({saves} saves): kills with nothing lost and nothing done twice", killed, max(2, int(20 * scale)), unit="kills", at_least=True)
