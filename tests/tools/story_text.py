"""One text on its way through the desk: written, sent back, signed, planned, withdrawn, published past the review. Scenes of ``manual_pictures``.

Owns what is done with one document; every scene takes the ``Office`` and leaves real work behind.
"""
from __future__ import annotations

from datetime import date, timedelta

from playwright.sync_api import Page, expect

from govportal.base import clock
from govportal.base.calendar import current as calendar

from .office import EDITOR, LEGALITY, PATIENCE, PHONE, REVIEWER, SIGNER, SITE, SITE_2, Office, said, save, unfold


def after(days: int) -> date:
    return calendar().next_working_day(clock.now().date() + timedelta(days=days))


def decide(tab: Page, address: str, button: str, words: str) -> None:
    """The filled button of the review page."""
    tab.goto(f"{address}/review")
    tab.locator("section[aria-labelledby=h-do] form button", has_text=button).click()
    said(tab, words)


def disclosure(tab: Page) -> None:
    tab.check("#openness-主动公开")
    tab.fill("#secrecy_by", "李敏（示例）")
    tab.fill("#secrecy_on", clock.now().date().isoformat())


def submit(tab: Page, address: str) -> None:
    tab.goto(f"{address}/act?do=submit")
    disclosure(tab)
    tab.click("#act button.btn:has-text('送审')")
    said(tab, "已送审")


def a_limit_changes(office: Office) -> str:
    """怎样改一个时限: what the checks say, saved, submitted. Returns the address of the item."""
    tab = office.tab(EDITOR)
    item = office.item(EDITOR, "/items/passport/passport")
    tab.goto(item)
    office.picture(tab, "doc", height=640)
    tab.goto(f"{item}/edit/limits")
    tab.fill("#f-promise_limit-days", "20")
    expect(tab.locator("[data-side]")).to_contain_text("承诺时限长于法定时限", timeout=PATIENCE)
    expect(tab.locator("[data-state]")).to_contain_text("已自动保存", timeout=PATIENCE)
    office.picture(tab, "edit-limits", height=760, top=".case-head")
    tab.fill("#f-promise_limit-days", "5")
    tab.locator("summary", has_text="写一句改了什么").click()
    tab.fill("#p-note", "承诺时限由 7 个工作日改为 5 个工作日")
    tab.select_option("#p-change", "major")
    save(tab)
    tab.goto(f"{item}/edit/steps")
    unfold(tab, "#f-steps-2-days")
    tab.fill("#f-steps-2-days", "4")
    save(tab)
    tab.goto(f"{item}/act?do=submit")
    disclosure(tab)
    tab.check("#change-major")
    office.picture(tab, "submit", height=860)
    tab.click("#act button.btn:has-text('送审')")
    said(tab, "已送审")
    return item


def it_comes_back(office: Office, item: str) -> None:
    """The reviewer reads the difference and sends it back with a remark at the field; the writer sees it there."""
    tab = office.tab(REVIEWER)
    tab.goto("/desk")
    said(tab, "普通护照签发")
    tab.goto(f"{item}/review")
    office.picture(tab, "review", height=700)
    tab.goto(f"{item}/act?do=return&field=promise_limit")
    tab.fill("#text-0", "请写明从什么时候起算，例如“自受理之日起”。")
    office.picture(tab, "return", height=640)
    tab.click("#act button:has-text('退回')")
    said(tab, "已退回")
    tab = office.tab(EDITOR)
    tab.goto("/desk?group=returned")
    said(tab, "普通护照签发")
    tab.goto(f"{item}/edit/limits")
    said(tab, "自受理之日起")
    office.picture(tab, "returned", height=620, width=PHONE, top="#f-promise_limit-days", above=170)
    tab.fill("#f-promise_limit-note", "自受理之日起计算（示例）")
    save(tab)
    submit(tab, item)


def it_is_published_at_a_time(office: Office, item: str) -> None:
    """Approved, cleared, signed by others; then planned, and compared with what is public."""
    decide(office.tab(REVIEWER), item, "审核通过", "已通过")
    decide(office.tab(LEGALITY), item, "合法性审查通过", "已通过")
    decide(office.tab(SIGNER), item, "签发", "已签发")
    tab = office.tab(EDITOR)
    tab.goto(f"{item}/act?do=publish")
    tab.fill("#at", f"{after(1).isoformat()} 09:00")
    office.picture(tab, "publish", height=720)
    tab.click("#act button:has-text('发布')")
    said(tab, "已排定")
    tab.goto(f"{item}/history")
    tab.click("text=比较选中的两版")
    said(tab, "的不同")
    office.picture(tab, "history", height=860)


def a_material_is_added(office: Office) -> str:
    """怎样加一份材料: the new row, then the draft as it will look on a telephone."""
    tab = office.tab(EDITOR)
    item = office.item(EDITOR, "/items/residence-permit/residence-permit")
    tab.goto(f"{item}/edit/materials")
    tab.locator("button[value^='materials:'][value$=':add']").first.click()
    row = tab.locator("#f-materials details.item").last
    row.locator("input[name=name]").fill("其他材料")
    expect(tab.locator("[data-side]")).to_contain_text("其他材料", timeout=PATIENCE)
    expect(tab.locator("[data-state]")).to_contain_text("已自动保存", timeout=PATIENCE)
    office.picture(tab, "edit-materials", height=700, top="#f-materials details.item:last-child", above=170)
    row.locator("input[name=name]").fill("房屋租赁合同")
    row.locator("select[name=kind]").select_option("其他")
    row.locator("select[name=source]").select_option("申请人自备")
    save(tab)
    tab.goto(f"{item}/preview?as=phone")
    tab.frame_locator("iframe").locator("body").wait_for()
    tab.wait_for_timeout(1000)
    office.picture(tab, "preview", height=760)
    return item


def cases_are_tried(office: Office) -> None:
    tab = office.tab(EDITOR)
    tab.goto(office.item(EDITOR, "/items/hukou-move/hukou-move") + "/cases")
    said(tab, "每种情形要什么")
    office.picture(tab, "cases", height=700, top=".case-head")


def it_is_taken_back(office: Office, item: str) -> None:
    """撤回送审, and handed in again."""
    tab = office.tab(EDITOR)
    tab.goto(f"{item}/act?do=recall")
    tab.click("#act button:has-text('撤回送审')")
    said(tab, "已撤回送审")
    submit(tab, item)


def it_is_urgent(office: Office, item: str) -> None:
    """应急发布, confirmed by a second person."""
    tab = office.tab(SITE)
    tab.goto(f"{item}/act?do=override")
    disclosure(tab)
    tab.fill("#note", "系统停机，今天起临时改在二楼办理（示例）")
    tab.click("#act button:has-text('应急发布')")
    said(tab, "已应急发布")
    tab = office.tab(SITE_2)
    tab.goto("/desk/overrides")
    said(tab, "还有 23 小时")
    tab.goto(f"{item}/act?do=confirm")
    tab.click("#act button:has-text('确认应急发布')")
    said(tab, "已确认")


def it_is_withdrawn(office: Office) -> None:
    """撤回 with a notice to readers, and 重新公开."""
    tab = office.tab(SIGNER)
    item = office.item(SIGNER, "/items/id-card/id-card")
    tab.goto(f"{item}/act?do=withdraw")
    tab.check("#mode-banner")
    tab.fill("#note", "系统升级，本周暂停网上办理（示例）")
    tab.click("#act button:has-text('撤回')")
    said(tab, "已撤回")
    tab.goto("/items/id-card/id-card")
    expect(tab.locator("body")).to_contain_text("系统升级，本周暂停网上办理")
    tab.goto(f"{item}/act?do=restore")
    tab.click("#act button:has-text('重新公开')")
    said(tab, "已重新公开")


def the_plan_is_dropped(office: Office, item: str) -> None:
    """取消排定, then published at once: readers see it."""
    tab = office.tab(EDITOR)
    tab.goto(f"{item}/act?do=unschedule")
    tab.click("#act button:has-text('取消排定')")
    said(tab, "已取消排定")
    tab.goto(f"{item}/act?do=publish")
    tab.click("#act button:has-text('发布')")
    said(tab, "已发布")
    tab.goto("/items/passport/passport")
    expect(tab.locator("main")).to_contain_text("5 个工作日")
    tab.goto(f"{item}/history")
    tab.locator("tr", has_text="第 1 版").locator("button:has-text('恢复')").click()
    said(tab, "已恢复为草稿")
    tab.goto(f"{item}/act?do=discard")
    tab.click("#act button:has-text('删除草稿')")
    said(tab, "已删除")


def somebody_outside_looks(office: Office, item: str) -> None:
    """A secret link to the draft, opened without signing in."""
    tab = office.tab(EDITOR)
    tab.goto(f"{item}/preview")
    tab.locator("summary", has_text="开一个链接").click()
    tab.fill("#note", "请律师看依据（示例）")
    tab.click("button[value=make]")
    link = tab.locator("#link-1").input_value()
    stranger = office.browser.new_page()
    stranger.goto(link)
    expect(stranger.locator("body")).to_contain_text("请勿转发")
    stranger.close()


def something_new_begins(office: Office) -> None:
    """新写一篇: a question; and an item from the directory list."""
    tab = office.tab(EDITOR)
    tab.goto("/desk/new?kind=Question")
    tab.fill("#name", "居住证要本人去办吗（示例）")
    if tab.locator("select#parent").count():
        tab.select_option("#parent", index=1)
    if tab.locator("select#org").count():
        tab.select_option("#org", "gongan")
    tab.click("text=建立，开始填写")
    said(tab, "已建立")
