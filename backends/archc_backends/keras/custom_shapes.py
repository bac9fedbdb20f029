"""What generated files bring along: layers that cut and rearrange.

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
class Widen(layers.Layer):
    """Channels of zeros after those that arrive."""

    def __init__(self, zeros, **kwargs):
        super().__init__(**kwargs)
        self.zeros = zeros

    def call(self, x):
        return ops.pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, self.zeros)])

    def get_config(self):
        return {**super().get_config(), "zeros": self.zeros}


@keras.saving.register_keras_serializable()
class CropLike(layers.Layer):
    """As much of a map as another one is high and wide, from an offset (top, left) on, or from the
    middle."""

    def __init__(self, offset=None, **kwargs):
        super().__init__(**kwargs)
        self.offset = offset

    def call(self, values):
        x, like = values
        (_, tall, wide, _), (_, height, width, _) = ops.shape(x), ops.shape(like)
        if self.offset is None:
            top, left = (tall - height) // 2, (wide - width) // 2
        else:
            top, left = self.offset
        return x[:, top : top + height, left : left + width, :]

    def compute_output_shape(self, input_shape):
        (batch, _, _, channels), (_, height, width, _) = input_shape
        return (batch, height, width, channels)

    def get_config(self):
        return {**super().get_config(), "offset": self.offset}


@keras.saving.register_keras_serializable()
class SpaceToDepth(layers.Layer):
    """Each square of a map as one position, its values stacked in the channels."""

    def __init__(self, block, **kwargs):
        super().__init__(**kwargs)
        self.block = block

    def call(self, x):
        _, height, width, channels = ops.shape(x)
        block, height, width = self.block, height // self.block, width // self.block
        x = ops.reshape(x, (-1, height, block, width, block, channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, height, width, block * block * channels))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        height = None if height is None else height // self.block
        width = None if width is None else width // self.block
        return (batch, height, width, channels * self.block**2)

    def get_config(self):
        return {**super().get_config(), "block": self.block}


@keras.saving.register_keras_serializable()
class DarknetReorg(layers.Layer):
    """Darknet's reorg layer: the map, channels first, is read as fewer and larger maps, each square
    of these made one position, and the values read as more and smaller maps."""

    def __init__(self, block, **kwargs):
        super().__init__(**kwargs)
        self.block = block

    def call(self, x):
        _, height, width, channels = ops.shape(x)
        block, fewer = self.block, channels // self.block**2
        x = ops.transpose(x, (0, 3, 1, 2))
        x = ops.reshape(x, (-1, fewer, height, block, width, block))
        x = ops.transpose(x, (0, 3, 5, 1, 2, 4))
        x = ops.reshape(x, (-1, channels * block**2, height // block, width // block))
        return ops.transpose(x, (0, 2, 3, 1))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        height = None if height is None else height // self.block
        width = None if width is None else width // self.block
        return (batch, height, width, channels * self.block**2)

    def get_config(self):
        return {**super().get_config(), "block": self.block}


@keras.saving.register_keras_serializable()
class SpatialTransform(layers.Layer):
    """A map read where six values, a 2x3 matrix, send each position of the output; coordinates go
    from -1 to 1 from edge to edge, values between are interpolated, those beyond are 0."""

    def __init__(self, size=None, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, values):
        x, by = values
        _, tall, wide, channels = ops.shape(x)
        height, width = self.size or (tall, wide)
        down = (2 * ops.arange(height, dtype=x.dtype) + 1) / height - 1
        right = (2 * ops.arange(width, dtype=x.dtype) + 1) / width - 1
        down, right = ops.meshgrid(down, right, indexing="ij")
        places = ops.reshape(ops.stack([right, down, ops.ones_like(right)]), (3, -1))
        places = ops.matmul(ops.reshape(by, (-1, 2, 3)), places)
        column = (places[:, 0] + 1) * wide / 2 - 0.5
        row = (places[:, 1] + 1) * tall / 2 - 0.5
        flat = ops.reshape(x, (-1, tall * wide, channels))
        top, left = ops.floor(row), ops.floor(column)
        total = 0
        for i, j in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
            inside = (i >= 0) & (i < tall) & (j >= 0) & (j < wide)
            weight = (1 - ops.abs(row - i)) * (1 - ops.abs(column - j))
            weight = weight * ops.cast(inside, weight.dtype)
            index = ops.cast(ops.clip(i, 0, tall - 1) * wide + ops.clip(j, 0, wide - 1), "int32")
            read = ops.take_along_axis(flat, ops.expand_dims(index, -1), axis=1)
            total = total + read * ops.expand_dims(weight, -1)
        return ops.reshape(total, (-1, height, width, channels))

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape[0]
        height, width = self.size or (height, width)
        return (batch, height, width, channels)

    def get_config(self):
        return {**super().get_config(), "size": self.size}


@keras.saving.register_keras_serializable()
class Sum(layers.Layer):
    """The sum along an axis."""

    def __init__(self, axis, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.axis, self.keepdims = axis, keepdims

    def call(self, x):
        return ops.sum(x, axis=self.axis, keepdims=self.keepdims)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "keepdims": self.keepdims}


@keras.saving.register_keras_serializable()
class Mean(layers.Layer):
    """The mean along an axis."""

    def __init__(self, axis, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.axis, self.keepdims = axis, keepdims

    def call(self, x):
        return ops.mean(x, axis=self.axis, keepdims=self.keepdims)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis, "keepdims": self.keepdims}


@keras.saving.register_keras_serializable()
class ExpandLike(layers.Layer):
    """A vector at each step of a sequence, or at each position of a map."""

    def call(self, values):
        x, like = values
        axes = max(len(like.shape) - 2, 1)
        x = ops.reshape(x, (-1,) + (1,) * axes + (x.shape[-1],))
        return ops.broadcast_to(x, (*ops.shape(like)[: 1 + axes], x.shape[-1]))

    def compute_output_shape(self, input_shape):
        vector, like = input_shape
        return (*like[: max(len(like) - 1, 2)], vector[-1])


@keras.saving.register_keras_serializable()
class JoinSteps(layers.Layer):
    """Sequences joined along time; a vector is a sequence of one step."""

    def call(self, values):
        values = [ops.expand_dims(v, 1) if len(v.shape) == 2 else v for v in values]
        return ops.concatenate(values, axis=1)

    def compute_output_shape(self, input_shape):
        steps = [1 if len(shape) == 2 else shape[1] for shape in input_shape]
        first = input_shape[0]
        return (first[0], None if None in steps else sum(steps), first[-1])
