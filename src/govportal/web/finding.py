"""Search as the faces use it: the process's engine, who asks (for the log, hashed at once), and titles when there is no index.

Owns the registry's ``search`` and ``query_log``. A missing or broken index is no error: ``find`` answers None, the caller looks in the
names and says that search is being rebuilt.
"""
from __future__ import annotations

import logging
from typing import Any

from pyramid_zodbconn import get_connection

from ..base import clock
from ..search.analysis import analyzer
from ..search.engine import Answer, Engine, Query
from ..search.index import IndexMissing
from ..search.overlay import open_overlay
from ..search.querylog import QueryLog
from ..search.text import squeeze
from ..search.words import Entry

log = logging.getLogger("govportal.search")


def find(request: Any, query: Query, *, note: bool = False) -> Answer | None:
    """The answer, or None while there is no index. ``note``: put it into the query log (the person's own question, not a part of a page)."""
    try:
        request.registry.search.take(open_overlay(get_connection(request)))
        answer: Answer = request.registry.search.search(query, request.columns)
    except IndexMissing:
        return None
    except Exception:  # noqa: BLE001 - whatever it is, people get names that match, and the log says what it was
        log.exception("search failed")
        return None
    if note and not query.start:
        request.registry.query_log.searched(query.text, answer.total, not answer.total, asker(request), now=clock.now())
    return answer


def suggestions(request: Any, text: str, limit: int = 8) -> list[Entry]:
    """Labels for what was typed; names that match while there is no index."""
    try:
        found: list[Entry] = request.registry.search.suggest(text, request.columns, limit)
        return found
    except IndexMissing:
        return [Entry(row.name, "item", 0.0) for row in request.columns.match("items", text)[:limit]] if text else []


def known(request: Any, texts: list[str]) -> list[str]:
    """Those of the texts that are names or plain names of the site: nothing else that was typed is ever shown to others."""
    try:
        lexicon = request.registry.search.lexicon(request.columns)
    except IndexMissing:
        return []
    return [text for text in texts if lexicon.entry(squeeze(text)) is not None]


def asker(request: Any) -> str:
    """Address and browser, for counting different askers of a day; hashed before it is written (``QueryLog``)."""
    return f"{request.client_addr or ''} {request.user_agent or ''}"[:300]


def today() -> str:
    return clock.now().strftime("%Y%m%d")


def includeme(config: Any) -> None:
    settings = config.registry.portal_settings
    config.registry.search = Engine(settings.search, words=analyzer(settings.rjieba))
    config.registry.query_log = QueryLog(settings.search / "log", settings.search_log_days)
