"""Journal: which documents changed, kept for each named consumer until it has applied the current state.

Owns 16 shards a consumer with a permanent sentinel key, so that writers and the drainer do not meet in an emptied bucket
(measured.md §0.8, §6). Each transaction writes under a key of its own (``uid nonce``), so that who saves a document again never meets the
drainer that removes the former entry. A consumer reads ``pending``, applies the *current* state, then removes with ``done`` only what it has
seen: idempotent, no order promised, nothing lost by a crash.
"""
from __future__ import annotations

import secrets
import weakref
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from BTrees.OOBTree import OOBTree
from persistent import Persistent

SHARDS = 16
_SENTINEL = ""


class Entry(NamedTuple):
    """A document that changed. ``nonce`` moves with each change; ``seen``: the keys that stand for it and what they said."""

    uid: str
    op: str
    nonce: int
    seen: tuple[tuple[str, tuple[str, int]], ...] = ()


def uid_of(key: str) -> str:
    """The document of a key. (Older databases have keys that are the uid alone.)"""
    return key.partition(" ")[0]


def _shard(uid: str) -> int:
    return zlib.crc32(uid.encode()) % SHARDS


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
        number, key, entry = _shard(uid), f"{uid} {self._mark():016x}", (op, secrets.randbits(62))
        for name, shards in self._consumers.items():
            if not only or name in only:
                shards[number][key] = entry

    def _mark(self) -> int:
        """A number of this transaction alone: what it records twice is one entry."""
        transaction = self._p_jar.transaction_manager.get() if self._p_jar is not None else None
        found = getattr(self, "_v_mark", None)
        if transaction is None:
            return secrets.randbits(62)
        if found is None or found[0]() is not transaction:
            found = self._v_mark = (weakref.ref(transaction), secrets.randbits(62))
        return int(found[1])

    def pending(self, consumer: str, limit: int | None = None) -> list[Entry]:
        """Entries not yet applied, one a document. KeyError for a consumer that is not registered."""
        found: list[Entry] = []
        for shard in self._consumers[consumer]:
            for uid, seen in _by_uid(shard):
                nonce = 0
                for _, (_, part) in seen:
                    nonce ^= part
                found.append(Entry(uid, seen[-1][1][0], nonce, tuple(seen)))
                if limit is not None and len(found) >= limit:
                    return found
        return found

    def done(self, consumer: str, entries: Iterable[Entry]) -> int:
        """Remove applied entries, as far as they are as they were seen; returns how many documents have nothing left."""
        shards, removed = self._consumers[consumer], 0
        for entry in entries:
            shard = shards[_shard(entry.uid)]
            unchanged = [key for key, value in entry.seen if shard.get(key) == value]
            for key in unchanged:
                del shard[key]
            removed += bool(unchanged) and not _keys(shard, entry.uid)
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
                    if _shard(uid_of(uid)) != number:
                        yield f"日志 {name} 里 {uid_of(uid)} 的记录在第 {number} 个分片，应在第 {_shard(uid_of(uid))} 个"
                    if not (isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str) and isinstance(entry[1], int)):
                        yield f"日志 {name} 里 {uid} 的记录写得不对"

    def count(self, consumer: str) -> int:
        return sum(len(shard) - (_SENTINEL in shard) for shard in self._consumers[consumer])


def _by_uid(shard: OOBTree) -> Iterator[tuple[str, list[tuple[str, tuple[str, int]]]]]:
    """The entries of a shard by document; those of one stand side by side."""
    current: str = ""
    seen: list[tuple[str, tuple[str, int]]] = []
    for key, value in shard.items():
        if key == _SENTINEL:
            continue
        if uid_of(key) != current:
            if seen:
                yield current, seen
            current, seen = uid_of(key), []
        seen.append((key, value))
    if seen:
        yield current, seen


def _keys(shard: OOBTree, uid: str) -> list[str]:
    return [*([uid] if uid in shard else []), *shard.keys(f"{uid} ", f"{uid}!")]
