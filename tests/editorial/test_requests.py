"""Stories of the directory list: every change is a request of other people than those who sign it, and reaches everybody at once."""
from datetime import datetime, timedelta

import pytest
import transaction
from ZODB.POSException import ConflictError

from govportal.base import clock
from govportal.base.identifiers import make_uscc
from govportal.content import publication, publish
from govportal.content.effective import effective
from govportal.content.integrity import faults
from govportal.content.model import Secrecy
from govportal.content.site import open_site
from govportal.editorial import requests, tasks
from govportal.editorial.request_table import TABLE
from govportal.editorial.store import open_editorial
from govportal.worker import Worker, catch_up
from govportal.workflow.reasons import Refused
from tests.conftest import ITEM
from tests.content.desk import EDITOR, LEGALITY, REVIEWER, SIGNER, Person, released

DIRECTORY, OTHER_DIRECTORY = Person("dir-0", "directory"), Person("dir-1", "directory")
CLERK = Person("clerk-0", "editor", org="gongan")
CLERK.org = "gongan"
SECRECY = Secrecy("保密员", "2026-01-04")
BASIS = ({"law": "户口登记条例", "article": "第八条"},)
ROW = {"name": "死亡登记", "type": "行政确认", "main": "", "legal_basis": BASIS}
REASON = "条例修订，第八条已改"
STEPS = (("submit", DIRECTORY), ("approve", REVIEWER), ("clear", LEGALITY), ("sign", SIGNER))


def begin(site, editorial, kind, subjects=(), rows=(), actor=DIRECTORY, **more):
    return requests.begin(editorial, site, kind, subjects, actor, rows=rows, reason=more.pop("reason", REASON), **more)


def bring(site, editorial, request, until="sign", people=STEPS):
    """The request through its review, each step by who does it."""
    for action, actor in people:
        requests.act(editorial, site, request, action, actor, secrecy=SECRECY if action == "submit" else None)
        if action == until:
            return request
    return request


def done(desk, kind, subjects=(), rows=(), **more):
    """A signed request; answers its uid."""
    def work(site, editorial):
        return bring(site, editorial, begin(site, editorial, kind, [site.at(one).uid for one in subjects], rows, **more)).uid
    uid = desk.do(work)
    catch_up(desk.db)
    return uid


def waiting(editorial):
    return [(task.org, task.kind, task.title) for task in editorial.tasks.waiting()]


def row_of(site, **more):
    return {**ROW, "name": "出生登记", "legal_basis": site.at("items/one").live.values["legal_basis"], **more}


def test_a_new_item_comes_from_a_request_to_a_public_page(desk):
    app = desk.small.app()
    def work(site, editorial):
        publish.put(site.shared("organisations", "gongan"), {"name": "示例市公安局", "uscc": make_uscc("11990100", "MA990013")}, actor="t")
        request = bring(site, editorial, begin(site, editorial, "add", rows=[ROW]), "clear")
        assert [one.__name__ for one in site["items"].values()] == ["one"], "nothing before it is signed"
        requests.act(editorial, site, request, "sign", SIGNER)
        item = site.document(request.results[0])
        assert request.stage == "applied" and request.codes == (item.live.head["basic_code"],) and item.__name__ == item.live.head["basic_code"]
        assert (item.live.author, item.live.published_by, item.live.openness) == (DIRECTORY.id, SIGNER.id, "主动公开")
        assert [step.action for step in item.live.steps] == ["submit", "approve", "clear", "sign"]
        released(publication.begin(item, "gongan", "ImplementationItem", ITEM, EDITOR), ITEM)
        return item.__name__
    code = desk.do(work)
    catch_up(desk.db)
    page = app.get(f"/items/{code}/gongan")
    assert "死亡登记" in page and app.get(f"/items/{code}", status=302)
    assert desk.do(lambda site, editorial: (list(faults(site)), len(editorial.requests.newest()))) == ([], 1)


def test_a_changed_name_reaches_every_page_at_once_and_opens_a_task_for_each_department(desk):
    app = desk.small.app()
    def more(site, editorial):
        publish.put(publish.create(site["shared"]["organisations"], "minzheng", "Organisation", actor="t"), {"name": "示例市民政局"}, actor="t")
        publish.put(publish.create(site["items"]["one"], "two", "ImplementationItem", actor="t"), {**ITEM, "org": "minzheng"}, actor="t")
        publish.put(publish.create(site["items"]["one"], "far", "ImplementationItem", actor="t"), {"org": "gongan", "register": {"source": "某省"}}, actor="t")
        return [site.at("items/one/one").live.uid, site.at("items/one/two").live.uid]
    before = desk.do(more)
    catch_up(desk.db)
    assert "出生登记" in app.get("/items/one/one")
    done(desk, "change", ["items/one"], [{**ROW, "name": "新生儿出生登记"}])
    for path in ("/items/one/one", "/items/one/two"):
        assert "新生儿出生登记" in app.get(path)
    def after(site, editorial):
        assert [site.at(f"items/one/{name}").live.uid for name in ("one", "two")] == before, "no copy was made"
        assert site.at("items/one").live.number == 2 and site.at("items/one").superseded[0].head["name"] == "出生登记"
        assert site.at("items/one").live.head["basic_code"], "an item without a code gets one"
        return waiting(editorial)
    assert desk.do(after) == [("gongan", "check", "新生儿出生登记"), ("minzheng", "check", "新生儿出生登记")]


def test_a_split_leaves_a_banner_with_successors_keeps_codes_and_opens_tasks_that_close(desk):
    app = desk.small.app()
    done(desk, "change", ["items/one"], [{**ROW, "name": "出生与收养登记"}])
    def prepare(site, editorial):
        publish.put(publish.create(site["shared"]["organisations"], "minzheng", "Organisation", actor="t"), {"name": "示例市民政局"}, actor="t")
        publish.put(publish.create(site["items"]["one"], "two", "ImplementationItem", actor="t"), {**ITEM, "org": "minzheng"}, actor="t")
        for task in editorial.tasks.waiting():
            tasks.close(editorial, site, task.uid, CLERK, "已核对")
        return site.at("items/one").live.head["basic_code"]
    code = desk.do(prepare)
    catch_up(desk.db)
    uid = done(desk, "split", ["items/one"], [{**ROW, "name": "出生登记甲"}, {**ROW, "name": "收养登记乙"}])
    for path in ("/items/one/one", "/items/one/two", "/items/one"):
        page = app.get(path)
        assert "已拆分为“出生登记甲”、“收养登记乙”" in page and REASON in page
        assert [link.text for link in page.html.select(".note a")] == ["出生登记甲", "收养登记乙"]
    assert "出生与收养登记" not in app.get("/services", {"q": "登记"}).html.find("main").text
    def after(site, editorial):
        request = editorial.requests.get(uid)
        one, two = (site.document(result) for result in request.results)
        assert len({code, *request.codes}) == 3 and site.codes.get(f"BASIC:{code}") == site.at("items/one").uid
        assert site.at("items/one").live.head["state"] == "取消" and site.at("items/one/one").withdrawal.successors == request.results
        assert waiting(editorial) == [("gongan", "split", "出生与收养登记"), ("minzheng", "split", "出生与收养登记")]
        released(publication.begin(one, "new", "ImplementationItem", ITEM, EDITOR), ITEM)
        return two.__name__
    two = desk.do(after)
    catch_up(desk.db)
    assert desk.do(lambda site, editorial: waiting(editorial)) == [("minzheng", "split", "出生与收养登记")], "fulfilled by publishing under a successor"
    def last(site, editorial):
        released(publication.begin(site.at(f"items/{two}"), "mz", "ImplementationItem", {**ITEM, "org": "minzheng"}, EDITOR), {**ITEM, "org": "minzheng"})
    desk.do(last)
    catch_up(desk.db)
    assert desk.do(lambda site, editorial: (waiting(editorial), list(faults(site)), {task.closed_by for task in editorial.tasks.closed()})) == ([], [], {tasks.BY_PUBLICATION, CLERK.id})


def test_what_was_planned_or_drafted_below_a_cancelled_item_never_goes_live(desk):
    soon = clock.now() + timedelta(days=2)
    def plan(site, editorial):
        item = site.at("items/one/one")
        publish.save_draft(item, publish.clean("ImplementationItem", {**ITEM, "hot": 7}), actor="t")
        publish.publish(item, actor="t", at=soon)
        publish.save_draft(item, publish.clean("ImplementationItem", {**ITEM, "hot": 8}), actor="t")
    desk.do(plan)
    done(desk, "cancel", ["items/one"])
    with clock.override(lambda: soon + timedelta(minutes=1)):
        desk.do(lambda site, editorial: publish.take_effect(site))
        catch_up(desk.db)
        def after(site, editorial):
            item = site.at("items/one/one")
            assert (item.scheduled, item.draft.values["hot"], item.live.values["hot"]) == ((), 8, 1) and item.withdrawal is not None
            with pytest.raises(Refused, match="已不再使用"):
                publication.act(item, "submit", EDITOR, openness="主动公开", secrecy=SECRECY)
        desk.do(after)
    page = desk.small.app().get("/items/one/one")
    assert "“出生登记”已取消" in page and desk.small.app().get("/services").html.find("main").text.count("出生登记") == 0


def test_suspended_and_resumed_for_every_department_at_once(desk):
    app = desk.small.app()
    uid = done(desk, "suspend", ["items/one"], reason="系统升级，暂停到月底")
    assert "暂停办理" in app.get("/items/one/one") and "系统升级" in app.get("/items/one/one") and "系统升级" in app.get("/items/one/one?case=late")
    assert desk.do(lambda site, editorial: (effective(site.at("items/one/one")).values["state"], site.at("items/one/one").live.head["state"], waiting(editorial)[0][1])) == ("挂起", "在用", "suspend")
    with pytest.raises(Refused, match="不用暂停"):
        done(desk, "suspend", ["items/one"])
    assert desk.do(lambda site, editorial: editorial.requests.get(uid).stage) == "applied"
    done(desk, "resume", ["items/one"])
    assert "暂停办理" not in app.get("/items/one/one") and desk.do(lambda site, editorial: site.at("items/one").live.number) == 3


def test_merged_items_lead_to_the_one_they_became(desk):
    def more(site, editorial):
        publish.put(publish.create(site["items"], "two", "DirectoryItem", actor="t"), {**ROW, "name": "收养登记"}, actor="t")
    desk.do(more)
    uid = done(desk, "merge", ["items/one", "items/two"], [{**ROW, "name": "户口登记"}])
    def after(site, editorial):
        result, = editorial.requests.get(uid).results
        assert {site.at(f"items/{name}").withdrawal.successors for name in ("one", "two")} == {(result,)}
        return {one.uid for item in ("one", "two") for one in editorial.requests.about(site.at(f"items/{item}").uid)}
    assert desk.do(after) == {uid} and "已并入“户口登记”" in desk.small.app().get("/items/two")


def test_a_part_follows_its_main_and_circles_are_refused(desk):
    main = done(desk, "add", rows=[{**ROW, "name": "户口登记"}])
    uid = desk.do(lambda site, editorial: editorial.requests.get(main).results[0])
    part = done(desk, "add", rows=[{**ROW, "main": uid}])
    def look(site, editorial):
        item, sub = site.document(uid), site.document(editorial.requests.get(part).results[0])
        assert sub.live.head["basic_code"] == item.live.head["basic_code"][:-3] + "001" and sub.live.head["main"] == "户口登记"
        return sub.uid
    sub = desk.do(look)
    def refused(kind, subjects, rows, words):
        def work(site, editorial):
            with pytest.raises(Refused, match=words):
                bring(site, editorial, begin(site, editorial, kind, subjects, rows), "submit")
        desk.do(work)
    refused("change", [uid], [{**ROW, "name": "户口登记", "main": sub}], "绕成一圈")
    refused("change", [uid], [{**ROW, "name": "户口登记", "main": uid}], "绕成一圈")
    refused("add", [], [{**ROW, "main": "no-such"}], "主项不存在")
    refused("add", [], [{**ROW, "main": uid, "type": "行政许可"}], "类型要和主项相同")
    refused("cancel", [uid], [], "1 个在用的子项")
    refused("change", [uid], [{**ROW, "name": "户口登记", "type": "行政许可"}], "不能单独改类型")
    done(desk, "change", [desk.do(lambda site, editorial: "items/" + site.document(uid).__name__)], [{**ROW, "name": "户口总登记"}])
    assert desk.do(lambda site, editorial: site.document(sub).live.head["main"]) == "户口总登记"


def test_another_type_gives_another_code_and_the_former_stays_taken(desk):
    done(desk, "change", ["items/one"], [{**ROW, "name": "出生登记甲"}])
    first = desk.do(lambda site, editorial: site.at("items/one").live.head["basic_code"])
    done(desk, "change", ["items/one"], [{**ROW, "name": "出生登记甲", "type": "行政许可"}])
    def after(site, editorial):
        item = site.at("items/one")
        assert item.live.head["basic_code"][2:4] == "01" and site.codes.get(f"BASIC:{first}") == item.uid
    desk.do(after)
    fresh = done(desk, "add", rows=[ROW])
    assert desk.do(lambda site, editorial: editorial.requests.get(fresh).codes[0]) != first


def test_nobody_signs_what_they_wrote_or_reviewed(desk):
    everything = Person("all-0", "directory", "reviewer", "legality", "signer")
    def work(site, editorial):
        request = bring(site, editorial, begin(site, editorial, "suspend", [site.at("items/one").uid], actor=everything), "submit", [("submit", everything)])
        with pytest.raises(Refused, match="您写过"):
            requests.act(editorial, site, request, "approve", everything)
        second = Person("all-1", "reviewer", "signer")
        requests.act(editorial, site, request, "approve", second)
        requests.act(editorial, site, request, "clear", LEGALITY)
        with pytest.raises(Refused, match="您审核的"):
            requests.act(editorial, site, request, "sign", second)
        assert site.at("items/one").live.number == 1
        requests.act(editorial, site, request, "sign", SIGNER)
        assert site.at("items/one").live.head["state"] == "挂起"
    desk.do(work)


ROLES = ("directory", "editor", "reviewer", "legality", "signer", "site", "auditor")
MAY = {"take": {"proposed": "directory"}, "submit": {"drafting": "directory", "returned": "directory"}, "recall": dict.fromkeys(("review", "legality", "signoff", "approved", "failed"), "directory"),
       "approve": {"review": "reviewer"}, "clear": {"legality": "legality"}, "sign": {"signoff": "signer"}, "return": {"review": "reviewer", "legality": "legality", "signoff": "signer", "approved": "signer"},
       "postpone": {"approved": "signer"}, "drop": dict.fromkeys(("proposed", "drafting", "returned", "failed", "approved"), "directory")}


def test_every_role_in_every_stage_can_do_what_the_table_says_and_no_more(desk):
    """Every stage × role × action; the writer is the first directory manager, so that the others may review."""
    def work(site, editorial):
        wrong = []
        for stage in TABLE.states:
            for role in ROLES:
                for action in (*TABLE.actions, "nothing"):
                    request = begin(site, editorial, "suspend", [site.at("items/one").uid], effective="2026-12-01")
                    request.stage, request.secrecy, request.writers = stage, SECRECY, ("dir-0",)
                    actor = DIRECTORY if role == "directory" else Person(f"{role}-9", role)
                    try:
                        requests.act(editorial, site, request, action, actor, note="原因", secrecy=SECRECY, effective="2026-12-02")
                        did = True
                    except Refused:
                        did = False
                    if did != (MAY.get(action, {}).get(stage) == role):
                        wrong.append((stage, role, action, did))
                    request.stage = "dropped"
                    editorial.requests.follow(request)
        return wrong
    with clock.override(lambda: datetime(2026, 10, 1, 9, tzinfo=clock.SHANGHAI)):
        assert desk.do(work) == []


def test_a_department_proposes_and_the_office_takes_it_up(desk):
    def work(site, editorial):
        uid = site.at("items/one").uid
        request = begin(site, editorial, "change", [uid], [row_of(site, name="出生登记改")], actor=CLERK)
        assert (request.stage, request.org) == ("proposed", "gongan")
        with pytest.raises(Refused, match="目录管理"):
            requests.act(editorial, site, request, "submit", CLERK, secrecy=SECRECY)
        requests.save(editorial, site, request, CLERK, base=request.version, rows=[row_of(site, name="出生登记再改")], reason=REASON, effective="")
        requests.act(editorial, site, request, "take", DIRECTORY)
        bring(site, editorial, request)
        assert site.at("items/one").live.head["name"] == "出生登记再改" and request.writers == (CLERK.id, DIRECTORY.id)
        for kind, subjects, actor in (("cancel", [uid], CLERK), ("change", [uid], Person("x", "editor", org="minzheng")), ("suspend", [uid], REVIEWER)):
            with pytest.raises(Refused, match="目录管理权限"):
                begin(site, editorial, kind, subjects, actor=actor)
        assert begin(site, editorial, "add", rows=[ROW], actor=CLERK).stage == "proposed"
    desk.do(work)


def test_incomplete_and_hostile_input_is_kept_or_refused_with_reasons(desk):
    def work(site, editorial):
        uid = site.at("items/one").uid
        request = begin(site, editorial, "split", [uid], [{"name": "只有一个"}], reason="")
        with pytest.raises(Refused) as caught:
            requests.act(editorial, site, request, "submit", DIRECTORY, secrecy=Secrecy("", "2999-01-01"))
        said = str(caught.value)
        assert all(words in said for words in ("理由", "2 至 20", "事项类型", "设定依据", "保密审查")) and request.stage == "drafting"
        for kind, subjects in (("add", [uid]), ("change", []), ("merge", [uid]), ("change", ["no-such"]), ("burn", [uid]), ("change", [site.at("items/one/one").uid])):
            with pytest.raises(Refused):
                begin(site, editorial, kind, subjects)
        with pytest.raises(Refused, match="最多 2000 个字"):
            begin(site, editorial, "suspend", [uid], reason="长" * 2001)
        with pytest.raises(Refused, match="不是日期"):
            begin(site, editorial, "suspend", [uid], effective="明天")
        past = begin(site, editorial, "suspend", [uid], effective="2020-01-01")
        with pytest.raises(Refused, match="不能早于今天"):
            bring(site, editorial, past, "submit")
        rude = begin(site, editorial, "add", rows=[{**ROW, "name": "<script>alert(1)</script>"}])
        bring(site, editorial, rude)
        return rude.codes[0]
    code = desk.do(work)
    catch_up(desk.db)
    assert "<script>alert" not in desk.small.app().get(f"/items/{code}")


def test_a_planned_change_is_carried_out_on_its_day_and_once(desk):
    worker, day = Worker(desk.db, desk.small.var / "heads", desk.small.var / "beat"), (clock.now() + timedelta(days=3)).strftime("%Y-%m-%d")
    uid = done(desk, "change", ["items/one"], [{**ROW, "name": "计划的名称"}], effective=day)
    assert desk.do(lambda site, editorial: (editorial.requests.get(uid).stage, site.at("items/one").live.head["name"], waiting(editorial))) == ("approved", "出生登记", [])
    worker.step()
    assert desk.do(lambda site, editorial: site.at("items/one").live.number) == 1
    with clock.override(lambda: clock.parse(day) + timedelta(seconds=5)):
        for _ in range(3):
            worker.step()
        catch_up(desk.db)
        assert "计划的名称" in desk.small.app().get("/items/one/one")
    assert desk.do(lambda site, editorial: (editorial.requests.get(uid).stage, site.at("items/one").live.number, len(editorial.tasks.waiting()), editorial.requests.due("9999-12-31"))) == ("applied", 2, 1, [])


def test_a_planned_change_that_cannot_be_done_comes_back_with_the_reason(desk):
    day = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%d")
    uid = done(desk, "cancel", ["items/one"], effective=day)
    desk.do(lambda site, editorial: publish.put(site.at("items/one"), {**site.at("items/one").live.values, "hot": 3}, actor="t"))
    with clock.override(lambda: clock.parse(day) + timedelta(hours=1)):
        Worker(desk.db, desk.small.var / "heads", desk.small.var / "beat").step()
    def after(site, editorial):
        request = editorial.requests.get(uid)
        assert request.stage == "failed" and "新版本" in request.failure and site.at("items/one").withdrawal is None
        requests.save(editorial, site, request, DIRECTORY, base=None, rows=[], reason=REASON, effective="")
        bring(site, editorial, request)
        return site.at("items/one").withdrawal is not None
    assert desk.do(after)


def test_two_managers_at_once(desk):
    """On one request the second meets the first's text; two requests about one item: the second is told of the first."""
    def work(site, editorial):
        uid = site.at("items/one").uid
        request = begin(site, editorial, "change", [uid], [ROW])
        seen = request.version
        requests.save(editorial, site, request, DIRECTORY, base=seen, rows=[{**ROW, "name": "甲写的"}], reason=REASON, effective="")
        with pytest.raises(Refused, match="有人改过"):
            requests.save(editorial, site, request, OTHER_DIRECTORY, base=seen, rows=[{**ROW, "name": "乙写的"}], reason=REASON, effective="")
        assert request.rows[0]["name"] == "甲写的"
        bring(site, editorial, request, "submit")
        with pytest.raises(Refused, match="另一件申请"):
            bring(site, editorial, begin(site, editorial, "suspend", [uid], actor=OTHER_DIRECTORY), "submit", [("submit", OTHER_DIRECTORY)])
        return request.uid
    uid = desk.do(work)
    managers = [transaction.TransactionManager() for _ in range(2)]
    connections = [desk.db.open(manager) for manager in managers]
    for connection, (action, actor) in zip(connections, (("approve", REVIEWER), ("return", Person("rev-1", "reviewer"))), strict=True):
        requests.act(open_editorial(connection), open_site(connection), open_editorial(connection).requests.get(uid), action, actor, note="话")
    managers[0].commit()
    with pytest.raises(ConflictError):
        managers[1].commit()
    managers[1].abort()
    for connection in connections:
        connection.close()
    assert desk.do(lambda site, editorial: editorial.requests.get(uid).stage) == "legality"


def test_tasks_have_a_due_day_an_owner_and_strangers_cannot_touch_them(desk):
    with clock.override(lambda: datetime(2027, 3, 1, 10, tzinfo=clock.SHANGHAI)):
        done(desk, "suspend", ["items/one"])
    def work(site, editorial):
        task, = editorial.tasks.waiting(["gongan"])
        assert task.due == "2027-03-15" and task.late(clock.parse("2027-03-16").date()) and editorial.tasks.waiting(["minzheng"]) == []
        for actor, uid, note, words in ((Person("x", "editor", org="minzheng"), task.uid, "好", "别的部门"), (CLERK, "no-such", "好", "没有这件任务"), (CLERK, task.uid, " ", "怎么处理")):
            with pytest.raises(Refused, match=words):
                tasks.close(editorial, site, uid, actor, note)
        tasks.assign(editorial, site, task.uid, CLERK, "staff-1")
        assert [one.uid for one in editorial.tasks.of("staff-1")] == [task.uid]
        tasks.close(editorial, site, task.uid, CLERK, "窗口已贴通知")
        with pytest.raises(Refused, match="处理过"):
            tasks.close(editorial, site, task.uid, CLERK, "再来")
        assert (editorial.tasks.of("staff-1"), editorial.tasks.waiting(), editorial.tasks.closed(["gongan"])[0].note) == ([], [], "窗口已贴通知")
    desk.do(work)
