"""自查: each line red, amber and green by the clock and by the content, with the offending things named; nothing is good because it is not known."""
from datetime import date, datetime, timedelta

import pytest

from govportal.base import clock
from govportal.content import publish
from govportal.content.publish import Refused
from govportal.oversight import verbs
from govportal.oversight.limits import LIMITS
from govportal.oversight.periods import months_after, months_before
from govportal.oversight.selfcheck import LINES, STATES, selfcheck
from govportal.workflow.actors import SYSTEM

from .conftest import NOW, article

WITHOUT_DATA = {"D2", "D5", "E4-statistics", "E7-statistics"}


def lines(green, now=None):
    return {line.id: line for line in green.read(lambda site, columns, oversight: selfcheck(site, columns, now))}


def on(text):
    return clock.parse(text)


def test_all_is_green_on_a_site_in_order(green):
    green.run()
    found = lines(green)
    assert len(found) == len(LINES) and {line.state for name, line in found.items() if name not in WITHOUT_DATA} == {"pass"}, found
    assert all(found[name].state == "no-data" for name in WITHOUT_DATA) and all(line.state in STATES and line.source and line.words for line in found.values())


def test_without_a_run_nothing_is_taken_for_good(green):
    found = lines(green)
    assert {name for name in ("C4", "D6", "D6-register", "E11") if found[name].state != "no-data"} == set()


@pytest.mark.parametrize(("now", "state"), [("2026-12-03 10:00", "pass"), ("2026-12-04 10:00", "warn"), ("2026-12-08 10:00", "warn"), ("2026-12-09 10:00", "fail")])
def test_the_home_page(green, now, state):
    """D3: two weeks after 2026-11-24; C5: told at ten days."""
    line = lines(green, on(now))["D3"]
    assert line.state == state and "2026-11-24" in line.words and bool(line.offending) == (state != "pass")


def test_a_text_of_tomorrow_proves_nothing(green):
    green.put("news/dongtai/a", published_at="2027-01-01 09:00")
    found = lines(green, on("2026-12-20 10:00"))
    assert found["D3"].state == "fail" and "/news/dongtai" in [one.path for one in found["E2"].offending]


@pytest.mark.parametrize(("now", "state", "who"), [
    ("2026-12-08 10:00", "pass", []), ("2026-12-09 10:00", "fail", ["/news/dongtai"]), ("2027-05-20 10:00", "fail", ["/news/dongtai"]),
    ("2027-05-21 10:00", "fail", ["/news/dongtai", "/news/tongzhi"]), ("2027-05-25 10:00", "fail", ["/news/dongtai", "/news/tongzhi", "/news/zhengce"])])
def test_news_and_policies(green, now, state, who):
    """E2: news within two weeks, notices and policies within six months."""
    line = lines(green, on(now))["E2"]
    assert line.state == state and sorted(one.path for one in line.offending) == who


def test_columns_that_are_stale_or_empty(green):
    """D4: five vital ones, ten in all or five empty ones; the demo's limits are settings."""
    assert lines(green)["D4"].state == "pass"
    late = lines(green, on("2026-12-09 10:00"))["D4"]
    assert late.state == "warn" and [one.path for one in late.offending] == ["/news/dongtai"] and "超期 1 天" in late.offending[0].words
    green.write(lambda site, oversight: verbs.set_limit(oversight, site.audit, SYSTEM, "vital_columns", 1))
    assert lines(green, on("2026-12-09 10:00"))["D4"].state == "fail" and lines(green)["D4"].state == "pass"

    def empty(site):
        for number in range(5):
            publish.put(publish.create(site["news"], f"e{number}", "Channel", actor="test"), {"name": f"空 {number}"}, actor="test")
    green.change(empty)
    found = lines(green)
    assert found["D4"].state == "fail" and "空白栏目 5 个" in found["D4"].words and {one.words for one in found["D4"].offending} == {"没有内容"}
    assert found["C5"].state == "warn" and len(found["C5"].offending) == 5


@pytest.mark.parametrize(("now", "who"), [
    ("2026-12-03 10:00", []), ("2026-12-04 10:00", ["/", "/news/dongtai"]), ("2026-12-08 10:00", ["/", "/news/dongtai"]), ("2027-04-25 10:00", ["/", "/news/tongzhi", "/news/zhengce"])])
def test_early_warnings(green, now, who):
    """C5: home ten days silent, a column close to its limit."""
    assert sorted(one.path for one in lines(green, on(now))["C5"].offending) == who


def test_guides_that_lack_key_elements(green):
    """D6: with fewer than five services, all of them; with more, five."""
    bare = {"conditions": [], "steps": [], "places": [], "materials": []}
    green.put("items/one/one", **{**bare, "places": ["hall"]})
    green.run()
    assert lines(green)["D6"].state == "pass"                        # three are lacking: listed, no veto
    green.put("items/one/one", **bare)
    green.run()
    line = lines(green)["D6"]
    assert line.state == "fail" and [one.path for one in line.offending] == ["/items/one/one"] and "申请条件" in line.offending[0].words and line.number == 1
    green.put("items/one/one", register={"source": "别处"})
    green.run()
    found = lines(green)
    assert found["D6"].state == "fail" and found["D6"].words == "没有办事指南" and found["D6-register"].state == "fail" and found["D6-register"].number == 1


def test_policies_and_interpretations(green):
    """C4: both ways, within three working days."""
    green.run()
    assert lines(green)["C4"].state == "pass" and "1 份文件中 1 份有解读" in lines(green)["C4"].words
    green.put("news/zhengce/told", published_at="2026-11-30 09:00")
    green.run()
    assert lines(green)["C4"].state == "warn"
    green.put("news/zhengce/told", interpretation_of=[])
    green.run()
    assert lines(green)["C4"].state == "fail" and lines(green)["C4"].number == 1


@pytest.mark.parametrize(("now", "state"), [("2027-01-09 10:00", "pass"), ("2027-01-15 10:00", "warn"), ("2027-01-20 10:00", "warn"), ("2027-01-21 10:00", "fail")])
def test_public_answers(green, now, state):
    """E7: the last one not older than two months (2026-11-20)."""
    assert lines(green, on(now))["E7"].state == state


def test_answers_that_do_not_say_who_and_when(green):
    green.put("questions/q1", asked_on="")
    green.run()
    line = lines(green)["E7"]
    assert line.state == "fail" and line.offending[0].words == "缺受理日期" and line.offending[0].path == "/questions/q1"


def test_services_are_sorted(green):
    assert lines(green)["E4"].state == "pass"
    green.put("items/one/one", legal_topics=[], service_objects=["自然人"])
    assert lines(green)["E4"].state == "fail" and "企业主题" in lines(green)["E4"].words


def test_dead_links_count(green):
    green.put("questions/q1", answer=[{"p": "见 /items/none"}])
    green.run()
    assert lines(green)["E11"].state == "fail" and lines(green)["E11"].number == 1


@pytest.mark.parametrize(("status", "state"), [("有效", "pass"), ("未提供", "warn"), ("废止", "fail")])
def test_laws_in_force(green, status, state):
    green.put("shared/laws/hkdj", status=status)
    green.run()
    assert lines(green)["B12"].state == state


def test_limits_are_settings_of_the_office(green):
    green.write(lambda site, oversight: verbs.set_limit(oversight, site.audit, SYSTEM, "dynamic_days", 3))
    assert lines(green, NOW + timedelta(days=3))["E2"].state == "fail"
    green.write(lambda site, oversight: verbs.set_limit(oversight, site.audit, SYSTEM, "dynamic_days", None))
    assert lines(green, NOW + timedelta(days=3))["E2"].state == "pass"
    assert green.read(lambda site, columns, oversight: (dict(oversight.limits), sum(one["action"] == "quality.limit" for one in site.audit.newest(500)))) == ({}, 2)
    for name, value in (("home_days", 0), ("home_days", 61), ("nonsense", 1)):
        with pytest.raises(Refused):
            green.write(lambda site, oversight, name=name, value=value: verbs.set_limit(oversight, site.audit, SYSTEM, name, value))
    assert all(limit.low <= limit.default <= limit.high and limit.title and limit.source for limit in LIMITS.values())


def test_months():
    assert months_before(date(2026, 8, 31), 6) == date(2026, 2, 28) and months_before(date(2026, 3, 5), 6) == date(2025, 9, 5)
    assert months_after(date(2025, 12, 31), 2) == date(2026, 2, 28) and months_after(date(2026, 1, 15), 12) == date(2027, 1, 15)


def test_the_demo_is_red_where_it_is_red(demo_db):
    """No date is moved to look green: the policies of 2024 are long overdue, registered rows lack most elements."""
    from govportal.content.columns import ColumnStore
    from govportal.content.site import open_site
    with demo_db.transaction() as connection:
        site = open_site(connection)
        found = {line.id: line for line in selfcheck(site, ColumnStore().get(site), datetime(2026, 11, 25, 10, tzinfo=clock.SHANGHAI))}
    assert found["E2"].state == "fail" and [one.path for one in found["E2"].offending] == ["/news/zhengce"]
    assert found["B12"].state == "warn" and found["B12"].number > 200 and len(found["B12"].offending) == 50
    assert article
