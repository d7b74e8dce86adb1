"""The security administrator's pages and one's own account (K2, K5–K8), the site's facts, the audit."""
from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from govportal.base import clock

from .conftest import PASSWORD


def test_a_grant_opens_and_its_end_closes_at_once(desk):
    sec, other = desk.person("sec.a"), desk.person("edit.b")
    path = f"/desk/staff/{desk.uid('edit.b')}"
    item = "/desk/content?words=" + quote("出生")
    assert "出生登记" not in other.get(item)
    sec.post(path, {"do": "grant", "role": "editor", "within": "gongan", "until": (clock.now() + timedelta(days=3)).date().isoformat()}, status=303)
    assert "出生登记" in other.get(item)          # the same session, no new sign-in
    with clock.override(lambda at=clock.now() + timedelta(days=4): at):
        later = desk.stranger("edit.b")
        later.sign_in()
        assert "出生登记" not in later.get(item)
    sec.post(path, {"do": "revoke", "role": "editor", "org": "gongan"}, status=303)
    assert "出生登记" not in other.get(item)


def test_refusals_name_the_field_and_keep_what_was_typed(desk):
    sec = desk.person("sec.a")
    page = sec.post(f"/desk/staff/{desk.uid('aud.a')}", {"do": "grant", "role": "site", "path": "/news"}, status=422)
    assert "不能" in page and page.html.select_one("#path")["value"] == "/news" and page.html.select_one("#role")["aria-invalid"] == "true"
    page = sec.post("/desk/staff", {"username": "<b>", "name": "某人"}, status=422)
    assert "用户名用" in page and page.html.select_one("#name")["value"] == "某人" and "<b>" not in page.text.split("</header>")[1]
    page = sec.post(f"/desk/staff/{desk.uid('sec.a')}", {"do": "grant", "role": "editor"}, status=422)
    assert "不能给自己授权" in page
    assert "没有这个操作" in sec.post(f"/desk/staff/{desk.uid('edit.a')}", {"do": "become-root"}, status=422)
    sec.get("/desk/staff/none", status=404)


def test_ending_an_account_ends_its_sessions(desk):
    sec, other = desk.person("sec.a"), desk.person("edit.b")
    sec.post(f"/desk/staff/{desk.uid('edit.b')}", {"do": "end-account", "reason": "调离"}, status=303)
    other.get("/desk", status=303)
    desk.stranger("edit.b").sign_in(status=403)
    assert "已停用" in sec.get("/desk/staff")


def test_a_password_reset_is_shown_once_and_must_be_changed(desk):
    sec = desk.person("sec.a")
    page = sec.post(f"/desk/staff/{desk.uid('edit.b')}", {"do": "reset-password"})
    password = page.html.select("dd.code")[1].text
    assert desk.stranger("edit.b").sign_in(password=password).location.endswith("/desk/account/password")
    desk.stranger("edit.b").sign_in(status=403)
    assert password not in sec.get("/desk/staff").text


def test_networks_shut_out_and_cannot_shut_out_oneself(desk):
    sec = desk.person("sec.a")
    page = sec.post("/desk/staff-rules", {"do": "networks", "net-security": "10.0.0.0/8"}, status=422)
    assert "你自己就进不来了" in page and "10.0.0.0/8" in page
    sec.post("/desk/staff-rules", {"do": "networks", "net-editor": "10.1.0.0/16 2001:db8::/32"}, status=303)
    assert "不允许从这个网络登录" in desk.stranger("edit.a").sign_in(status=403)
    inside = desk.stranger("edit.a")
    inside.app.extra_environ["REMOTE_ADDR"] = "10.1.2.3"
    with clock.override(lambda at=clock.now() + timedelta(minutes=2): at):
        inside.sign_in()
        assert inside.get("/desk/content").status_int == 200
        inside.app.extra_environ["REMOTE_ADDR"] = "192.0.2.9"          # the same cookie from elsewhere is worth nothing
        inside.get("/desk/content", status=403)
        inside.app.extra_environ["HTTP_X_FORWARDED_FOR"] = "10.1.2.3"          # and a forged header changes nothing
        inside.get("/desk/content", status=403)


def test_rules_are_numbers_within_bounds(desk):
    sec = desk.person("sec.a")
    rules = {field["name"]: field["value"] for field in sec.get("/desk/staff-rules").html.select("form:nth-of-type(1) input[inputmode=numeric]")}
    assert rules["idle_minutes"] == "15" and rules["failures"] == "5"
    page = sec.post("/desk/staff-rules", {"do": "rules", **rules, "idle_minutes": "soon"}, status=422)
    assert "整数" in page and page.html.select_one("#idle_minutes")["value"] == "soon"
    sec.post("/desk/staff-rules", {"do": "rules", **rules, "idle_minutes": "5"}, status=303)
    with clock.override(lambda at=clock.now() + timedelta(minutes=6): at):
        sec.get("/desk", status=303)


def test_my_sessions_and_ending_another_of_mine(desk):
    first = desk.person("edit.a")
    with clock.override(lambda at=clock.now() + timedelta(minutes=2): at):
        second = desk.stranger("edit.a")
        second.sign_in()
        page = second.get("/desk/account")
        assert "登录着" in page and "这一次" in page
        form = next(form for form in page.forms.values() if "sid" in form.fields)
        form.submit(status=303)
        first.get("/desk", status=303)
        second.get("/desk")
        foreign = desk.people(lambda people, audit: next(iter(people.sessions.items()))[0])
        rev = desk.person("rev.a")
        assert "这不是您的登录" in rev.post("/desk/account", {"do": "end", "sid": foreign}, status=422)


def test_a_deputy_acts_while_somebody_is_away(desk):
    sec = desk.person("sec.a")
    today = clock.now().date()
    sec.post(f"/desk/staff/{desk.uid('edit.b')}", {"do": "change", "name": "示例编辑乙", "org": "gongan", "phone": ""}, status=303)
    desk.person("edit.a").post("/desk/account", {"do": "deputy", "deputy": desk.uid("edit.b"), "first": today.isoformat(), "until": (today + timedelta(days=1)).isoformat()}, status=303)
    deputy = desk.person("edit.b")
    assert "代理" in deputy.get("/desk") and "出生登记" in deputy.get("/desk/content?words=" + quote("出生"))
    with clock.override(lambda at=clock.now() + timedelta(days=3): at):
        later = desk.stranger("edit.b")
        later.sign_in()
        assert "出生登记" not in later.get("/desk/content?words=" + quote("出生"))


def test_security_names_a_deputy_of_another_department_for_somebody_absent(desk):
    sec, today = desk.person("sec.a"), clock.now().date().isoformat()
    path, wish = f"/desk/staff/{desk.uid('edit.a')}", {"do": "deputy", "deputy": desk.uid("edit.b"), "first": today, "last": "下周"}
    page = sec.get(path)
    ids = [tag["id"] for tag in page.html.find_all(id=True)]
    assert "替他请人代理" in page and len(ids) == len(set(ids)), ids
    refused = sec.post(path, wish, status=422)
    assert refused.html.find(id="last-e") is not None and refused.html.find(id="last")["value"] == "下周"
    assert sec.post(path, {**wish, "deputy": ""}, status=422).html.find(id="deputy-e") is not None
    sec.post(path, {**wish, "last": today}, status=303)
    assert "出生登记" in desk.person("edit.b").get("/desk/content?words=" + quote("出生"))
    sec.post(path, {"do": "no-deputy"}, status=303)
    assert "出生登记" not in desk.person("edit.b").get("/desk/content?words=" + quote("出生"))


def test_the_audit_tells_refusals_and_can_be_exported(desk):
    desk.person("edit.a").get("/desk/staff", status=403)
    desk.stranger("edit.a").sign_in(password="wrong-Pass-9", status=403)
    aud = desk.person("aud.a")
    page = aud.get("/desk/audit?outcome=refused")
    assert "desk.forbidden" in page and "sign-in" in page and "示例edit.a" in page
    rows = aud.get("/desk/audit.csv?outcome=refused")
    assert rows.headers["Content-Disposition"].startswith("attachment") and "desk.forbidden" in rows.text
    assert "audit.export" in aud.get("/desk/audit?what=audit")


def test_site_facts_are_public_at_once(desk):
    site = desk.person("site.a")
    form = site.get("/desk/site").forms[1]
    form["name"], form["code"] = "示例县政务服务网", "12"
    page = form.submit(status=422)
    assert "网站标识码是" in page and page.forms[1]["name"].value == "示例县政务服务网"
    form = page.forms[1]
    form["code"] = "9901000002"
    form.submit("do", status=303)
    public = desk.stranger().app.get("/")
    assert "示例县政务服务网" in public and "9901000002" in public


def test_passwords_of_staff_stay_out_of_pages_and_audit(desk):
    desk.person("edit.a")
    records = desk.read(lambda site: str(site.audit.newest(1000)))
    assert PASSWORD not in records
