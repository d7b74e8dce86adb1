"""``govportal check``: tree, references, uniqueness, journal, pages of the lists, audit chain; may run beside the portal."""
from __future__ import annotations

from typing import Any

from ..base import audit
from ..content.integrity import faults, summary
from ..content.site import open_site
from ..editorial.rows import faults as desk_faults
from .common import database, load_settings


def arguments(parser: Any) -> None:
    parser.add_argument("--limit", type=int, default=100, help="最多列出多少处")


def run(options: Any) -> int:
    settings = load_settings(options)
    known = audit.read_heads(settings.audit_heads)
    with database(settings, read_only=True) as db:
        connection = db.open()
        try:
            site = open_site(connection)
            found = [*faults(site), *desk_faults(connection.root()), *audit.verify(site.audit, settings.audit_heads if settings.audit_heads.exists() else None, known=known)]
            counts = summary(site)
        finally:
            connection.close()
    print("，".join(f"{name} {number}" for name, number in counts.items()))
    for line in found[:options.limit]:
        print("有误：" + line)
    print(f"发现 {len(found)} 处问题" if found else "没有发现问题")
    return 1 if found else 0
