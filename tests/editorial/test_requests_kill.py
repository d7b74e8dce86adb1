"""kill -9 while the worker carries out planned changes of the directory list: each is done once, whole, or not yet."""
from datetime import timedelta

from govportal.base import audit as audit_room
from govportal.base import clock
from govportal.base.storage import open_database
from govportal.content.integrity import faults
from govportal.content.site import open_site
from govportal.editorial import requests
from govportal.editorial.store import open_editorial
from govportal.worker import catch_up
from tests.conftest import Small
from tests.crash import kills
from tests.editorial.test_requests import ROW, begin, bring


def test_a_killed_worker_carries_out_each_planned_change_once(tmp_path):
    small = Small(tmp_path)
    before = clock.now() - timedelta(days=3)
    with clock.override(lambda: before), small.db.transaction() as connection:
        site, editorial = open_site(connection), open_editorial(connection)
        day = (before + timedelta(days=2)).strftime("%Y-%m-%d")
        uids = [bring(site, editorial, begin(site, editorial, "add", rows=[{**ROW, "name": f"事项{number}"}], effective=day)).uid for number in range(4)]
        uids.append(bring(site, editorial, begin(site, editorial, "split", [site.at("items/one").uid], [{**ROW, "name": f"拆{number}"} for number in range(2)], effective=day)).uid)
    small.db.close()
    killed = 0
    for plan in [*({"point": point} for point in (3, 6, 9, 12, 14)), {}]:
        killed += kills.run("carry_out_requests", tmp_path, **plan) == "killed"
        db = open_database(str(tmp_path / "data.fs"))
        catch_up(db)
        with db.transaction() as connection:
            site, editorial = open_site(connection), open_editorial(connection)
            assert [*faults(site), *audit_room.verify(site.audit)] == []
            made = [uid for uid in uids for uid in editorial.requests.get(uid).results]
            assert len(site["items"]._children) == 1 + len(made), "an item without its request, or the other way round"
            split = editorial.requests.get(uids[-1])
            assert (split.stage == "applied") == (site.at("items/one").withdrawal is not None) == bool(editorial.tasks.waiting())
        db.close()
    with_all = open_database(str(tmp_path / "data.fs"))
    with with_all.transaction() as connection:
        editorial = open_editorial(connection)
        assert {editorial.requests.get(uid).stage for uid in uids} == {"applied"} and len(editorial.tasks.waiting()) == 1
        codes = [code for uid in uids for code in editorial.requests.get(uid).codes]
        assert len(set(codes)) == len(codes) == 6
    with_all.close()
    assert killed >= 4 and requests.TABLE.name
