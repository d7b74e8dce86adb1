"""Find and replace with preview, drafts only, undo; and where shared records are used."""
import pytest

from govportal.content import publish
from govportal.editorial import bulk, jobs, replace, uses
from govportal.editorial.replace import ReplaceRefused
from tests.editorial.conftest import Person, questions


def find(desk, uids, word, **options):
    return desk.do(lambda site, _: replace.preview(site, uids, word, **options))


def run(desk, word, by, hits):
    return desk.run(lambda editorial: replace.begin(editorial, "p1", word, by, hits))


def test_hits_with_surroundings_chosen_ones_replaced_in_drafts_only(desk):
    uids = desk.do(lambda site, _: questions(site, 2, answer="请到大厅办理，\n大厅在二楼，大厅很大。", title="大厅在哪"))
    seen = find(desk, uids, "大厅")
    assert [(hit.field, hit.before, hit.after) for hit in seen.hits if hit.uid == uids[0]] == [
        ("标题", "", "在哪"), ("答复／第 1 段", "请到", "办理，"), ("答复／第 2 段", "", "在二楼，大厅很大。"), ("答复／第 2 段", "大厅在二楼，", "很大。")]
    job = run(desk, "大厅", "中心", [hit for hit in seen.hits if hit.uid == uids[0] and hit.before != "大厅在二楼，"])
    draft, live, other = desk.do(lambda site, _: (site.document(uids[0]).draft.values, site.document(uids[0]).live.values, site.document(uids[1]).draft))
    assert draft["title"] == "中心在哪" and draft["answer"] == (("p", "请到中心办理，"), ("p", "中心在二楼，大厅很大。"))
    assert live["title"] == "大厅在哪" and other is None, "what is public is not touched"
    desk.run(lambda editorial: jobs.undo(editorial, job, "p1"))
    assert desk.do(lambda site, _: site.document(uids[0]).draft) is None


def test_the_walk_knows_the_schema(desk):
    """Words for people in rows and groups are found; codes, addresses and words of code tables are not."""
    uid = desk.do(lambda site, _: site["items"]["one"]["one"].uid)

    def fields(word, **options):
        return [hit.field for hit in find(desk, [uid], word, **options).hits]
    assert fields("居民身份证") == ["申请材料／1／材料名称"]
    assert fields("户口登记条例") == ["申请材料／1／要求提供的依据／法律名称", "申请材料／2／要求提供的依据／法律名称"]
    assert fields("全市") == ["通办范围／范围"] and fields("000-1") == ["咨询电话"] and fields("000-1", fields=("materials",)) == []
    assert fields("gongan") == [] and fields("政府部门核发") == [] and fields("990100") == [] and fields("窗口办理") == []
    assert fields("姓名") == ["办理结果／结果样本／内容"] == fields("张××"), "filled samples are plain data that only their kind knows"


def test_case_is_exact_and_a_change_since_the_preview_is_reported(desk):
    uids = desk.do(lambda site, _: questions(site, 2, title="App 和 APP"))
    seen = find(desk, uids, "APP")
    assert len(seen.hits) == 2
    desk.small.change(lambda site: publish.put(site.document(uids[1]), {**site.document(uids[1]).live.values, "title": "APP"}, actor="t"))
    job = run(desk, "APP", "应用", seen.hits)
    assert desk.outcome(job) == ("done", {"ok": 1, "failed": 1}, ["预览以后有人改过，没有替换，请重新查找"])
    assert desk.do(lambda site, _: site.document(uids[0]).draft.values["title"]) == "App 和 应用"


def test_other_departments_hostile_text_and_forged_hits(desk):
    uids = desk.do(lambda site, _: questions(site, 1, title="旧名"))
    seen = find(desk, uids, "旧名")
    forged = run(desk, "旧名", "新名", [(uids[0], seen.hits[0].base, "title@99"), ("nobody", "x", "title@0")])
    assert desk.outcome(forged)[1] == {"failed": 2}
    desk.people["p1"] = Person(org="other")
    assert "您在这里没有" in desk.outcome(run(desk, "旧名", "新名", seen.hits))[2][0]
    desk.people["p1"] = Person(org="")
    job = run(desk, "旧名", "<script>alert(1)</script>", seen.hits)
    assert desk.outcome(job)[1] == {"ok": 1}
    assert desk.do(lambda site, _: site.document(uids[0]).draft.values["title"]) == "<script>alert(1)</script>", "text stays text; pages escape it"
    long = find(desk, uids, "<script>")
    job = run(desk, "<script>", "长" * 200, long.hits)
    assert desk.outcome(job)[1] == {"failed": 1}, "what the schema refuses is reported"


def test_a_preview_is_bounded_and_goes_on(desk):
    uids = desk.do(lambda site, _: questions(site, 30))
    first = find(desk, uids, "问题", limit=10)
    assert (len(first.hits), first.next) == (10, 10)
    rest = find(desk, uids, "问题", start=first.next)
    assert (len(rest.hits), rest.next) == (20, -1)


@pytest.mark.parametrize(("word", "by", "fields"), [(" ", "x", ()), ("a", "a", ()), ("a" * 201, "b", ()), ("a", "b", ("nonsense",))])
def test_words_that_cannot_be_used(word, by, fields):
    with pytest.raises(ReplaceRefused):
        replace.check(word, by, fields)


def used(desk, folder, slug, **options):
    return desk.do(lambda site, editorial: uses.uses(editorial, site, folder, slug, **options))


def test_uses_of_shared_records_follow_changes(desk):
    item, late, directory, place = desk.do(lambda site, editorial: (uses.build(editorial, site), [
        site.at(path).uid for path in ("items/one/one", "items/one/one/late", "items/one", "shared/places/hall")])[1])
    assert used(desk, "places", "hall") == ([item], 1)
    assert set(used(desk, "organisations", "gongan")[0]) == {item, place}
    desk.small.change(lambda site: publish.put(publish.create(site["shared"]["laws"], "hukou", "Law", actor="t"),
                                               {"title": "户口登记条例", "articles": [{"no": "第七条", "text": "……"}]}, actor="t"))
    assert set(used(desk, "laws", "hukou")[0]) == {item, directory} and used(desk, "laws", "hukou", article="第七条") == ([directory], 1)
    assert used(desk, "laws", "unknown") == ([], 0) and used(desk, "laws", "hukou", limit=1)[1] == 2

    def change(site, editorial):
        publish.put(publish.create(site["shared"]["places"], "hall2", "Place", actor="t"), {"name": "新大厅"}, actor="t")
        document = site.document(item)
        publish.save_draft(document, publish.clean("ImplementationItem", {**document.live.values, "places": ["hall2"]}), actor="t")
        uses.update(editorial, document)
    desk.do(change)
    assert used(desk, "places", "hall") == ([item], 1), "the public edition still names it"

    def publish_it(site, editorial):
        publish.publish(site.document(item), actor="t")
        return uses.update(editorial, site.document(item)), uses.update(editorial, site.document(item))
    assert desk.do(publish_it) == (True, False)
    assert used(desk, "places", "hall") == ([], 0) and used(desk, "places", "hall2") == ([item], 1)
    desk.do(lambda site, editorial: uses.forget(editorial, place))
    assert used(desk, "organisations", "gongan") == ([item], 1)
    assert late not in used(desk, "organisations", "gongan")[0]


def test_a_full_build_gives_what_the_updates_gave(desk):
    def compare(site, editorial):
        for _, document in site.documents.items():
            uses.update(editorial, document)
        kept = {target: set(uids) for target, uids in editorial.uses._documents.items()}
        uses.build(editorial, site)
        return kept == {target: set(uids) for target, uids in editorial.uses._documents.items()} and len(kept) >= 3
    assert desk.do(compare)


def test_the_desk_consumer_keeps_the_uses(desk):
    """No extra call is needed: the worker that keeps the desk's list keeps them too."""
    item = desk.do(lambda site, _: site["items"]["one"]["one"].uid)
    assert used(desk, "places", "hall") == ([item], 1)
    uid = desk.small.change(lambda site: questions(site, 1)[0])
    assert uid in used(desk, "organisations", "gongan")[0]
    desk.run(lambda editorial: bulk.begin(editorial, "p1", "move", [item], {"to": "/items"}))
    desk.small.change(lambda site: publish.withdraw(site.document(uid), reason="x", mode="gone", actor="t"))
    assert uid in used(desk, "organisations", "gongan")[0], "withdrawn content still names it and can come back"


def test_words_in_formatted_bodies():
    blocks = (("p", ("请到", {"strong": "大厅"}, {"a": "大厅地图", "href": "/大厅"})), ("table", {"header": True, "rows": (("大厅", "x"),)}), ("img", {"file": "大厅", "alt": "大厅"}))
    found = list(replace.texts("Question", {"answer": blocks}))
    assert [text for *_, text in found if "大厅" in text] == ["大厅", "大厅地图", "大厅", "大厅"]
    keys = [replace._key(path, 0) for path, _, text in found if text.startswith("大厅")]
    assert replace.replaced("Question", {"answer": blocks}, "大厅", "中心", keys)["answer"] == (
        ("p", ("请到", {"strong": "中心"}, {"a": "中心地图", "href": "/大厅"})), ("table", {"header": True, "rows": (("中心", "x"),)}), ("img", {"file": "大厅", "alt": "中心"}))
