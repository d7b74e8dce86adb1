"""质量: what is wrong with the content, by department and check, with owner and due date; the office's 自查; its word list; the trend.

Owns ``/desk/quality…``. Reads the result of the last run (``oversight``); red stays red until the content is mended and checked again.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from ..base import clock
from ..oversight import queries, verbs
from ..oversight.checks import CHECKS, FAMILY_OF
from ..oversight.findings import LEVELS
from ..oversight.limits import LIMITS
from ..oversight.selfcheck import STATES, selfcheck
from ..oversight.store import open_oversight
from ..oversight.words import shipped_words
from ..web.modes import posted
from ..web.pages import number, page_links
from ..workflow.reasons import Refused
from .shell import desk_page, see_other
from .words import person_words

PAGE = 50
ALL = "all"                # every department; '' is the site office


def oversight_of(request: Any) -> Any:
    from pyramid_zodbconn import get_connection
    return open_oversight(get_connection(request))


def org_words(request: Any, org: str) -> str:
    return request.columns.org_name(org) if org else "站点（没有归部门）"


def quality_view(context: Any, request: Any) -> Any:
    oversight = oversight_of(request)
    state, (gone, _) = queries.status(oversight), queries.mended(oversight)
    line = queries.trend(oversight)
    checks = [(check, CHECKS[check], FAMILY_OF.get(check, ""), count) for check, count in queries.by_check(oversight)]
    levels = {level: sum(count for check, one, _, count in checks if one.level == level) for level in LEVELS}
    departments = [(org, org_words(request, org), counts) for org, counts in queries.by_department(oversight)]
    return desk_page(request, "desk/quality.pt", "质量", nav="quality", state=state, gone=gone, levels=[(level, words, levels[level]) for level, words in LEVELS.items()],
                     departments=departments, checks=checks, level_names=LEVELS, bars=bars(line), line=line[-14:])


def bars(line: list[tuple[Any, int]]) -> list[tuple[float, float, float]]:
    """(x, y, height) of the trend's bars in a field 100 high, 4 a day."""
    top = max((count for _, count in line), default=0) or 1
    return [(place * 4, 100 - 96 * count / top - 2, 96 * count / top + 2) for place, (_, count) in enumerate(line)]


def run_post(context: Any, request: Any) -> Any:
    asked = verbs.request_run(oversight_of(request), request.site.audit, request.actor)
    return see_other(request, "/desk/quality", "已请后台重新检查，稍后刷新看结果" if asked else "检查已经在进行，稍后刷新看结果")


def _filter(request: Any) -> queries.Filter:
    org = request.query("org")
    return queries.Filter(None if org in ("", ALL) else "" if org == "none" else org, request.query("check"), request.query("level"), request.query("overdue") == "yes",
                          request.actor.id if request.query("mine") == "yes" else "", "", request.query("text"))


def list_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    oversight, wanted, today = oversight_of(request), _filter(request), clock.now().date()
    current = number(request.query("page"), default=1, low=1, high=100_000)
    found = queries.listing(oversight, wanted, start=(current - 1) * PAGE, size=PAGE)
    base = [(name, request.query(name)) for name in ("org", "check", "level", "overdue", "mine", "text") if request.query(name)]
    last = max(1, -(-found.total // PAGE))
    rows = [{"one": one, "org": org_words(request, one.org), "owner": person_words(request, one.owner), "late": one.overdue(today),
             "mine": any(request.actor.holds(role, _scope(one)) for role in verbs.MENDERS)} for one in found.rows]
    people = sorted(((staff.uid, staff.name) for staff in request.people.all_staff() if staff.active), key=lambda pair: pair[1])
    return desk_page(
        request, "desk/quality-list.pt", "要改的问题", nav="quality", status=422 if errors else 200, errors=errors, crumbs=(("/desk/quality", "质量"),), found=found, rows=rows,
        orgs=[("", "全部部门"), *((org or "none", org_words(request, org)) for org, _ in queries.by_department(oversight))],
        checks=[("", "全部检查"), *((check, CHECKS[check].title) for check, _ in queries.by_check(oversight))], levels=[("", "全部"), *LEVELS.items()], chosen=dict(base),
        level_names=LEVELS, people=people, query=urlencode(base), pages=page_links(lambda page: "/desk/quality/list?" + urlencode([*base, ("page", str(page))]), current, last))


def _scope(finding: Any) -> Any:
    from ..workflow.actors import Scope
    return Scope(finding.path, finding.org, finding.region)


def list_post(context: Any, request: Any) -> Any:
    """Name who mends the chosen findings."""
    owner, keys = posted(request, "owner"), [value for name, value in request.POST.items() if name == "key" and isinstance(value, str)][:500]
    try:
        if owner and (request.people.staff(owner) is None or not request.people.staff(owner).active):
            return list_view(context, request, errors=[("owner", "请选一个在用的账号")])
        count = verbs.assign(oversight_of(request), request.site.audit, keys, request.actor, owner=owner, note=posted(request, "note"))
    except Refused as refused:
        return list_view(context, request, errors=[("", str(reason)) for reason in refused.reasons])
    return see_other(request, "/desk/quality/list?" + request.query_string, f"{count} 个问题已指定给 {person_words(request, owner) or '（没有人）'}")


def selfcheck_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    """网站自查 (D7): each line computed now from the live data."""
    oversight = oversight_of(request)
    lines = selfcheck(request.site, request.columns, oversight=oversight)
    limits = [(limit, oversight.limits.get(name, limit.default), name) for name, limit in LIMITS.items()]
    return desk_page(request, "desk/selfcheck.pt", "网站自查", nav="quality", status=422 if errors else 200, errors=errors, crumbs=(("/desk/quality", "质量"),), lines=lines,
                     states=STATES, limits=limits, may=request.actor.holds_any("site"), at=clock.stamp(clock.now()))


def selfcheck_post(context: Any, request: Any) -> Any:
    name, text = posted(request, "limit"), posted(request, "value").strip()
    try:
        if text and not (text.isascii() and text.isdigit() and len(text) < 7):
            return selfcheck_view(context, request, errors=[("", "限值要写一个整数，空着就是国家的规定值")])
        verbs.set_limit(oversight_of(request), request.site.audit, request.actor, name, int(text) if text else None)
    except Refused as refused:
        return selfcheck_view(context, request, errors=[("", str(reason)) for reason in refused.reasons])
    return see_other(request, "/desk/quality/selfcheck", "限值已改")


def words_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None, typed: dict[str, str] | None = None) -> Any:
    """The list of wrong words: what ships, and the office's own over it (B19)."""
    own = dict(oversight_of(request).words.items())
    rows = [{"wrong": word.wrong, "right": word.right, "reason": word.reason, "source": word.source, "by": "", "off": bool(own.get(word.wrong, {}).get("off"))}
            for word in shipped_words() if word.wrong not in own or own[word.wrong].get("off")]
    rows += [{"wrong": wrong, "right": row["right"], "reason": row["reason"], "source": row["source"], "by": person_words(request, row["by"]), "off": False}
             for wrong, row in own.items() if wrong and row and not row.get("off")]
    return desk_page(request, "desk/quality-words.pt", "用词表", nav="quality", status=422 if errors else 200, errors=errors, crumbs=(("/desk/quality", "质量"),),
                     rows=sorted(rows, key=lambda row: (not row["by"], row["wrong"])), typed=typed or {}, may=request.actor.holds_any("site"))


def words_post(context: Any, request: Any) -> Any:
    given = {name: posted(request, name) for name in ("wrong", "right", "reason", "source")}
    try:
        if posted(request, "do") == "drop":
            verbs.drop_word(oversight_of(request), request.site.audit, request.actor, given["wrong"])
        else:
            verbs.save_word(oversight_of(request), request.site.audit, request.actor, **given)
    except Refused as refused:
        return words_view(context, request, errors=[("", str(reason)) for reason in refused.reasons], typed=given)
    return see_other(request, "/desk/quality/words", "用词表已改，下次检查起按新的来")


def includeme(config: Any) -> None:
    config.add_desk_entry("quality")
    config.add_desk_page(quality_view, name="quality", path="/desk/quality", permission="quality.view", post=run_post, post_permission="quality.manage")
    config.add_desk_page(list_view, name="quality-list", path="/desk/quality/list", permission="quality.view", post=list_post, post_permission="content.work",
                         params=("org", "check", "level", "overdue", "mine", "text", "page"))
    config.add_desk_page(selfcheck_view, name="selfcheck", path="/desk/quality/selfcheck", permission="quality.view", post=selfcheck_post, post_permission="site.manage")
    config.add_desk_page(words_view, name="quality-words", path="/desk/quality/words", permission="quality.view", post=words_post, post_permission="site.manage")
