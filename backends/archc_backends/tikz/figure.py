"""The figure as LaTeX: coordinates in centimetres, one line for each thing that is seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archc import diagram
from archc.diagnostics import fail
from archc.diagram import colours, words
from archc.diagram.plan import READABLE
from archc.graph.network import Network
from archc.latex import escape
from archc.ops.base import Shape
from archc_backends.tikz.layout import WIDEST, Layout, Path
from archc_backends.tikz.sizes import Sizes
from archc_backends.tikz.volumes import CHARACTER, LINE, LOW, SLANT, Slab, Unit, contracted, units

FEWEST, MOST = 8, 26
"""Where no depth is asked for, blocks are opened until a figure has so many boxes."""

LIMIT = 600
"""A figure of more boxes is refused."""

OPEN = r"""\documentclass{article}
\usepackage{tikz}
\newsavebox\archcfigure
\begin{document}
\begin{lrbox}{\archcfigure}%
"""

CLOSE = r"""\end{lrbox}
% One page of the figure's size.
\pdfpagewidth=\dimexpr\wd\archcfigure+4mm\relax
\pdfpageheight=\dimexpr\ht\archcfigure+\dp\archcfigure+4mm\relax
\pdfhorigin=2mm \pdfvorigin=2mm
\shipout\hbox{\usebox\archcfigure}
\end{document}
"""

MAP = r"""% A feature map: x and y of its middle, thickness, height, depth, colour.
\providecommand\archcmap[6]{%
  \begin{scope}[shift={(#1,#2)}, line join=round, draw=black!65, line width=.35pt]
    \pgfmathsetmacro\dx{RIGHT*#5}\pgfmathsetmacro\dy{UP*#5}
    \pgfmathsetmacro\l{-(#3+\dx)/2}\pgfmathsetmacro\b{-(#4+\dy)/2}
    \draw[fill=#6] (\l,\b) rectangle ++(#3,#4);
    \draw[fill=#6!70!white] (\l,\b+#4) -- ++(\dx,\dy) -- ++(#3,0) -- ++(-\dx,-\dy) -- cycle;
    \draw[fill=#6!85!black] (\l+#3,\b) -- ++(\dx,\dy) -- ++(0,#4) -- ++(-\dx,-\dy) -- cycle;
  \end{scope}}
""".replace("RIGHT", str(SLANT[0])).replace("UP", str(SLANT[1]))

STYLES = (
    "x=1cm, y=1cm",
    r"every node/.style={inner sep=1pt, font=\sffamily\scriptsize, align=center}",
    "flow/.style={->, >=latex, draw=black!75, line width=.5pt, rounded corners=2pt}",
    "name/.style={anchor=north, text=black}",
    "size/.style={text=black!80}",
    "work/.style={anchor=south, text=black!70}",
    "sign/.style={circle, draw=black!75, line width=.5pt, fill=white, minimum size=.42cm,"
    " inner sep=0pt}",
    "block/.style={draw=black!75, line width=.5pt, fill=white, rounded corners=2pt}",
)

INPUT, BLOCK = "#d9dee3", "#e2dfee"


def text(network: Network, depth: int | None, *, document: bool = True) -> str:
    """The picture of the network, in a document of its own or for ``\\input``."""
    layout = _chosen(network) if depth is None else _layout(network, depth)
    figure = _Figure(network, layout)
    picture = "\n".join(figure.lines()) + "\n"
    return OPEN + picture + CLOSE if document else picture


def _chosen(network: Network) -> Layout:
    """The figure at the smallest depth that tells of the network's stages and fits on a page."""
    if len(network.root.children) > LIMIT:
        return _layout(network, None)  # as much as can be read, its middle left out
    best = _layout(network, 1)
    if len(best.units) > READABLE:
        return _layout(network, None)
    for level in range(2, 6):
        if len(best.units) >= FEWEST:
            break
        found = _layout(network, level)
        if len(found.units) > MOST or found.width > WIDEST:
            break
        best = found
    return best


def _layout(network: Network, depth: int | None) -> Layout:
    view = diagram.view(network, depth)
    boxes, edges = contracted(view.boxes(), view.arrows())
    if len(boxes) > LIMIT:
        fail(
            "too-large",
            None,
            f"the figure of `{network.name}` would have {len(boxes):,} boxes, and a page has no "
            f"room for more than {LIMIT:,}",
            help="a smaller depth",
        )
    leaving: dict[int, set[Shape]] = {}
    for edge in edges:
        leaving.setdefault(id(edge.source), set()).update(edge.shapes)
    return Layout(units(boxes, leaving), edges)


class _Figure:
    def __init__(self, network: Network, layout: Layout) -> None:
        self.network = network
        self.layout = layout
        self.sizes = Sizes()

    def lines(self) -> Iterator[str]:
        title = words.title(self.network).replace(" · ", ", ").replace("·", "*")
        yield "% " + "".join(c if " " <= c <= "~" else "?" for c in title)
        yield MAP.rstrip("\n")
        for kind in self._kinds():
            yield f"\\definecolor{{archc{kind}}}{{HTML}}{{{_fill(kind)[1:].upper()}}}"
        yield "\\begin{tikzpicture}["
        yield from (f"  {style}," for style in STYLES)
        yield "]"
        for path in self.layout.paths:
            yield from self._path(path)
        for unit in self.layout.units:
            yield from self._unit(unit)
        yield from self._legend()
        yield "\\end{tikzpicture}%"

    def _kinds(self) -> list[str]:
        slabs = [slab for unit in self.layout.units for slab in unit.slabs]
        return list(dict.fromkeys(_kind(slab) for slab in slabs))

    # ------------------------------------------------------------ units

    def _unit(self, unit: Unit) -> Iterator[str]:
        if unit.kind == "output":
            yield _node("", unit.x, unit.y, unit.names)
            return
        if unit.kind == "block":
            yield _node("block, inner sep=4pt", unit.x, unit.y, unit.names)
            return
        if unit.work:
            row = self.layout.side(unit)
            x = unit.x - row * (unit.wide / 2 + unit.gap / 2 + 0.14)
            yield _node("work", x, unit.y + 0.04, unit.work)
        bottom = unit.y - unit.high / 2
        if unit.kind == "sign":
            yield f"\\node[sign] at ({_n(unit.x)},{_n(unit.y)}) {{{unit.sign}}};"
        else:
            left = unit.x - unit.wide / 2
            for number, slab in enumerate(unit.slabs):
                yield from self._slab(unit, slab, left, number)
                left += slab.thick
            bottom -= LINE + 0.02
        if unit.names:
            yield _node("name", unit.x, bottom - 0.03, unit.names)

    def _slab(self, unit: Unit, slab: Slab, left: float, number: int) -> Iterator[str]:
        wide, high = slab.thick + slab.deep * SLANT[0], slab.high + slab.deep * SLANT[1]
        numbers = (left + wide / 2, unit.y, slab.thick, slab.high, slab.deep)
        values = "".join(f"{{{_n(value)}}}" for value in numbers)
        yield f"\\archcmap{values}{{archc{_kind(slab)}}}"
        bottom = unit.y - high / 2
        *lead, channels = slab.shape
        same = [one.shape for one in unit.slabs]
        if number == 0 or slab.shape[-1] != same[number - 1][-1]:
            text = self.sizes.text(channels)
            if len(lead) > 2:
                text = "$\\times$".join([*(self.sizes.text(one) for one in lead[:-2]), text])
            low = unit.y - unit.high / 2 - 0.03
            at = f"({_n(left + slab.thick / 2)},{_n(low)})"
            yield f"\\node[size, anchor=north] at {at} {{{text}}};"
        if not lead:
            return
        if len(lead) > 1 and number == 0 and slab.high >= LOW:
            at = f"({_n(left)},{_n(bottom + slab.high * 0.25)})"
            yield f"\\node[size, anchor=south, rotate=90] at {at} {{{self.sizes.text(lead[-2])}}};"
        last = number == len(unit.slabs) - 1
        if last or slab.shape[:-1] != same[number + 1][:-1]:
            right = left + slab.thick + slab.deep * SLANT[0] * 0.6
            at = f"({_n(right)},{_n(bottom + slab.deep * SLANT[1] / 2)})"
            text = "$\\times$".join(map(self.sizes.text, slab.sides))
            style = "size, fill=white, anchor=north west"  # over arrows that pass there
            yield f"\\node[{style}] at {at} {{{text}}};"

    # ------------------------------------------------------------ arrows

    def _path(self, path: Path) -> Iterator[str]:
        corners = " -- ".join(f"({_n(x)},{_n(y)})" for x, y in path.points)
        yield f"\\draw[flow] {corners};"
        if path.word:
            x, y = path.at
            away = {"north": -0.03, "south": 0.03}.get(path.anchor, 0.0)
            yield _node(f"size, anchor={path.anchor}", x, y + away, [path.word])

    # ------------------------------------------------------------ below the figure

    def _legend(self) -> Iterator[str]:
        """What the colours mean, and the names of long formulas."""
        left = min(unit.x - unit.wide / 2 for unit in self.layout.units)
        right = max(unit.x + unit.wide / 2 for unit in self.layout.units)
        y = min(unit.y - unit.high / 2 - unit.below for unit in self.layout.units) - 0.45
        x = left
        kinds = [kind for kind in self._kinds() if kind != "input"]
        for kind in kinds if len(kinds) > 1 else []:
            wide = 0.55 + len(kind) * CHARACTER + 0.25
            if x > left and x + wide > right:
                x, y = left, y - LINE - 0.08
            at = f"({_n(x)},{_n(y - 0.1)})"
            yield f"\\draw[draw=black!65, fill=archc{kind}] {at} rectangle ++(.3,.2);"
            yield f"\\node[anchor=west] at ({_n(x + 0.36)},{_n(y)}) {{{escape(kind)}}};"
            x += wide
        x, y = left, y - LINE - 0.1
        for line in self.sizes.explained():
            wide = len(line) * CHARACTER * 0.8 + 0.4
            if x > left and x + wide > right:
                x, y = left, y - LINE - 0.08
            yield f"\\node[anchor=west] at ({_n(x)},{_n(y)}) {{{line}}};"
            x += wide


def _kind(slab: Slab) -> str:
    known = slab.kind in colours.COLOURS or slab.kind == "input"
    return slab.kind if known else "other"


def _fill(kind: str) -> str:
    if kind in ("input", "block"):
        return INPUT if kind == "input" else BLOCK
    return colours.COLOURS[kind].fill if kind in colours.COLOURS else colours.OTHER.fill


def _node(style: str, x: float, y: float, lines: Sequence[str]) -> str:
    text = r"\\".join(map(escape, lines))
    return f"\\node[{style}] at ({_n(x)},{_n(y)}) {{{text}}};"


def _n(number: float) -> str:
    """A length with two digits, the same on every machine."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
