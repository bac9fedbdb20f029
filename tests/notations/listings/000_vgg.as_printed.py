def wgglinput_shape, n_classes):

input = Input {input_shape)

% = ConveD(R4, 3, padding='same', activation='relu')(input)
% = ConveD(B4, 3, padding='same', activation='relu')(x)
¥ = MaxPool2D(2, strides=2, padding='same') (%)

% = ConveD(1268, 3, padding='same', activation='relu'){x)
% = ConveD(128, 2, padding='same', activation='relu'){x)
% = MaxPool2D(2, strides=2, padding='same')(x)

% = ConveD(206, 3, padding='same', activation='relu'){x]
% = ConveD(256, 3, padding='same', activation='relu'){x)
¥ = ConveD(2h6, 2, padding='same', activation='relu')(x)
x = MaxPool2D(2, strides=2, padding='same')(x)

% = ConveD(B12, 2, padding='same', activation='relu'){x)
x = ConveD(512, 3, padding='same', activation='relu'){x)
¥ = ConveD(B12, 2, padding='same', activation='relu')(x)
x = MaxPool2D(?, strides=2, padding='same')(x)

% = ConveD(B12, 2, padding='same', activation='relu'){x)
x = ConveD(512, 3, padding='same', activation='relu'){x)
¥ = ConveD(B12, 2, padding='same', activation='relu')(x)
% = MaxPool2D(2, strides=2, padding='same')(x)

% = Flatten()(x)

x = Dense(4096, activation='relu')(x)

% = Dense(4096, activation='relu')(x)

output = Dense(n_classes, activation='softmax')(x)

model = Model{input, output)
return model
