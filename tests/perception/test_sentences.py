"""Sentence splitting: a table of cases, what always holds of the spans, and linear time.

In the table a bar stands where a sentence ends: "One.| Two." is the text "One. Two.", and two sentences.
"""

from __future__ import annotations

import pytest
from growth import growth
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuili.perception.sentences import split_sentences
from tuili.types import Span

PROSE = [
    "The bridge opened in May.| Nobody had expected it so soon.",
    "Is it far?| Not very!| We can walk.",
    "You did what?!| Tell me everything!!!| Now.",
    "Mr. Adler met Mrs. Chen and Dr. Okafor.| They had lunch.",
    "Prof. Ruiz and Sen. Blake spoke, as did Gov. Hart.| Col. Finch listened.",
    "She was born in the U.S. and raised in the U.K. by an aunt.",
    "He moved to the U.S.| The first winter was hard.",
    "The U.S. Senate met on Friday.| The U.N. Secretary spoke.",
    "Some fruit, e.g. apples, keeps well; some, i.e. berries, does not.| Eat it soon.",
    "Bring rope, nails, etc. and a hammer.| Leave the saw.",
    "They sell pens, paper, ink, etc.| Prices are fair.",
    "Hartwell Inc. makes pumps.| It was bought by Dunn Corp. in 2011.",
    "He works for Dunn Corp.| The pay is good.",
    "The shop of Baker Bros. Ltd. closed.| We miss it.",
    "See No. 5 on the list.| No. 6 was struck out.",
    "Is it ready?| No.| Is it even begun?| No, not yet.",
    "On Jan. 5 it snowed.| By Feb. 20 the snow was gone.",
    "It opens at 9 a.m. and shuts at 5 p.m. on weekdays.",
    "We left at 6 p.m. Tuesday.| They arrived at 8 a.m.| Breakfast was ready.",
    "The novels of J. R. R. Vane were read by George W. Holt.| A. B. Moss wrote one too.",
    "She earned a Ph.D. in Leeds.| He has an M.D. from Ghent.",
    "Pi is about 3.14.| It costs $5.50.| That is 0.5 percent more.",
    "Upgrade to v1.2.3 now.| Version 2.0 drops it.",
    "Go to www.example.com/a.html for help.| Write to ann.lee@example.org.| We answer.",
    "Open notes.txt.| Then run main.py and read README.md again.",
    "See pp. 12-14 and Fig. 3.| Vol. II has more.",
    "Smith vs. Jones was settled, cf. Sec. 4 of the act.",
    "The tank holds 40 gal.| The other holds 5 kg.| Mary weighed it.",
    "You need vitamin C.| Doctors agree.| It was built before World War I.| Germany was rich.",
    "He is as tall as I.| Mary is taller.",
    "Samuel L. Carter sang.| John Q. Public paid.",
    "The lake froze.[3]| Skating began in 1901.[12][13]| It never stopped.",
    "She won in 2004.| 12 others had tried.",
    "The iron age ended.| iPhones came much later.",
    "Great sound.|The strings are fine!|I would buy it again.",
    "The class System.Collections is old.| So is example.Com today.",
    "i bought this in june.| it broke in july.| never again",
    "Yahoo! bought the site in 2005.| Then it sold it.",
    "The St. Helens road is shut.| Take Elm St. to the bridge.",
    "It rained (for once.)| The fields drank.",
    "He paid (reluctantly!) and left.| She (who knew?) stayed.",
    "(The door was open.)| Nobody went in.",
    "Hmm.| Paul said nothing.| Mm-hmm.| Ann nodded.",
    "The score was 3-2.| -5 degrees is cold.| – Not for us.",
    "It works!!! :)| Buy it.| Good value. 😀😀| Thanks. ;-)| Bye",
    "क्या हाल है?| सब ठीक है।| धन्यवाद।",
]

ELLIPSES = [
    "Wait... and then it moved.",
    "He waited...| Nothing came.",
    "Well … that was odd.",
    "The end …| Or was it?",
    "I... I never saw him.| So... we left.",
    "It was . . . strange.| Very . . . strange.",
    "...and so it began.| The rest is known.",
    "He said [...] that it was late.",
]

DIALOGUE = [
    '"Really?" she asked.| He nodded.',
    '"Stop!" John shouted.| "Why?"| Nobody knew.',
    'He said, "Stop."| Then he left.',
    '"It is late," he said.| "Go home."',
    "“Are you coming?” Dr. Marsh asked.| “Soon.”| She closed the book.",
    "‘Never!’ cried the boy.| ‘Not today.’",
    '"I am here.| You are not," she wrote.',
    '"Go..." he whispered.| "Go now..."| The light went out.',
    '"Help!" a voice called.| It came from below.',
    "He asked, “Why now?” and got no answer.",
    "The “No!” vote won.| The “Yes” vote lost.",
    "«Où est-il ?»| Personne ne répondit.",
]

LINES = [
    "1. First wash the rice\n|2. Then boil the water\n|3. Wait",
    "1. Wash the rice.| 2. Boil the water.| 3. Wait.",
    "Bring:\n|- two apples\n|- one pear\n|* a knife",
    "• Light and quick\n|• Runs on any machine",
    "a) the first case\n|b) the second case\n|(c) the third case",
    "Council Approves New Tram Line\n|The city council voted on Monday to build a tram line from the harbour.",
    "HARBOUR CLOSED\n|Storms shut the harbour on Sunday.| It reopens today.",
    "# Notes\n|The pump is loud.| Fix it.",
    "First paragraph without a stop\n\n|Second paragraph without one\n \t\n|Third",
    "The harbour was closed for most of last winter because\nof ice.| It opened again when Captain Elias\nMoor came.",
    "She walked all the way from the old station to the house of Mr.\nHale, who was out.\n|He had gone to the sea.",
    "He lives in\nNew York and works for\nthe city.",
    "Ann: Is it done?\n|Bob: Almost.\n|Ann: Good.",
    "Dear Sir,\nI write about the roof.\r\n\r\n|Yours,\nA. Hill",
    "Title\n|=====\n|The text begins here and goes on for a while, as texts do.",
    "Not a bullet – it goes\n– so they say – on and on.",
]

CHINESE = [
    "今天下雨。|我们没有出门。",
    "你来吗？|我等你！|快点吧！！",
    "真的吗？！|我不相信。",
    "他买了苹果；|她买了梨。",
    "（甲方；乙方）都签了字。|合同生效了。",
    "他说：“好的。”然后走了。",
    "他说：“好的。”|她点了点头。",
    "“好的。”他说。|“走吧！”|大家都站了起来。",
    "“你是谁？”小明大声问道。|没有人回答。",
    "“我来了。|你在哪里？”他喊道。",
    "他喊了一声“站住！”就追了上去。",
    "“快走！”的喊声传来。|人群散了。",
    "老师问：“谁知道？”|小红举手说：“我知道！”|老师笑了。",
    "「下雨了。」她说。|「带伞吧。」",
    "（他昨天来过。）|今天没有来。",
    "我喜欢《你好！》这首歌。|你呢？",
    "我……我不知道。|让我想想。",
    "他等了整整一个下午……|但没有人来。",
    "他想了很久……最后点头。",
    "“等等……”他低声说。|灯灭了。",
    '他说："好的。"|她走了。|"再见。"他说。',
    "他用的是iPhone。|It works.| 很好用。",
    "价格是3.5元。|版本是v2.0。|真便宜！",
    "他住在No. 5大街。|很近。",
    "真好吃！😀|下次再来。",
    "他说OK。|然后他走了。",
    "今日新闻\n|今天上午，市政府宣布新的地铁线路将于明年春天正式开通，沿线共有十二个车站。",
    "一、准备材料\n|二、填写表格\n|三、提交申请",
    "这一行很长很长，所以在这里\n换行了，但是句子没有结束。|下一句。",
    "天气很好.|我们去公园.",
    "“太好了！”，他说。|大家笑了。",
    "「はい。」と彼は言った。|彼女は笑った。",
]


@pytest.mark.parametrize("marked", PROSE + ELLIPSES + DIALOGUE + LINES + CHINESE)
def test_a_sentence_ends_where_the_bar_stands(marked):
    text = marked.replace("|", "")
    assert [text[start:end] for start, end in split_sentences(text)] == [part.strip() for part in marked.split("|")]


def test_a_text_without_characters_has_no_sentences():
    assert split_sentences("") == []
    assert split_sentences(" \n\t\u3000\u2028 ") == []


def test_spans_are_offsets_into_the_text_as_it_was_given():
    text = "\u200b  Ein e\u0301t\u00e9 \U0001f600!\r\n\r\n\tZwei. "
    assert split_sentences(text) == [Span(0, 14), Span(19, 24)]


PARTS = [
    "Ann",
    "went ",
    "U.S. ",
    "3",
    ". ",
    ".",
    "? ",
    "! ",
    "...",
    "…",
    '"',
    "”",
    "“",
    "(",
    ")",
    "[1]",
    "'",
    "Mr. ",
    "I ",
]
PARTS += [
    " ",
    "\n",
    "\n\n",
    "\r\n",
    "- ",
    "1. ",
    "。",
    "！",
    "；",
    "……",
    "他说",
    "然后",
    "的",
    "：",
    "「",
    "」",
    "》",
    "e\u0301",
    "\u200b",
    "#",
]
texts = st.one_of(st.text(st.characters()), st.lists(st.sampled_from(PARTS), max_size=60).map("".join))


@given(texts)
@settings(deadline=None, max_examples=500)
@example("\ud800. \x00")
@example("\x1c.\x85A. \u2029\x0b")
def test_spans_are_ordered_and_disjoint_and_hold_every_character(text):
    """I2: any string at all, lone surrogates too."""
    covered = []
    last = 0
    for start, end in split_sentences(text):
        assert last <= start < end
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        covered += range(start, end)
        last = end
    outside = set(range(len(text))) - set(covered)
    assert all(text[place].isspace() for place in outside)


@given(st.lists(texts, max_size=4))
@settings(deadline=None)
def test_no_sentence_reaches_beyond_a_blank_line(paragraphs):
    """I2: the sentences of paragraphs are those of each, one after the other."""
    apart = [paragraph[start:end] for paragraph in paragraphs for start, end in split_sentences(paragraph)]
    text = "\n\n".join(paragraphs)
    assert [text[start:end] for start, end in split_sentences(text)] == apart


HOSTILE = [
    "\n",
    "\r\n",
    '"',
    "”",
    "“",
    "(",
    ")",
    ".",
    "a.",
    "a. ",
    "A. ",
    "A\n",
    "\u0301",
    "a\u0301",
    "。",
    "。”的",
    "“。",
    "（a；",
]
HOSTILE += [".[1", " .", "!?", "Mr. ", "我……", '。"', '."', "- \n", "1. ", "\u200b", "*", "... I ", 'A?" B ']


@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_ten_times_the_text_takes_about_ten_times_as_long(unit):
    """I4: linear time."""
    assert growth(split_sentences, unit, 10_000) <= 15


@pytest.mark.slow
@pytest.mark.parametrize("unit", HOSTILE, ids=ascii)
def test_a_million_characters_take_about_ten_times_as_long_as_a_tenth(unit):
    """I4: linear time."""
    assert growth(split_sentences, unit, 100_000) <= 15
