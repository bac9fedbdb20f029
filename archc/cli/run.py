"""What each command does."""

from __future__ import annotations

import io
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc.cli.formats import UsageError, check_named, check_notation, framework, picture
from archc.cli.output import (
    all_networks,
    print_json,
    report,
    terminal_width,
    write_standard,
)
from archc.cli.target import Target, expand, read_target, standard_input
from archc.cli.words import FAILS, HOLDS, USAGE
from archc.diagnostics import Diagnostic, SpecError
from archc.dims import DimError
from archc.graph.compile import compile_network
from archc.graph.network import Network
from archc.pipeline import NoVariantError, choose, family, setting

if TYPE_CHECKING:
    from archc.audit.conventions.convention import Convention


def run(options: Namespace) -> int:
    """Run a parsed command; the exit status. Diagnostics go to standard error."""
    prepare_streams()
    try:
        check_named("--from", getattr(options, "notation", None))
        check_named("--to", getattr(options, "to", None))
        status = _COMMANDS[options.command](options)
        sys.stdout.flush()
        return status
    except SpecError as error:
        report(error.diagnostics, getattr(options, "json", False))
        return FAILS
    except DimError as error:  # of totals: the layers' own shapes are the compiler's to refuse
        help = "with numbers in the place of letters it is short: `--set H=224`"
        diagnostic = Diagnostic("too-large", str(error), help=help)
        report([diagnostic], getattr(options, "json", False))
        return FAILS
    except NoVariantError as error:
        print(f"archc: {error.name} has several networks; name one:", file=sys.stderr)
        for name in error.variants:
            spec = options.spec if isinstance(options.spec, str) else error.name
            print(f"  {spec}:{name}", file=sys.stderr)
        return USAGE
    except UsageError as error:
        print(f"archc: {error}", file=sys.stderr)
        return USAGE
    except OSError as error:  # of standard output: files' own are diagnostics
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"archc: cannot write the output: {error.strerror or error}", file=sys.stderr)
        return FAILS
    except KeyboardInterrupt:
        return 130


def prepare_streams() -> None:
    """Let output be written to streams that are closed, or lack a character."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller: `archc show - <&-`
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115  # for all of the run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


# ---------------------------------------------------------------- networks


def one_target(options: Namespace) -> Target:
    """The spec that a command names, read once: standard input gives its text a single time."""
    return read_target(options.spec, options.notation, options.repair)


def one_network(target: Target, options: Namespace) -> Network:
    """The network that `build` and `draw` mean."""
    settings = dict(setting(text) for text in options.settings)
    network = compile_network(choose(target.spec, target.variant), settings)
    report(target.remarks([network]))
    return network


# ---------------------------------------------------------------- commands


def build(options: Namespace) -> int:
    from archc.cli.files import write_whole

    backend, suffix = framework(options.backend, options.output)
    given: dict[str, Any] = {}
    remarks: list[Diagnostic] = []
    if options.weights is not None:
        if not hasattr(backend, "read_weights"):
            message = f"the {backend.name} backend writes no weights"
            raise SpecError([Diagnostic("unsupported", message)])
        given = {"weights": backend.read_weights(Path(options.weights)), "remarks": remarks}
    network = one_network(one_target(options), options)
    source = backend.write(network, suffix, **given)
    report(remarks)
    to_stdout = options.output == "-"
    path = output_path(options, network, suffix)
    prove: Callable[[Network, str | bytes], str | None] | None = getattr(backend, "prove", None)
    proof, said = None, None
    if prove is not None and not options.no_prove:
        proof = prove(network, source)
        said = proof or not_proved(backend)
    if to_stdout:
        write_standard(source)
        if said:
            print(said, file=sys.stderr)
        return HOLDS
    write_whole(path, source)
    if options.json:
        from archc.show import to_json

        print_json({**to_json(network), "written": str(path), "proof": proof})
        return HOLDS
    from archc.show import to_text_table

    print(to_text_table(network, layout=options.layout, width=terminal_width()))
    print()
    print(f"wrote {path}")
    if said:
        print(said)
    return HOLDS


def not_proved(backend: Any) -> str:
    """What is said where a backend's framework is missing, with what brings it."""
    said = f"not proved: {backend.name} is not installed"
    requires = getattr(backend, "requires", None)
    return said if requires is None else f"{said}: pip install '{requires}'"


def output_path(options: Namespace, network: Network, suffix: str) -> Path:
    """Where `build` and `draw` write to."""
    return Path(f"build/{network.name}{suffix}" if options.output is None else options.output)


def draw(options: Namespace) -> int:
    from archc.cli.files import write_whole

    backend, suffix = picture(options.format, options.output)
    if (options.audit or options.claims) and "audit" not in getattr(backend, "options", ()):
        raise UsageError(f"--audit and --claims: {backend.name} draws no audit")
    target = one_target(options)
    network = one_network(target, options)
    chosen: dict[str, Any] = {"depth": options.depth, "direction": options.direction}
    if options.audit or options.claims:
        from archc.cli.check import marks_of

        chosen["audit"] = marks_of(network, target, options)
    content = backend.write(network, suffix, **{k: v for k, v in chosen.items() if v is not None})
    if options.output == "-":
        write_standard(content)
        return HOLDS
    path = output_path(options, network, suffix)
    write_whole(path, content)
    if options.json:
        print_json({"schema": 1, "network": network.name, "written": str(path)})
    else:
        print(f"wrote {path}")
    return HOLDS


def check(options: Namespace) -> int:
    from archc.cli.check import check

    return check(options)


def show(options: Namespace) -> int:
    convention = None
    if options.count_as is not None:
        convention = find_convention(options.count_as)
        if convention is None:
            return USAGE
    if options.json and options.format not in (None, "json"):
        print("archc: --json and another --format", file=sys.stderr)
        return USAGE
    form = options.format or ("json" if options.json else "text")
    options.json = form == "json"
    if form == "csv" and options.depth is not None:
        print("archc: --depth folds layers into a row, and CSV has a row a layer", file=sys.stderr)
        return USAGE
    target = one_target(options)
    networks = all_networks(target, options.settings)
    report(target.remarks(networks))
    if form == "json":
        print_json(shown_as_json(networks, convention))
    elif form == "text":
        print(shown_as_text(networks, convention, target, options))
    else:
        print(shown_as_table(form, networks, convention, options))
    return HOLDS


def shown_as_json(networks: list[Network], convention: Convention | None) -> dict[str, Any]:
    from archc.show import to_json

    if convention is None:
        data = [to_json(network) for network in networks]
    else:
        from archc.show import counted

        data = [counted.to_json(network, convention) for network in networks]
    return data[0] if len(data) == 1 else {"schema": 1, "networks": data}


def shown_as_text(
    networks: list[Network], convention: Convention | None, target: Target, options: Namespace
) -> str:
    from archc.show import family_table, to_text_table

    if len(networks) > 1:
        table = family_table(networks, title=target.spec.source.name, count_as=convention)
        return f"{table}\n\none of them: archc show {options.spec}:{networks[0].name}"
    return to_text_table(
        networks[0],
        layout=options.layout,
        width=terminal_width(),
        depth=options.depth,
        count_as=convention,
    )


def shown_as_table(
    form: str, networks: list[Network], convention: Convention | None, options: Namespace
) -> str:
    """One network's layers or a family's totals, as a table for documents or spreadsheets."""
    from archc import show

    if len(networks) > 1:
        of_family = {
            "markdown": show.family_to_markdown,
            "latex": show.family_to_latex,
            "csv": show.family_to_csv,
        }
        return of_family[form](networks, convention)
    if form == "csv":
        return show.to_csv(networks[0], layout=options.layout, count_as=convention)
    write = show.to_markdown if form == "markdown" else show.to_latex
    return write(networks[0], layout=options.layout, depth=options.depth, count_as=convention)


def find_convention(name: str) -> Convention | None:
    """A way of counting by its name; None where there is none, and that is said."""
    from archc.audit.conventions import CONVENTIONS
    from archc.diagnostics import did_you_mean

    if name not in CONVENTIONS:
        help = did_you_mean(name, CONVENTIONS) or f"there are {', '.join(CONVENTIONS)}"
        print(f"archc: --count-as knows no `{name}`: {help}", file=sys.stderr)
        return None
    return CONVENTIONS[name]


def list_zoo(options: Namespace) -> int:
    from archc import zoo
    from archc.pipeline import read

    rows: list[dict[str, Any]] = []
    for path in zoo.specs():
        spec = read(path)
        names = [value.name for value in family(spec)]
        rows.append(
            {"spec": path.stem, "networks": names, "about": first_comment(spec.source.text)}
        )
    if options.json:
        print_json({"schema": 1, "specs": rows})
        return HOLDS
    wide = max((len(row["spec"]) for row in rows), default=0)
    for row in rows:
        print(f"{row['spec']:{wide}}  {row['about']}")
        if row["networks"] != [row["spec"]]:
            print(f"{'':{wide}}  {', '.join(row['networks'])}")
    return HOLDS


def first_comment(text: str) -> str:
    """What a spec says of itself: its first line, where that is a comment."""
    first = text.lstrip().split("\n", 1)[0]
    return first.lstrip("# ").strip() if first.startswith("#") else ""


def fmt(options: Namespace) -> int:
    from archc.cli.files import write_whole
    from archc.cli.target import locate
    from archc.graph.library import read_source
    from archc.language.writer import format

    changed = 0
    errors: list[Diagnostic] = []
    for text in expand(options.spec):
        try:
            if text == "-":
                source = standard_input()
                formatted = format(source)
                if not options.check:
                    write_standard(formatted)
            else:
                refuse_to_format(text)
                source = read_source(locate(text))
                formatted = format(source)
                if formatted != source.text and not options.check:
                    write_whole(locate(text), formatted)
        except SpecError as error:
            errors.extend(error.diagnostics)
            continue
        if formatted != source.text:
            changed += 1
            if text != "-" or options.check:
                print(f"{'would change' if options.check else 'formatted'} {text}", file=sys.stderr)
    report(errors)
    return FAILS if errors or (options.check and changed) else HOLDS


def refuse_to_format(text: str) -> None:
    """Raise SpecError for a file of a notation that has no canonical form."""
    from archc.notations import of_path

    path = Path(text)
    notation = of_path(path).name if path.suffix else "arch"
    if notation != "arch":
        message = f"`{text}` is a file of `{notation}`, and .arch has a canonical form alone"
        help = f"archc convert {text} --to arch"
        raise SpecError([Diagnostic("unsupported", message, help=help)])


def convert(options: Namespace) -> int:
    """The spec's tree in another notation; its comments stay behind."""
    from archc.cli.files import write_whole
    from archc.notations import by_name, of_path

    output: str | None = options.output
    to = by_name(options.to) if options.to else of_path(Path(output or ""))
    check_notation(options.to, to.name, output)
    target = one_target(options)
    if to.write_networks is not None:
        single = target.variant is not None or not to.holds_families
        if single:
            networks = [one_network(target, options)]
        else:
            networks = all_networks(target, options.settings)
            report(target.remarks(networks))
        text = to.write_networks(networks)
    elif to.write is not None:
        if target.variant is not None or options.settings:
            message = f"`{to.name}` is written with all networks and parameters of a file"
            help = "leave out the variant and --set"
            raise SpecError([Diagnostic("unsupported", message, help=help)])
        report(target.remarks())
        text = to.write(target.spec.tree)
    else:
        message = f"the notation `{to.name}` is read and not written"
        raise SpecError([Diagnostic("unsupported", message)])
    if output in (None, "-"):
        write_standard(text)
        return HOLDS
    write_whole(Path(str(output)), text)
    if options.json:
        print_json({"schema": 1, "notation": to.name, "written": output})
    else:
        print(f"wrote {output}")
    return HOLDS


_COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "build": build,
    "draw": draw,
    "check": check,
    "show": show,
    "list": list_zoo,
    "fmt": fmt,
    "convert": convert,
}
