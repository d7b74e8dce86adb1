"""Measures of the desk's pages through the real application at 2,000 and 100,000 items: edit forms, saving, lists, what waits; bulk publishing.

Part of ``python -m tests.bench desk``. All in CPU ms of this process, signed in; what a page
loads from the database is counted with nothing in the object cache.
"""
from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ZODB.ActivityMonitor import ActivityMonitor

from govportal import main
from govportal.base.keys import load_keys
from govportal.content.site import open_site
from govportal.desk.forms.sections import sections_of
from govportal.settings import Settings
from govportal.worker import catch_up
from tests.editors import Editor, form_of, make_rooms, sign_in
from tests.measure import Proof

ITEM, GUIDE = "/items/id-card/id-card", "/items/id-card/id-card/guide"
OPEN, SAVE, LIST = 150.0, 100.0, 30.0
GROWTH, MORE_OBJECTS = 10.0, 12
PUBLIC_MB, DESK_MB = 350.0, 450.0
# what people pick in the list; ``{org}`` is a department of the tree
LISTS = {"everything": "", "live, newest first": "state=live&sort=changed", "drafts": "state=changed&stage=signed", "one department": "org={org}", "a region, guides and items": "region=440000&kind=ImplementationItem",
         "type, by title": "type=%E8%A1%8C%E6%94%BF%E8%AE%B8%E5%8F%AF&sort=title", "words": "words=%E8%AF%81+%E7%85%A7", "incomplete first": "sort=completeness&register=no", "below a folder": "under=/items&sort=path",
         "with faults, overdue": "faults=yes&overdue=yes", "expiring": "expiring=30", "page 40": "page=40", "several at once": "state=live&region=440100&type=%E5%85%AC%E5%85%B1%E6%9C%8D%E5%8A%A1&words=%E8%AF%81&sort=org"}


MEMORY = """
import random, sys, threading
from pathlib import Path
from webob import Request
from govportal import main
from govportal.base.storage import open_database
from govportal.settings import Settings
var = Path(sys.argv[1])
settings = Settings(var=var, worker=False)
db = open_database(settings.database, cache_bytes=settings.object_cache_mb << 20)
app = main({"govportal.db": db}, settings=settings)
paths, headers = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines(), {"Cookie": sys.argv[3]} if sys.argv[3] else {}
def work(seed):
    source = random.Random(seed)
    for _ in range(400):
        path = source.choice(paths)
        assert Request.blank(path, headers=headers if path.startswith("/desk") else {}, remote_addr="127.0.0.1").get_response(app).status_code == 200, path
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1024)
"""


def spent(call: Callable[[], Any], times: int = 5) -> float:
    """CPU ms of one call, the median of a few; the first is not counted."""
    call()
    values = []
    for _ in range(times):
        began = time.process_time()
        call()
        values.append((time.process_time() - began) * 1000)
    return statistics.median(values)


def opened(person: Editor, path: str) -> str:
    answer = person.get(path)
    assert answer.status == 200, (path, answer.status)
    return answer.text


def loaded(db: Any, call: Callable[[], Any]) -> int:
    """How many objects a call reads from the database with nothing in the object cache."""
    db.cacheMinimize()
    monitor = ActivityMonitor()
    db.setActivityMonitor(monitor)
    call()
    db.setActivityMonitor(None)
    return sum(entry[1] for entry in monitor.log)


class Tree:
    """A built site with its application and two people: an editor of everything and one of a single department."""

    def __init__(self, db: Any, var: Path) -> None:
        make_rooms(db)
        catch_up(db)
        self.db, keys = db, load_keys(var / "secret")
        self.app = main({"govportal.db": db}, settings=Settings(var=var, worker=False))
        with db.transaction() as connection:
            site = open_site(connection)
            row = site.by_code([code for code, _ in site.codes.items() if code.startswith("11440000006939756B2")][-1])     # (the first ones are published in bulk)
            self.forms, self.org = {"item": site.at(ITEM), "guide": site.at(GUIDE), "registered row": row}, row.live.values["org"]
            self.forms = {words: (document.kind, document.uid) for words, document in self.forms.items()}
        self.editor = Editor(*sign_in(db, keys, "bench.all", "editor", "directory"), app=self.app)
        self.clerk = Editor(*sign_in(db, keys, "bench.one", "editor", org=self.org), app=self.app)

    def sections(self) -> list[tuple[str, str]]:
        """(words, address) of every section of a full item, its guide and a registered row."""
        return [(f"{words} {one.name}", f"/desk/doc/{uid}/edit/{one.name}") for words, (kind, uid) in self.forms.items() for one in sections_of(kind)]


def saves(person: Editor, path: str, times: int = 5) -> float:
    """CPU ms of a post that changes a text and commits, the median of a few; -1 for a section without a text to change."""
    field = next((name for name, value in changeable(opened(person, path)) if changes(person, path, name, value + "甲") is not None), None)
    if field is None:
        return -1.0
    values = []
    for number in range(times):
        spent_on = changes(person, path, field, f"{dict(form_of(opened(person, path)).pairs[::-1])[field][:200]}{number}")
        assert spent_on is not None, (path, field)
        values.append(spent_on)
    return statistics.median(values)


def changeable(text: str) -> list[tuple[str, str]]:
    """Fields of a form that hold words."""
    return [(name, value) for name, value in form_of(text).pairs if name not in ("csrf", "op") and not name.startswith(("_", "page.")) and any("一" <= char <= "鿿" for char in value)]


def changes(person: Editor, path: str, field: str, value: str) -> float | None:
    """CPU ms of saving the form with this value; None when it is not taken as a change."""
    form = form_of(opened(person, path))
    pairs = form.changed(field, value)
    began = time.process_time()
    answer = person.post(form.target, pairs)
    spent_on = (time.process_time() - began) * 1000
    return spent_on if answer.status == 303 and dict(form_of(opened(person, path)).pairs[::-1]).get(field) == value else None


def lists(proof: Proof, tree: Tree, tag: str) -> dict[str, float]:
    """The list with filters, the folders, and what waits; for somebody who sees all and for one department's editor."""
    asked = {f"{who}: {words}": (person, "/desk/content?" + query.format(org=tree.org)) for who, person in (("all", tree.editor), ("one", tree.clerk)) for words, query in LISTS.items()}
    costs = {words: spent(lambda person=person, path=path: opened(person, path)) for words, (person, path) in asked.items()}
    numbers = {"list page of 50 with filters, p50": statistics.median(costs.values()), "list page of 50 with filters, longest": max(costs.values()),
               "what waits for me": max(spent(lambda person=person: opened(person, "/desk")) for person in (tree.editor, tree.clerk)),
               "folders of /items": spent(lambda: opened(tree.editor, "/desk/folders?path=/items"))}
    print("longest list:", max(costs, key=costs.get), {words: round(value, 1) for words, value in costs.items()})
    for what, value in numbers.items():
        proof.add(tag + what, value, None if what.endswith("p50") else LIST, unit="CPU ms")
    numbers["objects loaded for a list page"] = float(max(loaded(tree.db, lambda person=person, path=path: opened(person, path)) for person, path in list(asked.values())[:3]))
    return numbers


def forms(proof: Proof, tree: Tree, tag: str) -> dict[str, float]:
    """Opening and saving every section."""
    opening, objects = {}, {}
    for words, path in tree.sections():
        opening[words] = spent(lambda path=path: opened(tree.editor, path))
        objects[words] = loaded(tree.db, lambda path=path: opened(tree.editor, path))
    saving = {words: saves(tree.editor, path) for words, path in tree.sections()}
    catch_up(tree.db)
    print("open:", {words: round(value, 1) for words, value in opening.items()})
    print("save:", {words: round(value, 1) for words, value in saving.items()})
    numbers = {"opening a section of an item's or guide's form, longest": max(opening.values()),
               "opening all sections of an item, together": sum(value for words, value in opening.items() if words.startswith("item ")),
               "saving a section with its commit, longest": max(saving.values()), "objects loaded to open a section, most": float(max(objects.values()))}
    for what, bound, unit in (("opening a section of an item's or guide's form, longest", OPEN, "CPU ms"), ("opening all sections of an item, together", None, "CPU ms"),
                              ("saving a section with its commit, longest", SAVE, "CPU ms"), ("objects loaded to open a section, most", None, "objects")):
        proof.add(tag + what, numbers[what], bound, unit=unit)
    proof.add(tag + "sections that were saved", sum(value > 0 for value in saving.values()), 10, unit="sections", at_least=True)
    return numbers


def measure(proof: Proof, tree: Tree, number: int) -> dict[str, float]:
    """The numbers of one size."""
    tag = f"desk, {number} items: "
    began = time.process_time()
    opened(tree.editor, "/desk/content")
    proof.add(tag + "first list page of a process", time.process_time() - began, None, unit="CPU s")
    return {**lists(proof, tree, tag), **forms(proof, tree, tag)}


def compare(proof: Proof, small: dict[str, float], large: dict[str, float], sizes: tuple[int, int]) -> None:
    """What the large tree costs more."""
    for what, value in small.items():
        if what.startswith("objects"):
            proof.add(f"desk: {what}, {sizes[1]} items more than at {sizes[0]}", large[what] - value, MORE_OBJECTS, unit="objects")
        else:
            proof.add(f"desk: {what}, {sizes[1]} items against {sizes[0]}", large[what] / value, None, unit="times")
    what = "list page of 50 with filters, p50"
    proof.add(f"desk: {what}, {sizes[1]} items more than at {sizes[0]}", large[what] - small[what], GROWTH, unit="CPU ms")


def memory(proof: Proof, tree: Tree, var: Path, number: int) -> None:
    """A web process of its own that serves the public alone, and one that serves the desk beside it; the database is closed then."""
    with tree.db.transaction() as connection:
        public = ["/", "/services", ITEM, "/services?for=person", *(row.path for row in tree.app.registry.columns.get(open_site(connection)).items[::97])]
    desk = ["/desk", "/desk/folders?path=/items", *("/desk/content?" + query.format(org=tree.org) for query in LISTS.values()), *(path for _, path in tree.sections())]
    tree.db.close()
    for what, paths, cookie, bound in (("serving the public", public, "", PUBLIC_MB), ("serving the public and the desk", [*public[::8], *desk], tree.editor.cookie, DESK_MB)):
        (var / "paths").write_text("\n".join(paths), encoding="utf-8")
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", MEMORY, str(var), str(var / "paths"), cookie], capture_output=True, text=True, check=True)
        proof.add(f"desk, {number} items: one process of 4 threads {what}", float(done.stdout), bound, unit="MB")
