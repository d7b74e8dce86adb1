"""The page object that every template gets: head tags (conventions A), crumbs, navigation, modes, footer facts.

Owns the frame of a page; a view fills title, crumbs and what it knows. Must work without a database for error pages.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from pyramid.httpexceptions import HTTPBadRequest

from .modes import local_path

SITE_DEFAULTS = {
    "name": "示例市政务服务网", "domain": "www.example.gov.cn", "code": "9901000001", "region": "示例市",
    "host_org": "示例市人民政府办公室（示例）", "run_org": "示例市政务服务和数据管理局（示例）", "address": "示例市城中区人民路 1 号（示例）",
    "phone": "12345", "icp": "示例ICP备00000000号", "police": "示例公网安备 00000000000000 号", "police_code": "00000000000000",
    "description": "查事项、看指南、在线办事、问政府、评服务。", "conac": "党政机关网站标识（示例位置）",
}
NAV = (("/news/", "news", "我要看", "政策与通知"), ("/search", "list-search", "我要查", "事项与政策"), ("/services", "file-pencil", "我要办", "指南与办理"),
       ("/questions/", "message-question", "我要问", "咨询与问答"), ("/rate", "thumb-up", "我要评", "评价与投诉"), ("/mine", "user-circle", "我的", "办件与证照"))


@dataclass
class Page:
    """The frame of one page."""

    title: str
    section: str = ""                  # href of the current entry
    crumbs: tuple[tuple[str, str], ...] = ()   # (href, text), without home and the page itself
    here: str = ""                     # last crumb, default the title
    description: str = ""
    meta: tuple[tuple[str, str], ...] = ()     # column and article tags
    canonical: str = ""
    feed: tuple[str, str] | None = None        # (href, title)
    data: list[dict[str, Any]] = field(default_factory=list)   # JSON-LD
    site: dict[str, Any] = field(default_factory=lambda: dict(SITE_DEFAULTS))
    modes: frozenset[str] = frozenset()
    region: str = "990100"
    region_name: str = ""
    path: str = "/"
    back: str = "/"                    # path with the parameters the page knows: where a change of display comes back to
    base: str = ""
    home: bool = False
    noindex: bool = False
    narrow: bool = False
    query: str = ""

    @property
    def html_class(self) -> str | None:
        return " ".join(sorted(self.modes)) or None

    @property
    def elder(self) -> bool:
        return "elder" in self.modes

    @property
    def full_title(self) -> str:
        return self.site["name"] if self.home else f"{self.title} - {self.site['name']}"

    @property
    def nav(self) -> list[tuple[str, str, str, str, str | None]]:
        return [(href, icon, text, hint, "page" if href == self.section else None) for href, icon, text, hint in NAV]

    @property
    def tags(self) -> list[tuple[str, str]]:
        """Meta tags A1–A5 in order; what is not known is left out, never empty."""
        own = [("SiteName", self.site["name"]), ("SiteDomain", self.site["domain"]), ("SiteIDCode", self.site["code"]), *self.meta]
        return [(name, str(value)) for name, value in own if value not in (None, "")]

    @property
    def json_ld(self) -> list[Markup]:
        return [Markup(json.dumps({"@context": "https://schema.org", **entry}, ensure_ascii=False).replace("<", "\\u003c"))
                for entry in self.data]

    def absolute(self, path: str) -> str:
        return self.base + path


def site_facts(site: Any) -> dict[str, Any]:
    return {**SITE_DEFAULTS, **(dict(site.settings) if site is not None else {})}


def base_url(request: Any) -> str:
    """Scheme and host of the site: the setting, or as the request came."""
    return request.registry.portal_settings.site_url.rstrip("/") or request.host_url


def address_of(request: Any) -> str:
    """Path and query of this page as ``local_path`` accepts them. Only parameters that the page declared, which are in the page cache's key."""
    try:
        pairs = [(name, value) for name in getattr(request, "declared", ()) if (value := request.query(name))]
    except HTTPBadRequest:
        pairs = []
    whole = request.path + ("?" + urlencode(pairs) if pairs else "")
    return whole if local_path(whole) == whole else local_path(request.path)


def make_page(request: Any, title: str, **values: Any) -> Page:
    """The Page of a request; works without a database (then with the default site facts)."""
    site = None
    try:
        site = request.site
    except Exception:  # noqa: BLE001 - an error page must appear when the database is dead
        site = None
    page = Page(title, site=site_facts(site), **values)
    page.path = request.path
    page.back = address_of(request)
    page.base = base_url(request)
    page.modes, page.region = request.modes, request.region
    page.region_name = request.registry.region_names.get(page.region, page.site["region"])
    page.description = page.description or (page.site["description"] if page.home else f"{title}，{page.site['name']}")
    page.canonical = page.canonical or page.base + page.path
    crumbs = [("/", "首页"), *page.crumbs]
    if not page.home:
        page.data.append({"@type": "BreadcrumbList", "itemListElement": [
            {"@type": "ListItem", "position": number, "name": text, "item": page.absolute(href)} for number, (href, text) in enumerate(crumbs, 1)]})
    return page


def column_tags(name: str, kind: str, description: str, keywords: str) -> tuple[tuple[str, str], ...]:
    """The four tags of a list page (A3)."""
    return ("ColumnName", name), ("ColumnDescription", description), ("ColumnKeywords", keywords), ("ColumnType", kind)


def article_tags(title: str, published: str, source: str, *, url: str = "", description: str = "", keywords: str = "",
                 author: str = "") -> tuple[tuple[str, str], ...]:
    """The tags of an article page (A4, A5)."""
    return (("ArticleTitle", title), ("PubDate", published), ("ContentSource", source), ("Keywords", keywords), ("Author", author),
            ("Description", description), ("Url", url))


def includeme(config: Any) -> None:
    config.add_request_method(make_page, "page")
