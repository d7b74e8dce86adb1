"""Rendered public pages in memory, keyed so that nobody gets another's page (architecture §4).

Key: scheme and host, path, declared query parameters in order, region, modes, content epoch, date. Only GET and HEAD of pages
declared public. Owns an LRU by bytes with the gzip body beside and strong ETags. The epoch is read through a
connection of the thread's own that follows the database, so the next request after a publication sees it.
"""
from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from typing import Any, NamedTuple

import transaction
from pyramid.response import Response

from ..base import clock
from ..content.site import ROOT_KEY
from .modes import request_modes, request_region
from .security import HEADERS

PACK_FROM = 600


class Entry(NamedTuple):
    """A page ready to be sent: bodies, ETags, and the whole header lists of the plain and the gzip answer."""

    body: bytes
    packed: bytes | None
    etag: str
    plain_headers: tuple[tuple[str, str], ...]
    packed_headers: tuple[tuple[str, str], ...]


class PageCache:
    """LRU of entries, at most ``limit`` bytes. Thread safe."""

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self.hits, self.misses = limit, 0, 0, 0
        self._entries: OrderedDict[Any, Entry] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> Entry | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self.misses += 1
                return None
            self._entries.move_to_end(key)
            self.hits += 1
            return entry

    def put(self, key: Any, entry: Entry) -> None:
        weight = _weight(entry)
        if weight > self.limit // 4:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            self.size += weight - (_weight(old) if old else 0)
            self._entries[key] = entry
            while self.size > self.limit:
                _, dropped = self._entries.popitem(last=False)
                self.size -= _weight(dropped)


def _weight(entry: Entry) -> int:
    return len(entry.body) + len(entry.packed or b"") + 500


class EpochReader:
    """The content epoch as the database has it now, one long-lived connection a thread."""

    def __init__(self, database_of: Any) -> None:
        self._database_of = database_of
        self._local = threading.local()

    def epoch(self) -> int:
        """Raises what the storage raises when the database is gone."""
        local = self._local
        if not hasattr(local, "manager"):
            manager = transaction.TransactionManager()
            connection = self._database_of().open(manager)
            local.connection, local.site, local.manager = connection, None, manager
        local.manager.begin()
        try:
            if local.site is None:
                local.site = local.connection.root()[ROOT_KEY]
            return local.site.epoch()
        finally:
            local.manager.abort()


def make_key(request: Any, epoch: int, known: frozenset[str]) -> Any:
    pairs: tuple[tuple[str, str], ...] = ()
    if request.environ.get("QUERY_STRING"):
        pairs = tuple(sorted((name, value) for name, value in request.GET.items() if name in known))
    return (request.scheme, request.environ.get("HTTP_HOST", ""), request.environ["PATH_INFO"], pairs, request_region(request),
            request_modes(request), epoch, clock.now().date())


def tween_factory(handler: Any, registry: Any) -> Any:
    cache = registry.page_cache
    reader = EpochReader(lambda: registry._zodb_databases[""])
    registry.epoch_reader = reader

    def tween(request: Any) -> Any:
        if request.method not in ("GET", "HEAD") or not cache.limit or "session" in request.cookies:
            return handler(request)
        try:
            key = make_key(request, reader.epoch(), registry.page_params)
        except Exception:  # noqa: BLE001 - a bad query or a dead database: the handler answers 400 or 503
            return handler(request)
        entry = cache.get(key)
        if entry is None:
            response = handler(request)
            request.environ["govportal.cache"] = "miss"
            if not request.environ.get("govportal.public") or response.status_code != 200 or "Set-Cookie" in response.headers:
                return response
            entry = _entry(response)
            cache.put(key, entry)
        else:
            request.environ["govportal.cache"] = "hit"
        return _respond(request, entry)
    return tween


def _entry(response: Any) -> Entry:
    body = response.body
    packed = gzip.compress(body, 6, mtime=0) if len(body) > PACK_FROM else None
    keep = tuple((name, value) for name, value in response.headerlist if name in ("Link", "Content-Disposition", "X-Robots-Tag"))
    etag, kind = hashlib.sha256(body).hexdigest()[:24], response.headers["Content-Type"]
    shared = (("Cache-Control", "no-cache"), ("Vary", "Accept-Encoding, Cookie"), ("Content-Type", kind), *keep, *HEADERS)
    return Entry(body, packed, etag, (("ETag", f'"{etag}"'), ("Content-Length", str(len(body))), *shared),
                 (("ETag", f'"{etag}-gz"'), ("Content-Length", str(len(packed or b""))), ("Content-Encoding", "gzip"), *shared))


_NOT_IN_304 = {"Content-Length", "Content-Encoding", "Content-Type"}


def _respond(request: Any, entry: Entry) -> Response:
    """The stored page for this request: 304, gzip or plain."""
    packed = entry.packed is not None and "gzip" in request.environ.get("HTTP_ACCEPT_ENCODING", "")
    headers = list(entry.packed_headers if packed else entry.plain_headers)
    known = request.environ.get("HTTP_IF_NONE_MATCH", "")
    if known and (headers[0][1] in known or known.strip() == "*"):
        response = Response(status=304, headerlist=[pair for pair in headers if pair[0] not in _NOT_IN_304], app_iter=[])
    else:
        body = entry.packed if packed and entry.packed is not None else entry.body
        response = Response(headerlist=headers, app_iter=[body if request.environ["REQUEST_METHOD"] == "GET" else b""])
    request.environ["govportal.headers"] = response
    return response


def includeme(config: Any) -> None:
    config.registry.page_cache = PageCache(config.registry.portal_settings.page_cache_mb << 20)
    config.add_tween("govportal.web.pagecache.tween_factory", under="govportal.web.security.tween_factory")
