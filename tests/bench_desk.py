"""Measures of the desk's lists at 10,000 and 100,000 documents: a list page with filters, refresh after a change, my work. CPU ms.

Part of ``make bench``. Rows are made here with a fixed seed (no tree is built); the changed row goes through the pages in a real database.
"""
from __future__ import annotations

import random
import statistics
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from govportal.base import clock
from govportal.base.storage import open_database
from govportal.content.site import make_site, open_site
from govportal.editorial.columns import DeskColumns, DeskStore
from govportal.editorial.filters import SORTS, Filter
from govportal.editorial.folders import folders
from govportal.editorial.listing import page, select
from govportal.editorial.rows import DeskRow
from govportal.editorial.store import make_editorial, open_editorial
from govportal.editorial.work import my_work
from govportal.workflow.actors import Scope
from tests.measure import Proof

SMALL, LARGE = 10_000, 100_000
WORDS = "证照许可登记备案变更注销延续补办年检申请查询认定补贴转移退休参保提取过户抵押施工经营卫生消防食品药品运输教育医疗"
STATES = ("live",) * 12 + ("changed", "changed", "new", "scheduled", "withdrawn", "ended")
STAGES = ("drafting", "drafting", "returned", "review", "legality", "signoff", "signed")
BOUND = 30.0


class Held(NamedTuple):
    """A grant as ``my_work`` needs it."""

    role: str
    path: str = ""
    org: str = ""
    region: str = ""


def rows(number: int, seed: int = 5) -> Iterator[DeskRow]:
    """Rows like those of a province: items in pairs (directory list, implementation list), guides, news; 300 departments, 40 staff."""
    source = random.Random(seed)
    now = clock.now()
    for at in range(number):
        kind = ("DirectoryItem", "ImplementationItem", "Guide", "NewsArticle", "ImplementationItem")[at % 5]
        title = "".join(source.choice(WORDS) for _ in range(8 + at % 9)) + str(at)
        path = {"DirectoryItem": f"/items/i{at}", "ImplementationItem": f"/items/i{at - at % 5}/i{at}", "Guide": f"/items/i{at - 2}/i{at - 1}/guide", "NewsArticle": f"/news/c{at % 7}/n{at}"}[kind]
        state = source.choice(STATES)
        draft = state in ("new", "changed")
        author, register = f"staff{source.randrange(40)}", at % 3 == 0
        since = now - timedelta(minutes=source.randrange(900_000))
        stamp, complete = clock.stamp(since), -1 if register else source.choice((100, 100, 95, 80, 40))
        yield DeskRow(str(uuid.UUID(int=source.getrandbits(128))), kind, title, path, path.rpartition("/")[0], f"1144{at:027d}" if kind.endswith("Item") else "", f"org{at % 300}",
                      f"{4400 + at % 20}{at % 5:02d}", ("行政许可", "公共服务", "行政确认")[at % 3], state, source.choice(STAGES) if draft else "", author, author if draft else "",
                      f"staff{source.randrange(40)}" if source.random() < 0.1 else "", stamp, stamp, clock.stamp(now + timedelta(days=source.randrange(90))) if at % 9 == 0 else "",
                      stamp[:10] if at % 4 else "", "", complete, -1 if register else source.randrange(4), False, register, at % 2 == 0)


def filters(count: int = 60, seed: int = 9) -> list[tuple[Filter, str]]:
    """Filters as people combine them, each with an order; no two alike."""
    source = random.Random(seed)
    found = []
    for at in range(count):
        wanted = {"state": (source.choice(STATES),), "org": (f"org{source.randrange(300)}",), "region": f"44{source.randrange(20):02d}00", "kind": ("ImplementationItem", "Guide"), "completeness": ("60-89", "0-59"),
                  "overdue": True, "faults": True, "expiring": 30, "under": "/items", "type": ("行政许可",), "changed_since": "2026-01-01 00:00", "words": "".join(source.choice(WORDS) for _ in range(1 + at % 2))}
        names = source.sample(sorted(wanted), at % 4)
        if at % 10 == 0:
            names, wanted["words"] = ["words"], ("1144", "items", "证 照", "i12")[at // 10 % 4]
        found.append((Filter(**{name: wanted[name] for name in names}), source.choice(SORTS)))
    return found


def spent(call: Callable[[], Any], times: int = 3) -> float:
    """CPU ms of one call, the median of a few."""
    values = []
    for _ in range(times):
        began = time.process_time()
        call()
        values.append((time.process_time() - began) * 1000)
    return statistics.median(values)


def listed(columns: DeskColumns, scopes: list[Scope]) -> list[float]:
    """CPU ms of a page of 50 with counts for each filter; nothing is remembered between them."""
    def once(wanted: Filter, sort: str) -> Any:
        return page(columns, select(columns, wanted, scopes).slots, sort, 1)
    return [spent(lambda wanted=wanted, sort=sort: once(wanted, sort)) for wanted, sort in filters()]


def measure(proof: Proof, folder: Path, number: int) -> dict[str, float]:
    """The numbers at one size; adds those with a bound of their own to the proof."""
    tag = f"desk, {number} documents: "
    made = list(rows(number))
    db = open_database(str(folder / f"desk{number}.fs"))
    with db.transaction() as connection:
        make_site(connection)
        make_editorial(connection).rows.write({row.uid: tuple(row) for row in made})
    store = DeskStore()
    began = time.process_time()
    with db.transaction() as connection:
        columns = store.get(open_site(connection), open_editorial(connection))
    proof.add(tag + "first reading of all rows in a process", time.process_time() - began, None, unit="CPU s")
    whole, part = listed(columns, [Scope()]), listed(columns, [Scope("/items", "", "440000"), Scope("", "org7"), Scope("/news")])
    numbers = {"list of 50 with filters and counts, p50": float(np.quantile(whole + part, 0.5)), "list of 50 with filters and counts, p95": float(np.quantile(whole + part, 0.95)),
               "list of 50 with filters and counts, longest": max(whole + part)}
    grants = [Held("editor", "", "org7"), Held("reviewer", "/items"), Held("signer", "", "", "440000"), Held("legality", "/items")]
    now = clock.now()
    numbers["my work"] = spent(lambda: my_work(columns, grants, "staff7", now, org="org7", since=now - timedelta(days=3)), 9)
    numbers["folders of /items"] = spent(lambda: folders(columns, "/items", [Scope("/items", "", "440000")]), 9)
    numbers["refresh after one change"] = refreshing(db, store, made)
    for what, value in numbers.items():
        proof.add(tag + what, value, {"refresh after one change": 15.0, "list of 50 with filters and counts, p50": None}.get(what, BOUND), unit="CPU ms")
    db.close()
    return numbers


def refreshing(db: Any, store: DeskStore, made: list[DeskRow]) -> float:
    """CPU ms to bring the columns up to a page in which one row (its title, state and time) changed; the longest of nine."""
    values = []
    for at in range(9):
        row = made[at * 97]
        with db.transaction() as connection:
            open_editorial(connection).rows.write({row.uid: tuple(row._replace(title=f"改{row.title}", state="changed", changed="2026-11-24 10:00"))})
        with db.transaction() as connection:
            site, editorial = open_site(connection), open_editorial(connection)
            began = time.process_time()
            columns = store.get(site, editorial)
            values.append((time.process_time() - began) * 1000)
            assert columns.one(row.uid).title.startswith("改")
    return max(values)


def run(proof: Proof, folder: Path) -> None:
    """Both sizes, and how much the large one costs more."""
    small, large = measure(proof, folder, SMALL), measure(proof, folder, LARGE)
    what = "list of 50 with filters and counts, p95"
    proof.add(f"desk: {what}, {LARGE} documents more than at {SMALL}", large[what] - small[what], 10.0, unit="CPU ms")
    proof.add(f"desk: {what}, {LARGE} against {SMALL} documents", large[what] / small[what], None, unit="times")

