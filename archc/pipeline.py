"""The compiler in one picture: text → syntax tree → network.

    source  = read_source(path)             # archc.graph.library
    tree    = parse(source)                 # archc.language.parser
    spec    = Library(parse).load(path)     # files, imports, variants
    network = compile_network(spec.networks[name], settings)

Each step returns its product or raises SpecError, which carries diagnostics. Nothing here prints.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from archc.diagnostics import Diagnostic, Source, SpecError, did_you_mean
from archc.graph.compile import compile_network
from archc.graph.inputs import channels_first
from archc.graph.library import Library, SpecFile
from archc.graph.network import Network
from archc.graph.place import MAX_LAYERS
from archc.graph.values import NetworkValue
from archc.language import syntax
from archc.language.parser import parse_expression
from archc.notations import Notation, by_name, of_path, parse_file, reader


class NoVariantError(Exception):
    """A family was named where one network is needed; ``variants`` are its networks."""

    def __init__(self, name: str, variants: list[str]) -> None:
        super().__init__(f"{name} is a family; choose one of {', '.join(variants)}")
        self.name = name
        self.variants = variants


def notation_of(path: Path | None, name: str | None = None) -> Notation:
    """The notation of a spec: the one named, else by the file's suffix. Raises SpecError."""
    if name is not None:
        return by_name(name)
    return by_name("arch") if path is None else of_path(path)


def parser(
    root: Path | None, notation: str | None, repair: bool = False
) -> Callable[[Source, Path | None], syntax.File]:
    """How files are read where the root is in a named notation, whatever its suffix, or is to be
    repaired."""
    if notation is None and not repair:
        return parse_file
    read = reader(notation_of(root, notation), repair)
    return lambda source, path: read(source) if path == root else parse_file(source, path)


def read(path: str | Path, notation: str | None = None, repair: bool = False) -> SpecFile:
    """A spec file with all that it imports, in its suffix's notation or the one named.

    Raises SpecError."""
    file = Path(path)
    return Library(parser(Path(os.path.realpath(file)), notation, repair)).load(file)


def read_text(
    text: str, name: str = "<text>", notation: str | None = None, repair: bool = False
) -> SpecFile:
    """A spec from a text. Raises SpecError."""
    return Library(parser(None, notation, repair)).load_text(Source(name, text))


def review(
    spec: SpecFile, network: Network, notation: str | None = None, repair: bool = False
) -> list[Diagnostic]:
    """What there is to say of a network that compiles: its images' axes, and what the spec's
    notation knows of the framework.

    Raises SpecError for what a framework would refuse; with ``repair`` that is a remark.
    """
    found = list(channels_first(network))
    if notation is None and (spec.path is None or spec.path.suffix == ".arch"):
        return found  # the language itself says nothing more; no notation is loaded
    say = notation_of(spec.path, notation).review
    try:
        return found if say is None else [*found, *say(spec.source, network)]
    except SpecError as error:
        if not repair:
            raise
        return [*found, *(replace(d, severity="remark") for d in error.diagnostics)]


def buildable(value: NetworkValue) -> bool:
    """Whether every parameter has a value: a family may leave some to its variants."""
    return all(p.default is not None or p.name in value.bound for p in value.definition.parameters)


def choose(spec: SpecFile, variant: str | None = None) -> NetworkValue:
    """The network meant: the variant, the network named as the file, or the only one.

    Raises SpecError for an unknown variant, NoVariantError where several could be meant.
    """
    if variant is not None:
        if variant in spec.networks:
            return spec.networks[variant]
        names = list(spec.networks)
        there = f"there are {', '.join(names)}" if names else "it has no network"
        help = did_you_mean(variant, names) or there
        message = f"{spec.source.name} has no network or variant `{variant}`"
        raise SpecError([Diagnostic("variant", message, help=help)])
    candidates = [value for value in spec.networks.values() if buildable(value)]
    named = spec.networks.get(spec.stem)
    if named is not None and buildable(named):
        return named
    if len(candidates) == 1:
        return candidates[0]
    if len(spec.networks) == 1:  # it says itself which of its parameters have no value
        return next(iter(spec.networks.values()))
    if not spec.networks:
        raise SpecError([Diagnostic("variant", f"{spec.source.name} has no network")])
    raise NoVariantError(spec.source.name, [c.name for c in candidates] or list(spec.networks))


def family(spec: SpecFile, variant: str | None = None) -> list[NetworkValue]:
    """All networks meant: the variant, or every one of the file that can be built."""
    if variant is not None:
        return [choose(spec, variant)]
    found = [value for value in spec.networks.values() if buildable(value)]
    if not found and not spec.networks:
        raise SpecError([Diagnostic("variant", f"{spec.source.name} has no network")])
    return found or [choose(spec)]


def compile_family(
    spec: SpecFile,
    variant: str | None = None,
    settings: Callable[[NetworkValue], Mapping[str, Any]] = lambda value: {},
) -> list[Network]:
    """All networks meant, compiled; ``settings`` are by network.

    Raises SpecError, also (``too-large``) where they have more layers together than one may have.
    """
    networks: list[Network] = []
    layers = 0
    for value in family(spec, variant):
        networks.append(compile_network(value, settings(value)))
        layers += len(networks[-1].layers)
        if layers > MAX_LAYERS:
            name = spec.source.name
            message = f"the networks of {name} have more than {MAX_LAYERS:,} layers together"
            help = f"name one of them: {name}:{value.name}"
            raise SpecError([Diagnostic("too-large", message, help=help)])
    return networks


def setting(text: str) -> tuple[str, syntax.Expression]:
    """``name=value`` from a command line: the name, and the value as an expression unread."""
    name, sign, value = text.partition("=")
    name = name.strip()
    if not sign or not name.isidentifier():
        message = f"a setting is written name=value, but this is `{text}`"
        raise SpecError([Diagnostic("argument", message)])
    return name, parse_expression(Source("--set", value))


def compile_spec(
    path: str | Path, variant: str | None = None, settings: Mapping[str, Any] | None = None
) -> Network:
    """A spec file's network, compiled. Raises SpecError, NoVariantError.

    In another notation than the language's own, what its framework would refuse is an error too.
    ``settings`` set parameters; a text is an expression of the language (``"3x3"``, ``"basic"``).
    """
    given = {
        name: parse_expression(Source(name, value)) if isinstance(value, str) else value
        for name, value in (settings or {}).items()
    }
    spec = read(path)
    network = compile_network(choose(spec, variant), given)
    review(spec, network)
    return network


def compile_text(text: str, name: str = "<text>", variant: str | None = None) -> Network:
    """A spec's text, compiled. Raises SpecError, NoVariantError."""
    return compile_network(choose(read_text(text, name), variant))
