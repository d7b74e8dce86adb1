"""Words of a text by jieba with the portal's own dictionary; one Analyzer a process, never jieba's module-global tokenizer.

Owns tokenising. The ``stamp`` (package versions, schema number, digest of the user dictionary) is kept with an index: another
stamp means the index must be rebuilt. ``rjieba`` is used for runs of Han when it is installed and asked for (measured.md S2:
equal there).
"""
from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import re
import stat
import tempfile
import threading
from array import array
from bisect import bisect_left
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from ..shipped import shipped
from .text import normalise, runs

VERSION = 2                     # moves when tokens or fields change
FUNCTION_WORDS = frozenset("的 了 和 与 及 或 在 是 为 等 对 于 把 被 吗 呢 吧 啊 呀 我 你 他 她 它 这 那 有 就 都 也 还 又 要 会 能 可 去 来 到 从 以 之 其 所 者".split())
MEMO = 2_000                    # runs between punctuation whose words are remembered; texts repeat
MEMO_RUN = 80                   # characters of the longest
_HAN = re.compile(r"[一-鿿]+")


def _rjieba(own: list[str]) -> Any:
    """rjieba with the same user words; ImportError when it is not installed."""
    import rjieba
    made = rjieba.Jieba()
    for word in own:
        made.add_word(word, made.suggest_freq(word), None)
    return made


class _Frequencies:
    """jieba's words and their frequencies by 64-bit hash, from a file of ours: 6 MB and no work at start, where jieba's own table takes
    60 MB and a second; a look-up is slower (1 µs)."""

    def __init__(self, path: Path) -> None:
        """Raises OSError or ValueError when the file is not there or not whole."""
        raw = path.read_bytes()
        count = int.from_bytes(raw[:8], "little")
        if len(raw) != 16 + 12 * count or not count:
            raise ValueError("not a whole table")
        self.total = int.from_bytes(raw[8:16], "little")
        self._hashes, self._times = array("q", raw[16:16 + 8 * count]), array("i", raw[16 + 8 * count:])

    @staticmethod
    def code(word: str) -> int:
        return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little", signed=True)

    @classmethod
    def write(cls, path: Path, frequencies: dict[str, int], total: int) -> None:
        """Replace the file in one step."""
        codes = np.fromiter(map(cls.code, frequencies), dtype=np.int64, count=len(frequencies))
        times = np.fromiter(frequencies.values(), dtype=np.int32, count=len(frequencies))
        order = np.argsort(codes)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.write_bytes(len(codes).to_bytes(8, "little") + int(total).to_bytes(8, "little") + codes[order].tobytes() + times[order].tobytes())
        draft.replace(path)

    def get(self, word: str, default: Any = None) -> Any:
        code = self.code(word)
        at = bisect_left(self._hashes, code)
        return self._times[at] if at < len(self._hashes) and self._hashes[at] == code else default

    def __contains__(self, word: str) -> bool:
        return self.get(word) is not None

    def __getitem__(self, word: str) -> int:
        found = self.get(word)
        if found is None:
            raise KeyError(word)
        return int(found)


class Analyzer:
    """``words(text)``: search-mode words. Thread safe after construction. ``memo``: runs of text that are remembered; ``large``: with jieba's
    own table, larger and faster, for whole rebuilds."""

    def __init__(self, dictionary: Path | None = None, *, fast: bool = False, memo: int = MEMO, large: bool = False) -> None:
        import jieba
        jieba.setLogLevel(logging.WARNING)
        path = dictionary or shipped("search") / "dictionary.txt"
        self._text = path.read_text(encoding="utf-8") if path.is_file() else ""
        self._tokenizer = jieba.Tokenizer()
        self._tokenizer.tmp_dir = _private_folder()
        self._lock = threading.Lock()
        self._ready = False
        self.own = [line.split()[0] for line in self._text.splitlines() if line.strip() and not line.startswith("#")]
        self._memo_size, self._large = memo, large
        self._memo: dict[str, tuple[str, ...]] = {}
        self.fast = fast
        self._fast = _rjieba(self.own) if fast else None
        self.stamp = f"{VERSION}/jieba {jieba.__version__}/" + hashlib.sha256(self._text.encode()).hexdigest()[:16]

    def _prepare(self) -> None:
        if not self._ready:
            with self._lock:
                if not self._ready:
                    if self._large:
                        self._load()
                    else:
                        self._load_small()
                    self._ready = True

    def _load(self) -> None:
        self._tokenizer.initialize()
        for word in self.own:
            self._tokenizer.add_word(word)

    def _load_small(self) -> None:
        """The table by hash; written first when this version of it is not there yet."""
        path = Path(self._tokenizer.tmp_dir) / f"words-{self.stamp.replace('/', '-').replace(' ', '-')}.bin"
        try:
            table = _Frequencies(path)
        except (OSError, ValueError):
            self._write_table(path)
            table = _Frequencies(path)
        self._tokenizer.FREQ, self._tokenizer.total, self._tokenizer.initialized = table, table.total, True

    def _write_table(self, path: Path) -> None:
        self._load()
        _Frequencies.write(path, self._tokenizer.FREQ, self._tokenizer.total)

    def words(self, text: str) -> list[str]:
        """Words and the shorter words inside them, in order, with repetition; without function words."""
        return self.words_of(normalise(text))

    def words_of(self, normalised: str) -> list[str]:
        self._prepare()
        found: list[str] = []
        memo = self._memo
        for run in runs(normalised):
            if run.isascii():
                found.append(run)
                continue
            words = memo.get(run)
            if words is None:
                words = tuple(word for word in self._cut(run) if word not in FUNCTION_WORDS)
                if len(run) <= MEMO_RUN:
                    if len(memo) >= self._memo_size:
                        memo.clear()
                    memo[run] = words
            found.extend(words)
        return found

    def _cut(self, run: str) -> Any:
        """Search-mode words of a run; rjieba for pure Han, where it gives what jieba gives (measured.md S2)."""
        if self._fast is not None and _HAN.fullmatch(run):
            return self._fast.cut_for_search(run, True)
        return self._tokenizer.cut_for_search(run)

    def known(self, word: str) -> bool:
        """Whether a word is one of the dictionary's."""
        self._prepare()
        return bool(self._tokenizer.FREQ.get(word))

    def segments(self, run: str) -> list[str]:
        """One segmentation of a run of Han, no overlaps."""
        self._prepare()
        return self._tokenizer.lcut(run)


def _private_folder() -> str:
    """Where jieba keeps its prepared dictionary: a folder that only this user may write (jieba's own choice is all of /tmp)."""
    folder = Path(tempfile.gettempdir()) / f"govportal-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if state.st_uid != os.getuid() or not stat.S_ISDIR(state.st_mode) or state.st_mode & 0o022:
        return tempfile.mkdtemp(prefix="govportal-")
    return str(folder)


@lru_cache(maxsize=2)
def analyzer(fast: bool = False) -> Analyzer:
    """The process's Analyzer over the shipped dictionary. ``fast``: with rjieba, when it is installed."""
    return Analyzer(fast=fast and importlib.util.find_spec("rjieba") is not None)


def builder(fast: bool = False) -> Analyzer:
    """An Analyzer for a whole rebuild: remembers 100,000 runs (about 60 MB while the build lasts)."""
    return Analyzer(fast=fast and importlib.util.find_spec("rjieba") is not None, memo=100_000, large=True)
