"""我要看: channels, articles with header table and tags, laws. Lists come from the columns (A3–A6, B9–B13, F6)."""
from __future__ import annotations

from typing import Any

from ..base import clock
from ..content.columns import Columns
from ..content.model import Document, Folder, path_of
from ..web.files import attachments
from ..web.layout import article_tags, column_tags
from ..web.pages import number, render
from ..web.prose import prose
from . import live_values

PAGE_SIZE = 20


class InFolder:
    """``folder="news"``: the context is this top folder of the site."""

    def __init__(self, path: str, info: Any) -> None:
        self.path = path

    def text(self) -> str:
        return f"folder = {self.path}"

    phash = text

    def __call__(self, context: Any, request: Any) -> bool:
        return isinstance(context, Folder) and not isinstance(context, Document) and path_of(context) == "/" + self.path


def paged(rows: list[Any], request: Any, path: str) -> tuple[list[Any], list[tuple[Any, ...]], int]:
    """(rows of this page, page links, page number)."""
    last = max(1, -(-len(rows) // PAGE_SIZE))
    current = number(request.query("page"), default=1, low=1, high=last)
    links = [(f"{path}?page={page}" if page > 1 else path, str(page), f"第 {page} 页", None) if page != current else ("", str(page), "", "page")
             for page in sorted({1, last, *range(max(1, current - 2), min(last, current + 2) + 1)})] if last > 1 else []
    return rows[(current - 1) * PAGE_SIZE:current * PAGE_SIZE], links, current


def news_home(context: Folder, request: Any) -> Any:
    """All channels with their newest articles."""
    columns, now = request.columns, clock.stamp(clock.now())
    page = request.page("我要看", section="/news/", meta=column_tags("我要看", "政务动态", "通知、政策、解读和法律法规", "通知,政策,解读"))
    channels = [(row.path, row.title, row.head.get("description", ""), columns.in_channel(row.slug, now)[:6], len(columns.in_channel(row.slug, now)))
                for row in columns.plain.get("Channel", [])]
    return render(request, "news-home.pt", page, channels=channels, laws=len(columns.laws))


def channel_view(context: Document, request: Any) -> Any:
    values, columns = live_values(context), request.columns
    path = path_of(context)
    rows, pages, current = paged(columns.in_channel(context.__name__, clock.stamp(clock.now())), request, path)
    page = request.page(values["name"] + (f"（第 {current} 页）" if current > 1 else ""), section="/news/", crumbs=(("/news/", "我要看"),), here=values["name"],
                        description=values.get("description") or "", feed=(path + "/feed", values["name"]),
                        meta=column_tags(values["name"], values.get("column_type") or "政务动态", values.get("description") or values["name"],
                                         ",".join(values.get("keywords", ())) or values["name"]))
    page.canonical = page.absolute(path + (f"?page={current}" if current > 1 else ""))
    return render(request, "channel.pt", page, name=values["name"], intro=values.get("description") or "", rows=rows, pages=pages, feed=path + "/feed")


def linked(columns: Columns, site: Any, uids: tuple[str, ...]) -> list[tuple[str, str]]:
    """(path, title) of live articles by id; a link to what is gone is left out."""
    found = []
    for uid in uids:
        document = site.document(uid)
        if document is not None and document.live is not None and document.withdrawal is None:
            found.append((path_of(document), document.live.head["title"]))
    return found


def article_view(context: Document, request: Any) -> Any:
    values, columns, site = live_values(context), request.columns, request.site
    channel = columns.one("Channel", values["channel"])
    header = values.get("header") or {}
    table = [(label, header.get(key) or "未提供") for key, label in (("index_no", "索引号"), ("subject", "主题分类"), ("issuer", "发文机关"), ("written_on", "成文日期"),
             ("doc_number", "发文字号"), ("published_on", "发布日期"), ("validity", "有效性"))] if header.get("issuer") or header.get("doc_number") else []
    name = channel.title if channel else "我要看"
    page = request.page(values["title"], section="/news/", crumbs=(("/news/", "我要看"), *(((channel.path, name),) if channel else ())),
                        description=(values.get("summary") or values["title"])[:150],
                        meta=(*column_tags(name, channel.head.get("column_type", "政务动态") if channel else "政务动态", name, name),
                              *article_tags(values["title"], _published(values), values.get("source_name") or page_source(request),
                                            keywords=",".join(values.get("keywords", ())), author=values.get("author") or "")))
    page.data.append({"@type": "NewsArticle", "headline": values["title"][:110], "datePublished": _iso(values["published_at"]), "url": page.canonical,
                      "publisher": {"@type": "GovernmentOrganization", "name": values.get("source_name") or page.site["run_org"]}})
    laws = [(path, document.live.head["title"]) for path in values.get("interprets", ())
            if (document := site.at(path)) is not None and getattr(document, "live", None) is not None]
    return render(request, "article.pt", page, title=values["title"], values=values, table=[("标题", values["title"]), *table] if table else [],
                  blocks=prose(site, values.get("body", ())), attachments=attachments(site, values.get("attachments", ())), published=values["published_at"], validity=header.get("validity") or "",
                  interpretations=linked(columns, site, values.get("interpretations", ())), explains=linked(columns, site, values.get("interpretation_of", ())) + laws,
                  related=[(row.path, row.name) for slug in values.get("related", ()) if (row := columns.item_by_slug(slug)) is not None],
                  source=values.get("source_name") or page.site["run_org"], withdrawal=context.withdrawal)


def page_source(request: Any) -> str:
    return request.site.settings.get("run_org", "示例市政务服务和数据管理局（示例）")


def _published(values: dict[str, Any]) -> str:
    return values["published_at"] if len(values["published_at"]) > 10 else values["published_at"] + " 00:00"


def _iso(text: str) -> str:
    return text.replace(" ", "T") + ":00+08:00" if len(text) > 10 else text


def laws_home(context: Folder, request: Any) -> Any:
    """法律法规: the law records, by category."""
    columns = request.columns
    page = request.page("法律法规", section="/news/", crumbs=(("/news/", "我要看"),),
                        meta=column_tags("法律法规", "政策文件", "法律、行政法规和部门规章全文", "法律,法规,规章"))
    groups: dict[str, list[Any]] = {}
    for row in columns.laws:
        groups.setdefault(row.category or "其他", []).append(row)
    return render(request, "laws.pt", page, groups=sorted(groups.items(), key=lambda pair: -len(pair[1])), total=len(columns.laws))


def law_view(context: Document, request: Any) -> Any:
    values = live_values(context)
    page = request.page(values["title"], section="/news/", crumbs=(("/news/", "我要看"), ("/shared/laws", "法律法规")),
                        meta=(*column_tags("法律法规", "政策文件", "法律、行政法规和部门规章全文", "法律,法规"),
                              *article_tags(values["title"], (values.get("version") or "1949-10-01") + " 00:00", values.get("source") or "国家公布的法律文本")))
    chapters: list[tuple[str, list[dict[str, Any]]]] = []
    for row in values.get("articles", ()):
        if not chapters or chapters[-1][0] != (row.get("chapter") or ""):
            chapters.append((row.get("chapter") or "", []))
        chapters[-1][1].append({"no": row["no"], "lines": row["text"].split("\n")})
    table = [("标题", values["title"]), ("类别", values.get("category") or "未提供"), ("制定机关", values.get("issuer") or "未提供"), ("文号", values.get("doc_number") or "未提供"),
             ("文本日期", values.get("version") or "未提供"), ("有效性", values.get("status") or "未提供")]
    return render(request, "law.pt", page, title=values["title"], table=table, history=values.get("history", ()), chapters=chapters,
                  note=values.get("status_note") or "")


def includeme(config: Any) -> None:
    config.add_view_predicate("folder", InFolder)
    config.add_page(news_home, folder="news")
    config.add_page(channel_view, kind="Channel", params=("page",))
    config.add_page(article_view, kind="NewsArticle")
    config.add_page(laws_home, folder="shared/laws")
    config.add_page(law_view, kind="Law")
