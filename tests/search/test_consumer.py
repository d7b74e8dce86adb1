"""In step with the content: what is published is found, what is withdrawn is not, through rebuilds, foreign folders, full disks."""
import shutil
from datetime import timedelta

import pytest

from govportal.base import clock
from govportal.content import publish
from govportal.content.site import open_site
from govportal.search.consumer import Keeper, consumer_of, faults
from govportal.search.documents import everything, source_of
from govportal.search.engine import Engine, Query
from govportal.search.index import IndexMissing, Position, position_of, write_position
from govportal.worker import Worker, make_worker


@pytest.fixture
def kept(small):
    keeper = Keeper(small.db, small.var / "search")
    keeper.rebuild_here()
    return small, keeper, Engine(small.var / "search")


def titles(engine, text):
    answer = engine.search(Query(text))
    return [engine.picture().labels_of(engine.picture().number_of(hit.uid))[0] for hit in answer.hits]


def rename(small, name):
    def work(site):
        document = site["items"]["one"]
        publish.put(document, {**document.live.values, "name": name}, actor="a")
    small.change(work)


def sound(small, keeper):
    return not any(faults(small.db, keeper.home, keeper.analyzer).values())


def test_a_new_name_is_found_after_one_step_and_the_old_one_is_not(kept):
    small, keeper, engine = kept
    assert titles(engine, "出生登记") == ["出生登记"]
    rename(small, "婴儿落户登记")
    assert keeper.step() > 0 and keeper.step() == 0
    assert titles(engine, "婴儿落户登记") == ["婴儿落户登记"] and sound(small, keeper)
    assert "出生登记" not in titles(engine, "出生登记")


def test_what_the_guide_says_is_found_by_its_item(kept):
    small, keeper, engine = kept

    def work(site):
        guide = site.at("items/one/one/guide")
        publish.put(guide, {**guide.live.values, "summary": "双胞胎要带两份材料"}, actor="a")
    small.change(work)
    keeper.step()
    assert titles(engine, "双胞胎") == ["出生登记"] and sound(small, keeper)


def test_withdrawn_scheduled_and_draft_texts_are_not_found(kept):
    small, keeper, engine = kept

    def work(site):
        guide = site.at("items/one/one/guide")
        publish.save_draft(guide, publish.clean("Guide", {"summary": "草稿里的秘密"}), actor="a")
        publish.publish(guide, actor="a", at=clock.now() + timedelta(days=3))
    small.change(work)
    keeper.step()
    assert not titles(engine, "秘密")
    small.change(lambda site: publish.withdraw(site.at("items/one/one"), reason="停办", mode="gone", actor="a"))
    keeper.step()
    assert not titles(engine, "出生登记") and sound(small, keeper)


def test_changes_during_a_rebuild_are_in_the_new_index(kept, monkeypatch):
    small, keeper, engine = kept
    from govportal.search import consumer
    real = consumer.build

    def build(home, name, words, documents, **options):
        made = real(home, name, words, documents, **options)
        rename(small, "改在重建中间")
        return made
    monkeypatch.setattr(consumer, "build", build)
    keeper.rebuild_here()
    assert titles(engine, "改在重建中间") == ["改在重建中间"] and sound(small, keeper)
    with small.db.transaction() as connection:
        journal = open_site(connection).journal
        assert [name for name in journal.consumers() if name.startswith("search:")] == [consumer_of(keeper.home.current_name())]


def test_the_old_index_serves_while_a_child_builds_the_new_one(kept):
    small, keeper, engine = kept

    class Child:
        code = None

        def poll(self):
            return self.code

        def terminate(self):
            self.code = -15
    child, names = Child(), []
    keeper.spawn = lambda name: names.append(name) or child
    (keeper.home.folder / "rebuild.request").touch()
    keeper.step()
    rename(small, "重建时照常能查")
    keeper.step()
    assert titles(engine, "重建时照常能查") == ["重建时照常能查"]
    from govportal.search.consumer import build_from
    build_from(small.db, keeper.home, names[0], keeper.analyzer)
    child.code = 0
    keeper.step()
    assert keeper.home.current_name() == names[0] and titles(engine, "重建时照常能查") and sound(small, keeper)


def test_a_failed_build_leaves_the_old_index_and_no_consumer(kept):
    small, keeper, engine = kept

    class Failed:
        def poll(self):
            return 1
    keeper.spawn = lambda name: Failed()
    (keeper.home.folder / "rebuild.request").touch()
    keeper.step()
    keeper.step()
    assert titles(engine, "出生登记")
    with small.db.transaction() as connection:
        assert [name for name in open_site(connection).journal.consumers() if name.startswith("search:")] == [consumer_of("index-1")]


@pytest.mark.parametrize("harm", ["deleted", "emptied", "torn", "old stamp", "pointer"])
def test_a_harmed_folder_heals_by_itself(kept, harm):
    small, keeper, engine = kept
    folder = keeper.home.folder / keeper.home.current_name()
    if harm == "deleted":
        shutil.rmtree(keeper.home.folder)
    elif harm == "emptied":
        for path in folder.iterdir():
            path.unlink()
    elif harm == "torn":
        for path in folder.glob("*.toc"):
            path.write_bytes(path.read_bytes()[:20])
    elif harm == "old stamp":
        (folder / "stamp.json").write_text('{"stamp": "1/other"}', encoding="utf-8")
    else:
        (keeper.home.folder / "current").write_text("../../etc", encoding="utf-8")
    fresh = Engine(keeper.home.folder)
    with pytest.raises(IndexMissing):
        fresh.search(Query("出生登记"))
    page = small.app().get("/search", {"q": "出生登记"})
    assert "搜索正在重建" in page.text and "出生" in page.text
    keeper.step()
    assert titles(fresh, "出生登记") == ["出生登记"] and sound(small, keeper)
    assert "搜索正在重建" not in small.app().get("/search", {"q": "出生登记"}).text


def test_a_folder_put_back_from_a_backup_is_noticed(kept):
    small, keeper, engine = kept
    folder = keeper.home.folder / keeper.home.current_name()
    shutil.copytree(folder, small.var / "old")
    for name in ("第一次改名", "第二次改名"):
        rename(small, name)
        keeper.step()
    shutil.rmtree(folder)
    shutil.copytree(small.var / "old", folder)
    assert keeper.step() == 1 and keeper.home.current_name() != folder.name
    assert titles(Engine(keeper.home.folder), "第二次改名") == ["第二次改名"] and sound(small, keeper)


def test_killed_between_the_two_commits_the_batch_is_done_again(kept):
    small, keeper, engine = kept
    folder = keeper.home.folder / keeper.home.current_name()
    rename(small, "断电前的名字")
    with small.db.transaction() as connection:
        site = open_site(connection)
        uids = tuple(entry.uid for entry in site.journal.pending(consumer_of(folder.name)))
        keeper_position = position_of(folder)
    write_position(folder, Position(keeper_position.number + 1, 77, keeper_position.nonce, uids))
    assert keeper.step() > 0 and titles(engine, "断电前的名字") == ["断电前的名字"]
    assert position_of(folder).number == keeper_position.number + 1 and sound(small, keeper)


def test_a_full_disk_leaves_the_old_index_and_the_change_waits(kept, monkeypatch):
    small, keeper, engine = kept
    from govportal.search import segments
    real = segments.SyncedStorage.create_file

    def full(self, name, **options):
        raise OSError(28, "No space left on device")
    rename(small, "磁盘满时的名字")
    monkeypatch.setattr(segments.SyncedStorage, "create_file", full)
    with pytest.raises(OSError, match="space"):
        keeper.step()
    assert titles(engine, "出生登记") == ["出生登记"]
    monkeypatch.setattr(segments.SyncedStorage, "create_file", real)
    assert keeper.step() > 0 and titles(engine, "磁盘满时的名字") == ["磁盘满时的名字"] and sound(small, keeper)


def test_the_worker_keeps_the_index_and_outlives_a_broken_one(small):
    from govportal.settings import Settings
    worker = make_worker(small.db, Settings(var=small.var))
    assert isinstance(worker, Worker) and worker.keeper is not None
    worker.keeper.spawn = None
    worker.keeper.step()
    assert titles(Engine(small.var / "search"), "出生登记") == ["出生登记"]


def test_an_import_beside_no_portal_is_in_the_index_at_once(kept, tmp_path):
    from govportal.cli import main as cli
    small, keeper, engine = kept
    (tmp_path / "rows.jsonl").write_text('{"id": "x1", "name": "火箭上牌登记", "parent_name": "火箭上牌登记", "type": "公共服务", "item_code": "11440000006939756B2440101007999", '
                                         '"catalog_id": "440101007999", "department": "广东省示例厅", "area": "广东省"}\n', encoding="utf-8")
    from govportal.shipped import shipped
    small.db.close()
    assert cli(["--var", str(small.var), "import", str(tmp_path / "rows.jsonl"), "--mapping", str(shipped("content") / "imports" / "guangdong.yaml")]) == 0
    from govportal.base.storage import open_database
    small.db = open_database(str(small.var / "data.fs"))
    assert titles(engine, "火箭上牌") == ["火箭上牌登记"] and sound(small, keeper)


def test_only_what_the_public_may_see_becomes_a_document(site):
    found = list(everything(site))
    assert len({one.uid for one in found}) == len(found) > 2500
    for one in found[::97]:
        document = site.document(one.uid)
        assert document.live is not None and document.withdrawal is None and source_of(document) == one
    assert source_of(None) is None
