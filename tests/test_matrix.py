"""docs/matrix.md is what docs/write_matrix.py finds, and every layer is tried."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from archc.registry import BUILTIN

DOCS = Path(__file__).parents[1] / "docs"


def test_the_page_is_up_to_date() -> None:
    written = runpy.run_path(str(DOCS / "write_matrix.py"))["page"]()
    help = "run `python docs/write_matrix.py > docs/matrix.md`"
    assert (DOCS / "matrix.md").read_text(encoding="utf-8") == written, help
    rows = re.findall(
        r"^\| \[`(\w+)`\]\(layers.md#\1\) \| (\d+) \| (.*) \|$", written, re.MULTILINE
    )
    assert [name for name, _, _ in rows] == list(BUILTIN["archc.ops"])
    for name, _, cells in rows:
        torch, _, _, _, arch, yaml, *_ = cells.split(" | ")
        assert (torch, arch, yaml) == ("yes", "yes", "yes"), name
