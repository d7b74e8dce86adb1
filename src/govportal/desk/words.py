"""Words of the desk for what lists hold as names: states, stages, kinds, people; and the badge each gets.

Owns these small translations, used by every page that shows a row. Reads tables of the rooms below, writes nothing.
"""
from __future__ import annotations

from typing import Any

from ..content.kinds import all_kinds
from ..content.publication import STAGES, STATES

KINDS = {name: kind.title for name, kind in all_kinds().items()}
STAGE_TAGS = {"returned": "tag-bad", "review": "tag-warn", "legality": "tag-warn", "signoff": "tag-warn", "signed": "tag-main", "drafting": ""}


DECIDED_BY = {"review": "reviewer", "legality": "legality", "signoff": "signer"}      # who goes straight to the difference


def stage_words(stage: str) -> str:
    """待审核, 起草中 …; '' without a draft."""
    return STAGES[stage] if stage else ""


def state_words(state: str) -> str:
    return STATES.get(state, state)


def person_words(request: Any, uid: str) -> str:
    """The name of a member of staff; the id itself for a program of ours; '' for nobody."""
    if not uid:
        return ""
    staff = request.people.staff(uid)
    if staff is not None:
        return str(staff.name) if staff.active else f"{staff.name}（已停用）"
    return "系统" if uid.startswith("system:") else uid


def row_words(request: Any, row: Any) -> dict[str, Any]:
    """A desk row as templates show it."""
    decides = row.stage in DECIDED_BY and request.actor.holds_any(DECIDED_BY[row.stage]) and request.actor.id not in row.writers.split(" ")
    return {"row": row, "href": f"/desk/doc/{row.uid}" + ("/review" if decides else ""), "kind": KINDS.get(row.kind, row.kind), "state": state_words(row.state), "stage": stage_words(row.stage),
            "stage_tag": STAGE_TAGS.get(row.stage, ""), "org": request.columns.org_name(row.org, short=True) if row.org else "", "author": person_words(request, row.author),
            "assignee": person_words(request, row.assignee)}
