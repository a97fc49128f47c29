"""Momentum that moves against the learning rate: pure functions, as in `clr_utils.policies`.

A momentum that a callback assigns changes nothing in a compiled step, which has the first one built in. The
optimizers of `clr_utils.optimizers` compute it inside the step.
"""

from functools import partial

from clr_utils import arguments
from clr_utils.cycles import counts
from clr_utils.restarts import single_cycle

_bounds = partial(arguments.bounds, lower="base_momentum", upper="max_momentum", maximum=1, of="momentum")


def mirrored(iteration, policy, base_lr, max_lr, base_momentum=0.85, max_momentum=0.95):
    """A momentum that mirrors a policy: it falls as the rate rises, and rises as the rate falls.

    momentum = max_momentum - (max_momentum - base_momentum) * (lr - base_lr) / (max_lr - base_lr) for the rate
    lr = policy(iteration); beyond the bounds of the rate the momentum stays at its own.  (PyTorch's `CyclicLR` with
    cycle_momentum, whose bounds are 0.8 and 0.9)

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        policy: A function from the iteration to the rate.
        base_lr, max_lr: The rates at which the momentum is largest and smallest, 0 <= base_lr < max_lr.
        base_momentum, max_momentum: Lower and upper bound of the momentum, 0 <= base_momentum < max_momentum <= 1.

    Returns:
        The momentum of each iteration, in the shape and type that a policy has.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed; the message names it.
    """
    policy = arguments.policy("policy", policy)
    base_lr, max_lr = arguments.bounds(base_lr, max_lr)
    base_momentum, max_momentum = _bounds(base_momentum, max_momentum)
    xp, n = counts(iteration)
    height = xp.minimum(xp.maximum((policy(n) - base_lr) / (max_lr - base_lr), 0), 1)
    return max_momentum * (1 - height) + base_momentum * height


def one_cycle_momentum(
    iteration, total, base_momentum=0.85, max_momentum=0.95, *, step_size=None, phases=2, shape="cosine"
):
    """The momentum of the 1cycle policy, beside the rates of `one_cycle` with the same total, step_size and phases.

    phases=2: down from max_momentum to base_momentum in step_size iterations, and up again until `total`.
    phases=3, as published (Smith 2018, arXiv:1803.09820): down and up in step_size iterations each; then it stays at
    max_momentum, while the rate falls far below its start.

    Both are as PyTorch's `OneCycleLR` has them with cycle_momentum; what `one_cycle` says of its counting holds here.

    Args:
        iteration: Updates done so far, 0 or more; an integer, array or tensor.
        total: Iterations of the whole policy, a whole number.
        base_momentum, max_momentum: Lower and upper bound of the momentum, 0 <= base_momentum < max_momentum <= 1.
        step_size: Iterations from max_momentum to base_momentum, a whole number; three tenths of `total`, rounded,
            unless given.
        phases: 2 or 3.
        shape: "linear" or "cosine", of every phase.

    Returns:
        The momentum of each iteration, in the shape and type that a policy has.

    Raises:
        TypeError, ValueError: An argument is outside what is allowed, or the phases do not fit into `total`.
    """
    base_momentum, max_momentum = _bounds(base_momentum, max_momentum)
    return single_cycle(iteration, max_momentum, base_momentum, max_momentum, total, step_size, phases, shape)
