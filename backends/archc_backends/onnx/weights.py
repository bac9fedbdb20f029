"""Weights: read from a file, held against what the network asks for, or drawn at random."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from archc.diagnostics import Diagnostic, SpecError, nearest
from archc.graph.network import Network
from archc_backends.onnx.graph import Weight
from archc_backends.onnx.naming import by_numbers, in_order, sizes, without_wrapper

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

MOST_LISTED = 8
"""Of names that are missing or surplus no more are listed one by one."""

COUNTER = ".num_batches_tracked"
"""What torch's batch normalisation counts besides; nothing outside training reads it."""


def wrong(message: str, *, notes: Iterable[str] = (), help: str | None = None) -> NoReturn:
    raise SpecError([Diagnostic("unsupported", message, notes=tuple(notes), help=help)])


# ---------------------------------------------------------------- files


def read_weights(path: Path) -> dict[str, Array]:
    """The arrays of a file by their names: torch's ``state_dict`` (``.pt``, ``.pth``; needs torch,
    which reads it without executing anything) or NumPy's ``.npz``.

    Raises SpecError where the file cannot be read, or holds something else.
    """
    import_numpy()
    if not path.is_file():
        wrong(f"no file `{path}` of weights", help="a state_dict (.pt) or an archive (.npz)")
    if path.suffix.lower() == ".npz":
        return _read_archive(path)
    if path.suffix.lower() in (".pt", ".pth"):
        return _read_state(path)
    wrong(
        f"`{path}` is none of the files that weights are read from",
        help="a state_dict that torch.save wrote (.pt), or an archive of numpy.savez (.npz)",
    )


def _read_archive(path: Path) -> dict[str, Array]:
    import numpy as np

    try:
        with zipfile.ZipFile(path) as file:
            if sum(entry.file_size for entry in file.infolist()) > MOST_BYTES:
                wrong(f"`{path}` holds more than the 2 GB that an ONNX file can")
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except SpecError:
        raise
    except Exception as error:  # of a file of anybody's: damaged, encrypted, of other objects
        wrong(f"`{path}` is no archive of NumPy arrays", notes=[_line(error)])


def _read_state(path: Path) -> dict[str, Array]:
    import pickle
    import warnings

    try:
        import torch
    except ImportError:
        wrong(
            f"torch reads `{path}`, and it is not installed",
            help="pip install 'archc-compiler[torch]', or give the weights as .npz",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: Any = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:  # torch's words say how to execute what it refused
        wrong(
            f"`{path}` is damaged, or holds more than tensors and plain values",
            notes=["code in a file of weights is not executed"],
            help="write it with torch.save(model.state_dict(), ...)",
        )
    except Exception as error:  # of a file of anybody's, torch raises whatever it likes
        wrong(
            f"torch cannot read `{path}` as weights",
            notes=[_line(error)],
            help="write it with torch.save(model.state_dict(), ...)",
        )
    return _arrays(path, found)


def _arrays(path: Path, found: Any) -> dict[str, Array]:
    import torch

    def is_state(entries: dict[str, Any]) -> bool:
        return bool(entries) and all(isinstance(v, torch.Tensor) for v in entries.values())

    entries = _entries(found)
    within = {name: state for name in entries if is_state(state := _entries(entries[name]))}
    if "state_dict" in within or len(within) == 1:  # a checkpoint, with more than the weights
        entries = within.get("state_dict") or next(iter(within.values()))
    if not is_state(entries):
        several = ", ".join(f"`{name}`" for name in within)
        wrong(
            f"`{path}` holds no state_dict: names with a tensor each",
            notes=[f"there are several in it: {several}"] if several else [],
            help="write it with torch.save(model.state_dict(), ...)",
        )
    for name, value in entries.items():
        if value.layout != torch.strided or value.is_meta or value.is_quantized:
            kind = "quantized" if value.is_quantized else "meta" if value.is_meta else value.layout
            wrong(f"`{name}` of `{path}` is no plain tensor: {kind}")
    return {name: as_array(value) for name, value in entries.items()}


def _entries(found: Any) -> dict[str, Any]:
    """What a mapping has under names; nothing of anything else."""
    if not isinstance(found, Mapping):
        return {}
    entries: Mapping[Any, Any] = found  # pyright: ignore[reportUnknownVariableType]  # a file's
    return {str(name): value for name, value in entries.items()}


def _line(error: BaseException) -> str:
    """The first line of what an error says."""
    text = str(error).strip().split("\n")[0]
    return (f"{type(error).__name__}: {text}" if text else type(error).__name__)[:200]


def as_array(value: Any) -> Array:
    """A tensor of torch's, or anything that NumPy takes, as an array."""
    import numpy as np

    if hasattr(value, "detach"):
        value = value.detach().cpu().resolve_conj().resolve_neg()
        if value.is_floating_point():
            value = value.float()  # NumPy has no bfloat16
        value = value.numpy()
    return np.asarray(value)


def import_numpy() -> None:
    """Raise SpecError where NumPy is not installed."""
    try:
        import_module("numpy")
    except ImportError:
        wrong("weights need numpy, which is not installed", help=INSTALL)


INSTALL = "pip install 'archc-compiler[onnx]'"


# ---------------------------------------------------------------- what is given


def matched(
    network: Network, weights: Mapping[str, Weight], needed: Sequence[str], given: Mapping[str, Any]
) -> tuple[dict[str, Array], list[Diagnostic]]:
    """The given arrays, by the names of the network's weights; and a remark if some go by number.

    ``needed`` are those that the graph reads. Raises SpecError that lists, in one diagnostic, the
    names that are missing, those that the network does not have, and wrong shapes.
    """
    arrays = {name: as_array(value) for name, value in given.items()}
    arrays = dict(without_wrapper(arrays, weights))
    arrays = {name: array for name, array in arrays.items() if not _is_counter(name, arrays)}
    renamed = by_numbers(arrays, weights, network)
    if isinstance(renamed, str):
        wrong("the Sequential's weights are not those of the network", notes=[renamed])
    arrays = {renamed.get(name, name): array for name, array in arrays.items()}
    notes = _differences(weights, needed, arrays)
    if notes and (pairs := in_order(arrays, weights)):
        wrong(
            "the weights have other names than the network's",
            notes=_listed([_pair(*pair, weights) for pair in pairs], "in their order"),
            help="the shapes are the same in this order, which alone does not show that the layers "
            "are: if they are, rename the weights",
        )
    if notes:
        wrong(
            "the weights are not those of the network",
            notes=notes,
            help="names are layers' paths, as in the state_dict of the torch module",
        )
    return {name: arrays[name] for name in needed}, [_remark(renamed)] if renamed else []


def _remark(renamed: Mapping[str, str]) -> Diagnostic:
    notes = _listed([f"`{name}` is `{own}`" for name, own in renamed.items()], "by their numbers")
    message = "the weights of an nn.Sequential are taken by its layers' numbers"
    return Diagnostic("framework", message, notes=tuple(notes), severity="remark")


def _differences(
    weights: Mapping[str, Weight], needed: Sequence[str], arrays: Mapping[str, Array]
) -> list[str]:
    """What is missing, what the network does not have, and what does not fit."""
    missing = [name for name in needed if name not in arrays]
    surplus = [name for name in arrays if name not in weights]
    notes = _listed(
        [
            _missing(name, weights[name], nearest(name, surplus) if n < MOST_LISTED else None)
            for n, name in enumerate(missing)
        ],
        "missing",
    )
    notes += _listed(
        [
            _surplus(name, nearest(name, missing or weights) if n < MOST_LISTED else None)
            for n, name in enumerate(surplus)
        ],
        "surplus",
    )
    return notes + _listed([*_misfits(weights, arrays)], "of a wrong shape or type")


def _is_counter(name: str, arrays: Mapping[str, Array]) -> bool:
    stem = name.removesuffix(COUNTER)
    return stem != name and f"{stem}.running_mean" in arrays


def _pair(name: str, own: str, weights: Mapping[str, Weight]) -> str:
    return f"`{name}` stands where `{own}` does, {sizes(weights[own].shape)}"


def _missing(name: str, weight: Weight, like: str | None) -> str:
    return f"missing: `{name}`, {sizes(weight.shape)}" + (f" (there is `{like}`)" if like else "")


def _surplus(name: str, like: str | None) -> str:
    return f"not in the network: `{name}`" + (f" (did you mean `{like}`?)" if like else "")


def _misfits(weights: Mapping[str, Weight], arrays: Mapping[str, Array]) -> Iterable[str]:
    for name, array in arrays.items():
        weight = weights.get(name)
        if weight is None:
            continue
        if array.shape != weight.shape:
            yield f"`{name}` is {sizes(array.shape)}, expected {sizes(weight.shape)}"
        elif array.dtype.kind not in "fiu":
            yield f"`{name}` holds {array.dtype}, expected numbers"


def _listed(lines: list[str], what: str) -> list[str]:
    rest = len(lines) - MOST_LISTED
    return [*lines[:MOST_LISTED], *([f"and {rest:,} more {what}"] if rest > 0 else [])]


# ---------------------------------------------------------------- at random

MOST_BYTES = 2**31 - 1
"""A protobuf message, and so an ONNX file without external data, holds no more."""


def check_size(weights: Iterable[Weight]) -> None:
    """Raise SpecError where the weights are more than an ONNX file holds."""
    found = list(weights)
    total = sum(4 * math.prod(weight.shape) for weight in found)
    if total >= MOST_BYTES - 2**24:  # beside weights a file has names and nodes
        largest = max(found, key=lambda weight: math.prod(weight.shape))
        raise SpecError(
            [
                Diagnostic(
                    "unsupported",
                    f"the weights take {total:,} bytes, and an ONNX file holds 2 GB",
                    largest.layer.span,
                    caret=f"`{largest.name}` alone is {sizes(largest.shape)}",
                )
            ]
        )


def drawn(weight: Weight) -> Array:
    """A weight's first values, from a seed made of its name: every file has the same."""
    import numpy as np

    start, shape = weight.start, weight.shape
    if start.kind == "constant":
        return np.full(shape, start.value, np.float32)
    generator = np.random.default_rng(zlib.crc32(weight.name.encode()))
    if start.kind == "normal":
        return generator.standard_normal(shape, np.float32)
    if start.kind == "signs":
        return (2 * generator.integers(0, 2, shape) - 1).astype(np.float32)
    values = generator.random(shape, np.float32)
    values *= 2
    values -= 1
    bound = np.asarray(start.value, np.float32)
    values *= bound.reshape(bound.shape + (1,) * (len(shape) - bound.ndim))
    return values
