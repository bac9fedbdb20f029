"""The arguments of each command, and what every command does about errors."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from archc._version import __version__
from archc.cli.words import STDIN

_SPEC = "a spec: FILE, FILE:VARIANT, a spec of the zoo by name, or - for standard input"
_PATHS = "specs, ledgers, or folders of them; FILE:VARIANT and - as well"
_FILES = "specs, or folders of them; - for standard input, written to standard output"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    # A compiler makes many small objects that stay: with Python's usual 700 the collector looks
    # through them so often that it takes a quarter of the time on a spec of 100,000 layers.
    gc.set_threshold(200_000, 20, 100)
    parser = make_parser()
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
    texts = sys.argv[1:] if arguments is None else arguments
    options = parser.parse_args([STDIN + t[1:] if t.startswith("-:") else t for t in texts])
    from archc.cli.run import run

    return run(options)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="archc",
        description="A compiler for neural-network architecture specs.",
        epilog="Each command says more: archc COMMAND --help",
    )
    parser.add_argument("--version", action="version", version=f"archc {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _build(commands)
    _draw(commands)
    _check(commands)
    _show(commands)
    _list(commands)
    _fmt(commands)
    _convert(commands)
    return parser


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]  # argparse has no other name for it


def _command(
    commands: Commands, name: str, help: str, json: bool = True
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=help, description=f"{help[0].upper()}{help[1:]}."
    )
    if json:
        command.add_argument("--json", action="store_true", help="print JSON for programs")
    return command


def _spec(command: argparse.ArgumentParser, several: bool = False) -> None:
    _paths(command, "+" if several else None, _PATHS if several else _SPEC)
    command.add_argument(
        "--from",
        metavar="NOTATION",
        dest="notation",
        help="read the spec in this notation: arch, yaml, dlib, table, listing",
    )
    command.add_argument(
        "--repair",
        action="store_true",
        help="read a listing that is damaged (a bracket that is missing) as what it most likely "
        "was, and say so",
    )


def _paths(command: argparse.ArgumentParser, count: str | None, help: str) -> None:
    from archc.cli.complete import complete_spec

    action = command.add_argument("spec", metavar="SPEC", nargs=count, help=help)
    action.completer = complete_spec  # type: ignore[attr-defined]  # argcomplete's protocol


def _settings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="settings",
        help="set a parameter of the network (repeatable): --set classes=10",
    )


def _output(command: argparse.ArgumentParser, default: str) -> None:
    help = f"{default}; - for standard output"
    command.add_argument("-o", "--output", metavar="FILE", type=_file, help=help)


def _file(text: str) -> str:
    if text.endswith("/"):  # which a path forgets
        raise argparse.ArgumentTypeError(f"`{text}` is a folder")
    return text


def _depth(command: argparse.ArgumentParser) -> None:
    command.add_argument("--depth", type=_levels, metavar="N", help="open blocks N levels deep")


def _levels(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a depth is an integer from 0, but this is `{text}`")
    return int(text)


def _claims(command: argparse.ArgumentParser, help: str) -> None:
    command.add_argument(
        "--claims",
        metavar="FILE",
        action="append",
        default=[],
        help=f"{help} (repeatable; or a folder of them)",
    )


def _build(commands: Commands) -> None:
    command = _command(commands, "build", "write a network for a framework, and prove it")
    _spec(command)
    _settings(command)
    _output(command, "where to (default: build/NAME.py, or as the framework has it)")
    command.add_argument(
        "--to",
        "--backend",
        dest="backend",
        metavar="NAME",
        help="what to write: torch, onnx, keras, dlib (default: by -o's suffix, else torch)",
    )
    command.add_argument(
        "--weights",
        metavar="FILE",
        help="take the weights from a state_dict (.pt) or .npz by label, where weights are written "
        "(onnx); default: initialised at random",
    )
    command.add_argument(
        "--no-prove", action="store_true", help="do not compare what is written with inference"
    )
    command.add_argument("--layout", choices=("hwc", "chw"), default="hwc", help="how shapes read")


def _draw(commands: Commands) -> None:
    command = _command(commands, "draw", "draw a network as a diagram")
    _spec(command)
    _settings(command)
    _output(command, "where to (default: build/NAME.svg; .png, .pdf, .dot, .tex, .mmd as well)")
    command.add_argument(
        "--format",
        metavar="NAME",
        help="what to write: svg, png, pdf, dot, tikz, mermaid (default: by -o's suffix, else svg)",
    )
    _depth(command)
    command.add_argument("--direction", choices=("TB", "LR"), help="top to bottom or left to right")
    command.add_argument(
        "--audit",
        action="store_true",
        help="colour by whether the numbers that documents print about a layer hold: those of the "
        "spec, and of the ledgers in the folder published/ beside it",
    )
    _claims(command, "colour by the numbers of this ledger as well")


def _check(commands: Commands) -> None:
    command = _command(commands, "check", "hold specs against the numbers that documents publish")
    _spec(command, several=True)
    _settings(command)
    _claims(command, "hold this ledger of printed numbers against the spec as well")
    command.add_argument(
        "--no-ledgers",
        action="store_false",
        dest="ledgers",
        help="leave out the ledgers in the folder published/ beside a spec",
    )
    command.add_argument(
        "--fail-on",
        metavar="VERDICT",
        action="append",
        default=[],
        help="fail on this verdict as well (repeatable): rounds, truncates, erratum ...",
    )
    command.add_argument(
        "--format",
        choices=("text", "json", "markdown", "junit", "html"),
        help="how to report: text (default), JSON, Markdown for a pull request, JUnit XML for CI, "
        "or one HTML page",
    )
    _output(command, "write the report to a file")
    command.add_argument(
        "-v", "--verbose", action="store_true", help="list and quote every claim, whatever holds"
    )


def _show(commands: Commands) -> None:
    command = _command(commands, "show", "show a network's layers, shapes, parameters and MACs")
    _spec(command)
    _settings(command)
    command.add_argument("--layout", choices=("hwc", "chw"), default="hwc", help="how shapes read")
    _depth(command)
    command.add_argument(
        "--format",
        choices=("text", "markdown", "latex", "csv", "json"),
        help="how to print: text (default), a Markdown or LaTeX table, CSV, or JSON",
    )
    command.add_argument(
        "--count-as",
        metavar="NAME",
        help="count as another tool does (fvcore, ptflops, thop, keras ...; docs/conventions.md)",
    )


def _list(commands: Commands) -> None:
    _command(commands, "list", "list the specs that come with archc")


def _fmt(commands: Commands) -> None:
    command = _command(commands, "fmt", "write specs in their one canonical form", json=False)
    _paths(command, "+", _FILES)
    command.add_argument(
        "--check", action="store_true", help="change nothing; fail where a spec would change"
    )


def _convert(commands: Commands) -> None:
    command = _command(commands, "convert", "write a spec in another notation")
    _spec(command)
    command.add_argument(
        "--to", metavar="NOTATION", help="arch, yaml, dlib, table (default: by -o's suffix)"
    )
    _settings(command)
    _output(command, "where to (default: standard output)")


if __name__ == "__main__":
    sys.exit(main())
