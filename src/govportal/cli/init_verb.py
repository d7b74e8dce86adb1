"""``govportal init``: make the database and load the shipped content; run again to finish a broken run."""
from __future__ import annotations

from typing import Any

from ..base.keys import SecretError
from ..content.importer import ImportRefused
from ..content.rowreader import MappingError
from ..content.transfer import TransferError
from ..people.demo import DemoError
from ..seed import fill, is_complete
from .common import DEMO_SAID, FIRST_SAID, Progress, Stop, database, load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("--empty", action="store_true", help="只建空站点，不装内容")


def run(options: Any) -> int:
    settings = load_settings(options, create_var=True)
    with database(settings) as db:
        if is_complete(db):
            print("数据库已经建好，不用再做。")
            return 0
        if options.empty:
            _empty(db)
        else:
            try:
                fill(db, report=Progress, search=settings.search, var=settings.var, secret=settings.secret)
            except (TransferError, ImportRefused, MappingError, DemoError, SecretError) as exc:
                raise Stop(str(exc)) from None
    print(f"建好了：{settings.var}")
    print(DEMO_SAID.format(settings.demo_accounts) if not options.empty else FIRST_SAID)
    return 0


def _empty(db: Any) -> None:
    from ..base.storage import META, SCHEMA_GENERATION
    from ..content.site import make_site
    from ..editorial.store import make_editorial
    from ..oversight.store import make_oversight
    from ..people.store import make_people
    from ..search.overlay import make_overlay
    with db.transaction() as connection:
        make_site(connection)
        make_people(connection)
        make_editorial(connection)
        make_oversight(connection)
        make_overlay(connection)
        connection.root()[META] = {"generation": SCHEMA_GENERATION, "complete": True}
