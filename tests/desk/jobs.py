"""The worker of background jobs, stepped by hand, and lists to upload, for stories at the desk."""
from __future__ import annotations

import csv
import io

import openpyxl
from webtest import Upload

from govportal.content.site import open_site
from govportal.editorial.jobkinds import KINDS
from govportal.editorial.jobs import Runner
from govportal.editorial.store import open_editorial
from govportal.worker import actor_for, catch_up

HEADER = ["标题", "主题", "对象", "问题", "答复", "答复单位", "提问日期"]
GOOD = ["怎样办户口", "户籍", "个人", "请问？", "到大厅。", "gongan", "2026-01-31"]


def work(desk) -> None:
    """Carry out all open jobs with the rights their people have now."""
    Runner(desk.db, KINDS, actor_for).run_all()
    catch_up(desk.db)


def jobs_of(desk, user):
    """(kind, state, counts) of a person's jobs, newest first."""
    def look(editorial):
        return [(job.kind, job.state, dict(job.counts)) for job in editorial.jobs.of(desk.uid(user))]
    return editorial(desk, look)


def editorial(desk, look):
    with desk.db.transaction() as connection:
        return look(open_editorial(connection))


def both(desk, look):
    """``look(site, editorial)`` in one transaction."""
    with desk.db.transaction() as connection:
        return look(open_site(connection), open_editorial(connection))


def xlsx(rows, name="问答.xlsx"):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return Upload(name, stream.getvalue())


def text(rows, name="问答.csv", encoding="utf-8-sig"):
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return Upload(name, stream.getvalue().encode(encoding))


def rows(number, bad=0):
    """``number`` questions, the first ``bad`` of every thirty-three wrong in one of three ways."""
    made = []
    for count in range(number):
        row = [f"问题 {count}", *GOOD[1:]]
        if count % 33 == 0 and count // 33 < bad:
            kind = (count // 33) % 3
            row[(2, 5, 6)[kind]] = ("外星人", "没有这个局", "昨天")[kind]
        made.append(row)
    return made


def upload(person, file):
    """Upload a list through the page; the page of its columns."""
    form = person.get("/desk/imports").forms[1]
    form["file"] = file
    return form.submit().follow()


def choose(page, *, status=303, **values):
    """Send the mapping as proposed, with some fields changed; the answer."""
    form = next(form for form in page.forms.values() if "once" in form.fields)
    for name, value in values.items():
        form[name.replace("c_", "c-")] = value
    return form.submit("do", value="choose", status=status)


def sheet(response):
    return openpyxl.load_workbook(io.BytesIO(response.body)).worksheets[0]
