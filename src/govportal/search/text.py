"""Text as search compares it: NFKC, lower case, simplified characters, numbers and document numbers in one spelling.

Owns normalisation only. Pure functions; never raises on any text.
"""
from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

MAX_QUERY = 120                 # characters of a query that are read; a longer one is cut
_DOC_NUMBER = re.compile(r"[\[(〔【<《{]?\s*((?:19|20)\d{2})\s*[\])〕】>》}]?\s*(?:年\s*)?(?:第\s*)?(\d{1,5})\s*号")
_CODE = re.compile(r"[0-9a-z][0-9a-z\-]{8,}[0-9a-z]")
_PHONE = re.compile(r"(?<![0-9a-z-])(?:(?:0\d{2,3}-?)?\d{7,8}|1\d{4})(?![0-9a-z-])")
_KEEP = re.compile(r"[0-9a-z一-鿿㐀-䶿\U00020000-\U0003ffff]+")


@lru_cache(maxsize=1)
def _converter() -> Any:
    import opencc
    return opencc.OpenCC("t2s")


def normalise(text: str) -> str:
    """NFKC, lower case, traditional → simplified (OpenCC t2s), one blank for white space."""
    folded = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode()).lower().replace("\x00", " ")
    if not folded.isascii():
        folded = _converter().convert(folded)
    return " ".join(folded.split())


def squeeze(text: str) -> str:
    """Normalised text with letters, digits and Han only: what labels compare."""
    return "".join(_KEEP.findall(normalise(text)))


def runs(text: str) -> list[str]:
    """Runs of letters, digits and Han of an already normalised text."""
    return _KEEP.findall(text)


def codes(text: str) -> list[str]:
    """Terms for codes, document numbers and phones in a normalised text: ``2019#51``, a 31-digit code, ``12345``."""
    found = [f"{year}#{int(number)}" for year, number in _DOC_NUMBER.findall(text)]
    found += [code.replace("-", "") for code in _CODE.findall(text)]
    found += [phone.replace("-", "") for phone in _PHONE.findall(text)]
    return list(dict.fromkeys(found))


def bigrams(text: str) -> list[str]:
    """Character pairs of a squeezed text, each once, in order; the character itself when there is but one."""
    if len(text) < 2:
        return [text] if text else []
    return list(dict.fromkeys(text[at:at + 2] for at in range(len(text) - 1)))
