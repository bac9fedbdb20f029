"""docs/systems.md is what docs/write_systems.py writes, and lacks no network of the zoo."""

from __future__ import annotations

import runpy
from pathlib import Path

import yaml

from archc import pipeline

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date() -> None:
    written = runpy.run_path(str(ROOT / "docs" / "write_systems.py"))["page"]()
    help = "run `python docs/write_systems.py > docs/systems.md`"
    assert (ROOT / "docs" / "systems.md").read_text(encoding="utf-8") == written, help


def test_every_network_of_the_zoo_belongs_to_a_system() -> None:
    families = yaml.safe_load((ROOT / "docs" / "systems.yaml").read_text(encoding="utf-8"))
    listed = [
        name
        for family in families
        for system in family["systems"]
        for name in system.get("networks", [])
        if not name.startswith("published/")
    ]
    assert len(set(listed)) == len(listed)
    found = {
        path.stem: [value.name for value in pipeline.family(pipeline.read(path))]
        for path in sorted((ROOT / "specs").glob("*.arch"))
    }
    whole = {name for name in listed if ":" not in name}
    parts = {name for name in listed if ":" in name}
    assert whole <= set(found)
    expected = {
        f"{stem}:{name}" for stem, names in found.items() if stem not in whole for name in names
    }
    assert parts == expected
