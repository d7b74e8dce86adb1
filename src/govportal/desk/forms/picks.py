"""Pick lists with search: what they offer, how a value is shown, how typed words become the value; and the page that scripts ask.

Owns the sources by name. Reads the columns only (no document is loaded, except the one law whose articles are asked for). Without a script
the words that were typed are resolved when the form is posted. An unknown pick list is 404.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from ...content.vocabularies import region_names, vocabulary

LIMIT = 20
MANY = 2000            # matches that are put in order; a list begins with what the site holds itself
_SLUG = re.compile(r"(.*\S)\s*\[([^\[\]]{1,120})\]\s*", re.S)


class Entry(NamedTuple):
    """One thing to pick. ``detail`` tells two of the same name apart; ``fill``: what picking it may put into empty fields beside it;
    ``rank``: 0 for the site's own, which stand before what was taken over from elsewhere."""

    value: str
    label: str
    detail: str = ""
    fill: tuple[tuple[str, str], ...] = ()
    rank: int = 0


Holds = Callable[[str], bool]     # whether an entry of this name is wanted: asked before the entry is made


def _plain(kind: str, *details: str) -> Callable[[Picks, Holds], Iterator[Entry]]:
    def entries(picks: Picks, holds: Holds) -> Iterator[Entry]:
        for row in picks.columns.plain.get(kind, ()):
            if holds(row.title):
                yield Entry(row.slug, row.title, "，".join(str(row.head[name]) for name in details if row.head.get(name)), (),
                            int(bool(row.head.get("registered"))))
    return entries


def _materials(picks: Picks, holds: Holds) -> Iterator[Entry]:
    for row in picks.columns.plain.get("Material", ()):
        if holds(row.title):
            kind = row.head.get("kind") or ""
            yield Entry(row.slug, row.title, kind, (("name", row.title), *((("kind", kind),) if kind else ())))


def _laws(picks: Picks, holds: Holds) -> Iterator[Entry]:
    for row in picks.columns.laws:
        if holds(row.title):
            yield Entry(row.title, row.title, "，".join(part for part in (row.category, row.version, row.status) if part and part != "未提供"))


def _law_paths(picks: Picks, holds: Holds) -> Iterator[Entry]:
    return (Entry(row.path.strip("/"), row.title, row.category) for row in picks.columns.laws if holds(row.title))


def _items(picks: Picks, holds: Holds) -> Iterator[Entry]:
    for row in picks.columns.items:
        if holds(row.name):
            yield Entry(row.path.rpartition("/")[2], row.name, picks.columns.org_name(row.org, short=True), (), int(row.state != "完整"))


def _articles(picks: Picks, holds: Holds) -> Iterator[Entry]:
    return (Entry(row.uid, row.title, row.number or row.published[:10]) for row in picks.columns.articles if holds(row.title))


def _regions(picks: Picks, holds: Holds) -> Iterator[Entry]:
    return (Entry(code, name, code) for code, name in region_names().items() if holds(name))


def _topics(picks: Picks, holds: Holds) -> Iterator[Entry]:
    labels = dict.fromkeys((*vocabulary("person-topics").labels, *vocabulary("legal-topics").labels))
    return (Entry(label, label) for label in labels if holds(label))


def _clauses(picks: Picks, holds: Holds) -> Iterator[Entry]:
    row = picks.columns.law(picks.law) if picks.law else None
    document = picks.site.document(row.uid) if row is not None and picks.site is not None else None
    for article in document.live.values.get("articles", ()) if document is not None and document.live is not None else ():
        if holds(article["no"]):
            yield Entry(article["no"], article["no"], article["text"][:40])


SOURCES: dict[str, Callable[[Any, Holds], Iterable[Entry]]] = {
    "orgs": _plain("Organisation", "short", "region_name"), "places": _plain("Place", "kind"), "channels": _plain("Channel", "column_type"),
    "materials": _materials, "laws": _laws, "lawpaths": _law_paths, "items": _items, "articles": _articles, "regions": _regions,
    "topics": _topics,
    "clauses": _clauses}
WORDS = {"orgs": "机构", "places": "办理地点", "channels": "栏目", "materials": "材料", "laws": "法律", "lawpaths": "法律", "items": "事项",
         "articles": "文章", "regions": "行政区划", "topics": "主题", "clauses": "条款"}
_RECORDS = {"orgs": "Organisation", "places": "Place", "channels": "Channel", "materials": "Material"}     # found by address, not by looking through the list
_PLAIN_VALUE = {"laws", "topics", "clauses"}     # the value is the name itself


class Picks:
    """The pick lists as one request sees them. ``document``: what is being edited; ``law``: title of the law whose articles are asked for."""

    def __init__(self, columns: Any = None, *, site: Any = None, document: Any = None, law: str = "") -> None:
        self.columns, self.site, self.document, self.law = columns, site, document, law
        self._labels: dict[str, dict[str, str]] = {}

    def entries(self, what: str, holds: Holds = lambda name: True) -> Iterable[Entry]:
        """Entries whose name ``holds``. LookupError for an unknown list; nothing where there are no columns."""
        if what not in SOURCES:
            raise LookupError(what)
        return SOURCES[what](self, holds) if self.columns is not None or what in ("regions", "topics") else ()

    def label(self, what: str, value: str) -> str:
        """The name of a value; '' when the list does not hold it."""
        if what in _PLAIN_VALUE:
            return value
        if what == "regions":
            return region_names().get(value, "")
        if self.columns is None:
            return ""
        if what == "items":
            row = self.columns.item_by_slug(value)
            return row.name if row is not None else ""
        if what == "articles":
            found = self.columns.row(value)
            return found[1].title if found is not None and found[0] == "article" else ""
        if what in _RECORDS:
            record = self.columns.one(_RECORDS[what], value)
            return record.title if record is not None else ""
        if what not in self._labels:
            self._labels[what] = {entry.value: entry.label for entry in self.entries(what)}
        return self._labels[what].get(value, "")

    def shown(self, what: str, value: str) -> str:
        """What a control holds for a value: ``name [value]``; words that no list holds stay as they were typed."""
        label = self.label(what, value) if value and what not in _PLAIN_VALUE else ""
        return f"{label} [{value}]" if label else value

    def resolve(self, what: str, typed: str, *, strict: bool, stored: set[str]) -> tuple[str, str]:
        """(value, fault) of typed words: a value, a name, or ``name [value]``. What was stored before is always good."""
        text = typed.strip()
        named = _SLUG.fullmatch(text)
        wanted = named[2] if named else text
        if text in stored or wanted in stored:
            return (text if text in stored else wanted), ""
        if self.label(what, wanted) and (what not in _PLAIN_VALUE):
            return wanted, ""
        if not strict:
            return text, ""
        found = list(self.entries(what, text.__eq__))
        if len(found) == 1:
            return found[0].value, ""
        word = WORDS[what]
        if found:
            several = "、".join(f"{entry.label} [{entry.value}]" for entry in found[:5])
            return text, f"有 {len(found)} 个{word}都叫“{text[:30]}”，请写其中一个：{several}"
        near = "、".join(f"{entry.label} [{entry.value}]" if what not in _PLAIN_VALUE else entry.label for entry in self.search(what, text, 3))
        return text, f"没有叫“{text[:30]}”的{word}" + (f"，您要的是不是：{near}" if near else "，请写全名，或先建立它")

    def search(self, what: str, query: str, limit: int = LIMIT) -> list[Entry]:
        """Entries that hold the words: the site's own first, then names that begin with them, then the shorter."""
        folded = query.strip().lower()[:60]
        if not folded:
            return list(islice(self.entries(what), limit))
        hits = list(islice(self.entries(what, lambda name: folded in name.lower()), MANY))
        if not hits and len(folded) > 2:
            parts = [folded[at:at + 2] for at in range(len(folded) - 1)]
            hits = list(self.entries(what, lambda name: sum(part in name for part in parts) * 2 > len(parts)))
        label = self.label(what, query.strip()) if what not in _PLAIN_VALUE else ""
        if label:
            hits = [Entry(query.strip(), label, rank=-1), *(entry for entry in hits if entry.value != query.strip())]
        if what == "clauses":
            return hits[:limit]
        return sorted(hits, key=lambda entry: (entry.rank, not entry.label.lower().startswith(folded), len(entry.label), entry.label))[:limit]

    def options(self, name: str) -> list[tuple[str, str]]:
        """(value, words) of what belongs to the document being edited: the materials of a 情形's item."""
        item = getattr(self.document, "__parent__", None)
        edition = None if item is None else getattr(item, "draft", None) or getattr(item, "live", None)
        if name != "case-materials" or edition is None:
            return []
        return [(row["key"], row["name"] or row["key"]) for row in edition.values.get("materials", ()) if row.get("key")]


def picks_of(request: Any, document: Any = None) -> Picks:
    """The pick lists of a request."""
    return Picks(request.columns, site=request.site, document=document)


def pick_view(context: Any, request: Any) -> Any:
    """Entries for a script: ``{"entries": [{"value", "text", "label", "detail", "fill"}]}``."""
    from pyramid.httpexceptions import HTTPNotFound
    from pyramid.response import Response
    what = request.matchdict["what"]
    if what not in SOURCES:
        raise HTTPNotFound()
    picks = Picks(request.columns, site=request.site, law=request.query("law"))
    found = [{"value": entry.value, "text": picks.shown(what, entry.value), "label": entry.label, "detail": entry.detail,
              "fill": dict(entry.fill)} for entry in picks.search(what, request.query("q"))]
    response = Response(json_body={"entries": found})
    response.headers["Cache-Control"] = "no-store"
    return response


def includeme(config: Any) -> None:
    config.add_desk_page(pick_view, name="pick", path="/desk/pick/{what}", permission="desk.home", params=("q", "law"))
