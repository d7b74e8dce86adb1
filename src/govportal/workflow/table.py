"""The engine for declared tables: states, actions between them, and the human reasons why an action cannot run now.

Owns the form of a table and its check. Knows no kind, no role and no store: the room that declares a table gives the guards and conditions
by name, says in which states a subject is, and does the change itself. A table that is wrong raises ValueError when it is loaded.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .actors import Actor
from .reasons import Reason

Given = Mapping[str, Any]
Guard = Callable[[Any, Actor, Given], Iterable[Reason]]     # (subject, actor, what the person entered) -> why not
Condition = Callable[[Any, Given], bool]                    # (subject, what the person entered) -> whether a row is meant
Holds = Callable[[str], bool]                               # role -> whether the actor holds it for this subject


class State(NamedTuple):
    """``waits``: roles for whom a subject in this state waits. ``rest``: it may stay here for good."""

    name: str
    title: str
    waits: tuple[str, ...] = ()
    rest: bool = False


class Row(NamedTuple):
    """``target``: '' = the state stays. ``when``: condition that says whether this row is meant, '' = always. ``needs``: inputs that must be
    entered; ``asks``: those that may be."""

    action: str
    title: str
    sources: tuple[str, ...]
    target: str
    roles: tuple[str, ...]
    when: str = ""
    guards: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A checked table. ``first``: states in which a new subject is. ``inputs``: input -> what to say when it is missing."""

    name: str
    states: Mapping[str, State]
    first: tuple[str, ...]
    roles: Mapping[str, str]
    inputs: Mapping[str, str]
    rows: tuple[Row, ...]
    guards: Mapping[str, Guard]
    conditions: Mapping[str, Condition]

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of all actions, in the order of the table."""
        return tuple(dict.fromkeys(row.action for row in self.rows))

    def title(self, state: str) -> str:
        return self.states[state].title

    def find(self, action: str, present: Iterable[str], subject: Any, given: Given) -> Row | None:
        """The first row of this action that is meant for a subject in the states ``present``; None when there is none."""
        now = set(present)
        return next((row for row in self.rows if row.action == action and now & set(row.sources)
                     and (not row.when or self.conditions[row.when](subject, given))), None)

    def refusals(self, row: Row, subject: Any, actor: Actor, holds: Holds, given: Given, *, entered: bool = True) -> list[Reason]:
        """Why the actor cannot do this now; [] when it can be done. ``entered=False``: do not ask yet for what the row needs."""
        if not any(holds(role) for role in row.roles):
            return [Reason("", f"“{row.title}”要有{'或'.join(self.roles[role] for role in row.roles)}权限，您在这里没有")]
        found = [Reason("", self.inputs[name]) for name in row.needs if entered and not given.get(name)]
        return found + [reason for name in row.guards for reason in self.guards[name](subject, actor, given)]

    def not_now(self, action: str, present: Iterable[str]) -> Reason:
        """Why no row fits: unknown action, done already, or another state."""
        rows = [row for row in self.rows if row.action == action]
        if not rows:
            return Reason("", "没有这个操作")
        now = [state for state in self.states if state in set(present)]
        done = next((state for state in now if any(row.target == state for row in rows)
                     and all(self.states[other].rest for other in now if other != state)), "")
        if done:
            return Reason("", f"现在已经是“{self.title(done)}”，不用再点“{rows[0].title}”")
        return Reason("", f"现在是“{'、'.join(map(self.title, now))}”，不能“{rows[0].title}”；也许别人刚处理过，请刷新页面看看")


def declare(data: Mapping[str, Any], *, guards: Mapping[str, Guard], conditions: Mapping[str, Condition]) -> Table:
    """The table that plain data (a YAML file) describes. ValueError names the table, the row and the fault."""
    name = str(data["name"])
    states = {row["name"]: State(row["name"], row["title"], tuple(row.get("waits", ())), bool(row.get("rest"))) for row in data["states"]}
    rows = tuple(_row(name, raw) for raw in data["actions"])
    table = Table(name, states, tuple(data["first"]), dict(data["roles"]), dict(data.get("inputs") or {}), rows, dict(guards), dict(conditions))
    if len(states) != len(data["states"]):
        raise ValueError(f"{name}：有状态写了两次")
    _check_names(table)
    _check_duplicates(table)
    _check_ways(table)
    return table


_ROW_KEYS = {"action", "title", "from", "to", "roles", "when", "guards", "needs", "asks"}


def _row(table: str, raw: Mapping[str, Any]) -> Row:
    where = f"{table}：操作 {raw.get('action')}"
    if set(raw) - _ROW_KEYS:
        raise ValueError(f"{where} 有不认识的列 {'、'.join(sorted(set(raw) - _ROW_KEYS))}")
    if not raw.get("action") or not raw.get("title") or not raw.get("from") or not raw.get("roles"):
        raise ValueError(f"{where} 要有 action、title、from、roles")
    return Row(raw["action"], raw["title"], tuple(raw["from"]), raw.get("to") or "", tuple(raw["roles"]), raw.get("when") or "",
               tuple(raw.get("guards", ())), tuple(raw.get("needs", ())), tuple(raw.get("asks", ())))


def _check_names(table: Table) -> None:
    states = [name for state in (table.first, *(row.sources for row in table.rows), *((row.target,) for row in table.rows)) for name in state if name]
    wanted = (("状态", states, table.states),
              ("角色", [role for row in table.rows for role in row.roles] + [role for state in table.states.values() for role in state.waits], table.roles),
              ("条件", [row.when for row in table.rows if row.when], table.conditions),
              ("检查", [guard for row in table.rows for guard in row.guards], table.guards),
              ("填写项", [name for row in table.rows for name in row.needs], table.inputs))
    for what, names, known in wanted:
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ValueError(f"{table.name}：不认识{what} {unknown[0]}")


def _check_duplicates(table: Table) -> None:
    """A second row for the same action and state must have another condition, and must not follow one that has none."""
    seen: dict[tuple[str, str], set[str]] = {}
    for row in table.rows:
        for state in row.sources:
            before = seen.setdefault((row.action, state), set())
            if row.when in before or "" in before:
                raise ValueError(f"{table.name}：状态 {state} 的操作 {row.action} 写了两次")
            before.add(row.when)


def _check_ways(table: Table) -> None:
    """Every state can be reached, and left unless a subject may rest there."""
    reached, grew = set(table.first), True
    while grew:
        more = {row.target for row in table.rows if row.target and reached & set(row.sources)} - reached
        reached |= more
        grew = bool(more)
    for state in table.states.values():
        if state.name not in reached:
            raise ValueError(f"{table.name}：状态 {state.name} 到不了")
        if not state.rest and not any(state.name in row.sources and row.target not in ("", state.name) for row in table.rows):
            raise ValueError(f"{table.name}：状态 {state.name} 没有出路，也没有写 rest")
