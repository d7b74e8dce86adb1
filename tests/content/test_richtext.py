"""Rich text: what people paste and type becomes blocks, blocks become what people see, and no script survives on any way."""
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import colander
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govportal.content import transfer
from govportal.content.blocks import MARKS, body, grouped, is_block, normal_all, plain, safe_href, text_of
from govportal.content.fields import problems
from govportal.content.paste import TooLong
from govportal.content.richtext import HTML_MARK, from_html, from_markup, inline_html, read, to_html, to_markup

PASTED = Path(__file__).parent / "pasted"
UID = "0123456789abcdef0123456789abcdef"
EVIL = ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "[x](javascript:alert(1))", "<svg onload=alert(1)>", "\" onmouseover=\"x",
        "<a href='jav&#x09;ascript:alert(1)'>x</a>", "data:text/html,<script>1</script>", "]]><script>", "{{7*7}}${7*7}<tal:x content=\"1\"/>")
# The longest way round: each kind of block and run, written by hand in canonical shape.
BODY = (("h", "办理条件"), ("p", ("请带", {"strong": ("身份证", {"em": "原件"})}, "，见", {"a": ("指南", {"sup": "1"}), "href": "/items/one"}, {"br": True}, "H", {"sub": "2"}, "O")),
        ("h3", "1. 看起来像编号"), ("li", "甲"), ("li", "- 乙"), ("ol", "一"), ("ol", "二"), ("p", "1. 不是编号"), ("quote", "引文"), ("p", "5*3=15，2*2=4，[注]，a|b，<b>，\\"),
        ("table", {"header": True, "rows": (("名称", "份数"), ("身份证|户口簿", ""), (("多", {"br": True}, "行"), "---"))}),
        ("table", {"header": False, "rows": (("甲",),)}), ("img", {"file": f"file:{UID}", "alt": "大厅[一楼]", "caption": "图 1 “示例”\\"}), ("p", "![看](file:x)"))


def check(value, name="body"):
    return body(name).deserialize(value)


# -- data

def test_old_bodies_stay_as_they_are():
    old = [{"p": " 一段，有 *星号* 和 [括号](x)\n第二行 "}, "裸的一段", ["h", "标题"], ("li", "项"), {"quote": "引"}, {"h3": 12}, {"p": "  "}]
    kept = (("p", "一段，有 *星号* 和 [括号](x)\n第二行"), ("p", "裸的一段"), ("h", "标题"), ("li", "项"), ("quote", "引"), ("h3", "12"))
    assert check(old) == kept and check(kept) == kept and check("一\n\n二") == (("p", "一"), ("p", "二")) and check(None) is body().missing
    assert yaml.safe_dump(transfer._plain(kept), allow_unicode=True).startswith("- - p\n  - '一段")


def test_runs_are_kept_in_one_canonical_shape():
    raw = [{"p": ["请", {"strong": "本"}, {"strong": ["人", {"a": "来", "href": "https://x.cn/a b(1)"}]}, {"em": ""}, {"br": True}, {"br": True}]},
           {"h": [{"strong": "题"}]}, {"table": {"rows": [["a"], ["b", {"strong": "c"}]]}}, {"table": {"rows": [["", ""]]}}, {"img": {"file": f"file:{UID}", "alt": " 大 厅 "}}]
    clean = (("p", ("请", {"strong": "本人"}, {"a": ({"strong": "来"},), "href": "https://x.cn/a%20b%281%29"})), ("h", "题"),
             ("table", {"header": False, "rows": (("a", ""), ("b", ({"strong": "c"},)))}), ("img", {"file": f"file:{UID}", "alt": "大 厅"}))
    assert check(raw) == clean and check(clean) == clean and all(map(is_block, clean))


@pytest.mark.parametrize(("raw", "word"), [
    ({"p": [{"a": "x", "href": "javascript:alert(1)"}]}, "第 2 段.*不能用"), ({"p": [{"b": "x"}]}, "不认识的格式“b”"), ({"p": [{"strong": "x", "em": "y"}]}, "不认识的格式"), ({"p": "a\x00b"}, "控制字符"),
    ({"img": {"file": f"file:{UID}"}}, "说明文字"), ({"img": {"file": "https://x.cn/a.png", "alt": "x"}}, "文件编号"), ({"img": "x"}, "文件编号"), ({"script": "x"}, "之一"),
    ({"table": {"rows": "x"}}, "表格要写成"), ({"table": [["a"]]}, "表格要写成"), ({"table": {"rows": [["x"] * 31]}}, "太大"), ({"p": "甲" * 200_001}, "超过"),
    ({"p": __import__("functools").reduce(lambda inner, _: [inner], range(40), "x")}, "太多层")])
def test_wrong_blocks_are_refused_in_words(raw, word):
    with pytest.raises(colander.Invalid) as caught:
        check([{"p": "好的一段"}, raw])
    assert re.search(word, problems(caught.value)[0][1])


@pytest.mark.parametrize(("href", "kept"), [
    ("https://www.gov.cn/a?b=1#c", "https://www.gov.cn/a?b=1#c"), ("HTTP://x.cn", "http://x.cn"), ("tel:12345", "tel:12345"), ("mailto:a.b@x.gov.cn", "mailto:a.b@x.gov.cn"), (" /items/one?x=1 ", "/items/one?x=1"),
    ("https://示例.政务/路径", "https://示例.政务/路径"), ("/x (1)", "/x%20%281%29"),
    *((bad, "") for bad in ("", "//evil.cn/", "/\\evil.cn", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:x", "\x01javascript:x", "data:text/html,x", "vbscript:x", "file:///c:/a", "blob:x",
                            "https://good.cn@evil.cn/", "https://good.cn:80@evil.cn", "https:evil", "https://", "ftp://x", "relative/x", "#x", "tel:<b>", "mailto:x", "http://x.cn/" + "a" * 2000, "http:\\\\x.cn"))])
def test_only_these_addresses_become_links(href, kept):
    assert safe_href(href) == kept and safe_href(kept) == kept


def test_plain_text_of_every_kind_of_block():
    assert plain(BODY).splitlines()[:3] == ["办理条件", "请带身份证原件，见指南1 H2O", "1. 看起来像编号"] and "名称 份数\n身份证|户口簿\n多 行 ---" in plain(BODY) and "大厅[一楼] 图 1 “示例”\\" in plain(BODY)
    assert plain(()) == plain(None) == "" and [tag for tag, _ in grouped(BODY)].count("ol") == 1


# -- pasted

def pasted(name):
    return from_html((PASTED / f"{name}.html").read_text(encoding="utf-8"))


def test_word():
    blocks, remarks = pasted("word")
    assert blocks == (
        ("h", "2026年度城乡居民基本医疗保险参保通知"),
        ("p", ("各参保居民请于", {"strong": "12月31日"}, "前缴费，每人 400 元。面积以m", {"sup": "2"}, "计，详见", {"a": "参保办法", "href": "https://www.example.gov.cn/notice?id=1&x=2"}, "或附件文件。")),
        ("h", "一、办理方式"), ("li", "窗口办理"), ("li", "网上办理"), ("h", "（一）所需材料"), ("ol", "身份证"), ("ol", "户口簿"), ("p", "第三条\u3000逾期不补办。"),
        ("table", {"header": True, "rows": (("人员", "标准", ""), ("居民", ("400 元", {"br": True}, "（全年）"), ""), ("", "200 元", "困难"))}))
    assert len(remarks) == 3 and any("1 张图片没有带过来" in line for line in remarks) and any("合并的单元格" in line for line in remarks) and any("1 处链接" in line for line in remarks)


def test_wps():
    blocks, remarks = pasted("wps")
    assert blocks == (
        ("h", "办事须知"), ("p", ("请带好材料，", {"strong": "本人到场"}, {"em": "（重要）"})), ("li", "第一样"), ("li", "第二样"), ("ol", "填表"), ("ol", ({"strong": "交表"},)),
        ("p", "5．这里的号不接着上面"), ("p", "（1）带括号的号是正文"), ("p", "普通的一段 1.5 米"), ("table", {"header": False, "rows": (("姓名", "张三"),)}))
    assert remarks == ("有 1 张图片没有带过来：请用“图片”按钮从电脑上选它",)


def test_a_web_page():
    blocks, remarks = pasted("web")
    assert blocks == (
        ("h3", "标题"), ("p", ("一段", {"br": True}, "换行")), ("p", ("另一段 ", {"strong": "粗"})), ("li", "甲"), ("li", "甲一"), ("li", ("乙", {"br": True}, "续乙")), ("ol", "一"), ("ol", "二"),
        ("quote", "引一"), ("quote", "引二"), ("p", ("坏外", {"a": "内", "href": "/items/one"})), ("img", {"file": f"file:{UID}", "alt": "办事大厅", "caption": "一楼大厅"}),
        ("p", ("代码", {"br": True}, "第二行")))
    assert any("2 张图片" in line for line in remarks)


@pytest.mark.parametrize(("html", "blocks"), [
    ("<p>　　段首两格 </p><p>&nbsp;</p><p>　</p>", (("p", "段首两格"),)), ("前<div>中</div>后", (("p", "前"), ("p", "中"), ("p", "后"))), ("只有文字", (("p", "只有文字"),)), ("", ()),
    ("<td>散的</td>", (("p", "散的"),)), ("<table><caption>题</caption><tr><td>a<table><tr><td>内</td><td>层</td></tr></table></td></tr></table>", (("p", "题"), ("table", {"header": False, "rows": ((("a", {"br": True}, "内 层"),),)}))),
    ("<table><tr><td>甲<ul><li>一</li><li>二</li></ul></td></tr></table>", (("table", {"header": False, "rows": ((("甲", {"br": True}, "一", {"br": True}, "二"),),)}),)),
    ("<table><tr>" + "<td>x</td>" * 40 + "</tr></table>", (("p", "　".join("x" * 40)),)), ("<a href='#top'>回顶</a>", (("p", "回顶"),)), ("<p>中文\n换行 and\nEnglish</p>", (("p", "中文换行 and English"),)),
    (f"<ol><li>看图<img data-file={UID} alt=图></li><li>乙</li></ol>", (("ol", "看图"), ("img", {"file": f"file:{UID}", "alt": "图"}), ("ol", "乙"))),
    (f"<p>前<img src=/files/{UID}/a.png alt=图>后</p>", (("p", "前"), ("img", {"file": f"file:{UID}", "alt": "图"}), ("p", "后"))), (f"<img src='https://evil.cn/files/{UID}/a.png'>", ())])
def test_odd_html(html, blocks):
    if html.startswith("<ol>"):
        blocks = (blocks[0], blocks[1], blocks[2])
    assert from_html(html)[0] == blocks


def test_too_much_is_refused_quickly():
    for html in ("<div>" * 200_000, "x" * 3_000_001, "<p>x" * 100_001, "&" * 100_001):
        began = time.monotonic()
        with pytest.raises(TooLong, match="先粘贴成纯文字|分几次"):
            from_html(html)
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("html", ["<table><tr>" + "<td rowspan=1000>甲" * 2000 + "<tr>" * 9000, "<table>" + "<tr><td colspan=30 rowspan=1000>甲" * 2500])
def test_a_table_of_merged_cells_without_end_is_not_filled(html):
    began = time.monotonic()
    blocks, remarks = from_html(html)
    assert time.monotonic() - began < 2 and any("表格" in words for words in remarks)
    assert not any(kind == "table" for kind, _ in blocks) and plain(blocks).count("甲") == html.count("甲")


@pytest.mark.parametrize("text", ["[*" * 20_000, "[a](/u)" * 8_000, "**a*" * 10_000, "|" * 20_000, "![\\" * 20_000, "[a" * 10_000 + "](/u)" * 10_000, "<sub>" * 20_000, "\\" * 40_001])
def test_hostile_markup_is_read_in_linear_time(text):
    began = time.monotonic()
    from_markup(text)
    assert time.monotonic() - began < 3


# -- round trips

def test_every_kind_of_block_makes_the_rounds():
    assert check(BODY) == BODY
    assert from_html(to_html(BODY)) == (BODY, ())
    assert from_markup(to_markup(BODY)) == BODY
    assert check(yaml.safe_load(yaml.safe_dump(transfer._plain(BODY), allow_unicode=True))) == BODY
    assert read(HTML_MARK + to_html(BODY)).blocks == read(to_markup(BODY)).blocks == BODY


def test_the_markup_is_what_people_would_write():
    assert to_markup(normal_all([("h", "条件"), ("p", ("请带", {"strong": "证"}, "，见", {"a": "指南", "href": "/x"})), ("li", "甲"), ("li", "乙"), ("ol", "一"), ("ol", "二"), ("p", "50% 的人 (例) 3-5 天_x")])) == \
        "## 条件\n\n请带**证**，见[指南](/x)\n\n- 甲\n- 乙\n\n1. 一\n2. 二\n\n50% 的人 (例) 3-5 天_x"
    assert from_markup("一行\n二行\n\n　　三行\n# 不是标题\n-不是项\n1.不是号") == tuple(("p", text) for text in ("一行", "二行", "三行", "# 不是标题", "-不是项", "1.不是号"))
    assert from_markup("|a|b|\n|--|--|\n| c\n没完 **粗") == (("table", {"header": True, "rows": (("a", "b"), ("c", ""))}), ("p", "没完 **粗"))


TEXT = st.text(st.sampled_from("甲乙a1 *_[]()<>|!\\-#`\"'&.。:/　~=+") | st.characters(blacklist_categories=("Cs", "Cc", "Cf"), blacklist_characters="\u00a0\u2028\u2029\ufffc"), max_size=14).map(lambda text: re.sub(" +", " ", text))
HREF = st.sampled_from(("/items/one", "https://x.cn/a?b=1&c=2", "tel:12345", "mailto:a@x.cn"))
RUN = st.recursive(TEXT, lambda inner: st.one_of(st.tuples(st.sampled_from(MARKS), inner).map(lambda pair: {pair[0]: pair[1]}), st.tuples(inner, HREF).map(lambda pair: {"a": pair[0], "href": pair[1]}),
                                                 st.lists(inner, max_size=4), st.just({"br": True})), max_leaves=8)
BLOCK = st.one_of(st.tuples(st.sampled_from(("p", "h", "h3", "li", "ol", "quote")), RUN),
                  st.tuples(st.just("table"), st.fixed_dictionaries({"header": st.booleans(), "rows": st.lists(st.lists(RUN, min_size=1, max_size=4), min_size=1, max_size=4)})),
                  st.tuples(st.just("img"), st.fixed_dictionaries({"file": st.just(f"file:{UID}"), "alt": TEXT, "caption": TEXT})))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(BLOCK, max_size=5))
def test_blocks_make_the_round_through_markup_and_schema(raw):
    blocks = normal_all(raw)
    assert normal_all(blocks) == blocks
    assert from_markup(to_markup(blocks)) == blocks
    if all(value["alt"] for tag, value in blocks if tag == "img"):
        assert check(blocks) == blocks == check(yaml.safe_load(yaml.safe_dump(transfer._plain(blocks), allow_unicode=True)))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(BLOCK, max_size=5))
def test_blocks_make_the_round_through_html(raw):
    blocks = normal_all(raw)
    once = from_html(to_html(blocks))[0]
    assert plain(once).split() == plain(blocks).split()
    if not re.search(r"\s", plain(blocks).replace("\n", "")):     # a browser shows neighbouring blanks as one, so they are not kept
        assert once == blocks
    assert from_html(to_html(once))[0] == once


# -- safety

class Seen(HTMLParser):
    """What a browser would act on in HTML."""

    def __init__(self, html):
        super().__init__()
        self.bad = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        allowed = {"p", "h2", "h3", "ul", "ol", "li", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img", "a", "strong", "em", "sub", "sup", "br"}
        if tag not in allowed:
            self.bad.append(tag)
        for name, value in attrs:
            ok = {"href": safe_href(value or "") == value, "src": bool(re.fullmatch(r"/desk/files/[0-9a-f]{32}", value or "")), "alt": True, "data-file": True, "scope": value == "col"}
            if not ok.get(name):
                self.bad.append((tag, name, value))


def harmless(html):
    return Seen(html).bad == []


@pytest.mark.parametrize("evil", EVIL)
def test_a_script_stored_in_any_run_is_text(evil):
    hostile = normal_all([*((tag, evil) for tag in ("p", "h", "h3", "li", "ol", "quote")), *(("p", {mark: evil}) for mark in MARKS), ("p", {"a": evil, "href": "/x"}),
                          ("table", {"header": True, "rows": [[evil, {"strong": evil}], [evil, ""]]}), ("img", {"file": f"file:{UID}", "alt": evil, "caption": evil})])
    html = to_html(hostile)
    assert harmless(html) and plain(hostile).count(text_of(evil)) == 16
    assert from_html(html)[0] == hostile and from_markup(to_markup(hostile)) == hostile
    # stored by a way around the schema
    assert inline_html({"a": "x", "href": "javascript:alert(1)"}) == "x" and inline_html({"script": evil}) == "" and harmless(inline_html(({"a": evil, "href": evil}, {"strong": [evil]})))


def test_pasted_script_is_gone():
    for name in ("word", "wps", "web"):
        assert harmless(to_html(pasted(name)[0]))
    for evil in EVIL:
        assert harmless(to_html(from_html(evil)[0])) and harmless(to_html(from_html(f"<p>{evil}</p><a href=\"{evil}\">x</a><img src=\"{evil}\" alt='{evil}' data-file='{evil}'>")[0]))


SCRAPS = st.lists(st.sampled_from(("<p>", "</p>", "<b ", "<a href=", "javascript:", "java&#10;script:", "alert(1)", "\"", "'", ">", "<", "/", "onerror=", "<img src=x ", "<svg>", "</svg>", "<style>", "</style>", "<!--", "-->", "<![if !x]>",
                                   "<![CDATA[", "]]>", "<table>", "<td>", "</td>", "<tr>", "<li>", "<ul>", "<math>", "<mtext>", "<template>", "<noscript>", "<textarea>", "<title>", "&lt;", "&#60;", "script", "\x00", "<script>",
                                   "</script>", "<p style='mso-list:l0 level1'>", "<span style='mso-list:Ignore'>", "1.", "·", "甲", " ", "data:", f"data-file={UID}", "<br>", "<thead>", "<th colspan=9>", "<td rowspan=3>", "<figcaption>",
                                   "[", "](", "javascript:x)", "![", "|", "**", "\n", "`", "\\")), max_size=40).map("".join)


@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
@given(SCRAPS | st.text(max_size=60))
def test_no_handler_and_no_script_address_survives(scrap):
    for blocks in (from_html(scrap)[0], from_markup(scrap)):
        assert harmless(to_html(blocks)) and normal_all(blocks) == blocks
        assert from_markup(to_markup(blocks)) == blocks or "\n" in str(blocks)
