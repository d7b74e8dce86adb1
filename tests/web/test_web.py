"""Headers, errors, hostile input, page cache, modes, settings, health: what every page shares."""
import os
import re
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from webob import Request
from webtest import TestApp

from govportal import main
from govportal.content import publish
from govportal.settings import Settings, SettingsError, read_settings
from govportal.web import health
from govportal.worker import Worker

HOSTILE = ["/%ff", "/%c0%ae%c0%ae/", "/services?w=%ff", "/services?page=-1", "/services?page=99999999999999999999", "/services?person=%00", "/services?org=../../etc/passwd",
           "/services?region=%27%20or%201=1", "/search?q=" + "%E7%94%B2" * 1100, "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "/search?q=%F0%A0%AE%B7", "/items/..%2f..%2fetc", "/items//",
           "/items/id-card/id-card?case=%3Cb%3E", "/items/id-card/id-card?at=yesterday", "/items/id-card/id-card?at=9999-99-99", "/items/id-card/id-card/form", "/items/id-card/id-card/form?m=%ff",
           "/items/id-card/_children", "/items/id-card/__parent__", "/documents", "/journal", "/audit/", "/shared", "/shared/organisations", "/static/x/../../etc/passwd", "/static/x/%2e%2e/%2e%2e/setup.cfg",
           "/sitemap-9999.xml", "/sitemap-0.xml", "/news/zhengce/none", "/questions/none/none", "/a" * 5000, "/" + "x" * 10_000, "/?for=%E7%94%B2", "/questions/?topic=%3C", "/items/id-card/id-card/qr.svg?case=" + "x" * 9000,
           "/lifeevents/none", "/;a=b", "/%00", "/search?q=%00%01", "/search?kind=zzz&q=a&page=abc", "/.git/config", "/desk", "/services?" + "&".join(f"a{n}=1" for n in range(2000))]


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path[:40])
def test_hostile_addresses_get_a_clear_answer(app, path):
    answer = app.get(path, expect_errors=True)
    assert answer.status_int < 500, path
    assert "Traceback" not in answer.text and "<script>alert" not in answer.text
    if answer.status_int >= 400:
        assert "12345" in answer.text and 'action="/search"' in answer.text


def test_random_bytes_never_break_a_page(app):
    import random
    source = random.Random(7)
    for _ in range(300):
        path = "/" + source.choice(["", "services?w=", "search?q=", "items/", "news/", "questions/?topic=", "items/id-card/id-card?at="])
        path += "".join(f"%{source.randrange(256):02x}" for _ in range(source.randrange(1, 12)))
        assert app.get(path, expect_errors=True).status_int < 500, path


@pytest.mark.parametrize("path", ["/", "/services", "/items/id-card/id-card", "/nothing", "/healthz", "/static/x/look.css"])
def test_security_headers(app, path):
    headers = app.get(path, expect_errors=True).headers
    assert "unsafe-inline" not in headers["Content-Security-Policy"] and "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["X-Frame-Options"] == "DENY" and headers["Referrer-Policy"] and "Server" not in headers
    assert "Set-Cookie" not in headers


def test_pages_keep_the_strict_policy(app):
    for path in ("/", "/services", "/items/id-card/id-card", "/items/id-card/id-card/print", "/news/", "/questions/"):
        text = app.get(path).text
        assert " style=" not in text and not re.search(r"\son[a-z]+=", text) and "javascript:" not in text
        assert not re.search(r"<script(?![^>]*(src=|application/ld\+json))", text)
        hosts = set(re.findall(r'(?:src|href)="(https?://[^/"]+)', text))
        assert hosts <= {"http://localhost", "https://beian.miit.gov.cn", "https://beian.mps.gov.cn"}


def test_an_unchanged_page_is_a_304_and_head_has_no_body(app):
    first = app.get("/services")
    assert app.get("/services", headers={"If-None-Match": first.headers["ETag"]}).status_int == 304
    assert app.head("/services").body == b"" and first.headers["Vary"] == "Accept-Encoding, Cookie"
    packed = Request.blank("/services", headers={"Accept-Encoding": "gzip"}).get_response(app.app)   # WebTest unpacks by itself
    assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["ETag"] != first.headers["ETag"] and len(packed.body) < len(first.body)


def test_a_publication_is_seen_by_the_next_request(small):
    app = small.app()
    assert "给孩子上户口" in app.get("/items/one/one").text
    small.change(lambda site: publish.put(site.at("items/one/one/guide"), {"summary": "改过的说明"}, actor="a"))
    assert "改过的说明" in app.get("/items/one/one").text


COMBINATIONS = [{}, {"elder": "1"}, {"contrast": "1"}, {"elder": "1", "contrast": "1"}, {"region": "990102"}, {"region": "990121", "elder": "1"}, {"region": "hacked"}, {"elder": "yes"}]
PUBLIC = ["/", "/?for=legal", "/services", "/services?for=person", "/items/id-card/id-card", "/items/id-card/id-card?case=lost", "/news/", "/questions/", "/pages/about", "/search?q=%E8%BA%AB%E4%BB%BD%E8%AF%81"]


@pytest.mark.parametrize("path", PUBLIC)
def test_nobody_gets_anothers_page(app, demo_db, demo_var, path):
    """Two regions, all modes, two hosts: the cached answer equals the answer without a cache, in every order."""
    bare = TestApp(main({"govportal.db": demo_db}, settings=Settings(var=demo_var, page_cache_mb=0)))
    for host in ("localhost:80", "other.example:80"):
        for cookies in COMBINATIONS + COMBINATIONS[::-1]:
            header = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())} if cookies else {}
            assert app.get(path, headers=header, extra_environ={"HTTP_HOST": host}).text == bare.get(path, headers=header, extra_environ={"HTTP_HOST": host}).text


def test_unknown_parameters_do_not_multiply_pages(app, demo_db):
    cache = app.app.registry.page_cache
    app.get("/services")
    before = cache.hits
    for number in range(20):
        app.get(f"/services?utm={number}")
    assert cache.hits == before + 20


def test_display_modes_are_remembered_without_script(small):
    app = small.app()
    page = app.get("/items/one/one?case=late")
    answer = page.forms[1].submit()
    assert answer.status_int == 303 and answer.headers["Location"].endswith("/items/one/one")
    assert '<html lang="zh-CN" class="elder">' in app.get("/items/one/one").text and "返回标准版" in app.get("/").text
    app.post("/display/contrast", {"back": "/"})
    assert 'class="contrast elder"' in app.get("/").text
    app.post("/display/elder", {"back": "/"})
    assert 'class="contrast"' in app.get("/").text
    app.post("/region/set", {"region": "990102", "back": "/"})
    assert "城中区" in app.get("/").text


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example/", "/\\evil", "javascript:alert(1)", "/a\r\nSet-Cookie: x=1", "", "中文"])
def test_display_post_never_leads_away(small, back):
    answer = small.app().post("/display/elder", {"back": back})
    assert answer.headers["Location"] in ("http://localhost/", "http://localhost/a") or answer.headers["Location"].startswith("http://localhost/")
    assert len(answer.headers.getall("Set-Cookie")) == 1


def test_get_does_not_switch_modes(small):
    small.app().get("/display/elder", status=404)


def test_maintenance_and_read_only_switch(small):
    app = small.app()
    (small.var / "switch").write_text("maintenance\n")
    answer = app.get("/", status=503)
    assert "维护" in answer.text and answer.headers["Retry-After"] and app.get("/healthz").status_int == 200 and app.get("/static/x/look.css").status_int == 200
    (small.var / "switch").write_text("readonly\n")
    assert app.get("/").status_int == 200
    app.post("/nothing", status=503)
    (small.var / "switch").unlink()
    assert app.get("/").status_int == 200


def test_a_dead_database_is_a_503_page_and_not_ready(small):
    app = small.app(page_cache_mb=0)
    app.get("/")
    small.db.close()
    answer = app.get("/items/one/one", expect_errors=True)
    assert answer.status_int in (500, 503) and "12345" in answer.text and "Traceback" not in answer.text
    assert app.get("/healthz").status_int == 200
    assert app.get("/readyz", expect_errors=True).status_int == 503


def test_health_and_metrics(app):
    assert app.get("/healthz").text == "ok\n" and "database: ok" in app.get("/readyz").text
    text = app.get("/metrics").text
    assert "govportal_requests_total" in text and "govportal_journal_pending" in text


def test_a_silent_worker_makes_the_process_not_ready(small, monkeypatch):
    """503 where this installation runs a worker that is silent after the grace; 200 with a word where it runs none."""
    beat = small.var / "worker.heartbeat"
    beat.unlink(missing_ok=True)
    assert "worker: off" in small.app().get("/readyz").text
    app = small.app(worker=True)
    assert "worker: starting" in app.get("/readyz").text
    monkeypatch.setattr(health, "GRACE", 0.0)
    assert "worker: silent" in app.get("/readyz", status=503).text
    Worker(small.db, small.var / "heads", beat).step()
    assert "worker: ok" in app.get("/readyz").text
    os.utime(beat, (time.time() - 31, time.time() - 31))
    assert "worker: silent" in app.get("/readyz", status=503).text and app.get("/healthz").status_int == 200 and "worker: off" in small.app().get("/readyz").text


COUNTING = """
import sys
from govportal.web.health import Metrics
metrics = Metrics()
for status in map(int, sys.argv[1:]):
    metrics.seen(status, 0.002)
metrics.cache(len(sys.argv) - 1, 100)
metrics.outbox.set(7)
print(metrics.text().decode())
"""


def test_counters_of_several_processes_are_added_up(tmp_path):
    for statuses in (["200", "200", "404"], ["200"], []):
        run = subprocess.run([sys.executable, "-W", "ignore", "-c", COUNTING, *statuses], capture_output=True, text=True, check=True, env={**os.environ, health.SHARED: str(tmp_path)})
    assert 'govportal_requests_total{status="200"} 3.0' in run.stdout and 'govportal_requests_total{status="404"} 1.0' in run.stdout
    assert "govportal_request_seconds_count 4.0" in run.stdout and "govportal_page_cache_hits 4.0" in run.stdout and "govportal_page_cache_bytes 300.0" in run.stdout
    assert "govportal_outbox_waiting 7.0" in run.stdout


@pytest.mark.parametrize(("section", "word"), [({"govportal.nope": "1"}, "不认识的设置"), ({"govportal.port": "abc"}, "应为数字"), ({"govportal.port": "99999"}, "之间"),
                                               ({"govportal.var": "/no/such/folder"}, "不存在"), ({"govportal.storage": "mysql://"}, "zconfig"), ({"govportal.https": "maybe"}, "true 或 false"), ({"govportal.log_format": "xml"}, "json 或 text"),
                                               ({"govportal.worker_interval": "-1"}, "之间"), ({"govportal.worker_interval": "nan"}, "之间"), ({"govportal.theme": "nope"}, "没有主题.*default"),
                                               *(({"govportal.site_url": url}, "https://www.example.gov.cn") for url in ("foo", "www.a.cn", "ftp://a.cn", "https://", "https://a.cn/x", "https://u@a.cn", "https://-a.cn"))])
def test_wrong_settings_end_with_one_line(section, word, tmp_path):
    with pytest.raises(SettingsError, match=word) as caught:
        read_settings({"govportal.var": str(tmp_path), **section}, {})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["", "https://www.example.gov.cn", "http://10.0.0.1:8080/", "http://[::1]:80"])
def test_site_addresses(url, tmp_path):
    assert read_settings({"govportal.var": str(tmp_path), "govportal.site_url": url}, {}).site_url == url


def test_the_environment_wins(tmp_path):
    assert read_settings({"govportal.port": "1"}, {"GOVPORTAL_PORT": "7000", "GOVPORTAL_VAR": str(tmp_path)}).port == 7000
    with pytest.raises(SettingsError, match="theme|主题|不认识"):
        read_settings({}, {"GOVPORTAL_THEMES": "x", "GOVPORTAL_VAR": str(tmp_path)})
    with pytest.raises(LookupError, match="没有主题"):
        main({"govportal.db": None}, settings=replace(Settings(var=tmp_path), theme="nope"))


def test_another_theme_holds_only_what_it_overrides(small, monkeypatch, tmp_path):
    import shutil

    from govportal.shipped import shipped
    from govportal.web import theme
    themes = tmp_path / "themes"
    shutil.copytree(shipped("themes") / "default", themes / "default")
    (themes / "city" / "templates" / "errors").mkdir(parents=True)
    (themes / "city" / "templates" / "sitemap.pt").write_text('<tal:p metal:use-macro="load: layout.pt"><tal:m metal:fill-slot="main"><h1>本市地图</h1></tal:m></tal:p>', encoding="utf-8")
    monkeypatch.setattr(theme, "shipped", lambda name: themes)
    app = small.app(theme="city")
    assert "本市地图" in app.get("/sitemap").text and "您想办什么事" in app.get("/").text
