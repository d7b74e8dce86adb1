"""A small sealer: JSON signed with HMAC-SHA256 under a key of its own purpose. For session cookies, form tokens, secret preview links.

Owns the form ``body.signature`` (base64url). The content is signed, not hidden. Anything that is not exactly what was sealed, or is too old,
opens to None; nothing is raised for what people or attackers send.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..base import clock
from ..base.keys import Keys

LONGEST = 4096
AHEAD = timedelta(seconds=60)      # clocks of two machines may differ by this much


class Opened(NamedTuple):
    payload: dict[str, Any]
    issued: datetime


class Sealer:
    """Seals for one purpose: a token of another purpose does not open here."""

    def __init__(self, keys: Keys, purpose: str) -> None:
        self._key = keys.derive(f"token {purpose}")

    def seal(self, payload: dict[str, Any], *, until: datetime | None = None, now: datetime | None = None) -> str:
        """Text safe in cookies and addresses. ``payload``: plain JSON data; ``until``: it never opens after that moment."""
        issued = (now or clock.now()).timestamp()
        parts = [payload, round(issued, 3), None if until is None else until.timestamp()]
        body = _encode(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode())
        return f"{body}.{self._sign(body)}"

    def open(self, text: str | None, *, max_age: timedelta | None = None, now: datetime | None = None) -> Opened | None:
        """What was sealed and when; None for text that was tampered with, belongs to another purpose, is older than ``max_age`` or past its end."""
        if not text or len(text) > LONGEST:
            return None
        body, _, signature = text.partition(".")
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode("utf-8", "replace")):
            return None
        payload, issued_at, until = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        present, issued = now or clock.now(), datetime.fromtimestamp(issued_at, clock.SHANGHAI)
        if issued > present + AHEAD or (max_age is not None and present - issued > max_age) or (until is not None and present.timestamp() > until):
            return None
        return Opened(payload, issued)

    def _sign(self, body: str) -> str:
        return _encode(hmac.new(self._key, body.encode("utf-8", "replace"), hashlib.sha256).digest())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
