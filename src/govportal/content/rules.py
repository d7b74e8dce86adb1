"""Rules of the guide as data (``content/rules/items.yaml``) and the small checks they name.

A rule has an id, a level (``identity`` stops an import, ``publish`` a publication, ``quality`` is listed), a source, the
kinds it is for, the field and the message people read, and one good and one bad case that the tests run. Owns the
checks; must not write anything. A rule file that names an unknown check ends the start with its id.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from ..base import clock
from ..base.identifiers import IdentifierError, check_uscc, parse_basic_code, parse_item_code
from ..shipped import shipped
from .deciding import total_days, vacant
from .vocabularies import vocabulary

Values = dict[str, Any]
LEVELS = ("identity", "publish", "quality")


@dataclass(frozen=True)
class Rule:
    id: str
    level: str
    source: str
    kinds: tuple[str, ...]
    field: str
    check: str
    message: str
    good: tuple[Values, ...]
    bad: tuple[Values, ...]


@dataclass(frozen=True)
class Fault:
    rule: str
    field: str
    message: str
    source: str
    level: str


def _promise(values: Values) -> int | None:
    return (values.get("promise_limit") or {}).get("days")


_DAYS = {"工作日": 1.4, "自然日": 1.0, "小时": 1 / 24, "个月": 30.0, "年": 365.0}


def in_days(limit: Values) -> float:
    return limit["days"] * _DAYS[limit.get("unit") or "工作日"]


def immediate_matches(values: Values) -> bool:
    """R5.9.5①: promised 0 days exactly when handled as 即办件."""
    days = _promise(values)
    return days is None or (days == 0) == (values.get("handled_as") == "即办件")


def promise_within_legal(values: Values) -> bool:
    """R5.9.5②. Different units are compared in calendar days (5 working days are 7)."""
    promised, legal = values.get("promise_limit") or {}, values.get("legal_limit") or {}
    if promised.get("days") is None or legal.get("days") is None:
        return True
    if (promised.get("unit") or "工作日") == (legal.get("unit") or "工作日"):
        return promised["days"] <= legal["days"]
    return in_days(promised) <= in_days(legal) + 0.5


def result_has_sample(values: Values) -> bool:
    result = values.get("result") or {}
    return not result.get("name") or bool((result.get("sample") or {}).get("lines"))


def certificate_kind(values: Values) -> bool:
    result = values.get("result") or {}
    return not (result.get("name") or "").endswith("证") or result.get("kind") == "出证"


def visits_have_reason(values: Values) -> bool:
    visits = values.get("on_site_visits")
    return not visits or bool(values.get("on_site_reason"))


def no_visit_has_way(values: Values) -> bool:
    if values.get("on_site_visits") != 0 or (values.get("online") or {}).get("supported"):
        return True
    return "快递申请" in values.get("channels", ())


def whole_online_no_visit(values: Values) -> bool:
    return not (values.get("online") or {}).get("whole") or values.get("on_site_visits") == 0


def fee_complete(values: Values) -> bool:
    """R5.9.5⑥, charged: item, standard, basis and whether it can be paid online."""
    fee = values.get("fee") or {}
    if not fee.get("charged"):
        return True
    items = fee.get("items") or ()
    return bool(items) and fee.get("online_payment") is not None and all(
        row.get("name") and row.get("standard") and (row.get("basis") or {}).get("law") for row in items)


def free_no_payment(values: Values) -> bool:
    fee = values.get("fee") or {}
    return fee.get("charged") is not False or not fee.get("online_payment")


def phones_given(values: Values) -> bool:
    consult, supervise = values.get("consult_phone"), values.get("supervise_phone")
    return bool(consult and supervise) and consult != supervise


def _audience(values: Values) -> tuple[bool, bool]:
    objects = set(values.get("service_objects", ()))
    return "自然人" in objects, bool(objects - {"自然人"})


def person_topics_match(values: Values) -> bool:
    """R2.2.9: 自然人 among the objects exactly when there is a person topic."""
    return not values.get("service_objects") or _audience(values)[0] == bool(values.get("person_topics"))


def legal_topics_match(values: Values) -> bool:
    return not values.get("service_objects") or _audience(values)[1] == bool(values.get("legal_topics"))


def licence_has_faq(values: Values) -> bool:
    return values.get("type") != "行政许可" or bool(values.get("faq"))


LICENCE_STEPS = ("受理", "审核", "审批", "办结", "送达")


def licence_has_steps(values: Values) -> bool:
    if values.get("type") != "行政许可":
        return True
    names = {row.get("name") for row in values.get("steps", ())}
    return all(name in names for name in LICENCE_STEPS)


def steps_within_promise(values: Values) -> bool:
    days = _promise(values)
    return days is None or sum(row.get("days") or 0 for row in values.get("steps", ())) <= days


_CATCH_ALL = re.compile(r"其他|其它|等有关|等相关|有关材料|相关材料|需要提供的材料")


def material_named(values: Values) -> bool:
    return not any(_CATCH_ALL.search(row.get("name") or "") for row in values.get("materials", ()))


def material_has_basis(values: Values) -> bool:
    return all((row.get("basis") or {}).get("law") for row in values.get("materials", ()))


def material_has_sample(values: Values) -> bool:
    return all((row.get("sample") or {}).get("fields") or (row.get("sample") or {}).get("file") or row.get("sample_none") for row in values.get("materials", ()))


def material_has_source(values: Values) -> bool:
    return all(row.get("source") and (row["source"] != "政府部门核发" or row.get("issuer")) for row in values.get("materials", ()))


def has_legal_basis(values: Values) -> bool:
    return bool(values.get("legal_basis"))


def code_wellformed(values: Values) -> bool:
    """RA1.5–RA1.7: one of the known code profiles; check characters are proven for own items (real registers hold wrong ones)."""
    code = values.get("code")
    if not code:
        return True
    try:
        parse_item_code(code, strict=not (values.get("register") or {}).get("source"))
        return True
    except IdentifierError:
        return False


def basic_code_wellformed(values: Values) -> bool:
    code = values.get("basic_code")
    if not code or (values.get("register") or {}).get("source"):
        return True
    try:
        parse_basic_code(code)
        return True
    except IdentifierError:
        return False


def basic_code_type(values: Values) -> bool:
    """RA1.7: the type digits of an own basic code are the code of its item type."""
    code, kind = values.get("basic_code") or "", vocabulary("item-types").by_label(values.get("type") or "")
    if (values.get("register") or {}).get("source") or kind is None or len(code) not in (10, 12):
        return True
    return code[-10:-8] == kind.code


def uscc_wellformed(values: Values) -> bool:
    """M7; codes taken over from a register are listed by a quality rule instead."""
    code = values.get("uscc")
    if not code or values.get("registered"):
        return True
    try:
        check_uscc(code)
        return True
    except IdentifierError:
        return False


def posts_within_promise(values: Values) -> bool:
    """R4.2.3.4: the limits of all posts together are not longer than the promise of the item."""
    promised = values.get("promise_limit") or {}
    return promised.get("days") is None or total_days(values) * _DAYS["工作日"] <= in_days(promised) + 0.5


def posts_filled(values: Values) -> bool:
    """R4.2.3.3: every post, and the one that decides, has a person who may act today."""
    return bool(values.get("posts")) and not vacant(values, clock.now().astimezone(clock.SHANGHAI).strftime("%Y-%m-%d"))


def review_methods_given(values: Values) -> bool:
    return bool(values.get("review_methods"))


def fee_told(values: Values) -> bool:
    """R4.2.3.12: what is not charged says so."""
    fee, told = values.get("fee") or {}, values.get("fee_rules") or ""
    return bool(told) and (fee.get("charged") is not False or "不收费" in told)


def consulting_hours(values: Values) -> bool:
    return bool(values.get("consult_hours") and values.get("consult_reply"))


def question_answered(values: Values) -> bool:
    return bool(values.get("question")) and bool(values.get("answer"))


def body_given(values: Values) -> bool:
    return bool(values.get("body"))


def guide_elements(values: Values) -> bool:
    """R4.2.2.1: every element of a guide that is not generated is there (未提供 is for registered rows)."""
    return all(values.get(key) for key in
               ("org", "handled_as", "promise_limit", "conditions", "steps", "channels", "review_standard", "places", "service_objects", "scope"))


CHECKS: dict[str, Callable[[Values], bool]] = {
    check.__name__: check for check in (
        immediate_matches, promise_within_legal, result_has_sample, certificate_kind, visits_have_reason, no_visit_has_way,
        whole_online_no_visit, fee_complete, free_no_payment, phones_given, person_topics_match, legal_topics_match, licence_has_faq,
        licence_has_steps, steps_within_promise, material_named, material_has_basis, material_has_sample, material_has_source, has_legal_basis,
        code_wellformed, basic_code_wellformed, basic_code_type, uscc_wellformed, guide_elements, question_answered, body_given, posts_within_promise, posts_filled,
        review_methods_given, fee_told, consulting_hours)}


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the file. LookupError names the rule that is wrong."""
    data = yaml.load((shipped("content") / "rules" / "items.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    found = []
    for row in data["rules"]:
        rule = Rule(row["id"], row["level"], row["source"], tuple(row["kinds"]), row["field"], row["check"], row["message"],
                    tuple(row["good"]), tuple(row["bad"]))
        if rule.check not in CHECKS or rule.level not in LEVELS or not rule.good or not rule.bad:
            raise LookupError(f"content/rules/items.yaml 的规则 {rule.id} 写得不对：检查名、级别或好坏样例")
        found.append(rule)
    return tuple(found)


@cache
def _rules_for(kind: str, level: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in all_rules() if rule.level == level and kind in rule.kinds)


def violations(kind: str, values: Values, level: str, document: Any = None) -> list[Fault]:
    """Faults of these values at a level. ``document`` lets inherited values and the guide join the check."""
    rules = _rules_for(kind, level)
    if not rules:
        return []
    whole = _resolved(values, document)
    return [Fault(rule.id, rule.field, rule.message, rule.source, rule.level) for rule in rules if not CHECKS[rule.check](whole)]


def _item_values(item: Any) -> Values:
    """What review rules are measured against: the item as it is in force, else as it is drafted."""
    edition = getattr(item, "live", None) or getattr(item, "draft", None)
    found = edition.values if edition is not None else {}
    return {name: found.get(name) for name in ("promise_limit", "fee")}


def _resolved(values: Values, document: Any) -> Values:
    """The values with what the item inherits and what its guide adds (a guide that is not there yet is not missed)."""
    from .effective import INHERITED, directory_of
    whole = dict(values)
    if document is not None and document.kind == "ReviewRules":
        return {**_item_values(document.__parent__), **whole}
    if document is None or document.kind not in ("ImplementationItem", "HandlingItem"):
        return whole
    directory = directory_of(document)
    if directory.live is not None:
        inherited = directory.live.values
        for key in INHERITED:
            whole.setdefault(key, inherited.get(key))
    item = document if document.kind == "ImplementationItem" else document.__parent__
    guide = item.get("guide")
    edition = None if guide is None else guide.draft or guide.live
    whole["faq"] = edition.values.get("faq", ()) if edition is not None else ({"q": "", "a": ""},)
    return whole
