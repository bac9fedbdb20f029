
# stage 1 (conv, polling, normalize, conv, conv, normalize, pooling)
model_in = Input(shape=f_image_train.shape[1:])
model = tf.keras.layers.Resizing(\n    224, 224, interpolation="bilinear", crop_to_aspect_ratio=True,\n    input_shape=f_image_train.shape[1:], name="Resizing_Layer")(model_in)

#model = tf.keras.layers.Rescaling(1./255)(model)
model = Conv2D(filters=64, kernel_size=(7,7), strides=2, padding = 'same', activation = 'relu')(model)
model = MaxPooling2D(pool_size=(3,3), strides=2, padding = 'same')(model)
model = BatchNormalization()(model)
model = MaxPooling2D(pool_size=(3,3), strides=2, padding='same')(model)

# stage 2
model = Conv2D(filters=64, kernel_size=(1,1), strides=1, padding='same', activation='relu')(model)
model = Conv2D(filters=192, kernel_size=(3,3), strides=1, padding='same', activation='relu')(model)
model = BatchNormalization()(model)
model = MaxPooling2D(pool_size=(3,3), strides=2, padding='same')(model)

# stage 3
model = Inception(model, [64, (96, 128), (16, 32), 32])
model = Inception(model, [128, (128, 192), (32, 96), 64])
model = MaxPooling2D(pool_size=(3,3), strides=2, padding = 'same')(model)

# stage 4
model = Inception(model, [192, (96, 208), (16, 48), 64]) #a
aux1 = Auxiliary_classifier(model, name = 'aux1')
model = Inception(model, [160, (112, 224), (24, 64), 64])#b
model = Inception(model, [128, (128, 256), (24, 64), 64])#c
model = Inception(model, [112, (144, 288), (32, 64), 64])#d
aux2 = Auxiliary_classifier(model, name = 'aux2')
model = Inception(model, [256, (160, 320), (32, 128), 128])#e
model = MaxPooling2D(pool_size=(3, 3), strides = 2, padding = 'same')(model)

# stage 5
model = Inception(model, [256, (160, 320), (32, 128), 128])
model = Inception(model, [384, (192, 384), (48, 128), 128])
model = AveragePooling2D(pool_size=(7,7), strides = 1, padding = 'valid')(model)

#stage 6
model = Flatten()(model)
model = Dropout(0.4)(model)
#model = Dense(480, activation='linear')
model = Dense(units=256, activation='linear')(model)
main_branch = Dense(units=10, activation='softmax', name='main')(model)
model_fin = Model(inputs=model_in, outputs=[main_branch, aux1, aux2])

model_fin.compile(optimizer='adam',
                  loss='sparse_categorical_crossentropy',
                  metrics=['accuracy'])

 
model_fin.fit(f_image_train, f_label_train, epochs=100, batch_size = 5)
model_fin.save('GoogleNet_mnist.h5')

