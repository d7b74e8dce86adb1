"""The pages about one document in a browser: axe, Nu, 1280 and 390 px, by keyboard alone, with and without script."""
from __future__ import annotations

import subprocess
import threading

import pytest
from waitress.server import create_server

from tests.desk.test_previews import link
from tests.desk.test_review_stories import C2, FASTER, does, edited, news

pytestmark = pytest.mark.browser
AXE = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], iframes: false})"
SECRECY = {**C2, "secrecy_on": "2025-01-06"}


@pytest.fixture
def served(desk):
    server = create_server(desk.wsgi, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    desk.base = f"http://127.0.0.1:{server.effective_port}"
    yield desk
    server.close()


@pytest.fixture
def browse(served, chromium):  # noqa: F811
    """``browse("rev.a", width)``: a page of a browser in which this person is signed in."""
    contexts = []

    def opened(user, width=1280, script=True):
        context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
        contexts.append(context)
        if user:
            context.add_cookies([{"name": one.name, "value": one.value, "url": served.base + "/desk"} for one in served.person(user).app.cookiejar if one.name == "desk"])
        page = context.new_page()
        page.problems = []
        page.on("console", lambda message: page.problems.append(message.text) if message.type == "error" and not any(code in message.text for code in ("404", "409", "410", "422", "403")) else None)
        return page
    yield opened
    for context in contexts:
        context.close()


def scene(desk):
    """Something in every state; addresses by person."""
    item = edited(desk, "items/one/one", FASTER)
    does(desk, "edit.a", item, "submit", **SECRECY)
    article = news(desk)
    secret = link(desk, article)
    guide = edited(desk, "items/one/one/guide", {"summary": "应急的说明"})
    does(desk, "site.a", guide, "override", note="来不及", **SECRECY)
    base = f"/desk/doc/{item}"
    return {"rev.a": [f"{base}/review", f"{base}/act?do=return&field=materials.1", f"{base}/act?do=assign", f"{base}/history", f"{base}/preview", f"{base}/preview/page?alone=1", f"{base}/act?do=clear",
                      f"{base}/preview/page?view=print&alone=1", f"{base}/act?do=approve", f"/desk/doc/{article}/preview/page?as=elder"],
            "edit.a": [f"/desk/doc/{article}/review", f"/desk/doc/{article}/act?do=submit", f"/desk/doc/{article}/act?do=discard", f"/desk/doc/{article}/preview?as=phone"],
            "site.b": ["/desk/overrides", f"/desk/doc/{guide}/act?do=confirm", f"/desk/doc/{guide}/act?do=withdraw", f"/desk/doc/{guide}/history", f"{base}/act?do=override", f"/desk/doc/{guide}/review"],
            "": [secret, secret[:-3] + "aaa"]}


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(served, browse, axe_source, width):  # noqa: F811
    for user, paths in scene(served).items():
        page = browse(user, width)
        for path in paths:
            page.goto(served.base + path)
            page.evaluate(axe_source)
            found = page.evaluate(AXE)
            assert not found["violations"], (path, [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]])
            assert len(found["passes"]) > 8, path
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        assert not page.problems, page.problems


def test_nu_checker_finds_nothing(served, vnu, tmp_path):  # noqa: F811
    names = []
    for user, paths in scene(served).items():
        for path in paths:
            answer = (served.person(user).app if user else served.stranger().app).get(path, expect_errors=True)
            name = tmp_path / f"{len(names)}.html"
            name.write_text(answer.text, encoding="utf-8")
            names.append(str(name))
    run = subprocess.run(["java", "-jar", str(vnu), "--errors-only", *names], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[:3000]


def test_a_return_by_keyboard_alone(served, browse):
    item = edited(served, "items/one/one", FASTER)
    does(served, "edit.a", item, "submit", **SECRECY)
    page = browse("rev.a")
    page.goto(f"{served.base}/desk/doc/{item}/act?do=return")
    assert not page.locator(".remark button:visible").count()
    page.locator("#field-0").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("请写依据")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")                                 # 再写一条
    assert page.evaluate("document.activeElement.id") == "field-1" and page.locator("textarea[name=text]").count() == 2
    page.keyboard.press("Tab")
    page.keyboard.type("样表是旧的")
    page.keyboard.press("Tab")
    assert "去掉第 2 条" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("总的还好")
    page.keyboard.press("Tab")
    assert "退回" in page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    assert "已退回" in page.inner_text("main") and "样表是旧的" in page.inner_text("main")
    kept = served.read(lambda site: [(one.field, one.text) for one in site.document(item).draft.remarks])
    assert kept[0][0] and kept[0][1] == "请写依据" and kept[1] == ("", "样表是旧的") and not page.problems


def test_the_frame_shows_the_page_and_its_links_lead_where_they_should(served, browse):
    item = edited(served, "items/one/one", FASTER)
    page = browse("edit.a")
    page.goto(f"{served.base}/desk/doc/{item}/preview?as=phone")
    frame = page.frame_locator("iframe")
    assert "预览，未公开" in frame.locator(".pv").inner_text() and frame.locator("main").inner_text()
    assert page.evaluate("document.querySelector('iframe').clientWidth") == 390
    frame.locator(".pick a").first.click()
    frame.locator(".pick [aria-current=true]").wait_for()
    assert "预览，未公开" in frame.locator(".pv").inner_text()
    frame.locator("button:has-text('长者版')").click()
    page.wait_for_url("**as=elder*")
    assert page.frame_locator("iframe").locator("html.elder").count() == 1
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").locator("a[href='/']").first.click()
    assert opened.value.url == served.base + "/" and not page.problems


def test_without_script_a_row_is_added_by_the_server(served, browse):
    item = edited(served, "items/one/one", FASTER)
    does(served, "edit.a", item, "submit", **SECRECY)
    page = browse("rev.a", script=False)
    page.goto(f"{served.base}/desk/doc/{item}/act?do=return")
    page.fill("#text-0", "第一条")
    page.click("text=再写一条")
    page.fill("#text-1", "第二条")
    assert page.input_value("#text-0") == "第一条"
    page.click("#act >> button:has-text('退回')")
    assert "第二条" in page.inner_text("main") and "已退回" in page.inner_text("main")
