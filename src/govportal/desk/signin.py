"""Signing in and out at the desk.

Owns ``/desk/signin`` and ``/desk/signout``. What a refused post held (``kept``) travels through the sign-in as data and is shown again with a
button; it is never carried out by signing in. A failed attempt is committed (it counts) and answered with one wording for all causes.
"""
from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import unquote, urlsplit

from pyramid.httpexceptions import HTTPSeeOther

from ..base import clock
from ..people import sessions, signin
from ..web.modes import local_path, posted
from .security import ACCOUNT, BEFORE, _set, forget, keep, token
from .shell import MUST, OPEN, desk_page, see_other

log = logging.getLogger("govportal.desk")


def next_path(request: Any, given: str) -> str:
    """Where to go after signing in: a page of the desk."""
    path = local_path(given)
    if ".." in unquote(path):
        return "/desk"
    return path if path == "/desk" or path.startswith(("/desk/", "/desk?")) and not path.startswith("/desk/sign") else "/desk"


def signin_page(request: Any, *, status: int = 200, kept: str = "", message: str = "", errors: list[tuple[str, str]] | None = None, username: str = "",
                next: str = "/desk") -> Any:
    return desk_page(request, "desk/signin.pt", "工作人员登录", status=status, kept=kept, message=message, errors=errors, username=username, next=next)


def signin_view(context: Any, request: Any) -> Any:
    """The form; somebody signed in goes on."""
    if request.signed is not None:
        return HTTPSeeOther(location=next_path(request, request.query("next")))
    return signin_page(request, next=next_path(request, request.query("next")))


def signin_post(context: Any, request: Any) -> Any:
    username, kept = posted(request, "username").strip()[:80], posted(request, "kept")
    target = next_path(request, posted(request, "next"))
    outcome = signin.sign_in(request.people, request.registry.keys, username=username, password=posted(request, "password")[:200], code=posted(request, "code").strip()[:40],
                             address=request.remote_addr or "", agent=request.user_agent or "", audit=request.site.audit)
    if isinstance(outcome, signin.SignInRefused):
        response = signin_page(request, status=403, kept=kept, errors=[("username", outcome.message)], username=username, next=target)
        response.headers["X-Tm"] = "commit"          # a failed attempt counts
        return response
    request.signed = None
    if kept and not outcome.must:
        response = _kept_page(request, kept, outcome.sid)
    else:
        response = see_other(request, MUST.get(outcome.must, target), _words(outcome))
    keep(request, response, outcome.sid)
    _set(request, response, BEFORE, "", max_age=0)
    return response


def _words(outcome: signin.SignedIn) -> str:
    """What to tell a person who just signed in: a recovery code used up, where they were last."""
    if outcome.recovery_left is not None:
        return f"用掉了一个备用码，还剩 {outcome.recovery_left} 个。手机找回前请省着用，快用完时在“我的账号”里换新的。"
    last = outcome.staff.credentials
    return f"您上次登录：{clock.stamp(last.last_at)}，从 {last.last_address or '未知地址'}。不是您的话，请马上改密码并告诉安全管理员。" if last.last_at is not None else ""


def _kept_page(request: Any, kept: str, sid: str) -> Any:
    """What had been typed before the session ended, with a button that sends it."""
    try:
        target, pairs = json.loads(kept)
        pairs = [(str(name), str(value)) for name, value in pairs]
        target = str(target)
    except (ValueError, TypeError):
        return see_other(request, "/desk")
    if next_path(request, target) != target or urlsplit(target).netloc:
        return see_other(request, "/desk")
    request.desk_nonce = sid
    request.csrf = token(request)
    return desk_page(request, "desk/kept.pt", "登录好了，继续提交", target=target, pairs=pairs)


def signout_post(context: Any, request: Any) -> Any:
    """End this session in the database, so that a copy of its cookie is worthless."""
    sessions.end(request.people, request.signed.sid, by=request.signed.actor.id, audit=request.site.audit, now=clock.now(), address=request.remote_addr or "")
    response = see_other(request, "/desk/signin", "您已退出。")
    forget(request, response)
    return response


def includeme(config: Any) -> None:
    config.add_desk_page(signin_view, name="signin", path="/desk/signin", permission=OPEN, params=("next",), post=signin_post)
    config.add_desk_page(None, name="signout", path="/desk/signout", permission=ACCOUNT, post=signout_post)
