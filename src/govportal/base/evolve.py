"""Evolving the database: named steps, each in a transaction of its own, each run once (style.md: substanced's evolution).

Owns the register of steps and the generation mark. A step must be safe to run again after a kill before its commit.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .storage import META, SCHEMA_GENERATION


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
    """Run the pending steps; ``dry_run`` runs them and rolls each back. Returns their names."""
    names = []
    for one in pending(db):
        if dry_run:
            connection = db.open()
            try:
                one.run(connection.root())
                connection.transaction_manager.abort()
            finally:
                connection.close()
        else:
            with db.transaction() as connection:
                one.run(connection.root())
                connection.root()[META] = {**connection.root()[META], "generation": one.generation}
        names.append(f"{one.generation} {one.name}")
    return names
