"""Random desk rows and a plain reference for filters, scopes and orders, written without numpy."""
from __future__ import annotations

import random
from datetime import datetime, timedelta

from govportal.base import clock
from govportal.content.columns import fold
from govportal.editorial.columns import DeskColumns
from govportal.editorial.filters import BANDS
from govportal.editorial.rows import DeskRow

NOW = datetime(2026, 6, 1, 10, 30, tzinfo=clock.SHANGHAI)
WORDS = "证照许可登记Ａab"
ORGS = ("gongan", "shuju", "")
REGIONS = ("990100", "990101", "990102", "990200", "440000", "440103", "")
STAFF = ("u1", "u2", "u10", "")


def random_rows(number: int, seed: int) -> list[DeskRow]:
    source, rows, taken = random.Random(seed), [], set()
    for at in range(number):
        folder = source.choice(["/items", "/news/tongzhi", *(row.path for row in rows[-5:])])
        path = f"{folder}/{source.choice('abc')}{source.choice(('', '-b', '.x', '0'))}{at % 7}"
        if path in taken or path.count("/") > 5:
            path = f"/items/p{at}"
        taken.add(path)
        state = source.choice(("new", "live", "changed", "scheduled", "withdrawn", "ended"))
        stage = source.choice(("drafting", "returned", "review", "legality", "signoff", "signed")) if state in ("new", "changed") else ""
        author = source.choice(STAFF)
        when = lambda spread, form="%Y-%m-%d %H:%M": "" if source.random() < 0.3 else (NOW + timedelta(minutes=source.randrange(-spread, spread))).strftime(form)  # noqa: E731
        rows.append(DeskRow(
            f"uid-{at}", source.choice(("ImplementationItem", "Guide", "NewsArticle", "Organisation")), "".join(source.choice(WORDS) for _ in range(source.randrange(1, 9))),
            path, path.rpartition("/")[0], source.choice(("", f"1144{at}X")), source.choice(ORGS), source.choice(REGIONS), source.choice(("行政许可", "公共服务", "")), state, stage,
            author, " ".join(word for word in {author, source.choice(STAFF)} if word) if stage else "", source.choice(STAFF), when(5000), when(90000), when(90000), when(90000, "%Y-%m-%d"),
            when(900), source.choice((-1, 0, 59, 60, 89, 90, 99, 100)), source.choice((-1, 0, 1, 7)), stage == "returned", source.random() < 0.3, source.random() < 0.5))
    return rows


def columns_of(rows: list[DeskRow]) -> DeskColumns:
    return DeskColumns().renewed({row.uid: tuple(row) for row in rows}, 1)


def within(path: str, top: str) -> bool:
    top = "/" + top.strip("/")
    return top == "/" or path == top or path.startswith(top + "/")


def in_region(code: str, wanted: str) -> bool:
    while wanted.endswith("00") and len(wanted) > 2:
        wanted = wanted[:-2]
    return code.startswith(wanted)


def covered(row: DeskRow, scopes) -> bool:
    return any(within(row.path, path) and (not org or row.org == org) and (not region or in_region(row.region, region)) for path, org, region in scopes)


def _minute(text: str) -> datetime:
    return clock.parse(text)


def conditions(row: DeskRow, wanted, now: datetime) -> dict[str, bool]:
    """Each part of the filter that is asked for -> whether the row has it."""
    found: dict[str, bool] = {}
    for name in ("kind", "state", "stage", "org", "type", "assignee", "author"):
        if getattr(wanted, name):
            found[name] = (getattr(row, name) or "none") in getattr(wanted, name)
    if wanted.region:
        found["region"] = row.region == "" if wanted.region == "none" else in_region(row.region, wanted.region)
    if wanted.completeness:
        found["completeness"] = any(BANDS[band][0] <= row.completeness <= BANDS[band][1] for band in wanted.completeness if band in BANDS)
    flags = {"faults": row.faults > 0, "overdue": bool(row.review_by) and row.review_by < now.strftime("%Y-%m-%d"), "returned": row.returned, "register": row.register, "demo": row.demo}
    for name, value in flags.items():
        if getattr(wanted, name) is not None:
            found[name] = value == getattr(wanted, name)
    if wanted.expiring:
        found["expiring"] = bool(row.expires) and now < _minute(row.expires) <= now + timedelta(days=wanted.expiring)
    if wanted.changed_since:
        found["changed_since"] = bool(row.changed) and row.changed >= wanted.changed_since
    if wanted.under:
        found["under"] = within(row.path, wanted.under)
    if wanted.mine:
        found["mine"] = row.assignee == wanted.mine or wanted.mine in row.writers.split()
    for at, word in enumerate(wanted.words.split()):
        text = fold(word)
        found[f"word {at}"] = text in fold(row.title) or (text.isascii() and (text in row.code.lower() or text in row.path.lower()))
    return found
