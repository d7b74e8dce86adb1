"""``/files/<id>/<name>``: pictures and attachments of what is public now; anything else is not found."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPMovedPermanently, HTTPNotFound

from ..content.files import find, is_public
from ..web.files import file_path, file_response


def file_view(context: Any, request: Any) -> Any:
    """The file when a live edition refers to it. Another name in the address leads to the true one."""
    record = find(request.site, request.matchdict["id"])
    if record is None or not is_public(request.site, record):
        raise HTTPNotFound()
    if request.matchdict.get("name", "") != record.name:
        raise HTTPMovedPermanently(location=file_path(record))
    return file_response(request, record, public=True)


def includeme(config: Any) -> None:
    config.add_route("file", "/files/{id:[0-9a-f]{32}}/{name}")
    config.add_view(file_view, route_name="file", request_method=("GET", "HEAD"))
