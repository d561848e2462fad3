from sklearn.feature_extraction.text import CountVectorizer

from kerasdl.data.tokens import most_frequent, tokenizer

TEXTS = ("To be, or not to be: THAT is", "the question, überall 42 snake_case a")


def test_words_are_those_of_scikit_learn():
    known = CountVectorizer().fit(TEXTS).get_feature_names_out()
    assert set(most_frequent(TEXTS, "words", 100)) == set(known)
    assert list(tokenizer("words")("Not to be")) == ["not", "to", "be"]


def test_characters_are_all_there_are():
    assert "".join(tokenizer("characters")("a\n Ä日")) == "a\n Ä日"


def test_the_most_frequent_come_first_and_ties_are_sorted():
    assert most_frequent(["cab", "abd", "aa"], "characters", 10) == ("a", "b", "c", "d")
    assert most_frequent(["dog cat", "cat bird"], "words", 2) == ("cat", "bird")
