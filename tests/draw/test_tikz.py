"""Figures for papers: what they show, and that LaTeX sets them, a whole document in one run."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import archc
from archc import Network, SpecError, show
from archc.graph.compile import compile_network
from archc.latex import escape
from archc.pipeline import family, read
from archc_backends.tikz import backend

SPECS = sorted(Path("specs").glob("*.arch"))

MAP = re.compile(r"\\archcmap" + r"\{(-?[\d.]+)\}" * 5 + r"\{archc(\w+)\}")
NODE = re.compile(r"\\node\[([^\]]*)\] at \((-?[\d.]+),(-?[\d.]+)\) \{(.*)\};")


def picture(network: Network, **options: object) -> str:
    return backend.write(network, document=False, **options)


def maps(text: str) -> list[tuple[list[float], str]]:
    """The feature maps: x, y, thickness, height, depth; and the kind."""
    return [([float(n) for n in found[:5]], found[5]) for found in MAP.findall(text)]


def nodes(text: str, style: str) -> list[str]:
    return [found[3] for found in NODE.findall(text) if found[0].split(",")[0] == style]


# ---------------------------------------------------------------- what is shown


def test_alexnet_is_drawn_as_in_its_papers() -> None:
    text = picture(archc.load("specs/alexnet.arch", "alexnet"))
    found = maps(text)
    assert [kind for _, kind in found] == [
        "input",
        *["convolution", "pooling"] * 2,
        *["convolution"] * 3,
        "pooling",
        *["dense"] * 3,
    ]
    heights = [sizes[3] for sizes, kind in found if kind != "dense"]
    assert heights == sorted(heights, reverse=True)
    thickness = dict(zip(nodes(text, "name"), (sizes[2] for sizes, _ in found), strict=True))
    assert thickness["image"] < thickness["conv1"] < thickness["conv3"]
    assert nodes(text, "work")[:2] == [
        r"conv\\11$\times$11/4\\relu",
        r"lrn\\maxpool\\3$\times$3/2",
    ]
    numbers = nodes(text, "size")
    assert [numbers.count(n) for n in ("227", "55", "96", "4096", "1000")] == [2, 2, 2, 2, 1]


def test_maps_of_one_line_and_repeats_stand_one_behind_the_other() -> None:
    text = picture(archc.load("specs/resnet.arch", "resnet50"))
    assert sum(kind == "block" for _, kind in maps(text)) == 3 + 4 + 4 + 3  # at most four of each
    assert r"conv[4]\\bottleneck $\times$6" in nodes(text, "name")


def test_a_u_net_turns_and_its_arrows_go_straight_down() -> None:
    text = picture(archc.load("specs/pix2pix.arch", "unet"))
    paths = re.findall(r"\\draw\[flow\] (.*);", text)
    points = [
        [tuple(map(float, p.split(","))) for p in re.findall(r"\(([^)]*)\)", path)]
        for path in paths
    ]
    down = [p for p in points if len(p) == 2 and p[0][0] == p[1][0] and p[0][1] > p[1][1]]
    assert len(down) == 7
    assert max(sizes[0] for sizes, _ in maps(text)) < 27
    assert len({sizes[1] for sizes, _ in maps(text)}) == 2
    assert text.count(r"{$\Vert$}") == 7


CROWDED = ["faster_rcnn:faster_rcnn", "mask_rcnn:mask_rcnn", "yolo:yolov3", "ssd:ssd300"]
CROWDED += ["fpn:fpn", "fcn:fcn8s"]


def crowded(spec: str) -> str:
    name, variant = spec.split(":")
    return picture(archc.load(f"specs/{name}.arch", variant))


def test_sizes_do_not_run_into_each_other() -> None:
    """What stands below the maps of a row, as wide as letters are in print (0.13 cm; capitals,
    slashes and floors 0.15), and the names of signs."""
    for spec in CROWDED:
        found: list[tuple[float, float, float, str]] = []
        for style, x, y, text in NODE.findall(crowded(spec)):
            if not style.startswith("size, ") or "rotate" in style or "anchor=west" in style:
                continue
            plain = re.sub(r"\$_\{(.)\}\$", r"\1", text).replace(r"$\times$", "x")
            plain = re.sub(r"\$\\[lr]floor\$", "|", plain)
            wide = sum(0.15 if c in "HWx/|" else 0.1 for c in plain)
            left = float(x) if "north west" in style else float(x) - wide / 2
            found.append((left, left + wide, float(y), plain))
        for n, one in enumerate(found):
            for other in found[:n]:
                level = abs(one[2] - other[2]) < 0.15
                assert not (level and one[0] < other[1] and other[0] < one[1]), (spec, one, other)


def test_arrows_of_different_values_do_not_share_a_line() -> None:
    """One that goes up beside one that comes down would read as one arrow."""
    for spec in CROWDED:
        text = crowded(spec)
        paths = [
            [tuple(map(float, p.split(","))) for p in re.findall(r"\(([^)]*)\)", path)]
            for path in re.findall(r"\\draw\[flow\] (.*);", text)
        ]
        upright = [
            (path, a[0], min(a[1], b[1]), max(a[1], b[1]))
            for path in paths
            for a, b in pairwise(path)
            if a[0] == b[0]
        ]
        for n, (path, x, low, high) in enumerate(upright):
            for other, at, bottom, top in upright[:n]:
                if path[0] != other[0] and path[-1] != other[-1] and abs(x - at) < 0.05:
                    assert min(high, top) - max(low, bottom) < 0.05, (spec, path, other)


def test_a_long_network_is_broken_into_rows() -> None:
    text = picture(archc.load("specs/vgg16.arch"))
    assert len({sizes[1] for sizes, _ in maps(text)}) == 2
    assert max(sizes[0] for sizes, _ in maps(text)) < 25


def test_a_network_draws_itself() -> None:
    network = archc.load("specs/lenet5.arch", "lenet5")
    assert network.draw("tikz", document=False) == picture(network)
    assert str(network.draw("mermaid")).startswith("---\ntitle:")


def test_long_formulas_are_named_and_explained() -> None:
    text = picture(archc.load("specs/fcn.arch", "fcn8s"))
    assert r"{H$_{1}$ $=$ $\lfloor$(H + 5)/32$\rfloor$ + 1}" in text
    assert "{W$_{i}$ as H$_{i}$}" in text


def test_many_layers_lose_their_middle_and_a_depth_that_asks_for_them_is_refused() -> None:
    network = archc.loads(
        """
        network n {
            input image: 8x8x16
            for i in range(700) { step[i]: conv 1x1 ((i * i) % 97 + 1) }
        }
        """
    )
    assert r"\ldots{} 644 layers \ldots{}" in picture(network)
    with pytest.raises(SpecError, match="would have 702 boxes"):
        picture(network, depth=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "TB"}, "runs from left to right"),
        ({"depth": -1}, "a depth is an integer from 0"),
        ({"audit": ()}, "option is one of depth, direction, document"),
    ],
)
def test_wrong_options_are_diagnostics(options: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        backend.write(archc.load("specs/lenet5.arch", "lenet5"), **options)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_network_of_the_zoo_fits_on_a_page(path: Path) -> None:
    for value in family(read(path)):
        text = picture(compile_network(value))
        found = maps(text)
        assert found
        assert text.isascii()
        assert text.count("{") == text.count("}") - text.count(r"\}") + text.count(r"\{")
        width = max(x + (t + d) / 2 for (x, _, t, _, d), _ in found)
        bottom = min(y - (h + d) / 2 for (_, y, _, h, d), _ in found)
        assert width < 46
        assert bottom > -25


# ---------------------------------------------------------------- LaTeX


HOSTILE = [
    "\\input{x}",
    "{",
    "}",
    "#1 $x$ %y & z_1^2 ~",
    '"<a|b>"',
    "--'`",
    "日本 é ü ß λ Ω",
    "^^41",
    "\\",
    "\\end{tikzpicture}",
    "[x]",
    "a\nb\x00",
]

FIGURES = [
    ("lenet5", "lenet5"),
    ("alexnet", "alexnet"),
    ("resnet", "resnet50"),
    ("fcn", "fcn8s"),
    ("pix2pix", "unet"),
    ("mask_rcnn", "mask_rcnn"),
]


def hostile() -> Iterator[Network]:
    for text in HOSTILE:
        network = archc.loads(
            """
            block pair(width) { concat { conv 1x1 width; conv 3x3 width pad=1 } }
            network branches {
                input image: 32x32x3
                output one: pair 8
                two: pair 8
            }
            """
        )
        network.modules["one"].label = text
        network.modules["two"].callee = text
        first, *others = network.outputs
        network.outputs = (replace(first, name=text), *others)
        network.name = text
        yield network


def latex(document: str, folder: Path) -> str:
    """Set a document; what LaTeX says. Fails where it finds an error."""
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex")
    (folder / "figure.tex").write_text(document, encoding="ascii")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "figure.tex"],
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=False,
    )
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, said[-2000:]
    return said


def test_figures_and_tables_of_others_documents_are_set(tmp_path: Path) -> None:
    networks = [archc.load(f"specs/{spec}.arch", name) for spec, name in FIGURES]
    unkind = list(hostile())
    pictures = [picture(network) for network in [*networks, *unkind]]
    pictures += [show.to_latex(network, depth=1) for network in [*networks, *unkind]]
    pictures.append(show.family_to_latex([*networks, *unkind]))
    body = "".join(f"\\setbox0=\\hbox{{{text}\n}}\\shipout\\box0\n" for text in pictures)
    said = latex(
        "\\documentclass{article}\\usepackage{tikz}\\begin{document}\n"
        f"{body}\\setbox0=\\hbox{{\\sffamily {' '.join(map(escape, HOSTILE))}}}\\shipout\\box0\n"
        "\\end{document}\n",
        tmp_path,
    )
    assert f"({len(pictures) + 1} pages" in said
    assert "Missing character" not in said
    log = (tmp_path / "figure.log").read_text(errors="replace")
    assert "Missing character" not in log


def test_the_document_is_one_page_of_the_figures_size(tmp_path: Path) -> None:
    network = archc.load("specs/lenet5.arch", "lenet5")
    said = latex("\\pdfobjcompresslevel=0\n" + backend.write(network), tmp_path)
    assert "(1 page," in said
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", (tmp_path / "figure.pdf").read_bytes())
    assert box
    width, height = (float(n) / 72 * 2.54 for n in box.groups())
    found = maps(backend.write(network))
    assert max(x for (x, *_), _ in found) < width < max(x for (x, *_), _ in found) + 3
    assert 3 < height < 8


def test_signs_of_latex_are_escaped() -> None:
    assert escape("a_1 & 50% {x} #2 $ ^ ~ \\") == (
        r"a\_1 \& 50\% \{x\} \#2 \$ \^{} \~{} $\backslash$"
    )
    assert escape("3×3 · 1–2 -- é λ Δ 日") == (
        r"3$\times$3 $\cdot$ 1--{}2 -{}-{} \'{e} $\lambda$ $\Delta$ U+65E5"
    )
