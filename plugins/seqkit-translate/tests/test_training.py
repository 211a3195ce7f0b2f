"""From a recipe to a bundle and back, through seqkit's own ways."""

import shutil

import pytest
from seqkit_translate.translator import Translator

import seqkit
from seqkit.bundle.load import open_bundle
from seqkit.errors import BundleError, UsageError
from seqkit.examples import TextExample

PAIRS = [("abc", "cba"), ("bca", "acb"), ("cab ab", "ba bac"), ("ba", "ab")]
EXAMPLES = [TextExample(text, f"t:{n}", (label,)) for n, (text, label) in enumerate(PAIRS)]
WANTED = [label for _, label in PAIRS]


def texts(path):
    return [answer.text for answer in seqkit.load(path).predict(EXAMPLES)]


def test_four_sentences_are_learnt_by_heart(backwards):
    answers = list(seqkit.load(backwards).predict(EXAMPLES))
    assert [answer.text for answer in answers] == WANTED
    assert [answer.source for answer in answers] == ["t:0", "t:1", "t:2", "t:3"]
    assert all(answer.complete and -1 < answer.score < 0 for answer in answers)


@pytest.mark.parametrize(
    "changes",
    [
        {"head": {"attention": "additive"}},
        {"head": {"attention": "dot", "hidden_size": 48, "input_feeding": True}},
        {"cell": {"name": "lstm"}, "head": {"layers": 2, "tie_weights": False}},
        {"encoder": {"bidirectional": False}, "head": {"shared_vocabulary": True}},
    ],
    ids=str,
)
def test_so_they_are_in_other_ways(trained, changes):
    assert texts(trained(**changes)) == WANTED


def test_the_folder_has_the_target_vocabulary_and_is_checked(trained):
    path = trained(training={"epochs": 1})
    vocabulary = path / "head" / "sentencepiece.model"
    assert vocabulary.is_file()
    vocabulary.unlink()
    with pytest.raises(BundleError, match=r"sentencepiece.model is missing"):
        texts(path)


def test_a_copy_of_the_bundle_translates_alike(backwards, tmp_path):
    copy = shutil.copytree(backwards, tmp_path / "copy")
    answers = list(seqkit.load(copy).predict(EXAMPLES))
    assert answers == list(seqkit.load(backwards).predict(EXAMPLES))
    assert [answer.text for answer in answers] == WANTED


def test_evaluating_gives_loss_bleu_and_chrf(backwards):
    evaluation = seqkit.load(backwards).evaluate(EXAMPLES)
    assert set(evaluation.scores) == {"loss", "bleu", "chrf"}
    assert evaluation.scores["chrf"] == pytest.approx(100)
    assert 0 < evaluation.scores["loss"] < 0.2
    assert evaluation.examples == 4


def test_training_scores_the_loss_alone(backwards):
    assert set(seqkit.load(backwards).manifest.scores) == {"loss"}


class TestTranslator:
    @pytest.fixture
    def translator(self, backwards):
        return Translator(open_bundle(backwards))

    def test_it_answers_in_order_and_blank_stays_blank(self, translator):
        inputs = [TextExample(text, str(n)) for n, text in enumerate(["ba", " ", "cab ab", ""])]
        answers = [answer.translation for answer in translator.translate(inputs)]
        assert [(a.source, a.text) for a in answers] == [
            ("0", "ab"),
            ("1", ""),
            ("2", "ba bac"),
            ("3", ""),
        ]

    def test_alternatives_get_worse(self, translator):
        (answer,) = translator.translate(EXAMPLES[:1], num=3)
        found = answer.translation
        assert found.text == "cba"
        assert len({found.text, *(other.text for other in found.alternatives)}) == 3
        scores = [found.score, *(other.score for other in found.alternatives)]
        assert scores == sorted(scores, reverse=True)

    def test_scores_follow_the_search_that_is_asked_for(self, translator):
        plain, penalised = (
            translator.translate(EXAMPLES[:1], translator.searching({"length_penalty": power}))[0]
            for power in (0.0, 2.0)
        )
        tokens = plain.translation.tokens
        assert penalised.translation.score == pytest.approx(
            plain.translation.score / ((5 + tokens) / 6) ** 2
        )

    def test_attention_is_told_of_each_token(self, translator):
        (answer,) = translator.translate(EXAMPLES[2:3], attention=True)
        looked = answer.attention
        assert list(looked.source) == list("cab ab")
        assert "".join(looked.target).replace("▁", " ") == "ba bac"
        assert looked.weights.shape == (len(looked.target), 6)
        assert translator.translate([TextExample("", "")], attention=True)[0].attention is None

    def test_the_search_is_the_recipes_unless_it_is_told(self, translator):
        assert translator.searching().beam == 5
        assert translator.searching({"beam": 2}).beam == 2

    def test_a_beam_is_wide_enough(self, translator):
        with pytest.raises(UsageError, match="A beam of 2 can't give 3"):
            translator.translate(EXAMPLES, translator.searching({"beam": 2}), num=3)
