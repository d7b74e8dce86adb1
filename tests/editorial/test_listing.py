"""Filters, scopes, counts and orders against a plain reference over random rows; nothing leaks, nothing forged fails."""
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from govportal.editorial.columns import DeskColumns
from govportal.editorial.filters import SORTS, Filter, read_filter, read_sort
from govportal.editorial.listing import BANDS, FACETS, NONE, STAGE_ORDER, STATE_ORDER, ordered, page, region_prefix, scopes_of, select, uids
from govportal.workflow.actors import Scope
from tests.editorial.made import NOW, columns_of, conditions, covered, in_region, random_rows

EVERYWHERE = [Scope()]
ROWS = random_rows(400, 3)
COLUMNS = columns_of(ROWS)

choices = {
    "words": st.lists(st.sampled_from(["证", "许可", "登记证", "A", "Ａ", "ab", "1144", "11440x", "items", "/news/", "无此词", "证照许可登记"]), max_size=3).map(" ".join),
    "kind": st.lists(st.sampled_from(["Guide", "NewsArticle", "Nothing"]), max_size=2).map(tuple), "state": st.lists(st.sampled_from([*STATE_ORDER, "x"]), max_size=3).map(tuple),
    "stage": st.lists(st.sampled_from([*STAGE_ORDER[:-1], NONE]), max_size=3).map(tuple), "org": st.lists(st.sampled_from(["gongan", "shuju", NONE, "nobody"]), max_size=2).map(tuple),
    "region": st.sampled_from(["", "990000", "990100", "990101", "44", "440000", NONE, "abc"]), "type": st.lists(st.sampled_from(["行政许可", NONE]), max_size=2).map(tuple),
    "assignee": st.lists(st.sampled_from(["u1", NONE]), max_size=2).map(tuple), "author": st.lists(st.sampled_from(["u1", "u2"]), max_size=2).map(tuple),
    "completeness": st.lists(st.sampled_from([*BANDS, "wrong"]), max_size=3).map(tuple), "expiring": st.sampled_from([0, 1, 30]),
    "changed_since": st.sampled_from(["", "2026-06-01 00:00", "2026-05-30 10:31"]), "under": st.sampled_from(["", "/", "/items", "items/", "/news", "/items/a0", "/items/a-b0", "/nowhere"]),
    "mine": st.sampled_from(["", "u1", "u10", "stranger"]), **{name: st.sampled_from([None, True, False]) for name in ("faults", "overdue", "returned", "register", "demo")}}
scope_lists = st.lists(st.builds(Scope, st.sampled_from(["", "/", "/items", "/news/tongzhi", "/items/a0", "/nowhere"]), st.sampled_from(["", "gongan", "nobody"]),
                                 st.sampled_from(["", "990000", "990100", "440103"])), max_size=3)


@st.composite
def some_filters(draw):
    names = draw(st.lists(st.sampled_from(sorted(choices)), unique=True, max_size=4))
    return Filter(**{name: draw(choices[name]) for name in names})


@profile(max_examples=400, deadline=None)
@given(some_filters(), scope_lists)
def test_a_filter_picks_and_counts_what_a_plain_reading_does(wanted, scopes):
    found = select(COLUMNS, wanted, scopes, NOW)
    held = {row.uid: conditions(row, wanted, NOW) for row in ROWS if covered(row, scopes)}
    assert sorted(uids(COLUMNS, found.slots)) == sorted(uid for uid, parts in held.items() if all(parts.values()))
    for facet in FACETS:
        seen = Counter(getattr(row, facet) or NONE for row in ROWS if row.uid in held and all(value for name, value in held[row.uid].items() if name != facet))
        assert dict(found.counts[facet]) == dict(seen), facet
    seen = Counter("yes" if row.faults > 0 else "no" for row in ROWS if row.uid in held and all(value for name, value in held[row.uid].items() if name != "faults"))
    assert dict(found.counts["faults"]) == dict(seen)
    bands = Counter(band for row in ROWS if row.uid in held and all(value for name, value in held[row.uid].items() if name != "completeness")
                    for band, (low, high) in BANDS.items() if low <= row.completeness <= high)
    assert dict(found.counts["completeness"]) == dict(bands)


def key_of(sort):
    orgs = {row.path.rpartition("/")[2]: row.title for row in ROWS if row.kind == "Organisation"}
    return {"title": lambda row: "", "changed": lambda row: row.changed, "completeness": lambda row: None if row.completeness < 0 else row.completeness,
            "review_by": lambda row: row.review_by, "expires": lambda row: row.expires, "org": lambda row: orgs.get(row.org, row.org),
            "state": lambda row: (STATE_ORDER.index(row.state), STAGE_ORDER.index(row.stage)), "path": lambda row: row.path.replace("/", " ")}[sort]


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
def test_orders(sort):
    name, key = sort.removeprefix("-"), key_of(sort.removeprefix("-"))
    whole = uids(COLUMNS, ordered(COLUMNS, select(COLUMNS, Filter(), EVERYWHERE, NOW).slots, sort))
    by_uid = {row.uid: row for row in ROWS}
    assert sorted(whole) == sorted(by_uid)
    values = [key(by_uid[uid]) for uid in whole]
    if name == "title":
        ranks = [COLUMNS.texts["folded"][COLUMNS.slots[uid]] for uid in whole]
        assert ranks == sorted(ranks, reverse=sort.startswith("-"))
        return
    given_values = [value for value in values if value not in ("", None)]
    assert values[:len(given_values)] == given_values, "those without it stand last"
    assert given_values == sorted(given_values, reverse=(name == "changed") != sort.startswith("-"))


@pytest.mark.parametrize("sort", [*SORTS, "-changed"])
def test_pages_cut_the_whole_order(sort):
    slots = select(COLUMNS, Filter(), EVERYWHERE, NOW).slots
    whole = uids(COLUMNS, ordered(COLUMNS, slots, sort))
    paged = [row.uid for number in range(1, 9) for row in page(COLUMNS, slots, sort, number).rows]
    assert paged == whole and page(COLUMNS, slots, sort, 1).pages == 8
    assert page(COLUMNS, slots, sort, 999).rows == page(COLUMNS, slots, sort, 8).rows and page(COLUMNS, slots, sort, -5).number == 1


def test_rows_come_back_as_they_were():
    assert {row.uid: row for row in COLUMNS.rows(range(COLUMNS.size))} == {row.uid: row for row in ROWS}


def test_nothing_is_listed_or_counted_outside_the_scopes():
    found = select(COLUMNS, Filter(), [], NOW)
    assert len(found) == 0 and not any(found.counts.values())
    found = select(COLUMNS, Filter(org=("gongan",)), [Scope("", "shuju")], NOW)
    assert len(found) == 0 and dict(found.counts["org"]).keys() == {"shuju"} and not found.counts["kind"]


def test_no_documents_at_all():
    empty = DeskColumns()
    found = select(empty, Filter(words="证", state=("live",), under="/items", overdue=True, region="99"), EVERYWHERE, NOW)
    shown = page(empty, found.slots, "org", 3)
    assert shown.rows == [] and (shown.number, shown.pages, shown.total) == (1, 1, 0)


@pytest.mark.parametrize(("region", "prefix"), [("990100", "9901"), ("990000", "99"), ("440103", "440103"), ("000000", "00"), ("", ""), ("440010", "440010")])
def test_region_prefix(region, prefix):
    assert region_prefix(region) == prefix
    assert all(in_region(code, region) == code.startswith(prefix) for code in ("990101", "440103", "000000", ""))


@pytest.mark.parametrize("sort", ["evil", "uid", "__class__", "-", "--changed", "", "alive"])
def test_forged_orders_give_the_default(sort):
    assert read_sort(sort) == ("changed", False)
    slots = select(COLUMNS, Filter(), EVERYWHERE, NOW).slots
    assert uids(COLUMNS, ordered(COLUMNS, slots, sort)) == uids(COLUMNS, ordered(COLUMNS, slots, "changed"))


def test_forged_parameters_are_left_out():
    pairs = [("state", "live"), ("state", "new"), ("faults", "maybe"), ("expiring", "-3"), ("expiring", "٣"), ("changed_since", "昨天"), ("__init__", "x"), ("kind", "\x00"), ("register", "no"),
             ("words", "证" * 5000), ("completeness", "'; drop"), ("under", "/../../etc")]
    wanted = read_filter(pairs)
    assert wanted == Filter(state=("live", "new"), register=False, words="证" * 200, completeness=("'; drop",), under="/../../etc")
    assert len(select(COLUMNS, wanted, EVERYWHERE, NOW)) == 0
    assert read_filter({"org": "gongan", "expiring": "30", "changed_since": "2026-01-02"}) == Filter(org=("gongan",), expiring=30, changed_since="2026-01-02 00:00")


@given(some_filters())
def test_an_address_holds_the_whole_filter(wanted):
    again = read_filter(wanted.parameters())
    assert {**vars(again), **{name: None for name in ("kind", "words")}} == {**{name: tuple(dict.fromkeys(value)) if isinstance(value, tuple) else value for name, value in vars(wanted).items()},
                                                                             **{name: None for name in ("kind", "words")}}


def test_scopes_of_grants_drop_repeats_and_read_by_name():
    class Held:
        def __init__(self, path, org, region):
            self.path, self.org, self.region = path, org, region
    assert scopes_of([Held("/a", "b", "c"), Held("/a", "b", "c"), Held("", "", "")]) == (Scope("/a", "b", "c"), Scope())


def test_changes_bit_by_bit_give_the_same_as_all_at_once():
    source, columns, now = random.Random(8), columns_of(ROWS[:200]), {row.uid: row for row in ROWS[:200]}
    others = random_rows(400, 4)
    for step in range(60):
        changes = {}
        for row in source.sample(others, source.choice((1, 3, 120))):
            changes[row.uid] = None if source.random() < 0.3 else row
        now = {uid: row for uid, row in {**now, **changes}.items() if row is not None}
        before, kept = columns, {row.uid: row for row in columns.rows(columns.paths.order)}
        columns = columns.renewed({uid: row and tuple(row) for uid, row in changes.items()}, step)
        assert {row.uid: row for row in before.rows(before.paths.order)} == kept, "older columns stay as they were"
    fresh = columns_of(list(now.values()))
    assert len(columns) == len(fresh) == len(now)
    for name in ("paths", "titles"):
        texts = "path" if name == "paths" else "folded"
        assert [columns.texts[texts][slot] for slot in getattr(columns, name).order] == [fresh.texts[texts][slot] for slot in getattr(fresh, name).order]
    for wanted in (Filter(), Filter(words="许可 证"), Filter(words="items 1144"), Filter(under="/items", faults=True), Filter(mine="u1")):
        assert sorted(uids(columns, select(columns, wanted, EVERYWHERE, NOW).slots)) == sorted(uids(fresh, select(fresh, wanted, EVERYWHERE, NOW).slots))
        assert select(columns, wanted, EVERYWHERE, NOW).counts == select(fresh, wanted, EVERYWHERE, NOW).counts


def test_words_outside_the_basic_plane_and_hostile_ones():
    rows = [ROWS[0]._replace(uid="a", title="𠮷野家许可", code="Ａ１证"), ROWS[1]._replace(uid="b", title="<script>alert(1)</script>", code="X-1")]
    columns = columns_of(rows)
    for words, found in (("𠮷", ["a"]), ("𠮷野", ["a"]), ("野家许可", ["a"]), ("<SCRIPT>", ["b"]), ("x-1", ["b"]), ("?", []), ("\udc00", []), ("%", []), ("a1", ["a"])):
        assert uids(columns, select(columns, Filter(words=words), EVERYWHERE, NOW).slots) == found, words
