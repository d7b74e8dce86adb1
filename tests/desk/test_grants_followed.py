"""What another department's staff, a former editor, a signer alone and an undo may not do."""
import re
from io import BytesIO

import pytest

from govportal.content import files, history, publication, publish
from govportal.editorial import bulk, verbs
from govportal.outside.scanner import Verdict
from govportal.people import accounts
from govportal.people.grants import actor_of
from govportal.workflow.actors import SystemActor
from govportal.workflow.reasons import Refused
from tests.conftest import ITEM


def actor(desk, user):
    return desk.people(lambda people, audit: actor_of(people, people.staff_by_name(user)))


def second_editor(desk):
    def make(people, audit):
        accounts.create(people, username="edit.c", name="丙", org="gongan", actor="system:t", audit=audit, password="Walk-Home-2026", must_change=False)
        accounts.grant(people, people.staff_by_name("edit.c"), role="editor", org="gongan", actor="system:t", audit=audit)
    desk.people(make)
    return actor(desk, "edit.c")


def kept(site, name, body, by="t"):
    return files.add(site, BytesIO(body), name, verdict=Verdict("clean"), actor=by)


def test_files_of_another_departments_draft_are_closed(desk):
    def make(site):
        record = kept(site, "机密草稿.txt", b"secret draft\n")
        document = publish.create(site["questions"], "q", "Question", actor="t")
        publish.save_draft(document, publish.clean_draft("Question", {"topic": "户籍", "title": "未公开", "org": "gongan"}), actor="t")
        record.users.add(document.uid)
        return record.uid

    uid = desk.change(make)
    other = desk.person("edit.b")
    other.get(f"/desk/files/{uid}", status=404)
    assert "机密草稿" not in other.get("/desk/files") and "机密草稿" not in other.get(f"/desk/files?id={uid}")
    for user in ("edit.a", "rev.a", "site.a", "aud.a"):
        assert desk.person(user).get(f"/desk/files/{uid}").body == b"secret draft\n" and "机密草稿" in desk.person(user).get("/desk/files")
    desk.change(lambda site: kept(site, "我也有.txt", b"secret draft\n", desk.uid("edit.b")) and None)
    other.get(f"/desk/files/{uid}")


def test_the_list_of_a_public_file_names_no_hidden_draft(desk):
    def make(site):
        record = kept(site, "公开.txt", b"public\n")
        live = publish.create(site["news"]["tongzhi"], "n1", "NewsArticle", actor="t")
        values = {"channel": "tongzhi", "title": "公告", "summary": "公告", "published_at": "2026-03-09 09:00", "body": [{"p": "文"}], "attachments": [{"title": "附", "file": record.ref}]}
        publish.put(live, values, actor="t")
        hidden = publish.create(site["questions"], "q", "Question", actor="t")
        publish.save_draft(hidden, publish.clean_draft("Question", {"topic": "户籍", "title": "未公开", "answer": record.ref, "org": "gongan"}), actor="t")
        record.users.add(hidden.uid)
        return record.uid

    uid = desk.change(make)
    desk.person("edit.b").get(f"/desk/files/{uid}")
    page = desk.person("edit.b").get("/desk/files")
    assert "/news/tongzhi/n1" in page and "/questions/q" not in page
    assert "/questions/q" in desk.person("edit.a").get("/desk/files")


def test_a_file_of_an_internal_kind_is_not_public(desk):
    def make(site):
        record = kept(site, "内部.txt", b"internal\n")
        rules = publish.create(site.at("/items/one/one"), "rules", "ReviewRules", actor="t")
        persons = {"persons": ["张内部"], "days": 1}
        posts = [{"name": f"{role}岗", "role": role, **persons} for role in ("审查人", "决定人", "受理人")]
        publish.put(rules, {"note": record.ref, "review_methods": ["书面审查"], "fee_rules": "本事项不收费", "consult_hours": "9", "consult_reply": "1", "posts": posts,
                            "people": [{"name": "张内部", "roles": ["审查人", "决定人", "受理人"], "until": "2030-01-01"}], "review_points": "要点"}, actor="t")
        record.users.add(rules.uid)
        return record.uid, record.uid in files.references(rules.live.values), files.is_public(site, record)

    uid, refers, public = desk.change(make)
    assert refers and not public
    desk.stranger().app.get(f"/files/{uid}/x", status=404)


def test_a_preview_link_ends_with_the_grant_of_its_maker(desk):
    editor, uid = desk.person("edit.a"), desk.at("/items/one/one")
    editor.post(f"/desk/doc/{uid}/preview", {"do": "make", "days": "30"})
    address = re.search(r'value="(http[^"]*/preview/[^"]*)"', editor.get(f"/desk/doc/{uid}/preview").text)[1].replace("http://localhost", "")
    desk.people(lambda people, audit: people.networks.update({"editor": ("10.9.0.0/16",)}))
    desk.stranger().app.get(address, status=200)
    desk.people(lambda people, audit: accounts.revoke(people, people.staff_by_name("edit.a"), role="editor", org="gongan", actor="system:t", audit=audit))
    assert "不再编写" in desk.stranger().app.get(address, status=410).text


def test_a_public_item_stays_under_its_entry_of_the_catalogue(desk):
    signer = actor(desk, "sign.a")

    def attempt(site):
        other = publish.create(site["items"], "two", "DirectoryItem", actor="t")
        publish.put(other, {"name": "枪支许可", "type": "行政许可", "legal_basis": [{"law": "枪支法", "article": "一"}]}, actor="t")
        item = site.at("/items/one/one")
        with pytest.raises(Refused, match="由目录管理提出申请"):
            verbs.move(item, other, "one", signer)
        verbs.move(item, other, "one", SystemActor("system:t"))

    desk.change(attempt)
    assert desk.at("/items/two/one")


def test_deleting_in_bulk_and_undoing_keeps_the_writers(desk):
    first, second, uid = actor(desk, "edit.a"), second_editor(desk), desk.at("/items/one/one")

    def attempt(site):
        document = site.document(uid)
        publication.save(document, {**ITEM, "conditions": ["甲写的"]}, first, base=None)
        row = bulk.ACTIONS["delete"].run(document, second, {})
        bulk.ACTIONS["delete"].reverse(site, {"uid": uid, **row}, second)
        return document.draft.writers

    assert set(desk.change(attempt)) == {first.id, second.id}


def test_restoring_a_kept_draft_keeps_its_writers(desk):
    first, second, uid = actor(desk, "edit.a"), second_editor(desk), desk.at("/items/one/one")

    def attempt(site):
        document = site.document(uid)
        draft = publication.save(document, {**ITEM, "conditions": ["甲写的"]}, first, base=None)
        publication.discard(document, first, draft.uid)
        restored = history.restore_as_draft(document, draft.uid, second).writers
        publication.discard(document, second, document.draft.uid)
        return restored, history.restore_as_draft(document, document.live.uid, second).writers

    kept_draft, published = desk.change(attempt)
    assert set(kept_draft) == {first.id, second.id} and published == (second.id,)
