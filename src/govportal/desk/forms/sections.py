"""How each kind's form is cut into sections: titles, what belongs together and what the section is about.

Owns data only. Every node of a kind's schema stands in exactly one section, in page order; a kind without an entry or a node without a
section is found by the tests. Must not import pyramid or widgets. LookupError for an unknown kind or section.
"""
from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Section(NamedTuple):
    """One page of a form. ``name`` stands in addresses."""

    name: str
    title: str
    nodes: tuple[str, ...]
    hint: str = ""


def _s(name: str, title: str, nodes: str, hint: str = "") -> Section:
    return Section(name, title, tuple(nodes.split()), hint)


_ITEM = (
    _s("identity", "标识与机构", "code aliases local_basic_code source_id org joint_orgs org_nature delegated_by power_source region level "
       "power_split exercised_content", "谁来办、凭什么权力办。名称、类型、基本编码和设定依据在目录清单里改。"),
    _s("audience", "对象与主题", "service_objects person_topics legal_topics plain_names short_name", "给谁办，大家平时怎么叫它。分类和搜索都靠这一部分。"),
    _s("limits", "时限", "handled_as legal_limit promise_limit special_procedures", "承诺时限不能长于法定时限。即办件写 0。"),
    _s("conditions", "受理条件", "conditions review_standard quantity_limit intermediary", "写清什么样的人、什么情况能办，窗口按什么标准看。"),
    _s("materials", "材料", "materials not_needed", "每份材料都要有名字、来源、依据和样表，不能写“其他材料”。"),
    _s("steps", "流程", "steps", "只写办事人看得见的环节：申请、补正、受理、缴费、办结、签收等。"),
    _s("fee", "收费", "fee", "收费的要写项目、标准和依据。"),
    _s("result", "结果", "result", "办完拿到什么，样子是什么。样本里的个人信息要遮住。"),
    _s("access", "办理方式与地点", "channels online on_site_visits on_site_reason scope appointment courier self_service system_level places",
       "去哪办、能不能不去。地址和电话在“办理地点”里改一次，用到它的指南都跟着变。"),
    _s("contact", "咨询与救济", "consult_phone supervise_phone consult_other rights duties reconsideration litigation", "问谁、找谁监督、不服怎么办。"),
    _s("other", "处罚与征收", "sanction levy", "只有行政处罚、行政征收类事项要填。"),
    _s("status", "状态与来源", "state state_reason plan_start plan_end hot demo register", "挂起或取消的要写明原因，办事人会看到。"),
)


def _with(sections: tuple[Section, ...], name: str, more: str) -> tuple[Section, ...]:
    return tuple(section._replace(nodes=(*section.nodes, *more.split())) if section.name == name else section for section in sections)


SECTIONS: dict[str, tuple[Section, ...]] = {
    "DirectoryItem": (
        _s("identity", "名称与类型", "name basic_code type main", "这几项所有层级共用，改动后下面的实施清单都跟着变。"),
        _s("basis", "设定依据", "legal_basis", "写法律、法规、规章或规范性文件的名称和条款。"),
        _s("status", "状态与来源", "state state_reason plan_start plan_end hot demo register")),
    "ImplementationItem": _with(_with(_ITEM, "identity", "main_note"), "status", "unlisted"),
    "HandlingItem": (
        _s("case", "情形", "name hint use_materials changes", "一种情形只写与事项不同的地方，其余照事项的办。"),
        *_with(_ITEM, "status", "listed")),
    "Guide": (
        _s("summary", "说明与情形", "summary case_question tips related demo", "指南的其他内容由清单生成，这里只补清单里没有的话。"),
        _s("faq", "常见问题", "faq", "写大家真正会问的，答案先说结论。")),
    "ReviewRules": (
        _s("basic", "基本信息", "note", "名称、编码、机构、时限、电话这些取自实施清单，不另外抄；这里只写补充。"),
        _s("people", "政务服务人员", "people", "写明每个人能做什么角色、有什么资格；一人可以兼几个角色。资格过期的不算。"),
        _s("posts", "业务流程", "posts", "把外部看得见的环节细化到内部岗位。各岗时限相加不能超过承诺时限；每个岗位都要有资格有效的人。"),
        _s("apply", "申请", "apply_number apply_materials apply_receive apply_receipt"),
        _s("accept", "受理", "accept_check accept_supplement accept_decision accept_method accept_transfer"),
        _s("review", "审查", "review_methods review_points review_papers", "选了哪些方式，决定了谁有权作决定。"),
        _s("decide", "决定", "on_the_spot at_once decide_points decide_papers", "谁有权决定由审查方式推出，在“审查细则”页面上能看到。"),
        _s("paper", "证件制作与送达", "paper_kind paper_posts paper_ways paper_failed paper_documents paper_archive"),
        _s("publicity", "决定公开", "public_ways public_posts public_content public_days public_documents"),
        _s("fee", "收费", "fee_rules", "不收费的写“本事项不收费”。"),
        _s("consult", "咨询", "consult_posts consult_ways consult_order consult_hours consult_reply", "咨询时间和回复时间都要写。")),
    "Channel": (_s("channel", "栏目", "name column_type description keywords order"),),
    "NewsArticle": (
        _s("article", "标题与正文", "channel title summary body"),
        _s("origin", "发布与来源", "published_at published_time_known source_name source_url author region_note expires archived archived_on demo",
           "转载的写明来源和网址。发布时间照原文，不倒填。"),
        _s("header", "公文信息", "header", "公文才填，新闻空着。"),
        _s("links", "主题与关联", "topics keywords interpretations interpretation_of interprets related attachments", "文件和它的解读互相指明，读者才能来回看。")),
    "Question": (
        _s("question", "问题与答复", "audience topic title question answer", "去掉姓名、电话、证件号等个人信息再公开。"),
        _s("details", "答复单位与依据", "org asked_on answered_on laws keywords items demo")),
    "Page": (_s("page", "页面", "title summary body order updated_on demo"),),
    "LifeEvent": (
        _s("event", "一件事", "name icon summary intro org order demo"),
        _s("steps", "步骤", "steps tips", "按办事的先后排，每一步写要办的事项。")),
    "Organisation": (
        _s("identity", "名称与代码", "name short full_name uscc code nature former_names"),
        _s("contact", "职责与联系", "region region_name duties address hours phone", "改一次，所有写到这个机构的地方都跟着变。"),
        _s("status", "来源与排序", "order registered source demo")),
    "Place": (
        _s("place", "地点与联系", "name kind org region address phone traffic accessibility facilities note order demo",
           "改一次，用到这个地点的指南都跟着变。"),
        _s("hours", "窗口与时间", "windows hours opening")),
    "Law": (
        _s("law", "名称与有效性", "title short category version status status_note doc_number issuer source history"),
        _s("articles", "条文", "articles", "指南里引用的条文从这里取，不另外抄。")),
    "Material": (_s("material", "共享材料", "name kind issuer source about blank_file sample_file certificate demo", "改一次，用到它的事项都跟着变。"),),
}


def sections_of(kind: str) -> tuple[Section, ...]:
    """The sections of a kind in page order. LookupError for an unknown kind."""
    try:
        return SECTIONS[kind]
    except KeyError:
        raise LookupError(f"没有“{kind[:40]}”这种内容的表单") from None


def section(kind: str, name: str) -> Section:
    """One section by its name. LookupError when there is none."""
    found = next((one for one in sections_of(kind) if one.name == name), None)
    if found is None:
        raise LookupError(f"表单里没有“{name[:40]}”这一部分")
    return found


@cache
def sections_by_node(kind: str) -> dict[str, Section]:
    """Node -> its section. Do not change it. LookupError for an unknown kind."""
    return {node: one for one in sections_of(kind) for node in one.nodes}


def section_of(kind: str, node: str) -> Section:
    """The section in which a node of the schema stands. LookupError for an unknown node."""
    try:
        return sections_by_node(kind)[node]
    except KeyError:
        raise LookupError(f"表单里没有“{node[:40]}”这个字段") from None
