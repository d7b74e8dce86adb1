"""Two wordings of a text: which words went and which came, so that a reader finds the change inside a long paragraph.

Owns the comparison of texts. Pure, and quick for any text: sentences first, then the words of sentences that changed. Texts that have little in
common are told as one whole against the other, not as confetti.
"""
from __future__ import annotations

import re
from difflib import SequenceMatcher

SAME, CHANGED = "same", "changed"
Parts = list[tuple[str, str]]          # (SAME or CHANGED, text) in order; joined they are the text
LONGEST = 400                          # words of one changed passage that are compared
ALIKE = 0.4                            # share of common words below which a passage is told as a whole

_WORDS = re.compile(r"[A-Za-z0-9.]+|\s+|.", re.S)
_SENTENCES = re.compile(r"[^。；！？\n]*[。；！？\n]|[^。；！？\n]+")


def marked(before: str, after: str) -> tuple[Parts, Parts]:
    """(parts of the text as it was, parts as it is)."""
    old, new = _SENTENCES.findall(before), _SENTENCES.findall(after)
    was: Parts = []
    now: Parts = []
    for tag, i, until, j, to in SequenceMatcher(None, old, new).get_opcodes():      # sentences that come again and again are no anchors
        first, second = "".join(old[i:until]), "".join(new[j:to])
        one, other = ([(SAME, first)], [(SAME, second)]) if tag == "equal" else _words(first, second)
        was += one
        now += other
    return _joined(was), _joined(now)


def _words(before: str, after: str) -> tuple[Parts, Parts]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if not old or not new or max(len(old), len(new)) > LONGEST or matcher.ratio() < ALIKE:
        return [(CHANGED, before)], [(CHANGED, after)]
    was: Parts = []
    now: Parts = []
    codes = matcher.get_opcodes()
    for place, (tag, i, until, j, to) in enumerate(codes):
        alone = tag == "equal" and until - i == 1 and 0 < place < len(codes) - 1 and len(old[i]) == 1     # one character between two changes
        kind = SAME if tag == "equal" and not alone else CHANGED
        was.append((kind, "".join(old[i:until])))
        now.append((kind, "".join(new[j:to])))
    return was, now


def _joined(parts: Parts) -> Parts:
    """Neighbours of one kind as one; nothing empty."""
    found: Parts = []
    for kind, text in parts:
        if text and found and found[-1][0] == kind:
            found[-1] = (kind, found[-1][1] + text)
        elif text:
            found.append((kind, text))
    return found
