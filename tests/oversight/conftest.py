"""A small site on which everything is in order, as it stood on a day in November 2026."""
import shutil
from datetime import datetime

import pytest

from govportal.base import clock
from govportal.base.storage import open_database
from govportal.content import live, publish
from govportal.content.columns import ColumnStore
from govportal.content.site import open_site
from govportal.oversight import quality
from govportal.oversight.store import open_oversight
from tests.conftest import ITEM, Small

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=clock.SHANGHAI)      # a Wednesday
BODY = [{"p": "正文"}]


def article(channel: str, day: str, **more):
    return {"channel": channel, "title": f"{channel} {day}", "published_at": f"{day} 09:00", "source_name": "示例市公安局", "body": BODY, **more}


def fill_green(site) -> None:
    shared = site["shared"]
    for parent, name, kind, values in (
            (shared["laws"], "hkdj", "Law", {"title": "户口登记条例", "status": "有效", "articles": [{"no": "第七条", "text": "婴儿出生后一个月以内"}]}),
            (shared["places"], "hall", "Place", {"name": "大厅", "org": "gongan", "hours": [{"days": "周一至周五", "open": "9:00—17:00"}]}),
            (site["news"], "tongzhi", "Channel", {"name": "通知公告", "column_type": "政策文件"}),
            (site["news"], "dongtai", "Channel", {"name": "政务动态", "column_type": "政务动态"}),
            (site["news"], "zhengce", "Channel", {"name": "政策文件", "column_type": "政策文件"})):
        document = parent.get(name) or publish.create(parent, name, kind, actor="test")
        publish.put(document, values, actor="test")
    one = site["items"]["one"]["one"]
    publish.put(one, {**ITEM, "service_objects": ["自然人", "企业法人"], "legal_topics": ["设立变更"],
                      "steps": [{"name": name, "days": 0} for name in ("申请", "受理", "办结")]}, actor="test")
    for channel, name, values in (("dongtai", "a", article("dongtai", "2026-11-24")), ("tongzhi", "a", article("tongzhi", "2026-11-20")),
                                  ("zhengce", "doc", article("zhengce", "2026-11-23", header={"issuer": "示例市公安局", "doc_number": "示公〔2026〕1号"})),
                                  ("zhengce", "told", article("zhengce", "2026-11-24"))):
        publish.put(publish.create(site["news"][channel], name, "NewsArticle", actor="test"), values, actor="test")
    doc, told = site["news"]["zhengce"]["doc"], site["news"]["zhengce"]["told"]
    publish.put(doc, {**doc.live.values, "interpretations": [told.uid], "body": BODY}, actor="test")
    publish.put(told, {**told.live.values, "interpretation_of": [doc.uid], "body": BODY, "related": ["one"]}, actor="test")
    publish.put(publish.create(site["questions"], "q1", "Question", actor="test"),
                {"topic": "户籍办理", "title": "怎么给孩子上户口？", "question": BODY, "answer": [{"p": "看 /items/one/one 。"}], "org": "gongan",
                 "asked_on": "2026-11-19", "answered_on": "2026-11-20"}, actor="test")


class Green(Small):
    """``small`` with everything in order, and what the tests of oversight do with it."""

    def __init__(self, var, template) -> None:
        shutil.copytree(template, var, dirs_exist_ok=True)
        self.var, self.db = var, open_database(str(var / "data.fs"))

    def read(self, work):
        """``work(site, columns, oversight)`` in a connection of its own."""
        with self.db.transaction() as connection:
            site = open_site(connection)
            return work(site, ColumnStore().get(site), open_oversight(connection))

    def write(self, work):
        """``work(site, oversight)`` in a transaction."""
        with self.db.transaction() as connection:
            return work(open_site(connection), open_oversight(connection))

    def put(self, path, **change):
        """New live values of the document at ``path``, past the publish rules (as content that came in before a rule did)."""
        def work(site):
            document = site.at(path)
            values = publish.clean(document.kind, {**document.live.values, **change})
            publish._draft(document, values, "test", "", clock.now())
            document.draft.starts, edition = clock.now(), document.draft
            document.draft = None
            live.go_live(document, edition, "test", clock.now())
        self.change(work)

    def run(self):
        return quality.run(self.db)

    def checks(self, path, **change) -> set[str]:
        """Ids of what is wrong with the document at ``path`` with these values changed."""
        return {finding.check for finding in self.findings(path, **change)}

    def findings(self, path, **change):
        def work(site, columns, oversight):
            document = site.at(path)
            values = publish.clean(document.kind, {**document.live.values, **change})
            return quality.check_document(site, document, columns, values=values)
        return self.read(work)


@pytest.fixture
def at_now():
    with clock.override(lambda: NOW):
        yield NOW


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """The data folder that every ``green`` is a copy of."""
    var = tmp_path_factory.mktemp("green")
    with clock.override(lambda: NOW):
        made = Small(var)
        made.change(fill_green)
    made.db.close()
    for path in var.glob("*.lock"):
        path.unlink()
    return var


@pytest.fixture
def green(tmp_path, at_now, template):
    made = Green(tmp_path, template)
    yield made
    made.db.close()
