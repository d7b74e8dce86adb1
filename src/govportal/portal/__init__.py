"""The public face: 我要看, 我要查, 我要办, 我要问, 我要评, 我的. Reads; writes nothing.

Lists come from the columns, pages of one document from the document. Must not import desk or api.
"""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPGone, HTTPMovedPermanently, HTTPNotFound

MODULES = ("home", "finder", "guide", "forms", "reading", "asking", "bodies", "lifeevents", "statements", "lookup", "machine", "files")


def live_values(document: Any) -> dict[str, Any]:
    """Values of a public document. 404 when it was never public, 410 or a redirect when withdrawn."""
    withdrawal = document.withdrawal
    if withdrawal is not None and withdrawal.mode == "redirect":
        raise HTTPMovedPermanently(location=withdrawal.to)
    if withdrawal is not None and withdrawal.mode == "gone":
        raise HTTPGone(detail=f"撤下原因：{withdrawal.reason}")
    if document.live is None:
        raise HTTPNotFound()
    return document.live.values


def includeme(config: Any) -> None:
    for name in MODULES:
        config.include(f"govportal.portal.{name}")
