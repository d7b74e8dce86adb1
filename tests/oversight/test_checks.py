"""Each check with a bad and a good case and the rule it comes from; nothing on a site in order; nothing of others' texts."""
import pytest
from pyramid.interfaces import IRoutesMapper

from govportal.content import publish
from govportal.oversight import quality, queries
from govportal.oversight.checks import CHECKS, FAMILY_OF
from govportal.oversight.checks.links import ROUTES, resolves
from govportal.oversight.findings import LEVELS
from tests.conftest import ITEM

ITEM_PATH, GUIDE, DIRECTORY, DOC, TOLD, Q = "items/one/one", "items/one/one/guide", "items/one", "news/zhengce/doc", "news/zhengce/told", "questions/q1"
MATERIAL = {"key": "x", "name": "居民户口簿", "source": "申请人自备", "basis": {"law": "户口登记条例", "article": "第七条"}, "sample_none": "交验原件"}


def material(**change):
    return {"materials": [{**MATERIAL, **change}]}


# (check, source it must name, document, bad change, good change)
CASES = [
    ("elements-key", "D6", ITEM_PATH, {"conditions": []}, {"conditions": ["本人"]}),
    ("elements-key", "D6", ITEM_PATH, {"materials": []}, {"materials": [], "not_needed": ["身份证"]}),
    ("elements-key", "D6", ITEM_PATH, {"fee": {"charged": True, "items": []}}, {"fee": {"charged": False}}),
    ("elements-many", "D6", ITEM_PATH, {"conditions": [], "steps": [], "places": [], "materials": []}, {"conditions": []}),
    ("elements-other", "R4.2.2.1", ITEM_PATH, {"review_standard": ""}, {}),
    ("elements-other", "R4.2.2.1", ITEM_PATH, {"promise_limit": {"days": None}}, {"promise_limit": {"days": 0}, "handled_as": "即办件"}),
    ("rule-promise-legal", "R5.9.5", ITEM_PATH, {"promise_limit": {"days": 30}}, {}),
    ("rule-phones", "R5.9.5", ITEM_PATH, {"supervise_phone": "000-1"}, {}),
    ("material-catch-all", "R4.2.2.3", ITEM_PATH, material(name="其他材料"), material()),
    ("material-sample", "R4.2.2.3", ITEM_PATH, material(sample_none=""), material(sample={"fields": [["姓名", "张某"]]}, sample_none="")),
    ("material-basis", "R4.2.2.3", ITEM_PATH, material(basis={}), material()),
    ("material-source", "R4.2.2.4", ITEM_PATH, material(source="政府部门核发"), material(source="政府部门核发", issuer="公安机关")),
    ("basis-missing", "R4.2.1.2", DIRECTORY, {"legal_basis": []}, {}),
    ("basis-article", "R4.2.1.2", DIRECTORY, {"legal_basis": [{"law": "户口登记条例", "article": "第七条、第九十九条"}]},
     {"legal_basis": [{"law": "《中华人民共和国户口登记条例》", "article": "第七条第二款"}]}),
    ("basis-unknown", "R4.2.1.2", DIRECTORY, {"legal_basis": [{"law": "没有的条例"}]}, {}),
    ("basis-unknown", "R4.2.1.2", ITEM_PATH, material(basis={"law": "没有的条例"}), material()),
    ("link-dead", "E11", Q, {"answer": [{"p": "请看 /items/two/two。"}]}, {"answer": [{"p": "请看 /items/one/one/print 和 /news/tongzhi/feed。"}]}),
    ("link-dead", "E11", Q, {"answer": [{"p": '<a href="/nowhere">这里</a>'}]}, {"answer": [{"p": '<a href="/services?org=gongan">这里</a>'}]}),
    ("link-dead", "E11", GUIDE, {"faq": [{"q": "哪里？", "a": "见 /pages/none"}]},
     {"faq": [{"q": "哪里？", "a": "见 https://example.gov.cn/items/two 或 a/news/b、2026/11/pages/x"}]}),
    ("link-reference", "E11", GUIDE, {"related": ["two"]}, {"related": ["one"]}),
    ("link-reference", "E11", Q, {"items": ["two"]}, {"items": ["one"]}),
    ("link-reference", "E11", TOLD, {"interprets": ["shared/laws/none"]}, {"interprets": ["shared/laws/hkdj"]}),
    ("link-form", "B11", DOC, {"source_url": "www.example.gov.cn"}, {"source_url": "https://www.example.gov.cn/a.html"}),
    ("attachment-missing", "E5", DOC, {"attachments": [{"title": "申请表", "file": ""}]}, {}),
    ("attachment-missing", "E5", DOC, {"attachments": [{"title": "申请表", "file": "file:" + "0" * 32}]}, {}),
    ("pair-oneway", "C4", TOLD, {"interpretations": ["DOC"]}, {}),
    ("pair-late", "C4", TOLD, {"published_at": "2026-11-27 09:00"}, {"published_at": "2026-11-26 09:00"}),
    ("word-wrong", "B19", ITEM_PATH, {"conditions": ["带户口薄"]}, {"conditions": ["带户口簿"]}),
    ("word-wrong", "B19", GUIDE, {"faq": [{"q": "怎么办？", "a": "登陆平台"}]}, {"faq": [{"q": "怎么办？", "a": "在港口登陆，住宿"}]}),
    ("digit-wide", "B19", "shared/places/hall", {"phone": "０１０-1234567"}, {"phone": "010-1234567"}),
    ("digit-wide", "B19", Q, {"answer": [{"p": "２０２６年１月１日起"}]}, {"answer": [{"p": "第１种：2026年1月1日起"}]}),
    ("ends-soon", "R4.1.2.3", DOC, {"expires": "2026-12-01 00:00"}, {"expires": "2027-06-01 00:00"}),
    ("plan-past", "R5.3.3", ITEM_PATH, {"plan_end": "2026-11-01"}, {"plan_end": "2027-11-01"}),
]


@pytest.mark.parametrize(("check", "source", "path", "bad", "good"), CASES)
def test_a_check_tells_bad_from_good(green, check, source, path, bad, good):
    if check == "pair-oneway":
        bad = {"interpretations": [green.read(lambda site, columns, oversight: site.at("news/tongzhi/a").uid)]}
    assert source in CHECKS[check].source
    assert check in green.checks(path, **bad)
    assert check not in green.checks(path, **good)


def test_every_check_has_a_level_a_source_days_and_a_family():
    for name, check in CHECKS.items():
        assert check.id == name and check.level in LEVELS and check.source and check.days > 0 and name in FAMILY_OF, name
    told = {case[0] for case in CASES}
    elsewhere = {"name-same", "name-near", "title-same", "basis-ended", "basis-changed", "link-shared", "link-redirect", "review-due", "withdrawn-silent", "unreadable"}
    assert {name for name in CHECKS if not name.startswith("rule-")} == {name for name in told if not name.startswith("rule-")} | elsewhere


def test_nothing_is_wrong_on_a_site_in_order(green):
    assert green.run().findings == 0
    found = green.read(lambda site, columns, oversight: [one for _, document in site.documents.items() for one in quality.check_document(site, document, columns)])
    assert found == []


@pytest.mark.parametrize(("status", "check"), [("废止", "basis-ended"), ("失效", "basis-ended"), ("已修改", "basis-changed"), ("未提供", None), ("有效", None)])
def test_the_state_of_a_law_reaches_those_who_rest_on_it(green, status, check):
    green.put("shared/laws/hkdj", status=status)
    for path in (DIRECTORY, ITEM_PATH):
        found = green.findings(path)
        assert [one.check for one in found] == ([check] if check else []), found     # two materials name it: told once
        assert all("《户口登记条例》" in one.words for one in found)


def test_names_that_meet(green):
    def second(site, name):
        directory = publish.create(site["items"], "two", "DirectoryItem", actor="test")
        publish.put(directory, {"name": name, "type": "行政确认", "legal_basis": [{"law": "户口登记条例"}]}, actor="test")
        publish.put(publish.create(directory, "two", "ImplementationItem", actor="test"), ITEM, actor="test")
    green.change(lambda site: second(site, "出生　登记（示例）"))
    found = green.findings(ITEM_PATH)
    assert [one.check for one in found] == ["name-near"] and "/items/two/two" in found[0].words
    green.put("items/two", name="出生登记")
    assert green.checks(ITEM_PATH) == {"name-same"} == green.checks("items/two/two")
    assert green.run().findings == 2
    green.put("items/two/two", region="990200")
    assert green.checks(ITEM_PATH) == set() and green.run().findings == 0     # another region may do the same
    assert green.checks("news/tongzhi/a", title="另一篇") == set()
    green.change(lambda site: publish.put(publish.create(site["news"]["tongzhi"], "b", "NewsArticle", actor="test"), {**site.at("news/tongzhi/a").live.values}, actor="test"))
    assert green.checks("news/tongzhi/a") == {"title-same"} == green.checks("news/tongzhi/b")


def test_what_is_withdrawn_reaches_those_who_name_it(green):
    green.change(lambda site: publish.withdraw(site.at("shared/places/hall"), reason="搬走了", mode="gone", actor="test"))
    assert "link-shared" in green.checks(ITEM_PATH)
    green.change(lambda site: publish.withdraw(site.at("news/tongzhi/a"), reason="并到别处", mode="redirect", to="/news/zhengce/doc", actor="test"))
    assert green.checks(Q, answer=[{"p": "见 /news/tongzhi/a"}]) == set()     # it leads on
    assert "link-redirect" not in dict(counts(green))
    green.change(lambda site: publish.withdraw(site.at(DOC), reason="作废", mode="gone", actor="test"))
    assert green.checks(Q, answer=[{"p": "见 /news/tongzhi/a"}]) == {"link-dead"}
    assert dict(counts(green))["link-redirect"] == 1
    assert "link-reference" in green.checks(TOLD)


def counts(green):
    green.run()
    return green.read(lambda site, columns, oversight: queries.by_check(oversight))


def test_former_addresses_still_lead_somewhere(green):
    green.change(lambda site: publish.move(site.at("news/tongzhi/a"), site["news"]["dongtai"], "moved", actor="test"))
    green.read(lambda site, columns, oversight: [
        pytest.fail(path) for path, good in (("/news/tongzhi/a", True), ("/news/tongzhi/none", False), ("/news", True), ("/shared/places", False), ("/items/one", True),
                                             ("/items/%6Fne", True), ("/search?q=1", True), ("/xyz", False), ("/", True)) if resolves(site, path) != good])


def test_texts_of_others_stay_as_they_are(green):
    bad = {"body": [{"p": "帐户、户口薄，２０２６年"}]}
    assert green.checks(DOC, **bad) == {"word-wrong", "digit-wide"}
    assert green.checks(DOC, **bad, source_url="https://www.example.gov.cn/1.html") == set()
    assert green.checks("shared/laws/hkdj", articles=[{"no": "第七条", "text": "开立帐户"}]) == set()
    assert green.checks(ITEM_PATH, register={"source": "别处"}, materials=[{"key": "a", "name": "其他材料"}], conditions=["帐户"], steps=[]) == set()


def test_codes_and_addresses_are_no_prose(green):
    assert green.checks(ITEM_PATH, org="gongan", source_id="其它", aliases=["帐户"]) == set()
    assert green.checks(DIRECTORY, legal_basis=[{"law": "户口登记条例", "note": "依《人民币银行结算帐户管理办法》"}]) == set()      # a title is quoted
    assert green.checks(DIRECTORY, legal_basis=[{"law": "户口登记条例", "note": "开立帐户"}]) == {"word-wrong"}


def test_routes_are_those_of_the_faces(small):
    routes = small.app().app.registry.getUtility(IRoutesMapper).get_routes(include_static=True)
    known = {route.pattern.strip("/").split("/")[0] for route in routes}
    assert len(known) > 10 and {name for name in known if "{" not in name and name not in ROUTES} == set()


def test_a_finding_names_field_words_and_what_to_do(green):
    found = green.findings(ITEM_PATH, **material(name="身份证等有关材料", sample_none=""))
    assert [(one.check, one.level, one.org, one.region, one.path, one.title) for one in found] == [
        ("material-catch-all", "must", "gongan", "990100", "/items/one/one", "出生登记"), ("material-sample", "must", "gongan", "990100", "/items/one/one", "出生登记")]
    assert "身份证等有关材料" in found[0].words and found[0].field == "申请材料／材料名称" and found[0].due.isoformat() == "2026-12-02"
    assert found[1].due.isoformat() == "2026-12-09"                # ten working days


def test_a_draft_is_checked_after_a_save(green):
    def work(site):
        document = site.at(GUIDE)
        publish.save_draft(document, publish.clean("Guide", {"summary": "给孩子上户口，带户口薄"}), actor="test")
    green.change(work)
    found = green.read(lambda site, columns, oversight: quality.check_document(site, site.at(GUIDE), columns))
    assert [one.check for one in found] == ["word-wrong"] and found[0].title == "出生登记 · 办事指南" and found[0].org == "gongan"
    assert green.run().findings == 0                                # the public reads the old one
