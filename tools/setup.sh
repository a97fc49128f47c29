#!/bin/sh
# Makes .venv with the locked dependencies; does nothing when that is done already.
#   PYTHON=/path/to/python3.12   the Python to make .venv with
#   LOCKED=0                     the newest versions that pyproject.toml allows, instead of requirements.lock
#   LOCKED=0 PRE=1               pre-releases too, Keras's nightly build among them, and on Python 3.14 as well
set -eu
cd "$(dirname "$0")/.."
root=$(pwd -P)
venv_python=.venv/bin/python
stamp=.venv/ready
locked=${LOCKED:-1}
pre=${PRE:-0}
case $locked in 0 | 1) ;; *) echo "LOCKED is '$locked'; it must be 0 or 1" >&2; exit 2 ;; esac
case $pre$locked in 00 | 01 | 10) ;; *) echo "PRE is '$pre'; it must be 0, or 1 together with LOCKED=0" >&2; exit 2 ;; esac

wanted=$( { echo "$locked" "$pre" "$root"; cat requirements.lock pyproject.toml; } | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x "$venv_python" ]; then
    exit 0
fi

running=.venv.pid
if [ -f "$running" ] && kill -0 "$(cat "$running")" 2>/dev/null; then
    echo "Another set-up of this folder is running, process $(cat "$running"); wait until it is complete" >&2
    exit 1
fi
if ! { echo $$ >"$running"; } 2>/dev/null; then
    echo "The set-up cannot write into this folder: $root is read-only for you, or its disk is full." >&2
    echo "Copy the project to a folder of your own, and type the same command there." >&2
    exit 1
fi
trap 'rm -f "$running"' EXIT
trap 'exit 130' INT TERM HUP
rm -f "$stamp"

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

supported() { case $(version_of "$1") in 3.11 | 3.12 | 3.13) ;; 3.14) [ "$pre" = 1 ] ;; *) return 1 ;; esac; }

# A virtual environment holds its own path: one that was moved, or cut short, is made anew. So is one with pre-releases
# where there should be none, and the other way round: the nightly build of Keras lies in the files of Keras.
usable() {
    [ -x "$venv_python" ] && supported "$venv_python" && [ "$(cat .venv/pre 2>/dev/null || echo 0)" = "$pre" ] &&
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
        if [ -n "$too_new" ]; then
            echo "Python $too_new is too new for TensorFlow's released wheels. Install Python 3.13 or 3.12 beside it:"
        else
            echo "To get one:"
        fi
        # Where there is a Python that does not fit, the distribution's own is no remedy: Ubuntu 22.04 has 3.10.
        if [ -z "$unfit" ]; then
            echo "    Debian 12 or 13, Ubuntu 24.04   sudo apt install python3 python3-venv"
        fi
        cat <<'END'
    Ubuntu LTS                      sudo add-apt-repository ppa:deadsnakes/ppa &&
                                    sudo apt install python3.13-venv
    Fedora                          sudo dnf install python3.13
    macOS, Homebrew                 brew install python@3.13
    conda, without being root       conda create -p "$HOME/python3.13" python=3.13 &&
                                    make lab PYTHON="$HOME/python3.13/bin/python"
END
    fi
    echo "Is it in another place? Name it: make lab PYTHON=/path/to/python3.12"
}

find_python() {
    tried=
    without_venv=
    too_new=
    unfit=
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python; do
        if ! found=$(version_of "$candidate") || [ -z "$found" ]; then
            note="not there, or does not run"
        elif ! supported "$candidate"; then
            note="is Python $found"
            unfit=$found
            case $found in 3.1[4-9]) too_new=$found ;; esac
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
    echo "$pre" >.venv/pre
fi

# A package whose installation was cut short has no RECORD: without this, pip would take it for installed.
for info in .venv/lib/python*/site-packages/*.dist-info; do
    if [ -d "$info" ] && [ ! -f "$info/RECORD" ]; then rm -r "$info"; fi
done

pip() { "$venv_python" -m pip --disable-pip-version-check "$@"; }

extras=".[cpu,lab,site,test]"

install() {
    if [ "$locked" = 1 ]; then
        pip install -r requirements.lock && pip install --no-deps --no-build-isolation -e .
    elif [ "$pre" = 0 ]; then
        pip install --upgrade --upgrade-strategy eager -e "$extras"
    else
        # The project itself still excludes Python 3.14. And the nightly build of Keras, which pre-releases of TensorFlow
        # bring, has its files where the package keras has them: it goes in last.
        [ "$(version_of "$venv_python")" = 3.14 ] && newer=--ignore-requires-python || newer=
        pip install --upgrade --upgrade-strategy eager --pre $newer -e "$extras" &&
            pip install --pre --no-deps --force-reinstall keras-nightly
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
