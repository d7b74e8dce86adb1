"""Forms in a browser: rows by keyboard and mouse, pick lists, links of the summary, without script, axe and Nu."""
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

from govportal.content.kinds import all_kinds
from govportal.desk.forms.compare import compare, render_compare
from govportal.desk.forms.look import Problem
from govportal.desk.forms.reading import Outcome, post
from govportal.desk.forms.rendering import render_section
from govportal.desk.forms.sections import SECTIONS, sections_of
from tests.conftest import ITEM
from tests.desk.pages import THEME, page
from tests.desk.test_forms import sample

pytestmark = pytest.mark.browser
KIND = "ImplementationItem"
VALUES = all_kinds()[KIND].validate({**ITEM, "materials": [*ITEM["materials"], {"name": "第三份", "source": "申请人自备"}]})
CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
ENTRIES = [{"value": "hukou", "text": "居民户口簿 [hukou]", "label": "居民户口簿", "detail": "证件证书证明", "fill": {"name": "居民户口簿", "kind": "证件证书证明"}},
           {"value": "photo", "text": "照片 [photo]", "label": "照片", "detail": "", "fill": {}}]


class Handler(BaseHTTPRequestHandler):
    """A desk of one form: draws a section, answers its post as the desk does, and the pick lists."""

    last: Outcome | None = None

    def do_GET(self):
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            body, _, kind = THEME.files[path.split("/", 3)[3]]
            self.answer(body, kind)
        elif path.startswith("/desk/pick/"):
            self.answer(json.dumps({"entries": ENTRIES}).encode(), "application/json")
        elif path == "/compare":
            theirs = {**VALUES, "handled_as": "即办件", "legal_limit": None}
            rows = compare(KIND, "limits", VALUES, theirs)
            self.html(render_compare(KIND, "limits", rows, {}, theme=THEME))
        elif path.strip("/").split("/")[0] in SECTIONS:
            kind, section = path.strip("/").split("/")
            errors = [Problem((sections_of(kind)[0].nodes[0],), "示例的错误")] if "errors" in self.path and section == sections_of(kind)[0].name else []
            self.html(render_section(kind, section, VALUES if kind == KIND else sample(kind), theme=THEME, errors=errors))
        else:
            self.answer(b"", "text/plain", 404)

    def do_POST(self):
        _, kind, section = urlsplit(self.headers["Referer"]).path.split("/")
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        done = Handler.last = post(kind, section, VALUES, parse_qsl(body, keep_blank_values=True))
        shown = done.typed if done.values is None else done.values
        self.html(render_section(kind, section, shown, theme=THEME, errors=done.errors, focus=done.focus, said=done.said))

    def html(self, body):
        self.answer(page(body).replace('action="/post"', "").encode(), "text/html; charset=utf-8")

    def answer(self, body, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", CSP)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def base():
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def opened(chromium, base):  # noqa: F811
    contexts = []

    def opened(path, *, width=1280, script=True):
        context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
        contexts.append(context)
        tab = context.new_page()
        tab.problems = []
        tab.on("console", lambda message: tab.problems.append(message.text) if message.type == "error" and "favicon" not in message.text + str(message.location) else None)
        tab.on("pageerror", lambda error: tab.problems.append(str(error)))
        tab.goto(base + path)
        return tab
    yield opened
    for context in contexts:
        context.close()


def names(tab):
    return tab.locator("#f-materials > .items > .item > summary [data-name]").all_inner_texts()


def said(tab):
    tab.wait_for_timeout(80)
    return tab.inner_text("[data-live]")


def focused(tab):
    return tab.evaluate("(document.activeElement.id || document.activeElement.dataset.act || document.activeElement.tagName) + ''")


def saved(tab):
    with tab.expect_navigation():
        tab.click("#f > .btns .btn")
    return Handler.last


def test_rows_by_keyboard_without_a_page_load(opened):
    tab = opened(f"/{KIND}/materials")
    tab.evaluate("window.stays = true")
    tab.locator("#f-materials-2 > summary").focus()
    tab.keyboard.press("Enter")
    up = tab.locator("#f-materials-2 > div > .row-btns [data-act=up]")
    up.focus()
    tab.keyboard.press("Enter")
    assert said(tab) == "已移到第 2 项" and focused(tab) == "up" and names(tab) == ["居民身份证", "第三份", "《申请表》"]
    tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")
    assert said(tab) == "已经是第一项" and names(tab)[0] == "第三份" and tab.locator("#f-materials-2 summary [data-n]").inner_text() == "1"
    tab.locator("#f-materials-2 > div > .row-btns [data-act=remove]").press("Enter")
    assert said(tab) == "已去掉第 1 项，还有 2 项" and focused(tab) == "SUMMARY"
    tab.locator("#f-materials > .between [data-act=add]").press("Enter")
    assert said(tab) == "已新增第 3 项" and focused(tab).startswith("f-materials-n1-record") and tab.locator("#f-materials-n1").get_attribute("open") is not None
    tab.fill("#f-materials-n1-name", "新的材料")
    assert names(tab)[2] == "新的材料" and tab.evaluate("window.stays") is True
    done = saved(tab)
    assert [row["name"] for row in done.values["materials"]] == ["居民身份证", "《申请表》", "新的材料"] and not tab.problems


def test_pairs_inside_a_row_and_inside_a_new_row(opened):
    tab = opened(f"/{KIND}/materials")
    tab.click("#f-materials > .between [data-act=add]")
    tab.fill("#f-materials-n1-name", "新的材料")
    tab.locator("#f-materials-n1 summary:has-text('样表')").click()
    tab.click("#f-materials-n1-sample-fields [data-act=add]")
    assert focused(tab) == "f-materials-n1-sample-fields-n2-label"
    tab.keyboard.type("姓名")
    tab.keyboard.press("Tab")
    tab.keyboard.type("李××")
    tab.locator("#f-materials-n1 summary:has-text('可以不带')").click()
    tab.check("#f-materials-n1-waivable-0")
    done = saved(tab)
    assert done.values["materials"][3]["sample"] == {"fields": [["姓名", "李××"]]} and done.values["materials"][3]["waivable"] is True
    assert done.values["materials"][:3] == VALUES["materials"] and not tab.problems


def test_rows_are_dragged_by_their_grip(opened):
    tab = opened(f"/{KIND}/materials")
    grip = tab.locator("#f-materials-0 > summary > .grip").bounding_box()
    last = tab.locator("#f-materials-2").bounding_box()
    tab.mouse.move(grip["x"] + 5, grip["y"] + 5)
    tab.mouse.down()
    tab.mouse.move(grip["x"] + 5, last["y"] + 20, steps=8)
    tab.mouse.move(grip["x"] + 5, last["y"] + last["height"] + 10, steps=4)
    tab.mouse.up()
    assert names(tab) == ["《申请表》", "第三份", "居民身份证"] and said(tab) == "已移到第 3 项"
    assert tab.locator("#f-materials-0").get_attribute("open") is None
    assert [row["name"] for row in saved(tab).values["materials"]] == ["《申请表》", "第三份", "居民身份证"] and not tab.problems


def test_rows_without_script_go_by_plain_posts_and_keep_the_focus(opened):
    tab = opened(f"/{KIND}/materials", script=False)
    with tab.expect_navigation():
        tab.click("#f-materials > .between [data-act=add]")
    assert tab.locator("[autofocus]").get_attribute("id") == "f-materials-3-record"
    tab.fill("#f-materials-3-name", "新的材料")
    with tab.expect_navigation():
        tab.click("#f-materials-3 > div > .row-btns [data-act=up]")
    assert names(tab) == ["居民身份证", "《申请表》", "新的材料", "第三份"] and tab.locator("[data-live]").inner_text() == "已移到第 3 项"
    assert tab.locator("[autofocus]").get_attribute("value") == "materials:2:up"
    tab.locator("#f-materials-2-name").press("Enter")
    tab.wait_for_load_state()
    assert [row["name"] for row in Handler.last.values["materials"]] == ["居民身份证", "《申请表》", "新的材料", "第三份"]


def test_a_pick_list_by_keyboard(opened, axe_source):  # noqa: F811
    tab = opened(f"/{KIND}/materials")
    tab.click("#f-materials > .between [data-act=add]")
    box = tab.locator("#f-materials-n1-record")
    box.type("户口", delay=20)
    tab.wait_for_selector(".pick-list li")
    assert box.get_attribute("role") == "combobox" and box.get_attribute("aria-expanded") == "true" and said(tab).startswith("有 2 个可选")
    tab.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == "f-materials-n1-record-l-0"
    tab.evaluate(axe_source)
    assert not tab.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")["violations"]
    tab.keyboard.press("Enter")
    assert box.input_value() == "居民户口簿 [hukou]" and box.get_attribute("aria-expanded") == "false" and names(tab)[3] == "居民户口簿"
    assert tab.input_value("#f-materials-n1-kind") == "证件证书证明"
    tab.keyboard.press("ArrowDown")
    tab.wait_for_selector(".pick-list li")
    tab.keyboard.press("Escape")
    assert tab.locator(".pick-list").count() == 0 and tab.url.endswith("/materials") and not tab.problems


def test_the_summary_leads_into_folded_fields(opened):
    tab = opened(f"/{KIND}/materials")
    tab.locator("#f-materials-1 > summary").click()
    tab.locator("#f-materials-1 .fold summary:has-text('更多要素')").click()
    tab.fill("#f-materials-1-key", "长" * 61)
    saved(tab)
    tab.wait_for_selector(".errs")
    assert focused(tab) == "DIV" and "材料 2，标识：最多 60 个字" in tab.inner_text(".errs")
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
    tab.click(".errs a")
    assert focused(tab) == "f-materials-1-key" and tab.locator("#f-materials-1-key").is_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(opened, axe_source, width):  # noqa: F811
    tab = opened(f"/{KIND}/identity", width=width)
    base = tab.url.rsplit("/", 2)[0]
    for path in [*(f"/{kind}/{one.name}?errors" for kind in SECTIONS for one in sections_of(kind)), "/compare"]:
        tab.goto(base + path)
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        tab.evaluate(axe_source)
        found = tab.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")
        assert not found["violations"], (path, [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]])
        assert tab.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
    assert not tab.problems


def test_nu_checker_finds_nothing(vnu, tmp_path):  # noqa: F811
    files = []
    for kind in SECTIONS:
        for one in sections_of(kind):
            files.append(tmp_path / f"{kind}-{one.name}.html")
            html = render_section(kind, one.name, VALUES if kind == KIND else sample(kind), theme=THEME, errors=[Problem((one.nodes[0],), "示例")])
            files[-1].write_text(page(html), encoding="utf-8")
    files.append(tmp_path / "compare.html")
    files[-1].write_text(page(render_compare(KIND, "limits", compare(KIND, "limits", VALUES, {}), {}, theme=THEME)), encoding="utf-8")
    run = subprocess.run(["java", "-jar", str(vnu), "--errors-only", *map(str, files)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[:3000]
