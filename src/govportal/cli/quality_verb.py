"""``govportal quality …``: check the whole content, list what is wrong, the 自查 against national limits. ``list`` and ``selfcheck`` run beside the portal."""
from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..base import clock
from ..content.columns import ColumnStore
from ..content.site import open_site
from ..oversight import quality, queries
from ..oversight.checks import CHECKS
from ..oversight.findings import LEVELS
from ..oversight.selfcheck import STATES, selfcheck
from ..oversight.store import ROOT_KEY, Oversight
from ..settings import Settings
from .common import Progress, Stop, database, load_settings

OLD = "数据库还没有质量检查的部分，请先运行 govportal evolve"


def arguments(parser: Any) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="做什么")

    def add(name: str, text: str, call: Callable[[Any, Settings], int]) -> Any:
        sub = what.add_parser(name, help=text, description=text)
        sub.set_defaults(call=call)
        return sub
    add("run", "检查全站内容；门户在运行时由它在后台检查", run_all)
    sub = add("list", "上次检查发现的问题", listed)
    sub.add_argument("--org", default=None, help="部门标识，空字符串是网站自己的")
    sub.add_argument("--check", default="", choices=("", *CHECKS), metavar="检查", help="只看这一种：" + "、".join(CHECKS))
    sub.add_argument("--level", default="", choices=("", *LEVELS), help="must 必须改、should 应当改、look 请核对")
    sub.add_argument("--overdue", action="store_true", help="只看过期没有改的")
    sub.add_argument("--limit", type=int, default=50, help="最多列出多少处")
    add("selfcheck", "自查：按国家指标逐条核对，有不合格的返回 1", self_check)


def run(options: Any) -> int:
    return int(options.call(options, load_settings(options)))


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Any, Oversight]]:
    """(site, oversight), read only."""
    with database(settings, read_only=True) as db:
        connection = db.open()
        try:
            site, oversight = open_site(connection), connection.root().get(ROOT_KEY)
            if oversight is None:
                raise Stop(OLD)
            yield site, oversight
        finally:
            connection.close()


def run_all(options: Any, settings: Settings) -> int:
    """With the portal running: leaves a request for its worker and waits for it. Else checks here."""
    heartbeat = settings.var / "worker.heartbeat"
    if heartbeat.exists() and time.time() - heartbeat.stat().st_mtime < 10:
        settings.quality_request.touch()
        print("门户正在运行，已请它在后台检查。")
        began = time.monotonic()
        while settings.quality_request.exists():
            time.sleep(0.5)
            if not heartbeat.exists() or time.time() - heartbeat.stat().st_mtime > 60:
                raise Stop("门户的后台停了，检查没有完成；再启动时会接着做")
            if time.monotonic() - began > 3600:
                raise Stop("一小时还没有查完，请看门户的日志")
    else:
        with database(settings) as db:
            with db.transaction() as connection:
                if ROOT_KEY not in connection.root():
                    raise Stop(OLD)
            quality.run(db, progress=Progress("检查内容"))
    with _opened(settings) as (_, oversight):
        _summary(oversight)
    return 0


def _summary(oversight: Oversight) -> None:
    state = queries.status(oversight)
    if state.ended is None:
        print("还没有检查过，请运行 govportal quality run")
        return
    print(f"{clock.stamp(state.ended)} 检查了 {state.documents} 篇，{state.total} 处问题，比上次改好 {queries.mended(oversight)[0]} 处")
    for check, number in queries.by_check(oversight):
        print(f"{LEVELS[CHECKS[check].level]}  {number:6d}  {CHECKS[check].title}（{check}，{CHECKS[check].source}）")


def listed(options: Any, settings: Settings) -> int:
    with _opened(settings) as (_, oversight):
        _summary(oversight)
        found = queries.listing(oversight, queries.Filter(options.org, options.check, options.level, options.overdue), size=options.limit)
        today = clock.now().date()
        for one in found.rows:
            print(f"{LEVELS[one.level]}  {one.due.isoformat()}{'（已过期）' if one.overdue(today) else ''}  {one.org or '网站'}  {one.path}  {one.title}：{one.words}")
        hidden = found.total - len(found.rows) + found.left_off
        if hidden:
            print(f"（还有 {hidden} 处没有列出）")
    return 0


def self_check(options: Any, settings: Settings) -> int:
    with _opened(settings) as (site, oversight):
        lines = selfcheck(site, ColumnStore().get(site), oversight=oversight)
    for line in lines:
        print(f"{STATES[line.state]}  {line.id}  {line.title}：{line.words}")
        for one in line.offending[:5]:
            print(f"        {one.path}  {one.title}  {one.words}")
        if line.number > 5 and line.offending:
            print(f"        （共 {line.number} 处）")
    return 1 if any(line.state == "fail" for line in lines) else 0
