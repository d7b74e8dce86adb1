"""Wrong words (B19): the shipped list (``content/rules/wrong-words.yaml``) and the office's own entries over it.

Owns reading, joining and finding. An entry has the wrong form, the right one ('' = do not use), a reason and a source; it may be bound to
what stands before or after. Names of laws and books in 《》 are quoted, never judged. A broken file ends the start with the entry's name.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from ..shipped import shipped

FILE = "rules/wrong-words.yaml"
_QUOTED = re.compile(r"《[^《》]{1,120}》")
_BOUNDS = ("before", "not_before", "after", "not_after")
_FIELDS = {"wrong", "right", "reason", "source", *_BOUNDS}


@dataclass(frozen=True)
class Word:
    """``before``/``after``: only beside one of these; ``not_before``/``not_after``: never beside one of these. ``author``: '' = shipped."""

    wrong: str
    right: str
    reason: str
    source: str
    before: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    author: str = ""

    def fits(self, text: str, start: int) -> bool:
        """Whether the wrong form at ``start`` is meant, by what stands around it."""
        end = start + len(self.wrong)
        if self.before and not text.endswith(self.before, 0, start):
            return False
        if self.not_before and text.endswith(self.not_before, 0, start):
            return False
        if self.after and not text.startswith(self.after, end):
            return False
        return not (self.not_after and text.startswith(self.not_after, end))

    @property
    def advice(self) -> str:
        change = f"请改为“{self.right}”" if self.right else "请不要这样写"
        return f"“{self.wrong}”{change}：{self.reason}"


@cache
def shipped_words() -> tuple[Word, ...]:
    """The shipped list. LookupError names the entry that is wrong."""
    data = yaml.load((shipped("content") / FILE).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    found: dict[str, Word] = {}
    for row in data["words"]:
        wrong = str(row.get("wrong") or "")
        if len(wrong) < 2 or wrong in found or set(row) - _FIELDS or not all(row.get(name) for name in ("right", "reason", "source")) or row["right"] == wrong:
            raise LookupError(f"content/{FILE} 的“{wrong}”写得不对：要有 wrong（两个字以上、不重复）、right、reason 和 source")
        found[wrong] = Word(wrong, row["right"], row["reason"], row["source"], **{bound: tuple(row.get(bound) or ()) for bound in _BOUNDS})  # type: ignore[arg-type]
    return tuple(found.values())


class WordList:
    """The words in force: ``find(text)``."""

    def __init__(self, words: Iterable[Word]) -> None:
        self.words = {word.wrong: word for word in words}
        longest_first = sorted(self.words, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def find(self, text: str) -> list[Word]:
        """The entries that the text breaks, each once, in order."""
        if self._pattern is None or self._pattern.search(text) is None:
            return []
        plain = _QUOTED.sub(lambda match: "　" * len(match.group()), text)
        found = {}
        for match in self._pattern.finditer(plain):
            word = self.words[match.group()]
            if word.fits(plain, match.start()):
                found[word.wrong] = word
        return list(found.values())


def word_list(overlay: Mapping[str, dict[str, Any]] | None = None) -> WordList:
    """Shipped words with the office's own over them; an own entry with ``off`` takes a shipped one out of force."""
    words = {word.wrong: word for word in shipped_words()}
    for wrong, entry in (overlay or {}).items():
        if entry.get("off"):
            words.pop(wrong, None)
        else:
            words[wrong] = Word(wrong, entry["right"], entry["reason"], entry["source"], author=entry["by"])
    return WordList(words.values())
