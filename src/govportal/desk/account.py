"""My account: who I am here, my roles, my sessions, password, second factor, deputy.

Owns ``/desk/account…``. A session that must first change its password or set up the second factor reaches these pages and no other.
"""
from __future__ import annotations

from typing import Any

import segno

from ..base import clock
from ..people import accounts, duties, sessions
from ..people.errors import PeopleRefused
from ..people.grants import Grant, deputation_of
from ..people.roles import ROLES, title_of
from ..web.modes import posted
from .security import ACCOUNT
from .shell import MUST, desk_page, see_other
from .simple import Field, typed, with_errors

CRUMBS = (("/desk", "工作台"), ("/desk/account", "我的账号"))


def where_of(request: Any, grant: Grant) -> str:
    """The limits of a grant in words."""
    parts = [request.columns.org_name(grant.org) if grant.org else "", grant.path, f"区划 {grant.region}" if grant.region else ""]
    return "，".join(part for part in parts if part) or "全站"


def account_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None, deputy: list[Field] | None = None) -> Any:
    staff, people, now = request.signed.staff, request.people, clock.now()
    rows = [(session, sessions.is_open(people, session, now)) for session in sessions.of(people, staff)][:20]
    row = deputation_of(staff)
    absent = [other for uid in staff.stands_for if (other := people.staff(uid)) is not None]
    return desk_page(
        request, "desk/account.pt", "我的账号", status=422 if errors else 200, errors=errors, staff=staff, org=request.columns.org_name(staff.org) if staff.org else "未提供",
        grants=[(title_of(grant.role), ROLES[grant.role].explains, where_of(request, grant), grant.until or "长期") for grant in request.signed.actor.own],
        lent=[(title_of(grant.role), name, where_of(request, grant)) for grant, name in request.signed.actor.lent], sessions=rows, own=request.signed.sid,
        deputy=people.staff(row.deputy) if row is not None else None, row=row, absent=absent, fields=deputy or deputy_fields(request),
        days=duties.password_days_left(people, staff, now), left=len(staff.credentials.recovery), role_title=title_of)


def deputy_fields(request: Any) -> list[Field]:
    staff = request.signed.staff
    others = sorted((other for other in request.people.all_staff() if other.active and other.uid != staff.uid and other.org == staff.org), key=lambda one: one.name)
    return [Field("deputy", "由谁代理", kind="select", options=(("", "请选择"), *((one.uid, f"{one.name}（{one.username}）") for one in others)), hint="只列本部门的人；别的部门请找安全管理员。"),
            Field("first", "从哪天", hint="写成 2026-01-31", kind="date"), Field("until", "到哪天", hint="含这一天", kind="date")]


def account_post(context: Any, request: Any) -> Any:
    """``do``: end a session, all others, set or clear the deputy."""
    staff, people, audit, now, address = request.signed.staff, request.people, request.site.audit, clock.now(), request.remote_addr or ""
    what = posted(request, "do")
    if request.signed.must:
        return see_other(request, MUST[request.signed.must])
    try:
        if what == "end":
            session = sessions.get(people, posted(request, "sid"))
            if session is None or session.staff != staff.uid:
                raise PeopleRefused("", "这不是您的登录，请刷新页面")
            sessions.end(people, session.sid, by=staff.uid, audit=audit, now=now, address=address)
            return see_other(request, "/desk/account", "已结束那次登录")
        if what == "end-others":
            count = sessions.end_all(people, staff, by=staff.uid, audit=audit, now=now, keep=request.signed.sid, address=address)
            return see_other(request, "/desk/account", f"已结束另外 {count} 次登录")
        if what == "deputy":
            other = people.staff(posted(request, "deputy"))
            if other is None:
                raise PeopleRefused("deputy", "请选择由谁代理")
            accounts.set_deputy(people, staff, other, first=posted(request, "first"), until=posted(request, "until"), actor=staff.uid, audit=audit, address=address)
            return see_other(request, "/desk/account", f"已请 {other.name} 代理")
        if what == "no-deputy":
            accounts.clear_deputy(people, staff, actor=staff.uid, audit=audit, address=address)
            return see_other(request, "/desk/account", "已取消代理")
        raise PeopleRefused("", "没有这个操作，请刷新页面")
    except PeopleRefused as refused:
        errors = [(refused.field, refused.message)]
        return account_view(context, request, errors=errors, deputy=with_errors(typed(request, deputy_fields(request)), errors))


def password_fields(request: Any) -> list[Field]:
    people = request.people
    rule = f"至少 {people.setting('password_length')} 位，大写、小写、数字、符号里至少 {people.setting('password_classes')} 种，不含用户名，不与最近 {people.setting('password_history')} 个相同。"
    return [Field("old", "现在的密码", kind="password", complete="current-password"), Field("new", "新密码", kind="password", complete="new-password", hint=rule),
            Field("again", "再输一遍新密码", kind="password", complete="new-password")]


def password_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None) -> Any:
    intro = "这是您第一次登录，或密码到了更换的日子。换好以后才能继续。" if request.signed.must == "password" else ""
    return desk_page(request, "desk/account-form.pt", "修改密码", status=422 if errors else 200, errors=errors, crumbs=CRUMBS, intro=intro, action="/desk/account/password",
                     button="改密码", fields=with_errors(password_fields(request), errors or []))


def password_post(context: Any, request: Any) -> Any:
    try:
        accounts.set_password(request.people, request.signed.staff, old=posted(request, "old"), new=posted(request, "new"), again=posted(request, "again"),
                              audit=request.site.audit, keep=request.signed.sid, address=request.remote_addr or "")
    except PeopleRefused as refused:
        response = password_view(context, request, errors=[(refused.field, refused.message)])
        response.headers["X-Tm"] = "commit"          # a wrong old password counts
        return response
    return see_other(request, "/desk", "密码改好了，您的其他登录已经结束。")


def factor_view(context: Any, request: Any, *, errors: list[tuple[str, str]] | None = None, enrolment: Any = None) -> Any:
    staff = request.signed.staff
    enrolment = enrolment or accounts.begin_enrolment(request.registry.keys, staff)
    fields = [Field("code", "验证器现在显示的 6 位数字", inputmode="numeric", complete="one-time-code")]
    if staff.credentials.totp:
        fields.append(Field("current", "原来的动态码或一个备用码", hint="手机丢了又没有备用码的，请安全管理员重置。"))
    return desk_page(request, "desk/second-factor.pt", "绑定动态码", status=422 if errors else 200, errors=errors, crumbs=CRUMBS, enrolment=enrolment, must=request.signed.must,
                     picture=qr(enrolment.address), fields=with_errors(fields, errors or []), again=bool(staff.credentials.totp))


def qr(address: str) -> list[tuple[int, int, int]]:
    """(x, y, width) of the dark runs of a QR picture, drawn as one SVG path by the template (strict CSP: no image data)."""
    runs = []
    for y, line in enumerate(segno.make(address, error="m").matrix_iter(border=2)):
        x = 0
        cells = list(line)
        while x < len(cells):
            if cells[x]:
                width = 1
                while x + width < len(cells) and cells[x + width]:
                    width += 1
                runs.append((x, y, width))
                x += width
            else:
                x += 1
    return runs


def factor_post(context: Any, request: Any) -> Any:
    """Take the new device into use; the recovery codes are shown once, in this answer."""
    keys, staff = request.registry.keys, request.signed.staff
    address = request.remote_addr or ""
    try:
        if posted(request, "do") == "recovery":
            codes = accounts.renew_recovery(request.people, keys, staff, code=posted(request, "code"), audit=request.site.audit, address=address)
        else:
            codes = accounts.confirm_enrolment(request.people, keys, staff, token=posted(request, "token"), code=posted(request, "code"), current=posted(request, "current"),
                                               audit=request.site.audit, address=address)
    except PeopleRefused as refused:
        enrolment = accounts.resume_enrolment(keys, staff, posted(request, "token"))
        response = factor_view(context, request, errors=[(refused.field, refused.message)], enrolment=enrolment)
        response.headers["X-Tm"] = "commit"
        return response
    return desk_page(request, "desk/recovery.pt", "备用码", crumbs=CRUMBS, codes=codes)


def includeme(config: Any) -> None:
    config.add_desk_page(account_view, name="account", path="/desk/account", permission=ACCOUNT, post=account_post)
    config.add_desk_page(password_view, name="account-password", path="/desk/account/password", permission=ACCOUNT, post=password_post)
    config.add_desk_page(factor_view, name="account-factor", path="/desk/account/second-factor", permission=ACCOUNT, post=factor_post)
