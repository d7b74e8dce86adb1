"""ReviewRules 审查工作细则 (R4.2.3): how the staff of an item handle it: the eleven groups, posts, people, review methods. Internal, beside the item.

What the item says already (names, limits, telephones: R4.2.3.2) is not copied. It is reviewed and published like its item, which means: in force.
"""
from __future__ import annotations

from typing import Any

from .deciding import METHODS, ROLES
from .fields import choice, choices, flag, group, moment, number, rows, text, texts
from .kinds import Kind

GROUPS = ("基本信息", "政务服务人员", "业务流程", "申请", "受理", "审查", "决定", "证件制作与送达", "决定公开", "收费", "咨询")
NAME = "rules"               # its address below the item


def _texts(group_title: str, source: str, *pairs: tuple[str, str]) -> list[Any]:
    return [text(name, title, max=4000, source=source, group=group_title) for name, title in pairs]


SCHEMA = group(
    "review_rules", "审查工作细则",
    text("note", "补充说明", max=4000, source="R4.2.3.2", group="基本信息"),
    rows("people", "人员", text("name", "姓名", max=60), choices("roles", "角色", ROLES), text("legal", "法律与业务条件", max=1000), text("training", "培训考核", max=1000),
         text("special", "特殊要求", max=1000), moment("until", "资格有效到"), source="R4.2.3.3", group="政务服务人员"),
    rows("posts", "岗位", text("name", "岗位名称", max=100), choice("role", "角色", ROLES), text("duty", "工作职责", max=2000), number("days", "时限", high=3650),
         texts("persons", "在岗人员", max=60), source="R4.2.3.4", group="业务流程"),
    *_texts("申请", "R4.2.3.5", ("apply_number", "申请编号"), ("apply_materials", "申请材料"), ("apply_receive", "申请接收"), ("apply_receipt", "收件凭证送达")),
    *_texts("受理", "R4.2.3.6", ("accept_check", "受理审核"), ("accept_supplement", "补正材料"), ("accept_decision", "受理决定"), ("accept_method", "审查方式确定"), ("accept_transfer", "收件转办")),
    choices("review_methods", "审查方式", METHODS, source="R4.2.3.7", group="审查"),
    *_texts("审查", "R4.2.3.7", ("review_points", "审查内容和要点"), ("review_papers", "审查意见和文书")),
    flag("on_the_spot", "受理人能当场审查并决定", source="R4.2.3.8①", group="决定"), flag("at_once", "审查后能当场决定", source="R4.2.3.8②③", group="决定"),
    *_texts("决定", "R4.2.3.8", ("decide_points", "决定的标准"), ("decide_papers", "决定文书")),
    *_texts("证件制作与送达", "R4.2.3.10", ("paper_kind", "证件类型、名称、内容"), ("paper_posts", "岗位职责权限"), ("paper_ways", "制作、送达方式和时限"), ("paper_failed", "无法送达的处理"),
            ("paper_documents", "文书"), ("paper_archive", "归档内容、要求、时限")),
    *_texts("决定公开", "R4.2.3.11", ("public_ways", "公开方式"), ("public_posts", "岗位职责权限"), ("public_content", "公开内容"), ("public_days", "公开时限"), ("public_documents", "公开文书")),
    *_texts("收费", "R4.2.3.12", ("fee_rules", "收费规定")),
    *_texts("咨询", "R4.2.3.13", ("consult_posts", "岗位职责"), ("consult_order", "咨询程序"), ("consult_hours", "咨询时间"), ("consult_reply", "回复时间")),
    choices("consult_ways", "咨询途径", ("窗口", "电话", "网上", "信函"), source="R4.2.3.13", group="咨询"),
)

KIND = Kind(name="ReviewRules", title="审查工作细则", folder="review-rules", home="ImplementationItem", schema=SCHEMA, heading=lambda values: "审查工作细则",
            listing=lambda document, values, site: None, internal=True)
