"""The studies: each file trains one of them, run by run, and records it. Records are read in `clr_utils.findings`.

A study is a module of this folder, listed in `__main__.py`, the command `python -m clr_utils.studies NAME`. It defines

STUDY           Its name: that of its file, and of the folder of its records in `data/results`.
train           `train(settings, seed)` trains one run and returns (metrics, history), two dicts that JSON can hold.
grids           `grids(seeds=None, **options)` gives lists of `Run`s in the order of their need. A list is trained and
                recorded before the next is asked for. `seeds`, where given, is how many seeds an arm has.
small_run       `small_run()` is a run of some seconds, the first of the study to be recorded.
TOLERANCES      How far the small run may lie from its record when it is trained again, on another processor or with
                another TensorFlow: {metric: difference}, and for curves of the history {curve: share of its values}.
OPTIONS         Options of its own for the command, {"--name": keyword arguments of `add_argument`}; `grids` gets them.
DESIGN          What was settled before the runs, {word: sentence}: the one endpoint that is judged and its margin, the
                number of seeds and why, how tuned settings are chosen, what will be called undecided. A record holds
                the hash of the design that it was made under. (Those without one are older than the designs.)

`tests/test_studies.py` holds every study to this, and trains its small run again. Six files are no studies:
`rates.py` has the learning rates that settings name, `smith.py` the settings of the study `cifar10`, `families.py`
those of `league` and `warmup`, `detectors.py`, `classifiers.py` and `two_class.py` the trainings.
"""
