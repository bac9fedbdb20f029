"""Whatever the text, a listing gives a tree or a diagnostic, soon, and nothing in it is run."""

from __future__ import annotations

import random
import re
import time
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archc.diagnostics import Source, SpecError
from archc.diagnostics.codes import CODES
from archc.graph.compile import compile_network
from archc.graph.library import Library
from archc.language.parser import parse
from archc.language.writer import normalise, write
from archc.notations.listing import read, repair, review
from archc.pipeline import family

LISTINGS = Path(__file__).parent / "listings"
TEXTS = [p.read_text() for p in sorted(LISTINGS.glob("*.py")) if p.stat().st_size < 4000]


def outcome(text: str) -> str:
    """What becomes of a text: ``tree``, or the code of its diagnostic. A tree is one that can be
    written, and its networks compile or are refused."""
    source = Source("x.py", text)
    for reader in (repair, read):
        try:
            tree = reader(source)
        except SpecError as error:
            assert error.diagnostics and error.diagnostics[0].code in CODES
            assert str(error)
            found = error.diagnostics[0].code
            continue
        found = "tree"
        assert normalise(parse(Source("x.arch", write(tree)))) == normalise(tree)
        try:
            spec = Library(partial(lambda found, *_: found, tree)).load_text(source)
            for value in family(spec):
                review(source, compile_network(value))
        except SpecError:
            pass
        except Exception as error:
            if type(error).__name__ != "NoVariantError":
                raise
    return found


TOKENS = sorted({t for text in TEXTS for t in re.findall(r"\w+|[^\w\s]|\n *", text)})


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False))
def test_mutated_listings(text: str, chance: random.Random) -> None:
    pieces = re.findall(r"\w+|[^\w\s]|\s+", text)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(pieces))
        match chance.randrange(5):
            case 4:
                alike = r"\d+" if pieces[place].isdigit() else r"[A-Za-z_]\w*"
                pieces[place] = chance.choice([t for t in TOKENS if re.fullmatch(alike, t)])
            case 0:
                del pieces[place]
            case 1:
                pieces[place] = chance.choice(TOKENS)
            case 2:
                pieces.insert(place, chance.choice(TOKENS))
            case _:
                other = chance.randrange(len(pieces))
                pieces[place], pieces[other] = pieces[other], pieces[place]
        if not pieces:
            return
    start = time.process_time()
    outcome("".join(pieces))
    assert time.process_time() - start < 10


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(TOKENS), max_size=40).map(" ".join))
def test_random_text(text: str) -> None:
    outcome(text)


MANY = 100_000
HOSTILE = {
    "power": "n = 10 ** 10 ** 10\nnet = nn.Sequential(nn.Linear(3, n))",
    "shift": "n = 1 << 10 ** 9\nnet = nn.Sequential(nn.Linear(3, n))",
    "list": "n = [0] * 10 ** 9\nnet = nn.Sequential(*n)",
    "lists": "n = [0] * 1000\nn = n * 1000\nn = n * 1000\nnet = nn.Sequential(*n)",
    "text": "n = 'x' * 10 ** 9\nnet = nn.Sequential(nn.Linear(3, n))",
    "format": "n = '%1000000000d' % 3\nnet = nn.Sequential(nn.Linear(3, n))",
    "range": "net = nn.Sequential(*[nn.ReLU() for _ in range(10 ** 9)])",
    "ranges": "for a in range(999):\n for b in range(999):\n  for c in range(999): pass\n"
    "net = nn.Sequential(nn.ReLU())",
    "layers": "net = nn.Sequential(*[nn.Linear(3, 3) for _ in range(90000)])",
    "huge literal": f"net = nn.Sequential(nn.Linear(3, {'9' * 5000}))",
    "while": "while True: pass\nnet = nn.Sequential(nn.Linear(3, 3))",
    "recursion": "def f(x): return f(x)\nnet = nn.Sequential(f(1))",
    "mutual": "class A(nn.Module):\n def __init__(self):\n  super().__init__()\n  self.a = A()\n"
    " def forward(self, x): return self.a(x)",
    "itself": "net = nn.Sequential(nn.ReLU())\nnet.add_module('a', net)",
    "list of itself": "n = []\nn.append(n)\nnet = nn.Sequential(*n)\nm = nn.Sequential(n)",
    "doubling": "def f(x):\n x = x + x\n return x\nclass A(nn.Module):\n def forward(self, x):\n"
    + "  x = f(x)\n" * 200
    + "  return x",
    "brackets": "net = " + "(" * MANY,
    "closed brackets": "net = " + "[" * 3000 + "]" * 3000,
    "signs": "net = " + "-" * MANY + "1",
    "negations": "net = " + "not " * MANY + "1",
    "sum": "net = 1" + "+1" * MANY,
    "powers": "net = 2" + "**2" * MANY,
    "attributes": "net = nn" + ".a" * MANY,
    "calls": "net = f" + "()" * MANY,
    "items": "net = f" + "[0]" * MANY,
    "lambdas": "net = " + "lambda: " * 5000 + "1",
    "conditions": "net = " + "1 if a else " * 5000 + "1",
    "comparisons": "net = 1" + " < 1" * MANY,
    "elif": "if a: pass\n" + "elif a: pass\n" * 3000,
    "blocks": "".join(" " * i + "if 1:\n" for i in range(99)) + " " * 99 + "pass",
    "strings": "net = " + "'a' " * MANY,
    "f-strings": "net = " + "f'{f\"{1}\"}' " * 20_000,
    "statements": "x = 1\n" * 400_000,
    "null": "net = 1\0",
    "form feed": "\f\f\f",
    "surrogate": "net = '\ud800'",
    "odd line ends": "net = nn.Sequential(\r nn.Conv2d(3, 0, 1))\u2028\x0b\x85",
    "wide characters": "# \U0001f600 ü\nnet = nn.Sequential(nn.Linear(3, 'ü\U0001f600'))",
    "negative": "net = nn.Sequential(nn.Conv2d(3, -4, 3))",
    "zero": "net = nn.Sequential(nn.Conv2d(0, 4, 0, 0))",
    "float": "net = nn.Sequential(nn.Conv2d(3, 4 / 2, 1e400))",
    "many digits": "net = nn.Sequential(nn.Dropout(1e-400), nn.BatchNorm2d(3, eps=float('nan')))",
    "huge input": "net = nn.Sequential(nn.Linear(3, 4))\nnet(torch.zeros(1, 10 ** 18))",
    "executed": "__import__('os').system('exit')\nnet = nn.Sequential(nn.Linear(3, 4))",
    "keyword": "class network(nn.Module):\n def __init__(s):\n  s.input = nn.Linear(3, 3)\n"
    " def forward(s, x): return s.input(x)",
    "walrus": "(net := nn.Sequential(nn.Linear(3, 4)))",
    "unpacking": "a, *b = 1, 2\n(c, d), e = 1\nnet = nn.Sequential(*b)",
    "star": "net = nn.Sequential(*nn, **nn)",
    "decorated": "@a\nclass A(nn.Module):\n @b\n def forward(self, *x, **y): return x",
    "async": "async def f(): await g()\nmatch 1:\n case _: pass\nnet = nn.Sequential(nn.ReLU())",
    "many sizes": "i = Input((None, None, 3))\nx = i\n"
    "for n in range(60):\n x = MaxPooling2D(3, 2)(x)\n"
    "m = Model(i, x)",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_listings(name: str) -> None:
    start = time.process_time()
    outcome(HOSTILE[name])
    assert time.process_time() - start < 20


def test_nothing_is_run(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    text = (
        f"open({str(witness)!r}, 'w').write('x')\nimport os\nos.system('touch {witness}')\n"
        f"exec(\"open({str(witness)!r}, 'w')\")\nnet = nn.Sequential(nn.Linear(3, 4))\n"
    )
    assert outcome(text) == "tree"
    assert not witness.exists()


def test_mutations_reach_trees_and_many_diagnostics() -> None:
    chance = random.Random(3)
    seen: set[str] = set()
    for _ in range(150):
        text = chance.choice(TEXTS)
        pieces = re.findall(r"\w+|[^\w\s]|\s+", text)
        pieces[chance.randrange(len(pieces))] = chance.choice(TOKENS)
        seen.add(outcome("".join(pieces)))
    assert seen >= {"tree", "syntax", "unknown-layer", "argument"}
