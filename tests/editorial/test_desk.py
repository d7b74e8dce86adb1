"""Folders, my work and saved views."""
from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import NamedTuple

import pytest

from govportal.content.publish import Refused
from govportal.content.site import FOLDERS
from govportal.editorial.filters import Filter
from govportal.editorial.folders import TITLES, folders
from govportal.editorial.listing import PAGE
from govportal.editorial.store import open_editorial
from govportal.editorial.views import MAX_VIEWS, delete_view, forget_views, save_view, views_of
from govportal.editorial.work import my_work
from govportal.workflow.actors import Scope
from tests.editorial.made import NOW, columns_of, covered, random_rows, within

EVERYWHERE = [Scope()]
ROWS = random_rows(300, 11)
COLUMNS = columns_of(ROWS)
PATHS = ["/", "/items", "/news", "/news/tongzhi", "/shared", *sorted({row.path for row in ROWS})[:40], "/nowhere", "/items/../x"]


class Held(NamedTuple):
    role: str
    org: str = ""
    path: str = ""
    region: str = ""
    until: str = ""


# -- folders -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("scopes", [EVERYWHERE, [Scope("/news")], [Scope("", "gongan")], [Scope("", "", "990100"), Scope("/items/a0")], []])
def test_children_and_counts(scopes):
    seen = [row for row in ROWS if covered(row, scopes)]
    for path in PATHS:
        found = folders(COLUMNS, path, scopes)
        everything = [child for number in range(1, found.pages + 1) for child in folders(COLUMNS, path, scopes, number).children]
        expected = Counter()
        for row in seen:
            if within(row.path, path) and row.path != path:
                expected["/" + "/".join(row.path.strip("/").split("/")[:len([part for part in path.split("/") if part]) + 1])] += 1
        documents = {row.path for row in ROWS} | set(TITLES)
        assert {child.path: child.count for child in everything} == {place: number for place, number in expected.items() if place in documents}, path
        assert found.total == len(everything) and all(len(folders(COLUMNS, path, scopes, number).children) <= PAGE + len(FOLDERS) for number in (1, 2))
        for child in everything:
            row = next((row for row in seen if row.path == child.path), None)
            assert child.row == row and child.title == (row.title if row else TITLES.get(child.path, child.path.rpartition("/")[2])), "no title from outside the scopes"


def test_trail_and_titles_of_fixed_folders():
    assert set(TITLES) >= {f"/{name}" for name in FOLDERS}
    row = next(row for row in ROWS if row.path.count("/") == 3)
    trail = folders(COLUMNS, row.path, EVERYWHERE).trail
    assert trail[:2] == (("/", "全部"), ("/items", "事项") if row.path.startswith("/items") else ("/news", "新闻和公告")) and trail[-1] == (row.path, row.title)
    assert folders(COLUMNS, row.path, []).trail[-1] == (row.path, row.path.rpartition("/")[2])


# -- my work -----------------------------------------------------------------------------------------------------------
def uids(group):
    return {COLUMNS.texts["uid"][slot] for slot in group.slots}


GRANTS = [Held("editor", "gongan"), Held("reviewer", "", "/items"), Held("signer", "", "", "990100"), Held("auditor")]


def test_my_work_against_a_plain_reading():
    work = my_work(COLUMNS, GRANTS, "u1", NOW, org="gongan", since=NOW - timedelta(days=1))
    own = [row for row in ROWS if row.assignee == "u1" or (row.author == "u1" and not row.assignee)]
    assert uids(work.group("write")) == {row.uid for row in own if row.stage == "drafting" or (row.stage == "" and row.assignee == "u1")}
    assert uids(work.group("returned")) == {row.uid for row in own if row.stage == "returned"}
    assert uids(work.group("review")) == {row.uid for row in ROWS if row.stage == "review" and within(row.path, "/items") and "u1" not in row.writers.split()}
    assert uids(work.group("legality")) == set(), "no such role"
    assert uids(work.group("signoff")) == {row.uid for row in ROWS if row.stage == "signoff" and row.region.startswith("9901") and "u1" not in row.writers.split()}
    mine = [row for row in ROWS if row.org == "gongan"]
    assert uids(work.group("expiring")) == {row.uid for row in mine if row.expires and f"{NOW:%Y-%m-%d %H:%M}" < row.expires <= f"{NOW + timedelta(days=30):%Y-%m-%d %H:%M}"}
    assert uids(work.group("overdue")) == {row.uid for row in mine if row.review_by and row.review_by < f"{NOW:%Y-%m-%d}"}
    assert uids(work.changed) == {row.uid for row in ROWS if row.changed >= f"{NOW - timedelta(days=1):%Y-%m-%d %H:%M}" and row.author != "u1"}
    assert dict(work.department["state"]) == Counter(row.state for row in mine)
    assert all(group.rows == COLUMNS.rows(group.slots[:10]) for group in work.groups) and {len(group) for group in work.groups} != {0}


def test_who_wrote_in_it_is_not_asked_to_approve():
    everything = [Held("reviewer"), Held("legality"), Held("signer")]
    for staff in ("u1", "u10"):
        work = my_work(COLUMNS, everything, staff, NOW)
        waiting = set().union(*(uids(work.group(name)) for name in ("review", "legality", "signoff")))
        assert waiting and all(staff not in row.writers.split() for row in ROWS if row.uid in waiting)


def test_without_grants_only_what_is_mine():
    work = my_work(COLUMNS, [], "u2", NOW, since=NOW - timedelta(days=9))
    assert len(work.group("write")) and not any(len(work.group(name)) for name in ("review", "legality", "signoff", "expiring", "overdue"))
    assert not len(work.changed) and work.department == {}
    nobody = my_work(columns_of([]), GRANTS, "u2", NOW, org="gongan", since=NOW)
    assert not any(len(group) for group in (*nobody.groups, nobody.changed))


def test_what_is_gone_waits_for_nobody():
    left = [row for at, row in enumerate(ROWS) if at % 3]
    columns = COLUMNS.renewed({row.uid: None for row in ROWS if row not in left}, 2)
    work, fresh = (my_work(some, GRANTS, "u1", NOW, org="gongan", since=NOW - timedelta(days=1)) for some in (columns, columns_of(left)))
    assert work.department == fresh.department
    for one, other in zip((*work.groups, work.changed), (*fresh.groups, fresh.changed), strict=True):
        assert {row.uid for row in columns.rows(one.slots)} == {row.uid for row in columns_of(left).rows(other.slots)}, one.name


# -- saved views -------------------------------------------------------------------------------------------------------
def test_views_are_kept_replaced_and_deleted(small):
    with small.db.transaction() as connection:
        editorial = open_editorial(connection)
        save_view(editorial, "u1", "  我的  草稿 ", {"state": "changed", "mine": "u1", "evil": "x"}, sort="-title")
        save_view(editorial, "u1", "超期", [("overdue", "yes"), ("org", "a"), ("org", "b")], sort="nonsense")
        save_view(editorial, "u2", "别人的", {"words": "证"})
    with small.db.transaction() as connection:
        editorial = open_editorial(connection)
        first, second = views_of(editorial, "u1")
        assert first.name == "我的 草稿" and first.filter == Filter(state=("changed",), mine="u1") and first.sort == "-title"
        assert second.filter == Filter(overdue=True, org=("a", "b")) and second.sort == "changed"
        save_view(editorial, "u1", "我的 草稿", {"state": "new"})
        assert [view.name for view in views_of(editorial, "u1")] == ["我的 草稿", "超期"] and views_of(editorial, "u1")[0].filter == Filter(state=("new",))
        delete_view(editorial, "u1", "我的 草稿")
        forget_views(editorial, "u2")
    with small.db.transaction() as connection:
        editorial = open_editorial(connection)
        assert [view.name for view in views_of(editorial, "u1")] == ["超期"] and views_of(editorial, "u2") == [] == views_of(editorial, "nobody")


@pytest.mark.parametrize(("name", "parameters", "message"), [
    ("", {"state": "new"}, "起个名字"), ("   ", {}, "起个名字"), ("长" * 31, {}, "最多 30 个字"), ("a\x07b", {}, "不可见"), ("大", [("org", f"{'x' * 190}{at}") for at in range(40)], "太多")])
def test_bad_views_are_refused(small, name, parameters, message):
    with small.db.transaction() as connection, pytest.raises(Refused, match=message):
        save_view(open_editorial(connection), "u1", name, parameters)


def test_a_person_keeps_so_many_views(small):
    with small.db.transaction() as connection:
        editorial = open_editorial(connection)
        for number in range(MAX_VIEWS):
            save_view(editorial, "u1", f"视图 {number}", {"state": "new"})
        with pytest.raises(Refused, match="最多保存"):
            save_view(editorial, "u1", "再一个", {})
        save_view(editorial, "u1", "视图 3", {"state": "live"})
        with pytest.raises(Refused, match="没有名为"):
            delete_view(editorial, "u1", "再一个")
        assert len(views_of(editorial, "u1")) == MAX_VIEWS
