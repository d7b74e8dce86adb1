"""``govportal staff add|list|reset|unlock|networks``: accounts from the machine itself, for an empty site and for people who are locked out.

Everything is recorded as ``system:cli``. A password is printed once and kept nowhere. Writing needs the portal stopped (or shared storage).
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..base import clock
from ..base.audit import Audit
from ..content.site import NoSite, open_site
from ..people import accounts, attempts, grants
from ..people.errors import PeopleRefused
from ..people.roles import named, title_of
from ..people.staff import Staff
from ..people.store import People, open_people
from .common import Stop, database, load_settings

ACTOR = "system:cli"


def arguments(parser: Any) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="做什么")
    add = what.add_parser("add", help="新建账号，初始密码只显示一次")
    add.add_argument("--user", required=True, help="用户名，例如 zhang.san")
    add.add_argument("--name", required=True, help="姓名")
    add.add_argument("--roles", default="", help="角色，用逗号分开，例如 security 或 编辑,审核")
    add.add_argument("--org", default="", help="部门的标识，例如 gongan；编辑等角色只管这个部门，不写就是全部")
    what.add_parser("list", help="列出账号")
    for name, text in (("reset", "重置密码和动态码，解锁，结束登录"), ("unlock", "解除登录失败的锁定")):
        what.add_parser(name, help=text).add_argument("user", help="用户名")
    networks = what.add_parser("networks", help="某个角色允许的网络；一个也不写就是不限")
    networks.add_argument("role", help="角色，例如 security")
    networks.add_argument("networks", nargs="*", help="例如 10.1.0.0/16")


def run(options: Any) -> int:
    settings = load_settings(options)
    try:
        with database(settings, read_only=options.what == "list") as db, _opened(db) as (people, audit, departments):
            lines = _DO[options.what](people, audit, options, departments)
    except PeopleRefused as exc:
        raise Stop(exc.message) from None
    print("\n".join(lines))
    return 0


@contextmanager
def _opened(db: Any) -> Iterator[tuple[People, Audit, set[str]]]:
    """People, the audit and the departments' slugs within a transaction that is committed at the end."""
    with db.transaction() as connection:
        try:
            site, people = open_site(connection), open_people(connection)
        except NoSite as exc:
            raise Stop(str(exc)) from None
        except LookupError:
            raise Stop("数据库是旧版本的，还没有工作人员，请先运行 govportal evolve") from None
        yield people, site.audit, set(site["shared"]["organisations"].keys())


def _add(people: People, audit: Audit, options: Any, departments: set[str]) -> list[str]:
    try:
        roles = [named(text) for text in options.roles.replace("，", ",").replace("、", ",").split(",") if text.strip()]
    except LookupError as exc:
        raise Stop(str(exc)) from None
    if options.org and options.org not in departments:
        raise Stop(f"没有部门“{options.org}”，标识见 govportal export 写出的 organisations，或先不写 --org")
    made = accounts.create(people, username=options.user, name=options.name, org=options.org, actor=ACTOR, audit=audit)
    for role in roles:
        accounts.grant(people, made.staff, role=role, org="" if role in ("site", "security", "auditor") else options.org, actor=ACTOR, audit=audit)
    return [f"建好了账号 {made.staff.username}（{made.staff.name}），角色：{'、'.join(map(title_of, roles)) or '还没有'}",
            f"初始密码（只显示这一次）：{made.password}", "第一次登录时要改密码、绑定动态码。"]


def _list(people: People, audit: Audit, options: Any, departments: set[str]) -> list[str]:
    now = clock.now()
    return [_line(people, staff, now) for staff in sorted(people.all_staff(), key=lambda one: (not one.active, one.username))] or ["还没有工作人员。"]


def _line(people: People, staff: Staff, now: Any) -> str:
    roles = "、".join(dict.fromkeys(title_of(one.role) for one in grants.grants_of(staff, now))) or "无角色"
    marks = [word for word, yes in (("已停用", not staff.active), ("已锁定", attempts.locked_until(people, staff.username, now) is not None),
                                    ("未绑定动态码", staff.active and not staff.credentials.totp)) if yes]
    last = clock.stamp(staff.credentials.now_at) if staff.credentials.now_at is not None else "从未登录"
    return "  ".join([staff.username, staff.name, staff.org or "—", roles, last, *marks])


def _reset(people: People, audit: Audit, options: Any, departments: set[str]) -> list[str]:
    staff = _find(people, options.user)
    given = accounts.reset_password(people, staff, actor=ACTOR, audit=audit)
    accounts.reset_second_factor(people, staff, actor=ACTOR, audit=audit)
    return [f"{staff.username} 的新密码（只显示这一次）：{given}", "下次登录时要改密码、重新绑定动态码；现有的登录都已结束。"]


def _unlock(people: People, audit: Audit, options: Any, departments: set[str]) -> list[str]:
    staff = _find(people, options.user)
    return [f"{staff.username} 已解锁。" if accounts.unlock(people, staff, actor=ACTOR, audit=audit) else f"{staff.username} 没有被锁定。"]


def _networks(people: People, audit: Audit, options: Any, departments: set[str]) -> list[str]:
    try:
        role = named(options.role)
    except LookupError as exc:
        raise Stop(str(exc)) from None
    kept = accounts.set_networks(people, role, options.networks, actor=ACTOR, audit=audit)
    return [f"“{title_of(role)}”允许的网络：{'、'.join(kept) or '不限'}"]


def _find(people: People, username: str) -> Staff:
    staff = people.staff_by_name(username)
    if staff is None:
        raise Stop(f"没有用户名“{username[:40]}”，用 govportal staff list 查看")
    return staff


_DO = {"add": _add, "list": _list, "reset": _reset, "unlock": _unlock, "networks": _networks}
