"""Find and replace over many documents: a preview of every hit with its surroundings, then a job that saves drafts, never what is live.

Owns which texts of a schema are words for people (codes, addresses and words of code tables are never touched) and the hits. Matching is exact,
case included, and within one stretch of text: a word that is half bold is not found. A document changed since the preview is reported, not overwritten. ReplaceRefused is one Chinese line.
"""
from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..content import publication
from ..content.fields import form_of
from ..content.kinds import all_kinds, kind_of
from ..content.site import Site
from ..workflow.reasons import Reason, Refused
from . import bulk, cells, jobs, verbs
from .job import Job
from .jobs import JobKind, Run

MAX_HITS = 500           # of one preview
MAX_ITEMS = 10_000       # documents of one job
MAX_WORD = 200
SECONDS = 3.0            # a preview ends after this long and says where to go on
AROUND = 24              # characters shown either side
# Texts that programs read: codes, addresses of other records, keys.
TECHNICAL = {"code", "aliases", "local_basic_code", "basic_code", "source_id", "org", "region", "places", "record", "key", "related", "items", "interpretations",
             "interpretation_of", "interprets", "use_materials", "changes", "channel", "topics", "uscc", "url", "source_url", "file", "icon", "register", "eform"}
Path = tuple[Any, ...]


class ReplaceRefused(Exception):
    """It cannot be started like this."""


class Hit(NamedTuple):
    """One place. ``key`` names it within the edition ``base``; ``before``/``after``: what stands around it."""

    uid: str
    base: str
    key: str
    title: str
    field: str
    before: str
    found: str
    after: str


@dataclass(frozen=True)
class Preview:
    """``next``: position in the list of documents from which to go on, -1 = all were looked at."""

    hits: tuple[Hit, ...]
    looked: int
    next: int


def texts(kind: str, values: dict[str, Any], only: frozenset[str] = frozenset()) -> Iterator[tuple[Path, str, str]]:
    """(path, title of the field, text) of every text for people. ``only``: names of top fields to look in, empty = all."""
    for node in kind_of(kind).schema.children:
        if not only or node.name in only:
            yield from _texts(node, values.get(node.name), (node.name,), node.title)


def _texts(node: Any, value: Any, path: Path, title: str) -> Iterator[tuple[Path, str, str]]:
    form = form_of(node)
    if value in (None, "", ()) or node.name in TECHNICAL:
        return
    if form == "text" and isinstance(value, str):
        yield path, title, value
    elif form == "texts":
        yield from (((*path, number), title, line) for number, line in enumerate(value) if isinstance(line, str))
    elif form == "group":
        for child in node.children:
            yield from _texts(child, value.get(child.name), (*path, child.name), f"{title}／{child.title}")
    elif form == "rows":
        for number, row in enumerate(value):
            for child in node.children[0].children:
                yield from _texts(child, row.get(child.name), (*path, number, child.name), f"{title}／{number + 1}／{child.title}")
    elif form == "body":
        for number, block in enumerate(value):
            if isinstance(block, (list, tuple)) and len(block) == 2:
                yield from ((place, f"{title}／第 {number + 1} 段", text) for place, text in cells.strings(block[1], (*path, number, 1)))


def put(value: Any, path: Path, text: str) -> Any:
    """A copy of plain data with the text at ``path``."""
    if not path:
        return text
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {**value, step: put(value[step], rest, text)}
    return tuple(put(child, rest, text) if number == step else child for number, child in enumerate(value))


def _places(text: str, find: str) -> list[int]:
    found, at = [], text.find(find)
    while at >= 0:
        found.append(at)
        at = text.find(find, at + len(find))
    return found


def _key(path: Path, at: int) -> str:
    return "/".join(map(str, path)) + f"@{at}"


def hits_of(site: Site, uid: str, find: str, only: frozenset[str]) -> Iterator[Hit]:
    """The hits in a document's draft, else in what is public."""
    document = site.document(uid)
    edition = verbs.current(document) if document is not None and document.__parent__ is not None else None
    if document is None or edition is None:
        return
    title = verbs.title_of(document)
    for path, field, text in texts(document.kind, edition.values, only):
        for at in _places(text, find):
            end = at + len(find)
            yield Hit(uid, edition.uid, _key(path, at), title, field, ("…" if at > AROUND else "") + text[max(0, at - AROUND):at], find,
                      text[end:end + AROUND] + ("…" if len(text) > end + AROUND else ""))


def check(find: str, replace: str, fields: Sequence[str] = ()) -> None:
    """ReplaceRefused when the words cannot be used."""
    known = {node.name for kind in all_kinds().values() for node in kind.schema.children}
    if not find.strip():
        raise ReplaceRefused("请填要找的文字")
    if len(find) > MAX_WORD or len(replace) > MAX_WORD:
        raise ReplaceRefused(f"最多 {MAX_WORD} 个字")
    if find == replace:
        raise ReplaceRefused("要换成的文字和要找的一样")
    if wrong := [name for name in fields if name not in known]:
        raise ReplaceRefused(f"没有要素“{wrong[0][:40]}”")


def preview(site: Site, uids: Sequence[str], find: str, *, fields: Sequence[str] = (), start: int = 0, limit: int = MAX_HITS) -> Preview:
    """Hits from document number ``start`` on, all those of a document together, until ``limit`` or the time is reached."""
    began, only = time.monotonic(), frozenset(fields)
    hits: list[Hit] = []
    for number in range(start, len(uids)):
        hits += hits_of(site, uids[number], find, only)
        if (len(hits) >= limit or time.monotonic() - began > SECONDS) and number + 1 < len(uids):
            return Preview(tuple(hits), number + 1 - start, number + 1)
    return Preview(tuple(hits), max(0, len(uids) - start), -1)


def begin(editorial: Any, by: str, find: str, replace: str, chosen: Iterable[tuple[str, str, str]] | Iterable[Hit], *, fields: Sequence[str] = (),
          address: str = "", once: str = "") -> Job:
    """Start the job for the chosen hits (uid, base, key, …)."""
    check(find, replace, fields)
    by_uid: dict[str, tuple[str, list[str]]] = {}
    for uid, base, key, *_ in chosen:
        by_uid.setdefault(uid, (base, []))[1].append(key)
    if not by_uid or len(by_uid) > MAX_ITEMS:
        raise ReplaceRefused("没有选中任何一处" if not by_uid else f"一次最多改 {MAX_ITEMS} 份内容，请缩小范围")
    items = [(uid, base, tuple(keys)) for uid, (base, keys) in by_uid.items()]
    return jobs.start(editorial, KIND.name, f"替换“{find[:20]}”为“{replace[:20]}”（{len(items)} 份）", by, {"find": find, "replace": replace}, items, address=address,
                      once=once)


def replaced(kind: str, values: dict[str, Any], find: str, replace: str, keys: Iterable[str]) -> dict[str, Any]:
    """Values with the chosen hits replaced; Refused when one of them is not there."""
    wanted = set(keys)
    for path, _, text in list(texts(kind, values)):
        places = [at for at in _places(text, find) if _key(path, at) in wanted]
        wanted -= {_key(path, at) for at in places}
        for at in reversed(places):
            text = text[:at] + replace + text[at + len(find):]
        if places:
            values = put(values, path, text)
    if wanted:
        raise Refused(Reason("", "选中的文字已不在原处，没有改动，请重新查找"))
    return values


def _work(run: Run, item: tuple[str, str, tuple[str, ...]]) -> str:
    uid, base, keys = item
    document = verbs.of(run.site, uid)
    edition, title = verbs.current(document), verbs.title_of(document)
    if edition is None or edition.uid != base:
        raise Refused(Reason("", "预览以后有人改过，没有替换，请重新查找"))
    draft, payload = document.draft, run.job.payload
    values = replaced(document.kind, edition.values, payload["find"], payload["replace"], keys)
    saved = publication.save(document, values, run.actor, base=base, note=f"替换“{payload['find']}”为“{payload['replace']}”")
    run.undo({"uid": uid, "title": title, "draft": draft.values if draft is not None else None, "after": saved.uid})
    return "ok"


def _reverse(run: Run, row: dict[str, Any]) -> None:
    bulk.put_draft_back(run.site, row, run.actor)


KIND = JobKind("replace", "查找替换", jobs.over_items(_work, lambda run, item: bulk.name_of(run, item[0])), _reverse)
__all__ = ["KIND", "Hit", "Preview", "ReplaceRefused", "begin", "check", "hits_of", "preview", "replaced", "texts"]
