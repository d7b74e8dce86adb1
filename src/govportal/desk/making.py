"""Beginning something new: ``/desk/new``. What, where, what it is called; an item begins from the directory list and copies nothing of it.

Owns the page and the addresses it proposes (pinyin of the name). The first draft is made by ``publication.begin``, which says why not.
"""
from __future__ import annotations

import re
from collections import Counter
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from pyramid.response import Response

from ..content import publication
from ..content.effective import INHERITED
from ..content.kinds import all_kinds, kind_of
from ..content.model import Document, Folder, path_of
from ..content.scopes import writer_role
from ..editorial import listing
from ..editorial.filters import read_filter
from ..editorial.rows import title_of
from ..people.grants import StaffActor, under
from ..search.words import readings
from ..web.modes import posted
from ..web.pages import number, page_links
from ..workflow.actors import Scope
from ..workflow.reasons import Reason, Refused
from .documents import parent_of
from .editview import address
from .forms.picks import picks_of
from .shell import desk_page, see_other
from .simple import Field, with_errors

HINTS = {"NewsArticle": "通知、新闻、政策文件和解读", "Question": "大家问的和部门答的", "ImplementationItem": "从目录清单选一个事项，编本部门的实施清单和办事指南",
         "DirectoryItem": "全市统一的事项名称、类型和依据", "Page": "关于、帮助这类固定页面", "LifeEvent": "把几个事项连成“一件事”", "Place": "大厅、窗口，电话只在这里改一次",
         "Law": "法律法规的条文", "Material": "许多事项都要的材料", "Organisation": "部门和单位", "Channel": "资讯的栏目"}
BELOW = ("HandlingItem", "Guide", "ReviewRules")          # begun from their item's page
SLUG = 60
PLACES = 200


def kinds_for(actor: StaffActor) -> list[str]:
    """Kinds of which this person could write a new one somewhere."""
    return [name for name in all_kinds() if name not in BELOW and _could(actor, name)]


def _could(actor: StaffActor, kind: str) -> bool:
    made = kind_of(kind)
    home = made.home if made.home.startswith("/") else {"Channel": "/news", "DirectoryItem": "/items"}.get(made.home, "/")
    owned = any(node.name == "org" for node in made.schema.children)
    return any((owned or not grant.org) and (not grant.path or under(grant.path, home) or under(home, grant.path)) for grant in actor.grants(writer_role(kind)))


def heading_name(kind: str) -> str:
    """The field that names a document of this kind; '' for a guide, which its item names."""
    names = [node.name for node in kind_of(kind).schema.children]
    return next((name for name in ("name", "title") if name in names), "") if kind != "ImplementationItem" else ""


def slug_of(name: str) -> str:
    """An address in letters and digits from a name: pinyin syllables joined by hyphens."""
    parts = [part for reading in readings(name[:120]) for part in re.findall(r"[a-z0-9]+", reading.lower().replace("ü", "v"))]
    found = ""
    for part in parts:
        if len(found) + len(part) + 1 > SLUG:
            break
        found = f"{found}-{part}" if found else part[:SLUG]
    return found


def free_slug(parent: Folder | None, wanted: str) -> str:
    """The address, or with a number where the place is taken; ``wen-gao`` for a name without any sound."""
    wanted = wanted or "wen-gao"
    if parent is None or wanted not in parent:
        return wanted
    return next(f"{wanted}-{at}" for at in range(2, 10_000) if f"{wanted}-{at}" not in parent)


def places_of(request: Any, kind: str) -> list[tuple[str, str]]:
    """(uid or path, words) of the places where a document of this kind may lie, as far as this person's subtrees reach."""
    home, site = kind_of(kind).home, request.site
    grants = request.actor.grants(writer_role(kind))

    def reaches(path: str) -> bool:
        return any(not grant.path or under(grant.path, path) or under(path, grant.path) for grant in grants)
    if home == "Channel":
        rows = request.columns.plain.get("Channel", ())
        return [(row.uid, row.title) for row in rows if reaches(row.path)][:PLACES]
    if not home.startswith("/"):
        return []
    folder, topics = site.at(home), topics_of(request) if kind == "Question" else {}
    below = [(f"{home}/{child.__name__}", topics.get(f"{home}/{child.__name__}") or child.title or child.__name__) for child in islice(folder.values(), PLACES) if not isinstance(child, Document)] if folder is not None else []
    return [(path, words) for path, words in ([*below] or [(home, home)]) if reaches(path)]


def topics_of(request: Any) -> dict[str, str]:
    """{folder: topic that most of its public questions have}: the folders themselves have only addresses."""
    counts = Counter((row.path.rpartition("/")[0], row.topic) for row in request.columns.questions if row.topic)
    return {folder: topic for (folder, topic), _ in reversed(counts.most_common())}


def orgs_of(request: Any, kind: str) -> tuple[tuple[str, str], ...] | None:
    """Departments for which this person may begin one: () for a kind without a department, None when any."""
    if not any(node.name == "org" for node in kind_of(kind).schema.children) or kind in BELOW:
        return ()
    grants = request.actor.grants(writer_role(kind))
    if any(not grant.org for grant in grants):
        return None
    return tuple((org, request.columns.org_name(org)) for org in dict.fromkeys(grant.org for grant in grants))


def new_view(context: None, request: Any) -> Any:
    """What to begin; of which kind; from which directory item."""
    directory, kind = request.site.document(request.query("directory")), request.query("kind")
    if isinstance(directory, Document) and directory.kind == "DirectoryItem":
        return form_page(request, "ImplementationItem", directory)
    if kind == "ImplementationItem" and kind in kinds_for(request.actor):
        return directory_page(request)
    if kind == "DirectoryItem" and kind in kinds_for(request.actor):
        return see_other(request, "/desk/lists/request?kind=add")             # the directory list is changed by requests
    parent = parent_of(request, request.query("parent"))
    if kind == "ReviewRules" and isinstance(parent, Document):
        return see_other(request, f"/desk/lists/rules/{parent.uid}")
    if kind in kinds_for(request.actor) or (kind in BELOW and isinstance(parent, Document) and parent.kind == "ImplementationItem"):
        return form_page(request, kind, parent)
    return desk_page(request, "desk/new.pt", "新写一篇", nav="content", crumbs=(("/desk/content", "内容"),),
                     kinds=[(name, all_kinds()[name].title, HINTS.get(name, "")) for name in sorted(kinds_for(request.actor), key=lambda name: (list(HINTS) + [name]).index(name))])


def directory_page(request: Any) -> Any:
    """The directory list to choose from; it belongs to everybody. Rows taken over from elsewhere are found by their words."""
    words = request.query("q")
    wanted = read_filter([("kind", "DirectoryItem"), ("words", words) if words else ("register", "no")])
    found = listing.select(request.desk_columns, wanted, (Scope(),))
    page = listing.page(request.desk_columns, found.slots, "title", number(request.query("page"), default=1, low=1, high=100_000))
    return desk_page(request, "desk/new-directory.pt", "从目录清单选事项", nav="content", crumbs=(("/desk/content", "内容"), ("/desk/new", "新写一篇")), words=words, total=page.total,
                     rows=page.rows, pages=page_links(lambda target: "/desk/new?" + urlencode({"kind": "ImplementationItem", "q": words, "page": target}), page.number, page.pages))


def fields_of(request: Any, kind: str, parent: Any) -> list[Field]:
    """The few things that must be known before there is a draft, with what was posted."""
    made, posts = kind_of(kind), request.method == "POST"
    fields = []
    places = places_of(request, kind)
    if kind not in BELOW and kind != "ImplementationItem" and (len(places) > 1 or parent is None):
        chosen = posted(request, "parent") if posts else request.query("parent")
        fields.append(Field("parent", "栏目" if kind == "NewsArticle" else "放在哪里", chosen, kind="select", options=(("", "请选择"), *places) if len(places) > 1 else tuple(places)))
    named = heading_name(kind)
    if named:
        fields.append(Field("name", made.schema[named].title, posted(request, "name")[:500] if posts else ""))
    orgs = orgs_of(request, kind)
    if orgs is None or orgs:
        value = posted(request, "org")[:200] if posts else request.actor.org
        if orgs is None:
            value = picks_of(request).shown("orgs", value)[0]
        fields.append(Field("org", "部门", value, hint="写部门的名称" if orgs is None else "", kind="select" if orgs else "text", options=orgs or ()))
    if kind != "Guide":
        proposed = _proposed(request, kind, parent) if kind == "ImplementationItem" else ""
        fields.append(Field("slug", "网页地址里的标识", posted(request, "slug")[:80] if posts else proposed, hint="英文字母、数字和连字符。空着就用名称的拼音，公开以后不要再改", optional=True))
    return fields


def _proposed(request: Any, kind: str, parent: Any) -> str:
    """An item is called like its directory item, where that is free; else with its department."""
    if not isinstance(parent, Document):
        return ""
    return parent.__name__ if parent.__name__ not in parent else free_slug(parent, f"{parent.__name__}-{request.actor.org or '2'}"[:SLUG])


def form_page(request: Any, kind: str, parent: Any, *, refused: Refused | None = None) -> Any:
    general: list[tuple[str, str]] = []
    fields, names = fields_of(request, kind, parent), {"标识": "slug", "栏目": "parent", "位置": "parent", "部门": "org", "名称": "name"}
    errors: list[tuple[str, str]] = []
    for reason in refused.reasons if refused is not None else ():
        name = names.get(reason.field, "")
        (errors if any(field.name == name for field in fields) else general).append((name, reason.message if name else str(reason)))
    inherited = None
    if kind == "ImplementationItem":
        values = (publication.current(parent).values if publication.current(parent) is not None else {})  # type: ignore[union-attr]
        inherited = [(kind_of("DirectoryItem").schema[key].title, "\n".join(f"《{row['law']}》{row.get('article') or ''}" for row in values.get(key) or ()) if key == "legal_basis" else values.get(key) or "")
                     for key in INHERITED]
    title = f"新的{kind_of(kind).title}" if kind != "ImplementationItem" else f"编“{title_of(parent)}”的实施清单"
    return desk_page(request, "desk/new-form.pt", title, nav="content", crumbs=(("/desk/content", "内容"), ("/desk/new", "新写一篇")), status=422 if refused is not None else 200,
                     errors=[*[("", words) for _, words in general], *errors] or None, fields=with_errors(fields, errors), kind=kind, hint=HINTS.get(kind, ""), inherited=inherited, scripts=("desk-edit.js",),
                     above=title_of(parent) if isinstance(parent, Document) else "", parent=parent.uid if isinstance(parent, Document) else request.query("parent") or posted(request, "parent"),
                     live_directory=not isinstance(parent, Document) or parent.live is not None)


def new_post(context: None, request: Any) -> Any:
    """Make the document with its first draft; an item gets its guide with it."""
    kind = posted(request, "kind")
    parent = parent_of(request, posted(request, "parent"))
    if kind not in all_kinds() or (kind in (*BELOW, "ImplementationItem") and (not isinstance(parent, Document) or parent.kind != kind_of(kind).home)):
        return see_other(request, "/desk/new", "没有这种内容，请重新选", kind="warn")
    try:
        document = begin(request, kind, parent)
    except Refused as refused:
        return form_page(request, kind, parent, refused=refused)
    return see_other(request, f"{address(document)}/edit", "已建立，填好各部分就能送审" if kind != "ImplementationItem" else "已建立实施清单和办事指南，名称、类型和依据取自目录清单")


def begin(request: Any, kind: str, parent: Any) -> Document:
    """Refused with what is missing or not allowed; nothing is made then."""
    named, name, reasons = heading_name(kind), posted(request, "name").strip()[:500], []
    if parent is None:
        reasons.append(Reason("位置", "请选放在哪里"))
    if named and not name:
        reasons.append(Reason("名称", f"请写{kind_of(kind).schema[named].title}"))
    org, fault = ("", "") if kind in BELOW or orgs_of(request, kind) == () else picks_of(request).resolve("orgs", posted(request, "org"), strict=True, stored=set())
    if fault or (kind == "ImplementationItem" and not org):
        reasons.append(Reason("部门", fault or "请选部门"))
    if kind == "ImplementationItem" and parent is not None and (edition := publication.current(parent)) is not None and edition.head.get("state") == "取消":
        reasons.append(Reason("", "这个目录事项已经取消，不能再编实施清单"))
    if reasons:
        raise Refused(*reasons)
    slug = {"Guide": "guide", "ReviewRules": "rules"}.get(kind) or posted(request, "slug").strip() or (_proposed(request, kind, parent) if kind == "ImplementationItem" else free_slug(parent, slug_of(name)))
    document = publication.begin(parent, slug, kind, _first_values(request, kind, parent, named, name, org), request.actor)
    if kind == "ImplementationItem":
        publication.begin(document, "guide", "Guide", {}, request.actor)
    return document


def _first_values(request: Any, kind: str, parent: Any, named: str, name: str, org: str) -> dict[str, Any]:
    names = {node.name for node in kind_of(kind).schema.children}
    values: dict[str, Any] = {named: name} if named else {}
    if org and "org" in names:
        values["org"] = org
        record = request.site.shared_values("organisations", org) or {}
        if "region" in names and record.get("region"):
            values["region"] = record["region"]
    if kind == "NewsArticle":
        values["channel"] = parent.__name__
    if kind == "Question" and "topic" in names:
        values["topic"] = topics_of(request).get(path_of(parent)) or (parent.title if parent.title != parent.__name__ and path_of(parent) != "/questions" else "")
    return values


def slug_view(context: None, request: Any) -> Response:
    """A free address for a name, for the script: ``{slug}``."""
    parent = parent_of(request, request.query("parent")[:200])
    return Response(json_body={"slug": free_slug(parent, slug_of(request.query("name")))})


def includeme(config: Any) -> None:
    config.add_desk_page(new_view, name="new", path="/desk/new", permission="content.edit", params=("kind", "parent", "directory", "q", "page"), post=new_post)
    config.add_desk_page(slug_view, name="new-slug", path="/desk/new/slug", permission="content.edit", params=("name", "parent"))
