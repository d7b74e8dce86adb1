"""The audit as its reader sees it: newest first, narrowed by who, what and when. Read only; looking is audited too (K8, K9).

Owns ``/desk/audit``. The auditor alone reads it; nobody can change or delete a record through any page.
"""
from __future__ import annotations

import csv
import io
from typing import Any

from pyramid.response import Response

from ..content.model import path_of
from ..web.pages import number, page_links
from .shell import audit_note, desk_page

PAGE = 50
LIMIT = 20_000


def _rows(request: Any, limit: int) -> list[dict[str, Any]]:
    who, what, target, outcome, since, until = (request.query(name) for name in ("who", "what", "target", "outcome", "since", "until"))
    named = {staff.uid for staff in request.people.all_staff() if who and who in (staff.username, staff.name)}
    found = []
    for record in request.site.audit.newest(LIMIT):
        if ((not who or record["actor"] == who or record["actor"] in named) and (not what or record["action"].startswith(what)) and (not target or target in record["target"])
                and (not outcome or record["outcome"] == outcome) and (not since or record["at"][:10] >= since) and (not until or record["at"][:10] <= until)):
            found.append(record)
            if len(found) >= limit:
                break
    return found


def _names(request: Any, record: dict[str, Any]) -> dict[str, Any]:
    staff = request.people.staff(record["actor"])
    document = request.site.document(record["target"]) if len(record["target"]) == 36 else None
    return {**record, "who": f"{staff.name}（{staff.username}）" if staff is not None else record["actor"],
            "on": path_of(document) if document is not None else record["target"], "when": record["at"][:19].replace("T", " ")}


def audit_view(context: Any, request: Any) -> Any:
    found = _rows(request, LIMIT)
    last = max(1, -(-len(found) // PAGE))
    current = number(request.query("page"), default=1, low=1, high=last)
    chosen = {name: request.query(name) for name in ("who", "what", "target", "outcome", "since", "until")}
    address = "/desk/audit?" + "".join(f"{name}={value}&" for name, value in chosen.items() if value)
    return desk_page(request, "desk/audit.pt", "审计记录", nav="audit", rows=[_names(request, record) for record in found[(current - 1) * PAGE:current * PAGE]], total=len(found),
                     full=len(found) >= LIMIT, chosen=chosen, pages=page_links(lambda page: f"{address}page={page}", current, last), address=address)


def audit_csv(context: Any, request: Any) -> Any:
    """The same rows as a file; the export itself is audited before it is given."""
    found = [_names(request, record) for record in _rows(request, LIMIT)]
    audit_note(request, "audit.export", reason=f"{len(found)} 条")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("时间", "人员", "动作", "对象", "结果", "说明", "地址", "之前摘要", "之后摘要"))
    for row in found:
        writer.writerow([_safe(str(row[key])) for key in ("when", "who", "action", "on", "outcome", "reason", "address", "before", "after")])
    response = Response(("\ufeff" + out.getvalue()).encode(), content_type="text/csv", charset="utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


def _safe(text: str) -> str:
    """No cell begins a formula when the file is opened in a spreadsheet."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def includeme(config: Any) -> None:
    params = ("who", "what", "target", "outcome", "since", "until", "page")
    config.add_desk_entry("audit")
    config.add_desk_page(audit_view, name="audit", path="/desk/audit", permission="audit.view", params=params)
    config.add_desk_page(audit_csv, name="audit-csv", path="/desk/audit.csv", permission="audit.view", params=params)
