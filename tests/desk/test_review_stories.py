"""Stories of review across roles, with what a citizen sees at every step."""
from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from govportal.base import clock
from govportal.content import publication, publish
from govportal.content.publish import take_effect
from govportal.people import accounts
from govportal.people.grants import actor_of
from tests.conftest import ITEM

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=clock.SHANGHAI)
ITEM_PATH = "/items/one/one"
FASTER = {**ITEM, "promise_limit": {"days": 3, "unit": "工作日"}, "steps": [{"name": "申请", "days": 0}, {"name": "受理", "days": 0}, {"name": "办结", "days": 3}]}
C2 = {"openness": "主动公开", "secrecy_by": "保密员甲", "secrecy_on": "2026-03-09"}
NEWS = {"channel": "tongzhi", "title": "停水通知", "published_at": "2026-03-09 09:00", "body": "明天停水。"}
HIDDEN = re.compile(r'<input type="hidden" name="base" value="([^"]*)"')


@pytest.fixture
def moment():
    """A clock that the story moves: ``moment[0]``."""
    found = [NOON]
    with clock.override(lambda: found[0]):
        yield found


def actor(desk, user):
    """The person as a verb sees them."""
    return desk.people(lambda people, audit: actor_of(people, people.staff_by_name(user)))


def edited(desk, path, values, user="edit.a"):
    """What the edit page saves; the uid of the document."""
    who = actor(desk, user)

    def work(site):
        document = site.at(path)
        publication.save(document, values, who, base=None, note="缩短时限")
        return document.uid
    return desk.change(work)


def news(desk, values=NEWS):
    """A first draft of an article by edit.a, who also writes news."""
    desk.people(lambda people, audit: accounts.grant(people, people.staff_by_name("edit.a"), role="editor", path="/news", actor="system:test", audit=audit))
    who = actor(desk, "edit.a")
    return desk.change(lambda site: publication.begin(site.at("news/tongzhi"), "n1", "NewsArticle", values, who).uid)


def does(desk, user, uid, action, status=303, **fields):
    """Open the action's page, fill it, press the button; the answer."""
    person = desk.person(user)
    page = person.get(f"/desk/doc/{uid}/act?do={action}")
    base = HIDDEN.search(page.text)
    answer = person.post(f"/desk/doc/{uid}/act", [("do", action), ("base", fields.pop("base", base[1] if base else "")), *fields.items()], status=status)
    desk.change(lambda site: None)
    return answer


def citizen(desk, path=ITEM_PATH, status=200):
    return desk.stranger().app.get(path, status=status).text


def at(desk, moment, when):
    """The clock goes on, idle sessions end, and the worker does what is due."""
    moment[0] = when
    desk._signed.clear()
    desk.change(take_effect)


def signed(desk, uid, kind="item"):
    does(desk, "edit.a", uid, "submit", **C2)
    does(desk, "rev.a", uid, "approve")
    if kind == "item":
        does(desk, "law.a", uid, "clear")
    does(desk, "sign.a", uid, "sign")
    return uid


def stage(desk, uid):
    return desk.read(lambda site: publication.stage_of(site.document(uid)))


def test_a_changed_time_limit_goes_through_review_and_the_old_page_stays_until_the_end(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    old = citizen(desk)
    assert "5 个工作日" in old or ">5<" in old
    for user, action, fields, then in (("edit.a", "submit", {**C2, "change": "major", "note": "减时限"}, "review"), ("rev.a", "approve", {"note": "同意"}, "legality"),
                                       ("law.a", "clear", {}, "signoff"), ("sign.a", "sign", {}, "signed")):
        page = desk.person(user).get(f"/desk/doc/{uid}/act?do={action}")
        assert "下一步等" in page.text if then != "signed" else "下一步" in page.text
        done = does(desk, user, uid, action, **fields)
        assert "/review" in done.location and stage(desk, uid) == then
        assert citizen(desk) == old
    assert "现在的第 1 版进历史" in desk.person("edit.a").get(f"/desk/doc/{uid}/act?do=publish").text
    does(desk, "edit.a", uid, "publish")
    assert citizen(desk) != old and "第 2 版" in citizen(desk)
    page = desk.person("rev.a").get(f"/desk/doc/{uid}/history")
    assert "时限 5 → 3，减 2 天" in page.text and "减时限" in page.text and "重要改动" in page.text and "示例sign.a" in page.text
    compared = desk.person("aud.a").get(re.search(r'href="([^"]*from=[^"]*)">改了什么', page.text)[1].replace("&amp;", "&")).text
    assert "承诺办结时限／期限" in compared and "<del>5</del>" in compared and "<ins>3</ins>" in compared


def test_who_reviews_sees_what_changed_and_goes_on_to_the_next(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    does(desk, "edit.a", uid, "submit", **C2)
    other = edited(desk, "items/one/one/guide", {"summary": "另一份指南", "faq": []})
    does(desk, "edit.a", other, "submit", **C2)
    page = desk.person("rev.a").get(f"/desk/doc/{uid}/review")
    assert "<del>5</del>" in page.text and "审核通过" in page.text and "退回" in page.text and f"/desk/doc/{other}/review" in page.text
    done = desk.person("rev.a").post(f"/desk/doc/{uid}/act", {"do": "approve", "base": HIDDEN.search(page.text)[1]}, status=303)
    after = desk.person("rev.a").get(done.location.removeprefix("http://localhost"))
    assert "已通过" in after.text and "示例law.a" in after.text and "下一件" in after.text and f"/desk/doc/{other}/review" in after.text
    writer = desk.person("edit.a").get(f"/desk/doc/{uid}/review").text
    assert "审核通过</button>" not in writer and "撤回送审" in writer


def test_returned_with_remarks_at_fields_and_sent_again(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    does(desk, "edit.a", uid, "submit", **C2)
    person = desk.person("rev.a")
    page = person.get(f"/desk/doc/{uid}/act?do=return&field=promise_limit")
    base = HIDDEN.search(page.text)[1]
    assert '<option value="promise_limit" selected="selected">' in page.text and '<option value="materials.1">申请材料：《申请表》' in page.text
    rows = [("do", "return"), ("base", base), ("note", "请补"), ("field", "promise_limit"), ("text", "法定是 20 天，依据呢？")]
    more = person.post(f"/desk/doc/{uid}/act", [*rows, ("row", "add")])
    assert more.text.count('name="text"') == 2 and "法定是 20 天，依据呢？" in more.text and stage(desk, uid) == "review"
    less = person.post(f"/desk/doc/{uid}/act", [*rows, ("field", "materials.1"), ("text", "<script>x</script>"), ("row", "0")])
    assert less.text.count('name="text"') == 1 and "&lt;script&gt;x" in less.text and "<script>x" not in less.text
    wrong = person.post(f"/desk/doc/{uid}/act", [*rows, ("field", "../x"), ("text", "这里")], status=422)
    assert "没有“../x”这个字段" in wrong.text and "法定是 20 天" in wrong.text and stage(desk, uid) == "review"
    assert "请写明要改什么" in person.post(f"/desk/doc/{uid}/act", [("do", "return"), ("base", base), ("field", ""), ("text", " ")], status=422).text
    person.post(f"/desk/doc/{uid}/act", [*rows, ("field", "materials.1"), ("text", "样表换成新的")], status=303)
    assert stage(desk, uid) == "returned"
    kept = desk.read(lambda site: [(one.field, one.text, one.name) for one in site.document(uid).draft.remarks])
    assert kept == [("promise_limit", "法定是 20 天，依据呢？", "示例rev.a"), ("materials.1", "样表换成新的", "示例rev.a")]
    seen = desk.person("edit.a").get(f"/desk/doc/{uid}/review").text
    assert "承诺办结时限" in seen and "申请材料：《申请表》" in seen and "样表换成新的" in seen
    edited(desk, "items/one/one", {**FASTER, "conditions": ["本人或监护人办理。"]})
    again = does(desk, "edit.a", uid, "submit", **C2)
    assert again.status_int == 303 and stage(desk, uid) == "review" and desk.read(lambda site: site.document(uid).draft.remarks) == ()
    assert "法定是 20 天" in desk.person("rev.a").get(f"/desk/doc/{uid}/review").text      # the way it took stays


def test_a_remark_keeps_to_the_part_of_a_field_that_it_was_made_at(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    does(desk, "edit.a", uid, "submit", **C2)
    person = desk.person("rev.a")
    review = person.get(f"/desk/doc/{uid}/review").text
    links = re.findall(r'href="([^"]+do=return[^"]+field=promise_limit[^"]*)"', review)
    assert links and all(re.search(r'<option value="promise_limit[^"]*" selected', person.get(link.replace("&amp;", "&")).text) for link in links)
    for field, chosen, words in (("promise_limit.days", "promise_limit.days", "承诺办结时限"), ("materials.1.copies", "materials.1.copies", "材料 2"),
                                 ("materials.9.copies", "materials", "申请材料"), ("promise_limit.nothing", "promise_limit", "承诺办结时限")):
        options = person.get(f"/desk/doc/{uid}/act?do=return&field={field}").html.select('select[name="field"] option[selected]')
        assert [option["value"] for option in options] == [chosen] and words in options[0].text, field
    rows = [("base", HIDDEN.search(person.get(f"/desk/doc/{uid}/act?do=return").text)[1]), ("do", "return"), ("field", "promise_limit.days"), ("text", "几天？")]
    assert '<option value="promise_limit.days" selected' in person.post(f"/desk/doc/{uid}/act", [*rows, ("row", "add")]).text
    person.post(f"/desk/doc/{uid}/act", rows, status=303)
    assert "几天？" in desk.person("edit.a").get(f"/desk/doc/{uid}/edit/limits").text


def test_a_wrong_day_of_the_secrecy_check_is_told_at_the_day(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    for day in ("昨天", "2026-03-11", ""):
        page = does(desk, "edit.a", uid, "submit", 422, **{**C2, "secrecy_on": day}).html
        assert page.select_one("#secrecy_on").get("aria-invalid") == "true" and page.select_one("#secrecy_by").get("aria-invalid") is None, day
        assert page.select('a[href="#secrecy_on"]') and not page.select('a[href="#secrecy_by"]')
    page = does(desk, "edit.a", uid, "submit", 422, **{**C2, "secrecy_by": ""}).html
    assert page.select('a[href="#secrecy_by"]') and not page.select('a[href="#secrecy_on"]')


def test_publicity_and_secrecy_are_recorded_before_anything_is_sent(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    for fields, words in (({}, "请先选公开属性"), ({"openness": "主动公开"}, "请先做保密审查"), ({"openness": "不予公开", "secrecy_by": "甲", "secrecy_on": "2026-03-09"}, "不能在网站发布"),
                          ({**C2, "secrecy_on": "2026-03-11"}, "审查日期不能晚于今天"), ({**C2, "secrecy_on": "昨天"}, "不是日期"), ({**C2, "secrecy_by": ""}, "请写审查人的姓名"),
                          ({**C2, "openness": "随便"}, "请选：主动公开"), ({**C2, "note": "长" * 2050}, "最多 2000 个字"), ({**C2, "change": "huge"}, "请选重要改动或小改动")):
        page = does(desk, "edit.a", uid, "submit", status=422, **fields)
        assert words in page.text and page.text.count("<h1") == 1 and stage(desk, uid) == "drafting", words
    assert 'value="保密员甲"' in does(desk, "edit.a", uid, "submit", status=422, **{**C2, "openness": ""}).text
    does(desk, "edit.a", uid, "submit", **{**C2, "secrecy_on": "2026/03/09"})
    assert desk.read(lambda site: site.document(uid).draft.secrecy.on) == "2026-03-09" or stage(desk, uid) == "review"


def test_scheduled_publication_and_withdrawal_by_the_clock(desk, moment):
    uid = signed(desk, news(desk), "news")
    page = desk.person("edit.a").get(f"/desk/doc/{uid}/act?do=publish").text
    shown = re.findall(r"20\d\d-\d\d-\d\d 09:00", page)
    assert len(set(shown)) >= 2                                      # examples that work as they stand
    assert "不是日期" in does(desk, "edit.a", uid, "publish", status=422, at="明天").text
    assert "不得倒填" in does(desk, "edit.a", uid, "publish", status=422, at="2026-03-01 09:00").text
    done = does(desk, "edit.a", uid, "publish", at=shown[0].replace(":", "："), ends=shown[1])
    assert done.status_int == 303 and citizen(desk, "/news/tongzhi/n1", 404)
    first, last = (datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=clock.SHANGHAI) for text in shown[:2])
    assert shown[0] in desk.person("edit.a").get(f"/desk/doc/{uid}/review").text
    does(desk, "edit.a", uid, "unschedule", base=desk.read(lambda site: site.document(uid).scheduled[0].uid))
    assert stage(desk, uid) == "signed"
    does(desk, "edit.a", uid, "publish", at=shown[0], ends=shown[1])
    at(desk, moment, first - timedelta(seconds=1))
    citizen(desk, "/news/tongzhi/n1", 404)
    at(desk, moment, first)
    assert "明天停水" in citizen(desk, "/news/tongzhi/n1")
    assert "请选撤回方式" in does(desk, "sign.a", uid, "withdraw", status=422, note="写错了").text
    assert "请写明原因" in does(desk, "sign.a", uid, "withdraw", status=422, mode="gone").text
    assert "没有“/nowhere”" in does(desk, "sign.a", uid, "withdraw", status=422, note="写错了", mode="redirect", to="/nowhere").text
    does(desk, "sign.a", uid, "withdraw", note="时间写错了", mode="gone")
    assert "时间写错了" in citizen(desk, "/news/tongzhi/n1", 410)
    does(desk, "sign.a", uid, "restore")
    assert "明天停水" in citizen(desk, "/news/tongzhi/n1")
    at(desk, moment, last)
    citizen(desk, "/news/tongzhi/n1", 410)
    assert "撤回" in desk.person("edit.a").get(f"/desk/doc/{uid}/history").text


def test_an_old_edition_comes_back_as_a_draft_and_nothing_public_changes(desk, moment):
    first = citizen(desk)
    desk.change(lambda site: publish.put(site.at("items/one/one"), FASTER, actor="test"))
    uid, second = desk.at("/items/one/one"), citizen(desk)
    old = desk.read(lambda site: site.document(uid).superseded[0].uid)
    person = desk.person("edit.a")
    person.post(f"/desk/doc/{uid}/history", {"edition": old}, status=303)
    assert citizen(desk) == second and desk.read(lambda site: site.document(uid).draft.values["promise_limit"]["days"]) == 5
    asked = person.post(f"/desk/doc/{uid}/history", {"edition": old}, status=422)
    assert "会换下现在的草稿" in asked.text
    base = HIDDEN.search(asked.text)[1]
    person.post(f"/desk/doc/{uid}/history", {"edition": old, "base": "没有"}, status=422)
    person.post(f"/desk/doc/{uid}/history", {"edition": "没有", "base": base}, status=422)
    desk.person("rev.a").post(f"/desk/doc/{uid}/history", {"edition": old, "base": base}, status=403)
    person.post(f"/desk/doc/{uid}/history", {"edition": old, "base": base}, status=303)
    signed(desk, uid)
    does(desk, "edit.a", uid, "publish")
    assert "第 3 版" in citizen(desk) and "第 1 版" in first
    only = person.get(f"/desk/doc/{uid}/history?published=1").text
    assert only.count("第 1 版") and "以前存的草稿" not in only
    assert "已经不在历史里" in person.get(f"/desk/doc/{uid}/history?from=x&to={old}").text


def test_an_emergency_is_confirmed_by_another_person(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    old = citizen(desk)
    assert "请写明原因" in does(desk, "site.a", uid, "override", status=422, **C2).text
    done = does(desk, "site.a", uid, "override", note="汛情，窗口改时间", **C2)
    assert done.location.endswith("/desk/overrides") and citizen(desk) != old
    own = desk.person("site.a").get("/desk/overrides").text
    assert "汛情" in own and "还有 24 小时 0 分" in own and "要由另一人确认" in own and "退回第 1 版" in own and "去确认" not in own
    assert "不能自己确认" in does(desk, "site.a", uid, "confirm", status=422).text
    assert "待确认的应急发布" in desk.person("site.b").get("/desk").text
    page = desk.person("site.b").get("/desk/overrides").text
    assert "去确认" in page
    asked = desk.person("site.b").get(f"/desk/doc/{uid}/act?do=confirm").text
    compared = re.search(r'href="([^"]*from=[^"]*)">看改了什么', asked)[1].replace("&amp;", "&")
    assert "汛情" in asked and "<del>5</del>" in desk.person("site.b").get(compared).text
    does(desk, "site.b", uid, "confirm")
    new = citizen(desk)
    at(desk, moment, NOON + timedelta(hours=25))
    assert new == citizen(desk) != old and "没有等待确认" in desk.person("site.a").get("/desk/overrides").text


def test_an_emergency_nobody_confirms_is_undone(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    does(desk, "site.a", uid, "override", note="汛情", **C2)
    assert "第 2 版" in citizen(desk)
    at(desk, moment, NOON + timedelta(hours=24))
    again = citizen(desk)
    assert "第 3 版" in again and desk.read(lambda site: site.document(uid).live.values["promise_limit"]["days"]) == 5
    assert "content.override-undone" in desk.read(lambda site: {record["action"] for record in site.audit.newest(500)})


def test_four_eyes_hold_by_address(desk, moment):
    desk.people(lambda people, audit: [accounts.grant(people, people.staff_by_name("edit.a"), role=role, actor="system:test", audit=audit) for role in ("reviewer", "signer")])
    desk.people(lambda people, audit: accounts.grant(people, people.staff_by_name("rev.a"), role="signer", actor="system:test", audit=audit))
    uid = edited(desk, "items/one/one", FASTER)
    does(desk, "edit.a", uid, "submit", **C2)
    assert "您写过这份稿子" in does(desk, "edit.a", uid, "approve", status=422).text and stage(desk, uid) == "review"
    does(desk, "rev.a", uid, "approve")
    does(desk, "law.a", uid, "clear")
    assert "要由另一人签发" in does(desk, "rev.a", uid, "sign", status=422).text
    assert "您写过这份稿子" in does(desk, "edit.a", uid, "sign", status=422).text and stage(desk, uid) == "signoff"


def test_a_second_click_and_a_stale_page_are_told_what_is_so(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    person = desk.person("edit.a")
    base = HIDDEN.search(person.get(f"/desk/doc/{uid}/act?do=submit").text)[1]
    edited(desk, "items/one/one", {**FASTER, "conditions": ["改过的条件。"]})
    stale = person.post(f"/desk/doc/{uid}/act", {"do": "submit", "base": base, **C2, "note": "我写的话"}, status=409)
    assert "内容又改过" in stale.text and "改过的条件" in stale.text and "我写的话" in stale.text and stage(desk, uid) == "drafting"
    fresh = HIDDEN.search(stale.text)[1]
    assert fresh != base
    person.post(f"/desk/doc/{uid}/act", {"do": "submit", "base": fresh, **C2}, status=303)
    twice = person.post(f"/desk/doc/{uid}/act", {"do": "submit", "base": fresh, **C2}, status=409)
    assert "现在已经是“待审核”" in twice.text and "示例rev.a" in twice.text
    assert desk.read(lambda site: len(site.document(uid).draft.steps)) == 1
    for nothing in ("", "x", fresh[:-1] + ("1" if fresh.endswith("0") else "0")):
        assert person.post(f"/desk/doc/{uid}/act", {"do": "recall", "base": nothing}, status=409).text and stage(desk, uid) == "review"


def test_forged_actions_and_other_departments_change_nothing(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    for action in ("", "save", "nothing", "../x", "撤回"):
        desk.person("edit.a").post(f"/desk/doc/{uid}/act", {"do": action}, status=404)
        desk.person("edit.a").get(f"/desk/doc/{uid}/act", params={"do": action}, status=404)
    for action in ("start", "expire", "undo"):
        desk.person("site.a").post(f"/desk/doc/{uid}/act", {"do": action}, status=403)
    for user, action in (("rev.a", "submit"), ("edit.a", "approve"), ("edit.a", "override"), ("rev.a", "withdraw"), ("sign.a", "confirm")):
        page = desk.person(user).post(f"/desk/doc/{uid}/act", {"do": action, "note": "x", **C2}, status=403)
        assert "没有权限" in page.text, (user, action)
        desk.person(user).get(f"/desk/doc/{uid}/act?do={action}", status=403)
    assert "不能“审核通过”" in desk.person("rev.a").get(f"/desk/doc/{uid}/act?do=approve", status=409).text
    for page in ("act?do=submit", "review", "history", "preview", "preview/page"):
        desk.person("edit.b").get(f"/desk/doc/{uid}/{page}", status=403)
        desk.person("edit.b").get(f"/desk/doc/none/{page}", status=404)
    desk.person("edit.b").post(f"/desk/doc/{uid}/act", {"do": "submit", **C2}, status=403)
    desk.person("aud.a").post(f"/desk/doc/{uid}/act", {"do": "submit", **C2}, status=403)
    assert stage(desk, uid) == "drafting"


def test_a_draft_is_deleted_and_work_is_given_to_somebody(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    page = does(desk, "edit.a", uid, "assign", status=422, to="nobody")
    assert "请从列出的里面选" in page.text
    does(desk, "rev.a", uid, "assign", to=desk.uid("edit.a"))
    assert desk.read(lambda site: site.document(uid).assignee) == desk.uid("edit.a")
    assert "草稿留在历史里" in desk.person("edit.a").get(f"/desk/doc/{uid}/act?do=discard").text
    does(desk, "edit.a", uid, "discard")
    assert stage(desk, uid) == "" and "以前存的草稿" in desk.person("edit.a").get(f"/desk/doc/{uid}/history").text
    article = news(desk)
    assert "不能找回" in desk.person("edit.a").get(f"/desk/doc/{article}/act?do=discard").text
    done = does(desk, "edit.a", article, "discard")
    assert done.location.endswith("/desk") and desk.read(lambda site: site.document(article)) is None


def test_hostile_words_are_harmless_on_every_page(desk, moment):
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    uid = edited(desk, "items/one/one", {**FASTER, "conditions": [evil], "review_standard": evil})
    does(desk, "edit.a", uid, "submit", **{**C2, "note": evil, "secrecy_by": "<b>甲</b>"})
    pages = [desk.person("rev.a").get(f"/desk/doc/{uid}/{page}").text for page in ("review", "history", "act?do=return&field=" + "%3Cscript%3E", "preview", "preview/page")]
    desk.person("rev.a").post(f"/desk/doc/{uid}/act", [("do", "return"), ("base", HIDDEN.search(pages[2])[1]), ("field", "conditions"), ("text", evil), ("note", evil)], status=303)
    pages += [desk.person("edit.a").get(f"/desk/doc/{uid}/{page}").text for page in ("review", "history", "act?do=submit")]
    assert all("<script>alert" not in page and "<img src=x" not in page for page in pages)
    assert sum("&lt;script&gt;alert" in page for page in pages) >= 4


def test_looking_writes_nothing(desk, moment):
    uid = edited(desk, "items/one/one", FASTER)
    desk.person("edit.a"), desk.person("site.a")
    size = (desk.var / "data.fs").stat().st_size
    for page in ("review", "history", "preview", "preview/page", "preview/page?parts=own&view=print", "act?do=submit"):
        desk.person("edit.a").get(f"/desk/doc/{uid}/{page}")
    desk.person("site.a").get("/desk/overrides")
    assert (desk.var / "data.fs").stat().st_size == size
