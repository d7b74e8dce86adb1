"""People, lists and what others look after: the other scenes of ``manual_pictures``.

Owns accounts, deputies, lists of many, shared records, the directory list, quality and search; every scene leaves real work behind.
"""
from __future__ import annotations

import csv
import re
from pathlib import Path

import pyotp
from playwright.sync_api import expect

from govportal.base import clock

from .office import COLLEAGUE, DIRECTORY, EDITOR, JOB, LEGALITY, PHONE, REVIEWER, SECURITY, SIGNER, SITE, Office, said, save
from .story_text import after


# -- people -------------------------------------------------------------------------------------------------------------
def somebody_joins(office: Office) -> None:
    """怎样建账号和授权: a new editor of the same department, who then signs in for the first time."""
    tab = office.tab(SECURITY)
    tab.goto("/desk/staff")
    tab.locator("summary", has_text="新建账号").click()
    tab.fill("#username", COLLEAGUE)
    tab.fill("#name", "王芳（示例）")
    tab.select_option("#org", "gongan")
    tab.click("button:has-text('建账号')")
    said(tab, "只显示这一次")
    office.accounts[COLLEAGUE] = (tab.locator("dl.kv dd").nth(1).inner_text(), "")
    tab.click("text=去授予岗位")
    tab.locator("summary", has_text="授予岗位").click()
    tab.select_option("#role", "editor")
    tab.select_option("#within", "gongan")
    tab.fill("#until", after(365).isoformat())
    office.picture(tab, "grant", height=820)
    tab.click("button[value=grant]")
    said(tab, "已授予“编辑”")
    first_sign_in(office)


def first_sign_in(office: Office) -> None:
    """A new password, the second factor, the recovery codes."""
    tab, password = office.tab(COLLEAGUE), "Hao.Ren-2046"
    tab.fill("#old", office.accounts[COLLEAGUE][0])
    tab.fill("#new", password)
    tab.fill("#again", password)
    tab.click("main button:has-text('改密码')")
    said(tab, "绑定动态码")
    secret = tab.locator("p.code.pre").inner_text().replace(" ", "")
    tab.fill("#code", pyotp.TOTP(secret).now())
    tab.click("main button:has-text('绑定')")
    said(tab, "请记下备用码")
    office.accounts[COLLEAGUE] = (password, secret)
    tab.click("text=我记下了")
    said(tab, "我的待办")


def two_write_at_once(office: Office) -> str:
    """Both change one field; who saves second sees both texts."""
    one, two = office.tab(EDITOR), office.tab(COLLEAGUE)
    item = office.item(EDITOR, "/items/id-card-temp/id-card-temp")
    one.goto(f"{item}/edit/conditions")
    two.goto(f"{item}/edit/conditions")
    field = "#f-review_standard"
    two.fill(field, "身份证正在办理，急需证明身份的；当场核对人像和户籍信息。")
    save(two)
    one.fill(field, "身份证丢失或正在换领，急需用证的；当场核对人像。")
    one.locator(".edit-btns button", has_text=re.compile("^保存$")).click()
    said(one, "两份都在")
    office.picture(one, "both", height=720, top=".case-head")
    one.click("text=按选的保存")
    said(one, "已保存")
    return item


def somebody_stands_in(office: Office) -> None:
    """怎样请人代理."""
    tab = office.tab(EDITOR)
    tab.goto("/desk/account")
    tab.locator("summary", has_text="请人代理").click()
    tab.select_option("#deputy", label=f"王芳（示例）（{COLLEAGUE}）")
    tab.fill("#first", clock.now().date().isoformat())
    tab.fill("#until", after(7).isoformat())
    office.picture(tab, "deputy", height=520, top="section[aria-labelledby=h-deputy]")
    tab.click("button[value=deputy]")
    said(tab, "已请 王芳（示例） 代理")


# -- many at once -------------------------------------------------------------------------------------------------------
def a_thousand_rows(office: Office, folder: Path) -> None:
    """怎样导入一千条: thirty of them wrong; the right ones become drafts."""
    file = folder / "问答.csv"
    with open(file, "w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["标题", "主题", "对象", "问题内容", "答复内容", "答复单位"])
        for number in range(1, 1001):
            wrong = number % 34 == 0 or number == 1
            writer.writerow([f"示例问题第 {number} 条：居住证要多久", "户籍办理", "外星人" if wrong else "个人", "居住证要多久能拿到？（示例）", "自受理之日起 10 个工作日内。（示例）", "示例市公安局"])
    tab = office.tab(EDITOR)
    tab.goto("/desk/imports")
    tab.set_input_files("#file", file)
    tab.locator("form:has(#file) button").click()
    said(tab, "认出了 6 列")
    office.picture(tab, "import-columns", height=860)
    tab.click("text=检查每一行")
    expect(tab.locator("ul.sum")).to_contain_text("1000", timeout=JOB)
    said(tab, "下载标好问题的表")
    office.picture(tab, "import-check", height=860)
    tab.click("text=只写入正确的")
    expect(tab.locator("main")).to_contain_text("办成 970，跳过 30", timeout=JOB)


def many_at_once(office: Office) -> None:
    """怎样一次办很多份: chosen in the list, looked at before anything is done."""
    tab = office.tab(EDITOR)
    tab.goto("/desk/content?kind=ImplementationItem&org=gongan&sort=title")
    office.picture(tab, "content", height=700)
    tab.click("text=份一起办")
    tab.click("a.deed[href$='action=submit']")
    tab.select_option("#openness", "主动公开")
    tab.fill("#secrecy_by", "李敏（示例）")
    tab.click("text=看看会怎样")
    said(tab, "办不了")
    office.picture(tab, "bulk", height=760)
    tab.click("button[value=begin]")
    expect(tab.locator("main")).to_contain_text("办成 1", timeout=JOB)


# -- what others look after ---------------------------------------------------------------------------------------------
def one_place_for_all(office: Office) -> None:
    tab = office.tab(EDITOR)
    tab.goto("/desk/shared/places/hall-exit")
    said(tab, "处跟着变")
    office.picture(tab, "shared", height=760)


def the_list_changes(office: Office) -> None:
    """怎样改目录清单: a split asked for, reviewed by others, and the task it opens."""
    tab = office.tab(DIRECTORY)
    tab.goto("/desk/lists?words=" + "残疾人证")
    tab.locator("table.tbl tbody th a").first.click()
    name = tab.locator("h1").inner_text()
    tab.click(".btns >> text=变更")
    tab.fill("#name-1", f"{name}（含换领、补领）")
    tab.fill("#reason", "按上级清单调整名称（示例）")
    office.picture(tab, "list-request", height=860)
    tab.click("main form.narrow button.btn:not(.btn-2)")
    said(tab, "申请已存下")
    address = tab.url
    tab.fill("#secrecy_by", "李敏（示例）")
    tab.click("button[value=submit]")
    said(tab, "“送审”已办")
    for user, action in ((REVIEWER, "approve"), (LEGALITY, "clear"), (SIGNER, "sign")):
        other = office.tab(user)
        other.goto(address)
        other.click(f"button[value={action}]")
        said(other, "已办")
    tab.goto(address)
    said(tab, "已生效")
    tab.goto("/desk/tasks")
    said(tab, "残疾人证")
    office.picture(tab, "tasks", height=520)


def quality_is_looked_at(office: Office) -> None:
    tab = office.tab(REVIEWER)
    tab.goto("/desk/quality")
    tab.click("text=现在检查")
    for _ in range(60):
        tab.goto("/desk/quality")
        if "看了" in tab.inner_text("main") and not any(words in tab.inner_text("main") for words in ("正在检查", "已排上")):
            break
        tab.wait_for_timeout(3000)
    said(tab, "上次检查")
    office.picture(tab, "quality", height=760)


def a_word_is_tried(office: Office) -> None:
    """怎样让一句话查得到: tried before it is saved."""
    tab = office.tab(SITE)
    tab.goto("/desk/search/add?table=synonym")
    tab.fill("#said", "居住卡")
    tab.fill("#means", "居住证")
    tab.fill("#source", "窗口同事提的（示例）")
    tab.click("button[value=try]")
    expect(tab.locator("#effects")).to_contain_text("还没有保存", timeout=JOB)
    office.picture(tab, "search-try", height=800, top="#effects")
    tab.click("button[value=save]")
    said(tab, "已保存")


def the_day_begins(office: Office) -> None:
    """我的待办, at a desk and in the hand."""
    tab = office.tab(EDITOR)
    tab.goto("/desk")
    said(tab, "我的待办")
    office.picture(tab, "todo", height=760)
    office.picture(office.tab(REVIEWER), "todo-phone", height=640, width=PHONE, go="/desk")


def a_word_is_replaced(office: Office) -> None:
    """查找替换: found in what one may write, kept as drafts."""
    tab = office.tab(EDITOR)
    tab.goto("/desk/replace")
    tab.fill("#find", "48×33 毫米")
    tab.fill("#replace", "33×48 毫米")
    tab.locator("form[action='/desk/replace'] button").first.click()
    said(tab, "找到")
    tab.click("text=替换勾选的")
    expect(tab.locator("main")).to_contain_text("办成", timeout=JOB)
