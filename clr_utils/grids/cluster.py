"""A grid on a Dask cluster: a worker trains each run in a process of its own, and the record comes back.

The workers need no shared folder, but the same clr_utils, Keras and backend as here: others are refused. A worker that
dies loses its run alone, which Dask gives to another one. This needs the extra `cluster`, dask and distributed.
"""

import hashlib
import pickle
import platform
from contextlib import contextmanager
from functools import partial
from importlib import import_module

from clr_utils import places
from clr_utils.devices import chosen_backend, installed_version
from clr_utils.grids.apart import call_apart
from clr_utils.grids.checks import GridError

PATIENCE = 10  # seconds to wait for a scheduler


@contextmanager
def connected(address):
    """A client of the cluster whose scheduler has this address, such as "tcp://192.168.0.7:8786".

    Raises:
        GridError: Dask is not installed, or no scheduler answers.
    """
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise GridError("a cluster needs Dask: pip install 'clr-notebooks[cluster]'") from None
    try:
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise GridError(
            f"no Dask scheduler answers at {address!r} ({error}): start one with `dask scheduler`, which prints its "
            "address"
        ) from None
    try:
        yield client
    finally:
        client.close(timeout=PATIENCE)


def call_on_cluster(client, calls):
    """Call functions on the workers of a cluster; yields as `call_apart` does, in the order in which they end.

    Raises:
        GridError: There is no worker, one has other versions than are here, or the scheduler went away.
    """
    import cloudpickle
    from distributed import as_completed

    wanted = versions()
    _check_workers(client, wanted)
    # As bytes: what a call needs is imported in its process on the worker, and nowhere on the way.
    parcels = map(cloudpickle.dumps, calls)
    futures = {client.submit(_call_there, parcel, wanted, pure=False): number for number, parcel in enumerate(parcels)}
    try:
        for future in as_completed(list(futures), loop=client.loop):
            if future.status == "error":
                yield futures[future], future.exception()
            elif future.status == "finished":
                yield futures[future], future.result()
            else:
                raise GridError(
                    "the scheduler of the cluster went away; what was recorded is kept: start it and run again"
                )
    finally:
        client.cancel(list(futures))


def versions():
    """What records hang on: the versions of Python, Keras, its backend and NumPy, and clr_utils by its files."""
    backend = chosen_backend()
    files = sorted(places.PACKAGE.rglob("*.py"))
    return {
        "python": platform.python_version(),
        "keras": installed_version("keras"),
        backend: installed_version(backend, f"{backend}-cpu"),
        "numpy": installed_version("numpy"),
        "clr_utils": hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12],
    }


def _check_workers(client, wanted):
    found = client.run(versions)
    if not found:
        raise GridError("the cluster has no worker: start some with `dask worker ADDRESS`")
    for worker, there in found.items():
        _refuse_others(there, wanted, f"the worker {worker}")


def _refuse_others(there, here, who):
    if differ := [name for name in here if there.get(name) != here[name]]:
        told = ", ".join(f"{name} {there.get(name)} instead of {here[name]}" for name in differ)
        raise GridError(f"{who} has {told}: install on the workers what is installed here")


def _call_there(parcel, wanted):
    _refuse_others(versions(), wanted, "the worker")
    ((_, outcome),) = call_apart([partial(_unpack_and_call, parcel)])
    return outcome


def _unpack_and_call(parcel):
    return pickle.loads(parcel)()
