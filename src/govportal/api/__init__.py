"""The machine face under ``/api/v1``: JSON for the app, kiosks, the hotline and other portals; described by ``/api/openapi.json``.

Reads what the pages read and answers the same. Must not import portal or desk. Every error is JSON with a Chinese ``message``.
"""
from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    for name in ("search", "openapi"):
        config.include(f"govportal.api.{name}")
