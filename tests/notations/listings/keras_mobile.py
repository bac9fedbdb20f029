import keras
from keras import layers


def sep_block(x, filters, strides=1, name=None):
    shortcut = x
    x = layers.SeparableConv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=1)(x)
    x = layers.BatchNormalization(center=False)(x)
    if strides > 1 or shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides)(shortcut)
    return layers.Add(name=name)([x, shortcut])


inputs = keras.Input(shape=(33, 47, 3), name="picture")
x = layers.ZeroPadding2D(((1, 0), (2, 1)))(inputs)
x = layers.Conv2D(16, (3, 5), strides=2, padding="same", activation="swish", name="stem")(x)
for filters in [16, 32, 32]:
    x = sep_block(x, filters, strides=2 if filters == 32 else 1)
x = layers.Conv2DTranspose(8, 3, strides=2, padding="same")(x)
x = layers.LeakyReLU(negative_slope=0.1)(x)
x = layers.AveragePooling2D(3, strides=2, padding="same")(x)
y = layers.GlobalMaxPooling2D()(x)
z = layers.GlobalAveragePooling2D()(x)
x = layers.Concatenate()([y, z])
x = layers.LayerNormalization()(x)
x = layers.Dense(32, activation="elu")(x)
outputs = layers.Dense(5, activation="softmax", name="classes")(x)
model = keras.Model(inputs, outputs)
