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
           "/lifeevents/none", "/;a=b", "/%00", "/search?q=%00%01", "/search?kind=zzz&q=a&page=abc", "/items/id-card/id-card/qr.svg?case=" + "%E6%83%85" * 190, "/items/id-card/id-card/qr.svg?case=" + "%F0%A0%AE%B7" * 190,
           "/items/id-card/id-card/qr.svg?case=none", "/items/id-card/id-card/qr.svg?case=lost&at=%ff", "/items/id-card/id-card/print?at=9999-12-31", "/items/id-card/id-card/history?at=0001-01-01",
           "/items/id-card/id-card/form?m=form&at=9999-12-31%2023:59:59", "/items/id-card/id-card/lost/print", "/items/id-card/id-card/lost/history?case=%00", "/services//", "/rate//", "//rate/",
           "/services/?w=%ff", "/static/x/look.css/", "/.git/config", "/desk", "/services?" + "&".join(f"a{n}=1" for n in range(2000))]


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
    assert answer.status_int == 303 and answer.headers["Location"].endswith("/items/one/one?case=late")
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


@pytest.mark.parametrize("path", ["/services?for=person&person=%E6%88%B7%E7%B1%8D%E5%8A%9E%E7%90%86&w=%E8%BA%AB%E4%BB%BD&sort=name&page=2", "/questions/?topic=%E6%88%B7%E7%B1%8D%E5%8A%9E%E7%90%86",
                                  "/search?q=%E8%BA%AB%E4%BB%BD%E8%AF%81&kind=item", "/items/id-card/id-card?case=lost", "/items/id-card/id-card/form?m=form&kind=sample"])
def test_a_change_of_display_keeps_the_whole_address(app, path):
    for number in (-1, 0):   # the button in the header, and the one at the foot
        form = [form for form in app.get(path).forms.values() if form.action.startswith("/display/")][number]
        answer = form.submit()
        assert Request.blank(answer.headers["Location"]).GET == Request.blank(path).GET and answer.headers["Location"].startswith("http://localhost" + path.split("?")[0])
        app.reset()


def test_the_way_back_holds_only_what_the_page_cache_knows(app):
    for query in ("utm=evil", "w=1&utm=2", "w=%0d%0aSet-Cookie:x", "w=" + "%E7%94%B2" * 200):
        text = app.get("/services?" + query).text
        assert "utm" not in text and 'name="back" value="/services' in text
    assert 'name="back" value="/' in app.get("/services?w=%ff", status=400).text


BODIES = [("multipart/form-data", b"x"), ("multipart/form-data; boundary=", b"x"), ("multipart/form-data; boundary=a", b"--a\r\nbroken"),
          ("application/x-www-form-urlencoded; charset=nope", b"back=/services&region=990102"), ("application/x-www-form-urlencoded", b"back=%ff%fe&region=%ff"),
          ("multipart/form-data; charset=nope; boundary=a", b'--a\r\nContent-Disposition: form-data; name="back"\r\n\r\n/services\r\n--a--\r\n'),
          ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="back"; filename="x"\r\nContent-Type: text/plain\r\n\r\n/services\r\n--a--\r\n'),
          ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="region"; filename="x"\r\n\r\n990102\r\n--a--\r\n'),
          ("multipart/form-data; boundary=" + "b" * 5000, b"--b"), ("application/json", b'{"back": "/services"}'), ("", b"\xff\x00"), ("text/plain; charset=utf-7", b"back=+AC8-")]


@pytest.mark.parametrize("address", ["/region/set", "/display/elder", "/display/contrast", "/display/none"])
@pytest.mark.parametrize(("kind", "body"), BODIES, ids=lambda value: repr(value)[:40])
def test_a_form_that_cannot_be_read_leads_home(app, address, kind, body):
    request = Request.blank(address, method="POST", body=body)
    request.environ["CONTENT_TYPE"] = kind
    answer = request.get_response(app.app)
    assert answer.status_int == 303 and answer.location in ("http://localhost/", "/")


def test_a_content_type_does_not_break_reading(app):
    for path in ("/services?w=a", "/search?q=a", "/items/id-card/id-card?case=lost", "/region"):
        for kind in ("text/html; charset=nope", "multipart/form-data", "\xff"):
            request = Request.blank(path)
            request.environ["CONTENT_TYPE"] = kind
            assert request.get_response(app.app).status_int == 200


@pytest.mark.parametrize("host", ["x" * 3000, "x" * 254, "a b", "<b>", "a/b", "a@b", "甲".encode().decode("latin-1"), "a:port", ""])
def test_a_host_that_is_none_gets_the_page_of_a_bad_address(app, host):
    for path in ("/", "/items/id-card/id-card/qr.svg", "/sitemap.xml"):
        request = Request.blank(path)
        request.environ["HTTP_HOST"] = host
        answer = request.get_response(app.app)
        assert answer.status_int == 400 and "这个地址写得不对" in answer.text
    assert app.get("/", extra_environ={"HTTP_HOST": "[::1]:6543"}).status_int == 200


def test_a_former_path_keeps_what_follows_it(small):
    small.change(lambda site: publish.move(site.at("items/one"), site["items"], "birth", actor="a"))
    app = small.app()
    assert app.get("/items/one/one/print?case=late&x=%E7%94%B2", status=301).location == "http://localhost/items/birth/one/print?case=late&x=%E7%94%B2"
    assert app.get("/items/one/one/%E6%89%93%E5%8D%B0", status=301).location == "http://localhost/items/birth/one/%E6%89%93%E5%8D%B0"
    assert app.get("/items/one/one/a%0d%0ab", status=301).location == "http://localhost/items/birth/one/a%0D%0Ab"
    request = Request.blank("/items/one/one")
    request.environ["QUERY_STRING"] = "case=\xe7\x94\xb2 \r\nX: y"
    assert request.get_response(app.app).headers["Location"] == "http://localhost/items/birth/one?case=%E7%94%B2%20%0D%0AX:%20y"


def test_a_slash_too_many_leads_to_the_address_without_it(app):
    for path in ("/services/", "/rate/", "/mine/", "/search/", "/sitemap/", "/services/topics/"):
        assert app.get(path + "?w=%E7%94%B2", status=301).location == f"http://localhost{path[:-1]}?w=%E7%94%B2"
    app.get("/nothing/", status=404)


@pytest.mark.parametrize("path", ["/", "/services", "/items/id-card/id-card", "/items/id-card/id-card/print", "/news/", "/news/tongzhi", "/questions/", "/rate", "/search"])
def test_a_post_to_a_page_gets_the_page_of_405(app, path):
    answer = app.post(path, {"a": "b"}, status=405)
    assert "这个操作不能这样进行" in answer.text and answer.headers["Allow"] == "GET, HEAD"
    app.post("/nothing", {"a": "b"}, status=404)
    app.post("/items", {"a": "b"}, status=404)


def test_a_page_of_a_list_is_its_own_canonical_address(app):
    for path, wanted in (("/questions/?page=2", "/questions/?page=2"), ("/questions/", "/questions/"), ("/questions/?page=1", "/questions/"), ("/questions/?page=2&utm=1", "/questions/?page=2"),
                         ("/news/zhengce?page=2", "/news/zhengce?page=2"), ("/news/zhengce", "/news/zhengce")):
        assert f'<link rel="canonical" href="http://localhost{wanted}">' in app.get(path).text, path


def test_the_public_line_can_be_dialled_from_the_entries(app):
    for path in ("/rate", "/mine"):
        text = app.get(path).text
        main = text[text.index("<main"):text.index("</main>")]
        assert '<a href="tel:12345">12345</a>' in main and not re.search(r"(?<![:>])12345", main)


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
