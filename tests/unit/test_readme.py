"""README's figures come from the files that the bench wrote."""

from __future__ import annotations

from bench import readme


def test_the_tables_are_those_of_the_results() -> None:
    assert readme.main(["--check"]) == 0, "run python -m bench.readme"


def test_a_changed_figure_is_noticed() -> None:
    text = f"before\n{readme.BEGIN}obsolete{readme.END}after"
    made = readme.rendered(text, [])
    assert "obsolete" not in made
    assert made.startswith("before\n")
    assert made.endswith("after")
