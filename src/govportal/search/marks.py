"""What was found, shown in a text: spans of the query's wordings, marked titles, and snippets.

Marks are set after escaping, piece by piece, so that no text of a document or a query becomes markup. Pure functions.
"""
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from markupsafe import Markup, escape

from .plan import Plan

SNIPPET = 90                    # characters of a snippet
_OPEN, _CLOSE = Markup("<mark>"), Markup("</mark>")
_ENDS = "。！？；\n"


def wordings(plan: Plan) -> tuple[str, ...]:
    """What to mark: what was said and the words in it, and what it surely means, longest first; single characters only when nothing else
    is left."""
    found = [plan.text] + [text for group in plan.groups for text in (*group.words, *(other.text for other in group.alternatives if other.weight >= 0.5))]
    longer = [text for text in dict.fromkeys(found) if len(text) > 1]
    return tuple(sorted(longer or [text for text in dict.fromkeys(found) if text], key=lambda text: (-len(text), text)))


@lru_cache(maxsize=2048)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(re.escape, words))) if words else None


def _same_length(text: str) -> str:
    """Lower case and half width, so that places agree with the original; character by character only where the length would change."""
    folded = unicodedata.normalize("NFKC", text).lower()
    if len(folded) == len(text):
        return folded
    return "".join(one if len(one := unicodedata.normalize("NFKC", char).lower()) == 1 else char for char in text)


def spans(text: str, words: tuple[str, ...]) -> list[tuple[int, int]]:
    """(from, to) of the wordings in a text, not overlapping, in order."""
    pattern = _pattern(words)
    return [found.span() for found in pattern.finditer(_same_length(text))] if pattern is not None else []


def marked(text: str, words: tuple[str, ...]) -> Markup:
    """The escaped text with <mark> around the wordings."""
    parts: list[Markup] = []
    at = 0
    for start, end in spans(text, words):
        parts += [escape(text[at:start]), _OPEN, escape(text[start:end]), _CLOSE]
        at = end
    return Markup("").join([*parts, escape(text[at:])])


def snippet(text: str, words: tuple[str, ...], size: int = SNIPPET) -> str:
    """The stretch of a text with the most different wordings, cut at sentence ends where one is near; '' for an empty text."""
    text = " ".join(text.split())
    if len(text) <= size:
        return text
    found = spans(text[:20_000], words)
    if not found:
        return text[:size] + "…"
    best, most = found[0][0], -1
    for place, (start, _) in enumerate(found[:60]):
        inside = {text[a:b] for a, b in found[place:place + 20] if b <= start + size}
        weight = sum(map(len, inside))
        if weight > most:
            best, most = start, weight
    start = max(0, best - size // 4)
    for place in range(best, start, -1):
        if text[place - 1] in _ENDS:
            start = place
            break
    end = min(len(text), start + size)
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
