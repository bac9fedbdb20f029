"""The networks that ledgers speak of: found by name, compiled once each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archc import zoo
from archc.audit.claim import Part
from archc.audit.subject import Measured
from archc.diagnostics import Diagnostic, SpecError, did_you_mean, fail
from archc.graph.network import Network

if TYPE_CHECKING:
    from archc.graph.library import Library, SpecFile
    from archc.graph.values import NetworkValue

SUFFIX = ".arch"

MAX_SET = 256
"""Networks that are compiled with parameters that entries set: each entry might have its own."""


class Specs:
    """Specs by name, and their networks.

    ``given`` is the spec that a ledger is held against where it names none, with ``variant`` and
    ``settings`` where an entry has none; ``networks`` are compiled already.
    """

    def __init__(
        self,
        given: SpecFile | None = None,
        variant: str | None = None,
        networks: Iterable[tuple[Path | None, Network]] = (),
        settings: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.given = given
        self.variant = variant
        self.settings = settings
        self._compiled: dict[Any, Measured | SpecError] = {}
        self._set = 0
        self._located: dict[tuple[str, Path], Path] = {}
        for path, network in networks:
            if path is not None:
                self._compiled[path, network.name, ()] = Measured(network)

    @cached_property
    def _library(self) -> Library:
        from archc.graph.library import Library
        from archc.notations import parse_file

        return Library(parse_file)

    def find(self, part: Part, folder: Path) -> Iterator[Measured]:
        """The networks that a part of a spec is claimed about: one, or several variants.

        Raises SpecError where there is no such spec or variant, or where it does not compile.
        """
        spec = self._spec(part, folder)
        values = list(self._values(spec, part))
        for value in values:
            yield self._measured(spec, value, part)

    def is_given(self, part: Part) -> bool:
        """Whether a part is one of the spec that is checked: without one every part is."""
        if self.given is None:
            return True
        if part.spec is not None and Path(part.spec).stem != self.given.stem:
            return False
        return not part.variants or self.variant is None or self.variant in part.variants

    def misspells_given(self, part: Part, folder: Path) -> None:
        """Raises SpecError for the name of no spec that is nearly that of the one checked."""
        if self.given is None or part.spec is None or Path(part.spec).stem == self.given.stem:
            return
        if did_you_mean(part.spec, [self.given.stem]):
            self._locate(part, folder)

    def names_given(self, part: Part, folder: Path) -> bool:
        """Whether a ledger in a folder speaks of the spec that is checked, with no other in mind:
        it names its file, and not another of its networks by leaving out the variant."""
        from archc.pipeline import NoVariantError, choose

        if self.given is None or part.spec is None or not self.is_given(part):
            return False
        try:
            key = part.spec, folder
            if key not in self._located:
                self._located[key] = self._locate(part, folder)
            if self._located[key] != self.given.path:
                return False
            return bool(
                part.variants
                or self.variant is None
                or choose(self.given, None).name == self.variant
            )
        except (SpecError, NoVariantError):
            return False

    def _spec(self, part: Part, folder: Path) -> SpecFile:
        if self.given is not None and (
            part.spec is None or Path(part.spec).stem == self.given.stem
        ):
            return self.given
        if part.spec is None:
            help = "name its `spec`, or the `system` if it has none; or check it --claims FILE SPEC"
            fail("claim", part.span, "nothing says which spec this speaks of", help=help)
        return self._library.load(self._locate(part, folder))

    def _locate(self, part: Part, folder: Path) -> Path:
        """A spec's file: beside the ledger, in the folder above, or in the zoo."""
        assert part.spec is not None
        name = part.spec if part.spec.endswith(SUFFIX) else part.spec + SUFFIX
        folders = [folder, folder.absolute().parent]
        shipped = zoo.directory()
        if shipped is not None:
            folders.append(shipped)
        for candidate in folders:
            path = candidate / name
            if path.is_file():
                return path.resolve()
        known = {p.stem for where in folders for p in where.glob(f"*{SUFFIX}")}
        near = did_you_mean(part.spec, known)
        help = f"{near + ' ' if near else ''}`system:` names a network that has no spec"
        place = part.spec_span or part.span
        fail("claim", place, f"there is no spec `{part.spec[:60]}`", help=help)

    def _values(self, spec: SpecFile, part: Part) -> Iterator[NetworkValue]:
        from archc.pipeline import NoVariantError, choose

        wanted: Sequence[str | None] = part.variants or (None,)
        if spec is self.given and self.variant is not None:
            wanted = (self.variant,)
        place = part.variant_span or part.span
        for name in wanted:
            try:
                yield choose(spec, name)
            except NoVariantError as error:
                help = f"name a `variant`: {', '.join(error.variants[:12])}"
                message = f"`{spec.stem or spec.source.name}` has several networks"
                fail("claim", part.span, message, help=help)
            except SpecError as error:
                found = error.diagnostics[0]
                raise SpecError(
                    [Diagnostic("claim", found.message, place, help=found.help)]
                ) from None

    def _measured(self, spec: SpecFile, value: NetworkValue, part: Part) -> Measured:
        from archc.graph.compile import compile_network
        from archc.pipeline import setting

        settings = part.settings or (self.settings if spec is self.given else ())
        key = (spec.path or id(spec), value.name, settings)
        found = self._compiled.get(key)
        if found is None:
            self._set += bool(part.settings)
            if self._set > MAX_SET:
                message = f"more than {MAX_SET} networks with parameters set"
                fail("too-large", part.set_span or part.span, message)
            try:
                bound = dict(setting(f"{name}={text}") for name, text in settings)
                found = Measured(compile_network(value, bound))
            except SpecError as error:
                found = _of_entry(error, part) if settings else error
            self._compiled[key] = found
        if isinstance(found, SpecError):
            raise found
        return found


def _of_entry(error: SpecError, part: Part) -> SpecError:
    """An error that an entry's settings make, where the entry stands."""
    first = error.diagnostics[0]
    place = part.set_span or part.span
    return SpecError([Diagnostic("claim", first.message, place, help=first.help)])
