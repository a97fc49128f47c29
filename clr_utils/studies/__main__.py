"""The command line of the studies: `python -m clr_utils.studies NAME`."""

import argparse
import sys
from importlib import import_module

from clr_utils import places
from clr_utils.experiments import run_grid

STUDIES = ("microcalcification", "case_contrast", "mnist", "range_test")


def main(arguments=None):
    """The command line: `python -m clr_utils.studies STUDY [--case 1 | 2] [--seeds N] [--workers N] [--anew]`."""
    parser = argparse.ArgumentParser(prog="python -m clr_utils.studies", description="Train and record a study.")
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("--case", type=int, choices=(1, 2), help="of microcalcification: its published and fixed arms")
    parser.add_argument("--seeds", type=int, help="seeds 0 to N-1 of each arm (default: the study's own)")
    parser.add_argument("--workers", type=int, default=2, help="trainings at a time (default: 2)")
    parser.add_argument("--anew", action="store_true", help="train also what the project ships, into CLR_RESULTS_DIR")
    options = parser.parse_args(arguments)
    if options.anew and not places.own_results():
        parser.error("--anew needs the environment variable CLR_RESULTS_DIR, the folder for your own records")
    study = import_module(f"clr_utils.studies.{options.study}")
    if options.case and options.study != "microcalcification":
        parser.error(f"--case belongs to the study microcalcification; {options.study} has no cases")
    if options.seeds is not None and options.seeds < 1:
        parser.error(f"--seeds must be 1 or more; it is {options.seeds}")
    chosen = {name: value for name, value in (("seeds", options.seeds), ("case", options.case)) if value}
    for grid in study.grids(**chosen):
        if run_grid(grid, options.workers, options.anew):
            return "some runs failed; mend what is reported above and run the command again, it trains the rest"
    return 0


if __name__ == "__main__":
    sys.exit(main())
