"""Background jobs at the desk: one's own (all of them for the site's administrators), their progress, failures and result; cancel and undo.

Owns ``/desk/jobs…`` and the group of jobs in 我的待办. Another person's job is 404, its file also for administrators. Reads do not write;
the script that follows a job asks ``/state`` and stops after a while, so that an open page does not keep a session alive.
"""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import FileIter, Response

from ..base import clock
from ..editorial import jobs
from ..editorial.job import CANCELLED, DONE, FAILED, STATES, Job
from ..editorial.jobs import JobRefused
from ..web.files import disposition
from ..web.modes import posted
from ..web.pages import number, page_links
from ..workflow.actors import Scope
from .shell import desk_page, see_other
from .words import person_words

PAGE = 50
LISTED = 200
RECENT = timedelta(days=3)         # how long a job that was not finished is shown in 我的待办
COUNTS = {"ok": "办成", "failed": "没办成", "unchanged": "没有变化", "skipped": "跳过", "gone": "已不在"}
# What counts mean for kinds of jobs where that is something else.
OTHER: dict[str, dict[str, str]] = {"import-check": {"ok": "正确", "failed": "有问题"}, "undo": {"ok": "恢复", "failed": "没恢复"}, "export": {"ok": "导出"}}
TAGS = {DONE: "tag-on", FAILED: "tag-bad", CANCELLED: "tag-warn"}


def sees_all(request: Any) -> bool:
    """Whether the person administers the whole site."""
    return bool(request.actor.holds("site", Scope("/", "", "")))


def job_of(request: Any, *, own: bool = False) -> Job:
    """The job an address names. 404 for none, or for another person's; ``own``: no administrator either."""
    job = request.editorial.jobs.get(request.matchdict["job"])
    if job is None or (job.by != request.actor.id and (own or not sees_all(request))):
        raise HTTPNotFound()
    return job


def progress_words(job: Job) -> str:
    """How far it is, in one line."""
    if not job.open:
        return STATES[job.state]
    if job.cancel_wished:
        return "正在停下"
    if job.state == "waiting":
        return "等待中，很快开始"
    share = f"（{100 * job.done // job.total}%）" if job.total else ""
    return f"进行中：{job.done}{f' / {job.total}' if job.total else ''}{share}"


def count_words(job: Job) -> str:
    """办成 970，没办成 30."""
    return "，".join(f"{word} {job.counts[name]}" for name, word in words_for(job).items() if job.counts.get(name))


def words_for(job: Job) -> dict[str, str]:
    """What each outcome is called for this kind of job."""
    return {**COUNTS, **{name: name for name in job.counts if name not in COUNTS}, **OTHER.get(job.kind, {})}


def shown(request: Any, job: Job) -> dict[str, Any]:
    """A job as templates show it."""
    part = 0 < job.counts.get("failed", 0) and job.state == DONE
    undone = request.editorial.jobs.get(job.undone_by)
    return {"job": job, "href": f"/desk/jobs/{job.uid}", "state": f"已完成，有{words_for(job)['failed']}的" if part else STATES[job.state], "bad": words_for(job)["failed"],
            "undone": "" if not job.undone_by else "已撤销" if undone is None or undone.state == DONE else "正在撤销" if undone.open else "撤销了一部分", "tag": "tag-warn" if part else TAGS.get(job.state, ""),
            "progress": progress_words(job), "counts": count_words(job), "who": person_words(request, job.by)}


def jobs_view(context: Any, request: Any) -> Any:
    """My jobs, newest first; everybody's for the site's administrators."""
    everybody = sees_all(request) and request.query("all") == "yes"
    found = request.editorial.jobs.newest(LISTED) if everybody else request.editorial.jobs.of(request.actor.id, LISTED)
    last = max(1, -(-len(found) // PAGE))
    current = number(request.query("page"), default=1, low=1, high=last)
    address = "/desk/jobs?" + ("all=yes&" if everybody else "")
    return desk_page(request, "desk/jobs.pt", "后台任务", nav="imports", rows=[shown(request, job) for job in found[(current - 1) * PAGE:current * PAGE]], everybody=everybody,
                     may_all=sees_all(request), pages=page_links(lambda page: f"{address}page={page}", current, last), running=any(job.open for job in found))


def job_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    """One job: progress, outcome, each failure, the result, what can be done with it."""
    job = job_of(request)
    last = max(1, -(-len(job.report) // PAGE))
    current = number(request.query("page"), default=1, low=1, high=last)
    failures = [(failure, failure.uid and request.site.document(failure.uid) is not None) for failure in job.report.slice((current - 1) * PAGE, current * PAGE)]
    own = job.by == request.actor.id
    return desk_page(request, "desk/job.pt", job.title, nav="imports", crumbs=(("/desk/jobs", "后台任务"),), scripts=("desk-jobs.js",) if job.open else (), one=shown(request, job),
                     failures=failures, lines=any(failure.line for failure, _ in failures), more=job.counts.get("failed", 0) - len(job.report), own=own, left=left_to_undo(request, job),
                     file=f"/desk/jobs/{job.uid}/file" if own and job.result is not None else "", source=source_of(request, job),
                     pages=page_links(lambda page: f"/desk/jobs/{job.uid}?page={page}", current, last), status=409 if errors else 200, errors=errors, refresh=job.open)


def left_to_undo(request: Any, job: Job) -> int:
    """How many elements an undo would reverse now."""
    try:
        return len(job.undo) - jobs.undo_from(request.editorial, job)
    except JobRefused:
        return 0


def source_of(request: Any, job: Job) -> tuple[str, str] | None:
    """(address, words) of the page the job was started from, where that is still there."""
    one = request.editorial.imports.get(job.payload.get("import", "")) if job.payload.get("import") else None
    return (f"/desk/imports/{one.uid}", "回到这次导入") if one is not None and one.by == request.actor.id else None


def job_post(context: Any, request: Any) -> Any:
    """Cancel, or undo what it did."""
    job, wish = job_of(request), posted(request, "do")
    try:
        if wish == "cancel":
            jobs.cancel(request.editorial, job.uid)
            return see_other(request, f"/desk/jobs/{job.uid}", "会在办完手上的一小批后停下，已经办好的有效")
        if wish == "undo":
            if not left_to_undo(request, job) and job.undone_by:
                return see_other(request, f"/desk/jobs/{job.undone_by}")
            made = jobs.undo(request.editorial, job.uid, request.actor.id, address=request.remote_addr or "")
            return see_other(request, f"/desk/jobs/{made.uid}")
    except JobRefused as refused:
        return see_other(request, f"/desk/jobs/{job.uid}", str(refused), kind="warn")
    return see_other(request, f"/desk/jobs/{job.uid}", "没有这个操作", kind="warn")


def state_view(context: Any, request: Any) -> Response:
    """How far a job is, for a script."""
    job = job_of(request)
    return Response(json_body={"words": progress_words(job), "counts": count_words(job), "done": job.done, "total": job.total, "over": not job.open})


def file_view(context: Any, request: Any) -> Response:
    """The result of one's own job, as a download."""
    job = job_of(request, own=True)
    if job.result is None:
        raise HTTPNotFound()
    return download(FileIter(job.result.blob.open("c")), job.result.facts.media_type, job.result.facts.name, job.result.facts.size)


def download(body: Any, media_type: str, name: str, size: int) -> Response:
    """A file of the desk that is never shown in a page."""
    response = Response(content_type=media_type, charset="utf-8" if media_type.startswith("text/") else None)
    response.app_iter, response.content_length = body, size
    response.headers["Content-Disposition"] = disposition("attachment", name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def work(request: Any) -> list[tuple[str, int, str, str]]:
    """Jobs of mine that run, and those of the last days that were not finished."""
    mine, since = request.editorial.jobs.of(request.actor.id, 50), clock.now() - RECENT
    running = sum(job.open for job in mine)
    broken = sum(not job.open and job.ended is not None and job.ended > since and (job.state == FAILED or job.counts.get("failed", 0) > 0) and not job.undone_by and job.kind != "import-check"
                 for job in mine)
    return [part for part in (("进行中的任务", running, "/desk/jobs", "后台正在办"), ("任务有没办成的", broken, "/desk/jobs", "最近三天，看看是哪些、为什么")) if part[1]]


def includeme(config: Any) -> None:
    config.registry.desk_work.append(work)
    config.add_desk_page(jobs_view, name="jobs", path="/desk/jobs", permission="content.view", params=("all", "page"))
    config.add_desk_page(job_view, name="job", path="/desk/jobs/{job}", permission="content.view", params=("page",), post=job_post)
    config.add_desk_page(state_view, name="job-state", path="/desk/jobs/{job}/state", permission="content.view")
    config.add_desk_page(file_view, name="job-file", path="/desk/jobs/{job}/file", permission="content.view")
