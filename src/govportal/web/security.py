"""Response headers, request id and the structured log (K13, K14).

Owns the outermost tween. The log holds method, route or path without query, status, time and request id: no address of a
person, no search words.
"""
from __future__ import annotations

import json
import logging
import secrets
import time
from typing import Any

from pyramid.tweens import INGRESS

log = logging.getLogger("govportal.access")

CSP = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
       "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
HEADERS = (("Content-Security-Policy", CSP), ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"),
           ("Referrer-Policy", "strict-origin-when-cross-origin"), ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()"),
           ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"))


def tween_factory(handler: Any, registry: Any) -> Any:
    https = registry.portal_settings.https
    metrics = registry.metrics
    shared = bool(metrics.shared)

    def tween(request: Any) -> Any:
        began = time.perf_counter()
        request.environ["govportal.request_id"] = request_id = secrets.token_hex(8)
        response = handler(request)
        if request.environ.get("govportal.headers") is not response:   # a cached page brings them along
            headers = response.headers
            for name, value in HEADERS:
                if name not in headers:
                    headers[name] = value
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        response.headerlist.append(("X-Request-Id", request_id))
        seconds = time.perf_counter() - began
        metrics.seen(response.status_code, seconds)
        if shared:   # another process may be the one that is asked for the sum
            metrics.cache(registry.page_cache.hits, registry.page_cache.size)
        if log.isEnabledFor(logging.INFO):
            log.info("%s", json.dumps({"id": request_id, "method": request.method[:10], "path": _logged(request.environ.get("PATH_INFO", "")), "status": response.status_code, "ms": round(seconds * 1000, 2),
                "cache": request.environ.get("govportal.cache", "")}, ensure_ascii=False))
        return response
    return tween


def _logged(path: str) -> str:
    """The path as the log keeps it: of a secret link only that it is one."""
    return "/preview/…" if path.startswith("/preview/") else path.encode("latin-1", "replace").decode("utf-8", "replace")[:200]


def includeme(config: Any) -> None:
    config.add_tween("govportal.web.security.tween_factory", under=INGRESS)
