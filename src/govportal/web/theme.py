"""Themes: Chameleon templates and static files, a theme holding only what it overrides.

Owns template lookup and ``/static/<digest>/…``. Static files are read once, served from memory with their gzip body and
cached by browsers for a year; their address changes with their content.
"""
from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path
from typing import Any

from chameleon import PageTemplateLoader
from markupsafe import Markup, escape
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from ..shipped import shipped

_TEXT = {".css", ".js", ".svg", ".txt", ".xml", ".json", ".webmanifest"}
_TYPES = {".js": "text/javascript", ".svg": "image/svg+xml", ".css": "text/css", ".webmanifest": "application/manifest+json"}


class Theme:
    """Templates and static files of a theme over those of ``default``. LookupError for a theme that does not exist."""

    def __init__(self, name: str, *, reload: bool = False) -> None:
        root = shipped("themes")
        if not (root / name).is_dir() or not re.fullmatch(r"[a-z0-9-]+", name):
            raise LookupError(f"没有主题“{name}”，themes 目录里有：{'、'.join(sorted(path.name for path in root.iterdir()))}")
        self.roots = [root / name] + ([root / "default"] if name != "default" else [])
        self.templates = PageTemplateLoader([str(path / "templates") for path in self.roots], auto_reload=reload,
                                            boolean_attributes={"checked", "selected", "disabled", "open", "hidden", "required"})
        self.files: dict[str, tuple[bytes, bytes | None, str]] = {}
        for base in reversed([path / "static" for path in self.roots]):
            for path in sorted(base.rglob("*")) if base.is_dir() else ():
                if path.is_file():
                    self.files[path.relative_to(base).as_posix()] = _body(path)
        self._icons: dict[str, Markup] = {}
        self.digest = hashlib.sha256(b"".join(name.encode() + body for name, (body, _, _) in sorted(self.files.items()))).hexdigest()[:12]

    def template(self, name: str) -> Any:
        return self.templates.load(name)

    def icon(self, name: str) -> Markup:
        """The markup of a sprite icon; always decoration, words stand beside it."""
        markup = self._icons.get(name)
        if markup is None:
            markup = self._icons[name] = Markup(
                f'<svg class="i" aria-hidden="true" focusable="false"><use href="{self.url("icons.svg")}#{escape(name)}"/></svg>')
        return markup

    def url(self, name: str) -> str:
        return f"/static/{self.digest}/{name}"


@cache
def shared_theme(name: str) -> Theme:
    """The one Theme of this name in a process: files and compiled templates never change while it runs."""
    return Theme(name)


def _body(path: Path) -> tuple[bytes, bytes | None, str]:
    body = path.read_bytes()
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in _TEXT and len(body) > 500 else None
    return body, packed if packed is not None and len(packed) < len(body) else None, kind


def static_view(request: Any) -> Response:
    found = request.registry.theme.files.get("/".join(request.matchdict["path"]))
    if found is None:
        raise HTTPNotFound()
    body, packed, kind = found
    response = Response(body, content_type=kind, charset="utf-8" if kind.startswith("text/") else None)
    current = request.matchdict["digest"] == request.registry.theme.digest
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if current else "public, max-age=300"
    if packed is not None:
        response.vary = ("Accept-Encoding",)
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            response.body = packed
            response.content_encoding = "gzip"
    return response


def includeme(config: Any) -> None:
    settings = config.registry.portal_settings
    config.registry.theme = Theme(settings.theme, reload=True) if settings.reload_templates else shared_theme(settings.theme)
    config.add_route("static", "/static/{digest}/*path", factory=lambda request: None)
    config.add_view(static_view, route_name="static", request_method=("GET", "HEAD"))
    config.add_request_method(lambda request, name: request.registry.theme.url(name), "static")
