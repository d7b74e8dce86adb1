"""What one rendering or one reading of a form carries beside the fields, which are shared by all requests.

Owns ids, errors by path, focus and the drawing of widget templates. A path is the tuple of node names and row numbers from the kind's own
fields down (``("materials", 1, "name")``). Must not import pyramid.
"""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from markupsafe import Markup

from .picks import Picks

Path = tuple[Any, ...]
MAX_ROWS = 200


class Problem(NamedTuple):
    """What is wrong with a field; an empty path: with the post as a whole."""

    path: Path
    message: str


def field_id(path: Path, prefix: str = "f") -> str:
    """The id of a field's control or group in the page."""
    return "-".join((prefix, *map(str, path)))


def side_by_side(parts: Iterable[tuple[bool, Markup]]) -> list[tuple[bool, list[Markup]]]:
    """Runs of drawn fields for a template: short ones that follow each other stand beside each other, others alone."""
    runs: list[tuple[bool, list[Markup]]] = []
    for short, html in parts:
        if short and runs and runs[-1][0]:
            runs[-1][1].append(html)
        else:
            runs.append((short, [html]))
    return [(short and len(run) > 1, run) for short, run in runs]


@dataclass
class Look:
    """One rendering. ``focus``: path of what gets the focus; for a button of a group with ``"add"`` or (row number, action) at its end."""

    theme: Any
    kind: str
    picks: Picks
    prefix: str = "f"
    focus: Path = ()
    errors: dict[Path, list[str]] = field(default_factory=dict)
    troubled: set[Path] = field(default_factory=set)      # every path on the way to an error or to the focus
    wanting: dict[Path, list[str]] = field(default_factory=dict)   # row -> what it lacks
    remarks: dict[str, list[str]] = field(default_factory=dict)    # id of a field, group or row -> what a reviewer said about it
    prototypes: dict[str, tuple[str, str, Markup]] = field(default_factory=dict)   # dotted path -> (id, op, empty row) with holes

    @classmethod
    def make(cls, theme: Any, kind: str, picks: Picks, prefix: str, focus: Path, errors: Iterable[Problem],
             remarks: Iterable[tuple[Path, str]] = ()) -> Look:
        look = cls(theme, kind, picks, prefix, focus)
        remarks = list(remarks)
        for path, words in remarks:
            look.remarks.setdefault(look.id(path), []).append(words)
        for problem in errors:
            look.errors.setdefault(problem.path, []).append(problem.message)
        for path in (*look.errors, focus, *(path for path, _ in remarks)):
            look.troubled.update(path[:length] for length in range(1, len(path) + 1))
        return look

    def id(self, path: Path) -> str:
        return field_id(path, self.prefix)

    def error(self, path: Path, *, deep: bool = False) -> str:
        """The words of what is wrong at a path; ``deep``: also of what lies below it (a text of several lines has one place for all)."""
        found = list(self.errors.get(path, ()))
        if deep and path in self.troubled:
            for below, messages in self.errors.items():
                if len(below) > len(path) and below[:len(path)] == path:
                    number = below[len(path)]
                    found += [f"第 {number + 1} 项：{message}" if isinstance(number, int) else message for message in messages]
        return "；".join(found)

    def draw(self, template: str, **values: Any) -> Markup:
        load = self.theme.template
        own = values.get("id") or (values.get("row") or {}).get("id", "")
        return Markup(load(f"desk/widgets/{template}.pt")(icon=self.theme.icon, frame=load("desk/widgets/frame.pt"), remarks=self.remarks.get(own, ()), **values))

    def described(self, own: str, hint: str, error: str) -> str | None:
        """Ids of what stands between a field's name and its control, as far as it is there: hint, error, remark."""
        return " ".join(f"{own}-{mark}" for mark, there in (("h", hint), ("e", error), ("r", own in self.remarks)) if there) or None


@dataclass
class Settling:
    """One reading. ``stored``: the values the editor began from, whose references are kept even where no list holds them any more."""

    picks: Picks
    stored: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)

    def fault(self, path: Path, message: str) -> None:
        self.problems.append(Problem(path, message))
