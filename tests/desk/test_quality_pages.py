"""The quality desk as pages: what a run found, who mends it, the office's word list and limits."""
from __future__ import annotations

from govportal.oversight import quality


def test_findings_appear_are_assigned_and_go_away(desk):
    site = desk.person("site.a")
    assert "还没有检查过" in site.get("/desk/quality")
    site.get("/desk/quality").forms[1].submit(status=303)
    assert "已排上" in site.get("/desk/quality")
    quality.run(desk.db)
    page = site.get("/desk/quality/list")
    assert "户口登记条例" in page          # the law the item rests on is not in the library
    editor = desk.person("edit.a")
    keys = [box["value"] for box in editor.get("/desk/quality/list?org=gongan").html.select("input[name=key]")]
    assert keys and not desk.person("edit.b").get("/desk/quality/list?org=gongan").html.select("input[name=key]")
    editor.post("/desk/quality/list?org=gongan", [("key", keys[0]), ("owner", desk.uid("edit.a")), ("note", "本周改好")], status=303)
    assert "本周改好" in editor.get("/desk/quality/list?mine=yes")
    refused = desk.person("edit.b").post("/desk/quality/list", [("key", keys[0]), ("owner", desk.uid("edit.b"))], status=422)
    assert "不归您的部门" in refused
    assert "请选一个在用的账号" in editor.post("/desk/quality/list", [("key", keys[0]), ("owner", "nobody")], status=422)
    assert "已经不在了" in editor.post("/desk/quality/list", [("key", "zz"), ("owner", "")], status=422)


def test_the_self_check_names_what_offends_and_its_limits_are_the_sites(desk):
    site = desk.person("site.a")
    page = site.get("/desk/quality/selfcheck")
    assert "网站自查" in page and "依据" in page and "不合格" in page
    form = next(form for form in page.forms.values() if form.fields.get("limit") and form["limit"].value == "home_days")
    form["value"] = "999"
    assert "应在" in form.submit(status=422)
    form["value"] = "7"
    form.submit(status=303)
    aud = desk.person("aud.a")
    assert not [form for form in aud.get("/desk/quality/selfcheck").forms.values() if "limit" in form.fields]


def test_the_word_list_is_kept_with_reason_and_source(desk):
    site = desk.person("site.a")
    page = site.post("/desk/quality/words", {"do": "save", "wrong": "<script>", "right": "", "reason": "", "source": "x"}, status=422)
    assert "请写明为什么" in page and "<script>" not in page.text.split("</head>")[1]
    site.post("/desk/quality/words", {"do": "save", "wrong": "行政中心大楼", "right": "政务服务中心", "reason": "用规范名称", "source": "示例"}, status=303)
    assert "行政中心大楼" in site.get("/desk/quality/words") and "示例site.a" in site.get("/desk/quality/words")
    site.post("/desk/quality/words", {"do": "drop", "wrong": "行政中心大楼"}, status=303)
    assert "行政中心大楼" not in site.get("/desk/quality/words").html.select_one("table").text
