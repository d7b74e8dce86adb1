"""Who is at the desk: the signed session cookie, Pyramid's security policy, and the token every post carries.

Owns the cookies ``desk`` (session id and when it was last seen, signed; idle logout K7) and ``desk-pre`` (a nonce before sign-in). The database
knows whether a session was ended. A cookie that is forged, idle too long or of an ended session is nobody; the request goes on as such.
"""
from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from typing import Any

from pyramid.security import Allowed, Denied
from pyramid_zodbconn import get_connection

from ..base import clock
from ..base.keys import load_keys
from ..people import sessions
from ..people.grants import StaffActor, actor_of
from ..people.staff import Staff
from ..people.store import open_people
from ..people.tokens import Sealer
from .permissions import PERMISSIONS, allowed

log = logging.getLogger("govportal.desk")
COOKIE, BEFORE, NOTE = "desk", "desk-pre", "desk-note"
ACCOUNT = "account"              # the permission of pages for everybody who signed in, also of a session that must first change its password


class Signed:
    """A session of this request: who, which session, what it must do first ('' = nothing)."""

    def __init__(self, sid: str, staff: Staff, actor: StaffActor, must: str) -> None:
        self.sid, self.staff, self.actor, self.must = sid, staff, actor, must


class DeskPolicy:
    """Pyramid's security policy: identity from the cookie, permissions from grants."""

    def identity(self, request: Any) -> Signed | None:
        return request.signed

    def authenticated_userid(self, request: Any) -> str | None:
        return request.signed.actor.id if request.signed is not None else None

    def permits(self, request: Any, context: Any, permission: str) -> Any:
        signed = request.signed
        if signed is None:
            return Denied("nobody is signed in")
        if permission == ACCOUNT:
            return Allowed("signed in")
        if signed.must or permission not in PERMISSIONS or not allowed(signed.actor, permission, context):
            return Denied(f"{permission} is not granted")
        return Allowed(permission)

    def remember(self, request: Any, userid: str, **extra: Any) -> list[tuple[str, str]]:
        return []

    def forget(self, request: Any, **extra: Any) -> list[tuple[str, str]]:
        return []


def signed(request: Any) -> Signed | None:
    """Who sent this request; None for nobody. Renews the cookie when it was last seen over a minute ago, unless the view says that a program
    sent it and no person (``request.by_itself``): an open page alone must not keep a session from idling out (K7)."""
    sealed = request.cookies.get(COOKIE)
    if not sealed or not request.path_info.startswith("/desk"):
        return None
    people, now = request.people, clock.now()
    found = sessions.read_cookie(people, request.registry.keys, sealed, now)
    if found is None:
        return None
    sid = str(found.payload.get("sid", ""))
    staff = sessions.check(people, sid, now)
    if staff is None:
        return None
    if now - found.issued > sessions.RENEW:
        request.add_response_callback(lambda request, response: None if getattr(request, "by_itself", False) else keep(request, response, sid))
    return Signed(sid, staff, actor_of(people, staff, address=request.remote_addr or "", now=now), sessions.must(people, sid, now))


def keep(request: Any, response: Any, sid: str) -> None:
    """Put the session's cookie into the response, unless the response set or ended it itself."""
    if any(name == "Set-Cookie" and value.startswith(f"{COOKIE}=") for name, value in response.headerlist):
        return
    _set(request, response, COOKIE, sessions.make_cookie(request.registry.keys, sid, clock.now()))


def forget(request: Any, response: Any) -> None:
    _set(request, response, COOKIE, "", max_age=0)


def _set(request: Any, response: Any, name: str, value: str, max_age: int | None = None) -> None:
    response.set_cookie(name, value, max_age=max_age, path="/desk", httponly=True, samesite="Lax", secure=request.registry.portal_settings.https)


def nonce(request: Any) -> str:
    """What the token of this request's forms is bound to: the session, or before sign-in a cookie of its own."""
    if request.signed is not None:
        return request.signed.sid
    known = request.cookies.get(BEFORE, "")
    if len(known) == 32 and known.isalnum():
        return known
    fresh = secrets.token_hex(16)
    request.add_response_callback(lambda request, response: _set(request, response, BEFORE, fresh))
    return fresh


def token(request: Any) -> str:
    """The token for forms of this page."""
    return hmac.new(request.registry.csrf_key, request.desk_nonce.encode(), hashlib.sha256).hexdigest()


def from_here(request: Any) -> bool:
    """Whether the post comes from a page of ours, as far as the browser says."""
    origin = request.headers.get("Origin")
    if origin is not None and origin not in (request.host_url, request.registry.portal_settings.site_url.rstrip("/")):
        return False
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


def token_fits(request: Any, given: str) -> bool:
    """Whether the post carries this session's token and comes from a page of ours."""
    return from_here(request) and hmac.compare_digest(given.encode(), token(request).encode())


def actor(request: Any) -> StaffActor | None:
    return request.signed.actor if request.signed is not None else None


def includeme(config: Any) -> None:
    settings = config.registry.portal_settings
    config.registry.keys = keys = load_keys(settings.secret_file, settings.secret)
    config.registry.sealer = Sealer(keys, "desk note")
    config.registry.csrf_key = keys.derive("desk csrf")
    config.set_security_policy(DeskPolicy())
    config.add_request_method(lambda request: open_people(get_connection(request)), "people", reify=True)
    config.add_request_method(signed, "signed", reify=True)
    config.add_request_method(actor, "actor", reify=True)
    config.add_request_method(nonce, "desk_nonce", reify=True)
    config.add_request_method(token, "csrf", reify=True)
