"""How Sphinx makes the site of README, the pages under docs/ and the docstrings. Run by scripts/docs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from docstrings import to_sphinx  # noqa: E402

from dreamstream.core.version import __version__  # noqa: E402

project, author, copyright = "dreamstream", "the dreamstream contributors", "the dreamstream contributors"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]

# The pages are read where they lie, so that a link is right on a code host and on the site.
root_doc = "README"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/**.md", "examples/README.md"]
include_patterns += [
    f"models/{name}/README.md" for name in ("ancestor", "builtin", "cartoon-cats", "doodle", "judge", "vgg16-features")
]
# Hidden on a code host, where folders are the table of contents.
CONTENTS = """

```{toctree}
:hidden:
:caption: For a show
docs/settings
docs/chat
docs/requests
docs/twitch
docs/page
docs/control
docs/outputs
docs/farm
docs/scale
docs/weeks
docs/security
```

```{toctree}
:hidden:
:caption: For pictures
docs/looks
docs/photographs
docs/network
models/builtin/README
models/judge/README
docs/weights
docs/vgg16
docs/teach
docs/learn
docs/cat-gans
models/ancestor/README
models/cartoon-cats/README
docs/doodle
models/doodle/README
models/vgg16-features/README
docs/video
docs/speed
```

```{toctree}
:hidden:
:caption: For code
docs/architecture
docs/dreamers
docs/reference/index
examples/README
CONTRIBUTING
CHANGELOG
SECURITY
```
"""

myst_heading_anchors = 4
default_role = "py:obj"
# Docstrings are this project's own form, see docstrings.py; types are read from the annotations.
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False

# Two rooms may use the same name; a `Name` in prose that could be either leads to the first.
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = "dreamstream"
html_additional_pages = {"index": "index.html"}
html_copy_source = False
templates_path = ["_templates"]


def _contents(app: Any, page: str, source: list[str]) -> None:
    if page == root_doc:
        source[0] += CONTENTS


def _docstring(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = to_sphinx(lines)


def setup(app: Any) -> None:
    """Let Sphinx read what this project writes."""
    app.connect("source-read", _contents)
    app.connect("autodoc-process-docstring", _docstring)
