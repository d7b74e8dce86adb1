"""自查 (D7): the limits of B12, C4, C5, D2–D6, E2–E4, E7 and E11 computed from live data, with the offending things named.

Owns the lines. Columns give what lists show; what needs whole documents comes from the last run (``Result.facts``). A line without data says
so; nothing is taken for good because it is not known. Nothing is written.
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from ..base import clock
from ..content.columns import Columns
from ..content.site import Site
from .limits import Limits, limits_of
from .periods import months_after
from .quality import oversight_of
from .store import Oversight

STATES = {"pass": "合格", "warn": "请留意", "fail": "不合格", "no-data": "没有数据"}
DYNAMIC, VITAL = ("政务动态",), ("政务动态", "政策文件")
NO_RUN = "还没有做过全站检查，请先做一次"
SHOWN = 50


class Offence(NamedTuple):
    """A thing that breaks or nears a limit. ``path`` '' where there is no page."""

    path: str
    title: str
    words: str


class Line(NamedTuple):
    """One line of the 自查. ``number``: how many offend; ``offending`` names at most ``SHOWN`` of them."""

    id: str
    title: str
    state: str
    words: str
    offending: tuple[Offence, ...]
    source: str
    number: int = 0


class Column(NamedTuple):
    """A channel and how it stands. ``newest`` None = empty, or nothing with a date; ``last`` the last day it is fresh."""

    path: str
    title: str
    kind: str
    size: int
    newest: date | None
    last: date | None

    def words(self, today: date) -> str:
        if self.newest is None or self.last is None:
            return "没有内容" if not self.size else "没有带日期的内容，按没有更新算"
        return f"最近更新 {self.newest.isoformat()}，" + (f"已超期 {(today - self.last).days} 天" if self.last < today else f"还有 {(self.last - today).days} 天到限")


class Picture(NamedTuple):
    """What all lines read."""

    site: Site
    columns: Columns
    today: date
    limits: Limits
    channels: list[Column]
    facts: dict[str, Any] | None
    counts: dict[str, int]


def selfcheck(site: Site, columns: Columns, now: datetime | None = None, oversight: Oversight | None = None) -> list[Line]:
    """Every line, in the order of the conventions. ``now``: aware; default the present moment."""
    now, oversight = now or clock.now(), oversight if oversight is not None else oversight_of(site)
    limits, today = limits_of(oversight), now.astimezone(clock.SHANGHAI).date()
    result = oversight.result if oversight is not None else None
    counts: dict[str, int] = {}
    for checks in (result.counts if result is not None else {}).values():
        for check, number in checks.items():
            counts[check] = counts.get(check, 0) + number
    picture = Picture(site, columns, today, limits, channels_of(columns, today, limits), result.facts if result is not None else None, counts)
    return [line(picture) for line in LINES]


def _day(text: str) -> date | None:
    try:
        return clock.parse(text).date()
    except ValueError:
        return None


def channels_of(columns: Columns, today: date, limits: Limits) -> list[Column]:
    """Every channel with its newest text up to today: one dated later proves nothing."""
    found = []
    for row in columns.plain.get("Channel", []):
        own = [article for article in columns.articles if article.channel == row.slug]
        newest = max((day for article in own if (day := _day(article.published)) is not None and day <= today), default=None)
        kind = row.head.get("column_type") or ""
        found.append(Column(row.path, row.title, kind, len(own), newest, _fresh_until(kind, newest, limits)))
    return found


def _fresh_until(kind: str, newest: date | None, limits: Limits) -> date | None:
    if newest is None:
        return None
    if kind in DYNAMIC:
        return newest + timedelta(days=limits["dynamic_days"])
    return months_after(newest, limits["policy_months" if kind in VITAL else "other_months"])


def _line(id: str, title: str, state: str, words: str, source: str, offending: list[Offence] | None = None, count: int | None = None) -> Line:
    rows = tuple((offending or [])[:SHOWN])
    return Line(id, title, state, words, rows, source, len(offending or []) if count is None else count)


def _columns(picture: Picture, chosen: list[Column]) -> list[Offence]:
    return [Offence(column.path, column.title, column.words(picture.today)) for column in chosen]


def _stale(picture: Picture, kinds: tuple[str, ...] = ()) -> list[Column]:
    return [column for column in picture.channels if column.size and (not kinds or column.kind in kinds) and (column.last is None or column.last < picture.today)]


def _empty(picture: Picture) -> list[Column]:
    return [column for column in picture.channels if not column.size]


# -- the lines -------------------------------------------------------------------------------------------------------------
def c4_pairs(picture: Picture) -> Line:
    title, source = "政策文件与解读互相链接", "C4 E3"
    if picture.facts is None:
        return _line("C4", title, "no-data", NO_RUN, source)
    counts, one_way, late = picture.facts["counts"], picture.counts.get("pair-oneway", 0), picture.counts.get("pair-late", 0)
    share = f"{counts.get('policies', 0)} 份文件中 {counts.get('policies_interpreted', 0)} 份有解读，其中本单位的 {counts.get('own_policies', 0)} 份中 {counts.get('own_interpreted', 0)} 份"
    state = "fail" if one_way else "warn" if late else "pass" if counts.get("policies") else "no-data"
    words = f"{one_way} 处只有单向链接，{late} 篇解读晚于 {picture.limits['interpret_days']} 个工作日" if one_way or late else "有解读的都互相链接、按时发布" if counts.get("policies") else "没有政策文件"
    return _line("C4", title, state, f"{words}；{share}", source, count=one_way + late)


def c5_early(picture: Picture) -> Line:
    """What must be told before a limit of D is reached."""
    today, limits, found = picture.today, picture.limits, []
    newest = _newest(picture)
    if newest is not None and (today - newest).days >= limits["home_warn"]:
        found.append(Offence("/", "首页", f"已 {(today - newest).days} 天没有新内容，{limits['home_days']} 天到限"))
    for column in picture.channels:
        warn = limits["warn_dynamic"] if column.kind in DYNAMIC else limits["warn_months"]
        if column.last is not None and today <= column.last <= today + timedelta(days=warn):
            found.append(Offence(column.path, column.title, column.words(today)))
    found += _columns(picture, _empty(picture))
    stale = _stale(picture)
    found += _columns(picture, stale) if len(stale) >= limits["warn_columns"] else []
    return _line("C5", "到限前提醒", "warn" if found else "pass", f"{len(found)} 处快到限，请先安排更新" if found else "没有快到限的栏目", "C5", found)


def d2_opens(picture: Picture) -> Line:
    return _line("D2", "站点打得开", "no-data", "由外部监测提供：一周内随机访问 20 次以上，15 秒内打不开的不到 5%", "D2")


def _newest(picture: Picture) -> date | None:
    return max((day for article in picture.columns.articles if (day := _day(article.published)) is not None and day <= picture.today), default=None)


def d3_home(picture: Picture) -> Line:
    newest, limit = _newest(picture), picture.limits["home_days"]
    title = "首页更新"
    if newest is None:
        return _line("D3", title, "fail", "没有带日期的内容，按没有更新算", "D3", [Offence("/", "首页", "没有带日期的内容")])
    silent = (picture.today - newest).days
    state = "fail" if silent > limit else "warn" if silent >= picture.limits["home_warn"] else "pass"
    words = f"最新内容 {newest.isoformat()}，已 {silent} 天" + (f"，超过 {limit} 天" if state == "fail" else f"，应在 {limit} 天以内")
    return _line("D3", title, state, words, "D3", [Offence("/", "首页", words)] if state != "pass" else [])


def d4_columns(picture: Picture) -> Line:
    """The three counts of D4; any one of them fails."""
    limits = picture.limits
    if not picture.channels:
        return _line("D4", "栏目更新", "no-data", "还没有栏目", "D4")
    vital, stale, empty = _stale(picture, VITAL), _stale(picture), _empty(picture)
    bad = len(vital) >= limits["vital_columns"] or len(stale) >= limits["stale_columns"] or len(empty) >= limits["empty_columns"]
    words = (f"动态、通知、政策栏目超期 {len(vital)} 个（{limits['vital_columns']} 个不合格），应更新未更新 {len(stale)} 个（{limits['stale_columns']} 个），"
             f"空白栏目 {len(empty)} 个（{limits['empty_columns']} 个）")
    state = "fail" if bad else "warn" if stale or empty else "pass"
    return _line("D4", "栏目更新", state, words, "D4", _columns(picture, [*stale, *empty]))


def d5_letters(picture: Picture) -> Line:
    return _line("D5", "互动回应", "no-data", f"本站还没有接入留言办理；接入后看有没有超过 {picture.limits['letter_months']} 个月没有答复的留言", "D5")


def d6_guides(picture: Picture) -> Line:
    return _guides(picture, "D6", "办事指南的关键要素", "guides", "完整的指南")


def d6_register(picture: Picture) -> Line:
    """Rows taken over are public: an inspector who draws one at random counts it, whatever is written above it."""
    return _guides(picture, "D6-register", "登记事项的关键要素", "register", "标明“指南整理中”的登记事项")


def _guides(picture: Picture, id: str, title: str, group: str, what: str) -> Line:
    if picture.facts is None:
        return _line(id, title, "no-data", NO_RUN, "D6")
    counts, limits = picture.facts["counts"], picture.limits
    total, bad = counts.get(group, 0), counts.get(f"{group}_bad", 0)
    if not total:
        return _line(id, title, "fail" if group == "guides" else "pass", "没有办事指南" if group == "guides" else "没有登记事项", "D6")
    allowed = min(limits["guide_count"], total)          # with fewer services in all: not every one of them
    state = "fail" if bad >= allowed else "warn" if bad else "pass"
    words = f"{what} {total} 份，缺 {limits['guide_missing']} 项以上关键要素的 {bad} 份（{allowed} 份不合格）"
    return _line(id, title, state, words, "D6", [Offence(*row) for row in picture.facts["lists"][f"{group}_bad"]], bad)


def b12_laws(picture: Picture) -> Line:
    """Whether the laws that guides rest on are known to be in force."""
    ended, laws = picture.counts.get("basis-ended", 0), picture.columns.laws
    unknown = [Offence(row.path, row.title, "有效性没有核对") for row in laws if row.status in ("", "未提供")]
    state = "fail" if ended else "no-data" if not laws else "warn" if unknown else "pass"
    words = f"{ended} 处依据已废止或失效；" if ended else ""
    return _line("B12", "依据的法规现行有效", state, f"{words}法规库 {len(laws)} 部，{len(unknown)} 部的有效性没有核对", "B12 R4.2.1.2", unknown)


def e2_columns(picture: Picture) -> Line:
    """One stale column of these is enough to lose points."""
    today = picture.today
    vital = [column for column in picture.channels if column.kind in VITAL]
    if not any(column.kind in DYNAMIC for column in vital) or not any(column.kind not in DYNAMIC for column in vital):
        missing = "动态要闻" if not any(column.kind in DYNAMIC for column in vital) else "政策文件"
        return _line("E2", "动态要闻、政策文件更新", "fail", f"没有{missing}栏目", "E2")
    stale = [column for column in vital if column.last is None or column.last < today]
    words = f"{len(stale)} 个栏目超期（动态 {picture.limits['dynamic_days']} 天、政策 {picture.limits['policy_months']} 个月）" if stale else "都按时更新"
    return _line("E2", "动态要闻、政策文件更新", "fail" if stale else "pass", words, "E2", _columns(picture, stale))


def e4_sorting(picture: Picture) -> Line:
    """Services sorted by person and company, by theme and by department."""
    columns = picture.columns
    _, facets = columns.select(()) if columns.size else (None, {})
    lacking = [title for title, name in (("个人主题", "person"), ("企业主题", "legal"), ("部门", "org")) if not facets.get(name)]
    unsorted = [Offence(row.path, row.name, "没有主题") for row in columns.items if not row.person_topics and not row.legal_topics]
    state = "fail" if lacking else "warn" if unsorted else "pass"
    words = f"没有按{'、'.join(lacking)}分类的服务" if lacking else f"{len(unsorted)} 项服务没有主题" if unsorted else "按个人和企业、主题、部门都能找到"
    return _line("E4", "服务分类", state, words, "E4", unsorted)


def e4_statistics(picture: Picture) -> Line:
    return _line("E4-statistics", "办件统计", "no-data", f"本站还没有接入办件；接入后看统计是否在 {picture.limits['statistics_months']} 个月内更新", "E4")


def e7_answers(picture: Picture) -> Line:
    newest = max((day for row in picture.columns.questions if (day := _day(row.answered)) is not None and day <= picture.today), default=None)
    months, title = picture.limits["answer_months"], "留言公开"
    lacking = picture.facts["counts"].get("questions_bad", 0) if picture.facts is not None else 0
    rows = [Offence(*row) for row in picture.facts["lists"]["questions_bad"]] if picture.facts is not None else []
    if newest is None:
        return _line("E7", title, "fail", "没有带日期的公开答复", "E7", rows, lacking)
    last = months_after(newest, months)
    stale, near = last < picture.today, last < picture.today + timedelta(days=picture.limits["expiring_days"])
    words = f"最近的公开答复 {newest.isoformat()}，应在 {months} 个月内" + (f"；{lacking} 条缺受理日期、答复日期、单位或内容" if lacking else "")
    return _line("E7", title, "fail" if stale or lacking else "warn" if near else "pass", words, "E7", rows, lacking)


def e7_statistics(picture: Picture) -> Line:
    return _line("E7-statistics", "留言统计", "no-data", "本站还没有接入留言办理；接入后公开收到和答复的数量", "E7")


def e11_links(picture: Picture) -> Line:
    title = "站内死链接和缺少的附件"
    if picture.facts is None:
        return _line("E11", title, "no-data", NO_RUN, "E11")
    dead = {check: picture.counts.get(check, 0) for check in ("link-dead", "link-redirect", "link-reference", "link-shared", "attachment-missing")}
    total = sum(dead.values())
    words = f"{total} 处，见问题清单" if total else "没有发现"
    return _line("E11", title, "fail" if total else "pass", words + "；站外链接不由本程序访问", "E11", count=total)


LINES: tuple[Callable[[Picture], Line], ...] = (
    c4_pairs, c5_early, d2_opens, d3_home, d4_columns, d5_letters, d6_guides, d6_register, b12_laws, e2_columns, e4_sorting, e4_statistics, e7_answers, e7_statistics, e11_links)
