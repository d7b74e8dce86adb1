"""Drawings made from data: the process picture and the sample of a result, as SVG without style attributes.

Pure functions from plain values to markup; all text is escaped. Colours and type come from the style sheet by class.
"""
from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from markupsafe import Markup

BOX_W, BOX_H, GAP, ROW_GAP, PER_ROW = 150, 76, 34, 36, 6


def _units(text: str) -> float:
    """Width in full characters: half for ASCII."""
    return sum(0.55 if ord(char) < 256 else 1.0 for char in text)


def _cut(text: str, limit: float) -> list[str]:
    """At most two lines of ``limit`` full characters."""
    lines, line = [], ""
    for char in text:
        if _units(line + char) > limit:
            lines.append(line)
            line = char
        else:
            line += char
    lines.append(line)
    return lines[:2]


def flow_words(steps: list[dict[str, Any]]) -> str:
    """The picture in one sentence."""
    parts = [f"{step['name']}（{step['time']}）" if step.get("time") else step["name"] for step in steps]
    return f"流程图：{len(steps)} 步，" + "，然后".join(parts) + "。文字说明见下。"


def flow_svg(steps: list[dict[str, Any]], *, vertical: bool = False) -> Markup:
    """Boxes joined by arrows; ``steps``: dicts with name and time. At most six boxes a row."""
    per_row = 1 if vertical else min(PER_ROW, max(1, len(steps)))
    width = 300 if vertical else per_row * BOX_W + (per_row - 1) * GAP + 4
    box_w = 296 if vertical else BOX_W
    rows = -(-len(steps) // per_row)
    height = rows * BOX_H + (rows - 1) * ROW_GAP + 4
    parts = []
    for number, step in enumerate(steps):
        row, column = divmod(number, per_row)
        x, y = 2 + column * (box_w + GAP), 2 + row * (BOX_H + ROW_GAP)
        last = number == len(steps) - 1
        parts.append(f'<rect class="{"fb fb-end" if last else "fb"}" x="{x}" y="{y}" width="{box_w}" height="{BOX_H}" rx="4"/>')
        lines = _cut(step["name"], 8)
        top = y + (32 if step.get("time") else 44) - (10 if len(lines) > 1 else 0)
        for offset, line in enumerate(lines):
            parts.append(f'<text class="{"ft ft-end" if last else "ft"}" x="{x + box_w / 2}" y="{top + offset * 20}">{escape(line)}</text>')
        if step.get("time"):
            parts.append(f'<text class="{"fs ft-end" if last else "fs"}" x="{x + box_w / 2}" y="{y + BOX_H - 14}">{escape(step["time"])}</text>')
        if not last:
            parts.append(_arrow(x, y, box_w, end_of_row=column == per_row - 1, vertical=vertical, left=2, per_row=per_row))
    return Markup(f'<svg class="flow-svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true" focusable="false">'
                  + "".join(parts) + "</svg>")


def _arrow(x: float, y: float, box_w: float, *, end_of_row: bool, vertical: bool, left: float, per_row: int) -> str:
    if vertical or per_row == 1:
        middle, top = x + box_w / 2, y + BOX_H
        return f'<path class="fa" d="M{middle} {top + 2}v{ROW_GAP - 6}m-6 -7l6 7l6 -7"/>'
    if end_of_row:
        bottom = y + BOX_H
        return (f'<path class="fa" d="M{x + box_w / 2} {bottom + 2}v{ROW_GAP / 2 - 2}H{left + box_w / 2}v{ROW_GAP / 2 - 5}m-6 -7l6 7l6 -7"/>')
    return f'<path class="fa" d="M{x + box_w + 2} {y + BOX_H / 2}h{GAP - 6}m-7 -6l7 6l-7 6"/>'


def sample_svg(title: str, lines: list[str]) -> Markup:
    """A certificate or decision sample: title, lines, 样本 across it. Text alternative in the title element."""
    height = 120 + 30 * len(lines)
    body = "".join(f'<text class="ss" x="36" y="{104 + 30 * number}">{escape(line[:30])}</text>' for number, line in enumerate(lines))
    label = quoteattr(f"{title}样本，内容是虚构的：" + "；".join(lines))
    return Markup(f'<svg class="sample-svg" viewBox="0 0 440 {height}" width="440" height="{height}" role="img" aria-label={label}>'
                  f'<rect class="sb" x="1.5" y="1.5" width="437" height="{height - 3}" rx="8"/><rect class="sl" x="12" y="12" width="416" height="{height - 24}" rx="4"/>'
                  f'<text class="sw" x="220" y="{height / 2 + 40}" transform="rotate(-18 220 {height / 2 + 24})">样 本</text>'
                  f'<text class="st" x="220" y="58">{escape(title[:18])}</text>{body}</svg>')
