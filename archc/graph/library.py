"""The files of a spec: read once each, imports resolved, networks and variants by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from archc.diagnostics import Diagnostic, Source, Span, SpecError, did_you_mean, fail
from archc.graph.configurations import PARAMETER, expanded, identifier
from archc.graph.elaborate import add_default
from archc.graph.evaluate import Evaluator
from archc.graph.names import listing, resolve
from archc.graph.values import BlockValue, FileValue, NetworkValue, Scope, kind_of
from archc.graph.work import GLANCE, bounded_work, spend
from archc.language import syntax
from archc.zoo import directory as zoo_directory

MAX_SOURCE = 2 * 1024 * 1024  # bytes
MAX_FILES = 100

Parser = Callable[[Source, Path | None], syntax.File]


@dataclass(eq=False)
class SpecFile:
    """One file of a spec. ``networks`` are those it defines or names, in its order."""

    source: Source
    path: Path | None
    tree: syntax.File
    scope: Scope = field(default_factory=Scope)
    networks: dict[str, NetworkValue] = field(default_factory=dict[str, NetworkValue])
    variants: dict[str, list[str]] = field(default_factory=dict[str, list[str]])  # of a network

    @property
    def stem(self) -> str:
        return self.path.stem if self.path is not None else ""


def read_source(path: Path, span: Span | None = None) -> Source:
    """The text of a file. Raises SpecError where it cannot be read."""
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        with path.open("rb") as file:
            data = file.read(MAX_SOURCE + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        message = f"cannot read {path}: {reason[0].lower()}{reason[1:]}"
        raise SpecError([Diagnostic("import", message, span)]) from None
    if len(data) > MAX_SOURCE:
        raise SpecError([Diagnostic("too-large", f"{path} is larger than 2 MB", span)])
    return Source(str(path), decode(data, str(path)))


def decode(data: bytes, name: str) -> str:
    """UTF-8, with or without a byte order mark; line ends as they stand."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        source = Source(name, data.decode("utf-8-sig", errors="replace"))
        start = len(data[: error.start].decode("utf-8-sig"))
        help = "it looks like UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else None
        message = f"the text is not UTF-8 (byte {error.start})"
        raise SpecError(
            [Diagnostic("syntax", message, Span(source, start, start + 1), help=help)]
        ) from None


class Library:
    """Reads spec files, each by ``parse`` in its notation. Imports stay under the root spec's
    folder, or in the zoo."""

    def __init__(self, parse: Parser) -> None:
        self.parse = parse
        self.files: dict[Path, SpecFile] = {}
        self.loading: list[Path] = []

    def load(self, path: Path) -> SpecFile:
        """A spec file as the root of a spec."""
        resolved = Path(os.path.realpath(path))  # unlike resolve, bears a circle of links
        if resolved in self.files:
            return self.files[resolved]
        return self.add(read_source(path), resolved, resolved.parent)

    def load_text(self, source: Source) -> SpecFile:
        """A spec that is no file; it imports from the working directory and the zoo."""
        spec = SpecFile(source, None, self.parse(source, None))
        self.declare(spec, Path.cwd())
        return spec

    def add(self, source: Source, resolved: Path, root: Path) -> SpecFile:
        spec = SpecFile(source, resolved, self.parse(source, resolved))
        self.loading.append(resolved)
        try:
            self.declare(spec, root)
        finally:
            self.loading.pop()
        self.files[resolved] = spec
        return spec

    # ------------------------------------------------------------ what a file declares

    def declare(self, spec: SpecFile, root: Path) -> None:
        """Enter everything that a file defines. Blocks and networks may be used above where they
        stand; values and variants only below."""
        with bounded_work():
            self.declare_all(spec, root)

    def declare_all(self, spec: SpecFile, root: Path) -> None:
        for item in spec.tree.items:
            match item:
                case syntax.Import():
                    self.import_file(item, spec, root)
                case syntax.Block():
                    spec.scope.define(item.name, BlockValue(item, spec.scope), item.span)
                case syntax.Network():
                    self.declare_network(item, spec)
                case _:
                    pass
        for item in spec.tree.items:
            match item:
                case syntax.Let():
                    value = Evaluator(spec.scope, None).evaluate(item.value)
                    spec.scope.define(item.name, value, item.span)
                case syntax.Default():
                    add_default(item, spec.scope)
                case syntax.Variants():
                    self.declare_variants(item, spec)
                case syntax.Alias():
                    self.declare_alias(item, spec)
                case syntax.Published():
                    self.declare_claims(item, spec)
                case _:
                    pass

    def declare_network(self, item: syntax.Network, spec: SpecFile) -> None:
        """A network, and the columns of its table of configurations as its variants."""
        network, columns = expanded(item)
        self.add_network(spec, NetworkValue(network, spec.scope, item.name), item.span)
        for column in columns:
            name = identifier(column.name)
            bound = {PARAMETER: (syntax.Text(column.span, column.name), spec.scope)}
            value = NetworkValue(network, spec.scope, name, bound)
            self.add_network(spec, value, column.span)
            spec.variants.setdefault(item.name, []).append(name)

    def add_network(self, spec: SpecFile, value: NetworkValue, span: Span) -> None:
        spec.scope.define(value.name, value, span)
        spec.networks[value.name] = value

    def find_network(self, reference: syntax.Reference, spec: SpecFile) -> NetworkValue:
        value = resolve(reference, Evaluator(spec.scope, None))
        if not isinstance(value, NetworkValue):
            message = f"`{reference.text}` is {kind_of(value)}, not a network"
            fail("wrong-kind", reference.span, message)
        return value

    def declare_alias(self, item: syntax.Alias, spec: SpecFile) -> None:
        target = self.find_network(item.target, spec)
        value = replace(target, name=item.name)
        self.add_network(spec, value, item.span)

    def declare_claims(self, item: syntax.Published, spec: SpecFile) -> None:
        """Claims in the file itself: their subjects begin with a network of the file."""
        by_network: dict[str, list[syntax.Claim]] = {}
        for claim in item.claims:
            first = claim.subject.parts[0]
            if first.index is not None or first.name not in spec.networks:
                fail(
                    "claim",
                    claim.subject.span,
                    "a claim outside a network begins with the network it speaks of, "
                    f"but `{first.name}` is none",
                    help=did_you_mean(first.name, spec.networks),
                )
            rest = claim.subject.parts[1:] or (syntax.Part(first.span, "total", None),)
            subject = syntax.Reference(rest[0].span.to(rest[-1].span), rest)
            stripped = syntax.Claim(claim.span, subject, claim.quantities, claim.erratum)
            by_network.setdefault(first.name, []).append(stripped)
        for name, claims in by_network.items():
            published = syntax.Published(item.span, item.source, tuple(claims))
            self.add_claims(spec, name, published)

    def add_claims(self, spec: SpecFile, name: str, published: syntax.Published) -> None:
        """Claims about a network of the file; about a family, about each of its variants."""
        variants = spec.variants.get(name, ())
        spend(len(variants), published.span)
        for each in (name, *variants):
            old = spec.networks[each]
            spend(10 + len(old.claims) // GLANCE, published.span)
            new = replace(old, claims=(*old.claims, published))
            spec.networks[each] = spec.scope.names[each] = new

    def declare_variants(self, item: syntax.Variants, spec: SpecFile) -> None:
        network = self.find_network(item.network, spec)
        parameters = [p.name for p in network.definition.parameters]
        columns = [self.column(c, parameters, item, spec) for c in item.columns[1:]]
        for row in item.rows:
            head = row.cells[0]
            name = head.simple if isinstance(head, syntax.Reference) else None
            if name is None:
                span = head.span if head is not None else row.span
                fail(
                    "variant",
                    span,
                    "the first column names the variant: a letter, then letters, digits or _",
                )
            bound = dict(network.bound)
            claims = list(network.claims)
            cells = zip(item.columns[1:], columns, row.cells[1:], strict=True)
            for column, parameter, cell in cells:
                if cell is None:
                    continue
                if parameter is not None:
                    bound[parameter] = (cell, spec.scope)
                else:
                    claims.append(self.cell_claim(column, cell, item))
            value = NetworkValue(
                network.definition, network.scope, name, bound, tuple(claims), item.source
            )
            self.add_network(spec, value, row.span)
            spec.variants.setdefault(network.name, []).append(name)

    def column(
        self, column: syntax.Reference, parameters: list[str], item: syntax.Variants, spec: SpecFile
    ) -> str | None:
        """The parameter that a column sets; None where it prints a quantity."""
        name = column.simple
        if name in parameters:
            return name
        position = list(item.columns).index(column)
        cells = [row.cells[position] for row in item.rows]
        if all(cell is None or isinstance(cell, syntax.Text) for cell in cells):
            return None
        fail(
            "variant",
            column.span,
            f"`{item.network.text}` has no parameter `{column.text}`",
            help=did_you_mean(column.text, parameters)
            or f"its parameters: {listing(parameters)}; published quantities stand in quotes",
        )

    def cell_claim(
        self, column: syntax.Reference, cell: syntax.Expression, item: syntax.Variants
    ) -> syntax.Published:
        """A printed number in a variants table, as the claim that it is: of the whole network, or
        of what the column's path names before its quantity (``pool1.shape``)."""
        assert isinstance(cell, syntax.Text)
        *path, last = column.parts
        quantity = syntax.Quantity(cell.span, last.name, cell.value, ())
        parts = tuple(path) or (syntax.Part(cell.span, "total", None),)
        claim = syntax.Claim(cell.span, syntax.Reference(cell.span, parts), (quantity,), None)
        return syntax.Published(cell.span, item.source or "", (claim,))

    # ------------------------------------------------------------ imports

    def import_file(self, item: syntax.Import, spec: SpecFile, root: Path) -> None:
        path = self.find_import(item, spec, root)
        name = item.alias or path.stem
        if not name.isidentifier():
            help = f'write `import "{item.path}" as NAME`'
            fail("import", item.span, f"`{name}` cannot be the name of an import", help=help)
        if path in self.loading:
            chain = " → ".join(p.name for p in [*self.loading[self.loading.index(path) :], path])
            fail("import", item.span, f"a circle of imports: {chain}")
        imported = self.files.get(path)
        if imported is None:
            if len(self.files) + len(self.loading) >= MAX_FILES:
                fail("too-large", item.span, f"the spec imports more than {MAX_FILES} files")
            imported = self.add(read_source(shorter(path), item.span), path, root)
        spec.scope.define(name, FileValue(name, imported.scope), item.span)

    def find_import(self, item: syntax.Import, spec: SpecFile, root: Path) -> Path:
        """The file that an import names: beside the importing file, else in the zoo."""
        home = spec.path.parent if spec.path is not None else root
        zoo_folder = zoo_directory()
        folders = [root.resolve()] + ([zoo_folder.resolve()] if zoo_folder else [])
        try:
            candidates = [(home / item.path).resolve()]
            if zoo_folder is not None:
                candidates.append((zoo_folder / item.path).resolve())
            inside = [c for c in candidates if any(c.is_relative_to(f) for f in folders)]
            found = next((c for c in inside if c.is_file()), None)
        except (OSError, ValueError, RuntimeError):
            inside, found = [home], None
        if found is not None:
            return found
        if not inside:
            fail(
                "import",
                item.span,
                f'"{item.path}" is outside the folder of the spec',
                help="an import is a path below the spec's own folder, or a spec of the zoo",
            )
        near = sorted({p.name for f in (home, *folders) if f.is_dir() for p in f.glob("*.arch")})
        help = did_you_mean(item.path, near)
        fail("import", item.span, f'there is no file "{item.path}"', help=help)


def shorter(path: Path) -> Path:
    """A path as diagnostics show it: relative to the working directory where it is below it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


__all__ = ["Library", "SpecFile", "decode", "read_source"]
