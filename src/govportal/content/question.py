"""Question: a published question with its answer (R4.1.5.3); personal data is never part of it."""
from __future__ import annotations

from .blocks import body
from .fields import choice, flag, group, moment, rows, text, texts
from .heads import question_row
from .kinds import Kind

SCHEMA = group(
    "question", "问答",
    text("topic", "主题", max=40, required=True, head=True),
    choice("audience", "对象", ("个人", "企业"), missing="个人", head=True),
    text("title", "标题", max=200, required=True, head=True),
    body("question", "问题"), body("answer", "答复"),
    text("org", "答复单位", max=60, head=True),
    moment("asked_on", "提问日期", head=True, source="E7"), moment("answered_on", "答复日期", head=True, source="E7"),
    rows("laws", "依据", text("law", "法律", max=200), text("article", "条款", max=60)),
    texts("keywords", "关键词", max=40), texts("items", "相关事项", max=80), flag("demo", "示例", head=True),
)

KIND = Kind(name="Question", title="问答", folder="questions", home="/questions", schema=SCHEMA,
            heading=lambda values: values["title"], listing=question_row,
            references=lambda values: [("答复单位", "organisations", values["org"])] if values.get("org") else [])
