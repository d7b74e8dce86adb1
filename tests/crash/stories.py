"""What the killed child does. Each story writes acknowledgements to ``var/acknowledged`` after a commit returned, with fsync."""
from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import transaction

from govportal.base import clock
from govportal.content import publish, transfer
from govportal.content.site import open_site
from govportal.seed import fill
from govportal.shipped import shipped
from govportal.worker import Worker, catch_up


def acknowledge(var: Path, line: str) -> None:
    with open(var / "acknowledged", "a", encoding="utf-8") as stream:
        stream.write(line + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def init(db: Any, var: Path) -> None:
    """Fill a database from nothing (a part of the content, so that each run is short)."""
    fill(db, content=var / "content", registers=False, var=var)


def publish_many(db: Any, var: Path) -> None:
    """Publish new editions one after the other; each is acknowledged after its commit."""
    for number in range(40):
        with db.transaction() as connection:
            site = open_site(connection)
            document = site.at("items/one/one/guide")
            publish.put(document, {"summary": f"说明 {document.last_number + 1}"}, actor="kill")
            line = str(document.live.number)
        acknowledge(var, line)
        if number % 4 == 0:
            catch_up(db)


def import_rows(db: Any, var: Path) -> None:
    """Import a register in one transaction: all of it or nothing."""
    from govportal.content import importer
    manager = transaction.TransactionManager()
    connection = db.open(manager)
    manager.begin()
    base = shipped("content")
    importer.import_file(open_site(connection), base / "registers" / "items_guangan.csv", base / "imports" / "guangan.yaml", actor="kill",
                         savepoint=lambda: manager.savepoint(optimistic=True))
    manager.commit()
    acknowledge(var, "imported")
    connection.close()
    catch_up(db)


def schedule(db: Any, var: Path) -> None:
    """Schedule starts that are due at once and let the worker carry them out."""
    worker = Worker(db, var / "heads", var / "beat")
    for _ in range(15):
        now = clock.now()
        with db.transaction() as connection:
            site = open_site(connection)
            document = site.at("items/one/one/guide")
            publish.save_draft(document, publish.clean("Guide", {"summary": f"排定 {document.last_number + 1}"}), actor="kill")
            with clock.override(lambda now=now: now - timedelta(seconds=2)):
                edition = publish.publish(document, actor="kill", at=now - timedelta(seconds=1))
            line = str(edition.number)
        acknowledge(var, line)
        worker.step()


def index_edits(db: Any, var: Path) -> None:
    """Change titles of questions, five a round, each round indexed; a change is acknowledged after its own commit."""
    from govportal.search.consumer import Keeper
    keeper = Keeper(db, var / "search")
    number = sum(1 for _ in open(var / "acknowledged", encoding="utf-8")) if (var / "acknowledged").exists() else 0
    for _ in range(60):
        for _ in range(5):
            number += 1
            name = f"q{number % 40}"
            with db.transaction() as connection:
                document = open_site(connection)["questions"][name]
                publish.put(document, {**document.live.values, "title": f"改过的问题 z{number}"}, actor="kill")
            acknowledge(var, f"{name} 改过的问题 z{number}")
        keeper.step()


def bulk_publish(db: Any, var: Path) -> None:
    """Go on with the open jobs, in small batches."""
    from govportal.editorial import jobs
    from govportal.editorial.jobkinds import KINDS
    from govportal.workflow.actors import SYSTEM
    jobs.BATCH = 7
    jobs.Runner(db, KINDS, lambda connection, uid, address: SYSTEM).run_all()


def review(db: Any, var: Path) -> None:
    """Take an item through the review again and again, from wherever the last kill left it: two saves, then every step by another person."""
    from govportal.content import publication
    from govportal.content.model import Secrecy
    from govportal.workflow.actors import SystemActor
    people = {name: SystemActor(f"system:{name}") for name in ("writer", "reviewer", "lawyer", "signer")}
    steps = {"drafting": ("submit", "writer"), "review": ("approve", "reviewer"), "legality": ("clear", "lawyer"), "signoff": ("sign", "signer"), "signed": ("publish", "signer")}
    for _ in range(60):
        with db.transaction() as connection:
            document = open_site(connection).at("items/one/one")
            stage, draft = publication.stage_of(document), document.draft
            if stage == "" or (stage == "drafting" and not draft.values["conditions"][0].endswith("乙")):
                text = f"第 {document.last_number + (draft is None)} 版{'甲' if stage == '' else '乙'}"
                values = publication.current(document).values
                edition = publication.save(document, {**values, "conditions": (text,)}, people["writer"], base=publication.current(document).uid)
                line = f"save{'1' if stage == '' else '2'},{edition.number}"
            else:
                action, who = steps[stage]
                given = {"openness": "主动公开", "secrecy": Secrecy("保密员", "2026-01-04")} if action == "submit" else {}
                line = f"{action},{draft.number}"
                publication.act(document, action, people[who], **given)
        acknowledge(var, line)


def carry_out_requests(db: Any, var: Path) -> None:
    """What the worker does with signed changes of the directory list whose day has come."""
    from govportal.editorial import requests
    while requests.run_due(db):
        pass


__all__ = ["bulk_publish", "carry_out_requests", "import_rows", "index_edits", "init", "publish_many", "review", "schedule", "transfer"]
