"""The word list: every shipped entry finds its own wrong form and leaves the right one; the office's entries over it; bounds."""
import pytest

from govportal.content.publish import Refused
from govportal.oversight import verbs
from govportal.oversight.words import shipped_words, word_list
from govportal.workflow.actors import SYSTEM

WORDS = {word.wrong: word for word in shipped_words()}


@pytest.mark.parametrize("word", shipped_words(), ids=lambda word: word.wrong)
def test_an_entry_finds_the_wrong_form_only(word):
    said = (word.before[0] if word.before else "请") + word.wrong + (word.after[0] if word.after else "。")
    assert [found.wrong for found in word_list().find(said)] == [word.wrong]
    right = said.replace(word.wrong, word.right)
    assert word_list().find(right) == [] and word.reason and word.source


@pytest.mark.parametrize("text", [
    "在港口城市登陆、住宿", "一注消防", "可以叫做为人民服务", "行使证据保全的权利", "既使用又维护", "按装置容量", "报消费者协会", "做出努力", "登陆艇", "《人民币银行结算帐户管理办法》",
    "其他材料", "提交申清单", "截止日期"])
def test_no_false_alarm(text):
    assert word_list().find(text) == []


class Editor:
    id, name = "staff-1", "李编"

    def holds(self, role, scope):
        return role == "editor"


def test_the_office_keeps_its_own_list(green):
    green.write(lambda site, oversight: verbs.save_word(oversight, site.audit, SYSTEM, wrong="老年证", right="敬老卡", reason="本市改了名", source="市政发〔2026〕3号"))
    green.write(lambda site, oversight: verbs.drop_word(oversight, site.audit, SYSTEM, "其它"))
    found = green.findings("items/one/one", conditions=["持老年证或其它证件"])
    assert [one.words for one in found] == ["“老年证”请改为“敬老卡”：本市改了名"]
    green.write(lambda site, oversight: verbs.drop_word(oversight, site.audit, SYSTEM, "老年证"))
    assert green.findings("items/one/one", conditions=["持老年证"]) == []
    assert green.read(lambda site, columns, oversight: sum(one["action"] == "quality.word" for one in site.audit.newest(500))) == 3


@pytest.mark.parametrize(("change", "field"), [
    ({"wrong": "证"}, "不规范写法"), ({"right": "老年证"}, "规范写法"), ({"right": "老年证明"}, "规范写法"), ({"reason": ""}, "理由"), ({"source": " "}, "依据"), ({"wrong": "很" * 40}, "不规范写法")])
def test_a_bad_entry_is_refused(green, change, field):
    entry = {"wrong": "老年证", "right": "敬老卡", "reason": "改名", "source": "某文", **change}
    with pytest.raises(Refused) as refused:
        green.write(lambda site, oversight: verbs.save_word(oversight, site.audit, SYSTEM, **entry))
    assert field in [reason.field for reason in refused.value.reasons]
    assert green.read(lambda site, columns, oversight: len(oversight.words)) == 0


def test_only_the_site_role_changes_list_and_limits(green):
    for work in (lambda site, oversight: verbs.save_word(oversight, site.audit, Editor(), wrong="老年证", right="", reason="改名", source="某文"),
                 lambda site, oversight: verbs.drop_word(oversight, site.audit, Editor(), "其它"),
                 lambda site, oversight: verbs.set_limit(oversight, site.audit, Editor(), "home_days", 7)):
        with pytest.raises(Refused, match="站点管理"):
            green.write(work)


def test_hostile_words_are_plain_text(green):
    green.write(lambda site, oversight: verbs.save_word(oversight, site.audit, SYSTEM, wrong="(a+)+$", right="", reason="试", source="试"))
    assert green.checks("items/one/one", conditions=["a" * 5000]) == set()
    assert green.checks("items/one/one", conditions=["(a+)+$"]) == {"word-wrong"}
