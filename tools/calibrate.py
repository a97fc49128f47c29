"""Run one notebook with the seeds 0 to 19 and record the margins of its verdicts: `make calibrate NB=01`.

A verdict on a random number may stand in a notebook when it held for at least 19 of the 20 seeds
and the mean of its margin (its distance from the bound, positive when it holds) exceeds two
standard deviations over the seeds.
"""

import argparse
import json
import math
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient.exceptions import CellExecutionError

from clr_utils.arguments import typed_count
from clr_utils.files import write_atomically
from clr_utils.grids.apart import ONE_THREAD
from command_line import folder, new_folder
from run_notebooks import FOLDER, execute, select, stoppable

RESULTS = Path(__file__).resolve().parent.parent / "data" / "results" / "calibration"
SEEDS = 20
MUST_HOLD = 19
SIGMAS = 2


def is_kept(margins):
    """The rule, for one margin a seed; a margin that is missing or not finite (None) counts as not held."""
    finite = [margin for margin in margins if margin is not None]
    return (
        len(margins) >= SEEDS
        and sum(margin > 0 for margin in finite) >= MUST_HOLD
        and statistics.mean(finite) > SIGMAS * statistics.stdev(finite)
    )


def run_seed(path, seed):
    """The verdicts that the notebook reached with this seed, and what stopped it (None: nothing did)."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "verdicts.jsonl"
        log.touch()
        environment = ONE_THREAD | {"CLR_SEED": str(seed), "CLR_CALIBRATION": str(log), "CLR_PROFILE": "quick"}
        try:
            execute(nbformat.read(path, as_version=4), path.parent, **environment)
            stopped = None
        except CellExecutionError as error:
            stopped = f"{error.ename}: {error.evalue}"
        return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()], stopped


def summarise(runs):
    """One record a claim, from the verdicts of each seed (one list a seed, in the order of the seeds).

    Raises:
        ValueError: A claim is made twice in one run, so that its margins cannot be told apart.
    """
    verdicts = {}
    for seed, run in enumerate(runs):
        for verdict in run:
            of_claim = verdicts.setdefault(verdict["claim"], {})
            if seed in of_claim:
                raise ValueError(f"the claim {verdict['claim']!r} is made twice in one run; word the two differently")
            of_claim[seed] = verdict
    return [_record(claim, of_claim, len(runs)) for claim, of_claim in verdicts.items()]


def _record(claim, verdicts, seeds):
    first = next(iter(verdicts.values()))
    side = "above" if "above" in first else "below"
    margins = [verdicts[seed]["margin"] if seed in verdicts else None for seed in range(seeds)]
    margins = [margin if margin is not None and math.isfinite(margin) else None for margin in margins]
    finite = [margin for margin in margins if margin is not None]
    return {
        "claim": claim,
        "side": side,
        "bound": first[side],
        "margins": margins,
        "held": sum(margin > 0 for margin in finite),
        "mean_margin": statistics.mean(finite) if finite else None,
        "sd": statistics.stdev(finite) if len(finite) > 1 else None,
        "kept": is_kept(margins),
    }


def table(records):
    """The records as lines of text."""
    lines = [f"{'kept':<5} {'held':>5} {'mean margin':>12} {'sd':>10}  claim"]
    for record in records:
        mean, sd = (f"{record[key]:.4g}" if record[key] is not None else "-" for key in ("mean_margin", "sd"))
        kept = "yes" if record["kept"] else "NO"
        claim = f"{record['claim']} ({record['side']} {record['bound']:g})"
        lines.append(f"{kept:<5} {record['held']:>2}/{len(record['margins']):<2} {mean:>12} {sd:>10}  {claim}")
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("number", nargs="?", help="the notebook's number, such as 01")
    parser.add_argument("--folder", type=folder, default=FOLDER)
    parser.add_argument("--results", type=new_folder, default=RESULTS)
    parser.add_argument("--kernels", type=typed_count, default=2)
    options = parser.parse_args(arguments)
    if not options.number:
        parser.error("which notebook? For example: make calibrate NB=01")
    try:
        path = select(options.folder, [options.number])[0]
    except ValueError as error:
        parser.error(str(error))

    runs, stops = [[]] * SEEDS, {}
    pool = ThreadPoolExecutor(options.kernels)
    seed_of = {pool.submit(run_seed, path, seed): seed for seed in range(SEEDS)}
    for done, future in enumerate(as_completed(seed_of), 1):
        seed = seed_of[future]
        runs[seed], stopped = future.result()
        if stopped:
            stops[seed] = stopped
        print(f"{done:>2}/{SEEDS}  seed {seed:>2}  {stopped or 'ran to its end'}", flush=True)

    records = summarise(runs)
    libraries = {name: version(name) for name in ("numpy", "keras")}
    result = {"notebook": path.stem, "seeds": list(range(SEEDS)), "stopped": stops, "versions": libraries}
    record = json.dumps(result | {"claims": records}, indent=1, allow_nan=False) + "\n"
    write_atomically(options.results / f"{path.stem}.json", record)
    print(table(records))
    for seed, stopped in sorted(stops.items()):
        print(f"seed {seed} stopped the notebook: {stopped}")
    return 0 if not stops and all(record["kept"] for record in records) else 1


if __name__ == "__main__":
    stoppable(main)
