"""What a signed request does to the directory list: one transaction through the verbs of ``content``, and the tasks that follow.

Owns the effects of each kind and what becomes of the departments' items. The caller has found the request sound and drops the transaction when a
verb refuses after all.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..content import codes, publish
from ..content.model import Document, Edition
from ..content.publication import OPENNESS
from ..content.site import Site
from ..workflow.reasons import Reason, Refused
from . import tasks
from .request import Request
from .request_table import KIND, items_of, values_of


class Effect:
    """One request being carried out. ``actor``: id of who signed."""

    def __init__(self, site: Site, editorial: Any, request: Request, actor: str) -> None:
        self.site, self.editorial, self.request, self.actor = site, editorial, request, actor
        self.items = items_of(site, request)
        self.made: list[Document] = []

    def put(self, document: Document, values: dict[str, Any]) -> None:
        """A new edition with what the review recorded."""
        publish.put(document, values, actor=self.actor, note=self.request.reason)
        edition: Edition | None = document.live
        assert edition is not None
        edition.author, edition.author_name, edition.writers = self.request.by, self.request.by_name, self.request.writers
        edition.steps, edition.openness, edition.secrecy, edition.change = self.request.steps, OPENNESS[0], self.request.secrecy, "major"

    def new(self, row: dict[str, Any]) -> Document:
        """A new directory item with its code; its address is the code."""
        values = values_of(self.site, row)
        code = self.code(row)
        document = publish.create(self.site["items"], code, KIND, actor=self.actor)
        self.put(document, {**values, "basic_code": code})
        self.made.append(document)
        return document

    def code(self, row: dict[str, Any]) -> str:
        main = self.site.document(row.get("main") or "")
        try:
            return codes.next_basic(self.site, row["type"], main_code=main.live.head["basic_code"] if main is not None and main.live is not None else "")
        except codes.CodeError as exc:
            raise Refused(Reason("基本编码", str(exc), "RA1.7")) from None


def add(effect: Effect) -> None:
    effect.new(effect.request.rows[0])


def change(effect: Effect) -> None:
    """New values; what is inherited is new on every page at once. A new type gives a new code, the former stays taken. 子项 follow a new name."""
    item, row = effect.items[0], effect.request.rows[0]
    assert item.live is not None
    before = item.live.values
    values = values_of(effect.site, row, before)
    own = not (before.get("register") or {}).get("source")
    if own and (not before.get("basic_code") or values["type"] != before["type"] or values["main"] != (before.get("main") or "")):
        values["basic_code"] = effect.code(row)
    effect.put(item, values)
    if values["name"] != before["name"]:
        for uid in codes.subs_of(effect.site, before.get("basic_code") or ""):
            sub = effect.site.document(uid)
            if sub is not None and sub.live is not None and sub.withdrawal is None and sub.live.head.get("main") == before["name"]:
                effect.put(sub, {**sub.live.values, "main": values["name"]})
    _tell(effect, item, "check", f"目录清单“{before['name']}”已变更：{effect.request.reason}")


def split(effect: Effect) -> None:
    new = [effect.new(row) for row in effect.request.rows]
    _end(effect, effect.items[0], "split", "已拆分为", new)


def merge(effect: Effect) -> None:
    new = effect.new(effect.request.rows[0])
    for item in effect.items:
        _end(effect, item, "merge", "已并入", [new])


def cancel(effect: Effect) -> None:
    _end(effect, effect.items[0], "cancel", "已取消", [])


def suspend(effect: Effect) -> None:
    _state(effect, "挂起", "suspend")


def resume(effect: Effect) -> None:
    _state(effect, "在用", "resume")


def _state(effect: Effect, state: str, kind: str) -> None:
    """The state holds for all below at once (``effective``)."""
    item = effect.items[0]
    assert item.live is not None
    effect.put(item, {**item.live.values, "state": state, "state_reason": effect.request.reason if state != "在用" else ""})
    _tell(effect, item, kind, f"目录清单“{item.live.head['name']}”{'已恢复，请核对后继续办理' if state == '在用' else '已暂停：' + effect.request.reason}")


def _end(effect: Effect, item: Document, kind: str, words: str, new: list[Document]) -> None:
    """Out of use, its code kept: the item and what departments made of it stay readable with a banner that names what takes its place."""
    assert item.live is not None
    name, reason = item.live.head["name"], effect.request.reason
    names = "、".join(f"“{one.live.head['name']}”" for one in new if one.live is not None)
    told = f"“{name}”{words}{names}。{reason}"
    effect.put(item, {**item.live.values, "state": "取消", "state_reason": told})
    successors = tuple(one.uid for one in new)
    for below in _implementations(item):
        if below.scheduled:
            publish.drop_scheduled(below, actor=effect.actor)
        if below.live is not None and below.withdrawal is None:
            publish.withdraw(below, reason=told, mode="banner", actor=effect.actor, successors=successors)
    publish.withdraw(item, reason=told, mode="banner", actor=effect.actor, successors=successors)
    _tell(effect, item, kind, f"目录清单{told}" + ("请在新的事项下编制实施清单。" if new else "请处理还没有办完的事，核对网站上不再提到它。"), successors)


def _implementations(item: Document) -> list[Document]:
    """The departments' items, drafts included."""
    return [child for child in item.values() if isinstance(child, Document) and child.kind == "ImplementationItem"]


def _tell(effect: Effect, item: Document, kind: str, why: str, watch: tuple[str, ...] = ()) -> None:
    """A task for each department that has an item of its own making here."""
    assert item.live is not None
    for below in _implementations(item):
        newest = below.draft or below.live
        if newest is None or (newest.head.get("register") or {}).get("source"):
            continue
        tasks.open_task(effect.editorial, effect.site, kind, below, title=item.live.head["name"], why=why, by=effect.actor, request=effect.request.uid, watch=watch)


EFFECTS: dict[str, Callable[[Effect], None]] = {"add": add, "change": change, "split": split, "merge": merge, "suspend": suspend, "resume": resume, "cancel": cancel}


def carry_out(site: Site, editorial: Any, request: Request, actor: str) -> None:
    """Do what the request asks and write its results into it. Refused by a verb: the caller drops the transaction."""
    effect = Effect(site, editorial, request, actor)
    EFFECTS[request.kind](effect)
    request.results = tuple(one.uid for one in effect.made)
    request.codes = tuple((one.live.head.get("basic_code") or "") if one.live is not None else "" for one in effect.made)
