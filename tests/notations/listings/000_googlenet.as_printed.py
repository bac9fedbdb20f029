def googlenet(input_shape, n_classes):

def inception_blaock{x, f):
t1 = Conw2D(f[0], 1, activation='relu')(x)

tz = Conw2D(f[1], 1, activation='relu'){x)

tz = ConwzD(f[2], 2, padding='same', activation='relu'1{t2]
t3 = Conw2D(f[3], 1, activation='relu'){x)

t3 = Conw2D(f[4], 5, padding='same', activation='relu'1{t3]
td = MaxPool20(3, 1, padding='same') (=)

td = ConwzD(f[52], 1, activation='relu'1{td)

odtput = Concatenatel){[t1, t2, t3, t4])
return output

input = Input {input_shape)

% = ConweD(64, 7, strides=2, padding='same', activation='relu'l{input)
% = MaxPool2D(3, strides=2, padding='=zame"'){x]

% = ConweD(E4, 1, activation='relu'){x)

% = ConweD(192, 3, padding='same', actiwvation='relu')(x]
% = MaxPool 2003, strides=2){x)

% = inception_block(x, [B4, 96, 128, 16, 32, 32])

% = inception_block(x, [128, 128, 192, 32, 96, B4])

¥ = MaxPool2D(3, strides=2, padding='same"'){x]

% = inception_block(x, [192, 96, 208, 16, 48, B4])

% = inception_block(x, [160, 112, 224, 24, B4, B4])

% = inception_block(x, [128, 128, 286, 24, B4, B4])

% = inception_block(x, [112, 144, 285, 37, B4, B4])

% = inception_block(x, [#B6, 160, 320, 32, 128, 128])

¥ = MaxPool2D(3, strides=2, padding='same"'){x]

% = inception_block(x, [#B6, 160, 320, 32, 128, 128])

% = inception_block(x, [384, 192, 384, 48, 1258, 128])

% = AvgPool 2007, strides=1)1{x)

% = Dropout (0,47 (%)
