"""The attack table: every role tries every page and action of the desk by its address; what the table does not list must be refused.

``access.csv`` is written by hand and says who may read a page and who may post to it. It names every page there is: a page without a line fails.
"""
from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pyramid.interfaces import IRoutesMapper

TABLE = Path(__file__).with_name("access.csv")
ALL = ("edit.a", "edit.b", "rev.a", "law.a", "sign.a", "dir.a", "site.a", "sec.a", "aud.a")
GROUPS = {"signed": ALL, "none": (), "anybody": ALL, "work": ("edit.a", "edit.b", "rev.a", "law.a", "sign.a", "dir.a", "site.a")}


HARMLESS = {"sign-in", "session-end", "audit.export", "lists.export", "search.export", "quality.run"}


def table() -> dict[str, tuple[str, str]]:
    with open(TABLE, encoding="utf-8", newline="") as stream:
        return {row["page"]: (row["read"], row["post"]) for row in csv.DictReader(stream)}


def people_of(cell: str) -> set[str]:
    found: set[str] = set()
    for word in cell.split():
        found |= set(GROUPS.get(word, (word,)))
    return found


def fill(desk, path: str) -> str:
    values = {"uid": desk.at("/items/one/one"), "staff": desk.uid("edit.a")}
    while "{" in path:
        name = path[path.index("{") + 1:path.index("}")]
        path = path.replace("{" + name + "}", values.get(name.split(":")[0], "none"))
    return path


def test_the_table_names_every_page_and_no_other(desk):
    registry = desk.wsgi.registry
    pages = {one.name for one in registry.desk_pages}
    assert pages == set(table()), (pages - set(table()), set(table()) - pages)
    routes = {route.name for route in registry.getUtility(IRoutesMapper).get_routes() if route.pattern.startswith(("/desk", "desk"))}
    assert routes == {f"desk-{name}" for name in pages}          # no view under /desk but through add_desk_page


@pytest.mark.parametrize("user", ALL)
def test_each_role_reaches_what_is_listed_and_nothing_else(desk, user):
    person, wrong = desk.person(user), []
    token = person.token()
    for one in desk.wsgi.registry.desk_pages:
        read, post = (people_of(cell) for cell in table()[one.name])
        path = fill(desk, one.path)
        answer = person.app.get(path, expect_errors=True)
        if (answer.status_int == 403) == (user in read) and table()[one.name][0] != "none":
            wrong.append((one.name, "GET", answer.status_int))
        if one.post_permission is not None and one.name not in ("signout", "signin"):
            answer = person.app.post(path, {"csrf": token}, expect_errors=True)
            if (answer.status_int == 403) == (user in post):
                wrong.append((one.name, "POST", answer.status_int))
        assert answer.status_int < 500, (one.name, answer.status_int)
    assert not wrong, wrong
    acted = desk.read(lambda site: [record for record in site.audit.newest(10_000) if record["actor"] == desk.uid(user) and record["outcome"] == "ok"])
    assert {record["action"] for record in acted} <= HARMLESS, acted          # an empty post does nothing else


def test_nobody_reaches_anything_without_signing_in(desk):
    stranger = desk.stranger()
    for one in desk.wsgi.registry.desk_pages:
        if one.name == "signin":
            continue
        path = fill(desk, one.path)
        answer = stranger.app.get(path, expect_errors=True)
        assert answer.status_int in (303, 404) and (answer.status_int == 404 or "/desk/signin" in answer.location), (one.name, answer.status_int)
        if one.post_permission is not None:
            assert stranger.app.post(path, {"csrf": "0" * 64, "do": "x"}, expect_errors=True).status_int == 403, one.name


@pytest.mark.parametrize("user", ALL)
def test_posts_without_token_are_refused_everywhere(desk, user):
    person = desk.person(user)
    for one in desk.wsgi.registry.desk_pages:
        if one.post_permission is not None:
            assert person.app.post(fill(desk, one.path), {"do": "x"}, expect_errors=True).status_int == 403, one.name
