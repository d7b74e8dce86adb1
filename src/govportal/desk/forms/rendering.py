"""Drawing a section of a form: error summary, heading, fields, buttons, from clean values or from what was typed.

Owns the order of the page's part and the links of the summary. A pure function of its arguments; the page around it (frame, token, save
buttons) is the caller's. Must not import pyramid. LookupError for an unknown kind or section.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from markupsafe import Markup

from ...content.completeness import missing
from .build import form_of
from .groups import Group, Rows
from .look import Look, Path, Problem, field_id, side_by_side
from .picks import Picks
from .sections import section as section_named


def render_section(kind: str, section: str, values: dict[str, Any], *, theme: Any, picks: Picks | None = None,
                   errors: Iterable[Problem] = (), focus: Path = (), said: str = "", prefix: str = "f", heading: bool = True,
                   remarks: Iterable[tuple[Path, str]] = ()) -> Markup:
    """The fields of a section with ``values`` (a document's, or what was typed), to stand inside a form.

    ``focus``: a field or a button as ``reading.apply`` names it, or the field that a link asks for; ``said``: what was just done, for the
    live region; ``remarks``: what a reviewer said, beside the field. Errors stand in page order whatever their order here."""
    form, one, errors = form_of(kind, section), section_named(kind, section), in_page_order(kind, section, errors)
    look = Look.make(theme, kind, picks or Picks(), prefix, focus, errors, remarks)
    _lacks(look, kind, values)
    parts = []
    first = True
    for child in form.children:
        extra: dict[str, Any] = {}
        if first and heading and isinstance(child.widget, Rows) and (len(form.children) == 1 or child.title.endswith(one.title)):
            extra, heading = {"title": one.title, "level": 2, "lead": one.hint}, False
        if len(form.children) == 1 and isinstance(child.widget, Group):
            extra = {"plain": True}
        first = False
        parts.append((child.widget.short, child.widget.serialize(child, values.get(child.name), look=look, path=(child.name,), **extra)))
    return look.draw("section", section=one, heading=heading, runs=side_by_side(parts), said=said, prefix=prefix,
                     prototypes=[(dotted, *parts) for dotted, parts in look.prototypes.items()],
                     summary=render_errors(kind, section, errors, theme=theme, prefix=prefix), root=f"{prefix}-section")


def render_errors(kind: str, section: str, errors: Iterable[Problem], *, theme: Any, prefix: str = "f") -> Markup:
    """The summary: one link a problem; nothing when there is none."""
    rows = [(field_id(problem.path, prefix) if problem.path else "", problem.message, field_title(kind, section, problem.path))
            for problem in errors]
    return Markup(theme.template("desk/widgets/errors.pt")(icon=theme.icon, rows=rows, id=f"{prefix}-errs")) if rows else Markup("")


def field_title(kind: str, section: str, path: Path) -> str:
    """A field in words: 材料 2，原件份数."""
    field: Any = form_of(kind, section)
    found: list[str] = []
    for part in path:
        if isinstance(part, int):
            word = getattr(field.widget, "word", "")
            found[-1:] = [f"{field.title if word in ('', '一项') else word} {part + 1}"]
            field = field.children[0] if field.children else field
        else:
            child = next((child for child in field.children if child.name == part), None)
            if child is None:
                break
            field = child
            found.append(field.title)
    return "，".join(found[:1] + found[-1:]) if len(found) > 1 else "".join(found)


def in_page_order(kind: str, section: str, errors: Iterable[Problem]) -> list[Problem]:
    """Problems as the fields stand in the page; those of the whole post first. A name that is no field of the section is one of the whole."""
    form = form_of(kind, section)

    def place(problem: Problem) -> tuple[int, ...]:
        found: list[int] = []
        field: Any = form
        for part in problem.path:
            if isinstance(part, int):
                found.append(part)
                field = field.children[0] if field is not None and field.children else None
            else:
                order = _order(field)
                found.append(order.get(part, 0))
                field = next((child for child in field.children if child.name == part), None) if field is not None else None
        return tuple(found)
    return sorted(errors, key=place)


def _order(field: Any) -> dict[str, int]:
    """The places of a group's fields as its parts lay them out."""
    if field is None:
        return {}
    numbers = [number for _, part in getattr(field.widget, "parts", ()) for number in part] or range(len(field.children))
    return {field.children[number].name: place for place, number in enumerate(numbers)}


def _lacks(look: Look, kind: str, values: dict[str, Any]) -> None:
    """What each row lacks, for the tags in its summary line. Values that were typed may have any shape."""
    for lack in missing(kind, values)[1]:
        at = next((number for number, part in enumerate(lack.path) if isinstance(part, int)), None)
        if at is not None:
            look.wanting.setdefault(lack.path[:at + 1], []).append(lack.words)
