"""What programs read: sitemap.xml, robots.txt, Atom feeds, OpenSearch; and the site map and subscription pages for people (O1–O5)."""
from __future__ import annotations

from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from ..base import clock
from ..content.model import Document, Folder, path_of
from ..web.layout import column_tags, site_facts
from ..web.pages import render
from . import live_values
from .home import department_links, topic_links

URLS_PER_FILE = 40_000
FEED_SIZE = 30


def _base(request: Any) -> str:
    return request.registry.portal_settings.site_url.rstrip("/") or request.host_url


def _xml(text: str, kind: str = "application/xml") -> Response:
    return Response(text, content_type=kind, charset="utf-8")


def all_urls(columns: Any) -> list[tuple[str, str]]:
    """(path, last change) of every public page of content, in a fixed order."""
    rows: list[tuple[str, str]] = [("/", ""), ("/services", ""), ("/services/topics", ""), ("/departments", ""), ("/places", ""), ("/news/", ""),
                                   ("/questions/", ""), ("/lifeevents/", ""), ("/shared/laws", ""), ("/rate", ""), ("/mine", ""), ("/sitemap", "")]
    for group in (columns.items, columns.articles, columns.questions, columns.laws):
        rows += [(row.path, row.modified) for row in group]
    for kind in ("Channel", "LifeEvent", "Page", "Organisation", "Place"):
        rows += [(row.path, row.modified) for row in columns.plain.get(kind, [])]
    return rows


def sitemap_xml(context: Any, request: Any) -> Response:
    """The map of all pages; an index beyond one file's limit (O2)."""
    urls, base = all_urls(request.columns), _base(request)
    if len(urls) > URLS_PER_FILE and not request.matchdict.get("part"):
        parts = "".join(f"<sitemap><loc>{escape(base)}/sitemap-{number}.xml</loc></sitemap>" for number in range(1, -(-len(urls) // URLS_PER_FILE) + 1))
        return _xml(f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{parts}</sitemapindex>')
    part = int(request.matchdict.get("part") or 1)
    chosen = urls[(part - 1) * URLS_PER_FILE:part * URLS_PER_FILE]
    if not chosen:
        raise HTTPNotFound()
    body = "".join(f"<url><loc>{escape(base + path)}</loc>" + (f"<lastmod>{modified.replace(' ', 'T')}:00+08:00</lastmod>" if modified else "") + "</url>\n"
                   for path, modified in chosen)
    return _xml(f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{body}</urlset>')


def robots(context: Any, request: Any) -> Response:
    return Response(f"User-agent: *\nDisallow: /search\nDisallow: /desk\nDisallow: /display/\nDisallow: /metrics\nSitemap: {_base(request)}/sitemap.xml\n",
                    content_type="text/plain", charset="utf-8")


def opensearch(context: Any, request: Any) -> Response:
    name, base = site_facts(request.site)["name"], _base(request)
    return _xml('<?xml version="1.0" encoding="UTF-8"?>\n<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">'
                f"<ShortName>{escape(name[:16])}</ShortName><Description>{escape('查事项、政策和问答')}</Description><InputEncoding>UTF-8</InputEncoding><Language>zh-CN</Language>"
                f'<Url type="text/html" template={quoteattr(base + "/search?q={searchTerms}")}/></OpenSearchDescription>', "application/opensearchdescription+xml")


def atom(request: Any, path: str, title: str, entries: list[tuple[str, str, str, str, str]]) -> Response:
    """Atom (RFC 4287). entries: (uid, path, title, moment, summary)."""
    base = _base(request)
    newest = max((_iso(entry[3]) for entry in entries), default="2026-01-01T00:00:00+08:00")
    author = escape(site_facts(request.site)["run_org"])
    body = "".join(f"<entry><id>urn:uuid:{uid}</id><title>{escape(name)}</title><link href={quoteattr(base + where)}/><updated>{_iso(moment)}</updated>"
                   f"<published>{_iso(moment)}</published><summary>{escape(summary)}</summary></entry>\n" for uid, where, name, moment, summary in entries)
    return _xml(f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN"><id>{escape(base + path)}</id><title>{escape(title)}</title>'
                f'<updated>{newest}</updated><link rel="self" href={quoteattr(base + path)}/><link href={quoteattr(base + path.removesuffix("/feed"))}/>'
                f"<author><name>{author}</name></author>\n{body}</feed>", "application/atom+xml")


def _iso(text: str) -> str:
    try:
        return clock.parse(text).isoformat(timespec="seconds")
    except ValueError:
        return datetime(2026, 1, 1, tzinfo=clock.SHANGHAI).isoformat(timespec="seconds")


def channel_feed(context: Document, request: Any) -> Response:
    values = live_values(context)
    rows = request.columns.in_channel(context.__name__, clock.stamp(clock.now()))[:FEED_SIZE]
    return atom(request, path_of(context) + "/feed", values["name"], [(row.uid, row.path, row.title, row.published, row.summary) for row in rows])


def question_feed(context: Folder, request: Any) -> Response:
    rows = request.columns.questions[:FEED_SIZE]
    return atom(request, "/questions/feed", "公开问答", [(row.uid, row.path, row.title, row.answered, row.topic) for row in rows])


def sitemap_page(context: Any, request: Any) -> Any:
    """The map for people."""
    columns = request.columns
    page = request.page("网站地图", meta=column_tags("网站地图", "概况信息", "全站栏目", "网站地图"))
    groups = [("主要入口", [(href, text) for href, _, text, _, _ in page.nav] + [("/lifeevents/", "一件事"), ("/departments", "按部门找"), ("/places", "办事地点"),
                                                                             ("/services/topics", "全部主题"), ("/shared/laws", "法律法规"), ("/region", "切换地区"), ("/subscribe", "订阅")]),
              ("个人办事主题", [(href, label) for href, _, label, _ in topic_links(columns, "person")]),
              ("企业办事主题", [(href, label) for href, _, label, _ in topic_links(columns, "legal")]),
              ("部门", [(href, name) for href, name, _ in department_links(columns)]),
              ("栏目", [(row.path, row.title) for row in columns.plain.get("Channel", [])]),
              ("一件事", [(row.path, row.title) for row in columns.plain.get("LifeEvent", [])]),
              ("说明和帮助", [(row.path, row.title) for row in columns.plain.get("Page", [])])]
    return render(request, "sitemap.pt", page, groups=[group for group in groups if group[1]])


def subscribe(context: Any, request: Any) -> Any:
    """The feeds there are (O3)."""
    page = request.page("订阅", meta=column_tags("订阅", "政务动态", "各栏目的订阅地址", "订阅,Atom"))
    feeds = [(row.path + "/feed", row.title) for row in request.columns.plain.get("Channel", [])] + [("/questions/feed", "公开问答")]
    return render(request, "sitemap.pt", page, groups=[("订阅地址（Atom）：复制到阅读器里，有新内容会收到", feeds)])


def includeme(config: Any) -> None:
    for name, path, view in (("sitemap-xml", "/sitemap.xml", sitemap_xml), ("sitemap-part", r"/sitemap-{part:\d{1,4}}.xml", sitemap_xml),
                             ("robots", "/robots.txt", robots), ("opensearch", "/opensearch.xml", opensearch), ("sitemap", "/sitemap", sitemap_page),
                             ("subscribe", "/subscribe", subscribe)):
        config.add_route(name, path)
        config.add_page(view, route_name=name)
    config.add_page(channel_feed, kind="Channel", name="feed")
    config.add_page(question_feed, folder="questions", name="feed")
