"""Which words of a text went and which came."""
import time

from govportal.content.wording import CHANGED, SAME, marked


def changed(parts):
    return [text for kind, text in parts if kind == CHANGED]


def test_the_parts_are_the_texts_and_only_the_change_is_marked():
    before, after = "本人办理。五个工作日办结。免费。", "本人或监护者办理。三个工作日办结。免费。"
    was, now = marked(before, after)
    assert "".join(text for _, text in was) == before and "".join(text for _, text in now) == after
    assert changed(was) == ["五"] and changed(now) == ["或监护者", "三"]
    assert was[-1] == (SAME, "个工作日办结。免费。")


def test_nothing_everything_and_new_sentences():
    assert marked("一样", "一样") == ([(SAME, "一样")], [(SAME, "一样")])
    assert marked("", "新的") == ([], [(CHANGED, "新的")]) and marked("", "") == ([], [])
    assert marked("天地玄黄。", "abc。") == ([(CHANGED, "天地玄黄。")], [(CHANGED, "abc。")])      # little in common: no confetti
    assert changed(marked("甲。乙。", "甲。丙丁。乙。")[1]) == ["丙丁。"]


def test_numbers_and_words_are_changed_whole():
    was, now = marked("收费 10.5 元", "收费 105 元")
    assert changed(was) == ["10.5"] and changed(now) == ["105"]


def test_long_texts_take_no_time():
    began = time.perf_counter()
    marked("的。" * 5000, "地。的。" * 2500)
    marked("的，" * 10_000, "，的" * 10_000)
    marked("".join(f"第{number}句的话，的的的。" for number in range(2000)), "".join(f"第{number}句的话，的的地。" for number in range(2000)))
    assert time.perf_counter() - began < 5
