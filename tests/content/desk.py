"""People and inputs for the stories of review and publication."""
from __future__ import annotations

from govportal.base import clock
from govportal.content import publication, publish
from govportal.content.model import Secrecy
from tests.conftest import ITEM

NEWS = {"channel": "tongzhi", "title": "停水通知", "published_at": "2026-01-05 09:00", "body": "明天停水。"}
VALUES = {"ImplementationItem": ITEM, "NewsArticle": NEWS, "DirectoryItem": {"name": "死亡登记", "type": "行政确认", "legal_basis": [{"law": "户口登记条例"}]}}
SECRECY = Secrecy("保密员甲", "2026-01-04")
C2 = {"openness": "主动公开", "secrecy": SECRECY}


class Person:
    """An account with plain roles, everywhere or within one organisation or below one path."""

    def __init__(self, who: str, *roles: str, org: str = "", path: str = "", absent: str = "") -> None:
        self.id, self.name, self.roles, self.org, self.path, self.absent = who, who.upper(), roles or (who,), org, path, absent

    def holds(self, role, scope):
        below = not self.path or scope.path == self.path or scope.path.startswith(self.path + "/")
        return role in self.roles and (not self.org or scope.org == self.org) and below

    def behalf(self, role, scope):
        return self.absent


EDITOR, REVIEWER, LEGALITY, SIGNER = (Person(role + "-0", role) for role in ("editor", "reviewer", "legality", "signer"))
DIRECTORY, SITE, OTHER_SITE = Person("directory-0", "directory"), Person("site-0", "site"), Person("site-1", "site")


def act(document, action, actor, **inputs):
    publication.act(document, action, actor, **inputs)


def bring(document, stage, *, writer=EDITOR):
    """Take the draft from its beginning to a stage of the review."""
    steps = {"drafting": (), "review": ("submit",), "returned": ("submit", "return"), "legality": ("submit", "approve"),
             "signoff": ("submit", "approve", "clear"), "signed": ("submit", "approve", "clear", "sign")}[stage]
    people = {"submit": writer, "return": REVIEWER, "approve": REVIEWER, "clear": LEGALITY, "sign": SIGNER}
    for step in steps:
        if step != "clear" or document.kind in ("ImplementationItem", "HandlingItem", "DirectoryItem"):
            act(document, step, people[step], **(C2 if step == "submit" else {"note": "请补样表"} if step == "return" else {}))
    return document


def released(document, values=None, *, writer=EDITOR):
    """Save, review and publish new values."""
    publication.save(document, values or VALUES[document.kind], writer, base=None)
    bring(document, "signed", writer=writer)
    act(document, "publish", writer)
    return document


def article(site, name="n", values=None, *, public=True):
    """A news article, public or as a first draft of the editor."""
    if not public:
        return publication.begin(site.at("news/tongzhi"), name, "NewsArticle", values or NEWS, EDITOR)
    document = publish.create(site.at("news/tongzhi"), name, "NewsArticle", actor="import")
    publish.put(document, values or NEWS, actor="import")
    return document


def later(**delta):
    """Within this block the time is so much later."""
    from datetime import timedelta
    moment = clock.now() + timedelta(**delta)
    return clock.override(lambda: moment)
