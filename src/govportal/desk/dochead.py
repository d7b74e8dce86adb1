"""The head that the pages about one document share: its name and state, and the ways between its pages.

Owns ``head_of`` and ``document_page``; the macro is ``desk/doc-head.pt``. Reads only.
"""
from __future__ import annotations

from typing import Any

from ..content.model import Document, path_of
from ..content.publication import stage_of, state_of
from ..editorial.rows import title_of
from .permissions import allowed
from .shell import desk_page
from .words import KINDS, STAGE_TAGS, stage_words, state_words

WAYS = (("doc", "", "总览", "content.view"), ("edit", "/edit", "编辑", "content.edit"), ("review", "/review", "审阅", "content.view"), ("preview", "/preview", "预览", "content.view"),
        ("history", "/history", "历史", "content.view"))


def head_of(request: Any, document: Document, now: str) -> dict[str, Any]:
    """What ``doc-head.pt`` shows. ``now``: which of the pages it is."""
    base = f"/desk/doc/{document.uid}"
    stage = stage_of(document)
    return {"title": title_of(document), "kind": KINDS.get(document.kind, document.kind), "path": path_of(document), "state": state_words(state_of(document)),
            "stage": stage_words(stage), "stage_tag": STAGE_TAGS.get(stage, ""), "public": document.live is not None and document.withdrawal is None,
            "ways": [(base + tail, words, "page" if name == now else None) for name, tail, words, permission in WAYS
                     if name == now or allowed(request.actor, permission, document)]}


def document_page(request: Any, document: Document, template: str, what: str, *, now: str, title: str = "", **values: Any) -> Any:
    """A page about the document in the desk's frame. ``what``: its short name, such as 历史; ``title``: another title than what and name."""
    head = head_of(request, document, now)
    return desk_page(request, template, title or f"{what}：{head['title']}", nav="content", head=head, what=what, document=document,
                     base=f"/desk/doc/{document.uid}", **values)
