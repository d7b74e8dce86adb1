"""Columns that were renewed after changes answer as columns made anew."""
import contextlib
import random

import pytest

from govportal.content import publish
from govportal.content.columns import FACETS, ColumnStore
from govportal.content.site import open_site
from govportal.workflow.reasons import Refused
from tests.conftest import ITEM


def answers(columns):
    """Everything a page asks of columns, in a form that compares."""
    numbers, counts = columns.select(())
    chosen = [pair for name in FACETS for pair in ((name, label) for label in columns.facets[name].labels)]
    return {
        "items": columns.items, "hot": columns.hot, "complete": columns.complete, "articles": columns.articles, "questions": columns.questions, "laws": columns.laws, "plain": columns.plain,
        "counts": {name: dict(pairs) for name, pairs in counts.items()}, "sorted": {by: columns.sorted(numbers, by) for by in ("fast", "name", "org")},
        "narrowed": {pair: columns.select((pair,))[0].tolist() for pair in sorted(chosen)}, "audience": [columns.select((("audience", who),))[0].tolist() for who in ("person", "legal")],
        "visits": columns.select((("visits", "0"),))[0].tolist(), "match": [columns.match("items", word) for word in ("登记", "叫法", "改名", "出生")],
        "ways": [(columns.item(row.uid), columns.item_at(row.path), columns.item_by_slug(row.path.rsplit("/", 1)[-1])) for row in columns.items], "org": columns.org_name("gongan", short=True)}


def item(site, number):
    above = publish.create(site["items"], f"i{number}", "DirectoryItem", actor="t")
    publish.put(above, {"name": f"登记 {number}", "type": "行政确认", "legal_basis": [{"law": "户口登记条例", "article": "第七条"}]}, actor="t")
    made = publish.create(above, f"i{number}", "ImplementationItem", actor="t")
    publish.put(made, {**ITEM, "hot": 0}, actor="t")


CHANGES = {
    "conditions": lambda item: {"conditions": ("新条件。",)}, "names": lambda item: {"plain_names": (f"叫法 {item.last_number}",)}, "topics": lambda item: {"person_topics": ("婚姻登记",)},
    "audience": lambda item: {"service_objects": ("企业法人",), "person_topics": (), "legal_topics": ("设立变更",)}, "hot": lambda item: {"hot": item.last_number}, "region": lambda item: {"region": "990102"},
    "limit": lambda item: {"promise_limit": {"days": 1 + item.last_number % 5, "unit": "工作日"}}, "visits": lambda item: {"on_site_visits": 0, "channels": ("窗口办理", "快递申请")}, "channels": lambda item: {"channels": ("窗口办理", "其他")}}


def edit(site, source):
    """One change of a random kind."""
    at = site.at(f"items/i{source.randrange(6)}")
    child, kind = at[at.__name__], source.choice([*CHANGES, "name", "withdraw", "restore", "organisation", "question"])
    if kind in CHANGES:
        with contextlib.suppress(Refused):          # one change may not go with a former one
            publish.put(child, {**child.live.values, **CHANGES[kind](child)}, actor="t")
    elif kind == "name":
        publish.put(at, {**at.live.values, "name": f"改名 {at.last_number}"}, actor="t")
    elif kind == "withdraw" and child.withdrawal is None:
        publish.withdraw(child, reason="停办", mode="gone", actor="t")
    elif kind == "restore" and child.withdrawal is not None:
        publish.restore(child, actor="t")
    elif kind == "organisation":
        org = site.shared("organisations", "gongan")
        publish.put(org, {**org.live.values, "short": f"公安 {org.last_number}"}, actor="t")
    elif kind == "question":
        publish.put(publish.create(site["questions"], f"q{source.randrange(10 ** 9)}", "Question", actor="t"),
                    {"topic": "户籍", "title": "怎样办", "question": "？", "answer": "。", "org": "gongan"}, actor="t")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_renewed_columns_answer_as_new_ones(small, seed):
    source, store, seen = random.Random(seed), ColumnStore(), set()
    small.change(lambda site: [item(site, number) for number in range(6)])
    for _ in range(40):
        small.change(lambda site: [edit(site, source) for _ in range(source.choice((1, 1, 3)))])
        with small.db.transaction() as connection:
            renewed, fresh = (answers(each.get(open_site(connection))) for each in (store, ColumnStore()))
        assert renewed == fresh
        seen.update({name: str(value) for name, value in fresh.items()}.items())
    assert len({value for name, value in seen if name == "items"}) > 15 and len({value for name, value in seen if name == "sorted"}) > 5


def test_an_edit_that_moves_nothing_shares_what_it_does_not_change(small):
    store = ColumnStore()
    with small.db.transaction() as connection:
        before = store.get(open_site(connection))
        before.match("items", "登记")
    small.change(lambda site: publish.put(site.at("items/one/one"), {**ITEM, "plain_names": ["报户口"]}, actor="t"))
    with small.db.transaction() as connection:
        after = store.get(open_site(connection))
    assert after.item_at("/items/one/one").plain_names == ("报户口",) and before.item_at("/items/one/one").plain_names == ("上户口",)
    assert after.facets["org"] is before.facets["org"] and after._by_uid is before._by_uid and after.match("items", "报户口") and not before.match("items", "报户口")
    kept = [row for row in before.items if row.path != "/items/one/one"]
    assert all(any(row is other for other in after.items) for row in kept)
