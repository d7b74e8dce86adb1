"""Signing in at the desk: K5–K8 as pages, what a session and a token are worth, what becomes of a post whose session ended."""
from __future__ import annotations

from datetime import timedelta

import pytest

from govportal.base import clock

from .conftest import PASSWORD


def test_two_factors_open_the_desk_and_signing_out_closes_it(desk):
    ed = desk.stranger("edit.a")
    assert ed.get("/desk", status=303).location.endswith("/desk/signin?next=/desk")
    assert ed.sign_in().location.endswith("/desk")
    home = ed.get("/desk")
    assert "我的待办" in home and "示例edit.a" in home and home.headers["Cache-Control"] == "no-store"
    cookie = ed.app.cookies["desk"]
    home.forms[0].submit(status=303)
    ed.get("/desk", status=303)
    ed.app.set_cookie("desk", cookie.strip('"'))          # a copy of the cookie is worthless
    ed.get("/desk", status=303)


@pytest.mark.parametrize("password, code", [("wrong-Pass-1", None), (PASSWORD, "000000"), (PASSWORD, "")])
def test_a_wrong_factor_is_refused_in_the_same_words(desk, password, code):
    page = desk.stranger("edit.a").sign_in(password=password, code=code, status=403)
    assert "用户名、密码或动态码不对" in page and page.forms[0]["username"].value == "edit.a" and not page.forms[0]["password"].value


def test_five_failures_lock_the_name_also_for_the_right_password(desk):
    ed = desk.stranger("edit.a")
    for _ in range(5):
        ed.sign_in(password="wrong-Pass-1", status=403)
    assert "锁定" in ed.sign_in(status=403)
    with clock.override(lambda at=clock.now() + timedelta(minutes=31): at):
        ed.sign_in()


def test_a_code_works_once(desk):
    code = desk.code("edit.a")
    desk.stranger("edit.a").sign_in(code=code)
    desk.stranger("edit.a").sign_in(code=code, status=403)


def test_idle_for_fifteen_minutes_ends_and_activity_renews(desk):
    ed, began = desk.person("edit.a"), clock.now()
    for minutes in (10, 20, 30):
        with clock.override(lambda at=began + timedelta(minutes=minutes): at):
            ed.get("/desk")
    with clock.override(lambda at=began + timedelta(minutes=46): at):
        ed.get("/desk", status=303)


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "eyJzaWQiOiAieCJ9.AAAA", "é" * 40])
def test_a_forged_cookie_is_nobody(desk, cookie):
    ed = desk.stranger("edit.a")
    ed.app.set_cookie("desk", cookie.encode("ascii", "ignore").decode())
    ed.get("/desk", status=303)


def test_forms_without_token_or_with_another_persons_are_refused(desk):
    ed, rev = desk.person("edit.a"), desk.person("rev.a")
    for token in ("", "0" * 64, rev.token()):
        page = ed.app.post("/desk/account", {"csrf": token, "do": "end-others"}, status=403)
        assert "没有提交成功" in page or "请再确认一次" in page
    page = ed.app.post("/desk/account", {"csrf": ed.token(), "do": "end-others"}, headers={"Origin": "http://evil.example"}, status=403)
    assert "没有提交成功" in page or "请再确认一次" in page
    page = ed.app.post("/desk/account", {"csrf": ed.token(), "do": "end-others"}, headers={"Sec-Fetch-Site": "cross-site"}, status=403)
    assert "没有提交成功" in page
    assert ed.app.post("/desk/account", {"csrf": ed.token(), "do": "end-others"}, status=303)


def test_what_was_typed_survives_an_expired_session(desk):
    ed = desk.person("edit.a")
    token = ed.token()
    with clock.override(lambda at=clock.now() + timedelta(hours=2): at):
        page = ed.app.post("/desk/views", [("csrf", token), ("do", "save"), ("view", "<b>我的</b>"), ("kind", "Guide"), ("kind", "Page"), ("password", "secret")], status=403)
        assert "您刚才填的内容还在" in page and "secret" not in page
        form = page.forms[0]
        form["username"], form["password"], form["code"] = "edit.a", PASSWORD, desk.code("edit.a")
        page = form.submit()
        kept = page.forms[0]
        assert kept.action == "/desk/views" and [field.value for field in kept.fields["kind"]] == ["Guide", "Page"] and kept["view"].value == "<b>我的</b>"
        assert "<b>我的" not in page.text
        kept.submit(status=303)          # carried out like any post, and checked like it
        assert "&lt;b&gt;我的" in ed.get("/desk/content").text


@pytest.mark.parametrize("path, headers", [("/desk/staff", {}), ("/desk/account", {}), ("/desk/views", {"Origin": "https://evil.example"}),
                                           ("/desk/views", {"Sec-Fetch-Site": "cross-site"})])
def test_posts_about_accounts_or_from_elsewhere_are_not_kept(desk, path, headers):
    page = desk.stranger().app.post(path, [("csrf", "0" * 64), ("do", "grant"), ("role", "site")], headers=headers, status=403)
    assert "您刚才填的内容还在" not in page and "grant" not in page


def test_heavy_posts_are_refused_before_they_are_read(desk):
    for path, body in (("/desk/signin", b"a=&" * 30_000), ("/display/elder", b"a=" + b"x" * 70_000), ("/desk/signin", b"a=" + b"x" * (5 << 20))):
        assert "提交的内容太长" in desk.stranger().app.post(path, body, status=413)


@pytest.mark.parametrize("kept", ["[]", "{", '["https://evil.example/desk", []]', '["/desk/../x", [["a", "b"]]]', '["/desk/signout", [["a","b"]]]', '[1, 2]', '["//desk/x", []]'])
def test_forged_kept_posts_lead_nowhere(desk, kept):
    ed = desk.stranger("edit.a")
    page = ed.get("/desk/signin")
    form = page.forms[0]
    answer = ed.app.post("/desk/signin", {"csrf": form["csrf"].value, "next": "/desk", "kept": kept, "username": "edit.a", "password": PASSWORD, "code": desk.code("edit.a")})
    assert answer.status_int == 303 and answer.location == "http://localhost/desk"


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil", "/mine", "/deskx", "/desk/signout"])
def test_next_stays_at_the_desk(desk, target):
    ed = desk.stranger("edit.a")
    form = ed.app.get("/desk/signin", {"next": target}).forms[0]
    form["username"], form["password"], form["code"] = "edit.a", PASSWORD, desk.code("edit.a")
    assert form.submit(status=303).location in ("http://localhost/desk",)


def test_a_new_person_changes_the_password_then_sets_up_the_phone(desk):
    import pyotp
    sec = desk.person("sec.a")
    page = sec.get("/desk/staff")
    form = page.forms[2]
    form["username"], form["name"], form["org"] = "wang.wu", "示例王五", "gongan"
    made = form.submit()
    password = made.html.select("dd.code")[1].text
    new = desk.stranger("wang.wu")
    assert new.sign_in(password=password, code="").location.endswith("/desk/account/password")
    assert new.get("/desk", status=303).location.endswith("/desk/account/password")
    form = new.get("/desk/account/password").forms[1]
    form["old"], form["new"], form["again"] = password, "wang.wu-A1", "wang.wu-A1"
    assert "用户名" in form.submit(status=422)
    form["old"], form["new"], form["again"] = password, PASSWORD, PASSWORD
    form.submit(status=303)
    assert new.get("/desk", status=303).location.endswith("/desk/account/second-factor")
    page = new.get("/desk/account/second-factor")
    secret = page.html.select_one("p.code").text
    form = page.forms[1]
    form["code"] = "123456"
    again = form.submit(status=422)
    assert again.html.select_one("p.code").text == secret          # the same picture after a wrong code
    form = again.forms[1]
    form["code"] = pyotp.TOTP(secret).at(clock.now())
    codes = form.submit().html.select("ol.codes li")
    assert len(codes) == 10
    new.get("/desk", status=403)          # a person without a role has nothing to do here yet
    with clock.override(lambda at=clock.now() + timedelta(minutes=2): at):
        desk.stranger("wang.wu").sign_in(code=codes[0].text)
        desk.stranger("wang.wu").sign_in(code=codes[0].text, status=403)
