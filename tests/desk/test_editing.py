"""Editing at the desk as people do it: all sections, remarks at the field, two editors, what is typed and not saved, 情形, new documents."""
from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlencode

import html5lib
import pytest
import transaction

from govportal.base import clock
from govportal.content import publication, publish
from govportal.content.kinds import all_kinds, kind_of
from govportal.content.model import Folder, Secrecy
from govportal.content.site import open_site
from govportal.desk.forms.sections import SECTIONS, sections_of
from govportal.desk.making import free_slug, slug_of
from govportal.editorial import autosaves, presence
from govportal.editorial.store import open_editorial
from govportal.people import accounts
from govportal.people.grants import actor_of
from govportal.workflow.actors import SYSTEM

from .pages import pairs_of, put

ITEM = "/items/one/one"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e${7*7}'


def form_of(page) -> str:
    """The edit form of a page, as its HTML."""
    return re.search(r'<form id="f".*?</form>', page.text, re.S).group(0)


def opened(person, uid, section):
    return person.get(f"/desk/doc/{uid}/edit/{section}")


def send(person, page, changes=(), do="save", press="", status=None):
    """Post the form of a page as a browser would, with (name, value, which) changes."""
    html = form_of(page)
    pairs = [pair for pair in pairs_of(html, press) if pair[0] != "page.do"]
    for name, value, *at in changes:
        pairs = put(pairs, name, value, *at)
    target = re.search(r'action="([^"]+)"', html).group(1)
    return person.app.post(target, [*pairs, ("page.do", do)], status=status)


def saved(person, uid, section, *changes):
    return send(person, opened(person, uid, section), changes, status=303)


def values(desk, path=ITEM):
    return desk.read(lambda site: publication.current(site.at(path)).values)


def actor(desk, user):
    return desk.people(lambda people, audit: actor_of(people, people.staff_by_name(user)))


def grant(desk, user, *roles, org=""):
    desk.people(lambda people, audit: [accounts.grant(people, people.staff_by_name(user), role=role, org=org, actor="system:test", audit=audit) for role in roles])


def act(desk, path, action, user, **inputs):
    who = actor(desk, user)
    desk.change(lambda site: publication.act(site.at(path), action, who, **inputs))


def submit(desk, path, user="edit.a"):
    act(desk, path, "submit", user, openness="主动公开", secrecy=Secrecy("保密员", "2026-01-04"))


def notes(response, person):
    """What the page says after a post."""
    return " ".join(re.findall(r'<div class="note[^"]*" role="status"><svg.*?</svg><div><p>(.*?)</p>', response.follow().text))


# -- all sections ------------------------------------------------------------------------------------------------------
def test_every_section_opens_and_saving_it_untouched_makes_no_draft(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    for one in sections_of("ImplementationItem"):
        answer = send(person, opened(person, uid, one.name), do="next", status=303)
        assert "没有改动" in notes(answer, person), one.name
    assert answer.location.endswith(f"/desk/doc/{uid}")                                   # after the last: the document
    assert desk.read(lambda site: site.at(ITEM).draft) is None


def test_save_goes_to_the_next_section_with_a_draft_and_keeps_the_others(desk):
    person, uid, before = desk.person("edit.a"), desk.at(ITEM), values(desk)
    answer = send(person, opened(person, uid, "audience"), [("plain_names", "上户口\r\n报户口")], do="next", status=303)
    assert answer.location.endswith("/edit/limits") and "“对象与主题”已保存" in notes(answer, person)
    assert values(desk) == {**before, "plain_names": ("上户口", "报户口")}
    page = opened(person, uid, "limits")
    assert "第 2 版草稿" in page.text and "现在公开的是第 1 版" in page.text and "act?do=submit" in page.text
    saved(person, uid, "limits", ("days", "4", 1))
    assert values(desk)["promise_limit"]["days"] == 4 and values(desk)["plain_names"] == ("上户口", "报户口")


def test_change_note_and_weight_are_asked_where_something_is_public(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    saved(person, uid, "audience", ("plain_names", "甲"), ("page.note", "补了叫法"), ("page.change", "minor"))
    draft = desk.read(lambda site: (site.at(ITEM).draft.note, site.at(ITEM).draft.change))
    assert draft == ("补了叫法", "minor")
    assert send(person, opened(person, uid, "audience"), [("page.change", "huge")], status=422).text.count("请选重要改动或小改动") == 1


def test_what_is_wrong_keeps_what_was_typed_and_saves_nothing(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    answer = send(person, opened(person, uid, "limits"), [("days", "很快", 1)], status=422)
    assert 'value="很快"' in answer.text and "“很快”不是整数" in answer.text and 'href="#f-promise_limit-days"' in answer.text and "<title>错误：" in answer.text
    assert desk.read(lambda site: site.at(ITEM).draft) is None
    assert "已保存" in notes(send(person, answer, [("days", "3", 1)], status=303), person)


def test_rows_are_added_without_script_and_nothing_is_saved_yet(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    page = send(person, opened(person, uid, "materials"), do="", press="materials:2:add")
    assert page.status_int == 200 and 'id="f-materials-2-name"' in page.text and desk.read(lambda site: site.at(ITEM).draft) is None
    send(person, page, [("name", "第三份", 2)], status=303)
    assert [row["name"] for row in values(desk)["materials"]] == ["居民身份证", "《申请表》", "第三份"]


def test_checks_lead_to_fields_of_other_sections_too(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    saved(person, uid, "limits", ("days", "90", 1))
    page = opened(person, uid, "materials")
    assert f'href="/desk/doc/{uid}/edit/limits#f-promise_limit' in page.text and "承诺时限长于法定时限" in page.text and "1 处不对" in page.text
    assert 'href="#f-promise_limit' in opened(person, uid, "limits").text
    assert "出生登记" in page.text and "户口登记条例" in page.text                        # inherited


def test_what_is_written_into_a_case_counts_for_it(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM + "/late")
    answer = saved(person, uid, "contact", ("consult_phone", "000-9"))
    assert "咨询电话记为这种情形另有规定" in notes(answer, person)
    assert values(desk, ITEM + "/late")["changes"] == ("promise_limit", "consult_phone")
    assert "照<a" in opened(person, uid, "contact").text


# -- remarks, review ---------------------------------------------------------------------------------------------------
def returned(desk, *remarks):
    uid = desk.at(ITEM)
    saved(desk.person("edit.a"), uid, "audience", ("plain_names", "上户口\r\n报户口"))
    submit(desk, ITEM)
    act(desk, ITEM, "return", "rev.a", note="再改一改", remarks=remarks)
    return uid


def test_who_edits_a_returned_draft_begins_at_the_first_remark(desk):
    uid = returned(desk, ("", "看全文"), ("materials.1.copies", "几份？"), ("materials", "样表"), ("plain_names", "太多"))
    person = desk.person("edit.a")
    page = person.get(f"/desk/doc/{uid}")
    assert page.html.select_one(f'a.btn[href="/desk/doc/{uid}/edit"]') and person.get(f"/desk/doc/{uid}/edit", status=303).location.endswith("/edit/materials#f-materials-1-copies")
    for shown in (page, opened(person, uid, "limits")):
        marked = {link["href"].rpartition("/")[2]: re.search(r"退回意见 (\d+) 条", link.text) for link in shown.html.select(".secs li a")}
        assert {name: found[1] for name, found in marked.items() if found} == {"materials": "2", "audience": "1"}
    submit(desk, ITEM)
    assert "退回意见" not in person.get(f"/desk/doc/{uid}").html.select_one(".secs").text


def test_remarks_stand_at_their_field_and_in_the_list(desk):
    uid = returned(desk, ("materials.1.name", "写全名"), ("materials.居民身份证.note", "给办事人一句话"), ("consult_phone", "电话不通"), ("gone.x", "整篇再看"))
    page = opened(desk.person("edit.a"), uid, "materials")
    assert 'id="f-materials-1-name-r"' in page.text and re.search(r'id="f-materials-1-name"[^>]*aria-describedby="[^"]*f-materials-1-name-r', page.text)
    assert page.text.count("写全名") == 2 and page.text.count("给办事人一句话") == 2       # at the field, and at the right
    assert 'id="f-materials-1" open="open"' in page.text and 'id="f-materials-0" open="open"' in page.text
    assert f'href="/desk/doc/{uid}/edit/contact#f-consult_phone"' in page.text and "整篇再看" in page.text
    assert 'id="f-consult_phone-r"' in opened(desk.person("edit.a"), uid, "contact").text
    saved(desk.person("edit.a"), uid, "materials", ("name", "《出生登记申请表》", 1))
    assert "写全名" in opened(desk.person("edit.a"), uid, "materials").text              # until it is submitted again
    submit(desk, ITEM)
    assert "写全名" not in desk.person("edit.a").get(f"/desk/doc/{uid}").text


def test_a_document_in_review_is_shown_and_not_changed(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    page = opened(person, uid, "audience")
    saved(person, uid, "audience", ("plain_names", "甲"))
    submit(desk, ITEM)
    read = opened(person, uid, "audience")
    assert "只能看，不能改" in read.text and "<form id=\"f\"" not in read.text and f"/desk/doc/{uid}/act?do=recall" in read.text and "甲" in read.text
    late = send(person, page, [("plain_names", "乙")], status=422)
    assert "先撤回送审才能保存" in late.text and "乙" in form_of(late) and values(desk)["plain_names"] == ("甲",)
    assert "已另外存着" in late.text and ("plain_names", "乙") in autosave(desk, "edit.a", uid, "audience").pairs
    assert "撤回以后打开这一部分就能恢复" in opened(person, uid, "audience").text and "已送审" in keep(person, page, ("plain_names", "丙")).json["said"]
    act(desk, ITEM, "recall", "edit.a")
    assert "丙" in form_of(person.get(f"/desk/doc/{uid}/edit/audience?restore=1"))


def test_another_department_is_refused(desk):
    uid, other = desk.at(ITEM), desk.person("edit.b")
    page = opened(desk.person("edit.a"), uid, "audience")
    for path in ("", "/edit", "/edit/audience", "/cases"):
        assert other.get(f"/desk/doc/{uid}{path}", status=403)
    pairs = [("csrf", other.token()), *[pair for pair in pairs_of(form_of(page)) if pair[0] != "csrf"]]
    for path in ("/edit/audience", "/autosave/audience", "/beat", "/cases", "/cases/try"):
        other.app.post(f"/desk/doc/{uid}{path}", pairs, status=403)
    assert desk.read(lambda site: site.at(ITEM).draft) is None


# -- two editors -------------------------------------------------------------------------------------------------------
def colleague(desk, **changes):
    """Somebody else saves meanwhile."""
    desk.change(lambda site: publication.save(site.at(ITEM), {**publication.current(site.at(ITEM)).values, **changes}, SYSTEM, base=None))


def test_two_editors_on_different_fields_are_joined(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    page = opened(person, uid, "audience")
    colleague(desk, short_name="出生", consult_phone="000-7")
    answer = send(person, page, [("plain_names", "我的叫法")], status=303)
    assert "别人同时改的其他内容也在" in notes(answer, person)
    now = values(desk)
    assert (now["plain_names"], now["short_name"], now["consult_phone"]) == (("我的叫法",), "出生", "000-7")


@pytest.mark.parametrize("choice, wanted", [("mine", ("我的叫法",)), ("theirs", ("对方的",))])
def test_two_editors_on_one_field_see_both_and_choose(desk, choice, wanted):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    page = opened(person, uid, "audience")
    colleague(desk, plain_names=("对方的",), short_name="出生")
    both = send(person, page, [("plain_names", "我的叫法"), ("page.note", "我的说明")], status=409)
    assert "我的叫法" in both.text and "对方的" in both.text and "两份都在" in both.text and values(desk)["plain_names"] == ("对方的",)
    kept = autosave(desk, "edit.a", uid, "audience")
    assert ("plain_names", "我的叫法") in kept.pairs                                      # closing the page loses nothing
    send(person, both, [("c-plain_names", choice)], do="choose", status=303)
    now = values(desk)
    assert now["plain_names"] == wanted and now["short_name"] == "出生" and autosave(desk, "edit.a", uid, "audience") is None
    assert desk.read(lambda site: site.at(ITEM).draft.note) == "我的说明"


def test_a_third_save_while_choosing_shows_both_again(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    page = opened(person, uid, "audience")
    colleague(desk, plain_names=("二",))
    both = send(person, page, [("plain_names", "我的")], status=409)
    colleague(desk, plain_names=("三",))
    again = send(person, both, [], do="choose", status=409)
    assert "我的" in again.text and "三" in again.text and "又有人保存" in again.text
    send(person, again, [], do="choose", status=303)
    assert values(desk)["plain_names"] == ("我的",)


def test_a_base_that_is_no_longer_known_asks_for_every_field(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    both = send(person, opened(person, uid, "audience"), [("page.base", "forged"), ("plain_names", "我的")], status=409)
    assert "分不出谁改了哪一处" in both.text and "上户口" in both.text


# -- what is typed and not saved ----------------------------------------------------------------------------------------
def autosave(desk, user, uid, section):
    who = desk.uid(user)
    with desk.db.transaction() as connection:
        return autosaves.kept(open_editorial(connection), who, uid, section, clock.now())


def autosaves_of(desk, user, uid, section):
    who = desk.uid(user)
    with desk.db.transaction() as connection:
        return autosaves.copies(open_editorial(connection), who, uid, section, clock.now())


def keep(person, page, *changes, status=200):
    html = form_of(page)
    pairs = pairs_of(html)
    for name, value, *at in changes:
        pairs = put(pairs, name, value, *at)
    target = re.search(r'action="([^"]+)"', html).group(1).replace("/edit/", "/autosave/")
    return person.app.post(target, pairs, status=status)


def test_autosave_is_offered_restored_and_gone_after_saving(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    answer = keep(person, opened(person, uid, "audience"), ("plain_names", "还没保存"))
    assert answer.json["said"].startswith("已自动保存 ") and "对象与主题" in answer.json["secs"] and desk.read(lambda site: site.at(ITEM).draft) is None
    page = opened(person, uid, "audience")
    assert "有没保存的内容" in page.text and "还没保存" not in form_of(page)
    back = person.get(f"/desk/doc/{uid}/edit/audience?restore=1")
    assert "还没保存" in form_of(back) and "还没有保存到草稿" in back.text
    assert "有没保存的内容" in opened(person, uid, "limits").text                         # the list says where
    send(person, back, status=303)
    assert values(desk)["plain_names"] == ("还没保存",) and "没保存的内容" not in opened(person, uid, "audience").text


def test_a_copy_that_waits_for_an_answer_is_not_written_over(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    keep(person, opened(person, uid, "audience"), ("plain_names", "第一次打的"))
    page = opened(person, uid, "audience")
    keep(person, page, ("plain_names", "没看提示就打"))
    keep(person, page, ("plain_names", "没看提示接着打"))
    again = opened(person, uid, "audience")
    links = re.findall(r'href="([^"]+\?restore=[^"]+)"', again.text)
    assert len(links) == 2 and "没看提示接着打" in form_of(person.get(links[0])) and "第一次打的" in form_of(person.get(links[1]))
    back = person.get(links[1])
    assert back.text.count("?restore=") == 1                                                # the other one is still offered
    keep(person, back, ("plain_names", "第一次打的，补完"))                                  # goes on with the copy that was brought back
    assert len(autosaves_of(desk, "edit.a", uid, "audience")) == 2
    wrong = send(person, back, [("plain_names", "第一次打的，补完"), ("short_name", "x" * 2000)], status=422)
    send(person, wrong, [("short_name", "出生")], status=303)                               # a page shown again keeps its own copy
    assert [dict(one.pairs)["plain_names"] for one in autosaves_of(desk, "edit.a", uid, "audience")] == ["没看提示接着打"]
    for number in range(5):
        keep(person, opened(person, uid, "audience"), ("plain_names", f"又 {number}"))
    assert len(autosaves_of(desk, "edit.a", uid, "audience")) == autosaves.COPIES
    forged = put(pairs_of(form_of(opened(person, uid, "audience"))), "page.copy", "a b/../!" * 20)
    person.app.post(f"/desk/doc/{uid}/autosave/audience", forged, status=200)
    assert len(autosaves_of(desk, "edit.a", uid, "audience")) == autosaves.COPIES


def test_autosave_follows_the_checks_and_is_discarded_without_script(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    answer = keep(person, opened(person, uid, "limits"), ("days", "99", 1))
    assert "承诺时限长于法定时限" in answer.json["side"] and "处不对" in answer.json["secs"]
    assert "side" not in keep(person, opened(person, uid, "limits"), ("days", "很快", 1)).json      # kept though it is no number
    assert 'value="很快"' in person.get(f"/desk/doc/{uid}/edit/limits?restore=1").text
    next(form for form in opened(person, uid, "limits").forms.values() if "page.do" in form.fields and form.id != "f" and form["page.copy"].value).submit("page.do", value="discard", status=303)
    assert len(autosaves_of(desk, "edit.a", uid, "limits")) == 1                             # the copy of the other page waits for its own answer
    next(form for form in opened(person, uid, "limits").forms.values() if "page.copy" in form.fields and form.id != "f").submit("page.do", value="discard", status=303)
    assert autosave(desk, "edit.a", uid, "limits") is None


def test_autosaves_are_ones_own_bounded_and_grow_old(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    grant(desk, "edit.b", "editor", org="gongan")
    keep(person, opened(person, uid, "audience"), ("plain_names", "只给自己看"))
    other = desk.person("edit.b")
    for path in ("/edit/audience", "/edit/audience?restore=1", ""):
        assert "只给自己看" not in other.get(f"/desk/doc/{uid}{path}").text and "没保存的内容" not in other.get(f"/desk/doc/{uid}{path}").text
    assert "太长" in keep(person, opened(person, uid, "audience"), ("plain_names", "长" * autosaves.MAX_SIZE), status=422).json["message"]
    assert ("plain_names", "只给自己看") in autosave(desk, "edit.a", uid, "audience").pairs
    with desk.db.transaction() as connection:
        editorial, now = open_editorial(connection), clock.now()
        for number in range(autosaves.MAX_COUNT + 3):
            autosaves.keep(editorial, "somebody", f"doc-{number}", "x", [("a", "b")], "", now + timedelta(seconds=number))
        assert len(editorial.autosaves.get("somebody")) == autosaves.MAX_COUNT and autosaves.kept(editorial, "somebody", "doc-0", "x", now) is None
        assert autosaves.purge(editorial, now + autosaves.KEEP + timedelta(minutes=1)) == autosaves.MAX_COUNT + 1
        assert not list(editorial.autosaves.items())


def test_the_same_typed_again_writes_nothing(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    page = opened(person, uid, "audience")
    keep(person, page, ("plain_names", "一样"))
    first = autosave(desk, "edit.a", uid, "audience").at
    with clock.override(lambda: first + timedelta(minutes=3)):
        assert keep(person, page, ("plain_names", "一样")).json["at"] == clock.stamp(first)


def test_a_save_after_the_session_ended_is_kept_through_the_sign_in(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    page = opened(person, uid, "materials")
    person.post("/desk/signout")
    refused = send(person, page, [("name", "《出生登记表》", 1)], status=403)
    assert "登录已过期" in refused.text and values(desk)["materials"][1]["name"] == "《申请表》"
    assert keep(person, page, status=403).content_type == "text/html"                    # what the script takes for an ended session
    form = refused.forms[0]
    form["username"], form["password"] = "edit.a", "Walk-Home-2026"
    with clock.override(lambda now=clock.now() + timedelta(seconds=31): now):
        form["code"] = desk.code("edit.a")
        again = form.submit()
        assert "继续提交" in again.text
        done = next(form for form in again.forms.values() if "/edit/" in form.action).submit(status=303)
    assert "/edit/" in done.location and values(desk)["materials"][1]["name"] == "《出生登记表》"


def test_what_the_browser_kept_is_drawn_and_not_saved(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    pairs = put(pairs_of(form_of(opened(person, uid, "audience"))), "plain_names", "本机存的")
    page = person.app.post(f"/desk/doc/{uid}/edit/audience", [*pairs, ("page.do", "recover"), ("page.at", "10:32")])
    assert "本机存的" in form_of(page) and "您 10:32 填的内容，还没有保存" in page.text and desk.read(lambda site: site.at(ITEM).draft) is None


def test_presence_tells_the_others_fades_and_does_not_keep_a_session(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    with desk.db.transaction() as connection:
        presence.beat(open_editorial(connection), uid, desk.uid("rev.a"), clock.now())
    assert "示例rev.a" in opened(person, uid, "audience").text
    base = dict(pairs_of(form_of(opened(person, uid, "audience"))))["page.base"]
    moment = clock.now() + timedelta(minutes=2)
    with clock.override(lambda: moment):
        answer = person.post(f"/desk/doc/{uid}/beat", {"page.base": base})
        assert answer.json == {"here": [], "moved": "", "closed": ""}
        token = person.token()
        with desk.db.transaction() as connection:
            editorial = open_editorial(connection)
            assert presence.others(editorial, uid, "x", moment) == [desk.uid("edit.a")] and set(editorial.presence.get(uid).seen) == {desk.uid("edit.a")}
            assert not presence.beat(editorial, uid, desk.uid("edit.a"), moment + timedelta(seconds=20)) and presence.beat(editorial, uid, desk.uid("edit.a"), moment + timedelta(seconds=30))
            assert presence.purge(editorial, moment + timedelta(hours=1)) == 1
    with clock.override(lambda: moment + timedelta(minutes=3)):
        assert not [name for name, cookie in person.app.post(f"/desk/doc/{uid}/beat", {"csrf": token}).headerlist if name == "Set-Cookie" and cookie.startswith("desk=")]
    colleague(desk, short_name="别人")
    with clock.override(lambda: moment + timedelta(minutes=3)):
        assert "刚保存了新的一份" in person.app.post(f"/desk/doc/{uid}/beat", {"csrf": token, "page.base": base}).json["moved"]


def test_two_beats_at_once_are_merged(desk):
    uid, now = desk.at(ITEM), clock.now()
    with desk.db.transaction() as connection:
        presence.beat(open_editorial(connection), uid, "first", now)
    managers = [transaction.TransactionManager() for _ in range(2)]
    connections = [desk.db.open(manager) for manager in managers]
    for number, connection in enumerate(connections):
        presence.beat(open_editorial(connection), uid, f"p{number}", now)
    for manager in managers:
        manager.commit()
    for connection in connections:
        connection.close()
    with desk.db.transaction() as connection:
        assert set(presence.others(open_editorial(connection), uid, "", now)) == {"first", "p0", "p1"}


# -- what may not happen -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path, wanted", [("/desk/doc/none", 404), ("/desk/doc/none/edit/audience", 404), ("/desk/doc/{uid}/edit/none", 404), ("/desk/doc/{uid}/edit/..%2f", 301),
                                          ("/desk/doc/{guide}/cases", 404), ("/desk/doc/{uid}/edit/%00", 404), ("/desk/doc/{uid}/edit/audience?restore=1", 200), ("/desk/new?kind=x&parent=/", 200),
                                          ("/desk/new?directory=none", 200), ("/desk/new?kind=Guide&parent=none", 200), ("/desk/new/slug?name=%00&parent=%2f..", 200)])
def test_forged_addresses(desk, path, wanted):
    path = path.replace("{uid}", desk.at(ITEM)).replace("{guide}", desk.at(ITEM + "/guide"))
    assert desk.person("edit.a").get(path, expect_errors=True).status_int == wanted


@pytest.mark.parametrize("fields, wanted", [
    ([("page.do", "explode")], 422), ([("op", "materials:9:up"), ("__start__", "section:mapping"), ("__end__", "")], 422), ([("__start__", "section:mapping")] * 50, 422),
    ([("page.do", "choose"), ("compare.mine", "{")], 422), ([("page.do", "choose"), ("compare.mine", "[" * 9999)], 422), ([("page.do", "recover")], 200),
    ([("page.do", "choose"), ("compare.mine", '{"materials": {"__class__": 1}}')], 422), ([("materials", "x")], 422), ([], 422)])
def test_forged_posts_are_told_never_fatal(desk, fields, wanted):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    base = dict(pairs_of(form_of(opened(person, uid, "materials"))))["page.base"]
    answer = person.post(f"/desk/doc/{uid}/edit/materials", [("page.base", base), *fields], expect_errors=True)
    assert answer.status_int == wanted and desk.read(lambda site: site.at(ITEM).draft) is None
    assert person.post(f"/desk/doc/{uid}/autosave/materials", fields, expect_errors=True).status_int in (200, 422)
    assert person.post(f"/desk/doc/{uid}/cases", fields, expect_errors=True).status_int == 422
    assert person.post(f"/desk/doc/{uid}/cases/try", fields).status_int == 200
    assert person.post(f"/desk/doc/{uid}/edit/none", fields, expect_errors=True).status_int == 404


def hostile(node, depth=0):
    """A value of this schema node that is full of hostile text."""
    shape = getattr(node.typ, "shape", "")
    if shape == "text":
        if getattr(node, "words", None):
            return node.words[0] if node.required else ""
        return HOSTILE[:node.validator.max]
    if shape == "list" and getattr(node, "words", None) is None and depth < 4:
        return [hostile(node.children[0], depth + 1)]
    if shape == "group":
        return {child.name: hostile(child, depth + 1) for child in node.children}
    if shape == "body":
        return HOSTILE
    return None


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_hostile_text_in_every_field_is_harmless_on_every_page(desk, kind):
    made = kind_of(kind)
    homes = {"Channel": "news/tongzhi", "DirectoryItem": "items/one", "ImplementationItem": "items/one/one"}
    name = {"Guide": "guide", "ReviewRules": "rules"}.get(kind, "evil")

    def work(site):
        raw = {node.name: value for node in made.schema.children if (value := hostile(node)) is not None}
        for key, value in (("org", "gongan"), ("channel", "tongzhi"), ("code", ""), ("basic_code", ""), ("region", "")):
            if key in raw:
                raw[key] = value
        good = {}
        for key, value in raw.items():
            try:
                made.validate_draft({**good, key: value})
                good[key] = value
            except Exception:  # noqa: BLE001 - a field that refuses it is safe
                continue
        assert any(HOSTILE[:20] in str(value) for value in good.values()), kind
        home = site.at(homes.get(made.home, made.home))
        document = home.get(name) or publication.begin(home, name, kind, good, SYSTEM)
        publication.save(document, good, SYSTEM, base=None)
        return document.uid
    uid = desk.change(work)
    grant(desk, "edit.b", "editor", "directory")
    person = desk.person("edit.b")
    pages = [person.get(f"/desk/doc/{uid}")]
    for one in sections_of(kind):
        page = opened(person, uid, one.name)
        keep(person, page)
        pages += [page, person.get(f"/desk/doc/{uid}/edit/{one.name}?restore=1"), send(person, page, [("page.base", "other")]), send(person, page, [], do="recover")]
    if kind == "ImplementationItem":
        pages.append(person.get(f"/desk/doc/{uid}/cases"))
    for page in pages:
        page = page.follow() if page.status_int == 303 else page
        assert page.status_int in (200, 409, 422)
        tree = html5lib.parse(page.text, namespaceHTMLElements=False)
        assert not [node for node in tree.iter() if any(name.startswith("on") or name == "style" for name in node.attrib)], page.request.path
        assert all(node.get("src", "").startswith("/static/") and not (node.text or "").strip() for node in tree.iter("script"))
        assert all(node.get("src", "").startswith("/static/") for node in tree.iter("img"))


# -- something new -----------------------------------------------------------------------------------------------------
def test_an_item_begins_from_the_directory_list_and_copies_nothing(desk):
    person = desk.person("edit.a")
    desk.change(lambda site: publication.begin(site.at("items"), "two", "DirectoryItem", {"name": "死亡登记", "type": "行政确认", "legal_basis": [{"law": "户口登记条例"}]}, SYSTEM))
    listed = person.get("/desk/new?" + urlencode({"kind": "ImplementationItem", "q": "死亡"}))
    assert "死亡登记" in listed.text and "出生登记" not in listed.text
    page = listed.click("编实施清单")
    assert "死亡登记" in page.text and "《户口登记条例》" in page.text and "还没有公开" in page.text
    form = page.forms[1]
    assert form["slug"].value == "two" and form["org"].value == "gongan"
    done = form.submit(status=303)
    item = desk.read(lambda site: (site.at("items/two/two").draft.values, site.at("items/two/two/guide").draft is not None))
    assert item[0]["org"] == "gongan" and "name" not in item[0] and item[1]
    assert "死亡登记" in done.follow().follow().text


def test_new_documents_get_an_address_from_their_name(desk):
    person = desk.person("edit.a")
    page = person.get("/desk/new")
    assert "问答" in page.text and "kind=NewsArticle" not in page.text and "kind=DirectoryItem" not in page.text      # no grant on a column, none of the directory's
    assert "kind=DirectoryItem" in desk.person("dir.a").get("/desk/new").text
    form = person.get("/desk/new?kind=Place").forms[1]
    form["name"] = "城东大厅"
    assert form.submit(status=303).location.endswith("/edit") and desk.read(lambda site: site.at("shared/places/cheng-dong-da-ting").draft.values["name"]) == "城东大厅"
    again = form.submit(status=303)
    assert again.location and desk.read(lambda site: site.at("shared/places/cheng-dong-da-ting-2")) is not None
    form["name"], form["slug"] = "", "坏 标识"
    wrong = form.submit(status=422)
    assert "请写名称" in wrong.text and "坏 标识" in wrong.text and 'aria-invalid="true"' in wrong.text
    form["name"], form["slug"] = "又一个", "坏 标识"
    assert "不能作地址" in form.submit(status=422).text
    assert person.get("/desk/new/slug?" + urlencode({"name": "城东大厅", "parent": "/shared/places"})).json == {"slug": "cheng-dong-da-ting-3"}
    other = [("kind", "ImplementationItem"), ("parent", desk.at("items/one")), ("org", "minzheng"), ("slug", "x")]
    refused = person.post("/desk/new", other, status=422)
    assert "没有在这里编写" in refused.text and desk.read(lambda site: site.at("items/one/x")) is None


def test_a_new_question_is_put_under_a_topic_by_its_name(desk):
    def folders(site):
        for slug, topic in (("birth", "生育收养"), ("border", "出境入境"), ("empty", "")):
            site["questions"].attach(slug, Folder(slug))
            if topic:
                publish.put(publish.create(site["questions"][slug], "q1", "Question", actor="t"), {"topic": topic, "title": "问", "question": "？", "answer": "。", "org": "gongan"}, actor="t")
    desk.change(folders)
    person = desk.person("edit.a")
    page = person.get("/desk/new?kind=Question")
    options = {option["value"]: option.text for option in page.html.select('select[name="parent"] option')}
    assert options["/questions/birth"] == "生育收养" and options["/questions/border"] == "出境入境" and options["/questions/empty"] == "empty"
    for folder, topic in (("birth", "生育收养"), ("empty", "")):
        form = page.forms[1]
        form["parent"], form["name"], form["slug"] = f"/questions/{folder}", "怎么办", "new"
        form.submit(status=303)
        assert desk.read(lambda site, folder=folder: site.at(f"questions/{folder}/new").draft.values.get("topic") or "") == topic


@pytest.mark.parametrize("name, slug", [("停水通知", "ting-shui-tong-zhi"), ("A4纸 2026", "a4-zhi-2026"), ("女性", "nv-xing"), ("！？", ""), ("", ""), ("长" * 90, None)])
def test_slugs(name, slug):
    found = slug_of(name)
    assert found == slug if slug is not None else 0 < len(found) <= 60 and not found.endswith("-")
    assert free_slug(None, found)


# -- the document's page -----------------------------------------------------------------------------------------------
def test_the_page_of_a_document_says_what_can_be_done_and_why_not(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    page = person.get(f"/desk/doc/{uid}")
    assert f"/desk/doc/{uid}/edit" in page.text and "补登记" in page.text and "办事指南" in page.text and f"/desk/doc/{uid}/preview" in page.text and f"/desk/doc/{uid}/history" in page.text
    saved(person, uid, "limits", ("days", "90", 1))
    page = person.get(f"/desk/doc/{uid}")
    assert f"/desk/doc/{uid}/act?do=discard" in page.text and "act?do=submit" not in page.text and "承诺时限长于法定时限" in page.text
    saved(person, uid, "limits", ("days", "6", 1))
    assert f"/desk/doc/{uid}/act?do=submit" in person.get(f"/desk/doc/{uid}").text
    submit(desk, ITEM)
    assert f"/desk/doc/{uid}/act?do=approve" in desk.person("rev.a").get(f"/desk/doc/{uid}").text
    mine = person.get(f"/desk/doc/{uid}").text
    assert "act?do=approve" not in mine and "act?do=recall" in mine and "待审核" in mine and f'href="/desk/doc/{uid}/edit"' not in mine
    assert "act?do" not in desk.person("aud.a").get(f"/desk/doc/{uid}").text


# -- 情形 ---------------------------------------------------------------------------------------------------------------
def cases_post(person, uid, changes=(), do="save", status=None, take=None):
    page = person.get(f"/desk/doc/{uid}/cases")
    pairs = [pair for pair in pairs_of(form_of(page)) if pair[0] != "do"]
    for name, value in changes:
        pairs = put(pairs, name, value)
    for slug, keys in (take or {}).items():
        pairs = [pair for pair in pairs if pair[0] != f"take-{slug}"] + [(f"take-{slug}", key) for key in keys]
    return person.app.post(f"/desk/doc/{uid}/cases", [*pairs, ("do", do)], status=status)


def test_cases_are_added_named_ticked_and_removed_on_one_page(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    assert "没有改动" in notes(cases_post(person, uid, status=303), person) and desk.read(lambda site: site.at(ITEM + "/late").draft) is None
    pairs = [pair for pair in pairs_of(form_of(person.get(f"/desk/doc/{uid}/cases"))) if pair[0] not in ("do", "try")]
    odd = person.app.post(f"/desk/doc/{uid}/cases", [*pairs, ("try", "a&b=1#c中"), ("do", "save")], status=303).headers["Location"]
    assert odd.endswith("/cases?try=a%26b%3D1%23c%E4%B8%AD")
    cases_post(person, uid, [("new-name", "正常登记"), ("new-hint", "一个月内"), ("question", "什么时候出生？")], do="add", status=303)
    new = values(desk, ITEM + "/zheng-chang-deng-ji")
    assert (new["name"], new["hint"]) == ("正常登记", "一个月内") and values(desk, ITEM + "/guide")["case_question"] == "什么时候出生？"
    answer = cases_post(person, uid, [("name-late", "迟登记"), ("days-late", ""), ("fee-late", "free")], take={"late": ["id", "form"], "zheng-chang-deng-ji": []}, status=303)
    assert "“迟登记”已保存" in notes(answer, person)
    late, new = values(desk, ITEM + "/late"), values(desk, ITEM + "/zheng-chang-deng-ji")
    assert (late["name"], late["use_materials"], late["changes"]) == ("迟登记", (), ("fee",)) and late["fee"]["charged"] is False
    assert (new["use_materials"], new["changes"], new["materials"]) == ((), ("materials",), ())
    assert desk.read(lambda site: site.at(ITEM).draft) is None                            # the item itself is not touched
    cases_post(person, uid, do="remove:zheng-chang-deng-ji", status=303)
    assert desk.read(lambda site: site.at(ITEM + "/zheng-chang-deng-ji")) is None
    page = person.get(f"/desk/doc/{uid}/cases").text
    assert "remove:late" not in page and "act?do=withdraw" in page                        # public ones are withdrawn by who signs


def test_cases_page_tries_out_and_checks_what_is_typed_without_writing(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    page = person.get(f"/desk/doc/{uid}/cases")
    assert "没有一种情形要交" in page.text and "只有一种情形" in page.text
    tried = cases_post(person, uid, [("days-late", "9")], do="try", take={"late": ["form"]}, status=200)
    panel = re.search(r'data-part="try".*?</section>', tried.text, re.S).group(0)
    assert "<li>《申请表》</li>" in panel and "<li>居民身份证</li>" not in panel and "9 个工作日" in panel and "补登记" in panel
    assert desk.read(lambda site: site.at(ITEM + "/late").draft) is None
    pairs = put(pairs_of(form_of(page)), "days-late", "90")
    answer = person.app.post(f"/desk/doc/{uid}/cases/try", pairs)
    assert "90 个工作日" in answer.json["try"] and "承诺时限长于法定时限" in answer.json["checks"] and desk.read(lambda site: site.at(ITEM + "/late").draft) is None


def test_cases_page_keeps_what_was_typed_when_it_cannot_save(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    wrong = cases_post(person, uid, [("name-late", ""), ("days-late", "三天"), ("hint-late", HOSTILE)], status=422)
    assert "不是天数" in wrong.text and 'value="三天"' in wrong.text and "要有名称" in wrong.text and "<script>alert" not in wrong.text
    page = person.get(f"/desk/doc/{uid}/cases")
    late = {**values(desk, ITEM + "/late"), "name": "对方改的"}
    desk.change(lambda site: publication.save(site.at(ITEM + "/late"), late, SYSTEM, base=None))
    pairs = [*put(pairs_of(form_of(page)), "name-late", "我改的"), ("do", "save")]
    both = person.app.post(f"/desk/doc/{uid}/cases", pairs, status=422)
    assert "对方改的" in both.text and 'value="我改的"' in both.text and values(desk, ITEM + "/late")["name"] == "对方改的"
    again = [pair for pair in pairs_of(form_of(both)) if pair[0] != "do"]
    person.app.post(f"/desk/doc/{uid}/cases", [*again, ("do", "save")], status=303)
    assert values(desk, ITEM + "/late")["name"] == "我改的"


def test_a_case_in_review_is_locked_on_the_page(desk):
    person, uid = desk.person("edit.a"), desk.at(ITEM)
    cases_post(person, uid, [("hint-late", "新的提示")], status=303)
    submit(desk, ITEM + "/late")
    page = person.get(f"/desk/doc/{uid}/cases")
    assert "要改先撤回送审" in page.text and 'name="base-late"' not in page.text
    pairs = [*pairs_of(form_of(page)), ("base-late", "forged"), ("name-late", "偷改"), ("do", "save")]
    person.app.post(f"/desk/doc/{uid}/cases", pairs)
    assert values(desk, ITEM + "/late")["name"] == "补登记"


def test_every_kind_has_a_page_and_a_form(desk):
    """A document of each kind that the small site has opens at the desk."""
    with desk.db.transaction() as connection:
        documents = [(uid, document.kind) for uid, document in open_site(connection).documents.items()]
    grant(desk, "edit.a", "editor", "directory")
    person = desk.person("edit.a")
    for uid, kind in documents:
        assert person.get(f"/desk/doc/{uid}").status_int == 200
        assert person.get(f"/desk/doc/{uid}/edit", status=303).location
        assert opened(person, uid, sections_of(kind)[0].name).status_int == 200
    assert len({kind for _, kind in documents}) >= 7 and set(SECTIONS) == set(all_kinds())
