"""dlib's layers as layers of archc: a row each.

A row says what stands between the angle brackets before the network below, and makes the layer of
archc from it. Numbers may be expressions in a template's parameters, which a block takes over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from archc.diagnostics import Span
from archc.notations.dlib.numbers import Number, binary, half, is_zero, whole_or

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Made:
    """A layer of archc with what its fields are to be: numbers, pairs of them, words."""

    name: str
    fields: Fields = field(default_factory=dict[str, Any])


Make = Callable[..., Made]


@dataclass(frozen=True, slots=True)
class Row:
    """``takes`` has a letter an argument: ``i`` an integer, ``I`` one that may be left out, ``t`` a
    tag, ``T`` one or more of them, ``m`` a mode's name. ``merge`` says how what arrives and the
    tagged layers are joined. ``refused`` is why archc cannot hold the layer."""

    takes: str = ""
    make: Make | None = None
    merge: str = ""
    refused: str = ""


def _padding(nr: Number, nc: Number, sy: Number, sx: Number, more: tuple[Number, ...]) -> Fields:
    """dlib's default: half of the window at stride 1, none at any other, each axis apart."""
    y, x = more if len(more) == 2 else (half(nr, sy), half(nc, sx))
    return {} if is_zero(y) and is_zero(x) else {"pad": (y, x)}


def _con(
    width: Number, nr: Number, nc: Number, sy: Number, sx: Number, *more: Number, bias: bool = True
) -> Made:
    kernel = whole_or(nr, "height"), whole_or(nc, "width")
    fields = {
        "kernel": kernel,
        "stride": (sy, sx),
        "width": width,
        **_padding(nr, nc, sy, sx, more),
    }
    return Made("conv", fields if bias else {**fields, "bias": False})


def _cont(
    width: Number, nr: Number, nc: Number, sy: Number, sx: Number, *more: Number, bias: bool = True
) -> Made:
    fields = {
        "kernel": (nr, nc),
        "stride": (sy, sx),
        "width": width,
        **_padding(nr, nc, sy, sx, more),
    }
    return Made("deconv", fields if bias else {**fields, "bias": False})


def _pool(name: str) -> Make:
    def make(nr: Number, nc: Number, sy: Number, sx: Number, *more: Number) -> Made:
        if is_zero(nr) and is_zero(nc):
            return Made(name, {"adaptive": (1, 1)})
        padding = _padding(nr, nc, sy, sx, more)
        kernel = whole_or(nr, "height"), whole_or(nc, "width")
        fields = {"kernel": kernel, "stride": (sy, sx), **padding}
        if name == "avgpool" and padding:
            fields["padding_counts"] = False
        return Made(name, fields)

    return make


def _global(name: str) -> Make:
    return lambda: Made(name, {"adaptive": (1, 1)})


def _plain(name: str, **fields: Any) -> Make:
    return lambda: Made(name, dict(fields))


def _fc(width: Number, mode: str = "FC_HAS_BIAS") -> Made:
    return Made("fc", {"width": width, **({"bias": False} if mode == "FC_NO_BIAS" else {})})


def _upsample(y: Number, x: Number | None = None) -> Made:
    return Made("upsample", {"factor": (y, y if x is None else x), "mode": "bilinear"})


def _reorg(rows: Number, columns: Number) -> Made:
    return Made("reorg", {"block": rows})  # check_square refuses the others


BN = Made("bn", {"eps": 1e-4})


def _bn(mode: str = "CONV_MODE") -> Made:
    return BN


def _affine() -> Made:
    return Made("bn", {**BN.fields, "scale": False, "shift": False})


def _fc_no_bias(width: Number) -> Made:
    return _fc(width, "FC_NO_BIAS")


def _ratio(name: str, field: str) -> Make:
    """A number that the template gives as a fraction."""

    def make(above: Number, below: Number) -> Made:
        if not isinstance(above, int) or not isinstance(below, int):
            return Made(name, {field: binary("/", above, below, _span(above, below))})
        return Made(name, {field: above / below if below else 0.0})

    return make


def _dropout_rate(percent: Number) -> Made:
    if isinstance(percent, int):
        return Made("dropout", {"p": percent / 100})
    return Made("dropout", {"p": binary("/", percent, 100, percent.span)})


def _span(*numbers: Number) -> Span:
    return next(number.span for number in numbers if not isinstance(number, int))


_NO_LAYER = "archc has no such layer"

ROWS: dict[str, Row] = {
    "con": Row("iiiii", _con),
    "con_": Row("iiiiiII", _con),
    "cont": Row("iiiii", _cont),
    "cont_": Row("iiiiiII", _cont),
    "max_pool": Row("iiii", _pool("maxpool")),
    "max_pool_": Row("iiiiII", _pool("maxpool")),
    "avg_pool": Row("iiii", _pool("avgpool")),
    "avg_pool_": Row("iiiiII", _pool("avgpool")),
    "max_pool_everything": Row("", _global("maxpool")),
    "avg_pool_everything": Row("", _global("avgpool")),
    "fc": Row("i", _fc),
    "fc_": Row("im", _fc),
    "fc_no_bias": Row("i", _fc_no_bias),
    "bn_con": Row("", _bn),
    "bn_fc": Row("", _bn),
    "bn_": Row("m", _bn),
    "affine": Row("", _affine),
    "layer_norm": Row("", _plain("ln", whole=True)),
    "relu": Row("", _plain("relu")),
    "clipped_relu": Row("", _plain("relu6")),
    "leaky_relu": Row("", _plain("leaky")),
    "prelu": Row("", _plain("prelu", shared=True)),
    "sig": Row("", _plain("sigmoid")),
    "htan": Row("", _plain("tanh")),
    "elu": Row("", _plain("elu")),
    "gelu": Row("", _plain("gelu")),
    "silu": Row("", _plain("silu")),
    "softmax": Row("", _plain("softmax")),
    "softmax_all": Row("", _plain("softmax")),
    "dropout": Row("", _plain("dropout", p=0.5)),
    "dropout_10": Row("", _plain("dropout", p=0.1)),
    "multiply": Row("", _plain("rescale", scale=0.5)),
    "upsample": Row("i", _upsample),
    "upsample_": Row("ii", _upsample),
    "con_no_bias": Row("iiiii", partial(_con, bias=False)),
    "con_no_bias_": Row("iiiiiII", partial(_con, bias=False)),
    "cont_no_bias": Row("iiiii", partial(_cont, bias=False)),
    "cont_no_bias_": Row("iiiiiII", partial(_cont, bias=False)),
    "dropout_rate": Row("i", _dropout_rate),
    "leaky_relu_slope": Row("ii", _ratio("leaky", "slope")),
    "elu_alpha": Row("ii", _ratio("elu", "alpha")),
    "multiply_by": Row("ii", _ratio("rescale", "scale")),
    "add_prev": Row("t", merge="add"),
    "mult_prev": Row("t", merge="multiply"),
    "scale": Row("t", merge="gate"),
    "scale_prev": Row("t", merge="gate"),
    "concat": Row("T", merge="concat"),
    "resize_prev_to_tagged": Row("t", merge="resize"),
    "resize_to": Row("ii", refused="archc enlarges by whole factors, not to a size"),
    "linear": Row("i", refused="it acts on the last axis, the columns of each map"),
    "linear_no_bias": Row("i", refused="it acts on the last axis, the columns of each map"),
    "l2normalize": Row("", refused="it divides a whole map by its length; archc's `l2norm` is "
                       "for each position, with a trained scale"),
    "extract": Row("iiii", refused="it takes a run of values, across maps"),
    "reorg": Row("", _plain("reorg", block=2)),
    "reorg_": Row("ii", _reorg),
    "mish": Row("", refused=_NO_LAYER),
    "smelu": Row("", refused=_NO_LAYER),
    "rms_norm": Row("", refused=_NO_LAYER),
    "positional_encodings": Row("", refused=_NO_LAYER),
    "embeddings": Row("ii", refused="its input is of integers, which no other layer gives"),
    "transpose": Row("", refused=_NO_LAYER),
    "multm_prev": Row("t", refused=_NO_LAYER),
    "reshape_to": Row("iii", refused="its order of values is dlib's own"),
    "tril": Row("", refused=_NO_LAYER),
    "slice": Row("iiiiii", refused=_NO_LAYER),
}  # fmt: skip

for _name, _merge in (("add_prev", "add"), ("mult_prev", "multiply")):
    for _i in range(1, 11):
        ROWS[f"{_name}{_i}"] = Row("", merge=_merge)
for _name in ("scale", "scale_prev"):
    for _i in range(1, 11):
        ROWS[f"{_name}{_i}"] = Row("", merge="gate")
for _i in range(2, 6):
    ROWS[f"concat{_i}"] = Row("t" * _i, merge="concat")

CONTROL: Mapping[str, str] = {
    "add_layer": "a layer's class, and the network below",
    "add_tag_layer": "a number, and the network below",
    "add_skip_layer": "a tag, and the network below",
    "add_loss_layer": "a loss's class, and the network below",
    "repeat": "a count, a template, and the network below",
    "iskip": "the network below",
    **{f"tag{i}": "the network below" for i in range(1, 11)},
    **{f"skip{i}": "the network below" for i in range(1, 11)},
    **{f"itag{i}": "the network below" for i in range(6)},
    **{f"inception{i}": f"{i} templates, and the network below" for i in range(2, 6)},
}
"""Templates that place others, with what they take."""

INPUTS = (
    "input",
    "input_rgb_image",
    "input_rgb_image_sized",
    "input_rgb_image_pair",
    "input_rgb_image_pyramid",
    "input_grayscale_image_pyramid",
    "input_tensor",
)


def row_of(name: str) -> Row | None:
    """The row of a layer's template, or of its class (``relu_``)."""
    found = ROWS.get(name)
    if found is None and name.endswith("_"):
        found = ROWS.get(name[:-1])
    return found


def is_known(name: str) -> bool:
    """Whether dlib has a template of that name, as far as archc knows."""
    return row_of(name) is not None or name in CONTROL or name in INPUTS or is_loss(name)


def is_loss(name: str) -> bool:
    return name.startswith("loss_")


def names() -> list[str]:
    """What dlib calls its templates, for the nearest to a name that is none."""
    return [*ROWS, *CONTROL, *INPUTS, "loss_multiclass_log", "loss_binary_log", "loss_metric"]


def tag_of(name: str) -> int | None:
    """The tag that the name of a template ends with: ``add_prev3`` reads 3."""
    digits = name.rstrip("_")[-2:].lstrip("abcdefghijklmnopqrstuvwxyz_")
    return int(digits) if digits else None
