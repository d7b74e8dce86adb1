"""Content → index documents: what of a live edition is searched, and by which labels people call it.

Owns the choice of texts. ``source_of`` answers None for what the public must not find. Reads content; no Whoosh here.
"""
from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..content.blocks import block_text, is_block
from ..content.effective import effective
from ..content.model import Document
from ..content.site import Site

KINDS = ("item", "question", "policy", "news", "organisation")
KIND_NAMES = {"item": "服务", "question": "问答", "policy": "政策", "news": "资讯", "organisation": "机构"}
BODY_LIMIT = 6000               # characters of body text that are indexed and searched for snippets
_ITEMS = ("ImplementationItem", "HandlingItem")
_NEWS = ("dongtai",)


@dataclass(frozen=True)
class IndexDocument:
    """One searchable document. ``labels``: its name first, then what people call it. ``date``: YYYYMMDD or ''."""

    uid: str
    edition: str
    kind: str
    title: str
    labels: tuple[str, ...] = ()
    body: str = ""
    codes: tuple[str, ...] = ()
    region: str = ""
    org: str = ""
    topics: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    type: str = ""
    date: str = ""
    weight: float = 0.0         # handling depth and recommendation: 0…1


def _texts(value: Any) -> Iterator[str]:
    """All strings of nested plain data, in order."""
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif is_block(value):
        yield from filter(None, (block_text(*value),))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)


def _join(parts: Iterable[Any]) -> str:
    text = " ".join(_texts(list(parts)))
    return text[:BODY_LIMIT]


def _stamp(ids: Iterable[str]) -> str:
    return hashlib.sha1("|".join(ids).encode(), usedforsecurity=False).hexdigest()[:16]


def body_of(document: Document) -> str:
    """The text that snippets are cut from, as it is indexed."""
    made = source_of(document)
    return made.body if made else ""


def source_of(document: Document | None) -> IndexDocument | None:
    """The index document of a Document as it is now; None when the public must not find it."""
    if document is None or document.live is None or document.__parent__ is None or document.withdrawal is not None:
        return None
    maker = _MAKERS.get(document.kind)
    return maker(document) if maker else None


def _item(document: Document) -> IndexDocument | None:
    own = document.live.values                       # type: ignore[union-attr]
    if own.get("unlisted") or (document.kind == "HandlingItem" and not own.get("listed")):
        return None
    try:
        found = effective(document)
    except LookupError:
        return None
    values, guide = found.values, found.guide
    if values.get("state") == "取消":
        return None
    labels = [values["name"], *(values.get("plain_names") or ()), values.get("short_name") or ""]
    for child in document.values():
        if getattr(child, "kind", "") == "HandlingItem" and child.live is not None and not child.live.head.get("listed") and child.withdrawal is None:
            labels += [*(child.live.values.get("plain_names") or ())]
    materials = [row.get("name", "") for row in values.get("materials") or ()]
    body = _join([guide.get("summary") or "", guide.get("faq") or (), values.get("conditions") or (), "、".join(materials),
                  (values.get("result") or {}).get("name") or "", [row.get("law", "") for row in values.get("legal_basis") or ()],
                  values.get("item_name") or ""])
    online = values.get("online") or {}
    objects = values.get("service_objects") or ()
    audiences = tuple(name for name, hit in (("个人", "自然人" in objects if objects else bool(values.get("person_topics"))),
                                             ("企业", bool(set(objects) - {"自然人"}) if objects else bool(values.get("legal_topics")))) if hit)
    weight = (0.7 if guide else 0.0) + (0.25 if values.get("hot") else 0.0) + (0.05 if online.get("supported") else 0.0)
    return IndexDocument(
        document.uid, _stamp(found.edition_ids), "item", values["name"], tuple(dict.fromkeys(label for label in labels if label)), body,
        tuple(code for code in (values.get("code") or "", values.get("consult_phone") or "") if code), values.get("region") or "", values.get("org") or "",
        tuple(dict.fromkeys((*(values.get("person_topics") or ()), *(values.get("legal_topics") or ())))), audiences,
        tuple(values.get("channels") or ()), values.get("type") or "", "", weight)


def _article(document: Document) -> IndexDocument:
    values = document.live.values                    # type: ignore[union-attr]
    header = values.get("header") or {}
    number = header.get("doc_number") or ""
    return IndexDocument(
        document.uid, _stamp([document.live.uid]), "news" if values.get("channel") in _NEWS else "policy", values["title"],     # type: ignore[union-attr]
        (values["title"],), _join([values.get("summary") or "", values.get("body") or ()]), (number,) if number else (),
        topics=tuple(values.get("topics") or ()), type=values.get("channel") or "", date=(values.get("published_at") or "")[:10].replace("-", ""))


def _law(document: Document) -> IndexDocument:
    values = document.live.values                    # type: ignore[union-attr]
    short = values["title"].removeprefix("中华人民共和国")
    return IndexDocument(document.uid, _stamp([document.live.uid]), "policy", values["title"],                                # type: ignore[union-attr]
                         tuple(dict.fromkeys((values["title"], short))), _join([values.get("body") or (), values.get("chapters") or (), values.get("articles") or ()]),
                         type="law", date=(values.get("version") or "").replace("-", "")[:8])


def _question(document: Document) -> IndexDocument:
    values = document.live.values                    # type: ignore[union-attr]
    return IndexDocument(
        document.uid, _stamp([document.live.uid]), "question", values["title"], (values["title"], *(values.get("keywords") or ())),  # type: ignore[union-attr]
        _join([values.get("question") or (), values.get("answer") or ()]), (), "", values.get("org") or "", (values["topic"],) if values.get("topic") else (),
        (values["audience"],) if values.get("audience") else (), date=(values.get("answered_on") or "").replace("-", ""))


def _organisation(document: Document) -> IndexDocument:
    values = document.live.values                    # type: ignore[union-attr]
    names = [values.get("name") or values.get("title") or "", values.get("short") or "", *(values.get("former_names") or ())]
    return IndexDocument(
        document.uid, _stamp([document.live.uid]), "organisation", names[0], tuple(dict.fromkeys(name for name in names if name)),   # type: ignore[union-attr]
        _join([values.get("duties") or (), values.get("address") or "", values.get("services") or (), values.get("summary") or ""]),
        tuple(phone for phone in (values.get("phone") or "",) if phone), values.get("region") or "", values.get("org") or document.__name__)


_MAKERS = {"ImplementationItem": _item, "HandlingItem": _item, "NewsArticle": _article, "Law": _law, "Question": _question,
           "Organisation": _organisation, "Place": _organisation}


def everything(site: Site, seen: Callable[[int], None] = lambda number: None) -> Iterator[IndexDocument]:
    """All findable documents of the site, few in memory at a time; ``seen`` is told how many were looked at."""
    for number, uid in enumerate([uid for uid, _ in site.documents.items()]):
        seen(number)
        made = source_of(site.documents.get(uid))
        if made is not None:
            yield made
        if number % 500 == 499 and site._p_jar is not None:
            site._p_jar.cacheGC()
