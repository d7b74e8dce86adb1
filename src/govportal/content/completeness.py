"""What a complete document holds: the elements that count, how many are there, and where each rule's fault is found.

Owns the table of needed elements (R4.2.2.1, R4.2.2.2 and the fields that lists and pages show) and the places of the rules. Pure; reads
values only, except that rules look at what an item inherits. An empty element is no fault in a draft. Must not import a kind.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from . import rules

Values = dict[str, Any]
Path = tuple[Any, ...]


class Need(NamedTuple):
    """An element. ``path`` is dotted, ``*`` each row; ``also``: another path that does as well; ``when``: name of the condition."""

    path: str
    words: str
    when: str = ""
    also: str = ""


class Lack(NamedTuple):
    path: Path
    words: str


class Finding(NamedTuple):
    """One line of the checks. ``state``: no (cannot be published), wait (should be better), ok."""

    state: str
    message: str
    source: str
    path: Path


def _objects(values: Values) -> set[str]:
    return {word for word in _list(values, "service_objects") if isinstance(word, str)}


def _list(values: Values, name: str) -> Any:
    """The rows of a field; values that are being typed may have any shape."""
    found = values.get(name)
    return found if isinstance(found, (list, tuple)) else ()


def _map(values: Values, name: str) -> Values:
    found = values.get(name)
    return found if isinstance(found, dict) else {}


WHEN: dict[str, Callable[[Values, Values], bool]] = {     # (all values, the row) -> whether the element is needed
    "person": lambda values, row: "自然人" in _objects(values),
    "legal": lambda values, row: bool(_objects(values) - {"自然人"}),
    "visits": lambda values, row: values.get("on_site_visits") not in (None, "", 0, "0"),
    "charged": lambda values, row: _map(values, "fee").get("charged") in (True, "是"),
    "issued": lambda values, row: row.get("source") == "政府部门核发",
    "paused": lambda values, row: values.get("state") in ("挂起", "取消"),
    "document": lambda values, row: any(_map(values, "header").values()),
    "archived": lambda values, row: values.get("archived") in (True, "是"),
}


def _needs(text: str) -> tuple[Need, ...]:
    """``path words [?condition] [|other path]`` a line."""
    found = []
    for line in text.strip().splitlines():
        path, words, *rest = line.split()
        found.append(Need(path, words, next((part[1:] for part in rest if part[0] == "?"), ""), next((part[1:] for part in rest if part[0] == "|"), "")))
    return tuple(found)


NEEDS: dict[str, tuple[Need, ...]] = {kind: _needs(text) for kind, text in {
    "ImplementationItem": """
        code 实施编码
        org 实施机构
        org_nature 实施主体性质
        region 行政区划
        level 行使层级
        exercised_content 行使内容
        service_objects 服务对象
        person_topics 自然人主题 ?person
        legal_topics 法人主题 ?legal
        plain_names 日常用语
        handled_as 办件类型
        legal_limit.days 法定办结时限
        promise_limit.days 承诺办结时限
        conditions 受理条件
        review_standard 审查标准
        materials 申请材料
        materials.*.name 材料名称
        materials.*.kind 材料类型
        materials.*.source 来源渠道
        materials.*.issuer 出具机构 ?issued
        materials.*.originals 份数 |copies
        materials.*.accept 受理标准
        materials.*.basis.law 依据
        materials.*.sample.fields 样表 |sample_none
        steps 办理流程
        steps.*.name 环节名称
        steps.*.who 由谁办
        fee.charged 是否收费
        fee.items 收费项目 ?charged
        fee.items.*.name 项目名称
        fee.items.*.standard 收费标准
        fee.items.*.basis.law 收费依据
        fee.online_payment 是否支持网上支付 ?charged
        result.name 结果名称
        result.kind 结果类型
        result.sample.lines 结果样本
        channels 办理形式
        online.supported 是否支持网上办理
        online.depth 网上办理深度
        on_site_visits 到现场次数
        on_site_reason 必须到现场的原因 ?visits
        scope.areas 通办范围
        appointment 预约办理
        courier 物流快递
        places 办理地点
        consult_phone 咨询电话
        supervise_phone 监督电话
        reconsideration.org 行政复议部门
        litigation.org 行政诉讼法院
        state_reason 挂起或取消的原因 ?paused
        """,
    "HandlingItem": "name 办理项名称\nhint 适用的情形\nstate_reason 挂起或取消的原因 ?paused",
    "DirectoryItem": """
        name 事项名称
        basic_code 基本编码
        type 事项类型
        legal_basis 设定依据
        legal_basis.*.law 法律名称
        legal_basis.*.article 条款
        state_reason 挂起或取消的原因 ?paused
        """,
    "Guide": "summary 一句话说明\nfaq 常见问题\nfaq.*.q 问题\nfaq.*.a 答案",
    "ReviewRules": """
        people 人员
        people.*.name 姓名
        people.*.roles 角色
        people.*.legal 法律与业务条件
        people.*.training 培训考核
        posts 岗位
        posts.*.name 岗位名称
        posts.*.role 角色
        posts.*.duty 工作职责
        posts.*.days 时限
        posts.*.persons 在岗人员
        apply_number 申请编号
        apply_materials 申请材料
        apply_receive 申请接收
        apply_receipt 收件凭证送达
        accept_check 受理审核
        accept_supplement 补正材料
        accept_decision 受理决定
        accept_method 审查方式确定
        accept_transfer 收件转办
        review_methods 审查方式
        review_points 审查内容和要点
        decide_points 决定的标准
        paper_kind 证件类型、名称、内容
        paper_posts 岗位职责权限
        paper_ways 制作、送达方式和时限
        paper_failed 无法送达的处理
        paper_archive 归档内容、要求、时限
        public_ways 公开方式
        public_posts 岗位职责权限
        public_content 公开内容
        public_days 公开时限
        fee_rules 收费规定
        consult_posts 岗位职责
        consult_ways 咨询途径
        consult_order 咨询程序
        consult_hours 咨询时间
        consult_reply 回复时间
        """,
    "Channel": "name 栏目名称\ncolumn_type 栏目类别\ndescription 栏目说明\nkeywords 关键词",
    "NewsArticle": """
        channel 栏目
        title 标题
        summary 摘要
        body 正文
        published_at 发布时间
        source_name 来源
        header.issuer 发文机关 ?document
        header.doc_number 发文字号 ?document
        header.written_on 成文日期 ?document
        header.validity 有效性 ?document
        attachments.*.title 附件名称
        attachments.*.file 附件文件
        archived_on 归档日期 ?archived
        """,
    "Question": "topic 主题\naudience 对象\ntitle 标题\nquestion 问题\nanswer 答复\norg 答复单位\nasked_on 提问日期\nanswered_on 答复日期\nlaws.*.law 依据",
    "Page": "title 标题\nsummary 摘要\nbody 正文",
    "LifeEvent": "name 名称\nsummary 一句话说明\nintro 说明\nicon 图标\norg 牵头单位\nsteps 步骤\nsteps.*.title 步骤标题\nsteps.*.items 步骤的事项 |find",
    "Organisation": "name 名称\nuscc 统一社会信用代码\nregion 行政区划\nnature 性质\nduties 职责\naddress 地址\nhours 办公时间\nphone 电话",
    "Place": """
        name 名称
        kind 类别
        org 管理机构
        region 行政区划
        address 地址
        phone 电话
        hours 办理时间
        hours.*.days 星期
        hours.*.open 时间
        opening 开放时段
        """,
    "Law": "title 名称\ncategory 类别\nversion 文本日期\nstatus 有效性\narticles 条文",
    "Material": "name 材料名称\nkind 材料类型\nsource 来源渠道\nissuer 出具机构 ?issued\nabout 说明",
}.items()}

# Rule -> (where its fault is; for rows the field within the row, words when it is kept). A rule without an entry is shown without a link.
PLACES: dict[str, tuple[str, str]] = {
    "immediate": ("promise_limit.days", "办件类型和承诺时限相符"), "promise-legal": ("promise_limit.days", "承诺时限不超过法定时限"),
    "result-sample": ("result.sample.lines", "结果有样本"), "result-certificate": ("result.kind", "结果类型和名称相符"),
    "visits-reason": ("on_site_reason", "到现场的原因写明了"), "no-visit-way": ("channels", "不到现场有别的办法"),
    "whole-online": ("on_site_visits", "全程网办和到现场次数相符"), "fee-complete": ("fee.items", "收费的项目、标准、依据齐全"),
    "fee-free": ("fee.online_payment", "收费和网上支付相符"), "phones": ("consult_phone", "咨询电话和监督电话都有"),
    "person-topics": ("person_topics", "自然人主题和服务对象相符"), "legal-topics": ("legal_topics", "法人主题和服务对象相符"),
    "licence-faq": ("", "行政许可有常见问题"), "licence-steps": ("steps", "行政许可的环节齐全"),
    "steps-promise": ("steps", "各环节时限相加不超过承诺"), "material-name": ("materials.*.name", "没有“其他材料”这类兜底"),
    "material-basis": ("materials.*.basis.law", "每份材料都有依据"), "material-sample": ("materials.*.sample.fields", "每份材料都有样表"),
    "material-source": ("materials.*.source", "每份材料都写明从哪来"), "legal-basis": ("legal_basis", "有设定依据"),
    "guide-elements": ("", "指南要素齐全"), "item-code": ("code", "实施编码写得对"), "basic-code": ("basic_code", "基本编码写得对"),
    "basic-code-type": ("basic_code", "基本编码和类型相符"), "uscc": ("uscc", "统一社会信用代码写得对")}


def given(value: Any) -> bool:
    """Whether an element is there: 否 and 0 are answers."""
    if isinstance(value, dict):
        return any(given(sub) for sub in value.values())
    return value is not None and value != "" and value != () and value != []


@cache
def needed_paths(kind: str) -> frozenset[str]:
    """Dotted paths without row marks of the elements that count, whatever their conditions."""
    return frozenset(path.replace(".*", "") for need in NEEDS.get(kind, ()) for path in (need.path,))


def elements(kind: str, values: Values) -> Iterator[tuple[Path, str, bool]]:
    """(path, words, whether it is there) of every element that this document needs."""
    for need in NEEDS.get(kind, ()):
        for path, row in _places(values, need.path.split("."), (), values):
            if need.when and not WHEN[need.when](values, row):
                continue
            leaf = path[len(path) - _own(need.path):]
            yield path, need.words, given(_at(row, leaf)) or bool(need.also and given(row.get(need.also)))


def _own(dotted: str) -> int:
    """How many names stand after the last row mark."""
    return len(dotted.rpartition("*.")[2].split("."))


def _places(value: Any, parts: list[str], path: Path, row: Values) -> Iterator[tuple[Path, Values]]:
    for number, part in enumerate(parts):
        if part == "*":
            for index, one in enumerate(value if isinstance(value, (list, tuple)) else ()):
                if isinstance(one, dict):
                    yield from _places(one, parts[number + 1:], (*path, index), one)
            return
        value, path = (value.get(part) if isinstance(value, dict) else None), (*path, part)
    yield path, row


def _at(value: Any, path: Path) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def missing(kind: str, values: Values) -> tuple[int, list[Lack]]:
    """(number of elements needed, those that are not there in page order)."""
    found = list(elements(kind, values))
    return len(found), [Lack(path, words) for path, words, there in found if not there]


def findings(kind: str, values: Values, document: Any = None) -> list[Finding]:
    """Every rule of publishing and quality as it stands: what is wrong with each row, what should be better, what is kept."""
    found: list[Finding] = []
    faults = {fault.rule: fault for level in ("publish", "quality", "identity") for fault in rules.violations(kind, values, level, document)}
    for rule in rules.all_rules():
        if kind not in rule.kinds:
            continue
        where, good = PLACES.get(rule.id, ("", ""))
        fault = faults.get(rule.id)
        if fault is None:
            if good and rule.level != "identity":
                found.append(Finding("ok", good, rule.source, _path(where)))
            continue
        state = "wait" if rule.level == "quality" else "no"
        if "*" in where:
            name, _, inner = where.partition(".*.")
            bad = [number for number, row in enumerate(values.get(name) or ()) if not rules.CHECKS[rule.check]({**values, name: (row,)})]
            found += [Finding(state, rule.message, rule.source, (name, number, *inner.split("."))) for number in bad]
            if bad:
                continue
        found.append(Finding(state, rule.message, rule.source, _path(where.partition(".*.")[0])))
    return sorted(found, key=lambda one: ("no", "wait", "ok").index(one.state))


def _path(dotted: str) -> Path:
    return tuple(dotted.split(".")) if dotted else ()
