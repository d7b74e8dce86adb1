"""Shared fixtures: the whole demo site once a session, a small site a test, the app over either."""
from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import transaction
from webtest import TestApp

from govportal import main
from govportal.base.storage import META, SCHEMA_GENERATION, open_database
from govportal.content import publish
from govportal.content.site import make_site, open_site
from govportal.editorial.store import make_editorial
from govportal.oversight.store import make_oversight
from govportal.people.store import make_people
from govportal.search.overlay import make_overlay
from govportal.seed import fill
from govportal.settings import Settings
from govportal.worker import catch_up


def missing(what: str) -> None:
    """Skip loudly, or fail where everything must be there (CI)."""
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is needed (REQUIRE_ALL=1)")
    pytest.skip(f"SKIPPED: {what} is missing on this machine")


@pytest.fixture(scope="session")
def demo_var(tmp_path_factory) -> Path:
    """A data folder with the whole demo site."""
    var = tmp_path_factory.mktemp("demo")
    db = open_database(str(var / "data.fs"))
    fill(db, search=var / "search", var=var)
    db.close()
    return var


@pytest.fixture(scope="session")
def demo_db(demo_var):
    db = open_database(str(demo_var / "data.fs"))
    yield db
    db.close()


@pytest.fixture(scope="session")
def app(demo_db, demo_var) -> TestApp:
    return TestApp(main({"govportal.db": demo_db}, settings=Settings(var=demo_var, worker=False)))


@pytest.fixture
def site(demo_db):
    """The demo site, read only by convention."""
    manager = transaction.TransactionManager()
    connection = demo_db.open(manager)
    yield open_site(connection)
    manager.abort()
    connection.close()


class Small:
    """A small site over a FileStorage: one organisation, one place, one item of each kind."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.db = open_database(str(var / "data.fs"))
        with self.db.transaction() as connection:
            site = make_site(connection)
            make_people(connection)
            make_editorial(connection)
            make_oversight(connection)
            make_overlay(connection)
            connection.root()[META] = {"generation": SCHEMA_GENERATION, "complete": True}
            fill_small(site)
        catch_up(self.db)

    def change(self, work):
        """Run ``work(site)`` in a transaction of its own, then let the worker catch up."""
        with self.db.transaction() as connection:
            result = work(open_site(connection))
        catch_up(self.db)
        return result

    def app(self, **settings) -> TestApp:
        return TestApp(main({"govportal.db": self.db}, settings=Settings(**{"var": self.var, "worker": False, **settings})))


ITEM = {
    "code": "", "org": "gongan", "region": "990100", "level": "市级", "service_objects": ["自然人"], "person_topics": ["户籍办理"], "legal_topics": [],
    "handled_as": "承诺件", "legal_limit": {"days": 20, "unit": "工作日"}, "promise_limit": {"days": 5, "unit": "工作日"}, "conditions": ["本人办理。"],
    "review_standard": "材料真实", "materials": [{"key": "id", "name": "居民身份证", "source": "政府部门核发", "issuer": "公安机关", "originals": 1,
                                             "basis": {"law": "户口登记条例"}, "sample_none": "交验原件"},
                                            {"key": "form", "name": "《申请表》", "kind": "申请表格文书", "source": "申请人自备", "originals": 1,
                                             "basis": {"law": "户口登记条例"}, "sample": {"fields": [["姓名", "张××"]]}}],
    "steps": [{"name": "申请", "days": 0}, {"name": "受理", "days": 0}, {"name": "办结", "days": 5}], "fee": {"charged": False, "online_payment": False},
    "result": {"name": "证明", "kind": "出凭证", "sample": {"lines": ["姓名 张××"]}}, "channels": ["窗口办理"], "on_site_visits": 1, "on_site_reason": "核对身份",
    "scope": {"areas": "全市通办"}, "places": ["hall"], "consult_phone": "000-1", "supervise_phone": "000-2", "plain_names": ["上户口"], "hot": 1}


def fill_small(site) -> None:
    shared = site["shared"]
    for parent, name, kind, values in (
            (shared["organisations"], "gongan", "Organisation", {"name": "示例市公安局", "short": "公安局"}),
            (shared["places"], "hall", "Place", {"name": "大厅", "org": "gongan"}),
            (site["items"], "one", "DirectoryItem", {"name": "出生登记", "type": "行政确认", "legal_basis": [{"law": "户口登记条例", "article": "第七条"}]}),
            (site["news"], "tongzhi", "Channel", {"name": "通知公告"})):
        publish.put(publish.create(parent, name, kind, actor="test"), values, actor="test")
    item = publish.create(site["items"]["one"], "one", "ImplementationItem", actor="test")
    publish.put(item, ITEM, actor="test")
    publish.put(publish.create(item, "guide", "Guide", actor="test"), {"summary": "给孩子上户口", "faq": [{"q": "多久？", "a": "当场"}]}, actor="test")
    publish.put(publish.create(item, "late", "HandlingItem", actor="test"),
                {"name": "补登记", "hint": "过了一个月", "use_materials": ["id"], "promise_limit": {"days": 3}, "changes": ["promise_limit"]}, actor="test")


@pytest.fixture
def small(tmp_path):
    made = Small(tmp_path)
    yield made
    made.db.close()


# -- a real browser and the page checkers: one of each a session, whoever asks --------------------------------------------
MODULES = Path(os.environ.get("GOVPORTAL_NODE_MODULES") or Path(__file__).parent / "browser" / "node_modules")


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium")
    from playwright.sync_api import sync_playwright
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe_source():
    path = MODULES / "axe-core" / "axe.min.js"
    if not path.is_file():
        missing("axe-core (npm install in tests/browser)")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def vnu():
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    if not jar.is_file() or shutil.which("java") is None:
        missing("the Nu HTML checker (vnu-jar and java)")
    return jar
