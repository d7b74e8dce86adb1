"""Topics of rows that come without one: reviewed rules as data (``content/rules/topics.yaml``).

Owns reading and applying them: the source's own themes by a table, then every rule whose pattern fits the name or the
parent's name, then for a side without topic the first fallback that fits. A row that nothing fits gets 其他. Pure; must not touch the tree.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from ..shipped import shipped
from .vocabularies import vocabulary

OTHER = "其他"


@dataclass(frozen=True)
class TopicRule:
    id: str
    name: re.Pattern[str] | None
    department: re.Pattern[str] | None
    person: tuple[str, ...]
    legal: tuple[str, ...]

    def fits(self, text: str, department: str) -> bool:
        return (self.name is None or bool(self.name.search(text))) and (self.department is None or bool(self.department.search(department)))


@dataclass(frozen=True)
class TopicRules:
    themes: dict[str, tuple[tuple[str, ...], tuple[str, ...]]]
    rules: tuple[TopicRule, ...]
    fallback: tuple[TopicRule, ...]

    def assign(self, record: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """(person topics, legal topics, ids of the rules that gave them); in vocabulary order, 其他 when none fits."""
        objects = set(record.get("service_objects", ()))
        wants_person = not objects or "自然人" in objects
        wants_legal = not objects or bool(objects - {"自然人"})
        person, legal, used = set(), set(), []
        for theme in record.get("themes", ()):
            found = self.themes.get(theme)
            if found:
                person |= set(found[0])
                legal |= set(found[1])
                used.append("T:" + theme)
        text = record.get("name", "") + "\n" + record.get("parent_name", "")
        department = record.get("department", "")
        for rule in self.rules:
            if rule.fits(text, department):
                person |= set(rule.person)
                legal |= set(rule.legal)
                used.append(rule.id)
        person.discard(OTHER)
        legal.discard(OTHER)
        guessed = bool(objects) or not (person or legal)
        for rule in self.fallback if guessed and ((wants_person and not person) or (wants_legal and not legal)) else ():
            if rule.fits(text, department):
                person = person or set(rule.person)
                legal = legal or set(rule.legal)
                used.append(rule.id)
                break
        wants_person, wants_legal = (wants_person, wants_legal) if objects else (bool(person) or not legal, bool(legal))
        return (_in_order(person, "person-topics") if wants_person else (),
                _in_order(legal, "legal-topics") if wants_legal else (), tuple(used))


def _in_order(found: set[str], name: str) -> tuple[str, ...]:
    words = tuple(label for label in vocabulary(name).labels if label in found)
    return words or (OTHER,)


@cache
def load_topic_rules() -> TopicRules:
    """The shipped rules. LookupError names a rule with an unknown topic or a broken pattern."""
    data = yaml.load((shipped("content") / "rules" / "topics.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    known = {"person": set(vocabulary("person-topics").labels), "legal": set(vocabulary("legal-topics").labels)}

    def words(row: dict[str, Any], side: str, where: str) -> tuple[str, ...]:
        found = tuple(row.get(side) or ())
        if set(found) - known[side]:
            raise LookupError(f"content/rules/topics.yaml 的 {where} 用了代码表外的主题：{set(found) - known[side]}")
        return found
    try:
        rules, fallback = (tuple(TopicRule(row["id"], re.compile(row["name"]) if row.get("name") else None,
                                           re.compile(row["department"]) if row.get("department") else None,
                                           words(row, "person", row["id"]), words(row, "legal", row["id"])) for row in data[part])
                           for part in ("rules", "fallback"))
    except re.error as exc:
        raise LookupError(f"content/rules/topics.yaml 的匹配写法不对：{exc}") from None
    themes = {theme: (words(row, "person", theme), words(row, "legal", theme)) for theme, row in data["themes"].items()}
    return TopicRules(themes, rules, fallback)
