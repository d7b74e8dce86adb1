"""docs/编辑手册.md is true as far as a program can tell: its pictures, its addresses, its links, its tables of who may do what."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

from govportal.content.publication_table import TABLE
from govportal.desk.permissions import PERMISSIONS
from govportal.editorial.request_table import TABLE as REQUESTS
from govportal.people.roles import title_of

DOCS = Path(__file__).resolve().parents[2] / "docs"
MANUAL = (DOCS / "编辑手册.md").read_text(encoding="utf-8")
PICTURES = re.findall(r"!\[([^\]]*)\]\((pictures/[^)]+)\)", MANUAL)
PNG = b"\x89PNG\r\n\x1a\n"
WRITER = {"writer": "编写的人"}
REQUEST_ROLES = {"writer": "目录管理", "proposer": "编辑"}


def rows(header: str) -> list[list[str]]:
    """The cells of every table with these headings."""
    found = []
    for part in re.findall(re.escape(header) + r"\n\|[-|]+\|\n((?:\|.*\|\n)+)", MANUAL):
        found += [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in part.strip().split("\n")]
    return found


def test_every_picture_is_there_small_and_described():
    named = {path for _, path in PICTURES}
    assert 0 < len(named) == len(PICTURES) <= 25 and all(alt for alt, _ in PICTURES)
    assert named == {f"pictures/{path.name}" for path in (DOCS / "pictures").iterdir()}
    for path in named:
        data = (DOCS / path).read_bytes()
        assert data.startswith(PNG) and len(data) <= 150_000 and int.from_bytes(data[16:20], "big") in (390, 1280), path


def test_every_address_is_a_page_of_the_desk(desk):
    pages = {one.path for one in desk.wsgi.registry.desk_pages}
    named = set(re.findall(r"`(/desk[^`]*)`", MANUAL))
    assert len(named) > 20 and named <= pages, named - pages


def test_every_entry_of_the_head_is_told(desk):
    from govportal.desk.shell import NAV
    assert {path for key, path, *_ in NAV if key in desk.wsgi.registry.desk_entries} <= set(re.findall(r"`(/desk[^`]*)`", MANUAL))


def test_every_link_inside_has_its_heading():
    headings = set(re.findall(r"^#{2,3} (.+)$", MANUAL, flags=re.M))
    assert set(re.findall(r"\]\(#([^)]+)\)", MANUAL)) <= headings


@pytest.mark.parametrize(("table", "header", "roles"), [
    (TABLE, "| 操作 | 谁 | 什么时候 | 要填、要满足 |", WRITER), (REQUESTS, "| 操作 | 谁 | 什么时候 |", REQUEST_ROLES)])
def test_who_may_do_what_is_what_the_table_says(table, header, roles):
    wanted: dict[str, tuple[set[str], set[str]]] = {}
    for row in table.rows:
        if row.roles != ("clock",):
            who, when = wanted.setdefault(row.title, (set(), set()))
            who |= {roles.get(role, title_of(role)) for role in row.roles}
            when |= {table.title(state) for state in row.sources}
    told = {cells[0]: (set(cells[1].split("、")), set(cells[2].split("、"))) for cells in rows(header)}
    assert told == wanted


def test_who_sees_what_is_what_the_permissions_say(desk):
    pages = {one.path: one for one in desk.wsgi.registry.desk_pages}
    everybody = {title_of(role) for role in PERMISSIONS["desk.home"]}
    told = rows("| 地方 | 谁看得到 | 谁能动手 |")
    assert len(told) >= 8
    for where, who, _ in told:
        for path in re.findall(r"`([^`]+)`", where):
            assert (everybody if who == "所有人" else set(who.split("、"))) == {title_of(role) for role in PERMISSIONS[pages[path].permission]}, path
