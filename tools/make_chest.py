"""Makes data/nih_chest_1k.npz from nih1000.npz, 1,000 images of NIH ChestX-ray14 at 64x64 (see data/README.md).

python tools/make_chest.py path/to/nih1000.npz
"""

import sys
from pathlib import Path

import numpy as np

from clr_utils.datasets.chest_xray import FINDINGS

TARGET = Path(__file__).parent.parent / "data" / "nih_chest_1k.npz"


def main(path):
    with np.load(path) as file:
        names, found, images = (
            np.concatenate([file[f"{part}_{key}"] for part in ("train", "valid", "test")])
            for key in ("names", "findings", "images")
        )
    order = np.argsort(names)
    patients = np.array([int(name.split("_")[0]) for name in names[order]])
    findings = np.array([[finding in each.split("|") for finding in FINDINGS] for each in found[order]])
    np.savez_compressed(TARGET, images=_halved(images[order]), patients=patients, findings=findings)
    print(f"{TARGET.name}: {len(names)} images of {len(set(patients))} patients")


def _halved(images):
    """Each pixel is the mean of 2x2, rounded, a half upwards."""
    n, height, width = images.shape
    sums = images.reshape(n, height // 2, 2, width // 2, 2).sum(axis=(2, 4), dtype=np.uint16)
    return ((sums + 2) // 4).astype(np.uint8)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
