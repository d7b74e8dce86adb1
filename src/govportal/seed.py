"""Filling a new database: shipped content, then the two registers. Resumable: a killed run is finished by the next one.

Owns the order and the mark of completion. Used by ``govportal init`` and by the tests.
"""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import transaction

from .base.storage import META, SCHEMA_GENERATION
from .content import importer, transfer
from .content.site import ROOT_KEY, make_site, open_site
from .editorial.store import make_editorial
from .people.store import make_people
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


def fill(db: Any, *, report: Report = lambda what: None, content: Path | None = None, registers: bool = True, search: Path | None = None) -> None:
    """Make the site, load everything and build the index in ``search`` (None = left to the worker); each step commits as it goes and can run again."""
    root_path = content or shipped("content")
    with db.transaction() as connection:
        make_site(connection)
        make_people(connection)
        make_editorial(connection)
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
    catch_up(db)
    if search is not None:
        Keeper(db, search).rebuild_here(progress=report("建立检索索引"))
    with db.transaction() as connection:
        connection.root()[META] = {**connection.root()[META], "complete": True}
