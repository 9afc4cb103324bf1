"""Every mutant of `make mutants` can be made, and has tests of its promise to notice it."""

import re
from pathlib import Path

import pytest

from tests.mutants.mutant import Mutant, occurrences
from tests.mutants.table import MUTANTS

ROOT = Path(__file__).parents[2]


def test_every_promise_has_a_mutant() -> None:
    promises = re.findall(r"^\| P(\d+) \|", (ROOT / "docs" / "promises.md").read_text(), re.MULTILINE)
    assert {mutant.promise for mutant in MUTANTS} == {*map(int, promises)}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.broken)
def test_a_mutants_text_is_there_once_and_its_tests_carry_its_number(mutant: Mutant) -> None:
    assert [edit.file for edit in mutant.edits if occurrences(ROOT, edit) != 1] == [], "change the mutant with the code"
    named = re.compile(rf"\btest_p{mutant.promise:02d}_")
    assert [name for name in mutant.tests if not named.search((ROOT / "tests" / name).read_text())] == []
