"""How the documentation is built. Warnings are errors, see CONTRIBUTING.rst."""

from __future__ import annotations

import sys
from pathlib import Path

import flask_tlsdev

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "flask-tlsdev"
author = "The flask-tlsdev authors"
copyright = "The flask-tlsdev authors"
version = release = flask_tlsdev.__version__

extensions = [
    "sphinx.ext.autodoc",
    "pallets_sphinx_themes",
    "tlsdev_reference",
]
exclude_patterns = ["_build"]
highlight_language = "text"
# They would make one dash of the two in "--permit".
smartquotes = False

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "flask"
html_title = f"flask-tlsdev {version}"
html_static_path = ["_static"]
html_copy_source = False
html_show_sourcelink = False
# There is one version of these pages, so none to warn of another one.
version_banner = False
