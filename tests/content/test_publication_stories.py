"""Stories of review: four eyes, public by the rules, returned, stale, scheduled, given away, drafts kept."""
from datetime import timedelta

import pytest

from govportal.base import clock
from govportal.content import history, publication, publish
from govportal.content.integrity import faults
from govportal.content.kinds import all_kinds
from govportal.content.model import Remark, Secrecy
from govportal.content.moving import move
from govportal.content.publication import save
from govportal.content.site import open_site
from govportal.worker import Worker
from govportal.workflow.actors import SYSTEM, Scope
from govportal.workflow.reasons import Refused
from tests.conftest import ITEM
from tests.content.desk import C2, EDITOR, NEWS, REVIEWER, SECRECY, SIGNER, SITE, Person, act, article, bring, later, released


def item(site):
    return site.at("items/one/one")


def refused(word, work):
    with pytest.raises(Refused, match=word):
        work()


# ---- four eyes (C1)

def test_whoever_wrote_any_part_of_it_cannot_approve_clear_or_sign(small):
    second = Person("zhou", "editor", "reviewer", "legality", "signer")
    third = Person("wu", "editor", "reviewer", "legality", "signer")

    def story(site):
        document = item(site)
        draft = save(document, ITEM, second, base=None)
        save(document, {**ITEM, "hot": 2}, EDITOR, base=draft.uid)
        assert document.draft.writers == (second.id, EDITOR.id)
        act(document, "submit", EDITOR, **C2)
        refused("没有写过", lambda: act(document, "approve", second))
        act(document, "approve", third)
        refused("没有写过", lambda: act(document, "clear", second))
        act(document, "clear", third)
        refused("没有写过", lambda: act(document, "sign", second))
        refused("另一人签发", lambda: act(document, "sign", third))
        act(document, "sign", SIGNER)
        act(document, "publish", SIGNER)
        assert [(step.action, step.name) for step in document.live.steps] == [
            ("submit", "EDITOR-0"), ("approve", "WU"), ("clear", "WU"), ("sign", "SIGNER-0"), ("publish", "SIGNER-0")]
        assert all(step.at.tzinfo for step in document.live.steps)
    small.change(story)


def test_approval_of_an_earlier_text_does_not_count(small):
    both = Person("zhou", "reviewer", "signer")

    def story(site):
        document = article(site, public=False)
        act(document, "submit", EDITOR, **C2)
        act(document, "approve", both)
        act(document, "return", SIGNER, note="改标题")
        save(document, {**NEWS, "title": "新标题"}, EDITOR, base=document.draft.uid)
        act(document, "submit", EDITOR, **C2)
        refused("现在是“待审核、未公开”，不能“签发”", lambda: act(document, "sign", SIGNER))
        act(document, "approve", REVIEWER)
        act(document, "sign", both)         # what they approved was another text
        assert publication.stage_of(document) == "signed"
    small.change(story)


def test_a_deputy_signs_with_the_name_of_the_absent(small):
    def story(site):
        document = article(site, public=False)
        act(document, "submit", EDITOR, **C2)
        act(document, "approve", Person("li", "reviewer", absent="王科长"))
        assert document.draft.steps[-1].name == "LI（代王科长）"
    small.change(story)


# ---- openness and secrecy (C2), times (C3)

@pytest.mark.parametrize(("inputs", "word"), [
    ({}, "先选公开属性"), ({"openness": "主动公开"}, "先做保密审查"), ({"secrecy": SECRECY}, "先选公开属性"),
    ({**C2, "openness": "不予公开"}, "不能在网站发布"), ({**C2, "openness": "依申请公开"}, "只向申请人提供"), ({**C2, "openness": "公开"}, "请选：主动公开"),
    ({**C2, "secrecy": Secrecy("", "2026-01-04")}, "审查人的姓名"), ({**C2, "secrecy": Secrecy("甲", "昨天")}, "不是日期"), ({**C2, "secrecy": Secrecy("甲", "2999-01-01")}, "不能晚于今天")])
def test_nothing_goes_to_review_without_openness_and_secrecy(small, inputs, word):
    def story(site):
        document = article(site, public=False)
        refused(word, lambda: act(document, "submit", EDITOR, **inputs))
        refused(word, lambda: act(document, "override", SITE, note="急", **inputs))
        assert publication.stage_of(document) == "drafting" and document.live is None
    small.change(story)


@pytest.mark.parametrize(("openness", "secrecy", "word"), [("", SECRECY, "公开属性"), ("主动公开", None, "保密审查"), ("不予公开", SECRECY, "不能在网站发布"),
                                                            ("依申请公开", SECRECY, "只向申请人提供")])
def test_what_is_not_recorded_or_not_public_is_never_published(small, openness, secrecy, word):
    def story(site):
        document = bring(article(site, public=False), "signed")
        document.draft.openness, document.draft.secrecy = openness, secrecy        # as a program from elsewhere may have left it
        refused(word, lambda: act(document, "publish", SIGNER, **C2))               # nor does it help to say so only now
        assert document.live is None
    small.change(story)


def test_a_changed_text_passes_the_secrecy_check_again(small):
    def story(site):
        document = bring(article(site, public=False), "returned")
        save(document, {**NEWS, "title": "改了"}, EDITOR, base=document.draft.uid)
        refused("保密审查", lambda: act(document, "submit", EDITOR))
        act(document, "submit", EDITOR, secrecy=Secrecy("保密员乙", "2026-01-05"))      # the openness is kept
        found = document.draft.secrecy
        assert (document.draft.openness, found.by, found.on, found.recorded_by) == ("主动公开", "保密员乙", "2026-01-05", EDITOR.id)
        act(document, "recall", EDITOR)
        act(document, "submit", EDITOR)                                                  # nothing changed
    small.change(story)


@pytest.mark.parametrize(("inputs", "word"), [({"at": -60}, "倒填"), ({"at": 60, "ends": 30}, "晚于上线"), ({"ends": -1}, "晚于上线")])
def test_times_are_not_forged(small, inputs, word):
    def story(site):
        document = bring(article(site, public=False), "signed")
        now = clock.now()
        refused(word, lambda: act(document, "publish", SIGNER, **{name: now + timedelta(seconds=seconds) for name, seconds in inputs.items()}))
        refused("带时区", lambda: act(document, "publish", SIGNER, at=now.replace(tzinfo=None)))
        assert document.live is None and publication.stage_of(document) == "signed" and [step.action for step in document.draft.steps][-1] == "sign"
    small.change(story)


# ---- drafts

def test_a_half_filled_draft_is_kept_and_told_what_it_lacks(small):
    def story(site):
        document = publication.begin(site.at("news/tongzhi"), "half", "NewsArticle", {"summary": "只有摘要"}, EDITOR)
        assert document.draft.values["title"] == "" and document.draft.values["summary"] == "只有摘要"
        with pytest.raises(Refused) as error:
            act(document, "submit", EDITOR, **C2)
        assert {reason.field for reason in error.value.reasons} >= {"栏目", "标题", "发布时间"}
        with pytest.raises(Refused) as error:
            publish.publish(document, actor="x")
        assert "“标题”必填" in str(error.value)
        refused("不是日期", lambda: save(document, {"published_at": "昨天"}, EDITOR, base=document.draft.uid))
        refused("不认识的字段", lambda: save(document, {"titel": "x"}, EDITOR, base=document.draft.uid))
    small.change(story)
    assert not list(small.change(lambda site: list(faults(site))))


@pytest.mark.parametrize("kind", all_kinds())
def test_everything_that_reads_a_draft_bears_an_empty_one(small, kind):
    def story(site):
        declared = all_kinds()[kind]
        values = publish.clean_draft(kind, {})
        assert publish.clean_draft(kind, values) == values and set(declared.missing(values)) == {node.title for node in declared.schema.children if node.required}
        parent = {"ImplementationItem": "items/one", "HandlingItem": "items/one/one", "Guide": "items/one/one", "ReviewRules": "items/one/one", "NewsArticle": "news/tongzhi"}.get(kind, declared.home)
        document = publish.create(site.at(parent), "empty", kind, actor="x")
        publish.save_draft(document, values, actor="x")
        assert isinstance(declared.heading(values), str) and list(declared.codes(values)) == [] and list(declared.references(values)) == []
        publish.publish_reasons(document, values)
        assert publication.available(document, SYSTEM) and publication.scope_of(document).path
        assert history.history(document)[0].state == "draft"
    small.change(story)
    assert small.change(lambda site: list(faults(site))) == []


def test_a_draft_in_review_is_not_written_to_and_a_returned_one_keeps_its_remarks(small):
    def story(site):
        document = article(site, public=False)
        act(document, "submit", EDITOR, **C2)
        refused("先撤回送审", lambda: save(document, NEWS, EDITOR, base=document.draft.uid))
        refused("要改什么", lambda: act(document, "return", REVIEWER))
        act(document, "return", REVIEWER, remarks=[("title", "太长"), ("body", "  ")])
        assert publication.stage_of(document) == "returned" and publication.waits_for(document) == ("editor",)
        assert [(one.field, one.text, one.name) for one in document.draft.remarks] == [("title", "太长", "REVIEWER-0")] and isinstance(document.draft.remarks[0], Remark)
        save(document, {**NEWS, "title": "短"}, EDITOR, base=document.draft.uid)
        assert publication.stage_of(document) == "drafting" and document.draft.remarks[0].text == "太长"
        act(document, "submit", EDITOR, **C2)
        assert document.draft.remarks == () and document.draft.steps[1].remarks[0].text == "太长" and [step.action for step in document.draft.steps] == ["submit", "return", "submit"]
        act(document, "return", REVIEWER, note="还是长")
        assert document.draft.remarks[0][:2] == ("", "还是长")
    small.change(story)


def test_two_editors_neither_overwrites_the_other(small):
    def story(site):
        document, other = item(site), Person("zhou", "editor")
        base = publication.current(document).uid
        first = save(document, {**ITEM, "hot": 5}, EDITOR, base=base)
        refused("另一份", lambda: save(document, {**ITEM, "hot": 6}, other, base=base))
        assert document.draft is first and first.values["hot"] == 5
        assert save(document, {**ITEM, "hot": 5}, EDITOR, base=base) is first          # a second click on save
        refused("另一份", lambda: save(document, {**ITEM, "hot": 5}, other, base=base))
        save(document, {**ITEM, "hot": 6}, other, base=first.uid, note="改排序", change="minor")
        assert (document.draft.note, document.draft.change, document.draft.author_name, first.number) == ("改排序", "minor", "ZHOU", document.draft.number)
        refused("又改过", lambda: act(document, "submit", EDITOR, base=first.uid, **C2))
        refused("改动", lambda: save(document, {**ITEM, "hot": 7}, other, base=None, change="huge"))
    small.change(story)


def test_a_reviewer_does_not_approve_a_text_they_have_not_seen(small):
    def story(site):
        document = article(site, public=False)
        act(document, "submit", EDITOR, **C2)
        seen = document.draft.uid
        act(document, "recall", EDITOR)
        save(document, {**NEWS, "title": "偷换"}, EDITOR, base=seen)
        act(document, "submit", EDITOR, **C2)
        refused("又改过", lambda: act(document, "approve", REVIEWER, base=seen))
        act(document, "approve", REVIEWER, base=document.draft.uid)
    small.change(story)


def test_a_second_click_is_refused_kindly(small):
    def story(site):
        document = bring(article(site, public=False), "review")
        refused("已经是“待审核”，不用再点", lambda: act(document, "submit", EDITOR, **C2))
        act(document, "approve", REVIEWER)
        refused("已经是“待签发”，不用再点", lambda: act(document, "approve", REVIEWER))
        act(document, "sign", SIGNER)
        refused("也许别人刚处理过", lambda: act(document, "approve", REVIEWER))
        act(document, "publish", SIGNER)
        refused("已经是“已公开”", lambda: act(document, "publish", SIGNER))
        refused("没有这个操作", lambda: act(document, "burn", SIGNER))
        refused("编辑页面", lambda: act(document, "save", EDITOR))
    small.change(story)


def test_only_its_writers_or_whoever_is_in_charge_recall(small):
    def story(site):
        document, other = bring(article(site, public=False), "review"), Person("zhou", "editor")
        refused("写过这份稿子", lambda: act(document, "recall", other))
        act(document, "assign", REVIEWER, to=other.id)
        assert document.assignee == other.id
        act(document, "recall", other)
        assert publication.stage_of(document) == "drafting"
    small.change(story)


def test_former_drafts_are_kept_but_not_for_ever(small):
    def story(site):
        site.settings = {**site.settings, "keep_drafts": 3}
        document = article(site)
        for number in range(6):
            save(document, {**NEWS, "title": f"第{number}稿"}, EDITOR, base=None)
        assert [entry.state for entry in history.history(document)] == ["draft", "kept", "kept", "kept", "live"]
        assert [edition.values["title"] for edition in document.draft_history.values()] == ["第2稿", "第3稿", "第4稿"]
        kept = next(entry for entry in history.history(document) if entry.state == "kept")
        refused("已有一份草稿", lambda: history.restore_as_draft(document, kept.uid, EDITOR))
        history.restore_as_draft(document, kept.uid, EDITOR, base=document.draft.uid)
        assert document.draft.values["title"] == "第4稿" and "第5稿" in [edition.values["title"] for edition in document.draft_history.values()]
        bring(document, "signed")
        act(document, "publish", SIGNER)
        assert {edition.number for edition in document.draft_history.values()} == {document.live.number}      # how this edition came about
        released(document, {**NEWS, "title": "下一版"})
        assert not document.draft_history and len(document.superseded) == 2                                    # what was public stays
    small.change(story)


def test_a_discarded_draft_can_be_had_again_and_a_new_document_goes(small):
    def story(site):
        document = article(site)
        before = document.last_number
        save(document, {**NEWS, "title": "改坏了"}, EDITOR, base=None)
        publication.discard(document, EDITOR, document.draft.uid)
        assert document.draft is None and document.last_number == before and document.live.values["title"] == NEWS["title"]
        history.restore_as_draft(document, document.draft_history[1].uid, EDITOR)
        assert document.draft.values["title"] == "改坏了" and document.draft.note.startswith("恢复")
        fresh = article(site, "fresh", public=False)
        refused("又改过", lambda: publication.discard(fresh, EDITOR, "another"))
        publication.discard(fresh, EDITOR, fresh.draft.uid)
        assert site.document(fresh.uid) is None and site.at("news/tongzhi/fresh") is None
        top = publication.begin(site["items"], "fresh", "DirectoryItem", {}, Person("d", "directory"))
        publication.begin(top, "below", "ImplementationItem", {}, EDITOR)
        refused("下面还有", lambda: publication.discard(top, Person("d", "directory"), None))
    small.change(story)
    assert small.change(lambda site: list(faults(site))) == []


def test_an_import_beside_a_draft_loses_nothing_and_the_editor_is_told(small):
    def story(site):
        document = article(site)
        draft = save(document, {**NEWS, "title": "我的改动"}, EDITOR, base=None)
        publish.put(document, {**NEWS, "summary": "导入的摘要"}, actor="import")
        assert document.draft is draft and document.live.values["summary"] == "导入的摘要" and document.superseded[0].values["summary"] == ""
        refused("第 3 版已经公开", lambda: act(document, "submit", EDITOR, **C2))
        act(document, "rebase", EDITOR)
        refused("不用对照", lambda: act(document, "rebase", EDITOR))
        bring(document, "signed")
        act(document, "publish", EDITOR)
        assert document.live.number > document.superseded[0].number > document.superseded[1].number      # public numbers only grow
    small.change(story)
    assert small.change(lambda site: list(faults(site))) == []


def test_a_draft_travels_with_export_though_half_filled(small, tmp_path):
    from govportal.content.transfer import dump, load
    small.change(lambda site: publication.begin(site.at("news/tongzhi"), "half", "NewsArticle", {"summary": "只有摘要"}, EDITOR))
    with small.db.transaction() as connection:
        dump(open_site(connection), tmp_path / "out")

    def again(site):
        document = site.at("news/tongzhi/half")
        publication.discard(document, EDITOR, None)
        load(site, tmp_path / "out", actor="import")
        return site.at("news/tongzhi/half").draft.values["summary"]
    assert small.change(again) == "只有摘要"


# ---- whose it is

GONGAN, MINZHENG, NEWSROOM = Person("a", "editor", "reviewer", org="gongan"), Person("b", "editor", org="minzheng"), Person("c", "editor", path="/news/tongzhi")


def test_nobody_gives_a_document_to_another_department_or_takes_one(small):
    def story(site):
        publish.put(publish.create(site.at("shared/organisations"), "minzheng", "Organisation", actor="x"), {"name": "民政局"}, actor="x")
        document, both = item(site), Person("e", "editor")
        refused("权限", lambda: save(document, {**ITEM, "org": "minzheng"}, GONGAN, base=None))       # give away
        refused("权限", lambda: save(document, {**ITEM, "org": "minzheng"}, MINZHENG, base=None))     # take
        refused("权限", lambda: save(document, ITEM, MINZHENG, base=None))
        refused("权限", lambda: publication.begin(site.at("items/one"), "two", "ImplementationItem", {**ITEM, "org": "minzheng"}, GONGAN))
        refused("权限", lambda: publication.begin(site.at("items/one"), "two", "ImplementationItem", {}, GONGAN))      # nobody's yet
        save(document, {**ITEM, "org": "minzheng"}, both, base=None)
        assert publication.scope_of(document) == Scope("/items/one/one", "minzheng", "990100")
        refused("权限", lambda: act(document, "submit", MINZHENG, **C2))                            # it is still the other's in public
        refused("权限", lambda: act(document, "submit", GONGAN, **C2))
        act(document, "submit", both, **C2)
        refused("权限", lambda: act(document, "approve", GONGAN))
    small.change(story)


def test_guide_and_case_belong_to_whom_the_item_belongs(small):
    def story(site):
        guide, case = site.at("items/one/one/guide"), site.at("items/one/one/late")
        assert publication.scope_of(guide) == Scope("/items/one/one/guide", "gongan", "990100") and publication.scope_of(case)[1:] == ("gongan", "990100")
        save(guide, {"summary": "新的"}, GONGAN, base=None)
        refused("权限", lambda: save(guide, {"summary": "新的"}, MINZHENG, base=None))
        refused("权限", lambda: save(case, {"name": "补登记", "listed": True, "org": "minzheng"}, GONGAN, base=None))   # a row that would be listed as another's
        assert publication.scope_of(site.at("items/one")) == Scope("/items/one") and publication.scope_of(site.at("shared/organisations/gongan")).org == "gongan"
        assert publication.scope_of(site.at("shared/places/hall")).org == "gongan"
    small.change(story)


def test_a_role_on_one_column_does_not_write_in_another(small):
    def story(site):
        publish.put(publish.create(site["news"], "other", "Channel", actor="x"), {"name": "别的栏目"}, actor="x")
        document = publication.begin(site.at("news/tongzhi"), "n", "NewsArticle", NEWS, NEWSROOM)
        refused("所在的栏目", lambda: save(document, {**NEWS, "channel": "other"}, NEWSROOM, base=None))
        refused("权限", lambda: publication.begin(site.at("news/other"), "n", "NewsArticle", {**NEWS, "channel": "other"}, NEWSROOM))
    small.change(story)


def test_moving_needs_the_role_at_both_places_and_tells_the_column(small):
    def story(site):
        publish.put(publish.create(site["news"], "other", "Channel", actor="x"), {"name": "别的栏目"}, actor="x")
        document, other = article(site), site["news"]["other"]
        save(document, {**NEWS, "summary": "草稿"}, EDITOR, base=None)
        refused("签发人移动", lambda: move(document, other, "n", EDITOR))
        refused("签发人移动", lambda: move(document, other, "n", Person("s", "signer", path="/news/tongzhi")))
        refused("不能放在", lambda: move(document, site["pages"], "n", SIGNER))
        move(document, other, "n", SIGNER)
        assert document.live.values == {**publish.clean("NewsArticle", NEWS), "channel": "other"} and document.draft.values["channel"] == "other"
        bring(document, "signed")
        act(document, "publish", SIGNER)
        act(document, "withdraw", SIGNER, note="x", mode="gone")
        refused("先重新公开", lambda: move(document, site["news"]["tongzhi"], "n", SIGNER))
        fresh = article(site, "fresh", public=False)
        move(fresh, other, "fresh", EDITOR)
        assert site.at("news/other/fresh").draft.values["channel"] == "other"
        refused("已有内容", lambda: move(fresh, other, "n", EDITOR))
    small.change(story)
    assert small.change(lambda site: list(faults(site))) == [] and small.app().get("/news/tongzhi/n", status=301).location.endswith("/news/other/n")


# ---- schedule, withdrawal, old editions

def test_scheduled_taken_back_and_scheduled_again(small):
    worker, start = Worker(small.db, small.var / "heads", small.var / "beat"), clock.now() + timedelta(hours=2)

    def schedule(site):
        document = bring(article(site, public=False), "signed")
        act(document, "publish", SIGNER, at=start)
        assert publication.state_of(document) == "scheduled" and publication.stage_of(document) == ""
        refused("哪一版", lambda: act(document, "unschedule", SIGNER, base="other"))
        act(document, "unschedule", SIGNER, base=document.scheduled[0].uid)
        assert publication.stage_of(document) == "signed" and not document.scheduled and publication.state_of(document) == "new"
        act(document, "publish", SIGNER, at=start + timedelta(hours=1), ends=start + timedelta(hours=3))
    small.change(schedule)
    app = small.app()
    for hours, status in ((2.1, 404), (3.1, 200), (5.5, 410)):      # the first time was taken back
        with later(hours=hours):
            worker.step(), worker.step()
            app.get("/news/tongzhi/n", status=status)
    steps = small.change(lambda site: [step.action for step in site.at("news/tongzhi/n").superseded[0].steps])
    assert steps == ["submit", "approve", "sign", "publish", "unschedule", "publish"] and small.change(lambda site: list(faults(site))) == []


def test_the_old_page_stays_until_the_new_one_is_published(small):
    app = small.app()
    small.change(lambda site: save(item(site), {**ITEM, "promise_limit": {"days": 6}}, EDITOR, base=None) and None)
    for action, actor, inputs in (("submit", EDITOR, C2), ("approve", REVIEWER, {}), ("clear", Person("legality"), {}), ("sign", SIGNER, {}), ("publish", EDITOR, {})):
        assert "5<small>个工作日" in app.get("/items/one/one").text
        small.change(lambda site, action=action, actor=actor, inputs=inputs: act(item(site), action, actor, **inputs))
    assert "6<small>个工作日" in app.get("/items/one/one").text


def test_withdrawn_and_offered_again(small):
    app = small.app()

    def take_down(site):
        document = article(site)
        refused("原因", lambda: act(document, "withdraw", SIGNER, mode="gone"))
        refused("撤回方式", lambda: act(document, "withdraw", SIGNER, note="有误"))
        refused("站内没有", lambda: act(document, "withdraw", SIGNER, note="有误", mode="redirect", to="/nowhere"))
        act(document, "withdraw", SIGNER, note="内容有误", mode="gone", base=document.live.uid)
        assert publication.state_of(document) == "withdrawn" and document.events[-1][:3] == ("withdraw", SIGNER.id, SIGNER.name)
    small.change(take_down)
    assert "内容有误" in app.get("/news/tongzhi/n", status=410).text
    small.change(lambda site: act(site.at("news/tongzhi/n"), "restore", SIGNER))
    assert "明天停水" in app.get("/news/tongzhi/n").text


def test_a_child_waits_for_its_parent(small):
    def story(site):
        top = publication.begin(site["items"], "fresh", "DirectoryItem", {"name": "新", "type": "行政确认", "legal_basis": [{"law": "甲"}]}, Person("d", "directory"))
        below = publication.begin(top, "below", "ImplementationItem", ITEM, EDITOR)
        refused("先发布目录清单", lambda: act(below, "submit", EDITOR, **C2))       # it inherits from it
        column = publication.begin(site["news"], "fresh", "Channel", {"name": "新栏目"}, EDITOR)
        below = bring(publication.begin(column, "below", "NewsArticle", {**NEWS, "channel": "fresh"}, EDITOR), "signed")
        refused("先发布上级", lambda: act(below, "publish", SIGNER))
        refused("先发布上级", lambda: act(below, "override", SITE, note="急"))
        released(column, {"name": "新栏目"})
        act(below, "publish", SIGNER)
    small.change(story)


def test_an_old_edition_comes_back_as_a_draft(small):
    def story(site):
        document = article(site)
        released(document, {**NEWS, "title": "第二版"})
        released(document, {**NEWS, "title": "第三版"})
        entries = history.history(document, published_only=True)
        assert [(entry.number, entry.state) for entry in entries] == [(3, "live"), (2, "former"), (1, "former")] and entries[0].who == "EDITOR-0"
        assert [step.action for step in entries[1].steps] == ["submit", "approve", "sign", "publish"]
        refused("权限", lambda: history.restore_as_draft(document, 1, REVIEWER))
        refused("没有这一版", lambda: history.restore_as_draft(document, 9, EDITOR))
        history.restore_as_draft(document, 1, EDITOR)
        assert document.draft.values["title"] == NEWS["title"] and document.draft.note == "恢复第 1 版" and document.draft.steps == ()
        assert document.live.values["title"] == "第三版" and history.history(document)[0].state == "draft"
        bring(document, "signed")
        act(document, "publish", SIGNER)
        assert document.live.number == 4 and document.live.values["title"] == NEWS["title"] and len(document.superseded) == 3
    small.change(story)


def test_every_step_is_audited_and_tells_the_desk_alone(small):
    document = small.change(lambda site: article(site, public=False).uid)

    def submit(site):
        for entry in site.journal.pending("desk"):
            site.journal.done("desk", [entry])
        act(site.document(document), "submit", EDITOR, **C2)
        record = site.audit.newest(1)[0]
        return record["action"], record["actor"], record["target"] == document, [entry.uid for entry in site.journal.pending("desk")], site.journal.pending("heads")
    assert small.change(submit) == ("content.submit", EDITOR.id, True, [document], [])


def test_nothing_too_long_or_hostile_is_kept_as_a_note(small):
    def story(site):
        document = bring(article(site, public=False), "review")
        refused("最多", lambda: act(document, "approve", REVIEWER, note="长" * 2001))
        refused("最多", lambda: act(document, "return", REVIEWER, remarks=[("title", "x")] * 101))
        refused("最多", lambda: act(document, "assign", REVIEWER, to="x" * 3000))
        act(document, "return", REVIEWER, remarks=[("<script>", "<script>alert(1)</script>")])
        assert document.draft.remarks[0].text == "<script>alert(1)</script>"        # kept as text; pages escape
    small.change(story)
