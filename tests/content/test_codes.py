"""Codes of items (RA1.5–RA1.7): generated, never typed, never reused, safe when two allocate at once."""
import pytest
import transaction
from ZODB.POSException import ConflictError

from govportal.base.identifiers import make_uscc, parse_basic_code, parse_item_code
from govportal.content import codes, publication, publish
from govportal.content.site import Site, open_site
from govportal.workflow.reasons import Refused
from tests.conftest import ITEM
from tests.content.desk import DIRECTORY, EDITOR, released

BASIS = [{"law": "某法", "article": "第一条"}]
USCC = make_uscc("11990100", "MA990013")


def made(site, name, type="行政确认", **more):
    """A directory item that was published with its code."""
    document = publish.create(site["items"], name, "DirectoryItem", actor="t")
    publish.save_draft(document, publish.clean("DirectoryItem", {"name": f"事项{name}", "type": type, "legal_basis": BASIS, **more}), actor="t")
    publish.publish(document, actor="t", coded=True)
    return document


def code_of(document):
    return document.live.head["basic_code"]


@pytest.mark.parametrize(("settings", "type", "first"), [({}, "行政确认", "990700001000"), ({"code_region": "44"}, "行政许可", "440100001000"), ({"code_profile": "10"}, "公共服务", "2000001000"),
                                                         ({"code_region": "甲"}, "行政许可", "990100001000")])
def test_the_first_code_of_a_type_follows_the_profile(small, settings, type, first):
    def work(site):
        site.settings = settings
        return [code_of(made(site, "a", type)), code_of(made(site, "b", type)), codes.next_basic(site, "行政处罚")]
    got = small.change(work)
    assert got[0] == first and int(got[1]) == int(first) + 1000 and parse_basic_code(got[2])[1] == "02"


def test_a_part_gets_the_code_of_its_main(small):
    def work(site):
        main = made(site, "main")
        parts = [made(site, f"p{number}", main="事项main") for number in range(3)]
        return code_of(main), [code_of(one) for one in parts], [one.uid for one in parts], codes.subs_of(site, code_of(main))
    main, parts, uids, listed = small.change(work)
    assert parts == [main[:-3] + number for number in ("001", "002", "003")] and listed == uids


@pytest.mark.parametrize(("type", "main", "words"), [("", "", "先选事项类型"), ("行政确认", "990700001001", "自己是子项"), ("行政许可", "990700001000", "类型要和主项相同"), ("行政确认", "12", "写得不对")])
def test_why_there_is_no_code(small, type, main, words):
    with small.db.transaction() as connection, pytest.raises(codes.CodeError, match=words):
        codes.next_basic(open_site(connection), type, main_code=main)


def test_a_cancelled_code_stays_taken_and_the_number_goes_on(small):
    def work(site):
        first, second = made(site, "a"), made(site, "b")
        publish.withdraw(second, reason="取消", mode="gone", actor="t")
        return code_of(first), code_of(second), second.uid
    first, second, uid = small.change(work)
    def later(site):
        assert codes.holder(site, f"BASIC:{second}") == uid
        return code_of(made(site, "c"))
    assert int(small.change(later)) == int(second) + 1000 == int(first) + 2000
    def typed(site):
        document = publish.create(site["items"], "d", "DirectoryItem", actor="t")
        publish.put(document, {"name": "丁", "type": "行政确认", "basic_code": second, "legal_basis": BASIS}, actor="t")
    with pytest.raises(Refused, match="不可重复使用"):
        small.change(typed)


def test_a_code_of_a_planned_edition_that_is_taken_back_is_not_given_to_another(small):
    from datetime import timedelta

    from govportal.base import clock
    def work(site):
        document = publish.create(site["items"], "plan", "DirectoryItem", actor="t")
        publish.save_draft(document, publish.clean("DirectoryItem", {"name": "计划", "type": "行政确认", "legal_basis": BASIS}), actor="t")
        edition = publish.publish(document, actor="t", at=clock.now() + timedelta(days=2), coded=True)
        publish.unschedule(document, edition, actor="t")
        return edition.head["basic_code"]
    assert small.change(work) != small.change(lambda site: code_of(made(site, "next")))


def test_two_at_once_get_two_codes(small):
    """Both found the same number; the second commit conflicts and the retry finds the next."""
    managers = [transaction.TransactionManager(explicit=True) for _ in range(2)]
    connections = []
    for manager in managers:
        manager.begin()
        connections.append(small.db.open(manager))
    found = [code_of(made(open_site(connection), name)) for connection, name in zip(connections, "ab", strict=True)]
    assert found[0] == found[1]
    managers[0].commit()
    with pytest.raises(ConflictError):
        managers[1].commit()
    managers[1].abort()
    managers[1].begin()
    again = code_of(made(open_site(connections[1]), "b"))
    managers[1].commit()
    assert int(again) == int(found[0]) + 1000
    for connection in connections:
        connection.close()


def test_two_types_at_once_do_not_wait_for_each_other(small):
    small.change(lambda site: [made(site, f"x{number}", kind) for number, kind in enumerate(("行政确认", "行政许可"))])
    managers = [transaction.TransactionManager() for _ in range(2)]
    for manager, name, kind in zip(managers, "ab", ("行政确认", "行政许可"), strict=True):
        manager.begin()
        site = open_site(small.db.open(manager))
        codes.take(site, name, [codes.MARK + codes.next_basic(site, kind)])
    for manager in managers:
        manager.commit()


def test_an_older_site_has_its_codes_counted_once(small):
    def work(site):
        first = code_of(made(site, "a"))
        site.numbers = None
        assert codes.next_basic(site, "行政确认") > first and Site.numbers is None
        return first, code_of(made(site, "b")), len(site.numbers)
    first, second, size = small.change(work)
    assert int(second) == int(first) + 1000 and size == 3


def test_the_item_code_is_made_of_body_level_and_basic_code(small):
    def work(site):
        publish.put(site.shared("organisations", "gongan"), {"name": "示例市公安局", "uscc": USCC}, actor="t")
        directory = made(site, "new")
        item = publication.begin(directory, "gongan", "ImplementationItem", ITEM, EDITOR)
        assert item.draft.head["code"] == ""
        return code_of(directory), released(item, ITEM).live.head["code"], item.uid
    basic, code, uid = small.change(work)
    parts = parse_item_code(code)
    assert (parts.uscc, parts.level, parts.basic) == (USCC, "3", basic) and len(code) == 31
    def moved(site):
        item = site.document(uid)
        released(item, {**item.live.values, "level": "县级"})
        return item.live.head["code"], item.live.values["aliases"], site.by_code(code).uid
    later, aliases, holder = small.change(moved)
    assert later[18] == "4" and aliases == (code,) and holder == uid


def test_without_a_credit_code_there_is_no_item_code(small):
    small.change(lambda site: made(site, "new"))
    with small.db.transaction() as connection:
        site = open_site(connection)
        with pytest.raises(codes.CodeError, match="还没有统一社会信用代码"):
            codes.item_code(site, "990700001000", "gongan", "市级")
        publish.put(site.shared("organisations", "gongan"), {"name": "示例市公安局", "uscc": USCC}, actor="t")
        with pytest.raises(codes.CodeError, match="行使层级"):
            codes.item_code(site, "990700001000", "gongan", "")
        assert codes.item_code(site, "0700001000", "gongan", "市级", "990100") == "0700001000" + "990100" + USCC[8:16]


def test_codes_are_never_typed_by_hand(small):
    def typed(site):
        publication.begin(site["items"], "typed", "DirectoryItem", {"name": "手写", "type": "行政确认", "basic_code": "990799999000"}, DIRECTORY)
    with pytest.raises(Refused, match="由系统生成"):
        small.change(typed)
    with pytest.raises(Refused, match="由系统生成"):
        small.change(lambda site: publication.save(site.at("items/one/one"), {**ITEM, "code": "11370800MB285591843370117002011"}, EDITOR, base=None))
    kept = small.change(lambda site: publication.save(site.at("items/one/one"), {**ITEM, "hot": 5}, EDITOR, base=None).head["code"])
    assert kept == ""
