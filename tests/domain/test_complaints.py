"""What says that an answer was wrong, and what only sounds like it."""

from hypothesis import given
from hypothesis import strategies as st

from ivy.domain.complaints import Complaint, complaint

ALONE = """that's wrong|That is wrong!|no, that's wrong|that was wrong
wrong answer, ivy|that was wrong ivy|you got that wrong|That's not right.|that is not correct
ivy, you made a mistake|that's not what I said
eso está mal|No, eso está mal.|está mal|te equivocaste|eso no es correcto
eso no es cierto|se equivocó
eso no es lo que dije|perdona, eso está mal|that's wrong 😡|eso es falso"""
BEGINS = """that's wrong, correct it to: my sister is called Eva|that's wrong. I spent 50
eso está mal, eran 50 mil|no, that's not right, it was yesterday"""
NEITHER = """what is wrong with my knee|I feel wrong|me siento mal|estuvo mal el partido|is that right?|that's right|wrong number
I did it wrong|gasté 50 en algo que está mal|no|mal|fix what's wrong"""


def test_the_corpus() -> None:
    for lines, meant in ((ALONE, Complaint.ALONE), (BEGINS, Complaint.BEGINS), (NEITHER, None)):
        for words in lines.replace("\n", "|").split("|"):
            assert complaint(words) is meant, words


@given(st.text(max_size=60))
def test_any_words_are_read_without_an_error(words: str) -> None:
    assert complaint(words) in (None, *Complaint)
