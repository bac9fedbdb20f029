"""Weights of the generated torch module, copied into the generated Keras model.

Both frameworks have the same weights in other orders of axes: a convolution's kernel is (out, in,
height, width) in torch and (height, width, in, out) in Keras. Where a map is flattened, or a vector
becomes a map, torch has the channels first and Keras last: the rows or columns of the matrix beside
it are put in Keras' order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from archc.graph.network import Layer, Network
from archc.ops import convolution, dense, depthwise, normalization, pooling, recurrent, transposed
from archc.ops.activation import PReLU
from archc.ops.base import Op, Shape
from archc_backends.keras.orders import Orders
from archc_backends.keras.units import Unit, Units
from archc_backends.shared.names import module_path

if TYPE_CHECKING:
    from numpy import ndarray

    Array: TypeAlias = ndarray[Any, Any]


def copy(network: Network, state_dict: Mapping[str, Any], model: Any) -> None:
    """Set the weights of a model to those of a torch module of the same network.

    ``state_dict`` has tensors or arrays by the names that the module of ``archc build --to torch``
    gives them; ``model`` is the Keras model of the same network. Raises KeyError where a layer's
    weights are missing, ValueError where one has another shape.
    """
    units = Units(network)
    state = _State(state_dict)
    for unit in units.by_path.values():
        if unit.shared or not state.stores(unit.layer):
            continue
        given = _read(unit.layer, state, units.orders)
        _assign(unit, given, model, units)


class _State:
    """A state_dict by the layers' own paths."""

    def __init__(self, state_dict: Mapping[str, Any]) -> None:
        self.values = state_dict

    def stores(self, layer: Layer) -> bool:
        weights = layer.weights
        return any(v != 0 for v in (weights.trainable, weights.statistics, weights.fixed))

    def get(self, layer: Layer, name: str) -> Array:
        """One weight as an array. Raises KeyError naming it."""
        import numpy as np

        path = module_path(layer.path)
        for key in (f"{path}.{name}", f"{path}.layer.{name}"):  # of a layer on each region's map
            if key in self.values:
                value = self.values[key]
                value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
                return np.asarray(value)
        raise KeyError(f"the weights have no `{path}.{name}`")


Read: TypeAlias = "Callable[[Layer, _State, Orders], list[Array]]"


def _read(layer: Layer, state: _State, orders: Orders) -> list[Array]:
    """The weights of a layer in the order and the layouts that Keras has."""
    read = _READ.get(type(layer.op))
    if read is None:
        raise KeyError(f"no way is known to copy the weights of `{layer.op.name}`")
    return read(layer, state, orders)


def _assign(unit: Unit, given: list[Array], model: Any, units: Units) -> None:
    made = [model.get_layer(units.name(label)) for label in unit.names()]
    places = [weight for one in made for weight in one.weights]
    shapes = [tuple(array.shape) for array in given]
    wanted = [tuple(place.shape) for place in places]
    if shapes != wanted:
        raise ValueError(f"`{unit.layer.path}` has weights {wanted} in Keras, not {shapes}")
    for place, array in zip(places, given, strict=True):
        place.assign(array)


def _with_bias(layer: Layer, state: _State, kernel: Array) -> list[Array]:
    return [kernel, state.get(layer, "bias")] if getattr(layer.op, "bias", True) else [kernel]


def _conv(layer: Layer, state: _State, _: Orders) -> list[Array]:
    kernel = state.get(layer, "weight")
    if kernel.ndim == 4:  # of a table of connections it is (pairs, height, width) in both
        kernel = kernel.transpose(2, 3, 1, 0)
    return _with_bias(layer, state, kernel)


def _depthwise(layer: Layer, state: _State, _: Orders) -> list[Array]:
    op: Any = layer.op
    kernel = state.get(layer, "weight").reshape(-1, op.multiplier, *op.kernel)
    kernel = kernel.transpose(2, 3, 0, 1)
    return _with_bias(layer, state, kernel)


def _fc(layer: Layer, state: _State, orders: Orders) -> list[Array]:
    """Rows in the order in which Keras flattens, columns in that in which it makes a map."""
    matrix = _columns_last(state.get(layer, "weight"), orders.rows(layer))
    matrix = matrix.transpose(1, 0)
    to = orders.columns(layer)
    matrix = _columns_last(matrix, to)
    given = _with_bias(layer, state, matrix)
    return [matrix, *(_columns_last(bias[None], to)[0] for bias in given[1:])]


def _columns_last(matrix: Array, shape: Shape | None) -> Array:
    """A matrix whose columns are a map's values, in the order of channels last."""
    if shape is None:
        return matrix
    height, width, channels = (one for one in shape if isinstance(one, int))
    whole: Array = matrix.reshape(-1, channels, height, width)
    return whole.transpose(0, 2, 3, 1).reshape(matrix.shape)


def _rbf(layer: Layer, state: _State, orders: Orders) -> list[Array]:
    return [_columns_last(state.get(layer, "targets"), orders.rows(layer))]


def _norm(layer: Layer, state: _State, _: Orders) -> list[Array]:
    op: Any = layer.op
    scale, shift = getattr(op, "scale", None), getattr(op, "shift", None)
    if isinstance(op, normalization.InstanceNorm):
        scale = shift = op.affine
    names = [name for name, wanted in (("weight", scale), ("bias", shift)) if wanted]
    if isinstance(op, normalization.BatchNorm):
        names += ["running_mean", "running_var"]
    given = [state.get(layer, name) for name in names]
    return [a.transpose(1, 2, 0) if a.ndim == 3 else a for a in given]


def _prelu(layer: Layer, state: _State, _: Orders) -> list[Array]:
    slopes = state.get(layer, "weight")
    return [slopes.reshape((1,) * (len(layer.shape) - 1) + slopes.shape)]


def _scale(layer: Layer, state: _State, _: Orders) -> list[Array]:
    return [state.get(layer, "weight")]


def _both(layer: Layer, state: _State, _: Orders) -> list[Array]:
    return [state.get(layer, "weight"), state.get(layer, "bias")]


def _recurrent(layer: Layer, state: _State, _: Orders) -> list[Array]:
    """Gates stand in rows in torch, in columns in Keras: an LSTM's in the same order (i, f, g, o),
    with one bias for both; a GRU's (r, z, n) as z, r, n."""
    import numpy as np

    op: Any = layer.op
    given: list[Array] = []
    for number in range(op.layers):
        for suffix in ("", "_reverse")[: op.directions]:
            inner, outer, bias, second = (
                state.get(layer, f"{name}_l{number}{suffix}")
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            if isinstance(op, recurrent.LSTM):
                given += [inner.T, outer.T, bias + second]
            else:
                inner, outer, bias, second = map(_update_first, (inner, outer, bias, second))
                given += [inner.T, outer.T, np.stack([bias, second])]
    return given


def _update_first(rows: Array) -> Array:
    import numpy as np

    reset, update, new = np.split(rows, 3)
    return np.concatenate([update, reset, new])


_READ: dict[type[Op], Read] = {
    convolution.Conv: _conv,
    depthwise.Depthwise: _depthwise,
    transposed.Deconv: _conv,
    dense.FC: _fc,
    dense.RBF: _rbf,
    normalization.BatchNorm: _norm,
    normalization.LayerNorm: _norm,
    normalization.GroupNorm: _norm,
    normalization.InstanceNorm: _norm,
    normalization.L2Norm: _scale,
    PReLU: _prelu,
    pooling.Subsample: _both,
    recurrent.Embed: _scale,
    recurrent.LSTM: _recurrent,
    recurrent.GRU: _recurrent,
}
