#!/usr/bin/env bash
# A base installation in an environment of its own: what works without PyTorch, and what says which extra it needs.
# `make base` runs it; it downloads some 100 MB.
set -euo pipefail
clone=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/env"
mkdir "$folder/source"
(cd "$clone" && git ls-files -z | xargs -0 cp --parents -t "$folder/source")  # a build leaves files behind
start=$SECONDS
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check --constraint "$clone/constraints.txt" "$folder/source"
echo "base installation: $((SECONDS - start)) s"
export PATH="$folder/env/bin:$PATH"
cd "$folder"

python - <<'CODE'
import json, sys
import cv2, numpy
import detect, enhance, data.images.image_io, detect.froc_report.files, detect.prediction.onnx_predictor, enhance.files

assert "torch" not in sys.modules
boxes = [{"id": i, "image_id": i, "category_id": 1, "bbox": [4, 4, 20, 20], "area": 400} for i in (1, 2)]
images = [{"id": i, "file_name": f"images/{i}.png", "width": 40, "height": 40} for i in (1, 2)]
truth = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "nodule"}]}
results = [{"image_id": 1, "category_id": 1, "bbox": [4, 4, 20, 20], "score": 0.9}]
for name, content in (("truth", truth), ("results", results)):
    json.dump(content, open(f"{name}.json", "w"))
CODE

lesion-enhance --help > help.txt
grep -q "froc .*Compare detectors by FROC" help.txt
lesion-enhance froc --ann truth.json --pred a=results.json --out report --bootstrap 20 > /dev/null
test -s report/index.html
lesion-enhance table1 --ann truth.json --pred d/raw=results.json d/color=results.json --out rows --bootstrap 20 > /dev/null
test -s rows/table.md
python -m tools.workflow.make_phantom raw --rsna 4 --chexpert 0 --color 0 --size 64 --workers 0 > /dev/null
lesion-enhance prepare rsna raw/rsna set --size 64 > /dev/null 2>&1
test -s set/train.json

says() {  # says TEXT COMMAND...: the command fails with code 2 and a line that has TEXT
    local code=0
    "${@:2}" > said.txt 2>&1 || code=$?
    if [ $code != 2 ] || ! grep -qF "$1" said.txt || grep -q Traceback said.txt; then
        echo "'${*:2}' ended with $code and:"; cat said.txt; exit 1
    fi
}
for tool in train test search enhance colorize attention colorizer visualize; do
    says 'pip install "lesion-enhance[predict]"' lesion-enhance $tool --help
    script=$(python -c "from tools.command_line.subcommands import TOOLS; print(TOOLS['$tool'])")
    says 'pip install "lesion-enhance[predict]"' env PYTHONPATH="$clone" python "$clone/tools/$script.py" --help
done
for tool in "bundle work --out b" "predict b raw --out c" "export-onnx b --out d"; do
    says 'pip install "lesion-enhance[predict]"' lesion-enhance $tool
done
echo "base installation works"
