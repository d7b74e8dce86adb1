"""Who is next: the people for whom a document would wait, by role and place, and the next thing that waits for oneself.

Owns that reading. Names are of people whose grants are in force; those who wrote the text are left out where others must look at it (four-eyes).
"""
from __future__ import annotations

from typing import Any, NamedTuple

from ..base import clock
from ..content.kinds import kind_of
from ..content.model import Document
from ..content.publication import scopes_of, stage_of
from ..content.publication_table import TABLE, this_round
from ..content.scopes import writer_role
from ..people.grants import deputation_of, grants_of
from ..people.roles import title_of
from ..people.staff import Staff
from .home import work_of

SHOWN = 6
MINE = ("review", "legality", "signoff", "returned", "write")      # groups of 我的待办, in the order in which one goes through them
STAGES = {"review": ("review",), "legality": ("legality",), "signoff": ("signoff",), "returned": ("returned",), "write": ("", "drafting")}


class Next(NamedTuple):
    """``role``: title; ``names``: the first few; ``more``: how many others."""

    role: str
    names: tuple[str, ...]
    more: int


def holders(request: Any, role: str, document: Document, *, without: tuple[str, ...] = ()) -> list[Staff]:
    """Active people who hold the role on all places where the document stands, by name."""
    now, scopes = clock.now(), scopes_of(document)
    found = [staff for staff in request.people.all_staff() if staff.active and staff.uid not in without
             and all(any(grant.role == role and grant.covers(scope) for grant in grants_of(staff, now)) for scope in scopes)]
    return sorted(found, key=lambda staff: staff.name)


def waiting_in(request: Any, document: Document, stage: str) -> list[Next]:
    """For whom it waits in a stage of the review; a role that nobody holds has no names."""
    draft = document.draft
    writers = draft.writers if draft is not None else ()
    approvers = tuple(step.actor for step in this_round(draft) if step.action == "approve")
    found = []
    for name in TABLE.states[stage].waits:
        role = writer_role(document.kind) if name == "writer" else name
        without = () if name == "writer" else (*writers, *approvers) if role == "signer" and stage == "signoff" else writers if stage != "signed" else ()
        people = holders(request, role, document, without=without)
        found.append(Next(title_of(role), tuple(_named(request, staff) for staff in people[:SHOWN]), max(0, len(people) - SHOWN)))
    return found


def _named(request: Any, staff: Staff) -> str:
    """The name, and of somebody absent also who stands for them."""
    row = deputation_of(staff)
    deputy = request.people.staff(row.deputy) if row is not None and row.in_force(clock.now().date()) else None
    return f"{staff.name}（{deputy.name}代）" if deputy is not None else str(staff.name)


def next_of(request: Any, after: Document | None = None) -> tuple[str, str, str] | None:
    """(address, title, what is to be done) of the next thing that waits for the person; None when nothing does. The lists may be a moment behind,
    so each is looked at as it is now."""
    work = work_of(request)
    for name in MINE:
        group = work.group(name)
        for row in group.rows:
            document = request.site.document(row.uid)
            if document is not None and document is not after and stage_of(document) in STAGES[name]:
                page = "review" if name in ("review", "legality", "signoff") else "edit"
                return f"/desk/doc/{row.uid}" + ("/review" if page == "review" else ""), row.title or kind_of(row.kind).title, group.title
    return None


