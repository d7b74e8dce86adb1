"""情形 of an item: which materials each takes, what it changes, and whether every way through them ends (R0.4, R4.2.2).

Pure: plain values of the item, of its 情形 and the question of its guide go in, plain data comes out; nothing is written and no document is
known. What a citizen gets is what ``effective`` makes of the same values. A 情形 without ``use_materials`` takes all of the item's.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from . import rules
from .completeness import given
from .effective import with_case
from .kinds import kind_of

Values = dict[str, Any]
# What the end of a way needs: field, words, section of the form in which it is mended.
ENDS = (("steps", "办理流程", "steps"), ("channels", "办理形式", "access"), ("result.name", "结果名称", "result"))
NO, WAIT, OK = "no", "wait", "ok"
OF_THE_ITEM = ("licence-steps",)      # rules on the item as a whole: a 情形 may well have a shorter way


class Case(NamedTuple):
    """``name``: its place under the item; ``values``: as drafted."""

    name: str
    values: Values

    @property
    def title(self) -> str:
        return self.values.get("name") or "（没有名称）"


class Trouble(NamedTuple):
    """``state``: no (a citizen would get stuck), wait (should be better), ok. ``case``: the place of the 情形, '' = the item; ``section``: where in
    its form (or the item's) it is mended, '' = on the page of the 情形."""

    state: str
    message: str
    case: str = ""
    section: str = ""


def ordered(cases: Iterable[Case]) -> list[Case]:
    """As citizens see them: by code, then by place."""
    return sorted(cases, key=lambda case: (case.values.get("code") or "", case.name))


def outcome(item: Values, case: Values | None) -> Values:
    """All elements that a citizen of this 情形 gets; ``item`` with what it inherits. None = no 情形."""
    return dict(item) if case is None else with_case(item, case)


def has_own_materials(case: Values) -> bool:
    """Whether it lists other materials than the item's, which no tick can say."""
    return "materials" in case.get("changes", ()) and bool(case.get("materials"))


def taken(item: Values, case: Values) -> frozenset[str]:
    """Keys of the item's materials that this 情形 takes."""
    own = {row.get("key") for row in item.get("materials", ())}
    return frozenset(row["key"] for row in outcome(item, case).get("materials", ()) if row.get("key") in own and row.get("key"))


def take(item: Values, case: Values, keys: Iterable[str]) -> Values:
    """The 情形 with exactly these of the item's materials; the rest of it as it was. All of them: it follows the item; none: it says so itself."""
    wanted = set(keys)
    rows = [row["key"] for row in item.get("materials", ()) if row.get("key")]
    if has_own_materials(case) or wanted == taken(item, case):
        return case
    chosen = tuple(key for key in rows if key in wanted)
    changes = tuple(name for name in case.get("changes", ()) if name != "materials")
    if not chosen:
        return {**case, "use_materials": (), "changes": (*changes, "materials"), "materials": ()}
    return {**case, "use_materials": () if len(chosen) == len(item.get("materials", ())) else chosen, "changes": changes}


def set_element(case: Values, name: str, value: Any) -> Values:
    """The 情形 with this element set by itself; None = as the item has it (what it had is not kept)."""
    changes = [other for other in case.get("changes", ()) if other != name]
    if value is None:
        return {**case, "changes": tuple(changes)}
    return {**case, "changes": (*changes, name) if name not in case.get("changes", ()) else tuple(case["changes"]), name: value}


def changed_titles(case: Values) -> list[str]:
    """The elements it sets itself, in words."""
    titles = {node.name: node.title for node in kind_of("HandlingItem").schema.children}
    return [titles[name] for name in case.get("changes", ()) if name in titles]


def troubles(item: Values, question: str, cases: Sequence[Case]) -> list[Trouble]:
    """What is wrong with the choices, then what should be better, then what is right. ``item`` with what it inherits."""
    found = [*_questions(question, cases), *_reach(item, cases), *_alike(item, cases)]
    for case in cases:
        found += [*_own(item, case), *_ends(item, case), *_rules(item, case)]
    if cases and not any(one.state == NO for one in found):
        found.append(Trouble(OK, "每种情形都走得到头，每份材料都有情形要交"))
    return sorted(found, key=lambda one: (NO, WAIT, OK).index(one.state))


def _questions(question: str, cases: Sequence[Case]) -> Iterable[Trouble]:
    if len(cases) > 1 and not question:
        yield Trouble(NO, "有几种情形，但没有问话，办事人不知道在选什么")
    elif len(cases) == 1:
        yield Trouble(WAIT, "只有一种情形，没有可选的；要么再加一种，要么去掉它")
    elif question and not cases:
        yield Trouble(WAIT, "写了问话，但还没有情形")
    names = [case.values.get("name") for case in cases]
    for name in dict.fromkeys(name for name in names if name and names.count(name) > 1):
        yield Trouble(NO, f"有 {names.count(name)} 种情形都叫“{name}”，办事人分不清")


def _reach(item: Values, cases: Sequence[Case]) -> Iterable[Trouble]:
    """Every material is reachable."""
    if not cases:
        return
    reached = frozenset().union(*(taken(item, case.values) for case in cases))
    for row in item.get("materials", ()):
        if not row.get("key"):
            yield Trouble(WAIT, f"材料“{row.get('name') or '没有名称'}”没有标识，情形里勾不到它；请在材料的“更多要素”里写上", "", "materials")
        elif row["key"] not in reached:
            yield Trouble(NO, f"材料“{row.get('name') or row['key']}”没有一种情形要交，办事人看不到它", "", "materials")


def _alike(item: Values, cases: Sequence[Case]) -> Iterable[Trouble]:
    seen: dict[str, Case] = {}
    for case in cases:
        what = {name: value for name, value in outcome(item, case.values).items() if name not in ("name", "hint", "code", "plain_names", "state_reason")}
        other = seen.setdefault(repr(sorted(what.items())), case)
        if other is not case:
            yield Trouble(WAIT, f"“{other.title}”和“{case.title}”办起来完全一样，可以合成一种", case.name)


def _own(item: Values, case: Case) -> Iterable[Trouble]:
    """What is wrong with one 情形 by itself: its words and its materials."""
    values, own = case.values, {row.get("key") for row in outcome(item, {**case.values, "use_materials": ()}).get("materials", ())}
    if not values.get("name"):
        yield Trouble(NO, f"情形 {case.name} 没有名称", case.name)
    if not values.get("hint"):
        yield Trouble(WAIT, f"“{case.title}”没有写适用的情形，办事人难判断自己是不是", case.name)
    lost = [key for key in values.get("use_materials", ()) if key not in own]
    if lost:
        yield Trouble(NO, f"“{case.title}”要交的材料 {'、'.join(lost)} 事项里没有了，请重新勾选", case.name)
    if values.get("state") in ("挂起", "取消"):
        yield Trouble(WAIT, f"“{case.title}”已{values['state']}，办事人仍会看到这个选项", case.name, "status")
    titles = {node.name: node.title for node in kind_of("HandlingItem").schema.children}
    for name in values.get("changes", ()):
        if not given(values.get(name)) and name not in ("materials", "not_needed"):
            yield Trouble(WAIT, f"“{case.title}”说另有“{titles.get(name, name)}”，但没有写，办事人会看不到这一项", case.name)


def _ends(item: Values, case: Case) -> Iterable[Trouble]:
    """Every path ends: what to do, where, and with what result."""
    got = outcome(item, case.values)
    for path, words, section in ENDS:
        value: Any = got
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if not given(value):
            own = path.partition(".")[0] in case.values.get("changes", ())
            yield Trouble(NO, f"选“{case.title}”走不到头：没有{words}", case.name if own else "", section)


def _rules(item: Values, case: Case) -> Iterable[Trouble]:
    """Rules of publishing that the item keeps and this 情形 breaks."""
    before = {fault.rule for fault in rules.violations("ImplementationItem", item, "publish")}
    for fault in rules.violations("ImplementationItem", outcome(item, case.values), "publish"):
        if fault.rule not in before:
            yield Trouble(WAIT if fault.rule in OF_THE_ITEM else NO, f"“{case.title}”：{fault.message}", case.name)
