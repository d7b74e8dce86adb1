"""The engine for declared tables: what a wrong table says at its load, and why an action cannot run."""
import pytest

from govportal.workflow.actors import SYSTEM
from govportal.workflow.reasons import Reason
from govportal.workflow.table import declare

CASE = {
    "name": "办件", "first": ["received"], "roles": {"clerk": "窗口", "head": "负责人"}, "inputs": {"note": "请写明原因"},
    "states": [{"name": "received", "title": "已收件", "waits": ["clerk"]}, {"name": "accepted", "title": "已受理"}, {"name": "closed", "title": "已办结", "rest": True}],
    "actions": [
        {"action": "accept", "title": "受理", "from": ["received"], "to": "closed", "when": "at_once", "roles": ["clerk"]},
        {"action": "accept", "title": "受理", "from": ["received"], "to": "accepted", "roles": ["clerk"], "guards": ["complete"]},
        {"action": "decide", "title": "决定", "from": ["accepted"], "to": "closed", "roles": ["head"], "needs": ["note"]},
        {"action": "remark", "title": "备注", "from": ["received", "accepted"], "roles": ["clerk", "head"]}]}


def complete(subject, actor, given):
    if not subject.get("materials"):
        yield Reason("材料", "还没有材料", "R4")


def make(**changes):
    return declare({**CASE, **changes}, guards={"complete": complete}, conditions={"at_once": lambda subject, given: bool(subject.get("at_once"))})


def changed(number, **changes):
    return [*CASE["actions"][:number], {**CASE["actions"][number], **changes}, *CASE["actions"][number + 1:]]


def test_the_first_row_whose_condition_holds_is_meant():
    table = make()
    assert table.find("accept", {"received"}, {"at_once": True}, {}).target == "closed"
    assert table.find("accept", {"received"}, {}, {}).target == "accepted"
    assert table.find("accept", {"closed"}, {}, {}) is None and table.find("nothing", {"received"}, {}, {}) is None
    assert table.actions == ("accept", "decide", "remark") and table.states["received"].waits == ("clerk",)


@pytest.mark.parametrize(("action", "state", "roles", "subject", "given", "words"), [
    ("accept", "received", {"clerk"}, {"materials": 1}, {}, []),
    ("accept", "received", {"clerk"}, {}, {}, ["还没有材料"]),
    ("accept", "received", {"head"}, {}, {}, ["要有窗口权限"]),
    ("decide", "accepted", {"head"}, {}, {}, ["请写明原因"]),
    ("decide", "accepted", {"head"}, {}, {"note": "可以"}, []),
    ("remark", "accepted", {"nobody"}, {}, {}, ["窗口或负责人"])])
def test_reasons(action, state, roles, subject, given, words):
    table = make()
    row = table.find(action, {state}, subject, given)
    found = [str(reason) for reason in table.refusals(row, subject, SYSTEM, roles.__contains__, given)]
    assert len(found) == len(words) and all(word in text for word, text in zip(words, found, strict=True))


def test_an_offer_does_not_ask_yet_for_what_will_be_entered():
    table = make()
    assert table.refusals(table.find("decide", {"accepted"}, {}, {}), {}, SYSTEM, lambda role: True, {}, entered=False) == []


def test_a_second_click_is_told_kindly():
    table = make()
    assert "已经是“已办结”" in table.not_now("decide", {"closed"}).message
    assert "现在是“已收件”，不能“决定”" in table.not_now("decide", {"received"}).message
    assert "没有这个操作" in table.not_now("burn", {"received"}).message


@pytest.mark.parametrize(("changes", "word"), [
    ({"actions": changed(2, to="heaven")}, "不认识状态 heaven"), ({"actions": changed(2, **{"from": ["hell"]})}, "不认识状态 hell"),
    ({"first": ["hell"]}, "不认识状态 hell"),
    ({"actions": changed(2, roles=["king"])}, "不认识角色 king"), ({"actions": changed(2, guards=["luck"])}, "不认识检查 luck"),
    ({"actions": changed(0, when="later")}, "不认识条件 later"), ({"actions": changed(2, needs=["gift"])}, "不认识填写项 gift"),
    ({"actions": [*CASE["actions"], CASE["actions"][2]]}, "写了两次"),
    ({"actions": [*CASE["actions"], {**CASE["actions"][0]}]}, "写了两次"),                             # after a row that always fits
    ({"states": [*CASE["states"], {"name": "island", "title": "岛", "rest": True}]}, "island 到不了"),
    ({"states": [{**state, "rest": False} for state in CASE["states"]]}, "closed 没有出路"),
    ({"states": [*CASE["states"], CASE["states"][0]]}, "写了两次"),
    ({"states": [*CASE["states"][:2], {**CASE["states"][2], "waits": ["king"]}]}, "不认识角色 king"),
    ({"actions": changed(2, form="to")}, "不认识的列 form"), ({"actions": changed(2, roles=[])}, "要有 action")])
def test_a_wrong_table_does_not_load(changes, word):
    with pytest.raises(ValueError, match=word):
        make(**changes)
