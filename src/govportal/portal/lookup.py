"""我要查: one box over services, questions, policies, news and offices (R4.1.3, R5.4, E12).

Owns the address grammar of ``/search``, the result page with its ways on, its feed, and suggestions without script. Meaning and order come from
the search room; titles and facts from the columns, so a row is never older than the page behind it. Nothing here is cached: answers are
remembered by the engine, and every question is counted in the query log.
"""
from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from pyramid.httpexceptions import HTTPNoContent, HTTPSeeOther

from ..base import clock
from ..content.model import path_of
from ..search.documents import KIND_NAMES, KINDS, body_of
from ..search.engine import Answer, Hit, Query
from ..search.marks import marked, snippet, wordings
from ..search.ranking import Filters
from ..search.text import squeeze
from ..web.finding import asker, find, known, suggestions, today
from ..web.layout import column_tags
from ..web.modes import posted
from ..web.pages import number, page_links, render
from .machine import atom
from .rows import item_line

PAGE_SIZE = 20
FIRST = 10                      # services on the page of all kinds
FEW = 3                         # of every other kind there
LAST_PAGE = 500
PARAMS = ("q", "kind", "region", "org", "topic", "audience", "channel", "type", "since", "sort", "page", "verbatim")
NARROW = ("region", "org", "audience", "topic", "channel", "type", "since")
TITLES = {"region": "地区", "org": "部门", "audience": "对象", "topic": "主题", "channel": "办理形式", "type": "类型", "since": "时间"}
SINCE = (("1", "一年内"), ("3", "三年内"), ("5", "五年内"))
SORTS = (("", "最相关在前"), ("date", "最新在前"))
DATED = ("question", "policy", "news")
SHOWN = 12
GOOD = 0.5                      # fit of a label from which the first hit is called the most likely one


class Asked(NamedTuple):
    """The conditions of an address, those nobody can have left out."""

    word: str
    kind: str
    narrow: dict[str, str]
    sort: str
    page: int
    verbatim: bool


def read(request: Any) -> Asked:
    kind, sort, since = request.query("kind"), request.query("sort"), request.query("since")
    narrow = {name: value for name in NARROW if (value := request.query(name)) and len(value) <= 60 and "|" not in value}
    if since and since not in dict(SINCE):
        narrow.pop("since", None)
    return Asked(request.query("q"), kind if kind in KINDS else "", narrow, sort if sort in dict(SORTS) else "",
                 number(request.query("page"), default=1, low=1, high=LAST_PAGE), request.query("verbatim") == "1")


def address(asked: Asked, **change: str) -> str:
    """The address of these conditions with some changed; '' removes one. A change begins at page one."""
    values = {"q": asked.word, "kind": asked.kind, **asked.narrow, "sort": asked.sort, "verbatim": "1" if asked.verbatim else "", **change}
    return "/search?" + urlencode([(name, values[name]) for name in PARAMS if values.get(name)])


def filters(asked: Asked, columns: Any) -> Filters:
    wanted = {name: value for name, value in asked.narrow.items() if name != "since"}
    since = asked.narrow.get("since", "")
    return Filters(kind=asked.kind, since=str(int(today()[:4]) - int(since)) + today()[4:] if since else "", **wanted)


def results(context: Any, request: Any) -> Any:
    """The result page; a code goes straight to its item; an empty question shows the ways to look."""
    asked = read(request)
    if not asked.word:
        return start(request)
    straight = _by_code(request, asked.word)
    if straight:
        return HTTPSeeOther(location=straight)
    groups = () if asked.kind else (("item", FIRST), *((kind, FEW) for kind in KINDS[1:]))
    query = Query(asked.word, filters(asked, request.columns), start=(asked.page - 1) * PAGE_SIZE if asked.kind else 0, size=PAGE_SIZE if asked.kind else 0,
                  region=request.region, today=today(), sort=asked.sort if asked.kind else "", verbatim=asked.verbatim, groups=groups)
    answer = find(request, query, note=asked.page == 1)
    if answer is None:
        return rebuilding(request, asked)
    last = min(LAST_PAGE, max(1, -(-answer.total // PAGE_SIZE)))
    if asked.kind and asked.page > last:
        return HTTPSeeOther(location=address(asked, page=str(last) if last > 1 else ""))
    return _page(request, asked, answer, last)


def _page(request: Any, asked: Asked, answer: Answer, last: int) -> Any:
    page = request.page(f"查“{asked.word}”", section="/search", crumbs=(("/search", "我要查"),), here=asked.word, noindex=True,
                        feed=(address(asked, page="").replace("/search?", "/search/feed?"), f"“{asked.word}”的新内容"), meta=_tags())
    page.query = asked.word
    rows = Rows(request, answer)
    counts = answer.facets.get("kind", {})
    if asked.kind:                                  # the counts of the other kinds, without the kind's own narrowing
        wide = find(request, Query(asked.word, filters(asked._replace(kind=""), request.columns), size=0, region=request.region, today=today(), verbatim=asked.verbatim))
        counts = wide.facets.get("kind", {}) if wide is not None else counts
    tabs = [(address(asked, kind=kind, sort=asked.sort if kind else "", page=""), text, count, "true" if kind == asked.kind else None)
            for kind, text, count in (("", "全部", sum(counts.values())), *((kind, KIND_NAMES[kind], counts.get(kind, 0)) for kind in KINDS))
            if count or kind in ("", asked.kind)]
    sections = [(asked.kind, rows.of(answer.hits), "", asked.page == 1 and asked.kind == "item")] if asked.kind else [
        (kind, rows.of(answer.groups.get(kind, ())), address(asked, kind=kind) if counts.get(kind, 0) > (FIRST if kind == "item" else FEW) else "", kind == "item")
        for kind in KINDS]
    shown = [{"kind": kind, "title": KIND_NAMES[kind], "rows": found, "all": link, "count": counts.get(kind, 0), "best": best} for kind, found, link, best in sections if found]
    return render(
        request, "results.pt", page, word=asked.word, total=answer.total, tabs=tabs if answer.total else [], sections=shown, near=rows.of(answer.near),
        corrected=answer.corrected, elsewhere=answer.plan.elsewhere,
        place="、".join(str(request.registry.region_names.get(code, code)) for code in answer.plan.regions),
        verbatim=address(asked, verbatim="1", page=""), also=_also(request, answer, asked), rebuilding=False,
        chips=[(address(asked, **{name: "", "page": ""}), _label(request, name, value)) for name, value in asked.narrow.items()],
        facets=_facets(request, asked, answer) if answer.total or asked.narrow else [],
        sorts=[(address(asked, sort=value, page=""), text, "true" if value == asked.sort else None) for value, text in SORTS] if asked.kind in DATED else [],
        pages=_pages(asked, last) if asked.kind and last > 1 else [], hot=[])


def start(request: Any) -> Any:
    """Before anything was asked: hot queries (R5.4.1), and the other ways to look."""
    page = request.page("我要查", section="/search", here="我要查", meta=_tags())
    hot = [("/search?" + urlencode({"q": text}), text) for text in known(request, request.registry.query_log.hot(clock.now(), 20))[:8]]
    picked = [(row.path, (row.plain_names or (row.name,))[0]) for row in request.columns.hot[:8]]
    return render(request, "results.pt", page, word="", total=0, tabs=[], sections=[], near=[], corrected=None, elsewhere=None, place="", verbatim="", also=[], rebuilding=False, chips=[],
                  facets=[], sorts=[], pages=[], hot=[("大家常找", hot)] if hot else [("编辑推荐", picked)])


def rebuilding(request: Any, asked: Asked) -> Any:
    """While there is no index: what has the words in its name, and the word that search is being rebuilt."""
    page = request.page(f"查“{asked.word}”", section="/search", crumbs=(("/search", "我要查"),), here=asked.word, noindex=True, meta=_tags())
    page.query = asked.word
    columns, words = request.columns, (squeeze(asked.word),)
    found: list[dict[str, Any]] = [{"kind": "item", "title": "服务", "all": "", "count": 0, "best": False, "rows": [
        {**item_line(row, columns, request.registry.region_names), "title": marked(row.name, words), "best": False, "uid": row.uid, "others": [], "text": ""}
        for row in columns.match("items", asked.word)[:PAGE_SIZE]]}]
    found += [{"kind": "", "title": title, "all": "", "count": 0, "best": False, "rows": [
        {"href": row.path, "title": marked(row.title, words), "uid": row.uid, "bits": [], "quick": [], "state": "", "summary": "", "best": False, "others": [], "text": ""}
        for row in columns.match(group, asked.word)[:FEW]]} for group, title in (("questions", "问答"), ("articles", "政策和资讯"), ("laws", "法律法规"))]
    return render(request, "results.pt", page, word=asked.word, total=sum(len(part["rows"]) for part in found), tabs=[], sections=[part for part in found if part["rows"]],
                  near=[], corrected=None, elsewhere=None, place="", verbatim="", also=[], rebuilding=True, chips=[], facets=[], sorts=[], pages=[], hot=[])


class Rows:
    """Hits as the template shows them. A document that went since the index was written is left out."""

    def __init__(self, request: Any, answer: Answer) -> None:
        self.request, self.columns, self.regions = request, request.columns, request.registry.region_names
        self.words = wordings(answer.plan)

    def of(self, hits: tuple[Hit, ...]) -> list[dict[str, Any]]:
        """Rows of the hits; the same service of several regions is one row with the others below it."""
        rows: list[dict[str, Any]] = []
        services: dict[str, dict[str, Any]] = {}
        for hit in hits:
            found = self.columns.row(hit.uid)
            if found is None:
                continue
            group, row = found
            if group != "item":
                rows.append(self._other(group, row))
                continue
            if row.name in services:
                services[row.name]["others"].append((row.path, self.regions.get(row.region, row.region) + " " + self.columns.org_name(row.org, short=True)))
                continue
            line = {**item_line(row, self.columns, self.regions), "title": marked(row.name, self.words), "uid": row.uid, "others": [],
                    "best": not rows and hit.fit >= GOOD and row.state == "完整", "text": marked(row.summary, self.words) if row.summary else self._called(row)}
            services[row.name] = line
            rows.append(line)
        return rows

    def _called(self, row: Any) -> Any:
        """The plain name that was said, so that people see why the item is here."""
        name = next((name for name in row.plain_names if any(word in squeeze(name) for word in self.words)), "")
        return marked("也叫：" + name, self.words) if name and not any(word in squeeze(row.name) for word in self.words[:1]) else ""

    def _other(self, group: str, row: Any) -> dict[str, Any]:
        bits = {"article": lambda: [row.source, row.number, row.published[:10]], "question": lambda: [row.topic, self.columns.org_name(row.org, short=True), row.answered[:10]],
                "law": lambda: [row.category, row.version and f"{row.version} 版"], "plain": lambda: [row.head.get("region_name") or "", row.head.get("address") or ""]}[group]()
        document = self.request.site.document(row.uid)
        text = body_of(document) if document is not None else ""
        return {"href": row.path, "title": marked(row.title, self.words), "text": marked(snippet(text, self.words), self.words) if text else "", "uid": row.uid,
                "bits": [bit for bit in bits if bit and bit != "未提供"], "quick": [], "state": getattr(row, "validity", "") if group == "article" else "", "summary": "",
                "best": False, "others": []}


def _facets(request: Any, asked: Asked, answer: Answer) -> list[dict[str, Any]]:
    """Facets with counts; one with a single value narrows nothing and is left out."""
    shown = []
    for name in ("audience", "region", "org", "topic", "channel", "type"):
        if name == "type" and asked.kind in ("question", "organisation"):
            continue
        counts = answer.facets.get(name, {})
        chosen = asked.narrow.get(name)
        if chosen and chosen not in counts:
            counts = {chosen: 0, **counts}
        if len(counts) < 2 and not chosen:
            continue
        ordered = sorted(counts.items(), key=lambda pair: (pair[0] != chosen, -pair[1], pair[0]))[:SHOWN]
        shown.append({"title": TITLES[name], "open": bool(chosen) or name in ("audience", "region", "org"),
                      "values": [(address(asked, **{name: "" if value == chosen else value, "page": ""}), _label(request, name, value), count, "true" if value == chosen else None)
                                 for value, count in ordered]})
    if asked.kind in ("", *DATED):
        chosen = asked.narrow.get("since")
        shown.append({"title": "时间", "open": bool(chosen), "values": [
            (address(asked, since="" if value == chosen else value, page=""), text, "", "true" if value == chosen else None) for value, text in SINCE]})
    return shown


def _label(request: Any, name: str, value: str) -> str:
    if name == "region":
        return str(request.registry.region_names.get(value, value))
    if name == "org":
        return str(request.columns.org_name(value, short=True))
    if name == "since":
        return dict(SINCE)[value]
    if name == "type":
        channel = request.columns.one("Channel", value)
        return "法律法规" if value == "law" else channel.title if channel is not None else value
    return value


def _also(request: Any, answer: Answer, asked: Asked) -> list[tuple[str, str]]:
    """Other things people call the first hits: ways on in their words."""
    said, found = squeeze(asked.word), []
    hits = answer.hits or answer.groups.get("item", ()) or answer.near
    for hit in hits[:4]:
        row = request.columns.item(hit.uid)
        found += [name for name in (row.plain_names[:3] if row is not None else ()) if squeeze(name) != said]
    return [("/search?" + urlencode({"q": text}), text) for text in list(dict.fromkeys(found))[:6]]


def _pages(asked: Asked, last: int) -> list[tuple[Any, ...]]:
    return page_links(lambda page: address(asked, page=str(page) if page > 1 else ""), asked.page, last)


def _by_code(request: Any, word: str) -> str:
    """The path of the item with this code (any of its spellings), '' when it is none."""
    code = "".join(word.split()).upper()
    if len(code) < 10 or not code.isascii():
        return ""
    document = request.site.by_code(code)
    return path_of(document) if document is not None and document.live is not None and document.withdrawal is None else ""


def _tags() -> tuple[tuple[str, str], ...]:
    return column_tags("我要查", "办事服务", "查事项、政策、问答和机构", "搜索")


def feed(context: Any, request: Any) -> Any:
    """What is new for a question: questions, policies and news that fit, newest first (O3)."""
    asked = read(request)
    answer = find(request, Query(asked.word, filters(asked, request.columns), size=60, today=today(), sort="date", facets=False)) if asked.word else None
    entries = []
    for hit in answer.hits if answer is not None else ():
        group, row = request.columns.row(hit.uid) or ("", None)
        if row is not None and group in ("article", "question"):
            moment = row.published if group == "article" else row.answered
            entries.append((row.uid, row.path, row.title, moment, row.summary if group == "article" else row.topic))
    return atom(request, "/search/feed?" + urlencode({"q": asked.word}), f"“{asked.word}”的新内容", entries[:30])


def hints(context: Any, request: Any) -> Any:
    """Suggestions as a page of their own, for browsers without script."""
    word = request.query("q")
    page = request.page("您是不是要找", section="/search", crumbs=(("/search", "我要查"),), here="您是不是要找", noindex=True, meta=_tags())
    page.query = word
    return render(request, "hints.pt", page, word=word, rows=[("/search?" + urlencode({"q": entry.text}), entry.text, KIND_NAMES[entry.kind]) for entry in suggestions(request, word, 12)])


def clicked(request: Any) -> Any:
    """A hit was opened (told by the page's script): counted in the query log, nothing else. Forged ids count nothing."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return HTTPNoContent()
    word, uid, place = (posted(request, name) for name in ("q", "id", "place"))
    if word and request.columns.row(uid) is not None:
        request.registry.query_log.clicked(word, uid, number(place, default=0, low=0, high=1000), asker(request), now=clock.now())
    return HTTPNoContent()


def includeme(config: Any) -> None:
    for name, path, view, params in (("search", "/search", results, PARAMS), ("search-feed", "/search/feed", feed, PARAMS), ("search-hints", "/search/hints", hints, ("q",))):
        config.add_route(name, path)
        config.add_page(view, route_name=name, params=params, public=False)
    config.add_route("search-clicked", "/search/clicked")
    config.add_view(clicked, route_name="search-clicked", request_method="POST")


