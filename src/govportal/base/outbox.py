"""Outbox: effects outside the transaction, written in it and delivered after it, at least once.

Owns due times, attempts, order and the dead letters. A message carries an idempotency key; the same key twice is one
message. Within one ``order`` only the earliest unfinished message is offered. ``drain`` calls the handlers outside any
transaction and commits the outcome afterwards, so a crash repeats a delivery but never loses one.
"""
from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from BTrees.OOBTree import OOBTree
from persistent import Persistent
from ZODB.POSException import ConflictError

from . import clock

ATTEMPTS = 8
FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=6)


class Message(NamedTuple):
    id: str
    kind: str
    payload: dict[str, Any]
    key: str
    due: datetime
    order: str
    attempts: int
    error: str
    created: datetime


class Outbox(Persistent):
    def __init__(self) -> None:
        self._messages = OOBTree()   # id -> Message
        self._by_due = OOBTree()     # (due, id) -> None
        self._keys = OOBTree()       # idempotency key -> id, kept after delivery
        self._orders = OOBTree()     # order -> tuple of ids, oldest first
        self._dead = OOBTree()       # id -> Message
        for tree in (self._messages, self._by_due, self._keys, self._orders, self._dead):
            tree[("", "") if tree is self._by_due else ""] = None

    def add(self, kind: str, payload: dict[str, Any], *, key: str, due: datetime | None = None, order: str = "") -> str:
        """Put a message in; returns its id (the former one when the key is known). ``due``: aware, default now."""
        known = self._keys.get(key)
        if known is not None:
            return known
        now = clock.now()
        message = Message(secrets.token_hex(10), kind, dict(payload), key, due or now, order, 0, "", now)
        self._keys[key] = message.id
        self._put(message)
        if order:
            self._orders[order] = (*(self._orders.get(order) or ()), message.id)
        return message.id

    def _put(self, message: Message) -> None:
        self._messages[message.id] = message
        self._by_due[(message.due.isoformat(), message.id)] = None

    def _drop(self, message: Message) -> None:
        del self._messages[message.id]
        del self._by_due[(message.due.isoformat(), message.id)]

    def due(self, now: datetime, limit: int = 100) -> list[Message]:
        """Messages to deliver at ``now``, earliest first."""
        found: list[Message] = []
        for _, identity in self._by_due.keys(min=("", "\x00"), max=(now.isoformat(), "\uffff")):
            message = self._messages[identity]
            if message.order and (self._orders.get(message.order) or ())[:1] != (identity,):
                continue
            found.append(message)
            if len(found) >= limit:
                break
        return found

    def delivered(self, identity: str) -> None:
        """The effect has happened. LookupError for an unknown id."""
        message = self._messages.get(identity)
        if message is None:
            raise LookupError(f"发件箱里没有 {identity}")
        self._drop(message)
        self._leave_order(message)

    def _leave_order(self, message: Message) -> None:
        if not message.order:
            return
        rest = tuple(other for other in self._orders.get(message.order) or () if other != message.id)
        if rest:
            self._orders[message.order] = rest
        else:
            del self._orders[message.order]

    def failed(self, identity: str, error: str, now: datetime) -> None:
        """One attempt failed: wait longer each time, after ``ATTEMPTS`` move to the dead letters (which block their order)."""
        message = self._messages[identity]
        self._drop(message)
        attempts = message.attempts + 1
        message = message._replace(attempts=attempts, error=error[:500])
        if attempts >= ATTEMPTS:
            self._dead[identity] = message
            return
        wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT) * (0.8 + 0.4 * random.random())
        self._put(message._replace(due=now + wait))

    def dead(self) -> list[Message]:
        return [message for message in self._dead.values() if message is not None]

    def retry(self, identity: str) -> None:
        """Offer a dead letter again, now, with fresh attempts. LookupError for an unknown id."""
        message = self._dead.pop(identity, None)
        if message is None:
            raise LookupError(f"死信里没有 {identity}")
        self._put(message._replace(attempts=0, due=clock.now()))

    def count(self) -> int:
        return len(self._messages) - 1


def drain(db: Any, outbox_of: Callable[[Any], Outbox], handlers: dict[str, Callable[[Message], None]], *, limit: int = 50) -> tuple[int, int]:
    """Deliver what is due; returns (delivered, failed). Handlers run outside any transaction and must be idempotent by ``key``."""
    delivered = failed = 0
    with db.transaction() as connection:
        messages = outbox_of(connection.root()).due(clock.now(), limit)
    for message in messages:
        error = ""
        try:
            if message.kind not in handlers:
                raise LookupError(f"没有处理“{message.kind}”的程序")
            handlers[message.kind](message)
        except Exception as exc:  # noqa: BLE001 - any failure of the other side is recorded and retried
            error = f"{type(exc).__name__}: {exc}"
        _settle(db, outbox_of, message, error)
        delivered, failed = delivered + (not error), failed + bool(error)
    return delivered, failed


def _settle(db: Any, outbox_of: Callable[[Any], Outbox], message: Message, error: str) -> None:
    """Commit the outcome; a conflict with a writer is tried again."""
    for attempt in range(5):
        try:
            with db.transaction() as connection:
                outbox = outbox_of(connection.root())
                if error:
                    outbox.failed(message.id, error, clock.now())
                else:
                    outbox.delivered(message.id)
            return
        except ConflictError:
            if attempt == 4:
                raise
