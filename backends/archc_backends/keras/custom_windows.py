"""What generated files bring along: windows that Keras has not.

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
class PaddedMaxPooling2D(layers.MaxPooling2D):
    """Maximum pooling with ((top, bottom), (left, right)) added around, which never wins."""

    def __init__(self, pool_size, pad, strides, **kwargs):
        super().__init__(pool_size, strides, **kwargs)
        self.pad = tuple(map(tuple, pad))

    def call(self, x):
        pad = [(0, 0), *self.pad, (0, 0)]
        return super().call(ops.pad(x, pad, constant_values=-float("inf")))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        (top, bottom), (left, right) = self.pad
        height = None if height is None else height + top + bottom
        width = None if width is None else width + left + right
        return super().compute_output_shape((batch, height, width, channels))

    def get_config(self):
        config = super().get_config()
        own = {"pool_size": config["pool_size"], "pad": self.pad, "strides": config["strides"]}
        return {"name": self.name, "trainable": self.trainable, **own}


@keras.saving.register_keras_serializable()
class PaddedAveragePooling2D(layers.Layer):
    """Average pooling with ((top, bottom), (left, right)) added around; of these zeros only those
    that `counted` says count among the averaged values."""

    def __init__(self, pool_size, pad, strides, counted=((0, 0), (0, 0)), **kwargs):
        super().__init__(**kwargs)
        self.pool_size, self.strides = pool_size, strides
        self.pad, self.counted = tuple(map(tuple, pad)), tuple(map(tuple, counted))

    def call(self, x):
        inner = [(0, 0), *self.counted, (0, 0)]
        outer = [(a - c, b - d) for (a, b), (c, d) in zip(self.pad, self.counted, strict=True)]
        outer = [(0, 0), *outer, (0, 0)]
        x = ops.pad(x, inner)
        ones = ops.pad(ops.ones_like(x[:1, :, :, :1]), outer)
        averages = ops.average_pool(ops.pad(x, outer), self.pool_size, self.strides)
        return averages / ops.average_pool(ones, self.pool_size, self.strides)

    def compute_output_shape(self, input_shape):
        batch, *sizes, channels = input_shape
        for axis, (before, after) in enumerate(self.pad):
            if sizes[axis] is not None:
                sizes[axis] += before + after
        pool = layers.AveragePooling2D(self.pool_size, self.strides)
        return pool.compute_output_shape((batch, *sizes, channels))

    def get_config(self):
        own = {"pool_size": self.pool_size, "pad": self.pad, "strides": self.strides}
        return {**super().get_config(), **own, "counted": self.counted}


@keras.saving.register_keras_serializable()
class Negated(layers.Wrapper):
    """A layer of what arrives with its sign changed, and its own sign changed: the smallest value
    of a maximum pooling."""

    def call(self, x):
        return -self.layer(-x)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


@keras.saving.register_keras_serializable()
class Subsampling2D(layers.Layer):
    """LeNet-5's: a window's sum, times a coefficient and plus a bias per channel."""

    def __init__(self, pool_size, strides=None, **kwargs):
        super().__init__(**kwargs)
        self.pool = layers.AveragePooling2D(pool_size, strides)
        self.area = self.pool.pool_size[0] * self.pool.pool_size[1]

    def build(self, input_shape):
        initial = keras.initializers.Constant(1 / self.area)
        self.kernel = self.add_weight(shape=(input_shape[-1],), initializer=initial, name="kernel")
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="bias")

    def call(self, x):
        return self.pool(x) * self.area * self.kernel + self.bias

    def compute_output_shape(self, input_shape):
        return self.pool.compute_output_shape(input_shape)

    def get_config(self):
        own = {"pool_size": self.pool.pool_size, "strides": self.pool.strides}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable()
class ConnectedConv2D(layers.Layer):
    """A convolution whose output channels read each its own input channels: `connections` lists
    them. Only the connected kernels are stored, in that order."""

    def __init__(
        self,
        connections,
        kernel_size,
        strides=1,
        padding="valid",
        dilation_rate=1,
        use_bias=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.connections = [list(reads) for reads in connections]
        pair = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size,) * 2
        self.kernel_size, self.strides, self.padding = tuple(pair), strides, padding
        self.dilation_rate, self.use_bias = dilation_rate, use_bias

    def build(self, input_shape):
        self.channels = input_shape[-1]
        self.places = [
            [column, row] for row, reads in enumerate(self.connections) for column in reads
        ]
        shape = (len(self.places), *self.kernel_size)
        self.kernel = self.add_weight(shape=shape, name="kernel")
        self.bias = None
        if self.use_bias:
            shape = (len(self.connections),)
            self.bias = self.add_weight(shape=shape, initializer="zeros", name="bias")

    def call(self, x):
        shape = (self.channels, len(self.connections), *self.kernel_size)
        kernel = ops.scatter(ops.convert_to_tensor(self.places), self.kernel, shape)
        kernel = ops.transpose(kernel, (2, 3, 0, 1))
        x = ops.conv(x, kernel, self.strides, self.padding, dilation_rate=self.dilation_rate)
        return x if self.bias is None else x + self.bias

    def compute_output_shape(self, input_shape):
        conv = layers.Conv2D(
            len(self.connections),
            self.kernel_size,
            self.strides,
            self.padding,
            dilation_rate=self.dilation_rate,
        )
        return conv.compute_output_shape(input_shape)

    def get_config(self):
        own = {
            "connections": self.connections,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "dilation_rate": self.dilation_rate,
            "use_bias": self.use_bias,
        }
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable()
class SpatialPyramidPooling(layers.Layer):
    """The largest values of n x n bins for each level n, in one vector; a level's values channel by
    channel."""

    def __init__(self, levels, **kwargs):
        super().__init__(**kwargs)
        self.levels = tuple(levels)

    def call(self, x):
        _, height, width, channels = ops.shape(x)
        values = []
        for n in self.levels:
            rows = [(i * height // n, -(-(i + 1) * height // n)) for i in range(n)]
            columns = [(i * width // n, -(-(i + 1) * width // n)) for i in range(n)]
            bins = [ops.max(x[:, a:b, c:d], axis=(1, 2)) for a, b in rows for c, d in columns]
            values.append(ops.reshape(ops.stack(bins, axis=-1), (-1, channels * n * n)))
        return ops.concatenate(values, axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], sum(n * n for n in self.levels) * input_shape[-1])

    def get_config(self):
        return {**super().get_config(), "levels": self.levels}
