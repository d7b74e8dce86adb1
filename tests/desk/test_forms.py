"""Forms of the desk: what is drawn comes back as it was, what is wrong comes back as typed, nothing hostile gets through."""
import json
import time

import html5lib
import pytest
import transaction
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pyramid.httpexceptions import HTTPNotFound

from govportal.content.columns import ColumnStore
from govportal.content.kinds import all_kinds
from govportal.content.site import open_site
from govportal.desk.forms.compare import CARRIED, compare, read_choices, render_compare
from govportal.desk.forms.look import Problem
from govportal.desk.forms.picks import Picks, pick_view
from govportal.desk.forms.reading import MARK, Operation, post, read_section
from govportal.desk.forms.rendering import render_section
from govportal.desk.forms.sections import SECTIONS, sections_of
from govportal.shipped import shipped
from tests.conftest import ITEM
from tests.desk.pages import THEME, page, pairs_of, put

KIND = "ImplementationItem"
VALUES = all_kinds()[KIND].validate(ITEM)


def draw(section, values=None, **more):
    return render_section(KIND, section, VALUES if values is None else values, theme=THEME, **more)


def send(section, change=lambda pairs: pairs, values=None, **more):
    values = VALUES if values is None else values
    return post(KIND, section, values, change(pairs_of(draw(section, values))), **more)


def wrap(*pairs):
    return [("__start__", MARK), *pairs, ("__end__", MARK)]


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_a_form_posted_untouched_changes_nothing(kind):
    """Every section of up to 12 documents of the demo site, as a browser would send it."""
    found = sorted((shipped("content") / all_kinds()[kind].folder).rglob("*.yaml"))
    assert found
    for path in found[:: max(1, len(found) // 12)]:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        values = all_kinds()[kind].validate({key: value for key, value in data.items() if key not in ("id", "path")})
        for one in sections_of(kind):
            html = render_section(kind, one.name, values, theme=THEME)
            outcome = post(kind, one.name, values, pairs_of(html))
            assert outcome.values == values, (path.name, one.name, outcome.errors)


def test_one_section_replaces_its_fields_and_no_others():
    outcome = send("audience", lambda pairs: put(pairs, "plain_names", "上户口\r\n\r\n  报户口 "))
    assert outcome.values["plain_names"] == ("上户口", "报户口")
    assert {name for name in VALUES if outcome.values[name] != VALUES[name]} == {"plain_names"}


def test_everything_may_be_empty_in_a_draft():
    for kind in SECTIONS:
        for one in sections_of(kind):
            html = render_section(kind, one.name, {}, theme=THEME)
            outcome = post(kind, one.name, {}, pairs_of(html))
            assert outcome.values is not None and not outcome.errors, (kind, one.name, outcome.errors)


def test_what_is_wrong_comes_back_as_it_was_typed_with_its_reason():
    outcome = send("materials", lambda pairs: put(put(pairs, "originals", "一份", 1), "note", "<b>x", 1))
    assert outcome.values is None and outcome.errors == (Problem(("materials", 1, "originals"), "“一份”不是整数"),)
    html = str(draw("materials", outcome.typed, errors=outcome.errors))
    assert 'value="一份" inputmode="numeric" autocomplete="off" aria-invalid="true" aria-describedby="f-materials-1-originals-e"' in html
    assert 'href="#f-materials-1-originals">材料 2，原件份数：“一份”不是整数</a>' in html and "&lt;b&gt;x" in html
    assert html.count('<details class="item" data-row="" id="f-materials-1" open="open"') == 1
    assert html.index('role="alert"') < html.index("__start__")


def test_label_hint_error_control_in_that_order_and_described():
    html = str(draw("limits", errors=[Problem(("promise_limit", "days"), "不能小于 0"), Problem(("handled_as",), "请选一项")]))
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    field = next(node for node in tree.iter("fieldset") if node.get("id") == "f-handled_as")
    assert [child.get("class") or child.tag for child in field][:3] == ["legend", "hint", "err"]
    assert field.get("aria-describedby") == "f-handled_as-h f-handled_as-e"
    control = next(node for node in tree.iter("input") if node.get("id") == "f-promise_limit-days")
    assert control.get("aria-invalid") == "true" and control.get("aria-describedby") == "f-promise_limit-days-e" and control.get("inputmode") == "numeric"
    links = [node.get("href") for node in tree.iter("a")]
    assert links == ["#f-handled_as", "#f-promise_limit-days"]
    assert "说明（选填）" in html and "期限（选填）" not in html


def test_choices_are_radios_when_few_and_selects_when_many_and_flags_have_three():
    html = str(draw("identity"))
    assert '<select class="input" id="f-level"' in html and 'type="radio" id="f-org_nature-0"' in html and html.count("未提供") == 2
    assert str(draw("access")).count('name="f-courier"') == 3
    assert 'value="奇怪的级别" selected' in str(draw("identity", {**VALUES, "level": "奇怪的级别"}))


# -- repeated groups -------------------------------------------------------------------------------------------------------
def press(section, value, values=None):
    values = VALUES if values is None else values
    return post(KIND, section, values, pairs_of(draw(section, values), value))


def test_rows_are_added_removed_and_moved_by_plain_buttons():
    up = press("materials", "materials:1:up")
    assert up.values is None and up.operation == Operation(("materials",), 1, "up") and up.said == "已移到第 1 项"
    assert [row["name"] for row in up.typed["materials"]] == ["《申请表》", "居民身份证"]
    html = str(draw("materials", up.typed, focus=up.focus, said=up.said))
    assert 'value="materials:0:up" data-act="up" aria-disabled="true" autofocus="autofocus"' in html and html.count('autofocus="autofocus"') == 1
    assert '<p class="vh" role="status" data-live="">已移到第 1 项</p>' in html

    more = press("materials", "materials:2:add")
    assert more.typed["materials"][2] == {} and more.focus == ("materials", 2, "record")
    html = str(draw("materials", more.typed, focus=more.focus))
    assert 'id="f-materials-2-record" name="record" value="" data-pick="materials" autocomplete="off" aria-describedby="f-materials-2-record-h" autofocus="autofocus"' in html

    gone = press("steps", "steps:2:remove")
    assert [row["name"] for row in gone.typed["steps"]] == ["申请", "受理"] and gone.focus == ("steps", 1, "summary") and "还有 2 项" in gone.said
    assert press("steps", "steps:0:up").said == "已经是第一项" and press("steps", "steps:2:down").said == "已经是最后一项"
    assert press("steps", "steps:0:down").typed["steps"][1]["name"] == "申请"


def test_buttons_inside_rows_and_of_lines_and_pairs():
    pair = press("materials", "materials.1.sample.fields:1:add")
    assert pair.typed["materials"][1]["sample"]["fields"] == [["姓名", "张××"], ["", ""]] and pair.focus == ("materials", 1, "sample", "fields", 1, "label")
    assert 'id="f-materials-1-sample-fields-1-label"' in str(draw("materials", pair.typed, focus=pair.focus))
    first = press("materials", "materials.0.sample.fields:0:add")
    assert first.typed["materials"][0]["sample"]["fields"] == [["", ""]]
    line = press("conditions", "conditions:1:add")
    assert line.typed["conditions"] == ["本人办理。", ""] and line.focus == ("conditions", 1)
    nested = press("fee", "fee.items:0:add")
    assert nested.typed["fee"]["items"] == [{}] and nested.focus == ("fee", "items", 0, "name")


def test_what_was_typed_before_a_button_stays():
    pairs = put(pairs_of(draw("materials"), "materials:0:down"), "accept", "没有保存的话", 0)
    outcome = post(KIND, "materials", VALUES, pairs)
    assert outcome.typed["materials"][1]["accept"] == "没有保存的话"


def test_rows_left_empty_are_dropped_and_the_order_of_the_post_is_the_order():
    added = press("steps", "steps:3:add")
    html = draw("steps", added.typed)
    outcome = post(KIND, "steps", VALUES, pairs_of(html))
    assert outcome.values == VALUES
    swapped = press("steps", "steps:2:up")
    assert [row["name"] for row in post(KIND, "steps", VALUES, pairs_of(draw("steps", swapped.typed))).values["steps"]] == ["申请", "办结", "受理"]


def test_each_group_has_one_empty_row_for_scripts_outside_what_is_posted():
    html = str(draw("materials"))
    assert html.count("<template") == 2 and 'data-for="materials.sample.fields" data-id="f-materials-__n1__-sample-fields"' in html
    assert html.rindex('name="__end__" value="section:mapping"') < html.index("<template")


# -- hostile and broken posts ----------------------------------------------------------------------------------------------
HOSTILE = ["<script>alert(1)</script>", '" onfocus="alert(1)" autofocus="', "javascript:alert(1)", "</textarea><img src=x onerror=alert(1)>", "${1/0} ${python:x}", "]]><!--",
           "</template></details><script>"]


@pytest.mark.parametrize("kind", sorted(SECTIONS))
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_field_is_only_text(kind, text):
    for one in sections_of(kind):
        pairs = [(name, value if name in ("__start__", "__end__") else text) for name, value in pairs_of(render_section(kind, one.name, sample(kind), theme=THEME))]
        outcome = post(kind, one.name, {}, pairs)
        again = render_section(kind, one.name, outcome.typed, theme=THEME, errors=outcome.errors, focus=("name",))
        tree = html5lib.parse(str(again), namespaceHTMLElements=False)
        assert not list(tree.iter("script")) and not list(tree.iter("img"))
        assert not [name for node in tree.iter() for name in node.attrib if name.startswith("on")]
        assert not [node for node in tree.iter("a") if not node.get("href", "").startswith("#")]
        compared = render_compare(kind, one.name, compare(kind, one.name, outcome.typed, {}), outcome.typed, theme=THEME)
        assert not list(html5lib.parse(str(compared), namespaceHTMLElements=False).iter("script"))


def sample(kind):
    """One row in every repeated group, so that every field is drawn."""
    def one(node):
        shape = getattr(node.typ, "shape", "body")
        if shape == "list":
            return [one(node.children[0])] if node.children[0].typ.shape == "group" else ["x"]
        if shape == "group":
            return {child.name: one(child) for child in node.children}
        return [["a", "b"]] if shape == "free" and node.name == "fields" else None
    return {node.name: one(node) for node in all_kinds()[kind].schema.children}


@pytest.mark.parametrize("value", ["materials:9:up", "materials:0:explode", "nothing:0:up", "materials.name:0:up", "materials.0.name:0:up", "__class__:0:add",
                                   "materials:0:up:0", "materials:-1:up", "materials.9.sample.fields:0:add", "name:0:add", "a" * 5000, "materials:٣:up"])
def test_forged_operations_are_refused_in_words(value):
    outcome = post(KIND, "materials", VALUES, [*pairs_of(draw("materials")), ("op", value)])
    assert outcome.values is None and "没有这个操作" in outcome.errors[0].message and len(outcome.typed["materials"]) == 2


def test_forged_field_names_are_refused_and_nothing_is_lost():
    outcome = post(KIND, "conditions", VALUES, wrap(("review_standard", "看得见"), ("live", "1"), ("hot", "0")))
    assert outcome.values is None and "不认识的字段“live、hot”" in outcome.errors[0].message and outcome.typed == {"review_standard": "看得见"}
    inner = post(KIND, "steps", VALUES, wrap(("__start__", "steps:sequence"), ("__start__", "row:mapping"), ("name", "受理"), ("evil", "1"),
                                             ("__end__", ""), ("__end__", "")))
    assert inner.values is None and "不认识的字段：evil" in inner.errors[0].message and inner.errors[0].path == ("steps", 0)


def test_a_field_that_was_not_posted_is_untouched():
    outcome = post(KIND, "conditions", VALUES, wrap(("review_standard", "新的")))
    assert outcome.values["conditions"] == VALUES["conditions"] and outcome.values["review_standard"] == "新的"


@pytest.mark.parametrize("pairs", [
    [], [("review_standard", "x")], [("__start__", MARK), ("review_standard", "x")], [("__end__", ""), ("review_standard", "x")],
    [("__start__", MARK), ("__start__", "steps:sequence"), ("review_standard", "x")], wrap(("__start__", "x:evil"), ("review_standard", "x"), ("__end__", "")),
    wrap(*[("__start__", "a:mapping")] * 5000), [("__start__", MARK)] * 50, wrap(("__start__", "")), [("review_standard", b"x")], wrap(("review_standard", object()))])
def test_broken_streams_are_refused_in_words(pairs):
    outcome = post(KIND, "conditions", VALUES, pairs)
    assert outcome.values is None and outcome.errors and all(problem.message for problem in outcome.errors)
    render_section(KIND, "conditions", outcome.typed, theme=THEME, errors=outcome.errors)


def test_a_stream_without_its_end_keeps_what_was_typed():
    outcome = post(KIND, "conditions", VALUES, pairs_of(draw("conditions"))[:-1])
    assert outcome.values is None and outcome.typed["review_standard"] == "材料真实" and "不完整" in outcome.errors[0].message


def test_too_long_and_too_many():
    long = send("conditions", lambda pairs: put(pairs, "review_standard", "长" * 20_001))
    assert "最多 20000 个字" in long.errors[0].message and len(long.typed["review_standard"]) == 20_001
    row = [("__start__", "row:mapping"), ("name", "受理"), ("__end__", "")]
    many = post(KIND, "steps", VALUES, wrap(("__start__", "steps:sequence"), *row * 3000, ("__end__", "")))
    assert many.values is None and "最多 200 项，这里有 3000 项" in many.errors[0].message
    assert str(render_section(KIND, "steps", many.typed, theme=THEME, errors=many.errors)).count("<details") < 210
    full = {**VALUES, "steps": tuple({"name": "甲"} for _ in range(200))}
    assert "不能再加" in post(KIND, "steps", full, [*pairs_of(draw("steps", full)), ("op", "steps:200:add")]).said
    assert "太多" in post(KIND, "conditions", VALUES, wrap(("review_standard", "长" * 3_100_000))).errors[0].message
    assert "太多" in post(KIND, "conditions", VALUES, wrap(*[("review_standard", "")] * 70_000)).errors[0].message


NAMES = st.sampled_from(["__start__", "__end__", "steps", "materials", "name", "row", "op", "fields", "sample", "label", "value", "opening", "1", "line", "basis"])
TEXTS = st.one_of(st.sampled_from([MARK, "steps:sequence", "materials:sequence", "row:mapping", "sample:mapping", "fields:sequence", "pair:mapping", "name:rename",
                                   "steps:0:up", "materials.0.sample.fields:0:add", "x:ignore", ""]), st.text(max_size=8))


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([("ImplementationItem", "materials"), ("ImplementationItem", "steps"), ("ImplementationItem", "fee"), ("Place", "hours"), ("LifeEvent", "steps")]),
       st.lists(st.tuples(NAMES, TEXTS), max_size=40))
def test_no_stream_breaks_reading_or_drawing(where, pairs):
    outcome = post(*where, {}, wrap(*pairs))
    render_section(*where, outcome.typed if outcome.values is None else outcome.values, theme=THEME, errors=outcome.errors, focus=outcome.focus)


JSON = st.recursive(st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["name", "materials", "sample", "fields", "basis", "x"]), inner, max_size=3), max_leaves=12)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["materials", "not_needed"]), JSON, max_size=2))
def test_values_of_any_shape_can_be_drawn_and_chosen(typed):
    """What was typed may come back from storage of drafts in any shape."""
    draw("materials", typed)
    outcome = read_choices(KIND, "materials", VALUES, [(CARRIED, json.dumps(typed))])
    assert outcome.values is not None or outcome.errors


# -- special fields --------------------------------------------------------------------------------------------------------
def test_opening_hours_are_read_and_refused_by_day():
    html = render_section("Place", "hours", {"opening": {"1": [["09:00", "12:00"]]}}, theme=THEME)
    pairs = pairs_of(html)
    assert post("Place", "hours", {}, put(pairs, "2", "9:00—12:00、13:30-17:00")).values["opening"] == {"1": [["09:00", "12:00"]], "2": [["09:00", "12:00"], ["13:30", "17:00"]]}
    wrong = post("Place", "hours", {}, put(pairs, "3", "上午"))
    assert wrong.errors[0].path == ("opening", "3") and "09:00-12:00" in wrong.errors[0].message and wrong.typed["opening"]["3"] == "上午"
    assert "从早到晚" in post("Place", "hours", {}, put(pairs, "3", "12:00-09:00")).errors[0].message


def test_a_law_is_one_text_cut_into_articles():
    html = render_section("Law", "articles", {}, theme=THEME)
    text = "## 第一章 总则\n第一条　为了……\n第二款。\n第二条 适用。\n## 第二章\n第三条　完。"
    rows = post("Law", "articles", {}, put(pairs_of(html), "articles", text)).values["articles"]
    assert [(row["no"], row["chapter"]) for row in rows] == [("第一条", "第一章 总则"), ("第二条", "第一章 总则"), ("第三条", "第二章")] and rows[0]["text"] == "为了……\n第二款。"
    wrong = post("Law", "articles", {}, put(pairs_of(html), "articles", "没有条号"))
    assert wrong.typed["articles"] == "没有条号" and "第 1 行" in wrong.errors[0].message


def test_body_is_written_in_light_markup():
    html = render_section("Page", "page", {}, theme=THEME)
    text = "## 标题\r\n一段\r\n接着\r\n\r\n- 一\r\n- 二\r\n> 引文\r\n\r\n\\# 不是标题"
    assert post("Page", "page", {}, put(pairs_of(html), "body", text)).values["body"] == (
        ("h", "标题"), ("p", "一段"), ("p", "接着"), ("li", "一"), ("li", "二"), ("quote", "引文"), ("p", "# 不是标题"))


def test_dates_and_numbers_have_their_hints():
    html = str(render_section("NewsArticle", "origin", {}, theme=THEME))
    assert "写成 2026-01-31" in html and 'placeholder="2026-01-31 09:00"' in html
    outcome = post("NewsArticle", "origin", {}, put(pairs_of(html), "published_at", "去年"))
    assert "不是日期" in outcome.errors[0].message and 'value="去年"' in str(render_section("NewsArticle", "origin", outcome.typed, theme=THEME, errors=outcome.errors))


def test_a_case_offers_the_materials_of_its_item(small):
    with small.db.transaction() as connection:
        document = connection.root()["site"].at("items/one/one/late")
        picks = Picks(document=document)
        values = document.live.values
        html = str(render_section("HandlingItem", "case", values, theme=THEME, picks=picks))
        assert 'value="id" checked="checked"' in html and 'value="form"' in html and "《申请表》" in html
        assert post("HandlingItem", "case", values, pairs_of(html), picks=picks).values == values


# -- pick lists ------------------------------------------------------------------------------------------------------------
class Row:
    def __init__(self, slug, title, **head):
        self.slug, self.title, self.head = slug, title, head


@pytest.fixture(scope="module")
def columns(demo_db):
    connection = demo_db.open(transaction.TransactionManager())
    site = open_site(connection)
    yield ColumnStore().get(site), site
    connection.close()


def test_typed_words_become_the_value_or_a_helpful_refusal(columns):
    picks = Picks(columns[0], site=columns[1])
    assert picks.shown("orgs", "gongan") == "示例市公安局 [gongan]"
    ask = lambda text, what="orgs", stored=(): picks.resolve(what, text, strict=True, stored=set(stored))   # noqa: E731
    assert ask("gongan") == ask("示例市公安局") == ask(" 示例市公安局 [gongan] ") == ("gongan", "")
    value, fault = ask("公安")
    assert value == "公安" and "没有叫“公安”的机构" in fault and "示例市公安局 [gongan]" in fault
    assert ask("no-such", stored=["no-such"]) == ("no-such", "")
    assert ask("990100", "regions") == ("990100", "") and ask("id-card", "items")[0] == "id-card"
    assert picks.resolve("laws", "没收录的办法", strict=False, stored=set()) == ("没收录的办法", "")
    assert [entry.label for entry in picks.search("laws", "居民身份证法")][0] == "中华人民共和国居民身份证法"
    assert len(picks.search("regions", "")) == 20 and picks.search("regions", "城中区")
    clauses = Picks(columns[0], site=columns[1], law="中华人民共和国居民身份证法").search("clauses", "第七条")
    assert clauses and clauses[0].value == "第七条" and clauses[0].detail
    with pytest.raises(LookupError):
        picks.search("passwords", "")


class Asked:
    """What the pick page reads of a request."""

    def __init__(self, columns, what, **query):
        self.matchdict, (self.columns, self.site), self._query = {"what": what}, columns, query

    def query(self, name):
        return self._query.get(name, "")


def test_the_page_that_scripts_ask(columns):
    answer = pick_view(None, Asked(columns, "materials", q="户口簿"))
    first = answer.json_body["entries"][0]
    assert first["label"] == "居民户口簿" and first["text"] == f"居民户口簿 [{first['value']}]" and first["fill"]["name"] == "居民户口簿"
    assert answer.content_type == "application/json" and answer.headers["Cache-Control"] == "no-store"
    assert pick_view(None, Asked(columns, "clauses", law="居民身份证法", q="第七")).json_body["entries"][0]["value"] == "第七条"
    assert pick_view(None, Asked(columns, "orgs", q="gongan")).json_body["entries"][0]["value"] == "gongan"
    assert pick_view(None, Asked(columns, "orgs", q="<script>")).json_body == {"entries": []}
    with pytest.raises(HTTPNotFound):
        pick_view(None, Asked(columns, "staff"))


def test_two_of_the_same_name_are_both_told():
    class Two:
        plain = {"Organisation": [Row("a", "同名局"), Row("b", "同名局")]}

        def one(self, kind, slug):
            return next((row for row in self.plain[kind] if row.slug == slug), None)
    assert "有 2 个机构都叫“同名局”，请写其中一个：同名局 [a]、同名局 [b]" == Picks(Two()).resolve("orgs", "同名局", strict=True, stored=set())[1]


def test_a_pick_in_a_form_keeps_the_slug(columns):
    picks = Picks(columns[0])
    html = render_section(KIND, "access", {**VALUES, "places": ("hall-gongan",)}, theme=THEME, picks=picks)
    assert f'value="{picks.label("places", "hall-gongan")} [hall-gongan]"' in str(html)
    outcome = post(KIND, "access", VALUES, put(pairs_of(html), "line", "月球大厅"), picks=picks)
    assert outcome.errors[0].path == ("places", 0) and outcome.typed["places"] == ["月球大厅"]
    assert post(KIND, "access", VALUES, pairs_of(html), picks=picks).values["places"] == ("hall-gongan",)


# -- two texts -------------------------------------------------------------------------------------------------------------
def test_comparing_keeps_both_texts_and_takes_the_choice():
    mine = send("limits", lambda pairs: put(pairs, "days", "7", 1))
    theirs = {**VALUES, "handled_as": "即办件", "consult_phone": "别的部分"}
    rows = compare(KIND, "limits", mine.values, theirs)
    assert [(row.name, row.mine.split("\n")[0], row.theirs.split("\n")[0]) for row in rows if not row.same] == [
        ("handled_as", "承诺件", "即办件"), ("promise_limit", "期限：7", "期限：5")]
    html = str(render_compare(KIND, "limits", rows, mine.typed, theme=THEME))
    assert "用我的" in html and "用对方的" in html and "两份一样的 2 处" in html
    pairs = pairs_of(html)
    kept = read_choices(KIND, "limits", theirs, pairs).values
    assert kept["handled_as"] == "承诺件" and kept["promise_limit"]["days"] == 7 and kept["consult_phone"] == "别的部分"
    other = read_choices(KIND, "limits", theirs, put(pairs, "c-handled_as", "theirs")).values
    assert other["handled_as"] == "即办件" and other["promise_limit"]["days"] == 7


@pytest.mark.parametrize("pairs", [[], [(CARRIED, "{")], [(CARRIED, "[" * 100_000)], [(CARRIED, '{"live": 1}')], [(CARRIED, "[]")], [(CARRIED, '{"a":' * 50)],
                                   [(CARRIED, '{"handled_as": ' + "[" * 500 + "]" * 500 + "}")], [(CARRIED, "{}"), ("c-handled_as", "evil")]])
def test_forged_choices_are_refused_in_words(pairs):
    outcome = read_choices(KIND, "limits", VALUES, pairs)
    assert outcome.values is None and outcome.errors[0].message


# -- speed and validity ----------------------------------------------------------------------------------------------------
def cpu(work, times=5):
    work()
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1000


def test_the_biggest_section_is_drawn_and_read_in_time():
    path = max((shipped("content") / "implementation-items").glob("*.yaml"), key=lambda one: one.read_text(encoding="utf-8").count("- key:"))
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    values = all_kinds()[KIND].validate({key: value for key, value in data.items() if key not in ("id", "path")})
    assert len(values["materials"]) >= 5
    for one in sections_of(KIND):
        pairs = pairs_of(draw(one.name, values))
        assert cpu(lambda name=one.name: draw(name, values)) < 40, one.name
        assert cpu(lambda name=one.name, pairs=pairs: post(KIND, name, values, pairs)) < 20, one.name


@pytest.mark.parametrize("kind", sorted(SECTIONS))
def test_every_section_is_strict_html_with_unique_ids_and_labels(kind):
    for one in sections_of(kind):
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        tree = parser.parse(page(render_section(kind, one.name, sample(kind), theme=THEME, errors=[Problem((one.nodes[0],), "示例")])))
        nodes = [node for node in tree.iter() if isinstance(node.tag, str)]
        ids = [node.get("id") for node in nodes if node.get("id")]
        assert len(ids) == len(set(ids))
        labelled = {node.get("for") for node in nodes if node.tag == "label"}
        for node in nodes:
            if node.tag in ("select", "textarea") or (node.tag == "input" and node.get("type") != "hidden"):
                assert node.get("id") in labelled, node.attrib
            assert set((node.get("aria-describedby") or "").split()) <= set(ids)
            assert "style" not in node.attrib
    assert read_section(kind, sections_of(kind)[0].name, []).problems
