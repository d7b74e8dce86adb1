"""Widgets that hold others: a group of fields, rows of groups, repeated lines, pairs of words, and the section around them.

Owns the markers by which peppercorn rebuilds a structure from the order of the posted fields, the buttons of repeated groups, and what is
dropped as empty. Shared by all requests like single widgets. Must not import pyramid.
"""
from __future__ import annotations

from typing import Any

from colander import null
from markupsafe import Markup

from .look import MAX_ROWS, Look, Path, Settling, side_by_side
from .widgets import Leaf, empty


class Group(Leaf):
    """Named fields together. ``parts``: (title, field numbers); all but the first are folded."""

    template = "group"
    parts: tuple[tuple[str, tuple[int, ...]], ...] = ()

    def serialize(self, field: Any, cstruct: Any, *, look: Look, path: Path, **kw: Any) -> Markup:
        own, error = look.id(path), look.error(path)
        return look.draw(self.template, w=self, id=own, name=field.name, title=field.title, error=error, plain=bool(kw.get("plain")),
                         described=look.described(own, self.hint, error), parts=self.inside(field, cstruct, look, path))

    def inside(self, field: Any, cstruct: Any, look: Look, path: Path) -> list[dict[str, Any]]:
        """The parts with their fields, runs of short ones together."""
        given = cstruct if isinstance(cstruct, dict) else {}
        found = []
        for title, numbers in self.parts or (("", tuple(range(len(field.children)))),):
            drawn: list[tuple[bool, Markup]] = []
            opened = False
            for number in numbers:
                child = field.children[number]
                at = (*path, child.name)
                opened = opened or at in look.troubled
                drawn.append((child.widget.short, child.widget.serialize(child, given.get(child.name), look=look, path=at)))
            found.append({"title": title, "open": opened, "runs": side_by_side(drawn)})
        return found

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        """Field by field; what belongs to no field stays, so that it is refused by its name."""
        if not isinstance(pstruct, dict):
            return pstruct
        typed = dict(pstruct)
        for child in field.children:
            if child.name in typed:
                typed[child.name] = child.widget.deserialize(child, typed[child.name])
        return typed

    def settle(self, field: Any, typed: Any, path: Path, task: Settling) -> Any:
        if not isinstance(typed, dict):
            return typed
        found = {child.name: child.widget.settle(child, typed[child.name], (*path, child.name), task)
                 for child in field.children if child.name in typed}
        unknown = {key: value for key, value in typed.items() if key not in {child.name for child in field.children}}
        nothing = not unknown and all(empty(found.get(child.name)) or found[child.name] == child.widget.blank for child in field.children)
        return null if nothing else found | unknown


class Repeated(Leaf):
    """A list of which the children are added, removed and moved by buttons."""

    word = "项"
    row_template = "row"

    def shown_rows(self, value: Any) -> list[Any]:
        return list(value)[:MAX_ROWS] if isinstance(value, (list, tuple)) else []

    def serialize(self, field: Any, cstruct: Any, *, look: Look, path: Path, **kw: Any) -> Markup:
        own, error = look.id(path), look.error(path)
        rows = self.shown_rows(cstruct)
        self.prototype(field, look, path)
        return look.draw(self.template, w=self, id=own, name=field.name, title=kw.get("title") or field.title, error=error,
                         level=kw.get("level", 3), lead=kw.get("lead", ""), described=look.described(own, self.hint, error),
                         op=".".join(map(str, path)), most=MAX_ROWS,
                         rows=[self.drawn(field, value, look, path, number, len(rows)) for number, value in enumerate(rows)],
                         add_focus="autofocus" if look.focus == (*path, "add") else None)

    def drawn(self, field: Any, value: Any, look: Look, path: Path, number: Any, count: int) -> Markup:
        return look.draw(self.row_template, w=self, row=self.row(field, value, look, path, number, count))

    def prototype(self, field: Any, look: Look, path: Path) -> None:
        """Keep an empty row once a page, with holes for the numbers of the rows, from which a script makes new ones."""
        if self.dotted in look.prototypes:
            return
        numbers = iter(range(1, 9))
        holed = tuple(f"__n{next(numbers)}__" if isinstance(part, int) or part.startswith("__") else part for part in path)
        look.prototypes[self.dotted] = ("", "", Markup(""))
        look.prototypes[self.dotted] = (look.id(holed), ".".join(holed), self.drawn(field, None, look, holed, f"__n{next(numbers)}__", 0))

    def row(self, field: Any, value: Any, look: Look, path: Path, number: Any, count: int) -> dict[str, Any]:
        at = (*path, number)
        focus = look.focus[len(at)] if len(look.focus) == len(at) + 1 and look.focus[:len(at)] == at else ""
        return {"id": look.id(at), "op": ".".join(map(str, path)) + f":{number}", "n": number + 1 if isinstance(number, int) else "",
                "open": at in look.troubled, "error": look.error(at), "first": number == 0, "last": number == count - 1,
                "focus": {action: "autofocus" if focus == action else None for action in ("up", "down", "remove", "summary")}}

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        child = field.children[0]
        return [child.widget.deserialize(child, value) for value in pstruct] if isinstance(pstruct, list) else pstruct

    def settle(self, field: Any, typed: Any, path: Path, task: Settling) -> Any:
        if not isinstance(typed, (list, tuple)):
            return typed
        if len(typed) > MAX_ROWS:
            task.fault(path, f"最多 {MAX_ROWS} 项，这里有 {len(typed)} 项，只显示前 {MAX_ROWS} 项，没有保存")
            return ()
        child = field.children[0]
        return [child.widget.settle(child, value, (*path, number), task) for number, value in enumerate(typed)]


class Rows(Repeated):
    """Repeated groups, each folded under its name and number."""

    template = "rows"
    names = ""             # the field that names a row

    def row(self, field: Any, value: Any, look: Look, path: Path, number: Any, count: int) -> dict[str, Any]:
        found = super().row(field, value, look, path, number, count)
        inner, at = field.children[0], (*path, number)
        name = value.get(self.names) if isinstance(value, dict) else ""
        child = next((child for child in inner.children if child.name == self.names), None)
        if child is not None and child.widget.pick and isinstance(name, str):
            name = look.picks.label(child.widget.pick, name) or name
        if not isinstance(name, str) or not name:
            name = f"新的{self.word}" if empty(value) else f"（没有写{self.word}）"
        return found | {"name": name, "lacks": look.wanting.get(at, ()), "open": found["open"] or value is None or value == {},
                        "parts": inner.widget.inside(inner, value, look, at)}


class RepeatedLines(Repeated):
    """Repeated single fields: long texts or picked references."""

    template = "lines"
    row_template = "line"

    def row(self, field: Any, value: Any, look: Look, path: Path, number: Any, count: int) -> dict[str, Any]:
        found = super().row(field, value, look, path, number, count)
        child, at = field.children[0], (*path, number)
        title = f"{field.title} {found['n']}".strip()
        return found | {"controls": [child.widget.serialize(child, value, look=look, path=at, title=title)], "pair": False}


class Pairs(Repeated):
    """Two words a line: what is asked on a form and what is written there."""

    template = "lines"
    row_template = "line"
    titles = ("栏目", "填写的内容")
    limit = 500

    def row(self, field: Any, value: Any, look: Look, path: Path, number: Any, count: int) -> dict[str, Any]:
        found = super().row(field, value, look, path, number, count)
        pair = value if isinstance(value, (list, tuple)) and len(value) == 2 else ("", "")
        at = (*path, number)
        controls = [look.draw("cell", id=look.id((*at, key)), name=key, value=text if isinstance(text, str) else "",
                              title=f"{title} {found['n']}".strip(), invalid="true" if found["error"] else None,
                              described=f"{look.id(at)}-e" if found["error"] else None,
                              autofocus="autofocus" if look.focus == (*at, key) else None)
                    for key, title, text in zip(("label", "value"), self.titles, pair, strict=True)]
        return found | {"controls": controls, "pair": True}

    def deserialize(self, field: Any, pstruct: Any) -> Any:
        if not isinstance(pstruct, list):
            return pstruct
        return [[row.get("label", ""), row.get("value", "")] if isinstance(row, dict) and set(row) <= {"label", "value"} else row
                for row in pstruct]

    def settle(self, field: Any, typed: Any, path: Path, task: Settling) -> Any:
        if not isinstance(typed, (list, tuple)):
            if not empty(typed):
                task.fault(path, "这里要填一行一行的“栏目”和“内容”")
            return None
        if len(typed) > MAX_ROWS:
            task.fault(path, f"最多 {MAX_ROWS} 项，这里有 {len(typed)} 项，只显示前 {MAX_ROWS} 项，没有保存")
            return None
        found = []
        for number, pair in enumerate(typed):
            if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
                task.fault((*path, number), "这一行要有“栏目”和“内容”两格")
            elif any(len(text) > self.limit or "\x00" in text for text in pair):
                task.fault((*path, number), f"每格最多 {self.limit} 个字，不能有控制字符")
            elif any(text.strip() for text in pair):
                found.append([text.strip() for text in pair])
        return found or None


class SectionWidget(Group):
    """The fields of one section, in one mapping of its own, so that the page's other fields never meet them."""

    def serialize(self, field: Any, cstruct: Any, *, look: Look, path: Path = (), **kw: Any) -> Markup:
        raise NotImplementedError("a section is drawn by rendering.render_section")
