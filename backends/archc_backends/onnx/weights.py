"""Weights: read from a file, held against what the network asks for, or drawn at random."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from archc.diagnostics import Diagnostic, SpecError, nearest
from archc_backends.onnx.graph import Weight

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
    if path.suffix == ".npz":
        return _read_archive(path)
    if path.suffix in (".pt", ".pth"):
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

    entries = _entries(found)
    entries = _entries(entries.get("state_dict")) or entries
    tensors = {n: value for n, value in entries.items() if isinstance(value, torch.Tensor)}
    if not tensors or len(tensors) < len(entries):
        wrong(
            f"`{path}` holds no state_dict: names with a tensor each",
            help="write it with torch.save(model.state_dict(), ...)",
        )
    for name, value in tensors.items():
        if value.layout != torch.strided or value.is_meta or value.is_quantized:
            kind = "quantized" if value.is_quantized else "meta" if value.is_meta else value.layout
            wrong(f"`{name}` of `{path}` is no plain tensor: {kind}")
    return {name: as_array(value) for name, value in tensors.items()}


def _entries(found: Any) -> dict[str, Any]:
    """What a mapping has under names; nothing of anything else."""
    if not isinstance(found, Mapping):
        return {}
    entries: Mapping[Any, Any] = found  # pyright: ignore[reportUnknownVariableType]  # a file's
    return {str(name): value for name, value in entries.items()}


def _line(error: BaseException) -> str:
    """The first line of what an error says."""
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0] if text else ''}"[:200]


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
    weights: Mapping[str, Weight], needed: Iterable[str], given: Mapping[str, Any]
) -> dict[str, Array]:
    """The given arrays, by the names of the network's weights.

    ``needed`` are those that the graph reads. Raises SpecError that lists, in one diagnostic, the
    names that are missing, those that the network does not have, and wrong shapes.
    """
    arrays = {name: as_array(value) for name, value in given.items() if not _counter(name, weights)}
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
    notes += _listed([*_misfits(weights, arrays)], "of a wrong shape or type")
    if notes:
        wrong(
            "the weights are not those of the network",
            notes=notes,
            help="names are layers' paths, as in the state_dict of the torch module",
        )
    return {name: arrays[name] for name in needed}


def _counter(name: str, weights: Mapping[str, Weight]) -> bool:
    stem = name.removesuffix(COUNTER)
    return stem != name and f"{stem}.running_mean" in weights


def _missing(name: str, weight: Weight, like: str | None) -> str:
    return f"missing: `{name}`, {_sizes(weight.shape)}" + (f" (there is `{like}`)" if like else "")


def _surplus(name: str, like: str | None) -> str:
    return f"not in the network: `{name}`" + (f" (did you mean `{like}`?)" if like else "")


def _misfits(weights: Mapping[str, Weight], arrays: Mapping[str, Array]) -> Iterable[str]:
    for name, array in arrays.items():
        weight = weights.get(name)
        if weight is None:
            continue
        if array.shape != weight.shape:
            yield f"`{name}` is {_sizes(array.shape)}, expected {_sizes(weight.shape)}"
        elif array.dtype.kind not in "fiu":
            yield f"`{name}` holds {array.dtype}, expected numbers"


def _sizes(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape)) or "a single number"


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
                    caret=f"`{largest.name}` alone is {_sizes(largest.shape)}",
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
