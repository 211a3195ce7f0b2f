"""``seqkit recipe``."""

from __future__ import annotations

import json
import tomllib

from seqkit import recipe


def test_a_new_recipe_is_one(run):
    result = run("recipe", "new", "--task", "tagging")
    assert result.exit_code == 0
    assert recipe.parse(tomllib.loads(result.stdout)).head.name == "tagging"


def test_an_unknown_task_offers_the_near_match(run):
    result = run("recipe", "new", "--task", "taging")
    assert result.exit_code == 2
    assert "There is no head 'taging'. Did you mean 'tagging'?" in result.stderr


def test_a_full_recipe_has_every_key_and_the_changes(run):
    result = run("recipe", "show", "tiny-reviews/lstm", "--set", "cell.name=gru")
    tables = tomllib.loads(result.stdout)
    assert tables["cell"] == {"name": "gru", "reset": "after"}
    assert tables["training"]["clip_norm"] == 1.0


def test_the_schema_is_json(run):
    schema = json.loads(run("recipe", "schema").stdout)
    assert schema["required"] == ["head"]
