"""What forms know of single fields beyond their schema: hints, units, pick lists, the parts of a row.

Owns data only, keyed by the dotted path of a field (``materials.basis.law``); a key with the kind before it (``Guide:summary``) goes first.
Must not import pyramid or widgets.
"""
from __future__ import annotations

HINTS: dict[str, str] = {
    "code": "由目录清单和机构代码生成，取消后不再给别的事项用",
    "aliases": "以前用过的编码，一行一个，旧编码仍能找到这个事项",
    "plain_names": "大家平时的叫法，一行一个，例如：上户口",
    "short_name": "名称太长时用在列表里",
    "joint_orgs": "一行写一个机构的全称",
    "exercised_content": "本机关在这件事上实际做什么",
    "power_split": "省、市、县各管什么",
    "service_objects": "含自然人的要选自然人主题，含法人的要选法人主题",
    "handled_as": "当场办完的是即办件，即办件的承诺时限写 0",
    "legal_limit": "法律法规规定的最长时间",
    "promise_limit": "本机关答应的时间，不能长于法定时限",
    "conditions": "一条写一个条件，先写谁能办",
    "review_standard": "窗口按什么判断能不能办，写到办事人可以自己对照",
    "special_procedures": "听证、检验、鉴定等不算在时限里的时间",
    "materials.name": "写材料本来的名字，不写“其他材料”“有关材料”",
    "materials.key": "给情形和样表引用，用小写英文字母和数字",
    "materials.record": "从材料库选，选了以后名称和类型会带出来",
    "materials.issuer": "政府部门核发的，写核发的部门",
    "materials.accept": "窗口收的时候看什么",
    "materials.note": "给办事人的话，例如：窗口现场填写，也可以先在家填好",
    "materials.waive_note": "什么情况下可以不带，例如：能查到电子证照的",
    "materials.sample_none": "例如：交验原件，不用样表",
    "materials.sample.fields": "用虚构的内容填一份，证件号、电话要遮住几位",
    "materials.basis.law": "输入名称后从法律库选；库里没有的照原名写",
    "legal_basis.law": "输入名称后从法律库选；库里没有的照原名写",
    "fee.items.basis.law": "输入名称后从法律库选；库里没有的照原名写",
    "not_needed": "办事人常以为要带、其实不用的，一行一个",
    "steps.name": "例如：申请、受理、审核、审批、办结、送达",
    "steps.days": "各环节相加不能超过承诺时限，不计时的空着",
    "fee.items.standard": "写到元，例如：40 元／证",
    "fee.online_payment": "不收费的选“否”",
    "result.kind": "名称以“证”结尾的选“出证”",
    "result.sample.lines": "一行写样本上的一行字，个人信息要遮住",
    "on_site_visits": "从申请到拿到结果一共要跑几次，不用跑写 0",
    "on_site_reason": "要到现场的，写清为什么非到不可",
    "online.url": "完整的网址，以 https:// 开头",
    "consult_phone": "和监督电话不能相同",
    "supervise_phone": "和咨询电话不能相同",
    "state_reason": "办事人会看到",
    "hot": "排在首页和列表前面的次序，小的在前，空着不推荐",
    "use_materials": "只勾这种情形要交的材料，都不勾表示和事项一样",
    "changes": "勾上的要素以本情形填的为准，没勾的照事项的",
    "hint": "让人一眼认出自己是不是这种情形",
    "basic_code": "10 位或 12 位数字，主项生成后不再改",
    "type": "按目录清单的类型选",
    "main": "只有子项要填",
    "ReviewRules:people.roles": "能做哪些角色",
    "ReviewRules:people.until": "执法证、上岗证等到哪天，长期的空着",
    "ReviewRules:posts.days": "工作日，当场办完写 0",
    "ReviewRules:posts.persons": "写“政务服务人员”里的姓名，一行一个",
    "ReviewRules:fee_rules": "收费的写环节、项目、依据、标准、减免情形、缴费时间地点；不收费的写：本事项不收费",
    "Guide:summary": "一句话说清办什么，给办事人看，不超过 60 字最好",
    "case_question": "情形前面的那句问话，例如：您属于哪种情况？",
    "tips": "一行一条，每条一句话",
    "related": "办完这件事常接着办的",
    "faq.q": "用办事人的口气写",
    "faq.a": "先说结论，再说怎么做",
    "NewsArticle:summary": "列表里显示，两三句话",
    "published_at": "写成 2026-01-31 09:00，只知道日期就写 2026-01-31",
    "published_time_known": "原文没有时刻的选“否”，页面只显示日期",
    "source_url": "转载的必填，完整的网址",
    "expires": "到这个时间自动下线，空着一直有效",
    "interpretations": "解读这份文件的文章",
    "interpretation_of": "这篇文章解读的文件",
    "interprets": "这篇文章解读的法律法规",
    "column_type": "按栏目类别填，用于页面标签",
    "uscc": "18 位，最后一位是校验位",
    "registered": "从登记簿来、没有核实的选“是”",
    "opening": "用来判断现在开没开门，一天两段用空格隔开，例如：09:00-12:00 13:30-17:00",
    "Place:hours": "显示给人看的说法，例如：周一至周五",
    "articles": "把全文贴进来：章节行前写“## ”，每条从“第×条”另起一行",
    "steps.find": "事项清单之外再按名称找，一行一个词",
    "status_note": "例如：2024 年修改，第十二条以新的为准",
}

UNITS: dict[str, str] = {"ReviewRules:posts.days": "工作日", "materials.originals": "份", "materials.copies": "份", "on_site_visits": "次", "special_procedures.days": "天"}

# Field -> (pick list, whether only what the list holds is accepted).
PICKS: dict[str, tuple[str, bool]] = {
    "org": ("orgs", True), "region": ("regions", True), "places": ("places", True), "materials.record": ("materials", True),
    "legal_basis.law": ("laws", False), "materials.basis.law": ("laws", False), "fee.items.basis.law": ("laws", False), "laws.law": ("laws", False),
    "legal_basis.article": ("clauses", False), "materials.basis.article": ("clauses", False), "fee.items.basis.article": ("clauses", False),
    "laws.article": ("clauses", False), "related": ("items", True), "items": ("items", True), "steps.items": ("items", True),
    "channel": ("channels", True), "topic": ("topics", True), "topics": ("topics", False), "interpretations": ("articles", True),
    "interpretation_of": ("articles", True), "interprets": ("lawpaths", True),
}

# Rows: the field that names a row in its summary line, where it is not the first text.
ROW_NAMES: dict[str, str] = {"materials": "name", "articles": "no"}

# Rows: parts of one row; the first is always shown, the others are folded until they are needed.
ROW_PARTS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "materials": (
        ("", ("record", "name", "kind", "source", "necessity", "originals", "copies", "form", "issuer", "note", "accept")),
        ("要求提供的依据", ("basis",)),
        ("样表", ("blank_file", "sample", "sample_none")),
        ("可以不带", ("waivable", "waive_note", "electronic", "eform")),
        ("更多要素", ("key", "source_note", "issue_time", "spec", "usage", "place", "intermediary", "remark")),
    ),
}

# Names for what one row is called on its buttons.
ROW_WORDS: dict[str, str] = {"materials": "材料", "steps": "环节", "fee.items": "收费项目", "legal_basis": "依据", "faq": "问题", "laws": "依据",
                             "special_procedures": "特别程序", "ReviewRules:people": "人员", "ReviewRules:posts": "岗位", "attachments": "附件", "windows": "窗口", "hours": "时间", "LifeEvent:steps": "步骤", "places": "地点",
                             "conditions": "条件", "rights": "权利", "duties": "义务", "related": "事项", "items": "事项", "steps.items": "事项", "topics": "主题",
                             "interpretations": "文章", "interpretation_of": "文件", "interprets": "法规"}


def known(table: dict[str, str], kind: str, path: str) -> str:
    """The entry of a field, of this kind first; '' when there is none."""
    return table.get(f"{kind}:{path}") or table.get(path, "")
