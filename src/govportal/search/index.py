"""The index folder: which one is current, its stamp, and the one writer.

Layout in ``var/search``: ``current`` names the folder in use; each ``index-<n>`` holds Whoosh's files, ``stamp.json`` (which analyser) and
``position.json`` (how far it has come; compared with the database, so that a folder or a database put back from a backup is noticed).
A rebuild fills a new folder while the old one serves, then ``current`` is replaced in one rename. OSError on a full disk
leaves the old state readable.
"""
from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from . import segments
from .analysis import Analyzer
from .documents import IndexDocument
from .text import bigrams, codes, normalise, squeeze

BATCH = 25_000                  # documents a commit of a rebuild: postings lie in compact arrays, few segments read faster
MAX_LABELS = 80


class IndexMissing(Exception):
    """No usable index: never built, deleted, or made by another version."""


def _write_file(path: Path, text: str) -> None:
    """Replace a small file in one step, on the disk."""
    draft = path.with_name(path.name + ".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Home:
    """``var/search``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def current_name(self) -> str:
        """Folder name in use, '' when none."""
        try:
            name = (self.folder / "current").read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ""
        return name if name.startswith("index-") and "/" not in name else ""

    def current(self, stamp: str) -> Path:
        """The folder in use. IndexMissing when there is none or another analyser made it."""
        name = self.current_name()
        folder = self.folder / name
        if not name or not segments.exists(folder):
            raise IndexMissing("没有可用的检索索引")
        if stamp_of(folder) != stamp:
            raise IndexMissing("检索索引由另一版本的分词或词典生成，需要重建")
        return folder

    def new_name(self) -> str:
        numbers = [int(path.name[6:]) for path in self.folder.glob("index-*") if path.name[6:].isdigit()] if self.folder.is_dir() else []
        return f"index-{max(numbers, default=0) + 1}"

    def make(self, name: str, stamp: str) -> Path:
        """An empty index under this name."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        segments.create(folder)
        _write_file(folder / "stamp.json", json.dumps({"stamp": stamp, "id": secrets.token_hex(8)}))
        return folder

    def report_broken(self) -> None:
        """Ask the keeper to look whether the current folder can be read at all."""
        try:
            (self.folder / "broken").touch()
        except OSError:
            pass

    def drop(self, name: str) -> None:
        """Remove the folder of a build that came to nothing."""
        if name and name != self.current_name():
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def switch(self, name: str) -> None:
        """Make ``name`` current; other folders are removed (a reader that has them open keeps its mapped files)."""
        _write_file(self.folder / "current", name + "\n")
        for path in self.folder.glob("index-*"):
            if path.name != name:
                shutil.rmtree(path, ignore_errors=True)


class Position(NamedTuple):
    """How far a folder has come: batch ``number`` with its ``nonce``, the ``previous`` nonce, and the ids of that batch."""

    number: int = 0
    nonce: int = 0
    previous: int = 0
    uids: tuple[str, ...] = ()


def position_of(folder: Path) -> Position:
    """The position written after the last commit of a folder."""
    try:
        number, nonce, previous, uids = json.loads((folder / "position.json").read_text(encoding="utf-8"))
        return Position(int(number), int(nonce), int(previous), tuple(uids))
    except FileNotFoundError:
        return Position()
    except (OSError, ValueError, TypeError):
        return Position(-1)


def write_position(folder: Path, position: Position) -> None:
    _write_file(folder / "position.json", json.dumps(position))


def stamp_of(folder: Path) -> str:
    try:
        return str(json.loads((folder / "stamp.json").read_text(encoding="utf-8"))["stamp"])
    except (OSError, ValueError, KeyError):
        return ""


def id_of(folder: Path) -> str:
    """What tells this index from another one of the same name that was here before."""
    try:
        return str(json.loads((folder / "stamp.json").read_text(encoding="utf-8"))["id"])
    except (OSError, ValueError, KeyError):
        return ""


def fields_of(document: IndexDocument, analyzer: Analyzer) -> dict[str, Any]:
    """The Whoosh document of one index document."""
    labels = list(dict.fromkeys(text for label in document.labels[:MAX_LABELS] if (text := squeeze(label))))
    row: dict[str, Any] = {
        "id": document.uid, "edition": document.edition, "weight": document.weight, "labels": labels,
        "title": analyzer.words(document.title), "plain": [word for label in document.labels[1:MAX_LABELS] for word in analyzer.words(label)],
        "body": analyzer.words(document.body), "gram": list(dict.fromkeys(gram for label in labels for gram in bigrams(label))),
        "kind": [document.kind], "region": [document.region], "org": [document.org], "type": [document.type], "date": [document.date],
        "topic": sorted(set(document.topics)), "audience": sorted(set(document.audiences)), "channel": sorted(set(document.channels)),
        "code": list(dict.fromkeys([*("=" + label for label in labels), *codes(normalise(document.title)),
                                    *(term for code in document.codes for term in (*codes(normalise(code)), squeeze(code)))]))}
    return {name: value for name, value in row.items() if value not in ([], [""], "")}


class Writer:
    """Applies changes to one index folder. One at a time in the whole installation (Whoosh's lock)."""

    def __init__(self, folder: Path, analyzer: Analyzer) -> None:
        self.folder, self.analyzer = folder, analyzer

    def apply(self, changes: dict[str, IndexDocument | None], *, fresh: bool = False) -> int:
        """Set or remove documents by id and commit; returns how many were set. ``fresh``: none of them is there yet.

        The same changes a second time give the same index. OSError (disk full) and LockError leave the index as it was.
        """
        if not changes:
            return 0
        try:
            index = segments.open_index(self.folder)
        except OSError:
            raise
        except Exception as exc:  # noqa: BLE001 - a torn table of contents raises whatever pickle meets
            raise IndexMissing(f"检索索引读不出来：{type(exc).__name__}") from exc
        writer = segments.writer(index)
        written = 0
        try:
            if not fresh:
                searcher = writer.searcher()
                try:
                    from whoosh.query import Term
                    for uid in changes:
                        writer.delete_by_query(Term("id", uid), searcher=searcher)
                finally:
                    searcher.close()
            for document in changes.values():
                if document is not None:
                    written += 1
                    writer.add_document(**fields_of(document, self.analyzer))
            if fresh:
                writer.commit(merge=False)
            else:
                writer.commit(mergetype=segments.merge_small)
        except BaseException:
            segments.abandon(writer)
            raise
        return written


def build(home: Home, name: str, analyzer: Analyzer, documents: Iterable[IndexDocument], *,
          progress: Callable[[int, int], None] | None = None) -> int:
    """Fill a new folder from nothing; returns how many documents. The pointer is not moved. ``progress(done, done)`` is called now and then."""
    folder = home.make(name, analyzer.stamp)
    writer, batch, done = Writer(folder, analyzer), {}, 0
    for document in documents:
        batch[document.uid] = document
        done += 1
        if len(batch) >= BATCH:
            writer.apply(dict(batch), fresh=True)
            batch.clear()
        if progress is not None and done % 200 == 0:
            progress(done, done)
    writer.apply(dict(batch), fresh=True)
    return done


def editions(folder: Path) -> dict[str, list[str]]:
    """{id: [edition of each live main document]} of a folder; for ``check``."""
    storage, schema, _, found = segments.toc(folder)
    result: dict[str, list[str]] = {}
    for whoosh_segment, deleted in found:
        segment, gone = segments.Segment(storage, schema, whoosh_segment), set(deleted)
        for number, (uid, edition) in enumerate(segment.editions()):
            if number not in gone:
                result.setdefault(uid, []).append(edition)
    return result
