"""From Python, a spec in another notation is held to what its framework would say as well."""

from __future__ import annotations

from pathlib import Path

import pytest

import archc

LISTING = """
net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Flatten(), nn.Linear(6 * 28 * 28, 10))
X = torch.rand(1, 1, {size}, {size})
"""


def test_a_listing_loads_as_a_spec_does(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(LISTING.format(size=32))
    assert archc.load(path).params == 6 * 25 + 6 + 6 * 28 * 28 * 10 + 10
    assert archc.load(f"{path}:net").name == "net"


def test_what_the_framework_would_refuse_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(LISTING.format(size=28))
    with pytest.raises(archc.SpecError, match="mat1 and mat2 shapes"):
        archc.load(path)
