"""kill -9 during init, import, publish and schedule: afterwards ``check`` finds nothing and nothing acknowledged is lost."""
import shutil

import pytest

from govportal.base import audit as audit_room
from govportal.base.storage import open_database
from govportal.content.integrity import faults
from govportal.content.site import open_site
from govportal.seed import fill, is_complete
from govportal.shipped import shipped
from govportal.worker import Worker, catch_up
from tests.conftest import Small
from tests.crash import kills
from tests.people.test_demo import all_sign_in


def part_of_the_content(target):
    for folder in ("organisations", "places", "channels", "directory-items", "implementation-items", "guides", "materials"):
        (target / folder).mkdir(parents=True)
        for path in sorted((shipped("content") / folder).glob("*.yaml"))[:25]:
            shutil.copy(path, target / folder / path.name)
    for folder in ("organisations", "places", "materials"):
        shutil.copytree(shipped("content") / folder, target / folder, dirs_exist_ok=True)


def sound(db, var):
    with db.transaction() as connection:
        site = open_site(connection)
        return [*faults(site), *audit_room.verify(site.audit)]


def acknowledged(var):
    path = var / "acknowledged"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def kill_init(base, plans):
    killed = 0
    for number, plan in enumerate(plans):
        var = base / str(number)
        var.mkdir()
        part_of_the_content(var / "content")
        killed += kills.run("init", var, **plan) == "killed"
        db = open_database(str(var / "data.fs"))
        if not is_complete(db):
            fill(db, content=var / "content", registers=False, var=var)
        catch_up(db)
        assert sound(db, var) == [] and is_complete(db)
        with db.transaction() as connection:
            assert len(open_site(connection).documents) >= 100
        all_sign_in(var, db)
        db.close()
        shutil.rmtree(var)
    return killed


def kill_on_one_site(story, base, plans, verify):
    """The same data folder through all kills: every kill finds what the last one left."""
    small = Small(base)
    small.db.close()
    killed = 0
    for plan in plans:
        killed += kills.run(story, base, **plan) == "killed"
        db = open_database(str(base / "data.fs"))
        Worker(db, base / "heads", base / "beat").step()
        catch_up(db)
        assert sound(db, base) == []
        with db.transaction() as connection:
            verify(open_site(connection), acknowledged(base))
        db.close()
    return killed


def newest_is_live(site, lines):
    document = site.at("items/one/one/guide")
    numbers = [edition.number for edition in [document.live, *document.superseded, *document.scheduled]]
    assert max(map(int, lines), default=0) in [*numbers, 0] and len(set(numbers)) == len(numbers)
    assert document.scheduled == ()


STEPS = ["submit", "approve", "clear", "sign", "publish"]


def nothing_of_the_review_is_lost(site, lines):
    """Every acknowledged save and step is there, each once and in its order; what is public went the whole way."""
    document = site.at("items/one/one")
    editions = {edition.number: edition for edition in [document.live, *document.superseded, document.draft] if edition is not None and edition.number > 1}
    assert sorted(editions) == list(range(2, document.last_number + 1))
    done = {number: [step.action for step in edition.steps] for number, edition in editions.items()}
    for number, actions in done.items():
        wanted = [action for action in STEPS if action != "clear" or "clear" in actions or "sign" not in actions]
        assert actions == wanted[:len(actions)], (number, actions)
        assert (actions[-1:] == ["publish"]) == (editions[number] is not document.draft)
    for action, _, number in (line.partition(",") for line in lines):
        edition = editions[int(number)]
        assert action in done[int(number)] or (action == "save1" and edition.values["conditions"][0] in (f"第 {number} 版甲", f"第 {number} 版乙")) or (
            action == "save2" and edition.values["conditions"] == (f"第 {number} 版乙",)), (action, number)
    told = [record for _, record in [*site.audit._take(10 ** 6), *site.audit.sealed(0, 10 ** 6)] if record["target"] == document.uid]
    published = sum(record["action"] == "content.publish" for record in told)
    assert published == 1 + sum(actions[-1:] == ["publish"] for actions in done.values()), "the audit tells each publication once"


def all_or_nothing(site, lines):
    rows = sum(1 for code, _ in site.codes.items() if "-" in code)
    assert rows in (0, 791) and (not lines or rows == 791)


PLANS = kills.schedule(10, 5, seed=20261124, span=1.2)


def test_init(tmp_path):
    assert kill_init(tmp_path, PLANS) >= 5


def test_importing(tmp_path):
    """One transaction: each plan on a folder of its own."""
    killed = 0
    for number, plan in enumerate([{"point": point} for point in range(1, 11)] + PLANS[10:]):
        (tmp_path / str(number)).mkdir()
        killed += kill_on_one_site("import_rows", tmp_path / str(number), [plan], all_or_nothing)
    assert killed >= 8


@pytest.mark.parametrize(("story", "verify"), [("publish_many", newest_is_live), ("schedule", newest_is_live), ("review", nothing_of_the_review_is_lost)])
def test_writing(tmp_path, story, verify):
    assert kill_on_one_site(story, tmp_path, PLANS, verify) >= 5


def test_indexing(tmp_path):
    """The writer of the search index dies at file operations of Whoosh, between the commits, and at random moments."""
    from tests.soak_search import kill_the_writer
    killed, edits = kill_the_writer(tmp_path, [{"point": 40 + number * 9} for number in range(10)] + kills.schedule(0, 5, seed=7, span=2.0))
    assert killed >= 10 and edits > 100


def test_a_portal_of_several_processes(tmp_path):
    """Way (b): web, worker or storage process killed while edits go on; the next start has everything in the index."""
    from tests.soak_search import kill_the_portal
    killed, edits = kill_the_portal(tmp_path, 3, 60)
    assert killed == 3 and edits >= 40
