"""What shapes tell of a network in dlib: where its rules make it another than the famous one.

A remark of a kind, at the first layer that it concerns, with the number of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from archc.diagnostics import Diagnostic, Source
from archc.dims import Dim
from archc.graph.network import Layer, Network
from archc.notations.dlib.layers import row_of
from archc.ops.base import shape_text
from archc.ops.convolution import Conv
from archc.ops.dense import FC
from archc.ops.normalization import BatchNorm
from archc.ops.pooling import Pool

LENET = ((5, 6), (5, 16), (0, 120), (0, 84), (0, 10))
"""LeNet-5's windows and widths in dlib's example (LeCun et al. 1998, with C5 as a full layer)."""


def review(source: Source, network: Network) -> Iterable[Diagnostic]:
    """Remarks (``framework``) on a network that was read from ``source``, with its sizes."""
    ours = [n for n in network.layers if n.span.source.text == source.text]
    found = [padded_lenet(network, ours), duplicate_biases(network, ours)]
    found += [
        first_of(ours, strided, "convolutions with a stride, and without padding"),
        first_of(ours, rounded_down, "poolings that would be larger rounded up"),
        first_of(ours, even, "windows of even size at stride 1"),
    ]
    return [diagnostic for diagnostic in found if diagnostic is not None]


def _remark(layer: Layer, message: str, notes: Sequence[str] = ()) -> Diagnostic:
    return Diagnostic("framework", message, layer.span, notes=tuple(notes), severity="remark")


def first_of(
    layers: list[Layer], say: Callable[[Layer], str | None], others: str
) -> Diagnostic | None:
    """What there is to say of the first layer that it holds of, and of how many more."""
    said = [(layer, text) for layer in layers if (text := say(layer)) is not None]
    if not said:
        return None
    layer, text = said[0]
    places = {other.span.start for other, _ in said} - {layer.span.start}
    notes = [f"{len(places)} more: {others}"] if places else []
    return _remark(layer, text, notes)


# ---------------------------------------------------------------- windows


def by_default(layer: Layer) -> bool:
    """Whether the padding is dlib's default: the template has no argument for it."""
    name = layer.span.text.split("<", 1)[0].rsplit("::", 1)[-1].strip()
    row = row_of(name)
    return row is not None and not name.endswith("_") and row.make is not None


def strided(layer: Layer) -> str | None:
    """A stride without padding, where half of the window would keep the size over the stride."""
    op, arrives = layer.op, layer.input_shapes[0]
    if not isinstance(op, Conv) or not by_default(layer):
        return None
    height, after = arrives[0], layer.shape[0]
    if not isinstance(height, int) or not isinstance(after, int):
        return None
    kernel, stride = op.kernel[0], op.stride[0]
    padded = (height + 2 * (kernel // 2) - kernel) // stride + 1
    if stride == 1 or padded == after:
        return None
    return (
        f"dlib does not pad where the stride is not 1: {kernel}x{op.kernel[1]}/{stride} makes "
        f"{after} of {height}, where a padding of {kernel // 2} would make {padded}"
    )


def rounded_down(layer: Layer) -> str | None:
    op, arrives = layer.op, layer.input_shapes[0]
    if not isinstance(op, Pool) or op.kernel is None or isinstance(op.pad, str):
        return None
    height, after = arrives[-3], layer.shape[-3]
    if not isinstance(height, int) or not isinstance(after, int):
        return None
    room = height + 2 * op.pad[0] - op.kernel[0]
    up = -(-room // op.stride[0]) + 1
    if up == after or (up - 1) * op.stride[0] >= height + op.pad[0]:
        return None
    window = f"{op.kernel[0]}x{op.kernel[1]}/{op.stride[0]}"
    return f"dlib's pooling rounds down: {window} makes {after} of {height}, where Caffe makes {up}"


def even(layer: Layer) -> str | None:
    op, arrives = layer.op, layer.input_shapes[0]
    if not isinstance(op, Conv | Pool) or op.kernel is None or not by_default(layer):
        return None
    sizes: tuple[Dim, Dim] = (arrives[-3], layer.shape[-3])
    if op.kernel[0] % 2 or op.stride[0] != 1 or sizes[1] - sizes[0] != 1:
        return None
    return (
        f"a window of even size at stride 1 adds one in dlib, which pads it by half: "
        f"{shape_text(arrives)} becomes {shape_text(layer.shape)}"
    )


# ---------------------------------------------------------------- parameters


def duplicate_biases(network: Network, layers: list[Layer]) -> Diagnostic | None:
    """Biases in front of a normalisation, which takes them away again."""
    sources = {layer.path: layer for layer in layers}
    found: dict[str, Layer] = {}
    for layer in layers:
        below = sources.get(layer.inputs[0]) if layer.inputs else None
        if isinstance(layer.op, BatchNorm) and below is not None and below.weights.biases:
            found[below.path] = below
    total: Dim = sum((layer.weights.biases for layer in found.values()), 0)
    if not found or not isinstance(network.params, int) or not isinstance(total, int):
        return None
    what = "1 layer" if len(found) == 1 else f"{len(found)} layers"
    return _remark(
        next(iter(found.values())),
        f"{what} in front of a normalisation have {total:,} biases that it cancels: after "
        f"`disable_duplicative_biases(net)` dlib counts {network.params - total:,} parameters, "
        f"not {network.params:,}",
    )


def padded_lenet(network: Network, layers: list[Layer]) -> Diagnostic | None:
    """dlib's LeNet is not LeCun's: its padding keeps 28x28 maps."""
    weighted = [layer for layer in layers if isinstance(layer.op, Conv | FC)]
    widths = tuple(
        (layer.op.kernel[0] if isinstance(layer.op, Conv) else 0, layer.op.width)
        for layer in weighted
        if isinstance(layer.op, Conv | FC)
    )
    if widths != LENET or not isinstance(network.params, int):
        return None
    dense = weighted[2]
    reads = dense.input_shapes[0]
    values = reads[0] * reads[1] * reads[2] if len(reads) == 3 else reads[0]
    original = network.params - (values - 5 * 5 * 16) * 120
    if values == 5 * 5 * 16:
        return None
    return _remark(
        dense,
        f"this LeNet has {network.params:,} parameters, not the {original:,} of the one without "
        f"padding on 32x32 images: dlib pads 5x5 windows by 2, so that `fc<120>` reads "
        f"{shape_text(reads)} = {values} values, not 5x5x16 = 400",
    )
