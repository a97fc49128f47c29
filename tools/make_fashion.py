"""Makes data/fashion_mnist_6k.npz from the four IDX files of Fashion-MNIST (see data/README.md).

apt-get download dataset-fashion-mnist && dpkg-deb -x dataset-fashion-mnist_*.deb unpacked
python tools/make_fashion.py unpacked/usr/share/datasets/fashion-mnist
"""

import gzip
import sys
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parent.parent / "data" / "fashion_mnist_6k.npz"


def main(folder):
    train, test = _read(folder, "train", 500), _read(folder, "t10k", 100)
    np.savez_compressed(TARGET, x_train=train[0], y_train=train[1], x_test=test[0], y_test=test[1])
    print(f"{TARGET.name}: {len(train[1])} images for training, {len(test[1])} for a test")


def _read(folder, part, each):
    """The first images of each class, in an order drawn by a seed."""
    images = _idx(folder, f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    labels = _idx(folder, f"{part}-labels-idx1-ubyte.gz", 8)
    first = np.concatenate([np.flatnonzero(labels == label)[:each] for label in range(10)])
    chosen = np.random.default_rng(0).permutation(first)
    return images[chosen], labels[chosen]


def _idx(folder, name, header):
    with gzip.open(Path(folder) / name) as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
