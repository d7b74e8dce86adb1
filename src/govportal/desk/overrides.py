"""应急发布 that wait for a second person: what they changed, how long there is left, and what happens when nobody confirms.

Owns ``/desk/overrides`` and its line in 我的待办. Reads only; confirming is an action of the review table.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any

from ..base import clock
from ..content import emergency
from ..content.model import Document, path_of
from ..editorial.rows import title_of
from .actions import compare_href, href_of
from .permissions import allowed
from .shell import desk_page


def overrides_view(context: Any, request: Any) -> Any:
    """Those that wait, the most urgent first."""
    now = clock.now()
    return desk_page(request, "desk/overrides.pt", "应急发布", nav="site", crumbs=(("/desk/site", "站点"),), rows=[_row(request, document, now) for document in emergency.waiting(request.site, now)],
                     hours=emergency.HOURS)


def _row(request: Any, document: Document, now: datetime) -> dict[str, Any]:
    waits = emergency.pending(document)
    assert waits is not None
    former = document.edition(waits.former) if waits.former else None
    base = f"/desk/doc/{document.uid}"
    own = waits.by == request.actor.id
    return {"title": title_of(document), "path": path_of(document), "who": waits.name, "at": clock.stamp(waits.at), "reason": waits.reason, "until": clock.stamp(waits.until),
            "left": left_words(waits.until, now), "late": now >= waits.until, "own": own, "confirm": "" if own or now >= waits.until else href_of(document, "confirm"),
            "compare": compare_href(document), "review": f"{base}/review",
            "otherwise": f"退回第 {former.number} 版" if former is not None else "撤下，读者看到已不再提供"}


def left_words(until: datetime, now: datetime) -> str:
    """还有 3 小时 20 分."""
    minutes = int((until - now).total_seconds() // 60)
    if minutes < 0 or until <= now:
        return "已到时间，正在撤销"
    return f"还有 {minutes // 60} 小时 {minutes % 60} 分" if minutes >= 60 else f"还有 {minutes} 分钟"


def waiting_work(request: Any) -> list[tuple[str, int, str, str]]:
    """The line of 我的待办 for 站点管理: what others published past the review."""
    if not allowed(request.actor, "site.manage", None):
        return []
    waiting = [document for document in emergency.waiting(request.site, clock.now()) if document.emergency is not None and document.emergency.by != request.actor.id]
    return [("待确认的应急发布", len(waiting), "/desk/overrides", "24 小时内不确认就自动撤销")]


def includeme(config: Any) -> None:
    config.registry.desk_work.append(waiting_work)
    config.add_desk_page(overrides_view, name="overrides", path="/desk/overrides", permission="site.manage")
