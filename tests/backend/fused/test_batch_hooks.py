import keras

from kerasdl.backend.fused.batch_hooks import callback_needing_each_batch


class Hooked(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


class Patient(Hooked):
    async_safe = True


def test_callback_needing_each_batch():
    once = keras.callbacks.ModelCheckpoint("x.keras", save_freq="epoch")
    often = keras.callbacks.ModelCheckpoint("x.keras", save_freq=3)
    plain = [keras.callbacks.EarlyStopping(), keras.callbacks.ProgbarLogger(), once]
    assert callback_needing_each_batch(None) is None
    assert callback_needing_each_batch([*plain, Patient()]) is None
    assert callback_needing_each_batch([*plain, Hooked()]) == "Hooked"
    assert callback_needing_each_batch(keras.callbacks.CallbackList([often])) == (
        "ModelCheckpoint"
    )
