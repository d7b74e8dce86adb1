"""Bulk work in a browser: by keyboard alone, progress followed by the script and without it, axe and Nu, no sideways scrolling."""
import subprocess
import threading

import pytest
from waitress.server import create_server

from govportal.editorial.jobkinds import KINDS
from govportal.editorial.jobs import Runner
from govportal.worker import actor_for
from tests.desk.jobs import HEADER, both, rows, text, work
from tests.editorial.conftest import questions

pytestmark = pytest.mark.browser
RULES = "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"


class Tab:
    """One person in Chromium at the served desk."""

    def __init__(self, desk, browser, base, user, *, script=True):
        self.base, self.context = base, browser.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=script)
        self.page, self.problems, self.pages = self.context.new_page(), [], {}
        self.page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" and "422" not in message.text else None)
        self.context.add_cookies([{"name": "desk", "value": desk.person(user).app.cookies["desk"].strip('"'), "url": base}])

    def open(self, path):
        self.page.goto(self.base + path)
        return self.page

    def keys(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, words, limit=200):
        """Press Tab until what has the focus says this."""
        for _ in range(limit):
            self.keys("Tab")
            said = self.page.evaluate("(document.activeElement.getAttribute('aria-label') || document.activeElement.textContent || document.activeElement.value || '').trim()")
            if said.startswith(words):
                return
        raise AssertionError(f"no way by keyboard to {words}")

    def go(self, words):
        """Press what says this, and wait for the page it leads to."""
        self.tab_to(words)
        with self.page.expect_navigation():
            self.keys("Enter")

    def check(self, axe):
        """Nothing for axe, nothing that scrolls sideways, at both widths; what it holds is kept for Nu."""
        for width in (1280, 390):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.evaluate(axe)
            found = self.page.evaluate(RULES)["violations"]
            assert not found, (self.page.url, width, [(one["id"], one["nodes"][0]["html"][:200]) for one in found])
            assert self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, (self.page.url, width)
        self.page.set_viewport_size({"width": 1280, "height": 900})
        self.pages[self.page.title()] = self.page.content()


@pytest.fixture
def served(desk):
    server = create_server(desk.wsgi, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


def test_a_bulk_action_by_keyboard_alone(desk, served, chromium):  # noqa: F811
    uids = desk.change(lambda site: questions(site, 3))
    tab = Tab(desk, chromium, served, "edit.a")
    tab.open("/desk/content?kind=Question")
    for words in ("选中 问题 ",) * 2:
        tab.tab_to(words)
        tab.keys("Space")
    assert tab.page.inner_text("[data-picked]") == "选中 2 份"
    tab.go("批量办理")
    tab.go("设置要素")
    tab.tab_to("主题")
    tab.keys("ArrowDown")                 # 对象
    tab.go("下一步")
    tab.tab_to("（清掉这一项）")
    tab.keys("ArrowDown", "ArrowDown")    # 企业
    tab.go("看看会怎样")
    tab.go("设置要素 2 份")
    work(desk)
    tab.page.wait_for_selector("main .note", timeout=10_000)          # the script has seen that it is over
    assert "办成 2" in tab.page.inner_text("main .note")
    tab.tab_to("撤销这项任务")
    tab.keys("Enter")
    tab.go("确定撤销")
    work(desk)
    tab.page.wait_for_selector("main .note", timeout=10_000)
    assert both(desk, lambda site, _: [site.document(uid).draft for uid in uids]) == [None] * 3 and not tab.problems


def test_progress_is_told_and_the_page_does_not_ask_for_ever(desk, served, chromium):  # noqa: F811
    desk.change(lambda site: questions(site, 120))
    ed = desk.person("edit.a")
    from tests.desk.test_bulk import begin, preview
    job = begin(preview(ed, ed.post("/desk/bulk", {"what": "all", "query": "kind=Question"}, status=303).follow(), "set", field="audience", value="企业")).location
    tab = Tab(desk, chromium, served, "edit.a")
    tab.page.clock.install()
    tab.open(job.removeprefix("http://localhost"))
    Runner(desk.db, KINDS, actor_for).step()
    tab.page.clock.run_for(2000)
    tab.page.wait_for_selector("[data-words]:has-text('进行中')")
    assert 0 < tab.page.evaluate("document.querySelector('progress').value") < 120 and "进行中" in tab.page.inner_text("[data-said]")
    asked = []
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.page.clock.run_for(4000)
    tab.page.wait_for_timeout(200)
    assert asked, "it goes on to ask"
    tab.page.clock.fast_forward(11 * 60 * 1000)
    tab.page.wait_for_selector("[data-words]:has-text('请刷新页面')")
    asked.clear()
    tab.page.clock.run_for(60_000)
    tab.page.wait_for_timeout(200)
    assert not asked


def test_without_script_the_page_renews_itself(desk, served, chromium):  # noqa: F811
    uids = desk.change(lambda site: questions(site, 1))
    ed = desk.person("edit.a")
    from tests.desk.test_bulk import begin, picked, preview
    job = begin(preview(ed, picked(ed, uids), "set", field="audience", value="企业")).location
    tab = Tab(desk, chromium, served, "edit.a", script=False)
    tab.open(job.removeprefix("http://localhost"))
    work(desk)
    tab.page.wait_for_selector("main .note", timeout=12_000)


def test_axe_and_nu_find_nothing_on_any_page(desk, served, chromium, axe_source, vnu, tmp_path):  # noqa: F811
    desk.change(lambda site: questions(site, 3))
    tab = Tab(desk, chromium, served, "edit.a")
    for path in ("/desk/imports", "/desk/jobs", "/desk/export?kind=Question", "/desk/replace", "/desk/replace?kind=Question&find=%E9%97%AE%E9%A2%98&replace=x", "/desk/shared",
                 "/desk/shared?folder=laws", "/desk/shared/places/hall", "/desk/shared?q=nothing"):
        tab.open(path)
        tab.check(axe_source)
    tab.open("/desk/imports")
    file = text([HEADER, *rows(40, 2)])
    tab.page.set_input_files("#file", files=[{"name": file.filename, "mimeType": "text/csv", "buffer": file.content}])
    tab.page.click("text=上传，去对列")
    tab.check(axe_source)
    tab.page.click("button[value=choose]")
    tab.check(axe_source)
    work(desk)
    tab.page.wait_for_selector("text=有问题")
    tab.check(axe_source)
    tab.page.click("button[value=enter]")
    work(desk)
    tab.page.wait_for_selector("main .note")
    tab.check(axe_source)
    tab.open("/desk/content?kind=Question")
    tab.page.click("button[value=all]")
    tab.check(axe_source)
    here = tab.page.url.removeprefix(served)
    for action in ("submit", "move", "assign", "set", "delete", "set&field=answer"):
        tab.open(f"{here}?action={action}")
        tab.check(axe_source)
    tab.open(f"{here}?action=submit")
    tab.page.click("button[value=preview]")
    tab.check(axe_source)
    tab.open(f"{here}?action=delete")
    tab.page.click("button[value=preview]")
    tab.check(axe_source)
    tab.page.click("button[value=begin]")
    tab.check(axe_source)
    work(desk)
    tab.page.wait_for_selector("main .note")
    tab.check(axe_source)
    files = []
    for number, body in enumerate(tab.pages.values()):
        (tmp_path / f"{number}.html").write_text(body, encoding="utf-8")
        files.append(str(tmp_path / f"{number}.html"))
    run = subprocess.run(["java", "-jar", str(vnu), "--errors-only", *files], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[:3000]
    assert not tab.problems and len(files) > 15
