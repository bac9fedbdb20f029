import keras
from keras import layers

augment = keras.Sequential([layers.RandomFlip("horizontal"), layers.Rescaling(1. / 255)], name="prepare")
base = keras.Sequential([
    layers.Conv2D(8, 3, activation="relu"),
    layers.MaxPooling2D(),
    layers.Conv2D(16, 3, activation="relu"),
], name="base")
model = keras.Sequential([
    keras.Input(shape=(28, 28, 1)),
    augment,
    base,
    layers.Dense(4),
    layers.Flatten(),
    layers.Dense(10),
    layers.Softmax(),
])
