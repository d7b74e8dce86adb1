"""``check`` names each fault of the journal and of the head pages, and nothing in a sound site."""
import pytest

from govportal.content.integrity import faults
from govportal.content.site import open_site


def found(small, damage):
    with small.db.transaction() as connection:
        site = open_site(connection)
        damage(site)
        lines = list(faults(site))
        connection.transaction_manager.abort()
    return lines


def stale_row(site):
    page = next(page for page in site.heads.pages if page.rows)
    uid, row = next(iter(page.rows.items()))
    page.rows = {**page.rows, uid: (row[0], (*row[1][:2], "别的名称", *row[1][3:]))}


def wrong_page(site):
    page = next(page for page in site.heads.pages if page.rows)
    other = next(other for other in site.heads.pages if not other.rows)
    other.rows, page.rows = dict(page.rows), {}


def lost_row(site):
    next(page for page in site.heads.pages if page.rows).rows = {}


@pytest.mark.parametrize(("damage", "word"), [
    (lambda site: site.journal._consumers["heads"][5].clear(), "第 5 个分片缺少常驻记录"), (lambda site: site.journal.register("mailer"), "不认识的使用者“mailer”"),
    (lambda site: site.journal.unregister("heads"), "没有登记使用者“heads”"), (lambda site: site.journal._consumers["heads"][0].update({"a": ("x", 1), "b": ("x", 1)}), "应在第"),
    (stale_row, "与内容不一致，日志里却没有"), (lost_row, "没有列表记录，日志里却没有"), (wrong_page, "应只在第")])
def test_each_fault_has_a_name(small, damage, word):
    lines = found(small, damage)
    assert any(word in line for line in lines), lines


def test_entries_of_what_is_gone_and_of_indexes_are_no_fault(small):
    def work(site):
        site.journal.register("search:v1")
        site.journal.record("nobody")
    assert found(small, work) == []


def test_a_change_that_waits_is_no_fault(small):
    def work(site):
        stale_row(site)
        for page in site.heads.pages:
            for uid in page.rows:
                site.journal.record(uid)
    assert found(small, work) == []
