"""Editing in a browser: what is typed keeps itself, also past the end of a session; rows by keyboard, rich text, choices that follow; axe and Nu."""
from __future__ import annotations

import subprocess
import threading
from datetime import timedelta

import pytest
from waitress.server import create_server

from govportal.base import clock
from govportal.content import publication
from govportal.content.model import Secrecy
from govportal.workflow.actors import SYSTEM

from .conftest import PASSWORD
from .test_editing import ITEM, autosave, colleague, grant, returned, values

pytestmark = pytest.mark.browser


@pytest.fixture
def served(desk):
    server = create_server(desk.wsgi, host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@pytest.fixture
def browser(chromium, served, desk):  # noqa: F811
    """A signed-in tab of a person in a browser of their own: ``browser("edit.a", "/desk")``."""
    contexts = []

    def opened(user, path="/desk", width=1280):
        context = chromium.new_context(viewport={"width": width, "height": 900}, base_url=served)
        contexts.append(context)
        tab = tab_of(context)
        sign_in(tab, desk, user)
        tab.goto(path)
        return tab
    yield opened
    for context in contexts:
        context.close()


def tab_of(context):
    tab = context.new_page()
    tab.problems = []
    tab.on("pageerror", lambda error: tab.problems.append(str(error)))
    tab.on("console", lambda message: tab.problems.append(message.text) if message.type == "error" and "403" not in message.text and "409" not in message.text and "422" not in message.text else None)
    return tab


def sign_in(tab, desk, user):
    tab.goto("/desk/signin")
    tab.fill("#username", user)
    tab.fill("#password", PASSWORD)
    tab.fill("#code", desk.code(user))
    tab.click("form.sign-form button")


def state(tab, words):
    tab.wait_for_function("words => document.querySelector('[data-state]').textContent.includes(words)", arg=words, timeout=12_000)


def test_what_is_typed_keeps_itself_and_is_brought_back_after_closing(desk, browser):
    uid = desk.at(ITEM)
    tab = browser("edit.a", f"/desk/doc/{uid}/edit/audience")
    tab.fill("#f-plain_names", "上户口\n刚打的")
    state(tab, "已自动保存 ")
    tab.fill("#f-short_name", "x" * 200)
    state(tab, "正在填写")
    state(tab, "已自动保存 ")
    again = tab_of(tab.context)
    tab.close()
    again.goto(f"/desk/doc/{uid}/edit/audience")
    assert "有没保存的内容" in again.inner_text(".kept") and again.input_value("#f-plain_names") == "上户口"
    again.click(".kept >> text=恢复")
    assert again.input_value("#f-plain_names") == "上户口\n刚打的" and again.locator(".kept").inner_text().startswith("下面是您")
    again.click(".edit-btns >> text=保存，到下一部分")
    assert again.url.endswith("/edit/limits") and values(desk)["plain_names"] == ("上户口", "刚打的") and not again.problems
    assert autosave(desk, "edit.a", uid, "audience") is None


def test_the_checks_follow_what_is_typed(desk, browser):
    tab = browser("edit.a", f"/desk/doc/{desk.at(ITEM)}/edit/limits")
    tab.fill("#f-promise_limit-days", "90")
    tab.wait_for_selector("[data-side] >> text=承诺时限长于法定时限")
    assert "处不对" in tab.inner_text("[data-secs] [aria-current]")
    tab.click("[data-side] >> text=承诺时限长于法定时限")
    assert tab.evaluate("document.activeElement.id") == "f-promise_limit-days" and not tab.problems


def test_past_the_end_of_the_session_it_stays_in_this_browser_and_comes_back(desk, browser):
    uid = desk.at(ITEM)
    tab = browser("edit.a", f"/desk/doc/{uid}/edit/audience")
    other = tab_of(tab.context)
    other.goto("/desk")
    other.click("text=退出")
    tab.fill("#f-plain_names", "过期以后打的")
    state(tab, "登录已过期，内容先存在本机")
    assert "过期以后打的" in tab.evaluate("JSON.stringify(localStorage)") and autosave(desk, "edit.a", uid, "audience") is None
    before = clock.now()
    with clock.override(lambda: before + timedelta(seconds=31)):
        sign_in(other, desk, "edit.a")
        # the open page finds the new session by itself
        tab.fill("#f-plain_names", "又登录以后接着打的")
        state(tab, "已自动保存")
        assert ("plain_names", "又登录以后接着打的") in autosave(desk, "edit.a", uid, "audience").pairs
        assert "过期以后打的" not in tab.evaluate("JSON.stringify(localStorage)")


def test_a_closed_page_is_brought_back_from_this_browser_to_its_person_alone(desk, browser):
    uid = desk.at(ITEM)
    grant(desk, "edit.b", "editor", org="gongan")
    tab = browser("edit.a", f"/desk/doc/{uid}/edit/materials")
    other = tab_of(tab.context)
    other.goto("/desk")
    other.click("text=退出")
    tab.click("#f-materials > .between [data-act=add]")
    tab.fill("#f-materials-n1-name", "本机里的材料")
    state(tab, "登录已过期")
    tab.close()
    before = clock.now()
    with clock.override(lambda: before + timedelta(seconds=31)):
        sign_in(other, desk, "edit.b")
        other.goto(f"/desk/doc/{uid}/edit/materials")
        assert other.locator("[data-local]").is_hidden() and "本机里的材料" not in other.content()
        other.click("text=退出")
    with clock.override(lambda: before + timedelta(seconds=62)):
        sign_in(other, desk, "edit.a")
        other.goto(f"/desk/doc/{uid}/edit/materials")
        assert "没保存的内容" in other.inner_text("[data-local]")
        other.click("[data-local] >> text=恢复")
        assert other.input_value("#f-materials-2-name") == "本机里的材料"
        other.click(".edit-btns >> text=保存，到下一部分")
        assert [row["name"] for row in values(desk)["materials"]][2:] == ["本机里的材料"] and not other.problems
        other.goto(f"/desk/doc/{uid}/edit/materials")
        assert other.locator("[data-local]").is_hidden()


def test_rows_by_keyboard_end_in_the_draft(desk, browser):
    uid = desk.at(ITEM)
    tab = browser("edit.a", f"/desk/doc/{uid}/edit/materials")
    tab.locator("#f-materials > .between [data-act=add]").press("Enter")
    tab.fill("#f-materials-n1-name", "键盘加的")
    tab.locator("#f-materials-n1 > div > .row-btns [data-act=up]").press("Enter")
    tab.locator("#f-materials-n1-name").press("Enter")           # as a form without buttons would
    tab.wait_for_load_state()
    assert [row["name"] for row in values(desk)["materials"]] == ["居民身份证", "键盘加的", "《申请表》"] and tab.url.endswith("/edit/materials")
    assert autosave(desk, "edit.a", uid, "materials") is None and not tab.problems


def test_rich_text_is_written_kept_and_saved(desk, browser):
    grant(desk, "edit.a", "editor")
    uid = desk.change(lambda site: publication.begin(site.at("news/tongzhi"), "n", "NewsArticle", {"channel": "tongzhi", "title": "停水通知", "body": "第一段。"}, SYSTEM).uid)
    tab = browser("edit.a", f"/desk/doc/{uid}/edit/article")
    area = tab.locator(".rt-area")
    area.click()
    tab.keyboard.press("Control+End")
    tab.keyboard.press("Enter")
    tab.keyboard.type("明天")
    tab.keyboard.press("Control+b")
    tab.keyboard.type("停水")
    tab.keyboard.press("Control+b")
    state(tab, "已自动保存")
    assert any("停水" in value for _, value in autosave(desk, "edit.a", uid, "article").pairs)
    tab.reload()
    tab.click(".kept >> text=恢复")
    tab.wait_for_selector(".rt-area >> text=明天")
    tab.click(".edit-btns >> text=保存，到下一部分")
    body = values(desk, "news/tongzhi/n")["body"]
    assert "明天" in str(body) and "停水" in str(body) and not tab.problems


def test_two_people_see_each_other_and_hear_of_a_save(desk, browser):
    uid = desk.at(ITEM)
    grant(desk, "edit.b", "editor", org="gongan")
    one = browser("edit.a", f"/desk/doc/{uid}/edit/audience")
    two = browser("edit.b", f"/desk/doc/{uid}/edit/audience")
    two.wait_for_function("document.querySelector('[data-here]').textContent.includes('示例edit.a')")
    two.fill("#f-plain_names", "二")
    two.click(".edit-btns >> text='保存'")
    one.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    one.wait_for_selector("[data-moved] >> text=刚保存了新的一份")
    assert "示例edit.b也开着" in one.inner_text("[data-here]") and not one.problems + two.problems


def test_choices_follow_what_is_ticked(desk, browser):
    tab = browser("edit.a", f"/desk/doc/{desk.at(ITEM)}/cases")
    assert "居民身份证" in tab.inner_text("[data-part=try]") and "《申请表》" not in tab.inner_text("[data-part=try] dl")
    tab.get_by_label("补登记要交《申请表》").check()
    tab.wait_for_selector("[data-part=try] dl >> text=《申请表》")
    tab.wait_for_function("!document.querySelector('[data-part=checks]').textContent.includes('没有一种情形要交')")
    assert desk.read(lambda site: site.at(ITEM + "/late").draft) is None
    tab.click(".edit-btns >> text=保存")
    assert values(desk, ITEM + "/late")["use_materials"] == () and not tab.problems


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_and_nu_find_nothing_and_nothing_scrolls_sideways(desk, browser, axe_source, vnu, tmp_path, width):  # noqa: F811
    uid = returned(desk, ("materials.1.name", "写全名"), ("conditions", "再写清楚"))
    desk.change(lambda site: publication.save(site.at(ITEM + "/late"), {**publication.current(site.at(ITEM + "/late")).values, "hint": "新"}, SYSTEM, base=None))
    desk.change(lambda site: publication.act(site.at(ITEM + "/late"), "submit", SYSTEM, openness="主动公开", secrecy=Secrecy("甲", "2026-01-04")))
    late, guide, directory = (desk.at(path) for path in (ITEM + "/late", ITEM + "/guide", "/items/one"))
    grant(desk, "edit.b", "editor", org="gongan")                 # the code of edit.a was used just now
    tab = browser("edit.b", f"/desk/doc/{uid}/edit/audience", width=width)
    tab.fill("#f-plain_names", "存着")
    state(tab, "已自动保存")
    pages = [f"/desk/doc/{uid}", *(f"/desk/doc/{uid}/edit/{name}" for name in ("audience", "audience?restore=1", "materials", "conditions", "access")), f"/desk/doc/{late}/edit/case",
             f"/desk/doc/{guide}/edit/faq", f"/desk/doc/{uid}/cases", "/desk/new", "/desk/new?kind=ImplementationItem", f"/desk/new?directory={directory}", "/desk/new?kind=Question"]
    files = []

    def look(name):
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        tab.evaluate(axe_source)
        found = tab.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")
        assert not found["violations"], (name, [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found["violations"]])
        assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name

    def check(name, text):
        files.append(tmp_path / f"{len(files)}.html")
        files[-1].write_text(text, encoding="utf-8")
    for path in pages:
        check(path, tab.goto(path).text())
        look(path)
    tab.goto(f"/desk/doc/{uid}/edit/audience")
    tab.fill("#f-plain_names", "我的")
    colleague(desk, plain_names=("对方的",))
    with tab.expect_navigation() as answer:
        tab.click(".edit-btns >> text='保存'")
    check("compare", answer.value.text())
    assert answer.value.status == 409
    look("compare")
    tab.goto(f"/desk/doc/{uid}/edit/limits")
    tab.fill("#f-promise_limit-days", "很快")
    with tab.expect_navigation() as answer:
        tab.click(".edit-btns >> text='保存'")
    check("errors", answer.value.text())
    look("errors")
    assert not tab.problems, tab.problems
    found = subprocess.run(["java", "-jar", str(vnu), "--also-check-css", "--errors-only", *map(str, files)], capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr[:3000]
