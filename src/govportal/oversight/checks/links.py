"""Dead links: addresses of ours in texts, slugs and ids that name other content, redirects that lead nowhere, attachments that are not there.

Addresses of other sites are judged by their form only; this program fetches nothing.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from ...content.files import find
from ...content.model import Document, path_of
from ...content.site import FOLDERS, Site
from ..findings import Check, Flaw
from .subject import Subject

CHECKS = (Check("link-dead", "站内死链接", "must", "B10 E11", 3), Check("link-reference", "引用的内容不在了", "should", "B10 E11", 5),
          Check("link-shared", "引用的机构、地点或材料已撤下", "must", "R4.2.2.1", 5), Check("link-form", "网址写法不对", "should", "B10 B11", 5),
          Check("link-redirect", "转到的地址打不开", "must", "B10 E11", 3), Check("attachment-missing", "附件没有文件", "must", "E5 B9", 5))
# First segments of addresses that are no place of the tree; tests compare them with the routes of the faces.
ROUTES = {"", "services", "departments", "places", "search", "sitemap", "subscribe", "rate", "mine", "ask", "apply", "region", "display", "feed", "api",
          "static", "robots.txt", "sitemap.xml", "opensearch.xml", "favicon.ico", "healthz", "readyz", "metrics", "desk", "files", "preview"}
VIEWS = {"feed", "print", "form", "history", "qr.svg", "list"}
_IN_TEXT = re.compile(r"(?<![\w/.:@%?=&#-])/(?:" + "|".join(FOLDERS) + r")(?:/[A-Za-z0-9._~%-]+)*")
_HREF = re.compile(r"""(?:href\s*=\s*["']|\]\()\s*(/[^"'\s)]*)""")


def resolves(site: Site, path: str, hops: int = 3) -> bool:
    """Whether a reader of this address of ours sees a page: a public place, a view of one, a former address, a route."""
    parts = [unquote(part) for part in urlsplit(path).path.split("/") if part]
    if not parts or (parts[0] not in FOLDERS and parts[0] in ROUTES):
        return True
    if parts[0] not in FOLDERS:
        return False
    place = site.at("/".join(parts))
    if place is None and parts[-1] in VIEWS:
        place = site.at("/".join(parts[:-1]))
    if place is None:
        uid = site.redirects.get("/" + "/".join(parts))
        place = site.document(uid) if uid else None
    if not isinstance(place, Document):
        return place is not None and (len(parts) == 1 or parts == ["shared", "laws"])
    withdrawal = place.withdrawal
    if withdrawal is not None and withdrawal.mode == "redirect":
        return hops > 0 and resolves(site, withdrawal.to, hops - 1)
    return place.live is not None and (withdrawal is None or withdrawal.mode == "banner")


def examine(subject: Subject) -> Iterator[Flaw]:
    yield from _in_texts(subject)
    yield from _references(subject)
    yield from _shared(subject)
    yield from _addresses(subject)
    yield from _attachments(subject)


def _in_texts(subject: Subject) -> Iterator[Flaw]:
    told = set()
    for _, field, text in subject.texts if not subject.verbatim else ():
        if "/" not in text:
            continue
        for path in (*_IN_TEXT.findall(text), *_HREF.findall(text)):
            path = path.rstrip(".")
            if path not in told and not resolves(subject.site, path):
                told.add(path)
                yield Flaw("link-dead", field, f"链接 {path[:80]} 打不开，请改为现在的地址或去掉", mark=path)


def _slugs(subject: Subject) -> Iterator[tuple[str, str]]:
    values, kind = subject.values, subject.document.kind
    if kind in ("Guide", "NewsArticle"):
        yield from (("相关事项", slug) for slug in values.get("related") or ())
    if kind == "Question":
        yield from (("相关事项", slug) for slug in values.get("items") or ())
    if kind == "LifeEvent":
        yield from ((f"步骤“{row.get('title') or ''}”", slug) for row in values.get("steps") or () for slug in row.get("items") or ())


def _references(subject: Subject) -> Iterator[Flaw]:
    for field, slug in _slugs(subject):
        if not subject.world.has_item(slug):
            yield Flaw("link-reference", field, f"事项“{slug}”找不到或已下线，读者看不到这一条，请改选或去掉", mark=slug)
    if subject.document.kind == "NewsArticle":
        for field, name in (("解读本文的文章", "interpretations"), ("解读的文件", "interpretation_of")):
            for uid in subject.values.get(name) or ():
                if not _is_public(subject.site.document(uid)):
                    yield Flaw("link-reference", field, "所指的文章找不到或已撤下，请改选或去掉", mark=uid)
        for path in subject.values.get("interprets") or ():
            if not _is_public(subject.site.at(path)):
                yield Flaw("link-reference", "解读的法规", f"法规 {path} 找不到或已撤下，请改选或去掉", mark=path)


def _is_public(document: Any) -> bool:
    return isinstance(document, Document) and document.live is not None and document.withdrawal is None


def _shared(subject: Subject) -> Iterator[Flaw]:
    for field, folder, slug in subject.kind.references(subject.values):
        if not _is_public(subject.site.shared(folder, slug)):
            yield Flaw("link-shared", field, f"共享记录“{slug}”不存在或已撤下，请改选", mark=slug)


def _addresses(subject: Subject) -> Iterator[Flaw]:
    for field, address in (("来源网址", subject.values.get("source_url")), ("网办地址", (subject.values.get("online") or {}).get("url"))):
        if address and not well_formed(address):
            yield Flaw("link-form", field, f"“{str(address)[:60]}”不是网址，请写成 https:// 开头的完整网址")


def well_formed(address: str) -> bool:
    """Whether it has the form of a web address of another site. Nothing is fetched."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not re.search(r"\s", address)


def _attachments(subject: Subject) -> Iterator[Flaw]:
    for row in subject.values.get("attachments") or () if subject.document.kind == "NewsArticle" else ():
        file, title = (row.get("file") or "").strip(), row.get("title") or "没有名称的附件"
        if not file or not _file_there(subject, file):
            yield Flaw("attachment-missing", "附件", f"附件“{title[:60]}”没有文件，请重新上传或去掉", mark=title)


def _file_there(subject: Subject, file: str) -> bool:
    if file.startswith(("http://", "https://")):
        return well_formed(file)
    if file.startswith("/"):
        return resolves(subject.site, file)
    return find(subject.site, file) is not None


def redirect_flaw(document: Document, site: Site) -> Flaw | None:
    """A withdrawn document that sends its readers to a page that is not there."""
    withdrawal = document.withdrawal
    if withdrawal is None or withdrawal.mode != "redirect" or (resolves(site, withdrawal.to) and withdrawal.to.rstrip("/") != path_of(document)):
        return None
    return Flaw("link-redirect", "转到", f"撤下后转到的 {withdrawal.to} 打不开，请另选一个地址")
