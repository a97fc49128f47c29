"""The command line of the studies: `python -m clr_utils.studies NAME` trains and records what is missing."""

import argparse
import sys
from contextlib import nullcontext
from functools import partial

from clr_utils import places
from clr_utils.arguments import typed_count
from clr_utils.devices import chosen_backend
from clr_utils.grids.checks import GridError
from clr_utils.grids.cluster import connected
from clr_utils.grids.run import run_grid
from clr_utils.studies import case_contrast, chest_xray, cifar10, league, microcalcification, mnist, range_test, warmup

MODULES = (microcalcification, case_contrast, mnist, range_test, cifar10, chest_xray, league, warmup)
STUDIES = {study.STUDY: study for study in MODULES}
MOST_SEEDS, MOST_WORKERS = 1000, 256
SEEDS_HELP = (
    "how many seeds of each arm (default: the study's own; some arms have no more than these); screenings and the "
    "small run keep theirs"
)


def main(arguments=None):
    """Train a study's grids, one after another; an interrupted command, typed again, goes on where it was."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    study, workers, anew, address = (options.pop(name) for name in ("study", "workers", "anew", "scheduler"))
    try:
        own_results = places.own_results()
        chosen_backend()
    except (NotADirectoryError, ValueError) as error:
        parser.error(str(error))
    if anew and not own_results:
        parser.error("--anew needs the environment variable CLR_RESULTS_DIR, the folder for your own records")
    try:
        with connected(address) if address is not None else nullcontext() as client:
            for grid in STUDIES[study].grids(**options):
                if run_grid(grid, STUDIES[study].train, workers, anew, client):
                    return "some runs failed; mend what is reported above and run the command again, it trains the rest"
    except GridError as error:
        return str(error)
    except KeyboardInterrupt:
        return "interrupted; run the command again, it goes on where it was"
    return 0


def _parser():
    parser = argparse.ArgumentParser(prog="python -m clr_utils.studies", description="Train and record a study.")
    names = parser.add_subparsers(dest="study", required=True, metavar="STUDY")
    seeds, workers = (partial(typed_count, maximum=most) for most in (MOST_SEEDS, MOST_WORKERS))
    for name, study in STUDIES.items():
        own = names.add_parser(name, help=study.__doc__.splitlines()[0], description=study.__doc__.splitlines()[0])
        own.add_argument("--seeds", type=seeds, help=SEEDS_HELP)
        own.add_argument("--workers", type=workers, default=2, help="trainings at a time (default: 2)")
        own.add_argument("--anew", action="store_true", help="train also what the project ships, into CLR_RESULTS_DIR")
        own.add_argument("--scheduler", metavar="ADDRESS", help="train on the Dask cluster of the scheduler there")
        for option, settings in study.OPTIONS.items():
            own.add_argument(option, **settings)
    return parser


if __name__ == "__main__":
    sys.exit(main())
