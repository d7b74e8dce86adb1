"""NewsArticle: news, notices, official documents and their interpretations (B9, B12, C4, F6).

A document and its interpretation name each other; ``header`` is the table of F6 and is empty for plain news.
"""
from __future__ import annotations

from .blocks import body
from .fields import choice, flag, group, moment, rows, text, texts
from .filerefs import file_ref
from .heads import article_row
from .kinds import Kind
from .vocabularies import labels

SCHEMA = group(
    "news_article", "文章",
    text("channel", "栏目", max=60, required=True, head=True),
    text("title", "标题", max=300, required=True, head=True),
    text("summary", "摘要", max=600, head=True),
    body(),
    moment("published_at", "发布时间", required=True, head=True, source="A6"),
    flag("published_time_known", "时刻有据", missing=True),
    text("source_name", "来源", max=200, head=True, source="A4"),
    text("source_url", "来源网址", max=500, source="B11"),
    text("author", "作者", max=100), text("region_note", "来源说明", max=200),
    group("header", "公文信息表", text("index_no", "索引号", max=100), text("subject", "主题分类", max=100), text("issuer", "发文机关", max=200),
          text("written_on", "成文日期", max=30), text("doc_number", "发文字号", max=100), text("published_on", "发布日期", max=30),
          choice("validity", "有效性", labels("validity")), head=True, source="F6"),
    texts("topics", "主题", max=40, head=True),
    texts("keywords", "关键词", max=40),
    texts("interpretations", "解读本文的文章", max=60, source="C4"), texts("interpretation_of", "解读的文件", max=60, source="C4"),
    texts("interprets", "解读的法规", max=120),
    rows("attachments", "附件", text("title", "名称", max=200), file_ref("file", "文件")),
    texts("related", "相关事项", max=80),
    flag("demo", "示例", head=True), flag("archived", "已归档", source="B13"), moment("archived_on", "归档日期", source="B13"),
    moment("expires", "下线时间", head=True, source="R4.1.2.3"),
)

KIND = Kind(name="NewsArticle", title="文章", folder="news", home="Channel", schema=SCHEMA,
            heading=lambda values: values["title"], listing=article_row)
