"""What a page of the desk may ask for, and which roles answer it: one table.

Owns the names of permissions. Access is derived from roles and grants when asked (architecture §4); a permission asked on a document
counts only grants that cover where it stands.
"""
from __future__ import annotations

from typing import Any

from ..content.model import Document
from ..content.publication import scope_of
from ..people.grants import StaffActor
from ..people.roles import ROLES

WRITERS = ("editor", "reviewer", "legality", "signer", "directory")
PERMISSIONS: dict[str, tuple[str, ...]] = {
    "desk.home": tuple(ROLES),
    "content.view": (*WRITERS, "site", "auditor"),
    "content.work": (*WRITERS, "site"),
    "content.edit": ("editor", "directory"),
    "content.review": ("reviewer",),
    "content.legality": ("legality",),
    "content.sign": ("signer",),
    "content.publish": ("editor", "directory", "signer"),
    "directory.manage": ("directory",),
    "quality.view": (*WRITERS, "site", "auditor"),
    "quality.manage": ("reviewer", "signer", "site"),
    "search.manage": ("site",),
    "site.manage": ("site",),
    "staff.manage": ("security",),
    "audit.view": ("auditor",),
}


def allowed(actor: StaffActor, permission: str, context: Any) -> bool:
    """Whether the actor has the permission, on this document when ``context`` is one. KeyError for a permission that is not in the table."""
    roles = PERMISSIONS[permission]
    if not isinstance(context, Document):
        return actor.holds_any(*roles)
    if permission == "content.edit":
        roles = ("directory",) if context.kind == "DirectoryItem" else ("editor",)
    scope = scope_of(context)
    return any(actor.holds(role, scope) for role in roles)
