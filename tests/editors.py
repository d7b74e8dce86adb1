"""People at the desk for measures: accounts with a session each, and the pages they ask for as plain WSGI requests or over a connection.

Shared by bench and soak. A session is begun as sign-in begins it; passwords and second factors are measured nowhere here.
"""
from __future__ import annotations

import http.client
import re
from typing import Any, NamedTuple
from urllib.parse import urlencode

from argon2 import PasswordHasher
from webob import Request

from govportal.base import clock
from govportal.base.keys import Keys
from govportal.content.site import open_site
from govportal.editorial.store import make_editorial
from govportal.oversight.store import make_oversight
from govportal.people import accounts, passwords, sessions
from govportal.people.store import make_people
from govportal.search.overlay import make_overlay
from tests.desk.pages import pairs_of

FORM = 'application/x-www-form-urlencoded; charset="utf-8"'


class Answer(NamedTuple):
    status: int
    location: str
    text: str


class Editor:
    """A person with a session. ``get``/``post`` go to ``app`` in this process, or over a connection of their own to ``port``."""

    def __init__(self, uid: str, cookie: str, *, app: Any = None, port: int = 0) -> None:
        self.uid, self.cookie, self.app = uid, f"desk={cookie}", app
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60) if port else None

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, b"")

    def post(self, path: str, pairs: list[tuple[str, str]]) -> Answer:
        return self._ask("POST", path, urlencode(pairs).encode())

    def _ask(self, method: str, path: str, body: bytes) -> Answer:
        headers = {"Cookie": self.cookie, **({"Content-Type": FORM} if method == "POST" else {})}
        if self.wire is not None:
            self.wire.request(method, path, body or None, headers)
            answer = self.wire.getresponse()
            return Answer(answer.status, answer.headers.get("Location") or "", answer.read().decode())
        response = Request.blank(path, method=method, headers=headers, body=body, remote_addr="127.0.0.1").get_response(self.app)
        return Answer(response.status_code, response.headers.get("Location", ""), response.text)


def make_rooms(db: Any) -> None:
    """The roots of a whole installation beside the site."""
    with db.transaction() as connection:
        for make in (make_people, make_editorial, make_oversight, make_overlay):
            make(connection)


def sign_in(db: Any, keys: Keys, user: str, *roles: str, org: str = "") -> tuple[str, str]:
    """A new account with these roles for ``org`` ('' = everywhere) and a session: (uid, cookie)."""
    with db.transaction() as connection, passwords.override(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)):
        people, audit = make_people(connection), open_site(connection).audit
        staff = accounts.create(people, username=user, name=f"示例{user}", org=org, actor="system:bench", audit=audit, password="Walk-Home-2026", must_change=False).staff
        for role in roles:
            accounts.grant(people, staff, role=role, org=org, actor="system:bench", audit=audit)
        sid = sessions.begin(people, staff, address="127.0.0.1", agent="bench", must="", now=clock.now())
    return staff.uid, sessions.make_cookie(keys, sid, clock.now())


class Form(NamedTuple):
    """An edit form as a browser would post it."""

    target: str
    pairs: list[tuple[str, str]]

    def changed(self, name: str, value: str, do: str = "save") -> list[tuple[str, str]]:
        """What is posted when the first field of this name says ``value``. LookupError when the form has none."""
        at = next((number for number, (key, _) in enumerate(self.pairs) if key == name), None)
        if at is None:
            raise LookupError(name)
        return [*self.pairs[:at], (name, value), *self.pairs[at + 1:], ("page.do", do)]


def form_of(text: str) -> Form:
    """The edit form (``id="f"``) of a page. LookupError when there is none."""
    found = re.search(r'<form id="f".*?</form>', text, re.S)
    if found is None:
        raise LookupError("no edit form")
    html = found.group(0)
    target = re.search(r'action="([^"]+)"', html)
    assert target is not None
    return Form(target.group(1), [pair for pair in pairs_of(html) if pair[0] != "page.do"])


def form_of_page(text: str, action: str) -> dict[str, str]:
    """Fields of the form of a page with this address. LookupError when there is none."""
    for html in re.findall(r"<form.*?</form>", text, re.S):
        if f'action="{action}"' in html:
            return dict(pairs_of(html))
    raise LookupError(action)
