"""Differential learning rates: a rate, or a schedule, for each group of layers."""

from numbers import Real

import keras
from keras.optimizers.schedules import LearningRateSchedule

from clr_utils import arguments
from clr_utils.optimizers import rate_not_momentum


def differential_rates(model, groups, optimizer, **settings):
    """An optimizer that trains each group of layers at a rate of its own; compile the model with it.

    Early layers of a network that was trained before are changed little, its new head much (Howard and Ruder 2018,
    arXiv:1801.06146, who call it discriminative fine-tuning). Each group has an optimizer of its own, of one kind:
    a group is trained as it would be if it alone were trained. `optimizer.optimizers` are they, in the order of the
    groups; their count, slots and schedules are saved with the model, and a training that is resumed goes on exactly.

    To unfreeze layers gradually, make a new optimizer each time: set `layer.trainable = True`, call this function
    again, and compile again. The weights stay; momentum, Adam's averages and the count of updates begin anew, those
    of layers that were trained before too, so that a schedule begins anew as well.

    `keras.saving.load_model` finds the optimizer once this function has been imported: write
    `from clr_utils import differential_rates` before loading. `CyclicLR`, `LearningRateHistory` and `lr_range_test`
    serve one rate, and refuse it: give groups a `CyclicalLearningRate` each, and test the model compiled with a plain
    optimizer. `keras.optimizers.MultiOptimizer` of Keras 3.15, which makes the same updates, is not in the Keras of
    Colab, and finds weights by patterns of their paths, in which models stand by names such as sequential_1: a pattern
    that matches nothing leaves them to the default optimizer without a word.

    Args:
        model: A Keras model that is built.
        groups: Pairs (layers, rate): a layer of the model or a list of them, a model inside it among them, and a
            number or a `LearningRateSchedule`. Each weight that learns belongs to exactly one group; a layer that is
            used in several places is one layer.
        optimizer: What makes an optimizer of a rate: a class such as keras.optimizers.SGD, or a function.
        **settings: Its further arguments, such as momentum=0.9. They act in each group by itself, so that
            global_clipnorm, a norm over all weights, is refused.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; a weight is in no group, or in two; the message
            names it.

    Example:
        >>> groups = [(model.layers[:-1], 0.001), (model.layers[-1], CyclicalLearningRate(0.01, 0.05, 500))]
        >>> model.compile(differential_rates(model, groups, keras.optimizers.SGD, momentum=0.9), "mse")
    """
    arguments.instance("model", model, keras.Model, "a Keras model")
    if not model.built:
        raise ValueError(
            "the model has no weights yet: give it a keras.Input(shape) as its first layer, or call "
            "model.build(input_shape)"
        )
    layers, rates = _pairs(groups)
    places = _places(model, layers)
    if not callable(optimizer) or isinstance(optimizer, keras.optimizers.Optimizer):
        raise TypeError(
            f"optimizer must be a class such as keras.optimizers.SGD, which is given each group's rate; it is "
            f"{optimizer!r}"
        )
    made = [optimizer(rate, **settings) for rate in rates]
    for each in made:
        arguments.instance("what optimizer makes", each, keras.optimizers.Optimizer, "a Keras optimizer")
    grouped = GroupedOptimizer(made, places)
    grouped.build(model.trainable_variables)
    return grouped


def layerwise(rate, groups, factor=2.6):
    """Pairs for `differential_rates`: the last group at this rate, each group before it at 1 / factor of the next.

    2.6 is what Howard and Ruder chose (2018, arXiv:1801.06146, section 3.2).

    Args:
        rate: A number, or a `LearningRateSchedule`, all of which is scaled.
        groups: Layers or lists of layers, from the input to the output.
        factor: Greater than 0.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    rate, factor = _rate("rate", rate), arguments.number("factor", factor, above=0)
    if not isinstance(groups, list | tuple) or not groups:
        raise TypeError(f"groups must be a list of layers or of lists of layers; it is {groups!r}")
    groups = [_layers(f"groups[{place}]", layers) for place, layers in enumerate(groups)]
    shares = [factor ** (place + 1 - len(groups)) for place in range(len(groups))]
    scheduled = isinstance(rate, LearningRateSchedule)
    return [
        (layers, Scaled(rate, share) if scheduled else rate * share)
        for layers, share in zip(groups, shares, strict=True)
    ]


@keras.saving.register_keras_serializable(package="clr_utils")
class Scaled(LearningRateSchedule):
    """A schedule, each of its rates multiplied by a number."""

    def __init__(self, schedule, factor):
        self.schedule, self.factor = schedule, factor

    def __call__(self, step):
        """The rate of the update that follows `step` updates."""
        return self.schedule(step) * self.factor

    def get_config(self):
        """The arguments, for serialisation."""
        return {"schedule": keras.saving.serialize_keras_object(self.schedule), "factor": self.factor}

    @classmethod
    def from_config(cls, config):
        """The schedule of what `get_config` returned."""
        return cls(keras.saving.deserialize_keras_object(config["schedule"]), config["factor"])


@keras.saving.register_keras_serializable(package="clr_utils")
class GroupedOptimizer(keras.optimizers.Optimizer):
    """Optimizers of one model, each of which trains its own group of weights. `differential_rates` makes it.

    Args:
        optimizers: One a group.
        groups: The number of the group, from 0, of each weight in `model.trainable_variables`.
    """

    def __init__(self, optimizers, groups, name="grouped"):
        super().__init__(learning_rate=0.0, name=name)
        self.optimizers, self.groups = optimizers, groups
        if norms := [each.global_clipnorm for each in optimizers if each.global_clipnorm]:
            raise ValueError(
                f"global_clipnorm is {norms[0]}, and each group would be clipped by a norm of its own: use clipnorm, "
                "which clips each weight by itself"
            )

    @property
    def learning_rate(self):
        """There is not one: AttributeError."""
        raise AttributeError("this optimizer has a learning rate for each group: look at its optimizers")

    @property
    def variables(self):
        """Its count of updates and the variables of each group's optimizer, a list."""
        return self._variables + [variable for each in self.optimizers for variable in each.variables]

    @property
    def loss_scale_factor(self):
        """That of each group's optimizer."""
        return self.optimizers[0].loss_scale_factor if hasattr(self, "optimizers") else None

    @loss_scale_factor.setter
    def loss_scale_factor(self, value):
        for each in getattr(self, "optimizers", ()):
            each.loss_scale_factor = value

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Exclude weights from the weight decay of each group's optimizer."""
        for each in self.optimizers:
            each.exclude_from_weight_decay(var_list, var_names)

    def build(self, variables):
        """Make the slots for `model.trainable_variables`.

        Raises:
            ValueError: There are more or fewer of them than when the groups were formed.
        """
        if self.built:
            return
        self._check(variables)
        for place, each in enumerate(self.optimizers):
            each.build([variable for variable, group in zip(variables, self.groups, strict=True) if group == place])
        super().build(variables)

    def apply(self, grads, trainable_variables=None):
        """Update each group with its optimizer.

        Raises:
            ValueError: As for `build`; or the weights are those of another model (on JAX no optimizer can see that).
        """
        variables = list(trainable_variables or self._trainable_variables)
        self._check(variables)
        if not self.built:
            self.build(variables)
        try:
            group_of = [self.groups[self._get_variable_index(variable)] for variable in variables]
        except KeyError:
            raise ValueError(
                "these weights are not those of the model whose groups were formed: call differential_rates for this "
                "model, and compile it with what that returns"
            ) from None
        for place, each in enumerate(self.optimizers):
            own = [number for number, group in enumerate(group_of) if group == place]
            each.apply([grads[number] for number in own], [variables[number] for number in own])
        self._iterations.assign_add(1)

    def _check(self, variables):
        if len(variables) != len(self.groups):
            raise ValueError(
                f"the groups were formed of {len(self.groups)} weights, and {len(variables)} are to be trained: after "
                "a change of trainable call differential_rates again, and compile with what it returns"
            )

    def save_own_variables(self, store):
        """Put its count of updates into a file, beside which Keras puts the optimizers of the groups."""
        for place, variable in enumerate(self._variables):
            store[str(place)] = keras.ops.convert_to_numpy(variable)

    def load_own_variables(self, store):
        """Take what `save_own_variables` put there."""
        for place, variable in enumerate(self._variables):
            variable.assign(store[str(place)])

    def finalize_variable_values(self, var_list):
        """Where the optimizers average weights (use_ema): put the averages into the model."""
        for each in self.optimizers:
            each.finalize_variable_values(each._trainable_variables)

    def get_config(self):
        """The arguments, for serialisation."""
        optimizers = [keras.saving.serialize_keras_object(each) for each in self.optimizers]
        return {"optimizers": optimizers, "groups": list(self.groups), "name": self.name}

    @classmethod
    def from_config(cls, config):
        """The optimizer of what `get_config` returned, its slots not made."""
        optimizers = [keras.saving.deserialize_keras_object(each) for each in config["optimizers"]]
        return cls(**{**config, "optimizers": optimizers})


def _pairs(groups):
    if not isinstance(groups, list | tuple) or not groups:
        raise TypeError(f"groups must be a list of pairs (layers, rate), one or more; it is {groups!r}")
    layers, rates = [], []
    for place, pair in enumerate(groups):
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise TypeError(f"groups[{place}] must be a pair (layers, rate); it is {pair!r}")
        layers.append(_layers(f"groups[{place}][0]", pair[0]))
        rates.append(_rate(f"groups[{place}][1]", pair[1]))
    return layers, rates


def _layers(name, layers):
    layers = list(layers) if isinstance(layers, list | tuple) else [layers]
    for each in layers:
        if isinstance(each, str):
            raise TypeError(f"{name} must be layers, not their names: write model.get_layer({each!r})")
        arguments.instance(name, each, keras.Layer, "a layer of the model or a list of them")
    return layers


def _rate(name, rate):
    if not isinstance(rate, Real | LearningRateSchedule):
        raise TypeError(f"{name} must be a number or a LearningRateSchedule; it is {rate!r} ({type(rate).__name__})")
    return rate_not_momentum(name, rate)


def _places(model, groups):
    """The number of the group of each weight in `model.trainable_variables`."""
    own = [{id(weight) for layer in layers for weight in layer.trainable_variables} for layers in groups]
    known = {id(weight) for weight in model.weights}
    for place, layers in enumerate(groups):
        for layer in layers:
            if stray := [weight for weight in layer.weights if id(weight) not in known]:
                raise ValueError(
                    f"groups[{place}] holds the layer {layer.name!r}, whose weight {stray[0].path!r} is not the model's"
                )
    places = []
    for weight in model.trainable_variables:
        found = [place for place, weights in enumerate(own) if id(weight) in weights]
        if len(found) != 1:
            where = f"in groups {' and '.join(map(str, found))}" if found else "in no group"
            raise ValueError(
                f"{_owner(model, weight)} is {where}: each weight that learns belongs to one group of groups"
            )
        places += found
    for place, layers in enumerate(groups):
        if place not in places:
            names = ", ".join(repr(layer.name) for layer in layers) or "no layer"
            raise ValueError(f"groups[{place}] ({names}) holds no weight that learns: leave it out, or set trainable")
    return places


def _owner(model, weight):
    for layer in model.layers:
        if any(each is weight for each in layer.trainable_variables):
            return f"the layer {layer.name!r} (its weight {weight.path!r})"
    return f"the weight {weight.path!r}"
