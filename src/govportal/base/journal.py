"""Journal: which documents changed, kept for each named consumer until it has applied the current state.

Owns 16 shards a consumer with a permanent sentinel key, so that writers and the drainer do not meet in an emptied bucket
(measured.md §0.8, §6). A consumer reads ``pending``, applies the *current* state, then removes with ``done`` only the
entries whose nonce is unchanged: idempotent, no order promised, nothing lost by a crash.
"""
from __future__ import annotations

import secrets
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from BTrees.OOBTree import OOBTree
from persistent import Persistent

SHARDS = 16
_SENTINEL = ""


class Entry(NamedTuple):
    uid: str
    op: str
    nonce: int


def _new_shards() -> tuple[OOBTree, ...]:
    shards = tuple(OOBTree() for _ in range(SHARDS))
    for shard in shards:
        shard[_SENTINEL] = ("", 0)
    return shards


class Journal(Persistent):
    def __init__(self, consumers: Iterable[str] = ()) -> None:
        self._consumers: dict[str, tuple[OOBTree, ...]] = {name: _new_shards() for name in consumers}

    def register(self, name: str) -> None:
        """Begin to record for a consumer; a second time does nothing. A rebuild registers its own consumer first."""
        if name not in self._consumers:
            self._consumers = {**self._consumers, name: _new_shards()}

    def unregister(self, name: str) -> None:
        self._consumers = {key: value for key, value in self._consumers.items() if key != name}

    def consumers(self) -> tuple[str, ...]:
        return tuple(self._consumers)

    def record(self, uid: str, op: str = "changed", *, only: tuple[str, ...] = ()) -> None:
        """Note for every consumer that ``uid`` changed; part of the caller's transaction. ``only``: for these consumers alone, such as the
        desk's when a draft changes, which the public never sees."""
        number, entry = zlib.crc32(uid.encode()) % SHARDS, (op, secrets.randbits(62))
        for name, shards in self._consumers.items():
            if not only or name in only:
                shards[number][uid] = entry

    def pending(self, consumer: str, limit: int | None = None) -> list[Entry]:
        """Entries not yet applied. KeyError for a consumer that is not registered."""
        found: list[Entry] = []
        for shard in self._consumers[consumer]:
            for uid, value in shard.items():
                if uid != _SENTINEL:
                    found.append(Entry(uid, *value))
                    if limit is not None and len(found) >= limit:
                        return found
        return found

    def done(self, consumer: str, entries: Iterable[Entry]) -> int:
        """Remove applied entries whose nonce is unchanged; returns how many."""
        shards, removed = self._consumers[consumer], 0
        for entry in entries:
            shard = shards[zlib.crc32(entry.uid.encode()) % SHARDS]
            if shard.get(entry.uid) == (entry.op, entry.nonce):
                del shard[entry.uid]
                removed += 1
        return removed

    def position(self, consumer: str) -> tuple[int, int]:
        """(number, nonce) of the last batch this consumer has told of with ``advance``; (0, 0) before the first."""
        found: tuple[int, int] | None = self._consumers[consumer][0][_SENTINEL][2:]     # type: ignore[assignment]
        return found or (0, 0)

    def advance(self, consumer: str, number: int, nonce: int) -> None:
        """Note in the database how far a consumer that keeps its result elsewhere has come; kept in a sentinel, so writers do not meet it."""
        self._consumers[consumer][0][_SENTINEL] = ("", 0, number, nonce)

    def faults(self) -> Iterator[str]:
        """Faults of the shards, in Chinese: count, sentinel, entries in another shard than their uid's or not of an entry's form."""
        for name, shards in self._consumers.items():
            if len(shards) != SHARDS:
                yield f"日志 {name} 有 {len(shards)} 个分片，应有 {SHARDS} 个"
            for number, shard in enumerate(shards):
                if _SENTINEL not in shard:
                    yield f"日志 {name} 的第 {number} 个分片缺少常驻记录"
                for uid, entry in shard.items():
                    if uid == _SENTINEL:
                        continue
                    if zlib.crc32(uid.encode()) % SHARDS != number:
                        yield f"日志 {name} 里 {uid} 的记录在第 {number} 个分片，应在第 {zlib.crc32(uid.encode()) % SHARDS} 个"
                    if not (isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str) and isinstance(entry[1], int)):
                        yield f"日志 {name} 里 {uid} 的记录写得不对"

    def count(self, consumer: str) -> int:
        return sum(len(shard) - (_SENTINEL in shard) for shard in self._consumers[consumer])
