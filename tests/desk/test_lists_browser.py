"""The lists in a browser: every page clean for axe and Nu on a wide and a narrow screen; a request from form to signature by keyboard."""
from __future__ import annotations

import subprocess

import pytest

from govportal.content import publish
from tests.conftest import ITEM

from .test_bulk_browser import Tab, served  # noqa: F401 - fixture
from .test_lists import act, sign, write

pytestmark = pytest.mark.browser
RULES = {"people": [{"name": "张某", "roles": ["受理人"], "until": "2020-01-01"}], "posts": [{"name": "受理岗", "role": "受理人", "days": 9, "persons": ["张某", "李某"]}], "review_methods": ["书面审查"]}


def test_axe_and_nu_find_nothing_on_any_page(desk, served, chromium, axe_source, vnu, tmp_path):  # noqa: F811
    def more(site):
        publish.put(publish.create(site["items"]["one"], "two", "ImplementationItem", actor="t"), {**ITEM, "org": "minzheng", "promise_limit": {"days": 9}, "materials": ITEM["materials"][:1]}, actor="t")
        publish.save_draft(publish.create(site.at("items/one/one"), "rules", "ReviewRules", actor="t"), publish.clean_draft("ReviewRules", RULES), actor="t")
    desk.change(more)
    uid, item = desk.at("/items/one"), desk.at("/items/one/one")
    changed = sign(desk, write(desk, "change", [uid], {"name-1": "出生登记（新）"}))
    split = write(desk, "split", [uid], {"count": "2", "name-1": "甲", "name-2": "乙"})
    merged = write(desk, "add", fields={"name-1": "", "reason": ""})
    act(desk, write(desk, "suspend", [uid], {"count": "0"}), "dir.a", "submit", secrecy_by="保密员", secrecy_on="2026-01-04")
    tab = Tab(desk, chromium, served, "dir.a")
    for path in ("/desk/lists", "/desk/lists?words=zzz", "/desk/lists/statistics", f"/desk/lists/item/{uid}", f"/desk/lists/compare?item={uid}", "/desk/lists/requests", "/desk/lists/requests?show=all",
                 changed, split, merged, f"{split}/edit", "/desk/lists/request?kind=add", f"/desk/lists/request?kind=suspend&item={uid}", "/desk/tasks", "/desk/tasks?show=closed", "/desk/lists/import",
                 f"/desk/lists/rules/{item}", f"/desk/lists/rules/{desk.at('/items/one/two')}"):
        tab.open(path)
        tab.check(axe_source)
    tab.open("/desk/lists/request?kind=add")
    tab.page.fill("#name-1", "只有名称")
    tab.page.fill("#basis-1", "甲｜乙｜丙｜丁｜戊")
    tab.page.click("button[value=save]")
    tab.page.wait_for_selector(".errs")
    tab.check(axe_source)
    tab.open("/desk/lists/import")
    tab.page.set_input_files("#file", files=[{"name": "清单.csv", "mimeType": "text/csv", "buffer": "事项名称,事项类型,设定依据,理由\n新的,行政许可,某法,调整\n坏的,外星,某法,\n".encode()}])
    tab.page.click("main button")
    tab.page.wait_for_selector("text=有问题")
    tab.check(axe_source)
    files = []
    for number, body in enumerate(tab.pages.values()):
        (tmp_path / f"{number}.html").write_text(body, encoding="utf-8")
        files.append(str(tmp_path / f"{number}.html"))
    run = subprocess.run(["java", "-jar", str(vnu), "--errors-only", *files], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[:3000]
    assert not tab.problems and len(files) > 15


def test_a_request_by_keyboard_alone(desk, served, chromium):  # noqa: F811
    tab = Tab(desk, chromium, served, "dir.a")
    tab.open(f"/desk/lists/request?kind=suspend&item={desk.at('/items/one')}")
    tab.page.focus("#reason")
    tab.page.keyboard.type("系统升级")
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector("text=申请什么")
    tab.page.focus("#secrecy_by")
    tab.page.keyboard.type("保密员")
    for _ in range(3):
        tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector("text=“送审”已办")
    assert "待审核" in tab.page.inner_text("main") and not tab.problems
