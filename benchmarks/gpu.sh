#!/usr/bin/env bash
# What a GPU gives, measured in MINUTES (default 10) on a machine with PyTorch, torchvision and no network.
#
#   bash benchmarks/carry.sh           first, where there is a network: fills wheels/ and carried/ (see its head)
#   bash benchmarks/gpu.sh [MINUTES]   there, in a copy of the tracked files with these two folders
#   DATA=../shared/data DRY=1 bash benchmarks/gpu.sh
#                                      here, on the CPU, in the environment as it is: everything once and tiny
#
# Results lie in $OUT (default work_dirs/gpu) as soon as they are known: gpu.json, gpu.log, predictions.zip, and the
# networks that were trained here. A step that fails, or for which the time does not suffice, is noted in gpu.json, and
# the next one begins. benchmarks/gpu_steps.py and gpu_rows.py say what is measured and how.
#
# Variables: STEPS (some of: install tests enhancer training froc rows), JOBS (rows side by side, default 4), CARRIED
# (default carried), WHEELS (default wheels), ROWS (options of benchmarks/gpu_rows.py), DATA (that of carry.sh, for DRY).
set -uo pipefail
cd "$(dirname "$0")/.." || exit
OUT=${OUT:-work_dirs/gpu} CARRIED=${CARRIED:-carried} WHEELS=${WHEELS:-wheels} DRY=${DRY:-} ROWS=${ROWS:-}
STEPS=${STEPS:-install tests training enhancer froc rows}
END=$(($(date +%s) + ${1:-10} * 60 - 15)) # the last seconds are for what is killed
WORK=work_dirs/gpu_work
SITE=$WORK/site
mkdir -p "$OUT" "$SITE"
exec > >(tee -a "$OUT/gpu.log") 2>&1
export PYTHONPATH=$PWD:$PWD/$SITE PYTHONUNBUFFERED=1 PYTHONWARNINGS=ignore OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1
shopt -s nullglob

python=$(command -v python3 || command -v python)
options=()
if [ -n "$DRY" ]; then
    options=(--tiny --device cpu --rounds 1 --workers 1)
    CARRIED=$WORK/dry WHEELS='' JOBS=${JOBS:-1} ROWS="--tiny --rows 2"
    END=$((END + 3600))
    [ -n "${DATA:-}" ] || [ -e "$CARRIED/data.zip" ] || { echo "DRY=1 needs DATA, see benchmarks/carry.sh"; exit 2; }
fi

left() { echo $((END - $(date +%s))); }

measure() { "$python" -m benchmarks.gpu_steps "$1" --json "$OUT/gpu.json" "${@:2}"; }

step() { # NAME NEEDED LIMIT COMMAND...: run it for LIMIT seconds at most if NEEDED are left, and note how it ended
    local name=$1 needed=$2 limit=$3 start status="done" code=0
    shift 3
    [[ " $STEPS " == *" $name "* ]] || return 0
    echo "== $name, $(left) s left"
    if [ "$(left)" -lt "$needed" ]; then
        measure note "$name" "skipped: $(left) s left, $needed needed" 0
        return 0
    fi
    [ "$limit" -lt "$(left)" ] || limit=$(left)
    start=$(date +%s)
    timeout -k 5 "$limit" "$@" || code=$?
    case $code in
        0) ;;
        124 | 137) status="stopped after $limit s" ;;
        *) status="failed with code $code" ;;
    esac
    measure note "$name" "$status" $(($(date +%s) - start))
    echo "== $name: $status"
}

install() { # ends with the code of what failed first, but tries everything
    local code=0
    if [ -z "$DRY" ]; then
        mapfile -t wheels < <("$python" -m benchmarks.gpu_steps missing "$WHEELS")
        echo "installing ${#wheels[@]} wheels"
        if [ -n "${wheels[*]}" ]; then
            "$python" -m pip install --quiet --no-index --no-deps --no-compile --no-cache-dir --target "$SITE" \
                "${wheels[@]}" || for wheel in "${wheels[@]}"; do "$python" -m zipfile -e "$wheel" "$SITE"; done
        fi
        # The project runs from this folder by PYTHONPATH; its metadata, which name its version, lie beside it.
        "$python" setup.py --quiet egg_info || code=$?
        nvidia-smi
    elif [ -n "${DATA:-}" ]; then
        LIMIT=16 bash benchmarks/carry.sh || code=$?
    fi
    rm -rf "$WORK/carried"
    "$python" -m zipfile -e "$CARRIED/data.zip" "$WORK/carried" || code=$?
    measure versions && return $code
}

tests() { # only their files are imported: others need what is not carried
    mapfile -t files < <(grep -rl --include='test_*.py' 'mark\.cuda' tests)
    echo "${#files[@]} files with tests marked cuda"
    [ ${#files[@]} -eq 0 ] || "$python" -m pytest -m cuda -p no:cacheprovider "${files[@]}"
}
export -f install tests measure
export python DRY WHEELS WORK SITE OUT CARRIED

step install 10 120 bash -c install
step tests 30 120 bash -c tests
step training 60 180 "$python" -m benchmarks.gpu_steps training --json "$OUT/gpu.json" "${options[@]}"
step enhancer 30 75 "$python" -m benchmarks.gpu_steps enhancer --json "$OUT/gpu.json" "${options[@]}"
step froc 20 60 "$python" -m benchmarks.gpu_steps froc --json "$OUT/gpu.json" "${options[@]}"
# shellcheck disable=SC2086  # ROWS is several words
step rows 90 9999 "$python" -m benchmarks.gpu_rows --carried "$WORK/carried" --work "$WORK/rows" --json "$OUT/gpu.json" \
    --predictions "$OUT/predictions.zip" --seconds "$(left)" --jobs "${JOBS:-4}" $ROWS
"$python" -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1]))))' "$OUT/gpu.json" | cut -c-9000
