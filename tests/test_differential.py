"""Differential rates: each group as if it alone were trained; every weight in one group; resumed exactly."""

import h5py
import keras
import numpy as np
import pytest

from clr_utils import (
    CyclicalLearningRate,
    CyclicLR,
    LearningRateHistory,
    MomentumSGD,
    PolicySchedule,
    differential_rates,
    layerwise,
    lr_range_test,
)
from clr_utils.differential import Scaled
from helpers import BACKEND, assert_rates, batches, dtype_policy, fit, on_tensorflow, probe_model, weight

SGD, Adam = keras.optimizers.SGD, keras.optimizers.Adam
CYCLE = CyclicalLearningRate(0.1, 0.5, 3)
MOMENTA = PolicySchedule("one_cycle_momentum", total=9)
# Optimizers with state, with decay, that clip, and that update at some batches only.
KINDS = [
    (SGD, {"momentum": 0.9, "clipnorm": 0.5}),
    (Adam, {"gradient_accumulation_steps": 2}),
    (keras.optimizers.AdamW, {"weight_decay": 0.1}),
    (MomentumSGD, {"momentum": PolicySchedule("one_cycle_momentum", total=4)}),
    (Adam, {"use_ema": True, "ema_momentum": 0.5}),
]


def probe(name):
    return keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros", name=name)


def two_probes():
    """Two weights, "w" and "v", from 0, each with a gradient of exactly 1."""
    x = keras.Input((1,))
    return keras.Model(x, keras.layers.add([probe("w")(x), probe("v")(x)]))


def trained(model, updates, *callbacks, **settings):
    fit(model, updates, callbacks, **settings)
    return [float(model.get_layer(name).kernel.numpy()[0, 0]) for name in ("w", "v")]


def compiled(rate_of_w, rate_of_v, optimizer=SGD, steps_per_execution=1, **settings):
    model = two_probes()
    groups = [([model.get_layer("w")], rate_of_w), (model.get_layer("v"), rate_of_v)]
    optimizer = differential_rates(model, groups, optimizer, **settings)
    model.compile(optimizer, "mae", steps_per_execution=steps_per_execution)
    return model


def alone(rate, kind, settings, updates):
    model = probe_model(0.1)
    model.compile(kind(rate, **settings), "mae")
    fit(model, updates)
    return weight(model)


def dense(units, name):
    return keras.layers.Dense(units, name=name)


def network(inputs=3):
    """A network whose layers are called body and head."""
    keras.utils.set_random_seed(0)
    return keras.Sequential([keras.Input((inputs,)), dense(4, "body"), dense(1, "head")])


X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def assert_same_weights(one, other):
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


# --- the updates ---


@pytest.mark.parametrize("together", [1, pytest.param(5, marks=pytest.mark.skipif(BACKEND == "torch", reason="no"))])
def test_each_group_is_trained_at_its_own_rate(together):
    model = compiled(CYCLE, 0.25, steps_per_execution=together)
    assert_rates(trained(model, 5), [-CYCLE(np.arange(5)).sum(), -5 * 0.25])
    assert_rates(trained(model, 5), [-CYCLE(np.arange(10)).sum(), -10 * 0.25])


@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_each_group_is_trained_as_if_it_alone_were(kind, settings, eager):
    expected = [alone(rate, kind, settings, updates=4) for rate in (CYCLE, 0.2)]
    assert_rates(trained(compiled(CYCLE, 0.2, kind, **settings), 4), expected)


@on_tensorflow
@pytest.mark.skipif(not hasattr(keras.optimizers, "MultiOptimizer"), reason="this Keras has none")
@pytest.mark.parametrize(("kind", "settings"), KINDS)
def test_keras_makes_the_same_updates(kind, settings, eager):
    ours, theirs = network(), network()
    groups = [(ours.layers[0], CYCLE), (ours.layers[1], 0.02)]
    ours.compile(differential_rates(ours, groups, kind, **settings), "mse")
    of_head = {weight.path: kind(0.02, **settings) for weight in theirs.layers[1].weights}
    by_path = keras.optimizers.OptimizerMap(kind(CYCLE, **settings), of_head)
    theirs.compile(keras.optimizers.MultiOptimizer(by_path), "mse")
    for model in (ours, theirs):
        model.fit(X, Y, batch_size=6, shuffle=False, verbose=0)
    assert_same_weights(ours, theirs)


def test_a_rate_of_0_leaves_a_group_alone():
    assert trained(compiled(0, 1), 3) == [0, -3]


# --- saved and resumed ---


@pytest.mark.parametrize(
    ("policy", "kind", "settings"), [("float32", SGD, {"momentum": 0.9}), ("mixed_float16", Adam, {})]
)
def test_a_saved_training_goes_on_exactly(policy, kind, settings, tmp_path):
    with dtype_policy(policy):
        model = network()
        groups = [(model.layers[0], Scaled(CYCLE, 0.1)), (model.layers[1], 0.02)]
        model.compile(differential_rates(model, groups, kind, **settings), "mse")
        model.fit(X, Y, batch_size=6, shuffle=False, verbose=0)
        model.save(tmp_path / "half.keras")
        again = keras.saving.load_model(tmp_path / "half.keras")
        assert_same_weights(again, model)
        for each in (model, again):
            each.fit(X, Y, batch_size=6, shuffle=False, verbose=0)
    assert_same_weights(again, model)
    grouped = getattr(again.optimizer, "inner_optimizer", again.optimizer)
    counts = [int(each.iterations) for each in [grouped, *grouped.optimizers]]
    assert counts == [counts[0]] * 3
    assert counts[0] == 8 or (policy == "mixed_float16" and 4 < counts[0] < 8)  # loss scaling skips some


def test_weights_alone_bring_the_optimizers_back(tmp_path, eager):
    model, again = compiled(CYCLE, 0.2, Adam), compiled(CYCLE, 0.2, Adam)
    fit(model, 4)
    model.save_weights(tmp_path / "half.weights.h5")
    again.load_weights(tmp_path / "half.weights.h5")
    assert trained(again, 4) == trained(model, 4)


def numbers_in_file(optimizer, model, path):
    model.compile(optimizer, "mse")
    model.optimizer.build(model.trainable_variables)
    model.save_weights(path)
    sizes = []
    with h5py.File(path) as file:
        file.visititems(lambda _, each: sizes.append(getattr(each, "size", 0)))
    return sum(sizes)


def test_a_file_holds_each_slot_once(tmp_path):
    model, path = network(), tmp_path / "a.weights.h5"
    grouped = differential_rates(model, [(layer, 0.1) for layer in model.layers], Adam)
    counts_and_rates = 2 * 2  # those of the optimizers inside
    assert numbers_in_file(grouped, model, path) == numbers_in_file(Adam(), model, path) + counts_and_rates


# --- each weight in one group ---


def a_group(*names, rate=0.1):
    return lambda model: ([model.get_layer(name) for name in names], rate)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            [a_group("body")],
            "^the layer 'head' .its weight '.*kernel'. is in no group: each weight that learns",
        ),
        ([a_group("body", "head"), a_group("head")], "^the layer 'head' .* is in groups 0 and 1: "),
        ([a_group("body", "head"), a_group()], r"^groups\[1\] \(no layer\) holds no weight that learns"),
        ([a_group("body", "head"), lambda _: (network().layers[0], 1)], r"^groups\[1\] holds .* 'body', .*not the mod"),
    ],
)
def test_what_is_in_no_group_or_in_two_is_named(groups, message):
    model = network()
    with pytest.raises(ValueError, match=message):
        differential_rates(model, [group(model) for group in groups], SGD)


def test_a_frozen_layer_needs_no_group_and_makes_none():
    model = network()
    body, head = model.layers
    body.trainable = False
    assert differential_rates(model, [(head, 0.1)], SGD).groups == [0, 0]
    assert differential_rates(model, [([head, body], 0.1)], SGD).groups == [0, 0]
    with pytest.raises(ValueError, match=r"^groups\[1\] \('body'\) holds no weight that learns"):
        differential_rates(model, [(head, 0.1), (body, 0.1)], SGD)


def test_a_model_inside_is_a_layer_and_a_shared_layer_is_one():
    inside, shared = network(inputs=1), probe("w")
    x = keras.Input((1,))
    model = keras.Model(x, keras.layers.add([inside(x), shared(x), shared(shared(x))]))
    body, head = inside.layers
    # The weights of the model, in its order, are those of the shared layer, of body and of head.
    assert differential_rates(model, [(inside, 0.1), (shared, 0.2)], SGD).groups == [1, 0, 0, 0, 0]
    assert differential_rates(model, [(head, 0.1), ([body, shared], 0.2)], SGD).groups == [1, 1, 1, 0, 0]
    with pytest.raises(ValueError, match="^the layer 'sequential.*' .its weight '.*body/kernel'. is in groups 0 and 1"):
        differential_rates(model, [(inside, 0.1), ([body, shared], 0.2)], SGD)


def test_a_weight_of_the_model_itself_is_named():
    class Own(keras.Model):
        def build(self, shape):
            self.scale = self.add_weight(shape=(), name="scale")
            self.inside = probe("w")
            self.inside.build(shape)
            super().build(shape)

    model = Own()
    model.build((None, 1))
    with pytest.raises(ValueError, match="^the weight '.*scale' is in no group"):
        differential_rates(model, [(model.inside, 0.1)], SGD)


def test_a_change_of_trainable_is_refused_until_the_groups_are_formed_anew(eager):
    model = compiled(0.5, 0.25)
    fit(model, 2)
    model.get_layer("w").trainable = False
    with pytest.raises(ValueError, match="formed of 2 weights, and 1 are to be trained: .*call differential_rates"):
        model.optimizer.apply([keras.ops.ones((1, 1))], model.trainable_variables)
    model.compile(differential_rates(model, [(model.get_layer("v"), 1)], SGD), "mae")
    assert trained(model, 2) == [-1, -2.5]
    model.get_layer("w").trainable = True
    groups = [(model.get_layer("w"), CYCLE), (model.get_layer("v"), 0.5)]
    model.compile(differential_rates(model, groups, SGD), "mae")
    assert int(model.optimizer.iterations) == 0
    assert_rates(trained(model, 1), [-1 - CYCLE(0), -3])


@pytest.mark.skipif(BACKEND == "jax", reason="on JAX no optimizer is told whose weights it updates")
def test_another_model_is_refused(eager):
    optimizer = compiled(0.5, 0.25).optimizer
    other = two_probes()
    other.compile(optimizer, "mae", run_eagerly=eager)
    with pytest.raises(ValueError, match="not those of the model whose groups were formed: call differential_rates"):
        fit(other, 1)


@pytest.mark.parametrize("by", ["var_names", "var_list"])
def test_what_is_excluded_from_weight_decay_does_not_decay(by, eager):
    model = network()
    excluded = {"var_names": ["kernel"], "var_list": [layer.kernel for layer in model.layers]}[by]
    groups = [(layer, 0.1) for layer in model.layers]
    optimizer = differential_rates(model, groups, keras.optimizers.AdamW, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(**{by: excluded})
    model.compile(optimizer, "mse", run_eagerly=eager)
    before = [layer.kernel.numpy() for layer in model.layers]
    zeros = np.zeros((2, *model.input_shape[1:]), "float32")
    model.fit(zeros, model.predict(zeros, verbose=0), verbose=0)
    for layer, kernel in zip(model.layers, before, strict=True):
        np.testing.assert_array_equal(layer.kernel.numpy(), kernel)


# --- what is refused ---


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"model": "no"}, TypeError, "^model must be a Keras model"),
        ({"model": keras.Sequential([dense(1, "a")])}, ValueError, r"^the model has no weights yet: .*keras\.Input"),
        ({"groups": {}}, TypeError, "^groups must be a list of pairs"),
        ({"groups": []}, TypeError, "^groups must be a list of pairs"),
        ({"groups": [0.1]}, TypeError, r"^groups\[0\] must be a pair \(layers, rate\)"),
        ({"groups": [("body", 0.1)]}, TypeError, r"^groups\[0\]\[0\] .* write model.get_layer\('body'\)"),
        ({"groups": [(3, 0.1)]}, TypeError, r"^groups\[0\]\[0\] must be a layer of the model or a list of them"),
        ({"rate": "0.1"}, TypeError, r"^groups\[0\]\[1\] must be a number or a LearningRateSchedule"),
        ({"rate": lambda: 0.1}, TypeError, r"^groups\[0\]\[1\] must be a number or a LearningRateSchedule"),
        ({"rate": -0.1}, ValueError, r"^groups\[0\]\[1\] must be 0 or more"),
        ({"rate": MOMENTA}, ValueError, r"^groups\[0\]\[1\] is the schedule of a momentum .*swapped"),
        ({"optimizer": SGD(0.1)}, TypeError, r"^optimizer must be a class such as keras\.optimizers\.SGD"),
        ({"optimizer": "sgd"}, TypeError, r"^optimizer must be a class such as keras\.optimizers\.SGD"),
        ({"optimizer": float}, TypeError, "^what optimizer makes must be a Keras optimizer"),
        ({"global_clipnorm": 1.0}, ValueError, "^global_clipnorm is 1.0, .*: use clipnorm"),
    ],
)
def test_what_cannot_be_is_refused(changed, error, message):
    model = network()
    given = {"model": model, "groups": [(model, changed.pop("rate", 0.1))], "optimizer": SGD, **changed}
    with pytest.raises(error, match=message):
        differential_rates(**given)


@pytest.mark.parametrize("make", [lambda: CyclicLR(0.1, 0.5, 3), LearningRateHistory], ids=["CyclicLR", "history"])
def test_callbacks_of_one_rate_refuse_it(make):
    with pytest.raises(TypeError, match=r"is a GroupedOptimizer without one rate: .*group of differential_rates"):
        trained(compiled(0.1, 0.2), 2, make())


def test_the_range_test_refuses_it():
    with pytest.raises(ValueError, match="needs one with one learning rate. Compile the model with a plain optimizer"):
        lr_range_test(compiled(0.1, 0.2), *batches(3), min_lr=0.1, max_lr=1, steps=3)


# --- layerwise ---


def test_layerwise_divides_from_the_last_group_down():
    layers = network().layers
    assert layerwise(0.1, layers) == [([layers[0]], pytest.approx(0.1 / 2.6)), ([layers[1]], 0.1)]
    assert [rate for _, rate in layerwise(1, [layers] * 4, factor=2)] == [1 / 8, 1 / 4, 1 / 2, 1]


def test_layerwise_scales_the_whole_of_a_schedule():
    model = two_probes()
    groups = layerwise(CYCLE, [model.get_layer("w"), model.get_layer("v")], factor=2)
    model.compile(differential_rates(model, groups, SGD), "mae")
    total = CYCLE(np.arange(7)).sum()
    assert_rates(trained(model, 7), [-total / 2, -total])


def test_a_scaled_schedule_is_made_again_from_its_config():
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(Scaled(CYCLE, 0.5)))
    np.testing.assert_allclose(again(np.arange(9)), CYCLE(np.arange(9)) / 2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"rate": "fast"}, "^rate must be a number or a LearningRateSchedule"),
        ({"rate": MOMENTA}, "^rate is the schedule of a momentum"),
        ({"factor": 0}, "^factor must be greater than 0"),
        ({"groups": []}, "^groups must be a list of layers"),
        ({"groups": probe("w")}, "^groups must be a list of layers"),
        ({"groups": [probe("w"), 0.1]}, r"^groups\[1\] must be a layer of the model or a list of them"),
    ],
)
def test_layerwise_refuses(given, message):
    with pytest.raises((TypeError, ValueError), match=message):
        layerwise(**{"rate": 0.1, "groups": [probe("w")], **given})
