#!/bin/sh
# Makes .venv with the locked dependencies; does nothing when that is done already.
#   PYTHON=/path/to/python3.12   the Python to make .venv with
#   LOCKED=0                     the newest versions that pyproject.toml allows, instead of requirements.lock
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
venv_python=.venv/bin/python
stamp=.venv/ready
locked=${LOCKED:-1}
case $locked in 0 | 1) ;; *) echo "LOCKED is '$locked'; it must be 0 or 1" >&2; exit 2 ;; esac

wanted=$( { echo "$locked" "$root"; cat requirements.lock pyproject.toml; } | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x "$venv_python" ]; then
    exit 0
fi

running=.venv.pid
if [ -f "$running" ] && kill -0 "$(cat "$running")" 2>/dev/null; then
    echo "Another set-up of this folder is running, process $(cat "$running"); wait until it is complete" >&2
    exit 1
fi
echo $$ >"$running"
trap 'rm -f "$running"' EXIT
trap 'exit 130' INT TERM HUP
rm -f "$stamp"

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

supported() { case $(version_of "$1") in 3.11 | 3.12 | 3.13) ;; *) return 1 ;; esac; }

# A virtual environment holds its own path: one that was moved, or cut short, is made anew.
usable() {
    [ -x "$venv_python" ] && supported "$venv_python" &&
        grep -q "$root/.venv/" .venv/bin/pip 2>/dev/null && "$venv_python" -c 'import pip' 2>/dev/null
}

remedy() {
    echo
    echo "This project needs Python 3.11, 3.12 or 3.13 with its venv module. Tried:"
    printf '%s' "$tried"
    if [ -n "$without_venv" ]; then
        echo "The venv module of $without_venv is missing. On Debian and Ubuntu:"
        echo "    sudo apt install python$(version_of "$without_venv")-venv || sudo apt install python3-venv"
    else
        echo "To get one:"
        echo "    Debian, Ubuntu    sudo apt install python3 python3-venv"
        echo "    Fedora            sudo dnf install python3.13"
        echo "    macOS, Homebrew   brew install python@3.13"
        echo "    conda             conda env create -f environment.yml   (README.md, other ways in)"
    fi
    echo "Is it in another place? Name it: make lab PYTHON=/path/to/python3.12"
}

find_python() {
    tried=
    without_venv=
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python; do
        if ! found=$(version_of "$candidate") || [ -z "$found" ]; then
            note="not there, or does not run"
        elif ! supported "$candidate"; then
            note="is Python $found"
        elif ! "$candidate" -c 'import venv, ensurepip' 2>/dev/null; then
            note="is Python $found, but has no venv or ensurepip module"
            without_venv=${without_venv:-$candidate}
        else
            return 0
        fi
        tried="$tried    $candidate: $note
"
        if [ "$candidate" = "${PYTHON:-}" ]; then
            echo "PYTHON=$candidate $note; looking for another one" >&2
        fi
    done
    remedy >&2
    return 1
}

if ! usable; then
    find_python || exit 1
    echo "Making .venv with $candidate (Python $found)"
    "$candidate" -m venv --clear .venv
fi

# A package whose installation was cut short has no RECORD: without this, pip would take it for installed.
for info in .venv/lib/python*/site-packages/*.dist-info; do
    if [ -d "$info" ] && [ ! -f "$info/RECORD" ]; then rm -r "$info"; fi
done

pip() { "$venv_python" -m pip --disable-pip-version-check "$@"; }

install() {
    if [ "$locked" = 1 ]; then
        pip install -r requirements.lock && pip install --no-deps --no-build-isolation -e .
    else
        pip install --upgrade --upgrade-strategy eager -e ".[cpu,lab,site,test]"
    fi
}

echo "Installing into .venv: about 700 MB to download and 3 GB on disk, some minutes the first time"
if ! install; then
    echo >&2
    echo "The installation stopped; the reason stands above. Type the same command again: it goes on from there." >&2
    exit 1
fi
echo "$wanted" >"$stamp"
echo "The set-up is complete"
