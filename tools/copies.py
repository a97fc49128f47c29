"""Copy the notebooks into my_notebooks/, where `make lab` opens them: what is typed there changes no original.

A copy that was never changed follows its original. A copy that holds somebody's work is never written to; one that was
removed is made anew.
"""

import hashlib
import json
import sys
from pathlib import Path

from clr_utils.files import write_atomically

ROOT = Path(__file__).resolve().parent.parent
COPIES = "my_notebooks"
RECORD = ".copied.json"  # in the folder of the copies: each one's hash when it was made


def refresh(originals, copies):
    """Bring the folder of copies up to date; returns the names of the copies that hold work on an older original.

    Raises:
        OSError: A copy cannot be made; the message says which and why.
    """
    record = copies / RECORD
    made = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    outdated = []
    for original in sorted([*originals.rglob("*.ipynb"), *originals.rglob("*.md")]):
        name = original.relative_to(originals).as_posix()
        if ".ipynb_checkpoints" in name:
            continue
        content, copy = original.read_bytes(), copies / name
        if copy.exists() and digest(copy.read_bytes()) not in (made.get(name), digest(content)):
            outdated += [name] if made.get(name) != digest(content) else []
            continue
        if not copy.exists() or copy.read_bytes() != content:
            write_atomically(copy, content)
        made[name] = digest(content)
    write_atomically(record, json.dumps(made, indent=1))
    return outdated


def digest(content):
    return hashlib.sha256(content).hexdigest()


def main(root=ROOT):
    try:
        outdated = refresh(root / "notebooks", root / COPIES)
    except (OSError, ValueError) as error:
        print(f"The notebooks cannot be copied into {COPIES}/ ({error}): move that away and try again", file=sys.stderr)
        return 1
    print(f"Your copies of the notebooks are in {COPIES}/: nothing that you do there changes the originals.")
    for name in outdated:
        print(f"  {COPIES}/{name} holds your work and stays; notebooks/{name} is newer. Rename yours to get that one.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
