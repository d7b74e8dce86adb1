"""What a visitor chooses for the display: 长者模式, high contrast, region. Three cookies, set by a form post.

Owns the cookies ``elder``, ``contrast`` and ``region``. They hold no identity; a forged value is ignored. The post answers with a
redirect to a local path only.
"""
from __future__ import annotations

import logging
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from ..content.vocabularies import region_names

log = logging.getLogger("govportal.web")

MODES = ("elder", "contrast")
YEAR = 365 * 24 * 3600
DEFAULT_REGION = "990100"


def request_modes(request: Any) -> frozenset[str]:
    return frozenset(name for name in MODES if request.cookies.get(name) == "1")


def request_region(request: Any) -> str:
    region = request.cookies.get("region", "")
    return region if region in request.registry.region_names else DEFAULT_REGION


def local_path(target: str) -> str:
    """``target`` when it is a path of this site, else ``/``."""
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and "\\" not in target and target.isprintable() and len(target) < 2000
    return target if safe else "/"


def posted(request: Any, name: str) -> str:
    """A text field of the posted form; '' when it is absent, a file, or the body cannot be read as a form."""
    try:
        value = request.POST.get(name, "")
    except (ValueError, LookupError, TypeError, AttributeError, OSError, DeprecationWarning) as exc:   # WebOb raises the last for other charsets
        log.info("form not readable: %s", type(exc).__name__)
        return ""
    return value if isinstance(value, str) else ""


def _set(request: Any, name: str, value: str) -> HTTPSeeOther:
    back = posted(request, "back")
    response = HTTPSeeOther(location=local_path(back).encode("utf-8").decode("latin-1") if back.isascii() else "/")
    secure = request.registry.portal_settings.https
    if value:
        response.set_cookie(name, value, max_age=YEAR, path="/", httponly=True, samesite="Lax", secure=secure)
    else:
        response.set_cookie(name, "", max_age=0, path="/", httponly=True, samesite="Lax", secure=secure)
    response.headers["Cache-Control"] = "no-store"
    return response


def mode_view(request: Any) -> HTTPSeeOther:
    """Switch one mode on or off and go back to the page."""
    name = request.matchdict["mode"]
    if name not in MODES:
        return HTTPSeeOther(location="/")
    return _set(request, name, "" if name in request.modes else "1")


def region_view(request: Any) -> HTTPSeeOther:
    region = posted(request, "region")
    return _set(request, "region", region if region in request.registry.region_names and region != DEFAULT_REGION else "")


def no_root(request: Any) -> None:
    """Root of routes that must answer without a database."""
    return None


def includeme(config: Any) -> None:
    config.registry.region_names = region_names()
    config.add_request_method(request_modes, "modes", reify=True)
    config.add_request_method(request_region, "region", reify=True)
    config.add_route("mode", "/display/{mode}", factory=no_root)
    config.add_route("set-region", "/region/set", factory=no_root)
    config.add_view(mode_view, route_name="mode", request_method="POST")
    config.add_view(region_view, route_name="set-region", request_method="POST")
