"""What papers and frameworks count: by what a layer is in specs, whatever torch makes of it."""

from __future__ import annotations

from archc.audit.conventions.convention import (
    Convention,
    Row,
    Table,
    multiply_accumulates,
    nothing,
    rows,
    stored,
    unknown,
)
from archc.audit.conventions.seen import Seen
from archc.audit.conventions.weightings import STATISTICS, STORED, TRAINED
from archc.dims import Dim

# ---------------------------------------------------------------- papers

_PAPERS = "He et al. 2015, Section 3.4; Szegedy et al. 2014, Section 5 and Table 1"

PAPER = Convention(
    name="paper",
    title="papers' FLOPs",
    source=_PAPERS,
    words="multiply-accumulates of convolutions and fully connected layers alone, as papers count",
    params_table=Table(
        "parameters",
        {},
        by="layer",
        once=True,
        idle=True,
        otherwise=Row(stored(TRAINED), "what training updates", _PAPERS),
    ),
    ops_table=Table(
        "FLOPs (multiply-adds)",
        rows(
            (
                ("conv", "depthwise", "deconv", "fc", "lstm", "gru"),
                Row(multiply_accumulates(), "multiply-accumulates, without biases", _PAPERS),
            )
        ),
        by="layer",
        idle=True,
        otherwise=Row(nothing, "nothing", _PAPERS),
    ),
)

# ---------------------------------------------------------------- Caffe

_BLOBS = "Caffe 1.0, the shapes of the blobs in `net.params`"
_ONE_BIAS = {name: times for name, times in STORED.items() if name != "second_biases"}


def _caffe_norm(one: Seen) -> Dim:
    """BatchNorm's mean, variance and number, and Scale's two vectors, if there is a Scale."""
    return stored(STORED)(one) + 1


def _has_blobs(one: Seen) -> Dim | None:
    """No blobs, of layers that have no weights; Caffe has no others."""
    return 0 if stored(STORED)(one) == 0 else None


CAFFE = Convention(
    name="caffe",
    title="Caffe 1.0",
    source="https://caffe.berkeleyvision.org/tutorial/layers.html",
    words="the blobs that Caffe stores: of batch normalisation its statistics and their number too",
    params_table=Table(
        "values in net.params",
        rows(
            (
                ("conv", "depthwise", "deconv", "fc"),
                Row(stored(STORED), "weights and biases", f"{_BLOBS}: base_conv_layer.cpp"),
            ),
            (("embed",), Row(stored(STORED), "weights", f"{_BLOBS}: embed_layer.cpp")),
            (("prelu",), Row(stored(STORED), "slopes", f"{_BLOBS}: prelu_layer.cpp")),
            (
                ("bn",),
                Row(
                    _caffe_norm,
                    "scale, shift, mean, variance, and 1",
                    f"{_BLOBS}: batch_norm_layer.cpp, scale_layer.cpp",
                    "the mean and the variance are kept as sums; the third blob is their number",
                ),
            ),
            (("l2norm",), Row(stored(STORED), "scales", "normalize_layer.cpp of SSD's Caffe")),
            (
                ("lstm",),
                Row(
                    stored(_ONE_BIAS),
                    "weights, and one vector of biases a gate",
                    f"{_BLOBS}: lstm_layer.cpp",
                    "torch's layer has two",
                ),
            ),
        ),
        by="layer",
        once=True,
        idle=True,
        otherwise=Row(_has_blobs, "nothing, where there is nothing to store", _BLOBS),
    ),
    ops_table=None,
)

# ---------------------------------------------------------------- Keras

_WEIGHTS = "Keras 3, keras/src/utils/summary_utils.py, count_params of layer.weights"
_GRU = "keras/src/layers/rnn/gru.py"
_LSTM_TRAINED = {name: times for name, times in TRAINED.items() if name != "second_biases"}


def _keras(label: str, by: dict[str, int], one_bias: dict[str, int]) -> Table:
    return Table(
        label,
        rows(
            (
                ("bn",),
                Row(
                    stored(by),
                    _KERAS_NORM[label],
                    "keras/src/layers/normalization/batch_normalization.py",
                ),
            ),
            (
                ("lstm",),
                Row(
                    stored(one_bias),
                    "weights, and one vector of biases a gate",
                    "keras/src/layers/rnn/lstm.py",
                    "torch's layer has two",
                ),
            ),
            (("gru",), Row(stored(by), "with both vectors of biases (reset_after=True)", _GRU)),
            (("rbf", "subsample"), Row(unknown, "unknown: Keras has no such layer", _WEIGHTS)),
        ),
        by="layer",
        once=True,
        idle=True,
        otherwise=Row(stored(by), _KERAS_OTHERS[label], _WEIGHTS),
    )


_KERAS_NORM = {
    "Total params": "scale, shift, moving mean, moving variance",
    "Trainable params": "scale, shift",
    "Non-trainable params": "moving mean, moving variance",
}
_KERAS_OTHERS = {
    "Total params": "all that is stored",
    "Trainable params": "what training updates",
    "Non-trainable params": "what is stored and not trained",
}

_TOTAL = _keras("Total params", dict(STORED), _ONE_BIAS)
_TRAINABLE = _keras("Trainable params", dict(TRAINED), _LSTM_TRAINED)
_REST = _keras("Non-trainable params", dict(STATISTICS), dict(STATISTICS))

KERAS = Convention(
    name="keras",
    title="Keras 3, Model.summary()",
    source="https://keras.io/api/models/model/",
    words="Keras' total: moving means and variances of normalisation too",
    params_table=_TOTAL,
    ops_table=None,
    also=(_TRAINABLE, _REST),
)

KERAS_TRAINABLE = Convention(
    name="keras_trainable",
    title="Keras 3, Model.summary(), trainable",
    source="https://keras.io/api/models/model/",
    words="what Keras calls trainable",
    params_table=_TRAINABLE,
    ops_table=None,
)
