"""Who may decide by review method (R4.2.3.8, R4.2.3.9), and review rules as content: in force inside, never public (R4.2.3)."""
import pytest

from govportal.content import deciding, publication, publish
from govportal.content.deciding import (
    ACCEPTER,
    AUCTION,
    DECIDER,
    EXAM,
    EXAMINER,
    EXPERTS,
    HEARING,
    METHODS,
    OTHER,
    PARTIES,
    TECHNICAL,
    TEST,
    TOGETHER,
    VISIT,
    WRITTEN,
    decide,
)
from govportal.content.effective import effective, moments_of
from govportal.content.integrity import faults
from govportal.content.model import Secrecy
from govportal.content.review_rules import GROUPS
from govportal.content.site import open_site
from govportal.content.transfer import dump, load
from govportal.search.documents import source_of
from govportal.workflow.reasons import Refused
from tests.content.desk import EDITOR, LEGALITY, REVIEWER, SIGNER, Person

INSIDE = {"openness": "不予公开", "secrecy": Secrecy("保密员甲", "2026-01-04")}
RULES = {"people": [{"name": "甲乙", "roles": ["收件人", "受理人"], "legal": "公务员"}, {"name": "丙丁", "roles": ["审查人", "决定人"], "until": "2999-12-31"}],
         "posts": [{"name": "受理岗", "role": "受理人", "duty": "核对材料", "days": 1, "persons": ["甲乙"]}, {"name": "审查岗", "role": "审查人", "days": 3, "persons": ["丙丁"]},
                   {"name": "决定岗", "role": "决定人", "days": 1, "persons": ["丙丁"]}],
         "review_methods": [WRITTEN, VISIT], "fee_rules": "本事项不收费", "consult_hours": "工作日", "consult_reply": "当场", "accept_check": "秘密要点七七八"}


@pytest.mark.parametrize(("methods", "spot", "once", "by", "opinion", "case"), [
    ([WRITTEN], True, False, ACCEPTER, "", "①"), ([], True, True, ACCEPTER, "", "①"),
    ([WRITTEN], False, True, EXAMINER, "", "②"),
    ([WRITTEN, TEST], False, True, EXAMINER, "", "③"), ([WRITTEN, TEST], True, True, EXAMINER, "", "③"),
    *(([WRITTEN, one], False, True, DECIDER, EXAMINER, "④") for one in (VISIT, AUCTION, EXAM, EXPERTS, TECHNICAL, HEARING, PARTIES)),
    ([WRITTEN, TEST, HEARING], True, True, DECIDER, EXAMINER, "④"),
    ([WRITTEN, TOGETHER], False, True, DECIDER, "", "⑤"), (list(METHODS), True, True, DECIDER, "", "⑤"),
    # what follows from them: who cannot decide at once gives an opinion
    ([WRITTEN], False, False, DECIDER, EXAMINER, ""), ([WRITTEN, TEST], False, False, DECIDER, EXAMINER, ""), ([OTHER], False, True, DECIDER, EXAMINER, "")])
def test_who_decides(methods, spot, once, by, opinion, case):
    found = decide(methods, on_the_spot=spot, at_once=once)
    assert (found.by, found.opinion, found.case) == (by, opinion, case) and found.at_once == (case in ("①", "②", "③"))


def test_an_unknown_method_decides_nothing():
    with pytest.raises(LookupError, match="没有“抽签”"):
        decide(["抽签"])


def test_posts_without_anybody_who_may_act_are_named():
    values = {**RULES, "people": [{**RULES["people"][0], "until": "2026-01-31"}, {"name": "丙丁", "roles": ["审查人"]}]}
    assert deciding.vacant(values, "2026-01-31") == ["决定岗"] and deciding.vacant(values, "2026-02-01") == ["受理岗", "决定岗"]
    assert deciding.vacant({**RULES, "posts": RULES["posts"][:1]}, "2026-02-01") == ["（没有审查人岗位）", "（没有决定人岗位）"] and deciding.vacant(RULES, "2026-02-01") == []


def test_the_eleven_groups_are_all_there():
    from govportal.content.review_rules import SCHEMA
    assert [name for name in GROUPS if name not in {node.group for node in SCHEMA.children}] == [] and len(GROUPS) == 11


def in_force(site, values=RULES):
    item = site.at("items/one/one")
    rules = item.get("rules") or publication.begin(item, "rules", "ReviewRules", {}, EDITOR)
    publication.save(rules, values, EDITOR, base=None)
    publication.act(rules, "submit", EDITOR, **INSIDE)
    for action, actor in (("approve", REVIEWER), ("clear", LEGALITY), ("sign", SIGNER)):
        publication.act(rules, action, actor)
    publication.act(rules, "publish", SIGNER)
    return rules


def test_reviewed_like_the_item_and_never_served(small, tmp_path):
    before = small.change(lambda site: (effective(site.at("items/one/one")).version, len(moments_of(site.at("items/one/one"))), small.app().get("/sitemap.xml").text))
    small.change(in_force)
    app = small.app()
    for path in ("/items/one/one/rules", "/items/one/one/rules/print", "/items/one/one/rules/history", "/items/one/one/rules/"):
        assert app.get(path, status=404)
    pages = [app.get(path) for path in ("/items/one/one", "/items/one/one/print", "/items/one/one/history", "/services", "/search?q=rules", "/sitemap", "/departments")]
    assert not any("秘密要点" in page or "审查工作细则" in page or "丙丁" in page for page in pages)
    assert app.get("/sitemap.xml").text == before[2] and "出生登记" not in app.get("/search", {"q": "秘密要点七七八"}).html.find("main").text

    def look(site):
        rules = site.at("items/one/one/rules")
        assert source_of(rules) is None and list(faults(site)) == [] and rules.live is not None
        assert (effective(site.at("items/one/one")).version, len(moments_of(site.at("items/one/one")))) == before[:2], "an internal change is no change for readers"
        dump(site, tmp_path / "out")
        return rules.live.values
    values = small.change(look)
    small.change(lambda site: publish.put(site.at("items/one/one/rules"), {**RULES, "note": "改过"}, actor="t"))
    small.change(lambda site: load(site, tmp_path / "out", actor="import"))
    assert small.change(lambda site: site.at("items/one/one/rules").live.values) == values, "the operators' own copy has it"


def test_a_moved_item_does_not_tell_of_its_rules(small):
    small.change(in_force)
    small.change(lambda site: publish.move(site.at("items/one/one"), site.at("items/one"), "moved", actor="t"))
    app = small.app()
    there = {name: app.get(f"/items/one/one/{name}").status_int for name in ("rules", "nothing-of-the-kind")}
    assert set(there.values()) == {301} and app.get("/items/one/moved/rules", status=404), "the same answer whether there are rules or not"


@pytest.mark.parametrize(("change", "words"), [
    ({"posts": [{**RULES["posts"][0], "days": 2}, *RULES["posts"][1:]]}, "超过了承诺办结时限"), ({"people": RULES["people"][:1]}, "没有资格有效"),
    ({"people": [RULES["people"][0], {**RULES["people"][1], "until": "2020-01-01"}]}, "没有资格有效"), ({"posts": []}, "不能启用"), ({"review_methods": []}, "审查方式"),
    ({"fee_rules": "见规定"}, "本事项不收费"), ({"consult_reply": ""}, "回复时间")])
def test_rules_that_do_not_hold_are_not_put_in_force(small, change, words):
    with pytest.raises(Refused, match=words):
        small.change(lambda site: in_force(site, {**RULES, **change}))
    assert small.change(lambda site: site.at("items/one/one").get("rules")) is None


def test_internal_is_internal(small):
    def work(site):
        rules = publication.begin(site.at("items/one/one"), "rules", "ReviewRules", RULES, EDITOR)
        with pytest.raises(Refused, match="内部文件"):
            publication.act(rules, "submit", EDITOR, openness="主动公开", secrecy=INSIDE["secrecy"])
        with pytest.raises(Refused, match="标识是 rules"):
            publication.begin(site.at("items/one/one"), "other", "ReviewRules", {}, EDITOR)
        with pytest.raises(Refused, match="权限"):
            publication.save(rules, {**RULES, "note": "别的部门"}, Person("x", "editor", org="minzheng"), base=None)
        assert publication.scope_of(rules).org == "gongan"
    small.change(work)


def test_rules_are_measured_against_the_item_as_it_is(small):
    small.change(in_force)
    with small.db.transaction() as connection:
        site = open_site(connection)
        rules, item = site.at("items/one/one/rules"), site.at("items/one/one")
        assert publish.publish_reasons(rules, rules.live.values) == []
        publish.put(item, {**item.live.values, "promise_limit": {"days": 4, "unit": "工作日"}, "steps": ()} | {"steps": item.live.values["steps"][:1]}, actor="t")
        assert [reason.source for reason in publish.publish_reasons(rules, rules.live.values)] == ["R4.2.3.4"]
