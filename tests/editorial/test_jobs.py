"""Background jobs: progress with effects, failures one by one, cancel, undo, rights derived anew, purge."""
import threading
import time
from datetime import timedelta

import pytest
import transaction
from ZODB.POSException import ConflictError

from govportal.base import clock
from govportal.content import publish
from govportal.content.publish import Reason, Refused
from govportal.content.site import open_site
from govportal.editorial import jobs
from govportal.editorial.job import MAX_REPORT, Failure, Pages
from govportal.editorial.jobs import JobKind, JobRefused, Runner, over_items
from govportal.editorial.store import open_editorial
from govportal.worker import Worker
from tests.editorial.conftest import Person

ITEMS = tuple(range(120))


def note(run, item):
    """An effect that counts how often it happened: one more draft of the guide."""
    if item in run.job.payload.get("refuse", ()):
        raise Refused(Reason("项目", f"{item} 不行"))
    if item in run.job.payload.get("break", ()):
        run.site.settings = {"half": "written"}
        raise ZeroDivisionError
    run.site.settings = {**run.site.settings, str(item): run.site.settings.get(str(item), 0) + 1}
    run.undo({"uid": str(item), "title": f"第 {item} 项"})
    return "ok"


def unnote(run, row):
    if row["uid"] == "7":
        raise Refused(Reason("", "改过了"))
    run.site.settings = {key: value for key, value in run.site.settings.items() if key != row["uid"]}


NOTE = JobKind("note", "记", over_items(note, lambda run, item: (str(item), f"第 {item} 项")), unnote)


def runner(small, *, actor=lambda connection, uid, address: Person()):
    return Runner(small.db, [NOTE], actor)


def begin(small, **payload):
    with small.db.transaction() as connection:
        return jobs.start(open_editorial(connection), "note", "记一记", "p1", payload, ITEMS).uid


def look(small, uid, what):
    with small.db.transaction() as connection:
        return what(open_editorial(connection).jobs.get(uid), open_site(connection))


def test_a_job_goes_on_in_batches_and_tells_its_progress(small):
    uid, one = begin(small), runner(small)
    assert look(small, uid, lambda job, site: (job.state, job.done, job.total)) == ("waiting", 0, 120)
    one.step()
    state, done, at_site = look(small, uid, lambda job, site: (job.state, job.done, len(site.settings)))
    assert state == "running" and 0 < done == at_site <= 50
    one.run_all()
    assert look(small, uid, lambda job, site: (job.state, job.done, dict(job.counts), len(site.settings))) == ("done", 120, {"ok": 120}, 120)


def test_refusals_are_reported_and_the_rest_goes_on(small):
    uid = begin(small, refuse=(3, 60))
    runner(small).run_all()
    state, counts, report = look(small, uid, lambda job, site: (job.state, dict(job.counts), list(job.report)))
    assert (state, counts) == ("done", {"ok": 118, "failed": 2})
    assert report == [Failure("3", "第 3 项", "项目：3 不行"), Failure("60", "第 60 项", "项目：60 不行")]


def test_an_element_that_breaks_the_program_leaves_nothing_behind(small):
    """Its batch is undone and done again one by one; nothing is done twice, nothing of the broken one stays."""
    uid = begin(small, **{"break": (20, 119)})
    runner(small).run_all()
    state, counts, report, settings = look(small, uid, lambda job, site: (job.state, dict(job.counts), [row.uid for row in job.report], dict(site.settings)))
    assert (state, counts, report) == ("done", {"ok": 118, "failed": 2}, ["20", "119"])
    assert set(settings.values()) == {1} and len(settings) == 118


def test_cancelling_keeps_what_is_done_and_undo_takes_it_back(small):
    uid, one = begin(small), runner(small)
    one.step()
    with small.db.transaction() as connection:
        jobs.cancel(open_editorial(connection), uid)
    one.run_all()
    state, done = look(small, uid, lambda job, site: (job.state, job.done))
    assert state == "cancelled" and 0 < done < 120
    with small.db.transaction() as connection:
        editorial = open_editorial(connection)
        with pytest.raises(JobRefused, match="已经结束"):
            jobs.cancel(editorial, uid)
        back = jobs.undo(editorial, uid, "p1").uid
    one.run_all()
    state, report, left = look(small, back, lambda job, site: (job.state, [row.reason for row in job.report], dict(site.settings)))
    assert (state, report, left) == ("done", ["改过了"], {"7": 1})
    with small.db.transaction() as connection, pytest.raises(JobRefused, match="已经撤销过"):
        jobs.undo(open_editorial(connection), uid, "p1")


def test_an_undo_that_was_stopped_goes_on_where_it_stopped(small):
    uid, one = begin(small), runner(small)
    one.run_all()

    def undo():
        with small.db.transaction() as connection:
            return jobs.undo(open_editorial(connection), uid, "p1").uid
    first = undo()
    with pytest.raises(JobRefused, match="撤销正在进行"):
        undo()
    one.step()
    with small.db.transaction() as connection:
        jobs.cancel(open_editorial(connection), first)
    one.run_all()
    done = look(small, first, lambda job, site: (job.state, job.done, len(site.settings)))
    assert done[0] == "cancelled" and 0 < done[1] < 120 and done[2] == 120 - done[1]
    second = undo()
    one.run_all()
    assert look(small, second, lambda job, site: (job.state, job.counts["ok"] + job.counts["failed"], dict(site.settings))) == ("done", 120 - done[1], {"7": 1})
    with pytest.raises(JobRefused, match="已经撤销过"):
        undo()


def test_a_form_sent_twice_starts_one_job_also_at_the_same_moment(small):
    def start(connection, once):
        return jobs.start(open_editorial(connection), "note", "记一记", "p1", {}, (1,), once=once).uid
    managers = [transaction.TransactionManager() for _ in range(2)]
    connections = [small.db.open(manager) for manager in managers]
    for manager in managers:
        manager.begin()
    first, second = (start(connection, "form-1") for connection in connections)
    managers[0].commit()
    with pytest.raises(ConflictError):
        managers[1].commit()
    managers[1].abort()
    managers[1].begin()
    assert first == second == start(connections[1], "form-1") != start(connections[1], "form-2")
    managers[1].commit()
    for connection in connections:
        connection.close()
    with small.db.transaction() as connection:
        assert len(open_editorial(connection).jobs.of("p1")) == 2 and jobs.begun(open_editorial(connection), "p2", "form-1") is None


def test_cancelling_does_not_meet_a_batch_that_runs(small):
    """The wish lies in a record of its own: a person who cancels while a batch commits gets no conflict."""
    uid, one = begin(small), runner(small)
    manager = transaction.TransactionManager()
    connection = small.db.open(manager)
    manager.begin()
    jobs.cancel(open_editorial(connection), uid)
    one.step()
    manager.commit()
    connection.close()
    one.step()
    assert look(small, uid, lambda job, site: job.state) == "cancelled"


def test_rights_are_derived_for_every_batch(small):
    """A person whose account ends meanwhile: the job stops with the reason, what is done stays."""
    uid, there = begin(small), [True]
    one = runner(small, actor=lambda connection, who, address: Person() if there[0] else None)
    one.step()
    there[0] = False
    one.run_all()
    state, message, done = look(small, uid, lambda job, site: (job.state, job.message, job.done))
    assert state == "failed" and "账号已停用" in message and 0 < done < 120


def test_a_conflict_is_tried_again(small):
    uid, one = begin(small), runner(small)
    original, met = one.kinds["note"].step, []

    def step(run):
        if not met:
            met.append(1)
            with small.db.transaction() as connection:       # a writer comes between
                open_site(connection).settings = {"other": 1}
        return original(run)
    one.kinds["note"] = JobKind("note", "记", step, unnote)
    one.run_all()
    settings = look(small, uid, lambda job, site: dict(site.settings))
    assert set(settings.values()) == {1} and len(settings) == 121


def test_an_unknown_kind_and_a_kind_that_breaks_fail_with_a_reason(small):
    with small.db.transaction() as connection:
        strange = jobs.start(open_editorial(connection), "strange", "?", "p1", {}).uid
        broken = jobs.start(open_editorial(connection), "broken", "?", "p1", {}).uid
    Runner(small.db, [JobKind("broken", "坏", lambda run: 1 / 0)], lambda connection, uid, address: Person()).run_all()
    assert look(small, strange, lambda job, site: (job.state, "不认识" in job.message)) == ("failed", True)
    assert look(small, broken, lambda job, site: (job.state, "程序出错" in job.message)) == ("failed", True)
    with pytest.raises(ValueError):
        Runner(small.db, [NOTE, NOTE], lambda connection, uid, address: None)


def test_old_jobs_are_purged_with_their_reports(small):
    uid, one = begin(small, refuse=(1,)), runner(small)
    one.run_all()
    assert one.purge(clock.now() + timedelta(days=29)) == 0 and look(small, uid, lambda job, site: job is not None)
    assert one.purge(clock.now() + timedelta(days=31)) == 1
    assert look(small, uid, lambda job, site: job) is None
    with small.db.transaction() as connection:
        assert open_editorial(connection).jobs.of("p1") == [] and open_editorial(connection).jobs.newest() == []


def test_jobs_of_several_people_take_turns(small):
    first, second = begin(small), begin(small)
    one = runner(small)
    one.step()
    assert look(small, first, lambda job, site: job.done) == look(small, second, lambda job, site: job.done) > 0


def test_pages_hold_long_lists_in_small_records():
    pages = Pages(range(250))
    pages.extend(range(250, 260))
    assert list(pages) == list(range(260)) and list(pages.slice(95, 105)) == list(range(95, 105)) and len(pages) == 260
    assert max(len(page.rows) for page in pages._pages.values()) == 100 and MAX_REPORT >= 10_000


def summary(small) -> str:
    """What the public reads now; reads only, so that it never meets the worker."""
    with small.db.transaction() as connection:
        return open_site(connection).at("items/one/one/guide").live.values["summary"]


def test_a_long_job_does_not_hold_up_scheduled_publication(small):
    """The worker's own loop goes on while the thread of the jobs is busy."""
    slow = JobKind("slow", "慢", lambda run: time.sleep(0.3) or False)
    with small.db.transaction() as connection:
        jobs.start(open_editorial(connection), "slow", "慢", "p1", {})
        site = open_site(connection)
        guide = site.at("items/one/one/guide")
        publish.save_draft(guide, publish.clean("Guide", {"summary": "到点上线"}), actor="t")
        publish.publish(guide, actor="t", at=clock.now() + timedelta(seconds=0.5))
    worker = Worker(small.db, small.var / "heads", small.var / "beat", runner=Runner(small.db, [slow], lambda connection, uid, address: Person()))
    thread = threading.Thread(target=worker.run, args=(0.05,), daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and summary(small) != "到点上线":
            time.sleep(0.05)
        assert summary(small) == "到点上线"
    finally:
        worker.stopping.set()
        thread.join(5)
