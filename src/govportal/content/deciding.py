"""Who may decide an application, by how it was examined (R4.2.3.7–9): a pure table, and whom the posts of an item have for it.

Owns the review methods and the five cases of the guide. Must not import a kind. LookupError for a method that there is not.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

WRITTEN, VISIT, AUCTION, TEST, EXAM, EXPERTS, TECHNICAL, HEARING, PARTIES, TOGETHER, OTHER = METHODS = (
    "书面审查", "实地核查", "招标与拍卖", "检验、检测、检疫、鉴定", "考试、考核", "专家评审", "技术审查", "听证", "听取利害关系人意见", "集体审查", "法律法规规章规定的其他方式")
RECEIVER, ACCEPTER, EXAMINER, DECIDER, SENDER = ROLES = ("收件人", "受理人", "审查人", "决定人", "送件人")
FULL = frozenset((VISIT, AUCTION, EXAM, EXPERTS, TECHNICAL, HEARING, PARTIES, OTHER))     # beside the written review: the examiner only gives an opinion


class Decision(NamedTuple):
    """``by``: the role that decides; ``opinion``: the role that gives its opinion first, '' = none; ``at_once``: on the spot; ``case``: ① to ⑤,
    '' = not one of the guide's cases but what follows from them; ``why`` in words."""

    by: str
    opinion: str
    at_once: bool
    case: str
    why: str


def decide(methods: Iterable[str], *, on_the_spot: bool = False, at_once: bool = False) -> Decision:
    """Who decides. ``methods``: those used; ``on_the_spot``: the accepter can examine and decide there and then; ``at_once``: after the written review
    (and the result of a test) the examiner can decide there and then."""
    used = frozenset(methods)
    unknown = used - set(METHODS)
    if unknown:
        raise LookupError(f"没有“{sorted(unknown)[0][:30]}”这种审查方式")
    if TOGETHER in used:
        return Decision(DECIDER, "", False, "⑤", "经集体审查的，由决定人决定")
    if used & FULL:
        named = "、".join(method for method in METHODS if method in used & FULL)
        return Decision(DECIDER, EXAMINER, False, "" if used & FULL == {OTHER} else "④", f"除书面审查外还做了{named}，审查人签意见，决定人决定")
    if TEST in used:
        if at_once:
            return Decision(EXAMINER, "", True, "③", "书面审查加检验、检测、检疫、鉴定结果即可认定，审查人当场决定")
        return Decision(DECIDER, EXAMINER, False, "", "有检验、检测、检疫、鉴定但不能当场认定，审查人签意见，决定人决定")
    if on_the_spot:
        return Decision(ACCEPTER, "", True, "①", "受理人能当场审查并决定，受理人当场决定")
    if at_once:
        return Decision(EXAMINER, "", True, "②", "书面审查后能当场决定，审查人当场决定")
    return Decision(DECIDER, EXAMINER, False, "", "书面审查后不能当场决定，审查人签意见，决定人决定")


def of_rules(values: dict[str, Any]) -> Decision:
    """The decision that review rules (``ReviewRules`` values) lead to."""
    return decide([method for method in values.get("review_methods") or () if method in METHODS], on_the_spot=bool(values.get("on_the_spot")), at_once=bool(values.get("at_once")))


def valid(person: dict[str, Any], today: str) -> bool:
    """Whether somebody may act on this day (``2026-01-31``): named, and the qualification has not run out."""
    return bool(person.get("name")) and (not person.get("until") or person["until"][:10] >= today)


def vacant(values: dict[str, Any], today: str) -> list[str]:
    """Names of posts that no valid person with the post's role fills (R4.2.3.3); a role that must decide and has no post is named too."""
    people = {person["name"]: person for person in values.get("people") or () if person.get("name")}
    found, posts = [], values.get("posts") or ()
    for post in posts:
        holders = [people[name] for name in post.get("persons") or () if name in people]
        if not any(valid(one, today) and post.get("role") in (one.get("roles") or ()) for one in holders):
            found.append(post.get("name") or "（没有名称的岗位）")
    held = {post.get("role") for post in posts}
    decision = of_rules(values)
    return found + [f"（没有{role}岗位）" for role in dict.fromkeys((decision.opinion, decision.by)) if role and role not in held]


def total_days(values: dict[str, Any]) -> int:
    """The limits of all posts together, in working days."""
    return sum(post.get("days") or 0 for post in values.get("posts") or ())
