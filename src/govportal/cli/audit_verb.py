"""``govportal audit verify|show``: compare the chain with the heads outside the database; list the newest records."""
from __future__ import annotations

from typing import Any

from ..base import audit
from ..content.site import open_site
from .common import database, load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("what", choices=("verify", "show"))
    parser.add_argument("--limit", type=int, default=20)


def run(options: Any) -> int:
    settings = load_settings(options)
    known = audit.read_heads(settings.audit_heads)
    with database(settings, read_only=True) as db:
        connection = db.open()
        try:
            records = open_site(connection).audit
            if options.what == "show":
                for one in records.newest(options.limit):
                    print(one["at"], one["actor"], one["action"], one["target"], one["outcome"], one["reason"])
                return 0
            faults = audit.verify(records, settings.audit_heads, known=known)
        finally:
            connection.close()
    print("\n".join(faults) or "审计记录完整")
    return 1 if faults else 0
