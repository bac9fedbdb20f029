"""What generated files bring along: layers that Keras has not, or has otherwise.

This file is never imported by archc. A generated file that uses one of these classes holds a copy
of its source, as it stands here. So each stands alone, and needs ``keras``, ``layers`` and ``ops``.
"""

# Written as Keras' users write layers, without types, of which Keras has few; tests run them all.
# mypy: ignore-errors
# pyright: basic, reportIncompatibleMethodOverride=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false, reportOptionalOperand=false, reportOptionalSubscript=false
# pyright: reportOptionalMemberAccess=false, reportCallIssue=false, reportArgumentType=false

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable()
class LocalResponseNormalization(layers.Layer):
    """x / (k + alpha * sum of squares) ** beta, the sum over neighbouring channels."""

    def __init__(self, size, alpha, beta, k, **kwargs):
        super().__init__(**kwargs)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x):
        channels = x.shape[-1]
        around = [self.size // 2, (self.size - 1) // 2]
        squares = ops.pad(ops.square(x), [[0, 0]] * (len(x.shape) - 1) + [around])
        total = sum(squares[..., i : i + channels] for i in range(self.size))
        return x / (self.k + self.alpha * total) ** self.beta

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = {"size": self.size, "alpha": self.alpha, "beta": self.beta, "k": self.k}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable()
class RBF(layers.Layer):
    """Squared distances from targets that are set by hand and not trained."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        shape = (self.units, input_shape[-1])
        self.targets = self.add_weight(
            shape=shape, initializer="ones", trainable=False, name="targets"
        )

    def call(self, x):
        return ops.sum(ops.square(ops.expand_dims(x, -2) - self.targets), axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable()
class Maxout(layers.Layer):
    """The largest of each run of channels."""

    def __init__(self, pieces, **kwargs):
        super().__init__(**kwargs)
        self.pieces = pieces

    def call(self, x):
        first, *others = (x[..., i :: self.pieces] for i in range(self.pieces))
        for other in others:
            first = ops.maximum(first, other)
        return first

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] // self.pieces)

    def get_config(self):
        return {**super().get_config(), "pieces": self.pieces}


@keras.saving.register_keras_serializable()
class ScaledTanh(layers.Layer):
    """amplitude * tanh(slope * x)."""

    def __init__(self, amplitude, slope, **kwargs):
        super().__init__(**kwargs)
        self.amplitude, self.slope = amplitude, slope

    def call(self, x):
        return self.amplitude * ops.tanh(self.slope * x)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "amplitude": self.amplitude, "slope": self.slope}


@keras.saving.register_keras_serializable()
class TanhGELU(layers.Layer):
    """GELU in the approximation by tanh."""

    def call(self, x):
        return ops.gelu(x, approximate=True)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable()
class LocalContrastNormalization(layers.Layer):
    """Subtracts the mean of each value's neighbourhood in all channels, then divides by the
    standard deviation there, or by that deviation's mean over the map where it is larger."""

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, x):
        place = ops.arange(self.size, dtype=x.dtype) - (self.size - 1) / 2
        bell = ops.exp(-0.5 * (place / (self.size / 4)) ** 2)
        window = bell[:, None] * bell[None, :]
        window = window[:, :, None, None] / (ops.sum(window) * x.shape[-1])
        window = ops.tile(window, (1, 1, x.shape[-1], 1))
        x = x - ops.conv(x, window, padding="same")
        deviation = ops.sqrt(ops.conv(x * x, window, padding="same"))
        mean = ops.mean(deviation, axis=(1, 2), keepdims=True)
        return x / ops.maximum(deviation, mean)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable()
class L2Normalization(layers.Layer):
    """Channels divided by their Euclidean length, times a trained scale a channel."""

    def __init__(self, initial=20.0, epsilon=1e-10, **kwargs):
        super().__init__(**kwargs)
        self.initial, self.epsilon = initial, epsilon

    def build(self, input_shape):
        initial = keras.initializers.Constant(self.initial)
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer=initial, name="scale")

    def call(self, x):
        length = ops.sqrt(ops.sum(ops.square(x), axis=-1, keepdims=True))
        return x / ops.maximum(length, self.epsilon) * self.scale

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "initial": self.initial, "epsilon": self.epsilon}


@keras.saving.register_keras_serializable()
class Select(layers.Layer):
    """The sum of tensors, each times its value of the command, which comes last."""

    def call(self, values):
        *values, command = values
        shape = (-1,) + (1,) * (len(values[0].shape) - 1)
        return sum(ops.reshape(command[:, i], shape) * v for i, v in enumerate(values))

    def compute_output_shape(self, input_shape):
        return input_shape[0]
