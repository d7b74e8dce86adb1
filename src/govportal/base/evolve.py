"""Evolving the database: named steps, each in a transaction of its own, each run once (style.md: substanced's evolution).

Owns the register of steps and the generation mark. A step must be safe to run again after a kill before its commit.
"""
from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import transaction
from transaction.interfaces import TransientError

from .storage import META, SCHEMA_GENERATION, StorageError

log = logging.getLogger("govportal.evolve")


class Step(NamedTuple):
    generation: int
    name: str
    run: Callable[[Any], None]


_steps: dict[int, Step] = {}


def step(generation: int, name: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register the step that brings a database to ``generation``. ValueError when there is one already."""
    def register(run: Callable[[Any], None]) -> Callable[[Any], None]:
        if generation in _steps:
            raise ValueError(f"第 {generation} 代已有升级步骤 {_steps[generation].name}")
        _steps[generation] = Step(generation, name, run)
        return run
    return register


def pending(db: Any) -> list[Step]:
    """Steps that this database has not had, in order."""
    with db.transaction() as connection:
        done = connection.root().get(META, {}).get("generation", SCHEMA_GENERATION)
    return [_steps[number] for number in sorted(_steps) if number > done]


def run(db: Any, *, dry_run: bool = False) -> list[str]:
    """Run the pending steps, each in its own transaction. ``dry_run``: all of them, one after the other, in one transaction that is
    rolled back, so that each sees what the one before did. Returns their names. StorageError names a step that fails."""
    steps = pending(db)
    if dry_run:
        _try_out(db, steps)
    else:
        for one in steps:
            with db.transaction() as connection:
                _run_step(one, connection.root())
    return [f"{one.generation} {one.name}" for one in steps]


def _run_step(one: Step, root: Any) -> None:
    try:
        one.run(root)
    except TransientError:
        raise
    except Exception as exc:
        log.exception("evolve step %s failed", one.generation)
        raise StorageError(f"升级步骤“{one.generation} {one.name}”没有做成，这一步什么也没有保存：{type(exc).__name__}：{exc}") from exc
    root[META] = {**root.get(META, {}), "generation": one.generation}


def _try_out(db: Any, steps: list[Step]) -> None:
    manager = transaction.TransactionManager()
    connection = db.open(manager)
    try:
        manager.begin()
        for one in steps:
            _run_step(one, connection.root())
    finally:
        manager.abort()
        connection.close()
