"""Audit: who did what to what, in two steps (architecture §4, K3, K8, K9).

Records go under random keys into 16 shards within the verb's transaction; one sealer chains them in batches with SHA-256
and writes each head to a file outside the database, so that a changed, removed or added record shows. Owns records,
seals and their verification. Holds actor ids and digests, never personal data in clear.
"""
from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from BTrees.IOBTree import IOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent

from . import clock

SHARDS = 16
BATCH = 1000
BATCHES = 20                    # chained from one reading, so that what an import leaves is not read again and again
_SENTINEL = ""
FIELDS = ("at", "action", "actor", "target", "outcome", "reason", "before", "after", "address")


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, '' for None."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Audit(Persistent):
    def __init__(self) -> None:
        self._open = tuple(OOBTree() for _ in range(SHARDS))
        for shard in self._open:
            shard[_SENTINEL] = None
        self._batches = IOBTree()   # number -> (tuple of (key, record), previous head, head)

    def record(self, action: str, *, actor: str, target: str = "", outcome: str = "ok", reason: str = "", before: Any = None,
               after: Any = None, address: str = "", at: datetime | None = None) -> str:
        """Add a record to the caller's transaction; returns its key. ``before``/``after`` are kept as digests."""
        key = secrets.token_hex(12)
        self._open[int(key[0], 16)][key] = ((at or clock.now()).isoformat(timespec="milliseconds"), action, actor, target, outcome, reason,
                                            digest(before), digest(after), address)
        return key

    def open_count(self) -> int:
        return sum(len(shard) - 1 for shard in self._open)

    def _take(self, limit: int) -> list[tuple[str, dict[str, Any]]]:
        found = [(key, _record(kept)) for shard in self._open for key, kept in shard.items() if key != _SENTINEL]
        found.sort(key=lambda pair: (pair[1]["at"], pair[0]))
        return found[:limit]

    @property
    def head(self) -> str:
        return self._batches[self._batches.maxKey()][2] if self._batches else ""

    def sealed(self, start: int = 0, limit: int = 100) -> Iterator[tuple[str, dict[str, Any]]]:
        """Sealed records from number ``start`` on, oldest first, at most ``limit``."""
        position = 0
        for records, _, _ in self._batches.values():
            for pair in records:
                if position >= start + limit:
                    return
                if position >= start:
                    yield pair
                position += 1

    def newest(self, limit: int = 100) -> list[dict[str, Any]]:
        """The newest records, open ones included, newest first."""
        found = [record for _, record in self._take(10 ** 9)][::-1]
        for number in reversed(list(self._batches.keys())):
            if len(found) >= limit:
                break
            found += [record for _, record in self._batches[number][0][::-1]]
        return found[:limit]


def _record(kept: Any) -> dict[str, Any]:
    """An open record by names. Kept as a tuple: BTrees cannot merge two writers' changes of a bucket that holds dicts (they have no order)."""
    return kept if isinstance(kept, dict) else dict(zip(FIELDS, kept, strict=True))


def _chain(previous: str, records: tuple[tuple[str, dict[str, Any]], ...]) -> str:
    head = previous
    for key, record in records:
        head = hashlib.sha256((head + key + json.dumps(record, ensure_ascii=False, sort_keys=True)).encode()).hexdigest()
    return head


def seal(audit: Audit, *, limit: int = BATCH) -> tuple[int, str] | None:
    """Chain up to ``limit`` open records into a batch; the caller commits, then calls ``write_head``. (number, head) or None."""
    return next(iter(seal_many(audit, limit=limit, batches=1)), None)


def seal_many(audit: Audit, *, limit: int = BATCH, batches: int = BATCHES) -> list[tuple[int, str]]:
    """Chain the oldest open records into up to ``batches`` batches; the caller commits, then calls ``write_head`` for each (number, head)."""
    taken, made = audit._take(limit * batches), []
    for start in range(0, len(taken), limit):
        records, previous = tuple(taken[start:start + limit]), audit.head
        head, number = _chain(previous, records), (audit._batches.maxKey() + 1 if audit._batches else 1)
        audit._batches[number] = (records, previous, head)
        for key, _ in records:
            del audit._open[int(key[0], 16)][key]
        made.append((number, head))
    return made


def write_head(path: Path, number: int, head: str) -> None:
    """Append a head to the file outside the database, on disk when this returns. The same number twice is written once."""
    line = f"{number} {head}\n"
    known = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    if known and known[-1].split(" ")[0] == str(number):
        return
    with open(path, "a", encoding="ascii") as stream:
        stream.write(line)
        stream.flush()
        os.fsync(stream.fileno())


def catch_up(audit: Audit, path: Path) -> int:
    """Write heads of batches that a crash kept from the file; returns how many."""
    known = path.read_text(encoding="ascii").splitlines() if path.exists() else []
    last = int(known[-1].split(" ")[0]) if known else 0
    missing = [number for number in audit._batches.keys() if number > last]
    for number in missing:
        write_head(path, number, audit._batches[number][2])
    return len(missing)


def read_heads(path: Path) -> list[list[str]]:
    """[number, head] of every line of the heads file; [] when there is none."""
    return [line.split(" ") for line in (path.read_text(encoding="ascii").splitlines() if path.exists() else [])]


def verify(audit: Audit, path: Path | None = None, *, known: list[list[str]] | None = None) -> list[str]:
    """Every fault of the chain, and of the database against the heads file, in Chinese; [] when all is sound.

    ``known``: the heads as they were before the database was opened; beside a running portal later ones are of batches that this view of the
    database cannot hold yet."""
    faults, previous, expected = [], "", 1
    for number, (records, before, head) in audit._batches.items():
        if number != expected:
            faults.append(f"审计批次 {expected} 缺失")
        if before != previous:
            faults.append(f"审计批次 {number} 与前一批次接不上")
        if _chain(before, records) != head:
            faults.append(f"审计批次 {number} 的记录被改动或缺失")
        previous, expected = head, number + 1
    if path is not None:
        lines = read_heads(path)
        for number_text, head in lines:
            batch = audit._batches.get(int(number_text))
            if batch is None and known is not None and [number_text, head] not in known:
                continue
            if batch is None:
                faults.append(f"库外记有审计批次 {number_text}，数据库里却没有")
            elif batch[2] != head:
                faults.append(f"审计批次 {number_text} 与库外的记录不一致")
        if audit._batches and len(lines) < len(audit._batches):
            faults.append(f"库外缺少 {len(audit._batches) - len(lines)} 个审计批次的记录")
    return faults
