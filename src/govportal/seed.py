"""Filling a new database: shipped content, the two registers, 示例 staff. Resumable: a killed run is finished by the next one.

Owns the order and the mark of completion. Used by ``govportal init`` and by the tests.
"""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import transaction

from .base.keys import load_keys
from .base.storage import META, SCHEMA_GENERATION
from .content import importer, transfer
from .content.site import ROOT_KEY, make_site, open_site
from .editorial.store import make_editorial
from .oversight.store import make_oversight
from .people import demo
from .people.store import make_people, open_people
from .search.consumer import Keeper
from .search.overlay import make_overlay
from .shipped import shipped
from .worker import catch_up

REGISTERS = (("items_guangdong.jsonl", "guangdong.yaml"), ("items_guangan.csv", "guangan.yaml"))
ACTOR = "system:init"
Report = Callable[[str], Callable[[int, int], None] | None]


def is_complete(db: Any) -> bool:
    """Whether the database was filled to the end."""
    with db.transaction() as connection:
        root = connection.root()
        return ROOT_KEY in root and bool(root.get(META, {}).get("complete"))


def fill(db: Any, *, report: Report = lambda what: None, content: Path | None = None, registers: bool = True, search: Path | None = None,
         var: Path | None = None, secret: str = "") -> None:
    """Make the site, load everything and build the index in ``search`` (None = left to the worker); each step commits as it goes and can run again.

    ``var``: the data folder; there the 示例 staff are told (``demo-accounts.json``), their second factors encrypted under ``secret`` (as in the
    settings) or the folder's secret file. None = no staff."""
    root_path = content or shipped("content")
    with db.transaction() as connection:
        make_site(connection)
        make_people(connection)
        make_editorial(connection)
        make_oversight(connection)
        make_overlay(connection)
        connection.root().setdefault(META, {"generation": SCHEMA_GENERATION})
    manager = transaction.TransactionManager()
    connection = db.open(manager)
    try:
        manager.begin()
        transfer.load(open_site(connection), root_path, actor=ACTOR, progress=report("装入内容"), commit=manager.commit)
        for data, mapping in REGISTERS if registers else ():
            importer.import_file(open_site(connection), root_path / "registers" / data, root_path / "imports" / mapping, actor=ACTOR,
                                 progress=report(f"导入 {data}"), savepoint=lambda: manager.savepoint(optimistic=True))
            manager.commit()
    except BaseException:
        manager.abort()
        raise
    finally:
        manager.abort()
        connection.close()
    if var is not None:
        add_demo_staff(db, var, secret)
    catch_up(db)
    if search is not None:
        Keeper(db, search).rebuild_here(progress=report("建立检索索引"))
    with db.transaction() as connection:
        connection.root()[META] = {**connection.root()[META], "complete": True}


def add_demo_staff(db: Any, var: Path, secret: str = "") -> None:
    """The 示例 staff: first the file, then the commit, so that a kill between them leaves a file which the next run uses."""
    keys = load_keys(var / "secret", secret)
    with db.transaction() as connection:
        site, people = open_site(connection), open_people(connection)
        orgs = sorted(site["shared"]["organisations"].keys())
        rows = demo.prepare(var / demo.FILE, people, orgs)
        if rows is not None:
            demo.make_demo_staff(people, keys, site.audit, orgs, rows)
