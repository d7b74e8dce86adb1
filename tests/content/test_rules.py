"""Every rule of the data file with its own good and bad cases, and the level it works at (R5.9.5, R2.2.9, R4.2.2.3, RA1)."""
import pytest

from govportal.content import rules
from govportal.content.fields import problems
from govportal.content.kinds import all_kinds, kind_of
from tests.conftest import ITEM

CASES = [(rule, case, verdict) for rule in rules.all_rules() for verdict, cases in ((True, rule.good), (False, rule.bad)) for case in cases]


@pytest.mark.parametrize(("rule", "case", "verdict"), CASES, ids=lambda value: getattr(value, "id", None))
def test_rule(rule, case, verdict):
    assert rules.CHECKS[rule.check](case) is verdict


def test_all_ten_rules_of_the_guide_are_there():
    sources = " ".join(rule.source for rule in rules.all_rules())
    assert all(f"R5.9.5{mark}" in sources for mark in "①②③④⑤⑥⑦⑧⑨⑩")
    assert {rule.level for rule in rules.all_rules()} <= set(rules.LEVELS)


# One change each to a sound item, and the rule that must stop it.
@pytest.mark.parametrize(("change", "rule"), [
    ({"handled_as": "即办件"}, "immediate"), ({"promise_limit": {"days": 21, "unit": "工作日"}}, "promise-legal"), ({"on_site_reason": ""}, "visits-reason"),
    ({"fee": {"charged": True, "online_payment": True, "items": []}}, "fee-complete"), ({"fee": {"charged": False, "online_payment": True}}, "fee-free"),
    ({"supervise_phone": "000-1"}, "phones"), ({"legal_topics": ["设立变更"]}, "legal-topics"), ({"steps": [{"name": "受理", "days": 9}]}, "steps-promise"),
    ({"materials": [{"name": "其他材料", "source": "申请人自备", "basis": {"law": "甲"}, "sample_none": "无"}]}, "material-name"), ({"places": []}, "guide-elements")])
def test_publishing_is_stopped_by_the_right_rule(change, rule):
    values = {**ITEM, "type": "行政确认", "legal_basis": [{"law": "甲"}], **change}
    assert rule in {fault.rule for fault in rules.violations("ImplementationItem", values, "publish")}


def test_a_sound_item_passes():
    assert rules.violations("ImplementationItem", {**ITEM, "type": "行政确认", "legal_basis": [{"law": "甲"}]}, "publish") == []


@pytest.mark.parametrize(("kind", "raw", "field"), [
    ("ImplementationItem", {"service_objects": ["外星人"]}, "服务对象"), ("ImplementationItem", {"on_site_visits": "很多"}, "到现场次数"),
    ("ImplementationItem", {"unknown_key": 1}, "全文"), ("DirectoryItem", {"type": "行政许可"}, "事项名称"), ("NewsArticle", {"title": "甲", "channel": "a", "published_at": "昨天"}, "发布时间"),
    ("ImplementationItem", {"materials": [{"kind": "废纸"}]}, "申请材料"), ("ImplementationItem", {"conditions": "一段话"}, "受理条件"), ("Question", {"title": "甲", "topic": "乙", "question": [{"x": 1}]}, "问题")])
def test_schema_names_the_field(kind, raw, field):
    import colander
    with pytest.raises(colander.Invalid) as caught:
        kind_of(kind).validate(raw)
    assert any(where.startswith(field) for where, _ in problems(caught.value)), problems(caught.value)


def test_every_kind_declares_its_parts():
    for kind in all_kinds().values():
        assert kind.title and kind.folder and kind.schema.children and kind.head_names is not None
        titles = [node.title for node in kind.schema.children]
        assert all(titles) and len(set(node.name for node in kind.schema.children)) == len(kind.schema.children), kind.name


def test_the_elements_of_the_guide_are_fields():
    """RA1.1: the 28 confirmed elements; four of them stand in the directory item."""
    titles = {node.title for name in ("ImplementationItem", "DirectoryItem", "Guide") for node in kind_of(name).schema.children}
    for wanted in ("事项名称", "事项类型", "设定依据", "基本编码", "实施编码", "行使内容", "行使层级", "实施机构", "联办机构", "服务对象", "法定办结时限", "承诺办结时限", "办理结果", "收费",
                   "申请材料", "办理流程", "办理形式", "审查标准", "通办范围", "预约办理", "物流快递", "办理地点", "咨询电话", "监督电话", "权限划分", "受理条件", "中介服务", "数量限制", "办件类型",
                   "特别程序", "实施主体性质", "运行系统", "常见问题"):
        assert wanted in titles, wanted
