"""Several editors save at once over a server, on documents of their own and shared ones: nothing is refused, lost, done twice or overwritten unseen."""
from __future__ import annotations

from tests.soak_desk import InsideOffice, checked, work


def test_four_editors_at_once(tmp_path):
    office = InsideOffice(tmp_path, 4)
    told = work(office, 30.0, enough=60)
    office.stop()
    assert told.failed == [] and told.left == 0 and len(told.saved) >= 60 and len({uid for uid, _, _ in told.saved}) > 3
    assert checked(tmp_path, told) == []


def test_the_check_finds_what_is_lost(tmp_path):
    office = InsideOffice(tmp_path, 1)
    told = work(office, 30.0, enough=2)
    office.stop()
    uid, name, _ = told.saved[0]
    told.saved.append((uid, name, "99-99999"))
    assert any("acknowledged and not kept" in line for line in checked(tmp_path, told))
