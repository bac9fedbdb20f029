"""Random syntax trees, of all kinds of nodes that a text can be read into."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from archc.diagnostics import Source, Span
from archc.language import syntax as s
from archc.language.scene import KEYWORDS

NOWHERE = Span(Source("made", ""), 0, 0)
RESERVED = {*KEYWORDS.values(), "elif"}
COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]
OPERATORS = ["+", "-", "*", "/", "//", "%", "^", "and", "or", *COMPARISONS]

names = st.sampled_from(
    ["conv", "x", "width", "A", "fc6", "as", "erratum", "it", "true", "_k", "input_", "boxes"]
) | st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True).filter(
    lambda name: name not in RESERVED and not _is_window(name)
)
texts = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters='"'), max_size=8)


def _is_window(name: str) -> bool:
    """``kxk`` has a message of its own."""
    return len(name) in (3, 5) and set(name[1::2]) == {"x"}


def node(kind: Any, *parts: Any) -> Any:
    """A strategy for nodes of a kind, from strategies for its fields."""
    return st.builds(kind, st.just(NOWHERE), *parts)


def several(items: Any, least: int = 0, most: int = 3) -> Any:
    return st.lists(items, min_size=least, max_size=most).map(tuple)


def maybe(items: Any) -> Any:
    return st.none() | items


integers = st.integers(0, 2**40).map(lambda n: s.Number(NOWHERE, n, str(n)))
reals = st.floats(0, 1e6, allow_nan=False).map(lambda x: s.Number(NOWHERE, x, f"{x:.4f}"))
numbers = integers | reals.map(lambda n: s.Number(NOWHERE, float(n.text), n.text))
sizes = node(
    s.SizeLiteral, several(st.integers(0, 999) | st.sampled_from(["H", "W", "C"]), least=2)
)
simple = node(s.Reference, node(s.Part, names, st.none()).map(lambda part: (part,)))


def _compound(values: Any) -> Any:
    return st.one_of(
        node(s.ListLiteral, several(values)),
        node(s.Unary, st.sampled_from(["-", "not"]), values),
        node(s.Binary, st.sampled_from(OPERATORS), values, values),
        node(s.Conditional, values, values, values),
        node(s.Function, simple, several(values)),
        node(s.Group, values),
        node(s.Reference, several(node(s.Part, names, maybe(values)), least=1)),
    )


values = st.recursive(numbers | node(s.Text, texts) | sizes | simple, _compound, max_leaves=6)
references = node(s.Reference, several(node(s.Part, names, maybe(values)), least=1, most=2))
labels = node(s.Reference, node(s.Part, names, maybe(values)).map(lambda part: (part,)))
shapes = st.one_of(sizes, integers, simple, node(s.ListLiteral, several(values)))
windows = node(s.WindowLiteral, sizes, values)
arguments = values | windows | node(s.Keyword, names, values | windows)
assertions = node(s.Assertion, shapes)


def _bodies(statements: Any) -> Any:
    return st.builds(s.Body, st.just(NOWHERE), several(statements), st.booleans())


def _calls(bodies: Any) -> Any:
    return node(s.Call, references, several(arguments), bodies)


def _steps(bodies: Any) -> Any:
    braces = node(s.Braces, bodies)
    calls = _calls(maybe(bodies))
    step = calls | braces | node(s.Repeat, calls | braces, values)
    chains = several(step, least=1)
    starts = node(s.From, references)
    return chains | st.tuples(starts, chains).map(lambda pair: (pair[0], *pair[1]))


quantities = node(
    s.Quantity,
    names.filter(lambda n: n not in ("as", "erratum")),
    texts,
    several(names.filter(lambda n: n not in ("as", "erratum"))),
)
positions = st.integers(0, 99).map(lambda n: s.Part(NOWHERE, str(n), None))
subjects = st.tuples(
    node(s.Part, names, maybe(integers)), several(positions | node(s.Part, names, st.none()))
).map(lambda parts: s.Reference(NOWHERE, (parts[0], *parts[1])))
claims = node(s.Claim, subjects, several(quantities, least=1), maybe(texts))
published = node(s.Published, texts, several(claims))
parameters = several(node(s.Parameter, names, maybe(values)))
lets = node(s.Let, names, values)
defaults = node(s.Default, _calls(st.none()), several(_calls(st.none())))
inputs = node(s.Input, maybe(names), shapes, maybe(values))
table_layers = st.one_of(
    st.tuples(st.just("conv"), st.tuples(st.sampled_from([1, 3, 11]), st.integers(1, 2**40))),
    st.tuples(st.just("fc"), st.tuples(st.integers(1, 2**40))),
    st.tuples(st.sampled_from(["lrn", "maxpool", "softmax"]), st.just(())),
).map(lambda parts: s.TableLayer(NOWHERE, *parts))


@st.composite
def configurations(draw: st.DrawFn) -> s.Configurations:
    """A table whose rows have a cell, or one a column, and as many weight layers as it says."""
    heads = draw(st.lists(st.from_regex(r"[AB](-[A-Z]{1,3})?", fullmatch=True), min_size=1,
                          max_size=3, unique=True))  # fmt: skip
    cells = node(s.TableCell, several(table_layers))
    alone = node(s.TableCell, several(table_layers, least=1)).map(lambda cell: (cell,))
    # A row without layers is not written, and a lone layer needs its dashes.
    rows = alone | st.lists(cells, min_size=len(heads), max_size=len(heads)).map(tuple)
    table = draw(several(node(s.TableRow, rows.filter(lambda r: any(c.layers for c in r)))))
    columns: list[s.TableColumn] = []
    for number, head in enumerate(heads):
        of = [row.cells[number if len(row.cells) > 1 else 0] for row in table]
        count = sum(layer.kind in ("conv", "fc") for cell in of for layer in cell.layers)
        says = s.Number(NOWHERE, count, str(count)) if count and draw(st.booleans()) else None
        columns.append(s.TableColumn(NOWHERE, head, says))
    return s.Configurations(NOWHERE, tuple(columns), table)


def _statements(bodies: Any) -> Any:
    steps = _steps(bodies)
    otherwise = maybe(bodies | node(s.If, values, bodies, maybe(bodies)))
    return st.one_of(
        node(s.Chain, maybe(labels), steps, maybe(assertions)),
        node(s.Output, labels, steps, maybe(assertions)),
        node(s.Output, labels, st.just(()), st.none()),
        node(s.Share, names, steps),
        node(s.For, maybe(names), names, values, bodies),
        node(s.If, values, bodies, otherwise),
        node(s.Block, names, parameters, bodies),
    )


_leaves = st.one_of(
    node(s.Chain, maybe(labels), several(_calls(st.none()), least=1), maybe(assertions)),
    inputs,
    lets,
    defaults,
    published,
    configurations(),
)
_inner = _statements(_bodies(_leaves))
bodies = _bodies(_inner | _statements(_bodies(_inner)) | _leaves)
columns = several(simple, least=1, most=4)


@st.composite
def variants(draw: st.DrawFn) -> s.Variants:
    """A table whose rows are as wide as its header."""
    header = draw(columns)
    width = len(header) - 1
    cells = maybe(values)
    row = st.tuples(simple, st.lists(cells, min_size=width, max_size=width)).map(
        lambda parts: s.Row(NOWHERE, (parts[0], *parts[1]))
    )
    rows = draw(several(row))
    return s.Variants(NOWHERE, draw(references), draw(maybe(texts)), header, rows)


items = st.one_of(
    node(s.Import, texts, maybe(names)),
    node(s.Network, names, parameters, bodies),
    node(s.Block, names, parameters, bodies),
    node(s.Alias, names, references),
    variants(),
    lets,
    defaults,
    published,
)
files = node(s.File, several(items))
