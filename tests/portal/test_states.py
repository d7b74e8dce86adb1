"""Every public view over real documents in every state: no fault of ours, nothing unpublished in sight, nothing written."""
import os
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from pyramid.interfaces import IRoutesMapper

from govportal.base import clock
from govportal.content import publish
from govportal.content.model import Document, path_of
from govportal.content.site import open_site
from govportal.content.transfer import documents_of
from govportal.worker import catch_up
from tests.conftest import ITEM, Small

SECRET = "绝密未发布文字"       # stands in drafts, scheduled editions and what was taken down so that nobody may read it
OPEN = "公开的文字"
STATES = ("live", "drafted", "planned", "draft", "scheduled", "banner", "gone", "redirect", "moved", "expired", "restored")
THOROUGH = re.compile(r"/items/one/one(/late|/row-live)?(/print|/qr\.svg|/history|/form)?")   # asked with all conditions, the others with a quarter each
HIDDEN = {"draft": 404, "scheduled": 404, "gone": 410, "redirect": 301, "expired": 410}

# kind -> (folder of the small site, values that carry a text); {} is the state, so that every heading is unique
KINDS = {
    "DirectoryItem": ("items", lambda text: {"name": text, "type": "行政确认", "legal_basis": [{"law": "户口登记条例", "article": "第七条"}]}),
    "ImplementationItem": ("", lambda text: {**ITEM, "conditions": [text]}),
    "HandlingItem": ("items/one/one", lambda text: {"name": text, "hint": text, "use_materials": ["id"]}),
    "Row": ("items/one/one", lambda text: {**ITEM, "name": text, "listed": True, "register": {"source": "外地 2021", "note": "仅供演示"}}),
    "Guide": ("", lambda text: {"summary": text, "faq": [{"q": text, "a": text}]}),
    "Channel": ("news", lambda text: {"name": text, "description": text}),
    "NewsArticle": ("news/tongzhi", lambda text: {"channel": "tongzhi", "title": text, "published_at": "2026-11-24 09:00", "body": [{"p": text}], "summary": text}),
    "Question": ("questions/hukou", lambda text: {"topic": "户籍", "title": text, "question": [{"p": text}], "answer": [{"p": text}]}),
    "Page": ("pages", lambda text: {"title": text, "body": [{"p": text}]}),
    "LifeEvent": ("lifeevents", lambda text: {"name": text[:60], "summary": text, "steps": [{"title": text, "items": ["one"]}]}),
    "Organisation": ("shared/organisations", lambda text: {"name": text, "duties": text}),
    "Place": ("shared/places", lambda text: {"name": text, "address": text}),
    "Law": ("shared/laws", lambda text: {"title": text, "articles": [{"no": "第一条", "text": text}]}),
}


def put(parent, name, kind, values):
    document = publish.create(parent, name, kind, actor="a")
    publish.put(document, values, actor="a")
    return document


def draft(document, values):
    publish.save_draft(document, publish.clean(document.kind, values), actor="a")


def bring(site, document, state, values, now):
    """Bring a new, empty document into a state; ``values(text)`` are its values with this text in them."""
    def shown(text):
        publish.put(document, values(text), actor="a")
    if state == "draft":
        draft(document, values(SECRET + state))
    elif state == "scheduled":
        draft(document, values(SECRET + state))
        publish.publish(document, actor="a", at=now + timedelta(days=30))
    elif state == "expired":
        draft(document, values(SECRET + state))
        with clock.override(lambda: now - timedelta(hours=3)):
            publish.publish(document, actor="a", ends=now - timedelta(hours=2))
        publish.take_effect(site, now=now - timedelta(hours=1))
    else:
        shown((SECRET if state in ("gone", "redirect") else OPEN) + state)
    if state == "drafted":
        draft(document, values(SECRET + state))
    elif state == "planned":
        draft(document, values(SECRET + state))
        publish.publish(document, actor="a", at=now + timedelta(days=30))
    elif state in ("banner", "gone", "redirect"):
        publish.withdraw(document, reason="停止提供", mode=state, to="news/tongzhi", actor="a")
    elif state == "restored":
        publish.withdraw(document, reason="停止提供", mode="gone", actor="a")
        publish.restore(document, actor="a")
    elif state == "moved":
        publish.move(document, document.__parent__, document.__name__ + "-new", actor="a")


def build(site, now):
    """One document of each kind in each state; {(kind, state): path before any move}."""
    from govportal.content.model import Folder
    site["questions"].attach("hukou", Folder())
    put(site["pages"], "rate", "Page", {"title": "我要评", "body": [{"p": "评价请打 12345"}]})
    put(site["pages"], "mine", "Page", {"title": "我的", "body": [{"p": "办件请问 12345"}]})
    publish.put(site.at("items/one/one"), {**ITEM, "conditions": ["又一版。"]}, actor="a")
    where = {}
    for kind, (folder, values) in KINDS.items():
        for state in STATES:
            if state == "moved" and (folder.startswith("shared") or kind == "Guide"):
                continue
            name = f"{kind.lower()}-{state}"
            parent = site.at(folder) if folder else place_for(site, kind, name)
            document = publish.create(parent, "guide" if kind == "Guide" else name, "HandlingItem" if kind == "Row" else kind, actor="a")
            where[kind, state] = path_of(document)
            bring(site, document, state, values, now)
            if kind == "DirectoryItem":
                below(document, hidden=state in HIDDEN)
    return where


def place_for(site, kind, name):
    """A live directory item, for a guide with its live item, of its own."""
    directory = put(site["items"], f"of-{name}", "DirectoryItem", {"name": f"事项 {name}", "type": "行政确认", "legal_basis": [{"law": "甲"}]})
    return directory if kind == "ImplementationItem" else put(directory, "item", "ImplementationItem", ITEM)


def below(directory, *, hidden):
    """Live documents below a directory item; those below one that cannot be read cannot be read either."""
    register = {"register": {"source": "外地", "note": "演示"}} if directory.live is None else {}     # a row is not held to completeness
    item = put(directory, "item", "ImplementationItem", {**ITEM, **register, "conditions": [(SECRET if hidden else OPEN) + "在下面"]})
    put(item, "case", "HandlingItem", {"name": "下面的情形", "use_materials": ["form"]})
    put(item, "row", "HandlingItem", {**ITEM, "name": "下面的行", "listed": True, "register": {"source": "外地", "note": "演示"}})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(small site with documents in every state, app without a cache, where they are, the moment at which they were made)."""
    made, now = Small(tmp_path_factory.mktemp("states")), clock.now()
    with made.db.transaction() as connection:
        where = build(open_site(connection), now)
    catch_up(made.db)
    yield made, made.app(page_cache_mb=0), where, now
    made.db.close()


def queries(now):
    """Conditions that views read, well formed and not."""
    past, soon, far = clock.exact(clock.now()), clock.stamp(now + timedelta(days=31)), clock.stamp(now + timedelta(days=4000))
    times = [f"at={quote(text)}" for text in (past, past[:16], clock.stamp(now - timedelta(days=3650)), soon, soon[:10], far, "9999-12-31", "0001-01-01")]
    cases = [f"case={name}" for name in ("late", "case", "row", "handlingitem-draft", "handlingitem-scheduled", "handlingitem-gone", "row-draft", "guide", "none", "%E6%83%85" * 100)]
    forms = ["m=form", "m=form&kind=sample", "m=none", "m=form&case=late"]
    lists = ["page=2", "w=" + quote("绝密"), "q=" + quote("绝密"), "topic=" + quote("户籍"), "for=legal&sort=name", "w=%ff", "region=990102&visits=0"]
    return ["", *times, *cases, *forms, *[f"{time}&{case}" for time in times for case in cases[:2]], *[f"m=form&{time}" for time in times], *lists]


def addresses(app, site):
    """{key of a declared view: paths at which it answers}."""
    found = {key: [] for key in app.app.registry.public_views}
    routes = {route.name: re.sub(r"\{\w+(:(?:\\d\{[\d,]+\}|[^}])*)?\}", "1", route.pattern) for route in app.app.registry.getUtility(IRoutesMapper).get_routes()}
    documents = list(documents_of(site))
    for key in found:
        route, place, name, _ = key
        if route:
            found[key] = [routes[route]]
        elif place.startswith("/") or not place:
            found[key] = [(place or "") + "/" + name]
        else:
            found[key] = [path_of(document) + ("/" + name if name else "") for document in documents if document.kind == place]
    return found


def test_every_view_over_documents_in_every_state(world):
    made, app, where, now = world
    with made.db.transaction() as connection:
        found = addresses(app, open_site(connection))
    before, size, answered = made.db.lastTransaction(), os.path.getsize(made.var / "data.fs"), set()
    asked = 0
    for key, paths in found.items():
        assert paths, f"no document for the view {key}"
        every = queries(now)
        conditions = every if key[1] in ("", "ImplementationItem", "HandlingItem", "DirectoryItem") else every[:3] + every[-6:]
        for number, path in enumerate(paths):
            for query in conditions if len(paths) < 12 or THOROUGH.fullmatch(path) else conditions[number % 4::4]:
                answer = app.get(path + ("?" + query if query else ""), expect_errors=True)
                asked += 1
                assert answer.status_int < 500 or (answer.status_int == 503 and path == "/api/v1/search"), (key, path, query)
                assert SECRET not in answer.text and SECRET not in answer.headers.get("Location", ""), (key, path, query)
                if answer.status_int in (200, 301, 302, 303):
                    answered.add(key)
    assert asked > 2000
    assert {key for key in found if key not in answered and key[0] != "api-search"} == set()
    assert made.db.lastTransaction() == before and os.path.getsize(made.var / "data.fs") == size


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "Guide"])
def test_each_state_has_its_answer(world, kind):
    _, app, where, _ = world
    for state in STATES:
        path = where.get((kind, state))
        if path is None:
            continue
        wanted = HIDDEN.get(state, 301 if state == "moved" or kind == "HandlingItem" else 302 if kind == "DirectoryItem" else 200)
        answer = app.get(path, status=wanted)
        if state == "gone" or state == "expired":
            assert "停止提供" in answer.text or "到期下线" in answer.text
        if wanted == 200 and kind != "ImplementationItem":
            assert OPEN + state in answer.text, path
        if state == "banner" and kind in ("ImplementationItem", "Row", "NewsArticle"):
            assert "停止提供" in answer.text, path


def test_a_guide_is_shown_in_its_state_only(world):
    _, app, where, _ = world
    for state in STATES:
        path = where.get(("Guide", state))
        if path is None:
            continue
        text = app.get(path.rpartition("/")[0]).text
        assert (OPEN + state in text) == (state not in HIDDEN), state


def test_what_cannot_be_read_is_in_no_list(world):
    _, app, where, _ = world
    hidden = [path for (kind, state), path in where.items() if state in HIDDEN or state == "banner"]
    for path in ("/", "/services", "/services?page=2", "/services?page=3", "/services/topics", "/departments", "/places", "/news/", "/news/tongzhi", "/questions/", "/lifeevents/", "/shared/laws", "/sitemap",
                 "/sitemap.xml", "/subscribe", "/news/tongzhi/feed", "/questions/feed"):
        links = set(re.findall(r'(?:href="|<loc>)(?:http://localhost)?(/[^"#<]*)', app.get(path).text))
        assert not links & set(hidden), (path, links & set(hidden))


def test_every_view_is_declared(world):
    """A view that is not declared as a page must be one of the machine views named here; only search is not the same for everybody.
    (Views of the desk have a table of their own, tests/desk/access.csv.)"""
    _, app, _, _ = world
    views = app.app.registry.public_views
    assert len(views) >= 35 and all(public or route.startswith(("search", "api-")) for (route, *_), public in views.items())
    introspector = app.app.registry.introspector
    named = {item["introspectable"]["callable"].__name__ for item in introspector.get_category("views") if item["introspectable"]["callable"]
             and not item["introspectable"]["callable"].__module__.startswith("govportal.desk.")}
    assert named - {key[3] for key in views} <= {
        "static_view", "mode_view", "region_view", "healthz", "readyz", "metrics_view", "bad_request", "not_found", "gone", "other", "failed", "clicked", "file_view", "<lambda>", "default_exceptionresponse_view"}


def test_every_kind_with_a_page_is_walked(world):
    _, app, _, _ = world
    kinds = {key[1] for key in app.app.registry.public_views if key[1] and not key[1].startswith("/")}
    assert kinds == (set(KINDS) - {"Row"})
    with world[0].db.transaction() as connection:
        assert {document.kind for document in documents_of(open_site(connection)) if isinstance(document, Document)} >= kinds
