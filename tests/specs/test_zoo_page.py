"""docs/zoo.md is what docs/write_zoo.py writes."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_up_to_date() -> None:
    written = runpy.run_path(str(DOCS / "write_zoo.py"))["page"]()
    help = "run `python docs/write_zoo.py > docs/zoo.md`"
    assert (DOCS / "zoo.md").read_text(encoding="utf-8") == written, help
