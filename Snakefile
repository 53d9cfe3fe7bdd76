# From raw data to a FROC report, in stages that resume:
#
#   snakemake --cores 2 --configfile configs/workflow/demo.yaml
#   snakemake --cores 2 --configfile configs/workflow/tbx11k.yaml --config data_root=PATH
#   snakemake -n ...            show the plan
#
# prepare -> train classifier and colorizer -> enhance -> train detectors -> test -> report.
# Raw and enhanced runs differ by the folder of the images only. Outputs lie in datasets/<name>/ and work_dirs/<name>/.

import hashlib
from pathlib import Path

from mmengine.config import Config
from snakemake.exceptions import WorkflowError

from data import chexpert, imagenet, rsna
from data.dataset_errors import DatasetNotFound

if "name" not in config:
    raise WorkflowError("Say which workflow: --configfile configs/workflow/{demo,tbx11k,rsna_small,paper}.yaml")

config["data_root"] = str(Path(config["data_root"]).expanduser())
if " " in config["data_root"]:
    raise WorkflowError(f"data_root has a space ({config['data_root']}): link the folder under a name without one")

DATA, WORK = Path("datasets", config["name"]), Path("work_dirs", config["name"])
READERS = {"chexpert": chexpert, "imagenet": imagenet, "rsna": rsna}
ROLES = ("classification", "color", "detection")
PARTS = {"cawe": "classifier", "color": "colorizer"}  # what each word of a variant's name needs
TRAIN, TEST = (config["detection"].get(side, f"{side}.json") for side in ("train", "test"))
SYSTEMS = [f"{detector}/{variant}" for detector in config["detectors"] for variant in config["variants"]]


def source(role):
    """Folder of a data set as it was downloaded."""
    return Path(config["data_root"], config[role]["source"])


def prepared(role):
    """Folder of a data set in COCO form; one that comes in this form is used where it lies."""
    return DATA / role if "reader" in config[role] else source(role)


def images(variant):
    """Folder of the detectors' images."""
    return prepared("detection") if variant == "raw" else DATA / f"detection_{variant}"


def images_done(wildcards):
    """The file that says that these images are complete."""
    return images("raw") / TRAIN if wildcards.variant == "raw" else WORK / f"enhanced_{wildcards.variant}.done"


def check_sources():
    """One error that names every data set that is missing, where to get it and its shape."""
    problems = []
    for role in ROLES:
        try:
            if "reader" not in config[role] and not (source(role) / TRAIN).is_file():
                shape = f"  images/...\n  {TRAIN}\n  {TEST}\nTell its folder's parent by --config data_root=PATH"
                raise DatasetNotFound("Lesion boxes (COCO)", source(role), f"no {TRAIN}", config["about"], shape)
            if "reader" in config[role] and not source(role).is_dir():
                READERS[config[role]["reader"]].check_source(source(role))
        except DatasetNotFound as error:
            problems.append(str(error))
    if problems:
        raise WorkflowError("\n\n".join(problems))


def data_options(folder, train, test):
    """The --cfg-options that say where a run finds its data."""
    sides = {"train": train, "val": test, "test": test}
    keys = "{0}_dataloader.dataset.data_root={1} {0}_dataloader.dataset.ann_file={2}"
    return " ".join(keys.format(side, folder, json) for side, json in sides.items())


def train(settings, folder, options, inputs):
    """The command that trains, or goes on where it was stopped; with another config or newer inputs it starts anew."""
    options = f"{options} {settings.get('options', '')}"
    content = Config.fromfile(settings["config"], import_custom_modules=False).pretty_text + options
    stamp = f"{folder}/{hashlib.sha256(content.encode()).hexdigest()[:12]}.started"
    return (
        f"for file in {inputs}; do if [ $file -nt {stamp} ]; then rm -rf {folder}; fi; done; "
        f"mkdir -p {folder}; touch {stamp}; "
        f"python tools/train.py {settings['config']} --work-dir {folder} --resume --cfg-options {options}"
    )


def recipe_options(variant):
    """The --cfg-options that fill a recipe of configs/enhance with the trained networks."""
    parts = [PARTS[word] for word in variant.split("_")]
    keys = "enhancer.{0}.config={1} enhancer.{0}.checkpoint={2}"
    return " ".join(keys.format(part, config[part]["config"], WORK / part / "weights.pth") for part in parts)


def networks(wildcards):
    """Weight files that a variant needs."""
    return [WORK / PARTS[word] / "weights.pth" for word in wildcards.variant.split("_")]


if "phantom" not in config:
    check_sources()


wildcard_constraints:
    variant="raw|cawe|color|color_cawe",
    detector="|".join(config["detectors"]),


rule report:
    input:
        ann=images("raw") / TEST,
        predictions=expand(WORK / "{system}/test/predictions.bbox.json", system=SYSTEMS),
        pictures=WORK / "examples.png",
        recipe=WORK / "recipe.py",
    output:
        WORK / "report/index.html",
    log:
        WORK / "logs/report.log",
    message:
        "Report: FROC curves and Sens@N with intervals -> {output}"
    params:
        systems=" ".join(f"{system}={WORK}/{system}/test/predictions.bbox.json" for system in SYSTEMS),
        title=config["about"],
        images=images("raw"),
    shell:
        "python tools/froc_report.py --ann {input.ann} --images {params.images} --pred {params.systems} --figure {input.pictures}"
        " --title {params.title:q} --out {WORK}/report > {log} 2>&1"


rule phantom:
    output:
        rsna=Path(config["data_root"], "rsna/stage_2_train_labels.csv"),
        chexpert=Path(config["data_root"], "chexpert/train.csv"),
        color=directory(Path(config["data_root"], "color")),
    log:
        WORK / "logs/phantom.log",
    message:
        "Phantom: draw synthetic radiographs with lesions, and color pictures"
    params:
        options=config.get("phantom"),
    shell:
        "python tools/make_phantom.py {config[data_root]} {params.options} > {log} 2>&1"


rule prepare:
    input:
        rules.phantom.output if "phantom" in config else [],
    output:
        DATA / "{role}/train.json",
        DATA / "{role}/test.json",
    wildcard_constraints:
        role="classification|color|detection",
    log:
        WORK / "logs/prepare_{role}.log",
    message:
        "Prepare: {wildcards.role} images as COCO"
    params:
        source=lambda wildcards: source(wildcards.role),
        reader=lambda wildcards: config[wildcards.role]["reader"],
        options=lambda wildcards: config[wildcards.role].get("options", ""),
    shell:
        "python tools/prepare_dataset.py {params.reader} {params.source} {DATA}/{wildcards.role} {params.options}"
        " --workers {threads} > {log} 2>&1"


rule train_classifier:
    input:
        prepared("classification") / "train.json",
    output:
        WORK / "classifier/weights.pth",
    priority: 1  # the enhanced images wait for it
    log:
        WORK / "logs/train_classifier.log",
    message:
        "Train: the classifier behind CAWE (its best epoch by AUROC is kept)"
    params:
        command=train(
            config["classifier"],
            WORK / "classifier",
            data_options(prepared("classification"), "train.json", "test.json"),
            prepared("classification") / "train.json",
        ),
    resources:
        gpu=1,
    shell:
        "({params.command}; cp {WORK}/classifier/best_auroc_mean_epoch_*.pth {output}) > {log} 2>&1"


rule train_colorizer:
    input:
        prepared("color") / "train.json",
    output:
        WORK / "colorizer/weights.pth",
    priority: 1  # the enhanced images wait for it
    log:
        WORK / "logs/train_colorizer.log",
    message:
        "Train: the colorization GAN"
    params:
        command=train(
            config["colorizer"],
            WORK / "colorizer",
            data_options(prepared("color"), "train.json", "test.json"),
            prepared("color") / "train.json",
        ),
    resources:
        gpu=1,
    shell:
        "({params.command}; cp $(cat {WORK}/colorizer/last_checkpoint) {output}) > {log} 2>&1"


rule recipe:
    input:
        expand(WORK / "{part}/weights.pth", part=PARTS.values()),
    output:
        WORK / "recipe.py",
    log:
        WORK / "logs/recipe.log",
    message:
        "Recipe: {output} with its weights, for anybody's images"
    params:
        options=recipe_options("color_cawe"),
    shell:
        "python tools/bundle_recipe.py configs/enhance/color_cawe.py {WORK} --cfg-options {params.options} > {log} 2>&1"


rule enhance:
    input:
        networks,
        images("raw") / TRAIN,
        images("raw") / TEST,
    output:
        touch(WORK / "enhanced_{variant}.done"),
    log:
        WORK / "logs/enhance_{variant}.log",
    message:
        "Enhance: all images by configs/enhance/{wildcards.variant}.py"
    params:
        options=lambda wildcards: recipe_options(wildcards.variant),
        raw=images("raw"),
        to=lambda wildcards: images(wildcards.variant),
    threads: max(1, workflow.cores // 2)
    resources:
        gpu=1,
    shell:
        "python tools/enhance_dataset.py configs/enhance/{wildcards.variant}.py {params.raw} {params.to}"
        " --overwrite --strict --workers {threads} --cfg-options {params.options} > {log} 2>&1"


rule examples:
    input:
        recipe=WORK / "recipe.py",
        ann=images("raw") / TEST,
    output:
        WORK / "examples.png",
    log:
        WORK / "logs/examples.log",
    message:
        "Examples: gray, attention, colorized and enhanced images; energy of the maps in the boxes"
    params:
        raw=images("raw"),
    shell:
        "python tools/show_enhancement.py {input.recipe} {params.raw} --ann {TEST} --out {WORK}/examples > {log} 2>&1"


rule train_detector:
    input:
        images_done,
    output:
        WORK / "{detector}/{variant}/weights.pth",
    log:
        WORK / "logs/train_{detector}_{variant}.log",
    message:
        "Train: {wildcards.detector} on {wildcards.variant} images"
    params:
        command=lambda wildcards: train(
            config["detectors"][wildcards.detector],
            WORK / wildcards.detector / wildcards.variant,
            data_options(images(wildcards.variant), TRAIN, TEST),
            images_done(wildcards),
        ),
    resources:
        gpu=1,
    shell:
        "({params.command}; cp $(cat {WORK}/{wildcards.detector}/{wildcards.variant}/last_checkpoint) {output}) > {log} 2>&1"


rule test_detector:
    input:
        WORK / "{detector}/{variant}/weights.pth",
    output:
        WORK / "{detector}/{variant}/test/predictions.bbox.json",
    log:
        WORK / "logs/test_{detector}_{variant}.log",
    message:
        "Test: {wildcards.detector} on {wildcards.variant} images"
    params:
        config=lambda wildcards: config["detectors"][wildcards.detector]["config"],
        options=lambda wildcards: " ".join(
            [
                data_options(images(wildcards.variant), TRAIN, TEST),
                config["detectors"][wildcards.detector].get("options", ""),
            ]
        ),
    resources:
        gpu=1,
    shell:
        "python tools/test.py {params.config} {input} --work-dir {WORK}/{wildcards.detector}/{wildcards.variant}"
        " --cfg-options {params.options} > {log} 2>&1"
