"""Actors and a runner for editorial work over the small site."""
from __future__ import annotations

from dataclasses import dataclass

import pytest

from govportal.content import publish
from govportal.content.model import Secrecy
from govportal.content.site import open_site
from govportal.editorial.jobkinds import KINDS
from govportal.editorial.jobs import Runner
from govportal.editorial.store import open_editorial
from govportal.worker import catch_up
from govportal.workflow.actors import Scope


@dataclass
class Person:
    """An actor with roles in one department ('' = all)."""

    id: str = "p1"
    name: str = "示例"
    org: str = "gongan"
    roles: tuple[str, ...] = ("editor", "signer", "directory", "site")

    def holds(self, role: str, scope: Scope) -> bool:
        return role in self.roles and (not self.org or scope.org == self.org)


class Desk:
    """The small site with its editorial root, a person and a runner."""

    def __init__(self, small) -> None:
        self.small, self.db = small, small.db
        self.people = {"p1": Person(org="")}
        self.runner = Runner(self.db, KINDS, lambda connection, uid, address: self.people.get(uid))

    def do(self, work):
        """``work(site, editorial)`` in a transaction of its own."""
        with self.db.transaction() as connection:
            return work(open_site(connection), open_editorial(connection))

    def run(self, begin):
        """Start the job that ``begin(editorial)`` makes, run it to its end; answers its uid."""
        uid = self.do(lambda site, editorial: begin(editorial).uid)
        self.runner.run_all()
        catch_up(self.db)
        return uid

    def see(self, uid, look):
        """``look(job)``, plain data only."""
        return self.do(lambda site, editorial: look(editorial.jobs.get(uid)))

    def outcome(self, uid):
        """(state, counts, reasons of failures) of a job."""
        return self.see(uid, lambda job: (job.state, dict(job.counts), [failure.reason for failure in job.report]))


@pytest.fixture
def desk(small) -> Desk:
    return Desk(small)


def signed(site, uids):
    """The drafts as they are after review and sign-off."""
    for uid in uids:
        draft = site.document(uid).draft
        draft.stage, draft.openness, draft.secrecy = "signed", "主动公开", Secrecy("保密员", "2026-01-04")
    return uids


def questions(site, number: int, *, draft: bool = False, **more) -> list[str]:
    """Questions of the police: published, or as first drafts; answers their uids."""
    made = []
    for count in range(number):
        document = publish.create(site["questions"], f"{'d' if draft else 'q'}{count}", "Question", actor="t")
        values = {"topic": "户籍", "title": f"问题 {count}", "question": f"请问第 {count} 个？", "answer": "到大厅办理。", "org": "gongan", **more}
        if draft:
            publish.save_draft(document, publish.clean("Question", values), actor="t")
        else:
            publish.put(document, values, actor="t")
        made.append(document.uid)
    return made
