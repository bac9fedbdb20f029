"""archc against its peers, in one run on one machine: prints ratios, asserts no time.

    .venv/bin/python tests/benchmarks/run.py            # all
    .venv/bin/python tests/benchmarks/run.py check draw # some
    .venv/bin/python tests/benchmarks/run.py --rounds 15
    .venv/bin/python tests/benchmarks/run.py --write    # into docs/benchmarks.md

Every measure is of whole processes, best of several rounds, the rounds of what is compared taken
in turn. Needs the Python that archc, torch and torchinfo are installed for; of its own only the
standard library.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ARCHC = (str(Path(sys.executable).parent / "archc"),)
PYTHON = (sys.executable,)
PAGE = ROOT / "docs" / "benchmarks.md"
MARK = "<!-- what follows is written by run.py --write -->\n"

ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
"""With bytecode kept, as an installed package has it; else every run compiles all of a checkout."""

TABLE = """\
| what | seconds | CPU seconds | peak MB | ratio | goal |
|---|---:|---:|---:|---|---|"""


@dataclass(frozen=True)
class Measure:
    """Wall-clock and processor seconds (of the best round), and the peak resident memory."""

    seconds: float
    processor: float | None = None
    megabytes: float | None = None


def once(command: tuple[str, ...], folder: Path) -> Measure:
    """Run a command. Raises RuntimeError with its output where it fails."""
    log = folder / "output.txt"
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=ENVIRONMENT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(command)}\n{log.read_text()[-2000:]}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024  # ru_maxrss: bytes there, else KiB
    return Measure(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def measure(folder: Path, rounds: int, *commands: tuple[str, ...]) -> list[Measure]:
    """The best of several rounds of each command, in turn, after one that fills caches."""
    taken: list[list[Measure]] = [[] for _ in commands]
    for command in commands:
        once(command, folder)
    for _ in range(rounds):
        for found, command in zip(taken, commands, strict=True):
            found.append(once(command, folder))
    return [min(found, key=lambda m: m.seconds) for found in taken]


said: list[str] = []


def say(line: str) -> None:
    said.append(line)
    print(line, flush=True)


def row(what: str, found: Measure, ratio: str = "", goal: str = "") -> None:
    processor = "" if found.processor is None else f"{found.processor:.3f}"
    megabytes = "" if found.megabytes is None else f"{found.megabytes:.0f}"
    cells = (f"`{what}`", f"{found.seconds:.3f}", processor, megabytes, ratio, goal)
    say("| " + " | ".join(cells) + " |")


# ---------------------------------------------------------------- what is measured


def check(folder: Path, rounds: int) -> None:
    """`archc check` of VGG-16 against a bare import of its parser and torchinfo's summary."""
    lark = (*PYTHON, "-c", "import lark, networkx")
    torchinfo = (*PYTHON, str(HERE / "torchinfo_vgg16.py"))
    vgg16 = (*ARCHC, "check", "specs/vgg16.arch")
    bare, ours = measure(folder, max(rounds, 5), lark, vgg16)
    (peer,) = measure(folder, max(1, rounds // 3), torchinfo)
    row("python -c 'import lark, networkx'", bare)
    assert ours.processor is not None and bare.processor is not None
    wall, processor = ours.seconds - bare.seconds, ours.processor - bare.processor
    more = f"{1000 * wall:+.0f} ms on the import ({1000 * processor:+.0f} ms CPU)"
    times = f"{peer.seconds / ours.seconds:.1f} times faster than torchinfo"
    row("archc check specs/vgg16.arch", ours, f"{more}; {times}", "+80 ms; 8 times; 80 MB")
    row("python tests/benchmarks/torchinfo_vgg16.py", peer)


def zoo(folder: Path, rounds: int) -> None:
    """All claims of the zoo in one process, those of one spec that take longest to explain, and
    those of the classification families."""
    families = [f"specs/{name}.arch" for name in FAMILIES]
    commands = {
        "archc check specs/": ("specs/", "10 s"),
        "archc check specs/googlenet.arch": ("specs/googlenet.arch", "1 s"),
        "archc check": (" ".join(families), "2 s"),
        "archc check --no-ledgers": (" ".join(("--no-ledgers", *families)), "2 s"),
    }
    for what, (arguments, goal) in commands.items():
        (found,) = measure(folder, rounds, (*ARCHC, "check", *arguments.split()))
        text = (folder / "output.txt").read_text()
        claims = re.findall(r"^([\d,]+) claims:", text, re.MULTILINE)
        of = f" of {len(families)} families" if " " in arguments else ""
        row(f"{what}{of}", found, f"{claims[-1]} claims", goal)


FAMILIES = (
    *("lenet5", "alexnet", "zfnet", "vgg", "vgg16", "vgg19", "googlenet", "resnet"),
    *("keras_simple", "keras_flower", "keras_bn"),
)


def draw(folder: Path, rounds: int) -> None:
    """GoogLeNet as an SVG, the renderer compiled before."""
    for arguments in ("specs/googlenet.arch", "specs/googlenet.arch --depth 9"):
        (found,) = measure(folder, rounds, (*ARCHC, "draw", *arguments.split()))
        row(f"archc draw {arguments}", found, "", "1 s")


def large(folder: Path, rounds: int) -> None:
    """Short specs that expand to many layers, and long ones: is time linear in layers?"""

    def repeated(layers: int) -> str:
        return f"{{ conv 3x3 16 same, relu }} * {layers // 2}"

    def lines(layers: int) -> str:
        return "\n    ".join(["conv 3x3 16 same, relu"] * (layers // 2))

    sizes: list[tuple[str, Callable[[int], str], int, str]] = [
        ("short", repeated, 10_000, "3 s"),
        ("short", repeated, 100_000, "20 s, 700 MB"),
        ("long", lines, 10_000, ""),
    ]
    base: dict[tuple[str, str], Measure] = {}
    for kind, body, layers, goal in sizes:
        name = f"{kind}_{layers}"
        text = f"network {name} {{\n    input image: 8x8x16\n    {body(layers)}\n}}\n"
        (folder / f"{name}.arch").write_text(text)
        for command in ("check", "show"):
            (found,) = measure(folder, max(1, rounds // 3), (*ARCHC, command, f"{name}.arch"))
            first = base.setdefault((kind, command), found)
            ratio = ""
            if first is not found:
                assert found.processor is not None and first.processor is not None
                grown = found.processor / first.processor
                ratio = f"{grown:.1f} times the CPU time for {layers // 10_000} times the layers"
            row(f"archc {command} {name}.arch", found, ratio, goal)


def forward(folder: Path, rounds: int) -> None:
    """Generated modules against hand-written twins with the same weights."""
    for name in ("vgg16", "resnet50"):
        done = subprocess.run(
            [sys.executable, str(HERE / "forward.py"), name, str(max(rounds, 5))],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        ours, twin, difference = map(float, done.stdout.split())
        equal = "outputs equal" if difference == 0 else f"outputs differ by {difference:.1e}"
        ratio = f"{ours / twin:.3f} of the twin's time; {equal}"
        row(f"forward of the generated {name}", Measure(ours), ratio, "noise")
        row(f"forward of a hand-written {name}", Measure(twin))


MEASURES = {"check": check, "zoo": zoo, "draw": draw, "large": large, "forward": forward}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("what", nargs="*", default=list(MEASURES), help=f"of {', '.join(MEASURES)}")
    parser.add_argument("--rounds", type=int, default=5, help="best of how many (default: 5)")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    for name in options.what:
        if name not in MEASURES:
            parser.error(f"nothing measures {name!r}: there are {', '.join(MEASURES)}")
    load = f"load {os.getloadavg()[0]:.1f} before it began"
    say(f"One run: Python {sys.version.split()[0]}, {os.cpu_count()} cores, {load}.\n\n{TABLE}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "specs").symlink_to(ROOT / "specs")
        for name in options.what:
            MEASURES[name](folder, options.rounds)
    if options.write:
        head, mark, _ = PAGE.read_text().partition(MARK)
        PAGE.write_text("\n".join([f"{head}{mark}", *said, ""]))


if __name__ == "__main__":
    main()
