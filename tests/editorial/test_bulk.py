"""Bulk actions: preview with reasons, each failure named, undo where nothing came after, rights as by hand, a thousand at once."""
import threading
import time

import pytest

from govportal.content import publish
from govportal.content.integrity import faults
from govportal.content.model import Folder
from govportal.content.site import open_site
from govportal.editorial import bulk, jobs
from govportal.editorial.jobs import JobRefused, Runner
from govportal.worker import Worker
from tests.editorial.conftest import Person, questions, signed

ALL = Person(org="")


def start(desk, action, uids, **params):
    return desk.run(lambda editorial: bulk.begin(editorial, "p1", action, uids, params))


def undo(desk, uid):
    return desk.run(lambda editorial: jobs.undo(editorial, uid, "p1"))


def sound(desk):
    assert desk.do(lambda site, editorial: list(faults(site))) == []


def live(desk, uids):
    return desk.do(lambda site, editorial: [site.document(uid).live.values["title"] if site.document(uid).live is not None else None for uid in uids])


def redraft(site, uid, title, **more):
    document = site.document(uid)
    values = (document.draft or document.live).values
    return publish.save_draft(document, publish.clean("Question", {**values, "title": title, **more}), actor="t")


def more_drafts(site):
    document = publish.create(site["questions"], "new", "Question", actor="t")
    publish.save_draft(document, publish.clean("Question", {"topic": "户籍", "title": "新的", "org": "gongan"}), actor="t")
    return [document.uid]


def test_publish_and_undo_with_what_came_after(desk):
    old, new = desk.do(lambda site, _: (questions(site, 3), questions(site, 2, draft=True)))
    desk.do(lambda site, _: [redraft(site, uid, "新题目").uid for uid in old])
    desk.do(lambda site, _: signed(site, [*old, *new]))
    lines = desk.do(lambda site, _: bulk.preview(site, ALL, "publish", [*old, *new, "unknown"], {}))
    assert [line.ok for line in lines] == [True] * 5 + [False] and lines[5].reasons == ("这份内容已经不在了",)
    job = start(desk, "publish", [*old, *new])
    assert desk.outcome(job) == ("done", {"ok": 5}, []) and live(desk, old) == ["新题目"] * 3
    desk.do(lambda site, _: redraft(site, old[2], "又改了").uid)          # somebody goes on with one
    back = undo(desk, job)
    state, counts, reasons = desk.outcome(back)
    assert (state, counts) == ("done", {"ok": 2, "failed": 3}) and reasons[0] == bulk.LATER and "第 1 版已放进草稿，送审、签发后才公开" in reasons[1]
    assert live(desk, old) == ["新题目"] * 3, "an undo does not get round the review"
    assert desk.do(lambda site, _: [(site.document(uid).draft.values["title"], site.document(uid).draft.stage) for uid in old]) == [
        ("问题 0", "drafting"), ("问题 1", "drafting"), ("又改了", "drafting")]
    assert desk.do(lambda site, _: [site.document(uid).withdrawal.mode for uid in new]) == ["gone", "gone"]
    sound(desk)


def test_publish_refuses_each_by_its_own_reasons(desk):
    good, bad, early = desk.do(lambda site, _: (signed(site, questions(site, 2, draft=True)), questions(site, 1), more_drafts(site)))
    job = start(desk, "publish", [*good, *bad, *early, "gone"])
    state, counts, reasons = desk.outcome(job)
    assert (state, counts) == ("done", {"ok": 2, "failed": 3}) and "现在已经是“已公开”" in reasons[0] and "现在是“起草中、未公开”" in reasons[1] and "不在了" in reasons[2]
    assert desk.see(job, lambda job: [failure.title for failure in job.report]) == ["问题 0", "新的", "gone"]


def test_submit_states_disclosure_and_secrecy_once_for_all(desk):
    uids = desk.do(lambda site, _: questions(site, 2, draft=True))
    with pytest.raises(JobRefused, match="“保密审查人”必填"):
        start(desk, "submit", uids, openness="主动公开", secrecy_on="2026-01-04")
    stated = {"openness": "主动公开", "secrecy_by": "保密员", "secrecy_on": "2026-01-04"}
    assert all(line.ok for line in desk.do(lambda site, _: bulk.preview(site, ALL, "submit", uids, stated)))
    assert "不能晚于今天" in desk.do(lambda site, _: bulk.preview(site, ALL, "submit", uids, {**stated, "secrecy_on": "2999-01-01"}))[0].reasons[0]
    start(desk, "submit", uids, **stated)
    assert desk.do(lambda site, _: [(site.document(uid).draft.stage, site.document(uid).draft.secrecy.by) for uid in uids]) == [("review", "保密员")] * 2
    assert "现在是“待审核" in desk.outcome(start(desk, "set", uids, field="audience", value="企业"))[2][0]
    assert desk.do(lambda site, _: [site.document(uid).draft.values["audience"] for uid in uids]) == ["个人"] * 2, "what is in review is not changed"


def test_withdraw_and_restore(desk):
    uids = desk.do(lambda site, _: questions(site, 3))
    job = start(desk, "withdraw", uids, reason="内容过时", mode="gone")
    assert desk.do(lambda site, _: [site.document(uid).withdrawal.reason for uid in uids]) == ["内容过时"] * 3
    desk.small.change(lambda site: publish.restore(site.document(uids[0]), actor="t"))
    back = undo(desk, job)
    assert desk.outcome(back) == ("done", {"ok": 2, "failed": 1}, [bulk.LATER])
    assert desk.do(lambda site, _: [site.document(uid).withdrawal for uid in uids]) == [None] * 3
    sound(desk)


def test_move_and_back_with_redirects(desk):
    uids = desk.do(lambda site, _: (questions(site, 2), site["questions"].attach("huji", Folder("户籍")))[0])
    for to, message in (("/nowhere", "位置：站内没有“/nowhere”这个位置"), ("/pages", "位置：问答不能放在 /pages 下面"), ("/questions", "位置：已经在这里了")):
        assert [line.reasons for line in desk.do(lambda site, _, to=to: bulk.preview(site, ALL, "move", uids, {"to": to}))] == [(message,)] * 2
    job = start(desk, "move", uids, to="/questions/huji")
    assert desk.do(lambda site, _: (sorted(site["questions"]["huji"].keys()), site.redirects.get("/questions/q0"))) == (["q0", "q1"], uids[0])
    undo(desk, job)
    assert desk.do(lambda site, _: (sorted(site["questions"].keys()), site.redirects.get("/questions/huji/q1"))) == (["huji", "q0", "q1"], uids[1])
    sound(desk)


def test_an_article_moves_with_a_draft_that_names_its_new_column(desk):
    def make(site, _):
        publish.put(publish.create(site["news"], "other", "Channel", actor="t"), {"name": "别处"}, actor="t")
        document = publish.create(site["news"]["tongzhi"], "a", "NewsArticle", actor="t")
        publish.put(document, {"channel": "tongzhi", "title": "停水", "published_at": "2026-01-05 09:00", "body": "停。"}, actor="t")
        return document.uid
    uid = desk.do(make)
    job = start(desk, "move", [uid], to="/news/other")
    assert desk.do(lambda site, _: ("a" in site["news"]["other"], site.document(uid).draft.values["channel"])) == (True, "other")
    undo(desk, job)
    assert desk.do(lambda site, _: ("a" in site["news"]["tongzhi"], site.document(uid).draft.values["channel"])) == (True, "tongzhi")
    sound(desk)


def test_set_an_element_makes_drafts_and_undo_puts_the_former_ones_back(desk):
    uids = desk.do(lambda site, _: questions(site, 3))
    desk.do(lambda site, _: redraft(site, uids[1], "我的草稿").uid)
    desk.do(lambda site, _: redraft(site, uids[2], "已经是", audience="企业").uid)
    assert [line.ok for line in desk.do(lambda site, _: bulk.preview(site, ALL, "set", uids, {"field": "audience", "value": "企业"}))] == [True, True, False]
    wrong = desk.do(lambda site, _: bulk.preview(site, ALL, "set", uids[:1], {"field": "audience", "value": "外星人"}))
    assert "不在代码表里" in wrong[0].reasons[0]
    job = start(desk, "set", uids, field="audience", value="企业")
    assert desk.outcome(job) == ("done", {"ok": 2, "failed": 1}, ["已经是这个值，不用改"])
    assert desk.do(lambda site, _: [(site.document(uid).live.values["audience"], site.document(uid).draft.values["audience"]) for uid in uids]) == [("个人", "企业")] * 3
    undo(desk, job)
    assert desk.do(lambda site, _: (site.document(uids[0]).draft, site.document(uids[1]).draft.values["title"], site.document(uids[1]).draft.values["audience"])) == (None, "我的草稿", "个人")


def test_delete_drafts_and_put_them_back(desk):
    published, fresh = desk.do(lambda site, _: (questions(site, 1), questions(site, 1, draft=True)))
    desk.do(lambda site, _: redraft(site, published[0], "改了一半").uid)
    job = start(desk, "delete", [*published, *fresh])
    assert desk.do(lambda site, _: (site.document(published[0]).draft, site.document(fresh[0]), "d0" in site["questions"])) == (None, None, False)
    assert live(desk, published) == ["问题 0"]
    sound(desk)
    undo(desk, job)
    assert desk.do(lambda site, _: [site.document(uid).draft.values["title"] for uid in [*published, *fresh]]) == ["改了一半", "问题 0"]
    sound(desk)


def test_assign_and_back(desk):
    uids = desk.do(lambda site, _: questions(site, 2))
    job = start(desk, "assign", uids, to="p7")
    assert desk.do(lambda site, _: [site.document(uid).assignee for uid in uids]) == ["p7", "p7"]
    undo(desk, job)
    assert desk.do(lambda site, _: [site.document(uid).assignee for uid in uids]) == ["", ""]


def test_rights_are_those_of_the_work_by_hand(desk):
    """An editor may not publish; another department's editor may not touch; a forged list of uids gains nothing."""
    uids = desk.do(lambda site, _: signed(site, questions(site, 2, draft=True)))
    desk.people["p1"] = Person(roles=("reviewer",))
    state, counts, reasons = desk.outcome(start(desk, "publish", uids))
    assert counts == {"failed": 2} and "“发布”要有" in reasons[0] and live(desk, uids) == [None, None]
    desk.do(lambda site, _: [setattr(site.document(uid).draft, "stage", "drafting") for uid in uids])
    desk.people["p1"] = Person(org="other")
    desk.do(lambda site, _: site["questions"].attach("huji", Folder("户籍")))
    for action, params in (("set", {"field": "audience", "value": "企业"}), ("delete", {}), ("move", {"to": "/questions/huji"}), ("assign", {"to": "x"})):
        assert desk.outcome(start(desk, action, uids, **params))[1] == {"failed": 2}, action
        assert not any(line.ok for line in desk.do(lambda site, _, action=action, params=params: bulk.preview(site, desk.people["p1"], action, uids, params)))


def test_a_field_that_moves_a_document_to_another_department_needs_rights_there(desk):
    uids = desk.do(lambda site, _: (publish.put(publish.create(site["shared"]["organisations"], "other", "Organisation", actor="t"), {"name": "他局"}, actor="t"),
                                    questions(site, 1))[1])
    desk.people["p1"] = Person()
    assert desk.outcome(start(desk, "set", uids, field="org", value="other"))[1] == {"failed": 1}


@pytest.mark.parametrize(("action", "uids", "params", "message"), [
    ("publish", [], {}, "没有选中"), ("withdraw", ["a"], {"mode": "gone"}, "撤回原因"), ("withdraw", ["a"], {"reason": "x", "mode": "burn"}, "撤回方式"),
    ("explode", ["a"], {}, "没有这种"), ("publish", [str(number) for number in range(bulk.MAX_ITEMS + 1)], {}, "一次最多")])
def test_what_cannot_be_started_says_why(desk, action, uids, params, message):
    with pytest.raises(JobRefused, match=message):
        desk.do(lambda site, editorial: bulk.begin(editorial, "p1", action, uids, params))


def test_a_thousand_are_published_while_the_site_answers(desk):
    """≤ 60 s for 1,000, in small transactions; the public page answers all the time and other writers are not refused."""
    uids = desk.do(lambda site, _: signed(site, questions(site, 1000, draft=True)))
    app = desk.small.app(page_cache_mb=0)
    app.get("/items/one/one")         # templates are compiled once
    desk.do(lambda site, editorial: bulk.begin(editorial, "p1", "publish", uids, {}).uid)
    from govportal.editorial.jobkinds import KINDS
    worker = Worker(desk.db, desk.small.var / "heads", desk.small.var / "beat", runner=Runner(desk.db, KINDS, lambda connection, uid, address: ALL))
    thread, began, slowest = threading.Thread(target=worker.run, args=(0.05,), daemon=True), time.monotonic(), 0.0
    thread.start()
    try:
        while desk.do(lambda site, editorial: bool(editorial.jobs.waiting())):
            assert time.monotonic() - began < 60
            asked = time.monotonic()
            assert app.get("/items/one/one").status_int == 200
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.02)
    finally:
        worker.stopping.set()
        thread.join(10)
    assert desk.do(lambda site, _: sum(site.document(uid).live is not None for uid in uids)) == 1000
    assert slowest < 1.5, slowest
    with desk.db.transaction() as connection:
        assert not list(faults(open_site(connection)))
