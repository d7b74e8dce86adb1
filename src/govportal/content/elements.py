"""The elements of the 实施清单 (RA1.1–RA1.4), grouped, as schema nodes shared by item kinds.

Owns their names, types and sources; ImplementationItem takes them all, HandlingItem takes those a 情形 may change.
"""
from __future__ import annotations

from typing import Any

from .fields import choice, choices, flag, free, group, moment, number, rows, text, texts
from .filerefs import file_ref
from .vocabularies import labels

UNITS = ("工作日", "自然日", "小时", "个月", "年")
STATES = ("在用", "挂起", "取消")


def basis_fields() -> tuple[Any, ...]:
    """One place in a law. ``law``: its title; the clause text is read from the law record, never typed."""
    return (text("law", "法律名称", max=200), text("number", "文号", max=100), text("article", "条款", max=60),
            text("note", "说明", max=500))


def legal_basis(name: str = "legal_basis", title: str = "设定依据", **extra: Any) -> Any:
    return rows(name, title, *basis_fields(), **extra)


def limit(name: str, title: str, **extra: Any) -> Any:
    """days: number of ``unit``; None = not given; 0 promised = 即办."""
    return group(name, title, number("days", "期限", high=3650), choice("unit", "单位", UNITS, missing="工作日"),
                 text("note", "说明", max=1000), **extra)


def conditions() -> Any:
    return texts("conditions", "受理条件", max=MAX_CONDITION, source="RA1.2", group="受理")


MAX_CONDITION = 20_000


def fee() -> Any:
    return group("fee", "收费", flag("charged", "是否收费"),
                 rows("items", "收费项目", text("name", "项目", max=200), text("standard", "标准", max=500),
                      group("basis", "收费依据", *basis_fields()), text("reduction", "减免", max=1000)),
                 flag("online_payment", "支持网上支付"), text("note", "说明", max=1000),
                 source="R4.2.3.12 R5.9.5⑥", group="收费")


def result() -> Any:
    return group("result", "办理结果", text("name", "结果名称", max=200), choice("kind", "结果类型", labels("result-kind")),
                 text("medium", "载体", max=100), text("validity", "有效期", max=500),
                 group("sample", "结果样本", text("title", "名称", max=200), texts("lines", "内容", max=200)),
                 source="RA1.1 R4.2.2.10", group="结果")


def steps() -> Any:
    return rows("steps", "办理流程", text("name", "环节", max=40), text("who", "由谁", max=60), number("days", "时限（工作日）", high=3650),
                text("text", "说明", max=1000), source="R4.2.2.7 R4.2.2.8", group="流程")


def materials() -> Any:
    """9 + 16 elements of a material (R4.2.2.2, R4.2.2.5)."""
    return rows(
        "materials", "申请材料",
        text("key", "标识", max=60), text("name", "材料名称", max=500), text("record", "共享材料", max=60),
        choice("kind", "材料类型", labels("material-kind")), choice("form", "材料形式", labels("material-form")),
        choice("necessity", "材料必要性", labels("material-necessity")), choice("source", "来源渠道", labels("material-source")),
        text("source_note", "来源渠道说明", max=500), text("issuer", "出具机构", max=200), text("issue_time", "出具时间要求", max=200),
        number("originals", "原件份数", high=99), number("copies", "复印件份数", high=99), text("spec", "纸质规格", max=300),
        flag("electronic", "是否需电子材料"), text("eform", "电子表单", max=200),
        flag("waivable", "可以不带"), text("waive_note", "可以不带的条件", max=300),
        group("basis", "要求提供的依据", *basis_fields()), text("note", "填报须知", max=1000), text("accept", "受理标准", max=1000),
        text("usage", "使用说明", max=500), text("place", "办理地点", max=200), text("intermediary", "中介或法定机构", max=300),
        group("sample", "样表", free("fields", "填写样例"), file_ref("file", "填写样例文件")), file_ref("blank_file", "空白表文件"), text("sample_none", "不用样表的说明", max=200),
        text("remark", "备注", max=500),
        source="R4.2.2.2 R4.2.2.5", group="材料")


def identity() -> list[Any]:
    return [
        text("code", "实施编码", max=80, head=True, source="RA1.3 RA1.6", group="标识"),
        texts("aliases", "曾用编码", max=80, source="RA1.7", group="标识"),
        text("local_basic_code", "地方基本编码", max=40, source="RA1.4①", group="标识"),
        text("source_id", "来源标识", max=120, group="标识"),
        text("org", "实施机构", max=60, head=True, source="RA1.1", group="机构"),
        texts("joint_orgs", "联办机构", max=100, source="RA1.1", group="机构"),
        choice("org_nature", "实施主体性质", labels("org-nature"), source="RA1.2", group="机构"),
        text("delegated_by", "委托部门", max=200, source="RA1.4①", group="机构"),
        text("power_source", "权力来源", max=500, source="RA1.4①", group="机构"),
        text("region", "行政区划", max=12, head=True, source="R3.1.8", group="机构"),
        choice("level", "行使层级", labels("levels"), head=True, source="R2.2.11", group="机构"),
        text("power_split", "权限划分", max=1000, source="RA1.2", group="机构"),
        text("exercised_content", "行使内容", source="RA1.1", group="机构"),
        choices("service_objects", "服务对象", labels("service-objects"), head=True, source="R2.2.4", group="对象"),
        choices("person_topics", "自然人主题", labels("person-topics"), head=True, source="R2.2.7", group="对象"),
        choices("legal_topics", "法人主题", labels("legal-topics"), head=True, source="R2.2.8", group="对象"),
        texts("plain_names", "日常用语", max=200, head=True, source="R5.4", group="对象"),
        text("short_name", "事项简称", max=200, group="对象"),
    ]


def handling() -> list[Any]:
    return [
        choice("handled_as", "办件类型", labels("handled-as"), head=True, source="R0.5", group="时限"),
        limit("legal_limit", "法定办结时限", head=True, source="RA1.1", group="时限"),
        limit("promise_limit", "承诺办结时限", head=True, source="RA1.1", group="时限"),
        rows("special_procedures", "特别程序", text("name", "名称", max=100), number("days", "所需天数", high=3650),
             text("note", "说明", max=500), source="R0.6", group="时限"),
        conditions(),
        text("review_standard", "审查标准", source="RA1.1", group="受理"),
        text("quantity_limit", "数量限制", max=500, source="RA1.2", group="受理"),
        text("intermediary", "中介服务", max=1000, source="RA1.2", group="受理"),
        materials(), texts("not_needed", "不用交的材料", max=100, group="材料"), steps(), fee(), result(),
    ]


def access() -> list[Any]:
    return [
        choices("channels", "办理形式", labels("channels"), head=True, source="R2.2.13", group="办理"),
        group("online", "网上办理", flag("supported", "支持网上办理"), choice("depth", "网上办理深度", labels("online-depth")),
              flag("whole", "全程网办"), text("url", "网办地址", max=500), head=True, source="RA1.4④", group="办理"),
        number("on_site_visits", "到现场次数", high=20, head=True, source="RA1.4⑤", group="办理"),
        text("on_site_reason", "必须到现场的原因", max=500, source="RA1.4⑤", group="办理"),
        group("scope", "通办范围", text("areas", "范围", max=40), text("note", "说明", max=500), source="R2.2.15", group="办理"),
        flag("appointment", "预约办理", source="RA1.1", group="办理"), flag("courier", "物流快递", source="RA1.1", group="办理"),
        flag("self_service", "自助终端办理", source="RA1.4⑦", group="办理"),
        text("system_level", "运行系统", max=60, source="RA1.2", group="办理"),
        texts("places", "办理地点", max=60, source="RA1.1", group="办理"),
        text("consult_phone", "咨询电话", max=60, source="RA1.1", group="咨询监督"),
        text("supervise_phone", "监督电话", max=60, source="RA1.1", group="咨询监督"),
        text("consult_other", "其他咨询方式", max=300, source="RA1.4⑨", group="咨询监督"),
        texts("rights", "依法享有的权利", source="R4.2.2.13", group="救济"), texts("duties", "依法履行的义务", source="R4.2.2.13", group="救济"),
        group("reconsideration", "行政复议", text("org", "部门", max=200), text("address", "地址", max=300), text("phone", "电话", max=60),
              source="RA1.4⑩", group="救济"),
        group("litigation", "行政诉讼", text("org", "法院", max=200), text("address", "地址", max=300), text("phone", "电话", max=60),
              source="RA1.4⑩", group="救济"),
        text("sanction", "处罚的行为、种类、幅度", max=4000, source="RA1.4⑪", group="其他"),
        text("levy", "征收种类与减免", max=2000, source="RA1.4⑪", group="其他"),
    ]


def status() -> list[Any]:
    return [
        choice("state", "事项状态", STATES, missing="在用", head=True, source="R5.3.2", group="状态"),
        text("state_reason", "挂起或取消的原因", max=500, source="R4.1.4.2", group="状态"),
        moment("plan_start", "计划生效日期", source="R5.3.3", group="状态"),
        moment("plan_end", "计划取消日期", source="R5.3.3", group="状态"),
        number("hot", "常办排序", high=9999, head=True, group="状态"),
        flag("demo", "示例", head=True, group="状态"),
        group("register", "来源登记", text("source", "数据来源", max=200), text("year", "年份", max=10), text("note", "说明", max=300),
              text("licence", "许可", max=100), text("topic_rules", "主题归类规则", max=200), flag("derived", "由下级推出"), head=True, group="状态"),
    ]
