"""Saved views: the filters somebody named for themselves.

Owns a small record a person (``editorial.views``, sharded) and the verbs save and delete. A view holds parameters, never
documents: what it shows is decided by the person's grants each time. Refused says in Chinese what is wrong.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from persistent import Persistent

from ..content.publish import Reason, Refused
from .filters import DEFAULT_SORT, Filter, read_filter, read_sort
from .store import Editorial

MAX_VIEWS, MAX_NAME, MAX_SIZE = 20, 30, 2000


class View(NamedTuple):
    name: str
    parameters: tuple[tuple[str, str], ...]       # of the filter, and ``sort`` when it is not the default

    @property
    def filter(self) -> Filter:
        return read_filter(self.parameters)

    @property
    def sort(self) -> str:
        return dict(self.parameters).get("sort", DEFAULT_SORT)


class StaffViews(Persistent):
    """The views of one person, as plain tuples."""

    def __init__(self) -> None:
        self.views: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()


def views_of(editorial: Editorial, staff: str) -> list[View]:
    """The saved views of a person, in the order in which they were first saved."""
    kept = editorial.views.get(staff)
    return [] if kept is None else [View._make(view) for view in kept.views]


def save_view(editorial: Editorial, staff: str, name: str, parameters: Iterable[tuple[str, str]] | Mapping[str, str], *, sort: str = "") -> View:
    """Keep a filter under a name; one of the same name is replaced. Refused for a bad name, too many views or too long a filter."""
    name = " ".join(name.split())
    wanted = read_filter(parameters).parameters()
    order, back = read_sort(sort)
    if order != DEFAULT_SORT or back:
        wanted.append(("sort", f"-{order}" if back else order))
    view, before = View(name, tuple(wanted)), views_of(editorial, staff)
    reasons = []
    if not name:
        reasons.append(Reason("名称", "请给这个视图起个名字"))
    elif len(name) > MAX_NAME:
        reasons.append(Reason("名称", f"最多 {MAX_NAME} 个字，请缩短"))
    elif not name.isprintable():
        reasons.append(Reason("名称", "含有不可见的控制字符，请删去后重填"))
    if all(other.name != name for other in before) and len(before) >= MAX_VIEWS:
        reasons.append(Reason("", f"最多保存 {MAX_VIEWS} 个视图，请先删去不用的"))
    if sum(len(key) + len(value) for key, value in wanted) > MAX_SIZE:
        reasons.append(Reason("", "筛选条件太多，保存不了，请减少一些"))
    if reasons:
        raise Refused(*reasons)
    kept = editorial.views.get(staff)
    if kept is None:
        kept = editorial.views[staff] = StaffViews()
    views = [view if other.name == name else other for other in before] if any(other.name == name for other in before) else [*before, view]
    kept.views = tuple((one.name, one.parameters) for one in views)
    return view


def delete_view(editorial: Editorial, staff: str, name: str) -> None:
    """Forget a view. Refused when the person has none of that name."""
    before = views_of(editorial, staff)
    left = [view for view in before if view.name != name]
    if len(left) == len(before):
        raise Refused(Reason("名称", f"没有名为“{name[:MAX_NAME]}”的视图，可能已经删去"))
    editorial.views.get(staff).views = tuple((view.name, view.parameters) for view in left)


def forget_views(editorial: Editorial, staff: str) -> None:
    """All views of somebody whose account ended."""
    editorial.views.pop(staff)
