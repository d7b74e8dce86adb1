"""Reading a posted section: the post into what was typed, the pressed button, and what was typed into clean values.

Owns limits and refusals of posts. Whatever arrives, the answer is problems in Chinese and what was typed as far as it can be read; nothing
here raises for bad input and nothing writes. Must not import pyramid.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import colander
import peppercorn
from colander import null

from .build import form_of
from .groups import Group, Pairs, Repeated, RepeatedLines
from .look import MAX_ROWS, Path, Problem, Settling
from .picks import Picks
from .widgets import empty

START, END, MARK, OP = "__start__", "__end__", "section:mapping", "op"
MAX_PAIRS = 60_000
MAX_DEPTH = 12         # deeper than any form
MAX_CHARS = 3_000_000
ACTIONS = ("add", "remove", "up", "down")
_OPERATION = re.compile(r"([a-z_]{1,40}(?:\.(?:[a-z_]{1,40}|[0-9]{1,3})){0,6}):([0-9]{1,3}):(add|remove|up|down)", re.ASCII)


class Operation(NamedTuple):
    """A button of a repeated group: ``path`` of the group, number of the row, what to do."""

    path: Path
    number: int
    action: str


class Reading(NamedTuple):
    """What a post says. ``typed``: field by field as it was typed. ``problems``: why it cannot be taken as it is."""

    typed: dict[str, Any]
    operation: Operation | None
    problems: tuple[Problem, ...]


class Outcome(NamedTuple):
    """What to do with a post. ``values``: the whole document with this section replaced, to be saved; None: show ``typed`` again with
    ``errors`` and ``focus``; ``said``: what a button did, for the live region."""

    values: dict[str, Any] | None
    typed: dict[str, Any]
    errors: tuple[Problem, ...]
    operation: Operation | None = None
    focus: Path = ()
    said: str = ""


def read_section(kind: str, section: str, pairs: Iterable[tuple[str, Any]]) -> Reading:
    """Read a post in document order. LookupError for an unknown section; else never an exception."""
    form, problems = form_of(kind, section), []
    tokens, pressed, fault = _tokens(pairs)
    if fault:
        problems.append(Problem((), fault))
    try:
        parsed = peppercorn.parse(tokens)
    except (ValueError, TypeError, AttributeError, IndexError):
        parsed = {}
        problems.append(Problem((), "表单的内容不完整，没有保存。请检查下面的内容再保存一次"))
    names = {child.name for child in form.children}
    unknown = [name for name in parsed if name not in names]
    if unknown:
        problems.append(Problem((), "表单里有不认识的字段“" + "、".join(name[:40] for name in unknown[:5]) + "”，没有保存。请重新打开这一页再填"))
    typed = form.widget.deserialize(form, {name: value for name, value in parsed.items() if name in names})
    operation = None
    if pressed:
        operation = parse_operation(kind, section, pressed, typed)
        if operation is None:
            problems.append(Problem((), "没有这个操作，内容没有改动。请用表单里的按钮"))
    return Reading(typed, operation, tuple(problems))


def _tokens(pairs: Iterable[tuple[str, Any]]) -> tuple[list[tuple[str, str]], str, str]:
    """(tokens inside the section's mapping, balanced; the pressed button; what is wrong with the stream)."""
    tokens: list[tuple[str, str]] = []
    pressed, fault, open_marks, size, inside, seen = "", "", 0, 0, False, False
    for number, (name, value) in enumerate(pairs):
        if not isinstance(value, str) or not isinstance(name, str):
            fault = "这里不能上传文件，请到附件里上传"
            continue
        size += len(name) + len(value)
        if number >= MAX_PAIRS or size > MAX_CHARS:
            return [], "", "一次提交的内容太多，没有保存。请分几次填，或减少项数"
        if name == OP:
            pressed = value or pressed
        elif not inside:
            inside = not seen and name == START and value == MARK
            seen = seen or inside
        elif name == START:
            open_marks += 1
            tokens.append((name, value))
            if open_marks > MAX_DEPTH:
                return [], "", "表单的内容写得不对，没有保存。请重新打开这一页再填"
        elif name == END and open_marks == 0:
            inside = False
        else:
            open_marks -= name == END
            tokens.append((name, value))
    if not seen or inside:
        fault = fault or "表单的内容不完整，没有保存。请检查下面的内容再保存一次"
    return tokens + [(END, "")] * open_marks, pressed, fault


def parse_operation(kind: str, section: str, text: str, typed: dict[str, Any]) -> Operation | None:
    """The operation of a button's value; None for one that no button of this form has."""
    match = _OPERATION.fullmatch(text)
    if match is None:
        return None
    path: Path = tuple(int(part) if part.isdigit() else part for part in match[1].split("."))
    number, action, rows = int(match[2]), match[3], _rows_at(form_of(kind, section), typed, path)
    if rows is None or number > len(rows) or (action != "add" and number >= len(rows)):
        return None
    return Operation(path, number, action)


def _rows_at(form: Any, typed: Any, path: Path) -> list[Any] | None:
    """The rows of the repeated group at a path; None when there is no such group."""
    field, value = form, typed
    for part in path:
        if isinstance(part, int):
            if not isinstance(field.widget, Repeated) or not isinstance(value, list) or part >= len(value) or not field.children:
                return None
            field, value = field.children[0], value[part]
        else:
            field = next((child for child in field.children if child.name == part), None) if isinstance(field.widget, Group) else None
            if field is None:
                return None
            value = value.get(part) if isinstance(value, dict) else None
    if not isinstance(field.widget, Repeated):
        return None
    return value if isinstance(value, list) else []


def apply(kind: str, section: str, typed: dict[str, Any], operation: Operation) -> tuple[dict[str, Any], Path, str]:
    """(what was typed with the operation done, where the focus goes, what to say)."""
    form = form_of(kind, section)
    field, holder, key = form, typed, ""
    typed = holder = _copied(typed)
    for part in operation.path:
        if key != "":
            if isinstance(holder, dict) and not isinstance(holder.get(key), (dict, list)):
                holder[key] = {}
            holder = holder[key]
        field, key = (field.children[0] if isinstance(part, int) else field[part]), part
    if not isinstance(holder[key] if isinstance(key, int) else holder.get(key), list):
        holder[key] = []
    rows: list[Any] = holder[key]
    path, number, action = operation
    focus, said = _ACTIONS[action](rows, field, path, number)
    return typed, focus, said


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(sub) for name, sub in value.items()}
    return [_copied(sub) for sub in value] if isinstance(value, list) else value


def _add(rows: list[Any], field: Any, path: Path, number: int) -> tuple[Path, str]:
    if len(rows) >= MAX_ROWS:
        return (*path, "add"), f"最多 {MAX_ROWS} 项，不能再加"
    pair, line = isinstance(field.widget, Pairs), isinstance(field.widget, RepeatedLines)
    rows.insert(number, ["", ""] if pair else "" if line else {})
    at = (*path, number)
    return (*at, "label") if pair else at if line else _first(field, at), f"已新增第 {number + 1} 项"


def _first(field: Any, at: Path) -> Path:
    """The first control of a new row."""
    row = field.children[0]
    first = row.children[row.widget.parts[0][1][0] if row.widget.parts else 0]
    return (*at, first.name)


def _remove(rows: list[Any], field: Any, path: Path, number: int) -> tuple[Path, str]:
    rows.pop(number)
    if not rows:
        return (*path, "add"), f"已去掉第 {number + 1} 项，现在没有了"
    return (*path, min(number, len(rows) - 1), "summary" if field.children else "remove"), f"已去掉第 {number + 1} 项，还有 {len(rows)} 项"


def _up(rows: list[Any], field: Any, path: Path, number: int) -> tuple[Path, str]:
    if number == 0:
        return (*path, 0, "up"), "已经是第一项"
    rows.insert(number - 1, rows.pop(number))
    return (*path, number - 1, "up"), f"已移到第 {number} 项"


def _down(rows: list[Any], field: Any, path: Path, number: int) -> tuple[Path, str]:
    if number >= len(rows) - 1:
        return (*path, number, "down"), "已经是最后一项"
    rows.insert(number + 1, rows.pop(number))
    return (*path, number + 1, "down"), f"已移到第 {number + 2} 项"


_ACTIONS = {"add": _add, "remove": _remove, "up": _up, "down": _down}


def clean_section(kind: str, section: str, typed: dict[str, Any], *, stored: dict[str, Any] | None = None,
                  picks: Picks | None = None) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """(clean values of the fields that were posted, what is wrong in page order). Nothing given is allowed everywhere."""
    form, task = form_of(kind, section), Settling(picks or Picks(), stored or {})
    values: dict[str, Any] = {}
    for child in form.children:
        if child.name not in typed:
            continue
        before = len(task.problems)
        settled = child.widget.settle(child, typed[child.name], (child.name,), task)
        settled = settled if len(task.problems) == before or settled is not None else null
        try:
            values[child.name] = child.schema.deserialize(settled)
        except colander.Invalid as error:
            told = {problem.path for problem in task.problems}
            task.problems += [problem for problem in _problems(error, (child.name,)) if problem.path not in told]
    return values, tuple(task.problems)


def _problems(error: colander.Invalid, path: Path) -> list[Problem]:
    """Faults of a schema node by the path of the field."""
    found = [Problem(path, str(message)) for message in error.messages()] if error.msg is not None else []
    for sub in error.children:
        listed = getattr(error.node.typ, "shape", "") == "list"
        found += _problems(sub, (*path, sub.pos if listed else sub.node.name))
    return found


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same: what is empty does not count."""
    return bool(_pruned(one) == _pruned(other))


def _pruned(value: Any) -> Any:
    if empty(value):
        return None
    if isinstance(value, dict):
        return {name: sub for name, one in value.items() if (sub := _pruned(one)) is not None}
    return [_pruned(one) for one in value] if isinstance(value, (list, tuple)) else value


def merge(values: dict[str, Any], section: dict[str, Any]) -> dict[str, Any]:
    """The document with a section's clean values; a field that says the same as before keeps its former form, others are untouched."""
    return {**values, **{name: value for name, value in section.items() if name not in values or not same(values[name], value)}}


def post(kind: str, section: str, values: dict[str, Any], pairs: Iterable[tuple[str, Any]], *, picks: Picks | None = None) -> Outcome:
    """The whole way of a post: read, do the pressed button's work, or clean and merge into ``values`` (those the editor began from)."""
    typed, operation, problems = read_section(kind, section, pairs)
    if operation is not None and not problems:
        typed, focus, said = apply(kind, section, typed, operation)
        return Outcome(None, typed, (), operation, focus, said)
    clean, faults = clean_section(kind, section, typed, stored=values, picks=picks)
    if problems or faults:
        return Outcome(None, typed, (*problems, *faults))
    return Outcome(merge(values, clean), typed, ())
