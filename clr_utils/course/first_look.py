"""The two trainings of notebook 00. Read on only if you want its riddle solved.

"fixed" is the baseline of a public comparison: `SGD(lr=0.002, decay=0.96)` in Keras 2, where `decay` acts at every
update: lr / (1 + 0.96 * iteration) (Alyafi et al. 2018, public code, the script of case 1). It is called fixed
and hardly trains.
"""

RECIPES = ("fixed", "CLR")
EPOCHS, BATCH_SIZE, BASE_LR, MAX_LR, DECAY = 6, 30, 0.002, 0.03, 0.96


def accuracy(recipe, seed):
    """Train a small network on 3,600 MNIST digits for 6 epochs; its test accuracy on 1,400 others, from 0 to 1.

    Args:
        recipe: "fixed" or "CLR".
        seed: Sets the initial weights and the order of the data.

    Raises:
        ValueError: The recipe is unknown.
    """
    import keras

    from clr_utils import arguments
    from clr_utils.cycles import step_size_for
    from clr_utils.datasets.mnist import load_mnist
    from clr_utils.models import mnist_mlp
    from clr_utils.schedules import CyclicalLearningRate

    arguments.one_of("recipe", recipe, RECIPES)
    digits = load_mnist("quick")
    if recipe == "fixed":
        rate = keras.optimizers.schedules.InverseTimeDecay(BASE_LR, decay_steps=1, decay_rate=DECAY)
    else:
        rate = CyclicalLearningRate(BASE_LR, MAX_LR, step_size_for(len(digits.y_train), BATCH_SIZE, epochs_per_step=1))
    keras.utils.set_random_seed(seed)
    model = mnist_mlp(hidden=64)
    model.compile(
        optimizer=keras.optimizers.SGD(rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=10,
    )
    model.fit(digits.x_train, digits.y_train, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    return model.evaluate(digits.x_test, digits.y_test, batch_size=700, verbose=0)[1]
