"""kill -9 in the middle of a bulk publication: the next start goes on where it stood, no document twice and none left out."""
from collections import Counter

from govportal.base import audit as audit_room
from govportal.base.storage import open_database
from govportal.content.integrity import faults
from govportal.content.site import open_site
from govportal.editorial import bulk
from govportal.editorial.store import open_editorial
from govportal.worker import catch_up
from tests.conftest import Small
from tests.crash import kills
from tests.editorial.conftest import questions, signed


def publications(site):
    """How often the audit says each document was published."""
    audit = site.audit
    return Counter(record["target"] for _, record in [*audit._take(10 ** 6), *audit.sealed(0, 10 ** 6)] if record["action"] == "content.publish")


def kill_and_go_on(var, plans, number):
    """The same folder through all kills, then a run to the end; answers how many kills hit."""
    small = Small(var)
    with small.db.transaction() as connection:
        uids = signed(open_site(connection), questions(open_site(connection), number, draft=True))
        job = bulk.begin(open_editorial(connection), "p1", "publish", uids, {}).uid
    small.db.close()
    killed = 0
    for plan in [*plans, {}]:
        killed += kills.run("bulk_publish", var, **plan) == "killed"
        db = open_database(str(var / "data.fs"))
        catch_up(db)
        with db.transaction() as connection:
            site, found = open_site(connection), open_editorial(connection).jobs.get(job)
            assert [*faults(site), *audit_room.verify(site.audit)] == []
            published = [uid for uid in uids if site.document(uid).live is not None]
            assert published == uids[:found.done] and len(found.undo) == found.done, "effects and progress are one"
            assert all(publications(site)[uid] == 1 and site.document(uid).last_number == 1 for uid in published)
        db.close()
    assert (found.state, found.done, found.counts) == ("done", number, {"ok": number})
    return killed


def test_a_killed_bulk_publication_repeats_nothing_and_loses_nothing(tmp_path):
    assert kill_and_go_on(tmp_path, [{"point": point} for point in (3, 8, 9, 10, 14)], 90) >= 4
