"""The editor in Chromium at the signed-in desk, by keyboard and mouse: what is written, pasted and uploaded arrives as blocks."""
import re
import struct
import threading
import zlib
from urllib.parse import parse_qs

import pytest
from waitress.server import create_server
from webob import Request, Response

from govportal.content.richtext import HTML_MARK, from_markup, read
from govportal.desk.forms.rendering import render_section
from govportal.web.security import CSP
from tests.content.test_files import PDF
from tests.content.test_richtext import PASTED, UID, harmless
from tests.desk.conftest import PASSWORD
from tests.desk.pages import THEME, page

pytestmark = pytest.mark.browser
START = {"title": "关于本站", "body": (("h", "办什么"), ("p", "第一段。"), ("li", "甲"), ("li", "乙"), ("p", "最后一段。"))}


class Stage:
    """The desk, and beside it one page with the form of a Page document; what is posted is kept."""

    def __init__(self, desk):
        self.desk, self.posts, self.values, self.kind, self.section = desk, [], START, "Page", "page"
        self.server = create_server(self, host="127.0.0.1", port=0, threads=4)
        self.base = f"http://127.0.0.1:{self.server.effective_port}"
        threading.Thread(target=self.server.run, daemon=True).start()

    def __call__(self, environ, start):
        request = Request(environ)
        if request.path != "/desk/try":
            return self.desk.wsgi(environ, start)
        if request.method == "POST":
            self.posts.append({name: values[0] for name, values in parse_qs(request.body.decode(), keep_blank_values=True).items()})
        account = Request.blank("/desk/account", headers={"Cookie": request.headers.get("Cookie", "")}, environ={"REMOTE_ADDR": "127.0.0.1"}).get_response(self.desk.wsgi)
        token = re.search(r'name="csrf" value="([0-9a-f]+)"', account.text)
        body = f'<input type="hidden" name="csrf" value="{token[1] if token else ""}">' + str(render_section(self.kind, self.section, self.values, theme=THEME))
        script = f'<script src="{THEME.url("desk-richtext.js")}" defer></script>'
        response = Response(page(body, head=script).replace('action="/post"', 'action="/desk/try"'), content_type="text/html", charset="utf-8")
        response.headers["Content-Security-Policy"] = CSP
        return response(environ, start)

    def body(self):
        """Blocks of the last post."""
        return read(self.posts[-1]["body"].replace("\r\n", "\n")).blocks


@pytest.fixture
def stage(desk):
    made = Stage(desk)
    yield made
    made.server.close()


@pytest.fixture
def editor(chromium, stage):  # noqa: F811
    """``editor()``: the form's page, signed in, with the editor ready; fails on console errors and foreign requests."""
    contexts = []

    def opened(*, width=1280, script=True, user="edit.a"):
        context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=script)
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(6000)
        tab.problems = []
        tab.on("console", lambda message: tab.problems.append(message.text) if message.type == "error" and "422" not in message.text and "404" not in message.text else None)
        tab.on("pageerror", lambda error: tab.problems.append(str(error)))
        tab.on("request", lambda request: tab.problems.append(request.url) if not request.url.startswith((stage.base, "blob:")) else None)
        tab.goto(stage.base + "/desk/signin")
        tab.fill("[name=username]", user), tab.fill("[name=password]", PASSWORD), tab.fill("[name=code]", stage.desk.code(user))
        tab.click("main form button")
        tab.wait_for_url("**/desk")
        tab.goto(stage.base + "/desk/try")
        if script and stage.kind == "Page":
            tab.wait_for_selector(".rt-area[contenteditable=true]")
        return tab
    yield opened
    for context in contexts:
        context.close()


def save(tab):
    tab.click("form#f > .btns button")
    tab.wait_for_load_state()


def paste(tab, html="", text=""):
    tab.evaluate("""([html, text]) => { const data = new DataTransfer(); if (html) { data.setData('text/html', html); } data.setData('text/plain', text);
        document.querySelector('.rt-area').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })); }""", [html, text])


def end(tab):
    tab.focus(".rt-area")
    tab.keyboard.press("Control+End")


def photo(width=320, height=200):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + b"\x0f\x56\x4f" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_an_untouched_text_goes_back_as_it_was(editor, stage):
    tab = editor()
    assert tab.is_hidden("textarea[name=body]") and tab.get_attribute("[data-do=undo]", "aria-disabled") == "true"
    tab.click(".rt-area p >> nth=0")
    assert tab.get_attribute("[data-do=undo]", "aria-disabled") == "true"
    save(tab)
    assert not stage.posts[-1]["body"].startswith(HTML_MARK) and stage.body() == START["body"] and tab.problems == []


def test_writing_by_keyboard_alone(editor, stage):
    tab = editor()
    tab.focus("[name=summary]")
    for _ in range(4):                                   # summary → toolbar (one stop) → area
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.matches('.rt-b')"):
            break
    assert tab.evaluate("document.activeElement.textContent") == "段落"
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.textContent") == "小标题"
    tab.keyboard.press("End")
    assert tab.evaluate("document.activeElement.textContent") == "重做"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.matches('.rt-area')")
    tab.keyboard.press("Control+End")
    tab.keyboard.press("Enter")
    tab.keyboard.type("新的")
    tab.keyboard.press("Control+b")
    tab.keyboard.type("粗字")
    tab.keyboard.press("Control+b")
    tab.keyboard.type("，完。")
    tab.keyboard.press("Enter")
    tab.keyboard.type("变成标题")
    tab.keyboard.press("Alt+F10")
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")                          # 小标题
    tab.keyboard.press("End")
    tab.keyboard.press("Enter")
    tab.keyboard.type("一")
    tab.keyboard.press("Alt+F10")
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.activeElement.textContent") == "编号"
    tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")
    tab.keyboard.type("二")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Enter")                          # an empty item leaves the list
    tab.keyboard.type("列表之后")
    save(tab)
    assert stage.body() == (*START["body"], ("p", ("新的", {"strong": "粗字"}, "，完。")), ("h", "变成标题"), ("ol", "一"), ("ol", "二"), ("p", "列表之后")) and tab.problems == []


def test_blocks_are_changed_back_and_forth_and_undone(editor, stage):
    tab = editor()
    tab.click(".rt-area li:nth-child(1)")
    tab.wait_for_selector("[data-do=ul][aria-pressed=true]")
    tab.click("[data-do=ul]")                            # out of the list
    assert tab.eval_on_selector_all(".rt-area > *", "all => all.map(one => one.tagName + ':' + one.textContent)")[1:4] == ["P:第一段。", "P:甲", "UL:乙"]
    tab.click("[data-do=blockquote]")
    tab.click("[data-do=ol]")
    assert "OL:甲" in tab.eval_on_selector_all(".rt-area > *", "all => all.map(one => one.tagName + ':' + one.textContent)")
    for _ in range(3):
        tab.keyboard.press("Control+z")
    save(tab)
    assert stage.body() == START["body"]
    tab.wait_for_selector(".rt-area[contenteditable=true]")
    tab.click(".rt-area h2")
    tab.keyboard.press("Control+a")
    tab.click("[data-do=ol]")
    save(tab)
    assert stage.body() == tuple(("ol", text) for text in ("办什么", "第一段。", "甲", "乙", "最后一段。")) and tab.problems == []


def test_undo_and_redo_of_typing(editor, stage):
    tab = editor()
    end(tab)
    tab.keyboard.type("甲字")
    tab.wait_for_timeout(400)
    tab.keyboard.type("乙字")
    tab.wait_for_timeout(400)
    tab.click("[data-do=undo]")
    assert tab.inner_text(".rt-area p:last-child") == "最后一段。甲字"
    tab.click("[data-do=redo]")
    assert tab.inner_text(".rt-area p:last-child") == "最后一段。甲字乙字"
    tab.keyboard.press("Control+z"), tab.keyboard.press("Control+z"), tab.keyboard.press("Control+z")
    assert "没有可以撤销的了" in tab.inner_text(".rt-status")
    tab.keyboard.type("丙")
    save(tab)
    assert stage.body() == (*START["body"][:-1], ("p", "最后一段。丙"))


def test_a_link_is_checked_and_made_and_taken_off(editor, stage):
    tab = editor()
    tab.click(".rt-area > p >> nth=0")
    tab.keyboard.press("Home")
    tab.keyboard.press("Shift+End")
    tab.keyboard.press("Control+k")
    tab.fill(".rt-panel input", "javascript:alert(1)")
    tab.keyboard.press("Enter")
    assert "不能用" in tab.inner_text(".rt-panel .err") and tab.get_attribute(".rt-panel input", "aria-invalid") == "true"
    tab.fill(".rt-panel input", "www.gov.cn/x")
    tab.keyboard.press("Enter")
    assert tab.get_attribute(".rt-area a", "href") == "https://www.gov.cn/x" and tab.is_hidden(".rt-panel")
    save(tab)
    assert stage.body()[1] == ("p", ({"a": "第一段。", "href": "https://www.gov.cn/x"},))
    stage.values = {**START, "body": stage.body()}
    tab.goto(stage.base + "/desk/try")
    tab.wait_for_selector(".rt-area a")
    tab.click(".rt-area a")
    tab.click("[data-do=link]")
    assert tab.input_value(".rt-panel input") == "https://www.gov.cn/x"
    tab.click("text=去掉链接")
    save(tab)
    assert stage.body() == START["body"] and tab.problems == []


def test_a_table_is_made_filled_and_changed(editor, stage):
    tab = editor()
    end(tab)
    tab.click("[data-do=table]")
    tab.fill(".rt-panel input >> nth=1", "99")
    tab.keyboard.press("Enter")
    assert "1 到 12" in tab.inner_text(".rt-panel .err:not([hidden])")
    tab.fill(".rt-panel input >> nth=1", "2")
    tab.keyboard.press("Enter")
    for word in ("名称", "份数", "身份证", "一"):
        tab.keyboard.type(word)
        tab.keyboard.press("ArrowRight")
    for words in ("在右边加一列", "去掉这一行"):
        tab.click(".rt-area td >> nth=-1")
        tab.click("[data-do=table]")
        tab.click(f"text={words}")
    save(tab)
    assert stage.body()[-1] == ("table", {"header": True, "rows": (("名称", "份数", ""), ("身份证", "一", ""))}) and tab.problems == []


def test_a_picture_needs_words_and_is_changed_by_keyboard(editor, stage):
    tab = editor()
    end(tab)
    tab.click("[data-do=picture]")
    tab.set_input_files(".rt-panel input[type=file]", {"name": "大厅.png", "mimeType": "image/png", "buffer": photo()})
    tab.click("text=插入图片")
    assert "请写说明文字" in tab.inner_text(".rt-panel .err:not([hidden])")
    tab.keyboard.type("一楼大厅")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".rt-area figure img")
    assert tab.evaluate("(async () => { const i = document.querySelector('.rt-area img'); await i.decode(); return i.naturalWidth; })()") == 320
    assert "未扫描" in tab.inner_text(".rt-status")
    tab.focus(".rt-area figure")
    tab.keyboard.press("Enter")
    tab.fill(".rt-panel input >> nth=0", "二楼大厅")
    tab.fill(".rt-panel input >> nth=1", "图 1")
    tab.keyboard.press("Enter")
    save(tab)
    tag, value = stage.body()[-1]
    assert tag == "img" and (value["alt"], value["caption"]) == ("二楼大厅", "图 1") and stage.desk.read(lambda site: site.files.get(value["file"]).pixels) == (320, 200)
    stage.values = {**START, "body": stage.body()}
    tab.goto(stage.base + "/desk/try")
    tab.focus(".rt-area figure")
    tab.keyboard.press("Delete")
    save(tab)
    assert stage.body() == START["body"] and tab.problems == []


def test_an_upload_that_is_refused_says_why_and_keeps_the_panel(editor, stage):
    tab = editor()
    tab.click("[data-do=picture]")
    tab.set_input_files(".rt-panel input[type=file]", {"name": "x.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"})
    tab.fill(".rt-panel input >> nth=1", "图")
    tab.keyboard.press("Enter")
    tab.wait_for_selector(".rt-panel .err:not([hidden])")
    assert "不是可以接收的文件" in tab.inner_text(".rt-panel .err:not([hidden])") and tab.input_value(".rt-panel input >> nth=1") == "图"


def test_paste_from_word_arrives_clean(editor, stage):
    tab = editor()
    end(tab)
    paste(tab, (PASTED / "word.html").read_text(encoding="utf-8"), "文字")
    tab.wait_for_selector(".rt-area table")
    assert harmless(tab.inner_html(".rt-area"))
    assert "1 张图片没有带过来" in tab.inner_text(".rt-status")
    save(tab)
    assert stage.body()[:5] == START["body"] and stage.body()[5] == ("h", "2026年度城乡居民基本医疗保险参保通知") and ("ol", "户口簿") in stage.body() and stage.body()[-1][0] == "table"


def test_paste_in_the_middle_of_a_line_and_plain_text(editor, stage):
    tab = editor()
    tab.click(".rt-area > p >> nth=0")
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowRight")
    paste(tab, "<b onclick=alert(1)>粗</b>", "粗")
    tab.wait_for_selector(".rt-area strong")
    tab.keyboard.type("！")
    end(tab)
    paste(tab, "", "**星号**\n\n<script>alert(1)</script>")
    save(tab)
    assert stage.body()[1] in (("p", ("第", {"strong": "粗"}, "！一段。")), ("p", ("第", {"strong": "粗！"}, "一段。"))) and stage.body()[-2:] == (("p", "**星号**"), ("p", "<script>alert(1)</script>")) and tab.problems == []


def test_pasted_script_does_not_run(editor, stage):
    tab = editor()
    tab.evaluate("window.ran = 0")
    end(tab)
    paste(tab, (PASTED / "web.html").read_text(encoding="utf-8") + "<img src=x onerror='window.ran=1'><svg onload='window.ran=1'>", "x")
    tab.wait_for_selector(".rt-area blockquote")
    assert tab.evaluate("window.ran") == 0 and tab.evaluate("document.querySelectorAll('.rt-area [onclick], .rt-area script, .rt-area svg').length") == 0


def test_without_script_the_field_holds_light_markup(editor, stage):
    tab = editor(script=False)
    assert tab.input_value("textarea[name=body]") == "## 办什么\n\n第一段。\n\n- 甲\n- 乙\n\n最后一段。"
    tab.fill("textarea[name=body]", "## 新\n**粗**的\n| 表 | 格 |\n| --- | --- |\n| 甲 | 乙 |")
    save(tab)
    assert stage.body() == (("h", "新"), ("p", ({"strong": "粗"}, "的")), ("table", {"header": True, "rows": (("表", "格"), ("甲", "乙"))}))


def test_when_the_server_does_not_answer_the_plain_field_is_there(editor, stage):
    tab = editor()
    tab.route("**/desk/richtext/clean", lambda route: route.abort())
    tab.goto(stage.base + "/desk/try")
    tab.wait_for_selector("textarea[name=body]:visible")
    assert "编辑器没有打开" in tab.inner_text(".rt-status")
    tab.fill("textarea[name=body]", "只有**文字**")
    save(tab)
    assert stage.body() == from_markup("只有**文字**")


def test_a_file_is_uploaded_beside_its_field(editor, stage):
    stage.kind, stage.values = "NewsArticle", {"channel": "tongzhi", "title": "通知", "attachments": ({"title": "表", "file": ""},)}
    from govportal.desk.forms.sections import sections_of
    stage.section = next(one.name for one in sections_of("NewsArticle") if "attachments" in one.nodes)
    tab = editor()
    tab.wait_for_selector(".up-file", state="attached")
    tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    tab.set_input_files(".up-file >> nth=0", {"name": "坏.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ\x90\0" * 9})
    tab.wait_for_selector(".up [role=status]:has-text('不是可以接收')")
    tab.set_input_files(".up-file >> nth=0", {"name": "申请表.pdf", "mimeType": "application/pdf", "buffer": PDF})
    tab.wait_for_selector(".up [role=status]:has-text('已上传')")
    assert re.fullmatch("file:[0-9a-f]{32}", tab.input_value("input[data-upload] >> nth=0")) and "未扫描" in tab.inner_text(".up [role=status] >> nth=0")
    assert tab.get_attribute(".up a >> nth=0", "href") == "/desk/files/" + tab.input_value("input[data-upload] >> nth=0")[5:] and tab.problems == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_editor_is_accessible_and_fits(editor, stage, axe_source, width):  # noqa: F811
    stage.values = {**START, "body": (*START["body"], ("table", {"header": True, "rows": (("名称", "份数"), ("身份证", "1"))}), ("img", {"file": f"file:{UID}", "alt": "大厅"}))}
    tab = editor(width=width)
    tab.click("[data-do=picture]")
    tab.evaluate(axe_source)
    found = tab.evaluate("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(made => made.violations.map(one => one.id + ' ' + one.nodes.map(node => node.html).join(' | ')))")
    assert [line for line in found if ".rt" in line or "rt-" in line or "contenteditable" in line] == [], found
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
