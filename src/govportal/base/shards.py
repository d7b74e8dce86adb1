"""A mapping that many writers share: strings in 64 BTrees, so that writers rarely meet in one bucket (measured.md §2).

Owns that class. A missing key answers the default; nothing is raised. ``content.site`` keeps the name, under which older databases know it.
"""
from __future__ import annotations

import zlib
from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent

_SHARDS = 64


class ShardedMap(Persistent):
    """String -> anything that can be stored."""

    def __init__(self) -> None:
        self._shards = tuple(OOBTree() for _ in range(_SHARDS))

    def _shard(self, key: str) -> OOBTree:
        return self._shards[zlib.crc32(key.encode("utf-8", "surrogatepass")) % _SHARDS]

    def get(self, key: str, default: Any = None) -> Any:
        return self._shard(key).get(key, default)

    def __contains__(self, key: str) -> bool:
        return key in self._shard(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._shard(key)[key] = value

    def pop(self, key: str, default: Any = None) -> Any:
        return self._shard(key).pop(key, default)

    @property
    def shards(self) -> tuple[OOBTree, ...]:
        """The BTrees themselves, for a long walk with a place to come back to."""
        return self._shards

    def items(self) -> Any:
        for shard in self._shards:
            yield from shard.items()

    def __len__(self) -> int:
        return sum(len(shard) for shard in self._shards)
