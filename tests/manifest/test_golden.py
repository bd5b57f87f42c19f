from __future__ import annotations

import pytest

from ..servers import ROOT
from .cases import Case
from .cases import CASES
from .cases import GOLDEN
from .cases import path
from .schemas import problems
from .schemas import read


@pytest.mark.parametrize("name", CASES)
def test_a_manifest_is_the_one_that_was_read_by_a_person(name: str) -> None:
    written = CASES[name].write()

    assert written == path(name).read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    kept = {each.stem for each in GOLDEN.iterdir()}

    assert kept == set(CASES)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_manifest_is_valid_by_the_schemas_of_whoever_defines_its_kinds(
    case: Case,
) -> None:
    objects = read(case.write())

    assert problems(objects) == [[] for _ in objects]


def test_the_schemas_see_a_wrong_value_and_an_unknown_field() -> None:
    certificate = read(CASES["app"].write())[1]
    certificate["spec"]["usages"] = ["everything"]
    other = read(CASES["app"].write())[2]
    other["spec"]["template"]["spec"]["containers"][0]["sekurityContext"] = {}

    wrong, unknown = problems([certificate, other])

    assert "spec/usages/0 must be equal to one of the allowed values" in wrong[0]
    assert unknown == [
        "there is no field spec.template.spec.containers.0.sekurityContext"
    ]


@pytest.mark.parametrize(
    ("name", "example"), [("role", "role.yaml"), ("role-signer", "signer-role.yaml")]
)
def test_a_role_allows_what_the_issuer_was_tried_with(name: str, example: str) -> None:
    ours = read(CASES[name].write())
    tried = read((ROOT / "examples" / "kubernetes" / example).read_text())

    assert [each["rules"] for each in ours if "rules" in each] == [tried[0]["rules"]]
