"""共享资料: places, laws, materials, organisations and notice texts, each kept once: the list, where one is used, what a change of it changes.

Owns ``/desk/shared…``. What is public of them is open to all who work at the desk, since their documents rest on it; drafts and unpublished
records only to those whose grants cover them. Reads only; a record is changed as any document.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import numpy as np
from pyramid.httpexceptions import HTTPNotFound

from ..content.kinds import kind_of
from ..content.model import Document
from ..editorial import cells, filters, listing, uses
from ..editorial.names import Names
from ..web.pages import number, page_links
from ..workflow.actors import Scope
from .content import scopes_of
from .permissions import PERMISSIONS, allowed
from .shell import desk_page
from .words import KINDS, row_words

PAGE = 50
# folder -> (kind, path, title, what of it others take over)
FOLDERS = {"places": ("Place", "/shared/places", "地点和窗口", "名称、地址、电话、办理时间、窗口和交通"),
           "laws": ("Law", "/shared/laws", "法律条款", "条文和有效性"),
           "materials": ("Material", "/shared/materials", "材料", "材料的说明、样例和空白表"),
           "organisations": ("Organisation", "/shared/organisations", "机构", "名称和简称"),
           "pages": ("Page", "/pages", "告知文字", "整段文字")}
INVALID = ("废止", "失效")
STATUS_TAGS = {"有效": "tag-on", "已修改": "tag-warn", "废止": "tag-bad", "失效": "tag-bad"}
ARTICLES = 200           # of a law that are named and shown


def document_at(request: Any, folder: str, slug: str) -> Document:
    """The shared record at an address. 404 for none, and for one that is not public and lies outside one's grants."""
    if folder not in FOLDERS:
        raise HTTPNotFound()
    found = request.site.at(f"{FOLDERS[folder][1]}/{slug}")
    if not isinstance(found, Document) or found.kind != FOLDERS[folder][0] or (found.live is None and not in_reach(request, found)):
        raise HTTPNotFound()
    return found


def in_reach(request: Any, document: Document) -> bool:
    return allowed(request.actor, "content.view", document)


def slots_of(request: Any, folder: str, words: str, status: str) -> np.ndarray:
    """The records of a folder: public ones, and what lies within one's grants."""
    columns, (kind, path, _, _) = request.desk_columns, FOLDERS[folder]
    found = listing.select(columns, filters.Filter(words=words, kind=(kind,), under=path), (Scope("/", "", ""),)).slots
    own = listing.visible(columns, scopes_of(request.actor))
    slots = found[(columns.arrays["live_since"][found] != 0) | own[found]]
    if folder == "laws" and status:
        wanted = {row.uid for row in request.columns.laws if (row.status in INVALID if status == "invalid" else row.status == status)}
        slots = np.array([slot for slot in slots.tolist() if columns.texts["uid"][slot] in wanted], dtype=np.int64)
    return slots


def used(request: Any, folder: str, slug: str) -> int:
    return 0 if folder == "pages" else uses.uses(request.editorial, request.site, folder, slug, limit=0)[1]


def shared_view(context: Any, request: Any) -> Any:
    """One folder of shared records with how often each is used."""
    folder = request.query("folder") or "places"
    if folder not in FOLDERS:
        raise HTTPNotFound()
    columns, words, status = request.desk_columns, request.query("q"), request.query("status")
    slots = slots_of(request, folder, words, status)
    last = max(1, -(-len(slots) // PAGE))
    current = number(request.query("page"), default=1, low=1, high=last)
    rows = [row_of(request, folder, row) for row in columns.rows(listing.ordered(columns, slots, "title", (current - 1) * PAGE, PAGE))]
    base = [(name, value) for name, value in (("folder", folder), ("q", words), ("status", status)) if value]
    return desk_page(
        request, "desk/shared.pt", "共享资料", nav="shared", folder=folder, folders=[(name, one[2]) for name, one in FOLDERS.items()], title_of_folder=FOLDERS[folder][2], rows=rows,
        total=len(slots), words=words, validity=status, resting=resting_on_invalid(request) if folder == "laws" else [], tags=STATUS_TAGS,
        may_new=request.actor.holds_any("editor"), kind=FOLDERS[folder][0], pages=page_links(lambda page: "/desk/shared?" + urlencode([*base, ("page", str(page))]), current, last))


def row_of(request: Any, folder: str, row: Any) -> dict[str, Any]:
    """A record of the list; what is only a draft elsewhere is not shown, the public name is."""
    slug = row.path.rpartition("/")[2]
    document = request.site.document(row.uid)
    live = document.live if document is not None else None
    open_to = document is not None and in_reach(request, document)
    shown = row_words(request, row)
    title = row.title if open_to or live is None else kind_of(row.kind).heading(live.head)
    return {**shown, "title": title, "slug": slug, "state": shown["state"] if open_to else "已公开", "stage": shown["stage"] if open_to else "", "used": used(request, folder, slug),
            "status": live.head.get("status", "") if live is not None and folder == "laws" else "", "facts": facts(folder, live), "ours": open_to}


def facts(folder: str, live: Any) -> str:
    """A line that tells records of one name apart."""
    if live is None:
        return ""
    names = {"places": ("address", "phone"), "laws": ("category", "version"), "materials": ("kind", "issuer"), "organisations": ("region_name", "short"), "pages": ("summary",)}[folder]
    values = live.values if folder in ("places", "materials") else live.head
    return "，".join(str(values[name]) for name in names if values.get(name) and values[name] != "未提供")


def resting_on_invalid(request: Any) -> list[tuple[Any, int]]:
    """(law, number of documents) of laws that are no longer in force and on which something rests."""
    found = []
    for row in request.columns.laws:
        if row.status in INVALID and (count := used(request, "laws", row.path.rpartition("/")[2])):
            found.append((row, count))
    return sorted(found, key=lambda pair: -pair[1])


def record_view(context: Any, request: Any) -> Any:
    """One record: what it says, where it is used, what a change of it changes."""
    folder, slug = request.matchdict["folder"], request.matchdict["slug"]
    document = document_at(request, folder, slug)
    reach = in_reach(request, document)
    edition = document.live or document.draft
    assert edition is not None
    values = edition.values
    article = request.query("article") if folder == "laws" else ""
    uids, total = ([], 0) if folder == "pages" else uses.uses(request.editorial, request.site, folder, slug, article=article, limit=100_000)
    slots, public, hidden = users(request, uids)
    last = max(1, -(-len(slots) // PAGE))
    current = number(request.query("page"), default=1, low=1, high=last)
    here = f"/desk/shared/{folder}/{slug}?" + (urlencode([("article", article)]) + "&" if article else "")
    return desk_page(
        request, "desk/shared-one.pt", kind_of(document.kind).heading(values) or slug, nav="shared", crumbs=(("/desk/shared?folder=" + folder, FOLDERS[folder][2]),), document=document,
        folder=folder, slug=slug, kind=KINDS[document.kind], about=FOLDERS[folder][3], values=shown_values(request, document.kind, values), total=total, hidden=hidden, article=article,
        public=public, rows=[user_row(request, row) for row in request.desk_columns.rows(slots[(current - 1) * PAGE:current * PAGE])], validity=values.get("status", "") if folder == "laws" else "", note=values.get("status_note", ""),
        invalid=folder == "laws" and values.get("status") in INVALID, articles=articles(request, values) if folder == "laws" else [], tags=STATUS_TAGS, draft=reach and document.draft is not None,
        may_edit=reach and request.actor.holds_any(*PERMISSIONS["content.edit"]), new=document.live is None, pages=page_links(lambda page: f"{here}page={page}", current, last))


def users(request: Any, uids: list[str]) -> tuple[np.ndarray, int, int]:
    """(documents in order, public ones first; how many of them are public; how many are drafts outside one's grants)."""
    columns = request.desk_columns
    own = listing.visible(columns, scopes_of(request.actor))
    slots = np.array([slot for uid in uids if (slot := columns.slot(uid)) is not None], dtype=np.int64)
    public = columns.arrays["live_since"][slots] != 0
    mine = ~public & own[slots]
    ordered = np.concatenate((listing.ordered(columns, slots[public], "title"), listing.ordered(columns, slots[mine], "title")))
    return ordered, int(public.sum()), len(slots) - len(ordered)


def user_row(request: Any, row: Any) -> dict[str, Any]:
    """One of them; of a document of others the public name, not the draft's."""
    document = request.site.document(row.uid)
    ours = document is not None and in_reach(request, document)
    live = document.live if document is not None else None
    return {"row": row, "title": row.title if ours or live is None else live.head.get("name") or live.head.get("title") or row.title, "kind": KINDS.get(row.kind, row.kind), "public": live is not None, "ours": ours,
            "org": request.columns.org_name(row.org, short=True) if row.org else ""}


def shown_values(request: Any, kind: str, values: dict[str, Any]) -> list[tuple[str, str]]:
    """(title, words) of the elements that say something; long ones are cut."""
    names, found = Names(), []
    for one in cells.elements(kind):
        if one.key == "articles":
            continue
        value = cells.show(one, names.show(request.site, one.key, cells.get(values, one)))
        if value is not None and value != "":
            text = str(value)
            found.append((one.title, text if len(text) <= 400 else text[:400] + "……"))
    return found


def articles(request: Any, values: dict[str, Any]) -> list[tuple[str, str, int]]:
    """(number, text, documents that name it) of the articles that are named, in the order of the law."""
    titles = [title for name in ("title", "short") if (title := uses.law_title(values.get(name) or ""))]
    found = []
    for row in values.get("articles", ()):
        count = len({uid for title in titles for uid in request.editorial.uses.of(f"{uses.LAWS}/{title}#{row['no']}")})
        if count:
            found.append((row["no"], row["text"], count))
    return found[:ARTICLES]


def includeme(config: Any) -> None:
    config.add_desk_entry("shared")
    config.add_desk_page(shared_view, name="shared", path="/desk/shared", permission="content.view", params=("folder", "q", "status", "page"))
    config.add_desk_page(record_view, name="shared-record", path="/desk/shared/{folder}/{slug}", permission="content.view", params=("article", "page"))
