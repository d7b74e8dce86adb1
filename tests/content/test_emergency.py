"""应急发布: at once by one person, kept by a second one within 24 hours, else undone by the worker."""
from datetime import timedelta

import pytest

from govportal.base import clock
from govportal.content import emergency, publication, publish
from govportal.content.integrity import faults
from govportal.worker import Worker
from govportal.workflow.reasons import Refused
from tests.content.desk import C2, EDITOR, NEWS, OTHER_SITE, SIGNER, SITE, act, article, bring, later, released

URGENT = {**NEWS, "title": "紧急：今晚停水", "body": "今晚停水。"}


def at(site):
    return site.at("news/tongzhi/n")


def rush(site, *, public=True, values=URGENT, stage="drafting", **news):
    """A document with an unconfirmed emergency edition."""
    document = article(site, values={**NEWS, **news}, public=public)
    publication.save(document, values, EDITOR, base=None)
    bring(document, stage)
    act(document, "override", SITE, note="管网爆裂", **C2)
    return document


def step(small, **delta):
    worker = Worker(small.db, small.var / "heads", small.var / "beat")
    with later(**delta):
        worker.step(), worker.step()


def sound(small):
    return small.change(lambda site: list(faults(site)))


def test_confirmed_in_time_it_stays(small):
    app = small.app()
    small.change(lambda site: rush(site) and None)
    assert "今晚停水" in app.get("/news/tongzhi/n").text

    def confirm(site):
        document = at(site)
        assert emergency.waiting(site, clock.now()) == [document] and document.live.steps[-1][:2] == ("override", SITE.id) and document.live.steps[-1].note == "管网爆裂"
        with pytest.raises(Refused, match="不能自己确认"):
            act(document, "confirm", SITE)
        with pytest.raises(Refused, match="权限"):
            act(document, "confirm", SIGNER)
        act(document, "confirm", OTHER_SITE, base=document.live.uid, note="属实")
        assert document.events[-1][:2] == ("confirm", OTHER_SITE.id) and emergency.waiting(site, clock.now()) == []
        with pytest.raises(Refused, match="没有等待确认"):
            act(document, "confirm", OTHER_SITE)
        return [record["action"] for record in site.audit.newest(3)], [record["reason"] for record in site.audit.newest(9) if record["action"] == "content.override"]
    actions, reasons = small.change(confirm)
    assert "content.confirm" in actions and reasons == ["管网爆裂"]
    step(small, hours=25)
    assert "今晚停水" in app.get("/news/tongzhi/n").text and sound(small) == []


@pytest.mark.parametrize("stage", ["drafting", "returned", "review", "signoff", "signed"])
def test_not_confirmed_the_former_edition_comes_back_as_a_new_one(small, stage):
    app = small.app()
    small.change(lambda site: rush(site, stage=stage) and None)
    step(small, hours=23, minutes=59)
    assert "今晚停水" in app.get("/news/tongzhi/n").text
    step(small, hours=24, seconds=2)
    assert "今晚停水" not in app.get("/news/tongzhi/n").text and "明天停水" in app.get("/news/tongzhi/n").text

    def look(site):
        document = at(site)
        assert (document.live.number, document.live.values["title"], [edition.number for edition in document.superseded]) == (3, NEWS["title"], [2, 1])
        assert document.emergency is None and publication.state_of(document) == "live" and "恢复第 1 版" in document.live.note
        return [record["action"] for record in site.audit.newest(5)].count("content.override-undone")
    assert small.change(look) == 1
    step(small, hours=50)
    assert small.change(look) == 1 and sound(small) == []


def test_where_there_was_none_the_document_is_taken_down_and_not_offered_again_without_review(small):
    app = small.app()
    small.change(lambda site: rush(site, public=False) and None)
    step(small, hours=24, seconds=2)
    assert "没有按时经第二人确认" in app.get("/news/tongzhi/n", status=410).text

    def again(site):
        document = at(site)
        assert publication.state_of(document) == "ended"
        with pytest.raises(Refused, match="不能“重新公开”"):
            act(document, "restore", SIGNER)
        released(document, URGENT)
    small.change(again)
    assert "今晚停水" in app.get("/news/tongzhi/n").text and sound(small) == []


def test_a_confirmation_after_the_time_is_refused_also_before_the_worker_came(small):
    small.change(lambda site: rush(site) and None)
    with later(hours=24, seconds=1), pytest.raises(Refused, match="时间.*已过"):
        small.change(lambda site: act(at(site), "confirm", OTHER_SITE))


def test_an_edition_that_was_reviewed_meanwhile_stays(small):
    app = small.app()
    small.change(lambda site: rush(site) and None)
    small.change(lambda site: released(at(site), {**NEWS, "body": "已修好。"}) and None)
    with pytest.raises(Refused, match="新的版本取代"):
        small.change(lambda site: act(at(site), "confirm", OTHER_SITE))
    step(small, hours=25)
    assert "已修好" in app.get("/news/tongzhi/n").text and small.change(lambda site: (at(site).emergency, at(site).live.number)) == (None, 3)


def test_withdrawn_meanwhile_it_stays_withdrawn_and_what_was_unconfirmed_does_not_return(small):
    app = small.app()
    small.change(lambda site: rush(site) and None)
    small.change(lambda site: act(at(site), "withdraw", SIGNER, note="核实中", mode="gone"))
    step(small, hours=25)
    assert "核实中" in app.get("/news/tongzhi/n", status=410).text
    small.change(lambda site: act(at(site), "restore", SIGNER))
    assert "明天停水" in app.get("/news/tongzhi/n").text and sound(small) == []


def test_one_that_is_withdrawn_can_still_be_confirmed(small):
    small.change(lambda site: rush(site) and None)
    small.change(lambda site: act(at(site), "withdraw", SIGNER, note="核实中", mode="banner"))
    small.change(lambda site: act(at(site), "confirm", OTHER_SITE))
    step(small, hours=25)
    assert small.change(lambda site: at(site).live.values["title"]) == URGENT["title"]


@pytest.mark.parametrize("mode", ["gone", "redirect"])
def test_what_was_withdrawn_before_is_withdrawn_again(small, mode):
    def story(site):
        article(site, "target")
        document = article(site)
        act(document, "withdraw", SIGNER, note="过时", mode=mode, to="/news/tongzhi/target")
        publication.save(document, URGENT, EDITOR, base=None)
        act(document, "override", SITE, note="急", **C2)
        assert document.withdrawal is None
    small.change(story)
    step(small, hours=25)
    assert small.change(lambda site: (at(site).withdrawal.mode, at(site).withdrawal.reason, at(site).live.values["title"], dict(site.leads or {}))) == (
        mode, "过时", NEWS["title"], {small.change(lambda site: at(site).uid): "/news/tongzhi/target"} if mode == "redirect" else {})
    assert sound(small) == []


def test_a_redirect_that_would_lead_in_a_circle_by_now_is_not_made_again(small):
    def story(site):
        target, document = article(site, "target"), article(site)
        act(document, "withdraw", SIGNER, note="过时", mode="redirect", to="/news/tongzhi/target")
        publication.save(document, URGENT, EDITOR, base=None)
        act(document, "override", SITE, note="急", **C2)
        act(target, "withdraw", SIGNER, note="合并", mode="redirect", to="/news/tongzhi/n")
    small.change(story)
    step(small, hours=25)
    assert small.change(lambda site: at(site).withdrawal.mode) == "gone"


def test_what_would_have_ended_meanwhile_does_not_come_back(small):
    app = small.app()
    ends = clock.stamp(clock.now() + timedelta(hours=5))
    small.change(lambda site: rush(site, expires=ends) and None)
    step(small, hours=25)
    app.get("/news/tongzhi/n", status=410)
    assert small.change(lambda site: publication.state_of(at(site))) == "ended" and sound(small) == []


def test_a_second_emergency_does_not_buy_time(small):
    small.change(lambda site: rush(site) and None)

    def again(site):
        document = at(site)
        publication.save(document, {**URGENT, "title": "紧急：更正"}, EDITOR, base=None)
        act(document, "override", OTHER_SITE, note="更正", **C2)
        assert document.emergency.former == 1 and document.emergency.by == OTHER_SITE.id
    with later(hours=20):
        small.change(again)
    step(small, hours=24, seconds=2)
    assert small.change(lambda site: (at(site).live.values["title"], at(site).live.number)) == (NEWS["title"], 4) and sound(small) == []


def test_a_draft_begun_from_the_undone_text_is_told(small):
    def edit(site):
        rush(site)
        publication.save(at(site), {**URGENT, "summary": "补充"}, EDITOR, base=at(site).live.uid)
    small.change(edit)
    step(small, hours=25)
    with pytest.raises(Refused, match="第 4 版已经公开"):
        small.change(lambda site: act(at(site), "submit", EDITOR, **C2))


@pytest.mark.parametrize(("inputs", "word"), [({**C2}, "写明原因"), ({"note": "急"}, "公开属性"), ({**C2, "note": "急", "openness": "不予公开"}, "不能在网站发布")])
def test_it_is_not_a_way_round_reason_openness_and_rules(small, inputs, word):
    def story(site):
        document = article(site, public=False)
        with pytest.raises(Refused, match=word):
            act(document, "override", SITE, **inputs)
        publication.save(document, {}, EDITOR, base=None)
        with pytest.raises(Refused, match="“标题”必填"):
            act(document, "override", SITE, note="急", **C2)
        assert document.live is None and document.emergency is None and publication.stage_of(document) == "drafting"
    small.change(story)


def test_the_wake_up_of_another_end_at_the_same_moment_is_enough(small):
    """Entries of ``due`` may fall on the same moment; what is to be done is read from the document."""
    now = clock.now()
    with clock.override(lambda: now):
        small.change(lambda site: rush(site) and None)

        def plan(site):
            document = at(site)
            publish.save_draft(document, publish.clean("NewsArticle", {**NEWS, "title": "排定的"}), actor="x")
            publish.publish(document, actor="x", at=now + timedelta(hours=24))
        small.change(plan)
    step(small, hours=24, seconds=2)
    assert small.change(lambda site: (at(site).live.values["title"], at(site).emergency)) == ("排定的", None) and sound(small) == []
