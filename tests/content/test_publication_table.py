"""Every state × every role × every action against a table written here by hand, for an item (with legality review) and for news."""
from datetime import timedelta

import pytest
import transaction

from govportal.base import clock
from govportal.content import publication, publish
from govportal.content.publication_table import TABLE
from govportal.content.site import open_site
from govportal.workflow.reasons import Refused
from tests.content.desk import C2, NEWS, SIGNER, VALUES, Person, bring

ROLES = ("editor", "reviewer", "legality", "signer", "directory", "site", "security", "auditor", "nobody")
STAGES = ("none", "drafting", "returned", "review", "legality", "signoff", "signed")
PUBLIC = ("new", "scheduled", "live", "withdrawn", "ended")
# action -> draft stage or public state -> roles that may; everything not named here is refused.
ALLOWED = {
    "save": {"none": "editor", "drafting": "editor", "returned": "editor"},
    "discard": {"drafting": "editor", "returned": "editor"},
    "assign": dict.fromkeys(STAGES, "editor reviewer"),
    "submit": {"drafting": "editor", "returned": "editor"},
    "recall": dict.fromkeys(("review", "legality", "signoff", "signed"), "editor"),
    "approve": {"review": "reviewer"},
    "clear": {"legality": "legality"},
    "sign": {"signoff": "signer"},
    "return": {"review": "reviewer", "legality": "legality", "signoff": "signer", "signed": "signer"},
    "publish": {"signed": "editor signer"},
    "override": dict.fromkeys(STAGES[1:], "site"),
    "withdraw": {"live": "signer site"},
    "restore": {"withdrawn": "signer"},
    "unschedule": {"scheduled": "editor signer"},
    # refused here for everybody: nothing overtook the draft, no emergency waits, and what the clock does
    "rebase": {}, "confirm": {}, "start": {}, "expire": {}, "undo": {},
}
AFTER = {"submit": "review", "recall": "drafting", "clear": "signoff", "sign": "signed", "return": "returned", "save": "drafting", "publish": "", "override": "",
         "unschedule": "signed", "discard": ""}
EDITOR_HERSELF = Person("editor")


def may(action, stage, public, role):
    places = ALLOWED[action]
    if action == "unschedule" and stage != "none":
        return False                                        # another draft is in the way
    return role in places.get(stage, "").split() or role in places.get(public, "").split()


def place_for(site, kind, name):
    return (site.at("items/one") if kind == "ImplementationItem" else site.at("news/tongzhi")), name


def build(site, kind, stage, public, name):
    """A document of this kind whose draft is at ``stage`` and of which the public has ``public``, come there by the verbs."""
    parent, name = place_for(site, kind, name)
    document = publish.create(parent, name, kind, actor="import")
    values, now = VALUES[kind], clock.now()
    if public == "scheduled":
        publish.save_draft(document, publish.clean(kind, values), actor="import")
        publish.publish(document, actor="import", at=now + timedelta(days=3))
    elif public != "new":
        publish.put(document, values, actor="import", ends=now + timedelta(hours=1) if public == "ended" else None)
    if public == "withdrawn":
        publish.withdraw(document, reason="核对", mode="gone", actor="import")
    if public == "ended":
        publish.take_effect(site, now=now + timedelta(hours=2))
    if stage != "none":
        publication.save(document, values, EDITOR_HERSELF, base=None)
        bring(document, stage, writer=EDITOR_HERSELF)
    return document


CELLS = [(kind, stage, public) for kind in ("ImplementationItem", "NewsArticle") for stage in STAGES for public in PUBLIC
         if (stage, public) != ("none", "new") and (kind, stage) != ("NewsArticle", "legality")]


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """Every cell as a document of one site: cell -> uid."""
    from tests.conftest import Small
    made = Small(tmp_path_factory.mktemp("table"))
    with made.db.transaction() as connection:
        site = open_site(connection)
        uids = {cell: build(site, *cell, f"c{number}").uid for number, cell in enumerate(CELLS)}
    manager = transaction.TransactionManager()
    connection = made.db.open(manager)
    yield connection, uids
    manager.abort()
    connection.close()
    made.db.close()


def run(document, action, actor):
    if action == "save":
        publication.save(document, {**VALUES[document.kind], **({"title": "另一个"} if document.kind == "NewsArticle" else {"hot": 9})}, actor, base=None)
    else:
        publication.act(document, action, actor, note="原因", remarks=[("materials", "请补样表")], mode="gone", to="staff-9" if action == "assign" else "", **C2)


@pytest.mark.parametrize("cell", CELLS, ids="-".join)
def test_every_role_and_action(cells, cell):
    connection, uids = cells
    kind, stage, public = cell
    for role in ROLES:
        actor = Person(role)
        for action in TABLE.actions:
            connection.transaction_manager.abort()
            document = open_site(connection).document(uids[cell])
            assert (publication.stage_of(document) or "none", document.live is not None) == (stage, public in ("live", "withdrawn"))
            offers = {offer.action: offer for offer in publication.available(document, actor)}
            offered = action in offers and not offers[action].reasons
            try:
                run(document, action, actor)
                done = True
            except Refused as refused:
                done = False
                assert not connection._registered_objects, f"{role} {action}: refused, yet changed something"
                assert all(reason.message for reason in refused.reasons)
            assert done == may(action, stage, public, role), f"{role} {action}"
            assert offered == done, f"{role} {action}: offered {offered}, done {done}"
            if done and action in AFTER:
                assert publication.stage_of(document) == AFTER[action], f"{role} {action}"
    connection.transaction_manager.abort()


def test_the_hand_written_table_names_every_action_and_state():
    assert set(ALLOWED) == set(TABLE.actions) and set(STAGES) | set(PUBLIC) == set(TABLE.states)


def test_legality_follows_review_for_items_alone(cells):
    connection, uids = cells
    for kind, wanted in (("ImplementationItem", "legality"), ("NewsArticle", "signoff")):
        document = open_site(connection).document(uids[kind, "review", "live"])
        publication.act(document, "approve", Person("reviewer"))
        assert publication.stage_of(document) == wanted
    connection.transaction_manager.abort()


@pytest.mark.parametrize(("kind", "writer"), [("DirectoryItem", "directory"), ("Channel", "editor"), ("Page", "editor"), ("Law", "editor"),
                                              ("Organisation", "editor"), ("Place", "editor"), ("Material", "editor"), ("LifeEvent", "editor"), ("Guide", "editor"), ("HandlingItem", "editor")])
def test_who_begins_each_kind_and_whether_legality_looks(small, kind, writer):
    homes = {"DirectoryItem": "items", "Channel": "news", "Page": "pages", "Law": "shared/laws", "Organisation": "shared/organisations", "Place": "shared/places",
             "Material": "shared/materials", "LifeEvent": "lifeevents", "Guide": "items/one/two", "HandlingItem": "items/one/one"}
    values = {"Law": {"title": "甲法"}, "Page": {"title": "关于"}, "DirectoryItem": VALUES["DirectoryItem"], "Guide": {"summary": "说明"}}.get(kind, {"name": "甲"})

    def story(site):
        if kind == "Guide":
            publish.put(publish.create(site.at("items/one"), "two", "ImplementationItem", actor="import"), VALUES["ImplementationItem"], actor="import")
        name = "guide" if kind == "Guide" else "fresh"
        for other in {"editor", "directory", "reviewer", "site"} - {writer}:
            with pytest.raises(Refused, match="权限"):
                publication.begin(site.at(homes[kind]), name, kind, values, Person(other))
        document = publication.begin(site.at(homes[kind]), name, kind, values, Person(writer))
        assert publication.stage_of(document) == "drafting" and publication.state_of(document) == "new" and publication.waits_for(document) == (writer,)
        publication.act(document, "submit", Person(writer), **C2)
        publication.act(document, "approve", Person("reviewer"))
        assert publication.stage_of(document) == ("legality" if kind in ("DirectoryItem", "HandlingItem") else "signoff")
        if publication.stage_of(document) == "legality":
            publication.act(document, "clear", Person("legality"))
        publication.act(document, "sign", SIGNER)
        publication.act(document, "publish", SIGNER)
        assert publication.state_of(document) == "live" and [step.action for step in document.live.steps][-2:] == ["sign", "publish"]
    small.change(story)


@pytest.mark.parametrize(("place", "name", "kind", "word"), [
    ("items", "x", "NewsArticle", "不能放在"), ("news/tongzhi", "x", "Page", "不能放在"), ("items/one", "x", "Guide", "不能放在"),
    ("items/one/one", "other", "Guide", "标识是 guide"), ("items/one/one", "guide", "HandlingItem", "标识是 guide"), ("news/tongzhi", "../x", "NewsArticle", "不能作地址"),
    ("shared/laws", "x", "Place", "不能放在")])
def test_a_document_begins_only_where_it_belongs(small, place, name, kind, word):
    values = {"NewsArticle": NEWS, "Page": {"title": "x"}, "Guide": {}, "HandlingItem": {"name": "x"}, "Place": {"name": "x"}}[kind]
    with pytest.raises(Refused, match=word):
        small.change(lambda site: publication.begin(site.at(place), name, kind, values, Person("editor")))
