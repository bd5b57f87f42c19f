from __future__ import annotations

import re

from flask_tlsdev.headers import _compat
from flask_tlsdev.headers import permissions_policy
from flask_tlsdev.headers._csp_sources import DIRECTIVES
from flask_tlsdev.headers._csp_sources import FALLBACKS
from flask_tlsdev.headers._csp_sources import RETIRED


def test_the_table_says_where_it_comes_from_and_when() -> None:
    table = _compat.table()

    assert re.fullmatch(r"@mdn/browser-compat-data [0-9.]+, CC0-1.0", table["source"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", table["date"])
    assert table["permissions"]["camera"]["since"]["chrome"] == "88"


def test_every_directive_that_browsers_have_is_known() -> None:
    assert set(_compat.table()["csp"]) <= DIRECTIVES.keys() | RETIRED.keys()


def test_what_speaks_for_a_directive_is_one() -> None:
    for name, fallbacks in FALLBACKS.items():
        assert {name, *fallbacks} <= DIRECTIVES.keys()


def test_the_default_names_only_features_that_are_known() -> None:
    elsewhere = _compat.table()["permissions_elsewhere"]["features"]

    assert permissions_policy.BALANCED.keys() <= _compat.permissions()
    assert not permissions_policy.BALANCED.keys() & set(elsewhere)
