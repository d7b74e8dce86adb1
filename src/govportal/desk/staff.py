"""Staff and roles: the pages of the security administrator (K2, K5–K8).

Owns ``/desk/staff…``. One page a person with everything that can be done to the account; each button is a post with ``do``. New passwords are
shown once, in the answer, and nowhere else.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.httpexceptions import HTTPNotFound

from ..base import clock
from ..editorial import autosaves
from ..people import accounts, attempts, sessions
from ..people.errors import PeopleRefused
from ..people.grants import deputation_of, grants_of
from ..people.roles import ROLES, title_of
from ..people.store import SETTINGS
from ..web.modes import posted
from .account import where_of
from .shell import desk_page, see_other
from .simple import Field, typed, with_errors

CRUMBS = (("/desk/staff", "人员"),)


def org_options(request: Any) -> tuple[tuple[str, str], ...]:
    return (("", "（不限部门）"), *((row.slug, row.title) for row in request.columns.plain.get("Organisation", [])))


def new_fields(request: Any) -> list[Field]:
    return [Field("username", "用户名", hint="3 至 32 个小写字母、数字、点、横线，例如 zhang.san"), Field("name", "姓名"),
            Field("org", "部门", kind="select", options=org_options(request)), Field("phone", "电话", optional=True)]


def staff_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None, fields: list[Field] | None = None) -> Any:
    """Everybody, those in use first; ``q`` narrows by name, user name or department."""
    q, now, columns = request.query("q"), clock.now(), request.columns
    rows = []
    for one in request.people.all_staff():
        org = columns.org_name(one.org) if one.org else ""
        if not q or q.casefold() in f"{one.username} {one.name} {org}".casefold():
            rows.append({"staff": one, "org": org, "roles": "、".join(dict.fromkeys(title_of(grant.role) for grant in grants_of(one, now))) or "没有角色",
                         "locked": attempts.locked_until(request.people, one.username, now) is not None})
    rows.sort(key=lambda row: (not row["staff"].active, row["org"], row["staff"].name))
    return desk_page(request, "desk/staff.pt", "人员", nav="staff", status=422 if errors else 200, errors=errors, q=q, rows=rows[:500], total=len(rows),
                     fields=fields or new_fields(request))


def staff_post(context: Any, request: Any) -> Any:
    """Make an account; its first password is shown once."""
    try:
        made = accounts.create(request.people, username=posted(request, "username"), name=posted(request, "name"), org=posted(request, "org"), phone=posted(request, "phone"),
                               actor=request.actor.id, audit=request.site.audit, address=request.remote_addr or "")
    except PeopleRefused as refused:
        errors = [(refused.field, refused.message)]
        return staff_view(context, request, errors=errors, fields=with_errors(typed(request, new_fields(request)), errors))
    return desk_page(request, "desk/staff-password.pt", "账号建好了", nav="staff", crumbs=CRUMBS, staff=made.staff, password=made.password)


def person_of(request: Any) -> Any:
    found = request.people.staff(request.matchdict["staff"])
    if found is None:
        raise HTTPNotFound()
    return found


def grant_fields(request: Any) -> list[Field]:
    return [Field("role", "角色", kind="select", options=(("", "请选择"), *((role.name, f"{role.title}：{role.explains}") for role in ROLES.values()))),
            Field("within", "限于部门", kind="select", options=org_options(request)), Field("path", "限于栏目或目录", optional=True, hint="例如 /news/tongzhi"),
            Field("region", "限于区划", optional=True, hint="6 位代码，例如 990100"), Field("until", "到哪天", optional=True, kind="date", hint="空着就是长期")]


def fact_fields(request: Any, person: Any) -> list[Field]:
    return [Field("name", "姓名", person.name), Field("org", "部门", person.org, kind="select", options=org_options(request)),
            Field("phone", "电话", person.phone, optional=True)]


def deputy_fields(heirs: Sequence[Any]) -> list[Field]:
    """For somebody absent who could not name a deputy, and for deputies of other departments."""
    return [Field("deputy", "由谁代理", kind="select", options=(("", "请选择"), *((one.uid, f"{one.name}（{one.username}）") for one in heirs))),
            Field("first", "从哪天", hint="写成 2026-01-31", kind="date"), Field("last", "到哪天", hint="含这一天", kind="date")]


def person_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None, what: str = "") -> Any:
    people, now, person = request.people, clock.now(), person_of(request)
    facts, grants = fact_fields(request, person), grant_fields(request)
    if what == "change":
        facts = with_errors(typed(request, facts), errors or [])
    if what == "grant":
        grants = with_errors(typed(request, grants), errors or [])
    row = deputation_of(person)
    heirs = sorted((one for one in people.all_staff() if one.active and one.uid != person.uid), key=lambda one: (one.org != person.org, one.name))
    stands = deputy_fields(heirs)
    if what == "deputy":
        stands = with_errors(typed(request, stands), errors or [])
    return desk_page(
        request, "desk/person.pt", person.name, nav="staff", status=422 if errors else 200, errors=errors, crumbs=CRUMBS, person=person,
        org=request.columns.org_name(person.org) if person.org else "不限部门", facts=facts, fields=grants,
        grants=[(grant, title_of(grant.role), where_of(request, grant), not grant.in_force(now.date())) for grant in grants_of(person)],
        sessions=[(one, sessions.is_open(people, one, now)) for one in sessions.of(people, person)][:20],
        locked=attempts.locked_until(people, person.username, now), deputy=people.staff(row.deputy) if row else None, row=row,
        work=accounts.open_work(request.registry.open_work(request), person.uid) if person.active else [], heirs=heirs, stands=stands)


def person_post(context: Any, request: Any) -> Any:
    """``do``: change, grant, revoke, reset-password, reset-factor, unlock, end-session, deputy, no-deputy, end-account."""
    person, what = person_of(request), posted(request, "do")
    try:
        act = ACTS.get(what)
        if act is None:
            raise PeopleRefused("", "没有这个操作，请刷新页面")
        return act(request, person, {"actor": request.actor.id, "audit": request.site.audit, "address": request.remote_addr or ""})
    except PeopleRefused as refused:
        return person_view(context, request, errors=[(OWN_NAMES.get((what, refused.field), refused.field), refused.message)], what=what)


OWN_NAMES = {("grant", "org"): "within", ("deputy", "until"): "last"}        # of controls that another form of the page has as well


def _back(request: Any, person: Any, note: str) -> Any:
    return see_other(request, f"/desk/staff/{person.uid}", note)


def _change(request: Any, person: Any, by: dict[str, Any]) -> Any:
    accounts.change(request.people, person, name=posted(request, "name"), org=posted(request, "org"), phone=posted(request, "phone"), **by)
    return _back(request, person, "已保存")


def _grant(request: Any, person: Any, by: dict[str, Any]) -> Any:
    role, org, path, region, until = (posted(request, name) for name in ("role", "within", "path", "region", "until"))
    given = accounts.grant(request.people, person, role=role, org=org, path=path, region=region, until=until, **by)
    return _back(request, person, f"已授予“{title_of(given.role)}”")


def _revoke(request: Any, person: Any, by: dict[str, Any]) -> Any:
    role, org, path, region = (posted(request, name) for name in ("role", "org", "path", "region"))
    accounts.revoke(request.people, person, role=role, org=org, path=path, region=region, **by)
    return _back(request, person, "已收回")


def _reset_password(request: Any, person: Any, by: dict[str, Any]) -> Any:
    password = accounts.reset_password(request.people, person, **by)
    return desk_page(request, "desk/staff-password.pt", "密码已重置", nav="staff", crumbs=CRUMBS, staff=person, password=password)


def _reset_factor(request: Any, person: Any, by: dict[str, Any]) -> Any:
    accounts.reset_second_factor(request.people, person, **by)
    return _back(request, person, "动态码已清除，下次登录要重新绑定。请同时重置密码。")


def _unlock(request: Any, person: Any, by: dict[str, Any]) -> Any:
    return _back(request, person, "已解锁" if accounts.unlock(request.people, person, **by) else "这个账号没有被锁定")


def _end_session(request: Any, person: Any, by: dict[str, Any]) -> Any:
    session = sessions.get(request.people, posted(request, "sid"))
    if session is None or session.staff != person.uid:
        raise PeopleRefused("", "没有这次登录，请刷新页面")
    sessions.end(request.people, session.sid, by=by["actor"], audit=by["audit"], now=clock.now(), address=by["address"])
    return _back(request, person, "已结束那次登录")


def _deputy(request: Any, person: Any, by: dict[str, Any]) -> Any:
    other = request.people.staff(posted(request, "deputy"))
    if other is None:
        raise PeopleRefused("deputy", "请选择由谁代理")
    accounts.set_deputy(request.people, person, other, first=posted(request, "first"), until=posted(request, "last"), **by)
    return _back(request, person, f"已请 {other.name} 代理")


def _no_deputy(request: Any, person: Any, by: dict[str, Any]) -> Any:
    accounts.clear_deputy(request.people, person, **by)
    return _back(request, person, "已取消代理")


def _end_account(request: Any, person: Any, by: dict[str, Any]) -> Any:
    heir = request.people.staff(posted(request, "heir")) if posted(request, "heir") else None
    moved = accounts.end_account(request.people, person, rooms=request.registry.open_work(request), heir=heir, reason=posted(request, "reason")[:200], **by)
    autosaves.forget_staff(request.editorial, person.uid)          # nobody else may read what was never saved
    return _back(request, person, f"账号已停用，移交了 {moved} 件工作" if moved else "账号已停用")


ACTS = {"change": _change, "grant": _grant, "revoke": _revoke, "reset-password": _reset_password, "reset-factor": _reset_factor, "unlock": _unlock,
        "end-session": _end_session, "deputy": _deputy, "no-deputy": _no_deputy, "end-account": _end_account}


def rules_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None, typed_values: dict[str, str] | None = None) -> Any:
    """Sign-in rules and the networks of roles."""
    people, given = request.people, typed_values or {}
    networks = [Field(f"net-{role.name}", role.title, given.get(f"net-{role.name}", "\n".join(people.networks.get(role.name, ()))), kind="area", optional=True)
                for role in ROLES.values()]
    rules = [Field(name, what, given.get(name, str(people.setting(name))), hint=f"{least} 至 {most}，默认 {default}", inputmode="numeric")
             for name, (default, least, most, what) in SETTINGS.items()]
    return desk_page(request, "desk/staff-rules.pt", "登录规则和网络", nav="staff", status=422 if errors else 200, errors=errors, crumbs=CRUMBS,
                     networks=with_errors(networks, errors or []), rules=with_errors(rules, errors or []), address=request.remote_addr or "")


def rules_post(context: Any, request: Any) -> Any:
    by = {"actor": request.actor.id, "audit": request.site.audit, "address": request.remote_addr or ""}
    typed_values = {name: posted(request, name) for name in (*SETTINGS, *(f"net-{role}" for role in ROLES))}
    current = ""
    try:
        if posted(request, "do") == "networks":
            for role in ROLES:
                current = f"net-{role}"
                wanted = typed_values[current].split()
                if tuple(wanted) != request.people.networks.get(role, ()):
                    accounts.set_networks(request.people, role, wanted, **by)
        else:
            changes = {}
            for name in SETTINGS:
                text = typed_values[name].strip()
                if not text.isascii() or not text.isdigit():
                    raise PeopleRefused(name, f"“{SETTINGS[name][3]}”要写一个整数")
                if int(text[:9]) != request.people.setting(name):
                    changes[name] = int(text[:9])
            if changes:
                accounts.set_policy(request.people, changes, **by)
    except PeopleRefused as refused:
        field = current if refused.field in ("networks", "role") else refused.field
        return rules_view(context, request, errors=[(field, refused.message)], typed_values=typed_values)
    return see_other(request, "/desk/staff-rules", "已保存")


def includeme(config: Any) -> None:
    config.registry.open_work = lambda request: ()     # other parts of the desk hand in what can lie with a person
    config.add_desk_entry("staff")
    config.add_desk_page(staff_view, name="staff", path="/desk/staff", permission="staff.manage", params=("q",), post=staff_post)
    config.add_desk_page(rules_view, name="staff-rules", path="/desk/staff-rules", permission="staff.manage", post=rules_post)
    config.add_desk_page(person_view, name="person", path="/desk/staff/{staff}", permission="staff.manage", post=person_post)
