"""我的待办: what waits for the person at the desk.

Owns ``/desk``.
"""
from __future__ import annotations

from typing import Any

from ..people.roles import title_of
from .shell import desk_page


def home_view(context: Any, request: Any) -> Any:
    return desk_page(request, "desk/home.pt", "我的待办", nav="home", roles=[title_of(name) for name in request.actor.roles()])


def includeme(config: Any) -> None:
    config.add_desk_entry("home")
    config.add_desk_page(home_view, name="home", path="/desk", permission="desk.home")
