"""Uploaded files as responses: streamed from the blob, with the type that was found in them and a name that is safe to keep.

Owns the headers of a file. Nothing that a person uploaded runs in a page of this site: its own type, nosniff, a sandbox, pictures shown and
everything else downloaded.
"""
from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from pyramid.response import FileIter, Response

from ..content.files import FileRecord, find

PUBLIC_SECONDS = 86_400        # not longer: what is withdrawn must go from caches too
_CSP = "default-src 'none'; sandbox; frame-ancestors 'none'"


def file_path(record: FileRecord) -> str:
    """The public address of a file."""
    return f"/files/{record.uid}/{quote(record.name)}"


def desk_path(record: FileRecord) -> str:
    """The address at which staff see a file before it is public."""
    return f"/desk/files/{record.uid}"


def disposition(kind: str, name: str) -> str:
    """``Content-Disposition`` with a plain name for old programs and the true one (RFC 6266, RFC 5987)."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("_") or "file"
    if plain.startswith("."):
        plain = "file" + plain
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def file_response(request: Any, record: FileRecord, *, public: bool) -> Response:
    """The file, with ETag and ranges. ``public``: browsers and proxies may keep it for a day."""
    kind = record.media_type
    response = Response(content_type=kind, charset="utf-8" if kind.startswith("text/") else None)
    response.headers["Content-Disposition"] = disposition("inline" if record.is_image else "attachment", record.name)
    response.headers["Content-Security-Policy"] = _CSP
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}" if public else "private, no-store"
    response.etag = record.stored.facts.sha256[:32]
    response.last_modified = record.at
    response.accept_ranges = "bytes"
    response.conditional_response = True
    response.app_iter = FileIter(record.stored.blob.open("c"))
    response.content_length = record.size
    return response


def attachments(site: Any, rows: Any) -> list[dict[str, str]]:
    """Attachments of a document for its page: title, address ('' when there is no file) and type with size."""
    made = []
    for row in rows or ():
        record = find(site, row.get("file") or "")
        made.append({"title": row.get("title") or (record.name if record is not None else ""), "href": file_path(record) if record is not None else "",
                     "facts": record.words if record is not None else "文件未提供"})
    return made
