"""What only a browser shows: the way from a question to a printed guide, keyboard, phone, elder mode, no script, axe, Nu."""
import subprocess

import pytest

pytestmark = pytest.mark.browser

TEMPLATES = ["/", "/services", "/services?for=person&person=%E6%88%B7%E7%B1%8D%E5%8A%9E%E7%90%86", "/services/topics", "/departments", "/places", "/region", "/items/id-card/id-card",
             "/items/id-card/id-card?case=lost", "/items/id-card/id-card/print", "/items/id-card/id-card/form?m=form", "/shared/organisations/gongan", "/shared/places/hall-gongan", "/news/",
             "/news/tongzhi", "/news/tongzhi/n1", "/shared/laws", "/questions/", "/questions/household/q001", "/lifeevents/", "/lifeevents/birth", "/search",
             "/search?q=%E8%BA%AB%E4%BB%BD%E8%AF%81", "/search?q=%E8%AE%B8%E5%8F%AF%E8%AF%81&kind=item&page=2", "/search?q=juzhuzheng", "/search?q=%E3%90%80%E3%90%81%E3%90%82", "/search/hints?q=sfz", "/search?q=qqqq", "/rate", "/pages/about", "/sitemap", "/nothing"]


@pytest.mark.parametrize(("width", "elder"), [(1280, False), (390, False), (1280, True), (390, True)])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, axe_source, width, elder):
    page = open_page("/", width=width, cookies={"elder": "1"} if elder else None)
    base = page.url.rstrip("/")
    for path in TEMPLATES:
        page.goto(base + path)
        page.evaluate(axe_source)
        found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")
        assert not found["violations"], (path, [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]])
        assert len(found["passes"]) > 10
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
    assert not page.problems


def test_nu_checker_finds_nothing(app, vnu, tmp_path):
    names = []
    for number, path in enumerate(TEMPLATES):
        for cookie in ("", "elder=1; contrast=1"):
            name = tmp_path / f"{number}{'e' if cookie else ''}.html"
            name.write_text(app.get(path, headers={"Cookie": cookie} if cookie else {}, expect_errors=True).text, encoding="utf-8")
            names.append(str(name))
    run = subprocess.run(["java", "-jar", str(vnu), "--errors-only", *names], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[:3000]


def test_from_a_question_to_a_printed_guide(open_page):
    """A stranger's walk with the mouse: search in own words, guide, situation, print view, QR code."""
    page = open_page("/")
    page.fill("input[name=q]", "身份证丢了怎么办")
    page.keyboard.press("Enter")
    page.click("main h3 a >> text=居民身份证换领、补领")
    assert "谁能办" in page.inner_text("main")
    page.click(".pick a >> text=丢失补领")
    assert page.url.endswith("?case=lost") and page.locator(".pick [aria-current=true]").inner_text().startswith("丢失补领")
    assert page.locator("#bring tbody tr").count() == 3
    assert page.evaluate("Array.from(document.images).filter(i => i.loading !== 'lazy').every(i => i.complete && i.naturalWidth > 0)")
    page.click("text=打印版")
    assert "情形：丢失补领" in page.inner_text("main") and page.locator("[data-print]").is_visible()
    assert len(page.pdf()) > 20_000 and not page.problems


def test_the_finder_with_the_keyboard_alone(open_page):
    page = open_page("/services")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "个人办事":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**for=person*")
    first = page.inner_text("h2.h-n")
    page.click(".facet a >> nth=0")
    assert page.inner_text("h2.h-n") != first and page.locator(".chip").count() >= 3
    shape = page.evaluate("getComputedStyle(document.querySelector('.facet a')).display")
    assert shape == "flex"


def test_focus_is_seen_on_every_stop(open_page):
    page = open_page("/items/id-card/id-card")
    for _ in range(40):
        page.keyboard.press("Tab")
        style = page.evaluate("(() => { const s = getComputedStyle(document.activeElement); return [document.activeElement.tagName, s.outlineStyle, s.boxShadow]; })()")
        assert style[0] == "BODY" or style[1] != "none" or style[2] != "none", style


def test_elder_mode_enlarges_and_goes_back(open_page):
    page = open_page("/items/id-card/id-card", width=390)
    size = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    page.click("button:has-text('长者版')")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") > size * 1.25
    box = page.locator("button:has-text('返回标准版')").bounding_box()
    assert box["height"] >= 44
    page.click("button:has-text('返回标准版')")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == size


def test_everything_works_without_script(open_page):
    page = open_page("/services", script=False)
    page.click(".tabs a >> text=企业办事")
    page.click(".facet a >> nth=0")
    page.click("main .rows h3 a >> nth=0")
    assert page.locator("h1").count() == 1
    page.click("button:has-text('长者版')")
    assert page.locator("html.elder").count() == 1


@pytest.mark.parametrize("width", [320, 768, 1024])
def test_other_widths_do_not_scroll_sideways(open_page, width):
    page = open_page("/", width=width)
    base = page.url.rstrip("/")
    for path in TEMPLATES[:20]:
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (width, path)


def test_suggestions_with_the_keyboard_alone(open_page):
    """Combobox by ARIA: typed text, arrows, Enter; Escape gives back what was typed; what was asked stays on the device and can be cleared."""
    page = open_page("/search")
    box = page.locator("#sq")
    box.focus()
    page.keyboard.type("juzhuz", delay=20)
    page.wait_for_selector(".find-page .hints li")
    assert box.get_attribute("role") == "combobox" and box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    active = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true" and "居住证" in box.input_value()
    page.keyboard.press("Escape")
    assert box.input_value() == "juzhuz" and box.get_attribute("aria-expanded") == "false"
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".find-page .hints li")
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "居住证" in page.inner_text("h1")
    page.goto(page.url.split("/search")[0] + "/search")
    page.locator("#sq").focus()
    page.wait_for_selector(".find-page .hints li")
    assert "查过" in page.inner_text(".find-page .hints")
    page.locator(".find-page .hints li").last.click()
    assert page.evaluate("window.localStorage.getItem('govportal.asked')") is None
    assert not page.problems


def test_results_with_mouse_phone_and_suggestions_pass_axe(open_page, axe_source):
    for width in (1280, 390):
        page = open_page("/search?q=%E8%BA%AB%E4%BB%BD%E8%AF%81", width=width)
        page.locator("#q").fill("居住")
        page.wait_for_selector(".top .hints li")
        page.evaluate(axe_source)
        found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")
        assert not found["violations"], [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]]
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.keyboard.press("Escape")
        page.click(".kinds a >> text=问答")
        assert "/search?" in page.url and "kind=question" in page.url
        assert not page.problems
