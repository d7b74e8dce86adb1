"""Structured values as text that people type, and back: articles of a law, opening hours, words of a finder. (Bodies: ``content/markup``.)

Pure; text that cannot be read raises
``Unreadable`` with a Chinese reason. Must not import pyramid or deform.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

DAYS = (("1", "周一"), ("2", "周二"), ("3", "周三"), ("4", "周四"), ("5", "周五"), ("6", "周六"), ("7", "周日"))
_ARTICLE = re.compile(r"(第[一二三四五六七八九十百千零〇0-9]{1,12}条(?:之[一二三四五六七八九十]{1,3})?)[　 \t]*(.*)", re.S)
_SPAN = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)\s*[-–—~～至]\s*([01]?\d|2[0-4])[:：]([0-5]\d)")


class Unreadable(ValueError):
    """The text does not say what the field needs; the message tells people how to write it."""


def articles_to_text(rows: Iterable[dict[str, Any]]) -> str:
    """The articles of a law as one text: ``## chapter`` lines, each article from its number on a line of its own."""
    lines: list[str] = []
    chapter = ""
    for row in rows:
        if (row.get("chapter") or "") != chapter:
            chapter = row.get("chapter") or ""
            lines += [*([""] if lines else []), f"## {chapter}".rstrip(), ""]
        no, text = row.get("no") or "", row.get("text") or ""
        first, *rest = text.split("\n")
        lines.append(f"{no}　{first}" if _ARTICLE.fullmatch(no) else f"### {no}\n{_guard(first)}")
        lines += [_guard(line) for line in rest]
    return "\n".join(lines)


def _guard(line: str) -> str:
    return "\\" + line if line.startswith(("#", "\\")) or _ARTICLE.match(line) else line


def text_to_articles(text: str) -> list[dict[str, str]]:
    """Rows of no, chapter, text. Unreadable when text stands before the first article."""
    rows: list[dict[str, str]] = []
    body: list[str] = []
    chapter = ""

    def close() -> None:
        if rows:
            rows[-1]["text"] = "\n".join(body).strip()
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        line = line.rstrip()
        article = _ARTICLE.fullmatch(line)
        if line.startswith("### ") or article:
            close()
            body = [article[2]] if article else []
            rows.append({"no": article[1] if article else line[4:].strip(), "chapter": chapter, "text": ""})
        elif line.startswith("## ") or line == "##":
            close()
            chapter, body = line[3:].strip(), []
            body += [rows[-1]["text"]] if rows else []
        elif line and not rows:
            raise Unreadable(f"第 {number} 行“{line[:20]}”前面没有条号：章节行前写“## ”，条文从“第一条”这样的条号开始")
        elif rows:
            body.append(line[1:] if line.startswith("\\") else line)
    close()
    return rows


def span_text(spans: Iterable[Sequence[str]]) -> str:
    return " ".join(f"{span[0]}-{span[1]}" for span in spans if len(span) == 2)


def text_spans(text: str) -> list[list[str]]:
    """``09:00-12:00 13:30-17:00`` as pairs. Unreadable for anything else, also for times that go backwards."""
    found = [[f"{int(a):02}:{b}", f"{int(c):02}:{d}"] for a, b, c, d in _SPAN.findall(text)]
    if _SPAN.sub("", text).strip(" 、，,;；"):
        raise Unreadable(f"“{text[:30]}”请写成 09:00-12:00 13:30-17:00")
    times = [time for span in found for time in span]
    if times != sorted(times) or any(start == end for start, end in found):
        raise Unreadable(f"“{text[:30]}”的时间要从早到晚")
    return found


def lines_of(text: str) -> list[str]:
    """The lines that are not empty."""
    return [line for part in text.replace("\r\n", "\n").split("\n") if (line := part.strip())]
