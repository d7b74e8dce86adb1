"""审查工作细则 beside an item: what it says now, who may decide, whether every post is filled, and where it is begun (R4.2.3).

Owns ``/desk/lists/rules/{uid}``; the document itself is edited, reviewed and brought into force as all content is. Nothing of it is ever public.
"""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from ..base import clock
from ..content import deciding, publication
from ..content.kinds import kind_of
from ..content.model import Document
from ..content.publication import STAGES, STATES, stage_of, state_of
from ..content.review_rules import GROUPS, NAME
from ..content.rules import violations
from ..editorial.rows import title_of
from ..web.modes import posted
from ..workflow.reasons import Refused
from .lists import CRUMBS
from .permissions import allowed
from .shell import desk_page, see_other

KIND = "ReviewRules"
# The five cases of R4.2.3.8, as they are explained beside the result.
CASES = (("①", "受理人能当场审查并决定", "受理人当场决定"), ("②", "书面审查后能当场决定", "审查人当场决定"),
         ("③", "书面审查加检验、检测、检疫、鉴定结果即可认定", "审查人当场决定"),
         ("④", "还做了实地核查、招标拍卖、考试考核、专家评审、技术审查、听证、听取利害关系人意见中的任一种", "审查人签意见，决定人决定"), ("⑤", "集体审查", "决定人决定"))


def item_of(context: Document) -> Document:
    """The implementation item of the address. 404 for any other document."""
    if context.kind != "ImplementationItem":
        raise HTTPNotFound()
    return context


def rules_view(context: Document, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    item = item_of(context)
    document = item.get(NAME)
    edition = publication.current(document) if document is not None else None
    values = edition.values if edition is not None else {}
    today = clock.now().astimezone(clock.SHANGHAI).strftime("%Y-%m-%d")
    people = {person["name"]: person for person in values.get("people") or () if person.get("name")}
    posts = [{**post, "persons": [(name, name in people and deciding.valid(people[name], today) and post.get("role") in (people[name].get("roles") or ())) for name in post.get("persons") or ()]}
             for post in values.get("posts") or ()]
    return desk_page(
        request, "desk/review-rules.pt", f"{title_of(item)}：审查工作细则", nav="lists", crumbs=(*CRUMBS, (f"/desk/lists/item/{getattr(item.__parent__, 'uid', '')}", title_of(item))),
        status=422 if errors else 200, errors=errors, item=item, document=document if edition is not None else None, values=values, basics=basics(request, item), posts=posts,
        people=[(person, deciding.valid(person, today)) for person in people.values()], total=deciding.total_days(values), decision=deciding.of_rules(values) if values else None, cases=CASES,
        faults=violations(KIND, values, "publish", document) if edition is not None and document is not None else [], groups=written(values), state=STATES[state_of(document)] if edition is not None else "",
        stage=STAGES.get(stage_of(document), "") if edition is not None else "", in_force=document is not None and document.live is not None and document.withdrawal is None,
        may=allowed(request.actor, "content.edit", item))


def basics(request: Any, item: Document) -> list[tuple[str, str]]:
    """R4.2.3.2: ten elements, all from the item."""
    newest = item.live or item.draft
    values = newest.values if newest is not None else {}

    def limit(name: str) -> str:
        found = values.get(name) or {}
        return "" if found.get("days") is None else f"{found['days']} {found.get('unit') or '工作日'}"
    pairs = (("事项名称", title_of(item)), ("实施编码", values.get("code")), ("实施机构", request.columns.org_name(values["org"]) if values.get("org") else ""), ("联办机构", values.get("joint_orgs")),
             ("服务对象", values.get("service_objects")), ("法定办结时限", limit("legal_limit")), ("承诺办结时限", limit("promise_limit")), ("咨询电话", values.get("consult_phone")),
             ("监督电话", values.get("supervise_phone")), ("办理形式", values.get("channels")))
    return [(title, ("、".join(value) if isinstance(value, tuple) else value) or "未提供") for title, value in pairs]


def written(values: dict[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    """(group, (element, text) …) of what is written, without people and posts."""
    found = []
    for name in GROUPS:
        lines = [(node.title, "、".join(value) if isinstance(value, tuple) else "是" if value is True else "否" if value is False else str(value))
                 for node in kind_of(KIND).schema.children if node.group == name and node.name not in ("people", "posts") and (value := values.get(node.name)) not in (None, "", ())]
        found.append((name, lines))
    return found


def rules_post(context: Document, request: Any) -> Any:
    """Begin the rules of an item, with what follows from the item."""
    item = item_of(context)
    if posted(request, "do") != "begin":
        return rules_view(context, request, errors=[("", "没有这个操作，请刷新页面")])
    newest = item.live or item.draft
    fee = (newest.values.get("fee") or {}) if newest is not None else {}
    values = {"review_methods": ["书面审查"], "fee_rules": "本事项不收费" if fee.get("charged") is False else ""}
    try:
        made = publication.begin(item, NAME, KIND, values, request.actor)
    except Refused as refused:
        return rules_view(context, request, errors=[("", str(reason)) for reason in refused.reasons])
    return see_other(request, f"/desk/doc/{made.uid}", "审查工作细则建好了，逐部分填写，写好后照实施清单送审")


def includeme(config: Any) -> None:
    config.add_desk_page(rules_view, name="review-rules", path="/desk/lists/rules/{uid}", permission="content.view", post=rules_post, post_permission="content.edit")
