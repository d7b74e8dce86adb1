"""What the faces share: layout, errors, security headers, page cache, modes, health, static files.

Owns everything that is the same on every page. Must not import portal, desk or api. The tweens, from outside in:
log and request id, security headers, page cache, then Pyramid's own (errors, retry, transaction).
"""
from __future__ import annotations

from typing import Any


def includeme(config: Any) -> None:
    for name in (".theme", ".pages", ".finding", ".layout", ".modes", ".errors", ".health", ".security", ".pagecache"):
        config.include(f"govportal.web{name}")
