"""我要问: the published questions by topic, and one question with its answer and sources."""
from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode

from ..content.blocks import plain
from ..content.model import Document, Folder
from ..web.layout import column_tags
from ..web.pages import render
from ..web.prose import prose
from . import guidemodel, live_values
from .reading import paged


def questions_home(context: Folder, request: Any) -> Any:
    """All published questions, newest first; ``topic`` narrows."""
    columns, topic = request.columns, request.query("topic")
    counts = Counter(row.topic for row in columns.questions)
    topic = topic if topic in counts else ""
    rows, pages, current = paged(columns.questions_on(topic) if topic else columns.questions, request, "/questions/" + (f"?topic={quote(topic)}" if topic else ""))
    if topic:
        pages = [(href.replace(f"{quote(topic)}?page", f"{quote(topic)}&page"), *rest) for href, *rest in pages]
    title = f"我要问：{topic}" if topic else "我要问"
    page = request.page(title + (f"（第 {current} 页）" if current > 1 else ""), section="/questions/", crumbs=(("/questions/", "我要问"),) if topic else (),
                        here=topic or "我要问", feed=("/questions/feed", "公开问答"),
                        meta=column_tags("我要问", "互动交流", "公开的问答，按主题查看", "问答,咨询"))
    where = [("topic", topic), *([("page", str(current))] if current > 1 else [])]
    page.canonical = page.absolute("/questions/" + ("?" + urlencode(pairs) if (pairs := [pair for pair in where if pair[1]]) else ""))
    shown = [{"path": row.path, "title": row.title, "topic": row.topic, "org": columns.org_name(row.org, short=True), "answered": row.answered[:10], "demo": row.demo}
             for row in rows]
    topics = [("/questions/", "全部", len(columns.questions), "true" if not topic else None)] + [
        (f"/questions/?topic={quote(name)}", name, count, "true" if name == topic else None) for name, count in counts.most_common()]
    return render(request, "questions.pt", page, heading="大家的问答" if not topic else topic, rows=shown, pages=pages, topics=topics,
                  intro="先看看别人问过没有。答复是示例，办事以指南为准。")


def question_view(context: Document, request: Any) -> Any:
    values, columns = live_values(context), request.columns
    href = f"/questions/?topic={quote(values['topic'])}"
    page = request.page(values["title"], section="/questions/", crumbs=(("/questions/", "我要问"), (href, values["topic"])),
                        meta=column_tags("我要问", "互动交流", "公开的问答", "问答"))
    answer = plain(values.get("answer", ()))
    page.data.append({"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": values["title"], "acceptedAnswer": {"@type": "Answer", "text": answer}}]})
    return render(request, "question.pt", page, title=values["title"], values=values, topic_href=href, org=columns.org_name(values.get("org") or ""),
                  question=prose(request.site, values.get("question", ())), answer=prose(request.site, values.get("answer", ())),
                  laws=[guidemodel.citation(request.site, columns, row) for row in values.get("laws", ())],
                  items=[(row.path, row.name) for slug in values.get("items", ()) if (row := columns.item_by_slug(slug)) is not None])


def includeme(config: Any) -> None:
    config.add_page(questions_home, folder="questions", params=("topic", "page"))
    config.add_page(question_view, kind="Question")
