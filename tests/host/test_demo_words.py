"""The words the demo looks for are the firmware's texts: a changed text fails here, not after minutes of demo."""

import pytest

from posterm.demo.scenario import WORDS
from terminal.acquirer import answers
from terminal.notices import doctor, templates
from terminal.ui.texts import Texts


@pytest.mark.parametrize("language", WORDS)
def test_every_word_of_the_demo_is_a_text_of_the_terminal(language):
    t = Texts(language)
    words = templates.load(language)
    said = [t(name) for name in t.names()] + [words.sample(*pair) for pair in words.events()]
    said.append(answers.find(language, "51").text)
    said += doctor.words(language, "phone_off").what
    for name, word in WORDS[language].items():
        assert any(word in text for text in said), name


def test_both_languages_have_the_same_words():
    assert set(WORDS["zh"]) == set(WORDS["en"])
