"""What Kubernetes, cert-manager, trust-manager and the Gateway API say of an object."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ..tools import missing
from ..tools import program
from ..tools import run

_GRADERS = Path(__file__).parent.parent / "graders"


def read(text: str) -> list[dict[str, Any]]:
    """The objects in a manifest, read by a YAML parser that nobody here wrote."""
    return list(yaml.safe_load_all(text))


def problems(objects: Sequence[dict[str, Any]]) -> list[list[str]]:
    """What is wrong with each, by the schemas of whoever defines its kind.

    Unknown fields are among it.
    """
    if not (_GRADERS / "node_modules" / "kubernetes-models").exists():
        missing("kubernetes-models (npm install in tests/graders)")

    grader = _GRADERS / "kubernetes.mjs"
    done = run(program("node"), grader, stdin=json.dumps(objects))
    assert done.returncode == 0, done.stderr
    found: list[list[str]] = json.loads(done.stdout)
    assert len(found) == len(objects)
    return found
