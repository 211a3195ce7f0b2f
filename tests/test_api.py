"""The use cases from end to end, with parts of one's own too."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import seqkit
from seqkit import api, corpora, manager
from seqkit import recipe as recipes
from seqkit.cells.base import Cell, State
from seqkit.errors import BundleError, DataError, PluginError, RecipeError, UsageError
from seqkit.examples import TextExample
from seqkit.heads import ClassificationOptions
from seqkit.heads.classification import ClassificationHead
from seqkit.hookspecs import hookimpl
from seqkit.specs import CellSpec, HeadSpec, ModelSpec


class Leaky(Cell):
    """A leaky integrator with a second tensor of state, written with torch's own layers.

    It holds a buffer that is not saved, which a loaded cell must have all the same.
    """

    def __init__(self, input_size: int, hidden_size: int, options: object) -> None:
        super().__init__(input_size, hidden_size, options)
        self.inward = nn.Linear(input_size, hidden_size)
        self.onward = nn.Linear(hidden_size, hidden_size)
        self.register_buffer("leak", torch.tensor(0.5), persistent=False)

    def reset_parameters(self, generator: torch.Generator) -> None:
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.3, 0.3, generator=generator)

    def initial_state(self, batch_size: int) -> State:
        zeros = self.onward.weight.new_zeros(batch_size, self.hidden_size)
        return zeros, zeros

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h, trace = state
        h = torch.tanh(self.inward(x) + self.onward(h))
        trace = self.leak * trace + self.leak * h
        return trace, (h, trace)


class Moods(ClassificationHead):
    """A head of another name that works as the built-in one does."""


class Plugin:
    @hookimpl
    def seqkit_register_cells(self):
        summary = "leaks"
        return [
            CellSpec(name="leaky", target=f"{__name__}:Leaky", summary=summary, states=("h", "t"))
        ]

    @hookimpl
    def seqkit_register_heads(self):
        return [
            HeadSpec(
                name="moods",
                target=f"{__name__}:Moods",
                decoder="seqkit.decoding.classification:ClassificationDecoder",
                summary="moods of texts",
                options=ClassificationOptions,
                arity="many-to-one",
                command="classify",
            )
        ]


class TestPlugins:
    @pytest.mark.parametrize("task", ["classification", "tagging", "generation"])
    def test_a_cell_trains_with_every_head_stacked_and_in_both_directions(
        self, tiny, tmp_path, task
    ):
        encoder = {"layers": 2, "bidirectional": task != "generation", "dropout": 0.1}
        with manager.isolated([Plugin()]):
            trained = tiny.train(task, tmp_path / "m", cell={"name": "leaky"}, encoder=encoder)
            assert trained.recipe.cell.name == "plugin:leaky"
            loaded = api.load(tmp_path / "m")
            if task == "generation":
                first, second = (
                    m.generate("a", tokens=9, random_seed=1) for m in (trained, loaded)
                )
                assert first == second
                assert len(loaded.suggest("a", num=2)) == 2
            else:
                text = TextExample("the cat sat", "")
                first, second = (list(m.predict([text])) for m in (trained, loaded))
                assert first == second
        with manager.isolated(), pytest.raises(PluginError, match="pip install plugin"):
            api.load(tmp_path / "m")

    def test_a_cell_that_takes_no_ids_can_not_have_one_hot_input(self, tiny, tmp_path):
        with manager.isolated([Plugin()]), pytest.raises(UsageError, match="one-hot"):
            tiny.train("tagging", tmp_path / "m", cell={"name": "leaky"}, embedding={"size": 0})
        assert not (tmp_path / "m").exists()

    def test_a_head_of_another_name_answers_to_its_command(self, tiny, tmp_path):
        rows = [TextExample("a cat", "", ("n",)), TextExample("", "", ("y",))]
        with manager.isolated([Plugin()]):
            options = {"head": {"name": "moods"}}
            model = tiny.train("classification", tmp_path / "m", **options)
            assert (model.task, model.recipe.head.name) == ("moods", "plugin:moods")
            answers = list(model.classify(rows))
            assert [bool(answer.label) for answer in answers] == [True, False]
            assert list(model.predict(rows)) == answers
            assert model.evaluate(rows).examples == 1
            wrong = TextExample("a cat", "", ("y" if answers[0].label == "n" else "n",))
            assert [m.prediction for m in model.errors([wrong])] == [answers[0].label]
            with pytest.raises(UsageError, match="is for moods, not for tagging"):
                model.tag("a")


class TestLoad:
    def test_a_folder_as_text_or_path(self, tiny, tmp_path):
        tiny.train("tagging", tmp_path / "m")
        for name in (tmp_path / "m", str(tmp_path / "m")):
            model = seqkit.load(name)
            assert (model.task, model.labels, model.path) == (
                *("tagging", ("N", "V", "X")),
                tmp_path / "m",
            )

    def test_an_installed_model_by_its_name_or_as_the_default_of_its_task(self, tiny, tmp_path):
        path = tmp_path / "m"
        tiny.train("tagging", path)

        class Models:
            @hookimpl
            def seqkit_register_models(self):
                return [
                    ModelSpec(
                        name="tiny",
                        path=path,
                        task="tagging",
                        language="en",
                        summary="tags",
                        default=True,
                    )
                ]

        with manager.isolated([Models()]):
            assert api.load("tiny").path == api.load(task="tagging").path == api.load().path == path
            with pytest.raises(BundleError, match=r"No default model for classification"):
                api.load(task="classification")
            with pytest.raises(BundleError, match=r"no model 'tinny'.*Did you mean 'tiny'"):
                api.load("tinny")

    def test_a_run_that_is_not_finished(self, tmp_path):
        (tmp_path / "m" / "training").mkdir(parents=True)
        with pytest.raises(BundleError, match=r"is not finished.*--resume"):
            api.load(tmp_path / "m")


class TestTrain:
    def test_tables_a_recipe_and_a_file_give_the_same(self, tiny, tmp_path):
        tables = tiny.tables("tagging")
        recipe = recipes.parse(tables)
        file = tmp_path / "recipe.toml"
        file.write_text(recipes.to_toml(recipe), encoding="utf-8")
        written = []
        for n, form in enumerate([tables, recipe, file, str(file)]):
            model = seqkit.train(form, out=tmp_path / str(n))
            written.append((model.path / "weights.safetensors").read_bytes())
        assert len(set(written)) == 1

    def test_a_recipes_files_stand_beside_it(self, tiny, tmp_path, monkeypatch):
        folder = tmp_path / "corpus"
        folder.mkdir()
        rows = (tiny.folder / "tagging.jsonl").read_text(encoding="utf-8")
        (folder / "rows.jsonl").write_text(rows, encoding="utf-8")
        tables = tiny.tables("tagging", corpus={"train": ["rows.jsonl"], "dev": []})
        recipe = folder / "recipe.toml"
        recipe.write_text(recipes.to_toml(recipes.parse(tables)), encoding="utf-8")
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert api.train(recipe, out="m").path == Path("m")
        assert api.train(tables, out="n", data=folder).task == "tagging"
        with pytest.raises(DataError, match=r"rows\.jsonl"):
            api.train(tables, out="o")

    def test_a_recipe_that_comes_with_seqkit(self, tmp_path):
        recipe = recipes.load(corpora.root() / "tiny-tags" / "lstm.toml")
        assert recipe.corpus.name == "tiny-tags"
        with pytest.raises(RecipeError, match=r"no recipe tiny-tagz/lstm.*tiny-tags/lstm"):
            api.train("tiny-tagz/lstm", out=tmp_path / "m")

    def test_what_comes_back_is_what_was_written(self, tiny, tmp_path):
        model = tiny.train("classification", tmp_path / "m")
        again = api.load(tmp_path / "m")
        assert model.manifest == again.manifest
        assert model.classify("a cat") == again.classify("a cat")
        assert {part.kind: part.name for part in model.manifest.parts} == {
            "tokenizer": "word",
            "cell": "lstm",
            "head": "classification",
            "callback": "jsonl",
        }
        card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
        assert "accuracy" in card
