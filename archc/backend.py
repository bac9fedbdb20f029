"""What a backend is: it writes a network in another notation.

A backend is found by its entry point in the group ``archc.backends``, whose name is the one that
users say. It brings a table with a row for each layer class that it can write
(:class:`Rows`) and says :func:`unsupported` for what it cannot; both point at the line of the
spec that asked. docs/backends.md shows a whole one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, TypeVar, runtime_checkable

from archc.diagnostics import fail

if TYPE_CHECKING:
    from archc.graph.network import Layer, Network
    from archc.ops.base import Op

Row = TypeVar("Row")


@runtime_checkable
class Backend(Protocol):
    """Writes networks; stateless.

    A backend may say more of itself: ``diagram`` (`archc draw` and not `build` writes its files),
    ``options`` (the names of a diagram's options), ``requires`` (what pip installs to have the
    framework there), and how it reads weights and proves what it wrote (docs/backends.md).
    """

    @property
    def name(self) -> str:
        """As users say it: ``torch``."""
        ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How the files that it writes end, the usual one first: ``("_keras.py", ".py")``."""
        ...

    def write(self, network: Network, suffix: str = ..., **options: Any) -> str | bytes:
        """The network in the notation of ``suffix`` (the usual one where it is not given).

        ``options`` are the backend's own (a diagram's depth). Raises SpecError (``unsupported``)
        where the network holds what it cannot write.
        """
        ...


@dataclass(frozen=True, slots=True)
class Spelled:
    """How a backend writes a layer, for tools that count what it wrote.

    ``name`` is the class that the layer is an instance of (``nn.Conv2d``), "" where the backend
    cannot write it. ``runs`` says whether the network's own forward, outside training, runs it;
    ``each``, whether a module around it hands it each region's map of RxHxWxC on its own.
    """

    name: str
    runs: bool = True
    each: bool = False


class Rows(Generic[Row]):
    """A backend's table: from the class of a layer to how the backend spells it.

    A layer from another distribution has its row there too, under the entry-point group
    ``archc.rows``, named by backend and layer: ``torch.swish = "my_layers.torch:swish"``.
    """

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self._rows: dict[type[Op], Row] = {}

    def __contains__(self, op: type[Op]) -> bool:
        return op in self._rows

    def __iter__(self) -> Iterator[type[Op]]:
        return iter(self._rows)

    def set(self, op: type[Op], row: Row) -> None:
        self._rows[op] = row

    def row(self, *ops: type[Op]) -> Callable[[Row], Row]:
        """Decorator: what it decorates is the row of these layers."""

        def register(row: Row) -> Row:
            for op in ops:
                self.set(op, row)
            return row

        return register

    def of(self, layer: Layer) -> Row:
        """The row of a layer. Raises SpecError (``unsupported``) where there is none."""
        op = type(layer.op)
        if op not in self._rows:
            found = _plugged(f"{self.backend}.{op.name}")
            if found is None:
                unsupported(self.backend, layer, f"has no row for the layer `{op.name}`")
            self._rows[op] = found
        return self._rows[op]


def _plugged(name: str) -> Any:
    """A row that another distribution brings, or None."""
    from archc import registry

    return registry.load("archc.rows", name) if name in registry.plugins("archc.rows") else None


def unsupported(backend: str, layer: Layer, reason: str, *, help: str | None = None) -> NoReturn:
    """Raise the one error for what a backend cannot write, at the layer's line of the spec."""
    fail(
        "unsupported",
        layer.span,
        f"the {backend} backend {reason}",
        caret=f"layer `{layer.path}`",
        help=help,
    )
