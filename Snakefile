# From raw data to a FROC report and to Table 1 of the paper, in stages that resume:
#
#   snakemake --cores 2 --configfile configs/workflow/demo.yaml
#   snakemake --cores 2 --configfile configs/workflow/tbx11k.yaml --config data_root=PATH
#   snakemake ... table1         twelve rows, seeds or folds; docs/table1.md
#   snakemake --configfile configs/workflow/NAME.yaml configs/workflow/ablations.yaml ... ablations
#   snakemake -n ...             show the plan
#
# prepare -> train classifier and colorizer -> enhance -> train detectors -> test -> report.
# Raw and enhanced runs differ by the folder of the images only. Outputs lie in datasets/<name>/ and work_dirs/<name>/.

import hashlib
import os
from pathlib import Path

from mmengine.config import Config
from snakemake.exceptions import WorkflowError

from data.readers import chexpert, imagenet, rsna
from data.coco import load_coco, write_json
from data.readers.errors import DatasetNotFound
from data.folds import merge_coco

if "name" not in config:
    raise WorkflowError("Say which workflow: --configfile configs/workflow/{demo,tbx11k,rsna_small,head_ct,paper}.yaml")

config["data_root"] = str(Path(config["data_root"]).expanduser().resolve())  # one spelling: params are compared
if " " in f"{config['data_root']}{Path.cwd()}":
    raise WorkflowError(f"{config['data_root']} or {Path.cwd()} has a space: link the folder under a name without one")
if not config.get("negatives"):
    config.pop("negatives", None)

DATA, WORK = Path("datasets", config["name"]), Path("work_dirs", config["name"])
READERS = {"chexpert": chexpert, "imagenet": imagenet, "rsna": rsna}
PARTS = [name for name in config if name.split("_")[0] in ("classifier", "colorizer")]
ROLES = sorted({"detection", *(config[part]["data"] for part in PARTS), *({"negatives"} & set(config))})
TRAIN, TEST = (config["detection"].get(side, f"{side}.json") for side in ("train", "test"))
SEEDS = list(range(config["seeds"])) if isinstance(config.get("seeds"), int) else config.get("seeds", [0])
FOLDS = config.get("folds", 0)
if not SEEDS or len(set(SEEDS)) < len(SEEDS) or not isinstance(FOLDS, int) or FOLDS == 1:
    raise WorkflowError(f"seeds is {SEEDS}, folds {FOLDS}: give different seeds (or their number), and 0 or at least 2 folds")
TABLE1 = ["raw", "afda", "medga", "color", "cawe", "color_cawe"]
os.environ["JOBS_PER_GPU"] = str(config.get("jobs_per_gpu", 1))  # for tools/workflow/on_free_gpu.py
GPU = "python tools/workflow/on_free_gpu.py"


def source(role):
    """Folder of a data set as it was downloaded."""
    return Path(config["data_root"], config[role]["source"])


def prepared(role):
    """Folder of a data set in COCO form; one that comes in this form is used where it lies."""
    return DATA / role if "reader" in config[role] else source(role)


def images(variant, role="detection"):
    """Folder of the detectors' images."""
    return prepared(role) if variant == "raw" else DATA / f"{role}_{variant}"


def images_done(variant, role="detection"):
    """The file that says that these images are complete."""
    return annotations(role)[0] if variant == "raw" else WORK / f"enhanced/{role}_{variant}.done"


def annotations(role, variant="raw"):
    """The COCO files of a data set."""
    names = (TRAIN, TEST) if role == "detection" else config[role].get("annotations", ["train.json", "test.json"])
    return [images(variant, role) / name for name in names]


def enhancer(variant):
    """How a variant is made: its recipe, options for it, and the trainings of its networks if not the usual ones."""
    return config.get("enhancers", {}).get(variant, {"recipe": f"configs/enhance/{variant}.py"})


def networks(variant):
    """Weight files that a variant needs: role in the recipe to the training's name."""
    recipe = Config.fromfile(enhancer(variant)["recipe"], import_custom_modules=False).enhancer
    parts = {role: enhancer(variant).get(role, role) for role in ("classifier", "colorizer") if "config" in recipe.get(role, {})}
    for part in parts.values():
        if part not in config:
            raise WorkflowError(f"{variant} needs {part}: define it (config, data) in the workflow file, as tbx11k.yaml does")
        if FOLDS and config[config[part]["data"]].get("reader") == "box_labels":
            raise WorkflowError(f"{variant}: {part} is trained on the labels of images that the folds test; do without folds")
    return parts


def recipe_options(variant):
    """The --cfg-options that fill a recipe of configs/enhance with the trained networks."""
    keys = "enhancer.{0}.config={1} enhancer.{0}.checkpoint={2}"
    filled = [keys.format(role, list(phases(part))[-1], weights(part)) for role, part in networks(variant).items()]
    options = " ".join([*filled, enhancer(variant).get("options", "")]).strip()
    return options and f"--cfg-options {options}"


def phases(part):
    """The trainings of a network, one after another: config and folder of each."""
    configs = config[part]["config"]
    if isinstance(configs, str):
        return {configs: WORK / part}
    return {file: WORK / part / Path(file).stem for file in configs}


def weights(run):
    """The weight file of a finished training."""
    return WORK / f"{run}/weights.pth"


def runs(seed):
    """The trainings of one detector on one variant: one, or one a fold."""
    return [f"seed{seed}_fold{fold}" for fold in range(FOLDS)] if FOLDS else [f"seed{seed}"]


def predictions(detector, variant, seed, test="test"):
    """The results files of one detector on one variant."""
    return [WORK / f"{detector}/{variant}/{run}/{test}/predictions.bbox.json" for run in runs(seed)]


def run_annotations(variant, run):
    """Training and test file of a run: those of the data set, or of a fold."""
    if "fold" not in run:
        return TRAIN, TEST
    fold = (WORK / f"folds/{variant}" / run.split("_")[1]).absolute()
    return f"{fold}_train.json", f"{fold}_test.json"


def report_inputs(wildcards):
    """The results that the report compares: those of the first seed."""
    if FOLDS:
        raise WorkflowError("the report shows no folds: ask for the target table1")
    return [file for system in SYSTEMS for file in predictions(*system, SEEDS[0])]


def run_inputs(wildcards):
    """What has to be there before a detector trains."""
    folds = [WORK / f"folds/{wildcards.variant}/all.json"] if "fold" in wildcards.run else []
    return [images_done(wildcards.variant), *folds]


def check_sources():
    """One error that names every data set that is missing, where to get it and its shape."""
    problems = []
    for role in ROLES:
        try:
            files = [file.name for file in annotations(role)]
            if "reader" not in config[role] and not (source(role) / files[0]).is_file():
                shape = "\n".join(["  images/...", *(f"  {name}" for name in files)])
                shape += "\nTell its folder's parent by --config data_root=PATH"
                raise DatasetNotFound(f"{role} images (COCO)", source(role), f"no {files[0]}", config["about"], shape)
            if config[role].get("reader") in READERS and not source(role).is_dir():
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
    options = f"{settings.get('flags', '')} --cfg-options {options} {settings.get('options', '')}"
    content = Config.fromfile(settings["config"], import_custom_modules=False).pretty_text + options
    stamp = f"{folder}/{hashlib.sha256(content.encode()).hexdigest()[:12]}.started"
    return (
        f"for file in {' '.join(map(str, inputs))}; do if [ $file -nt {stamp} ]; then rm -rf {folder}; fi; done; "
        f"mkdir -p {folder}; touch {stamp}; "
        f"{GPU} python tools/train.py {settings['config']} --work-dir {folder} --resume {options}"
    )


def train_part(wildcards):
    """The command that trains a classifier or a colorizer; a later phase starts from the best epoch of the one before."""
    data = prepared(config[wildcards.part]["data"])
    sides, start, inputs, commands = data_options(data, "train.json", "test.json"), "", [data / "train.json"], []
    for file, folder in phases(wildcards.part).items():
        commands.append(train(config[wildcards.part] | {"config": file}, folder, sides + start, inputs))
        start, inputs = f" load_from='{folder}/best_*.pth'", [folder / "last_checkpoint"]
    return "; ".join(commands)


def train_detector(wildcards):
    """The command that trains a detector."""
    folder = WORK / wildcards.detector / wildcards.variant / wildcards.run
    options = data_options(images(wildcards.variant), *run_annotations(wildcards.variant, wildcards.run))
    seed = wildcards.run.split("_")[0].removeprefix("seed")
    return train(
        config["detectors"][wildcards.detector], folder, f"{options} randomness.seed={seed}", run_inputs(wildcards)
    )


def tested(rows, test="test"):
    """The results files of the rows (group, detector, variant) of a table, by group/variant; again for each seed."""
    return [
        (f"{group}/{variant}", predictions(detector, variant, seed, test))
        for group, detector, variant in rows
        for seed in SEEDS
    ]


def table_inputs(rows):
    """What a table is made of."""
    files = [file for _, results in tested(rows) for file in results]
    if "negatives" in config and not FOLDS:
        files += [file for _, results in tested(rows, "negatives/test") for file in results] + [NEGATIVES]
    return [GROUND_TRUTH, *files]


def table_command(rows, out):
    """The command that writes a table."""

    def named(results):
        return " ".join(f"{name}={'+'.join(map(str, files))}" for name, files in results)

    variants = dict.fromkeys(variant for _, _, variant in rows if variant != "raw")
    costs = " ".join(f"{variant}={images(variant)}/enhance_manifest.json" for variant in variants)
    options = f"--ann {GROUND_TRUTH} --pred {named(tested(rows))} --cost {costs}"
    if "negatives" in config and not FOLDS:
        options += f" --negatives {NEGATIVES} --negatives-pred {named(tested(rows, 'negatives/test'))}"
    if "published" in config:
        options += f" --published {config['published']}"
    return f"python tools/table1_report.py {options} --out {out}"


TABLE1_ROWS = [(d, d, variant) for d in config["detectors"] for variant in TABLE1]
ABLATION_ROWS = [
    (name, next(iter(config["detectors"])), variant)
    for name, variants in config.get("ablations", {}).items()
    for variant in variants
]
GROUND_TRUTH = WORK / "folds/raw/all.json" if FOLDS else images("raw") / TEST
NEGATIVES = WORK / "negatives/raw.json"
SYSTEMS = [(detector, variant) for detector in config["detectors"] for variant in config["variants"]]


if "phantom" not in config:
    check_sources()


wildcard_constraints:
    variant=r"[a-z0-9_]+",
    part="|".join(PARTS),
    detector="|".join(config["detectors"]),
    role="|".join(ROLES),
    run=r"seed\d+(_fold\d+)?",


rule report:
    input:
        ann=GROUND_TRUTH,
        predictions=report_inputs,
        pictures=WORK / "examples.png",
        recipe=WORK / "recipe.py",
    output:
        WORK / "report/index.html",
    log:
        WORK / "logs/report.log",
    message:
        "Report: FROC curves and Sens@N with intervals -> {output}"
    params:
        systems=" ".join(f"{d}/{v}={predictions(d, v, SEEDS[0])[0]}" for d, v in SYSTEMS),
        title=config["about"],
        images=images("raw"),
    shell:
        "python tools/froc_report.py --ann {input.ann} --images {params.images} --pred {params.systems} --figure {input.pictures}"
        " --title {params.title:q} --out {WORK}/report > {log} 2>&1"


rule table1:
    input:
        table_inputs(TABLE1_ROWS),
    output:
        WORK / "table1/index.html",
    log:
        WORK / "logs/table1.log",
    message:
        "Table 1: every enhancement against raw images -> {output}"
    params:
        command=table_command(TABLE1_ROWS, WORK / "table1"),
        title=config["about"],
    shell:
        "{params.command} --title {params.title:q} > {log} 2>&1"


rule ablations:
    input:
        table_inputs(ABLATION_ROWS),
    output:
        WORK / "ablations/index.html",
    log:
        WORK / "logs/ablations.log",
    message:
        "Ablations: one choice at a time -> {output}"
    params:
        command=table_command(ABLATION_ROWS, WORK / "ablations"),
        title=config["about"],
    shell:
        "{params.command} --title {params.title:q} > {log} 2>&1"


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
        "python tools/workflow/make_phantom.py {config[data_root]} {params.options} > {log} 2>&1"


rule prepare:
    input:
        rules.phantom.output if "phantom" in config else [],
    output:
        DATA / "{role}/train.json",
        DATA / "{role}/test.json",
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


rule folds:
    input:
        lambda wildcards: images_done(wildcards.variant),
    output:
        WORK / "folds/{variant}/all.json",
    log:
        WORK / "logs/folds_{variant}.log",
    message:
        "Folds: every image of {wildcards.variant} is tested once"
    params:
        files=lambda wildcards: [images(wildcards.variant) / name for name in (TRAIN, TEST)],
    shell:
        "python tools/workflow/split_folds.py {params.files} --folds {FOLDS} --out {WORK}/folds/{wildcards.variant} > {log} 2>&1"


rule train_part:
    input:
        lambda wildcards: prepared(config[wildcards.part]["data"]) / "train.json",
    output:
        WORK / "{part}/weights.pth",
    priority: 1  # the enhanced images wait for it
    log:
        WORK / "logs/train_{part}.log",
    message:
        "Train: the {wildcards.part} (its best epoch is kept)"
    params:
        command=train_part,
        best=lambda wildcards: f"{list(phases(wildcards.part).values())[-1]}/best_*.pth",
    resources:
        gpu=1,
    shell:
        "({params.command}; cp {params.best} {output}) > {log} 2>&1"


rule recipe:
    input:
        expand(WORK / "{part}/weights.pth", part=["classifier", "colorizer"]),
    output:
        WORK / "recipe.py",
    log:
        WORK / "logs/recipe.log",
    message:
        "Recipe: {output} with its weights, for anybody's images"
    params:
        options=recipe_options("color_cawe"),
    shell:
        "python tools/workflow/bundle_recipe.py configs/enhance/color_cawe.py {WORK} {params.options} > {log} 2>&1"


rule enhance:
    input:
        lambda wildcards: [weights(part) for part in networks(wildcards.variant).values()],
        lambda wildcards: annotations(wildcards.role),
    output:
        touch(WORK / "enhanced/{role}_{variant}.done"),
    log:
        WORK / "logs/enhance_{role}_{variant}.log",
    message:
        "Enhance: all {wildcards.role} images by {wildcards.variant}"
    params:
        recipe=lambda wildcards: enhancer(wildcards.variant)["recipe"],
        options=lambda wildcards: recipe_options(wildcards.variant),
        raw=lambda wildcards: images("raw", wildcards.role),
        to=lambda wildcards: images(wildcards.variant, wildcards.role),
        gpu=lambda wildcards: GPU if networks(wildcards.variant) else "",
    threads: max(1, workflow.cores // 2)
    resources:
        gpu=lambda wildcards: int(bool(networks(wildcards.variant))),
    shell:
        "{params.gpu} python tools/enhance_dataset.py {params.recipe} {params.raw} {params.to}"
        " --overwrite --strict --workers {threads} {params.options} > {log} 2>&1"


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
        "python tools/workflow/show_enhancement.py {input.recipe} {params.raw} --ann {TEST} --out {WORK}/examples > {log} 2>&1"


rule train_detector:
    input:
        run_inputs,
    output:
        WORK / "{detector}/{variant}/{run}/weights.pth",
    log:
        WORK / "logs/train_{detector}_{variant}_{run}.log",
    message:
        "Train: {wildcards.detector} on {wildcards.variant} images, {wildcards.run}"
    params:
        command=train_detector,
        folder=lambda wildcards: WORK / wildcards.detector / wildcards.variant / wildcards.run,
    resources:
        gpu=1,
    shell:
        "({params.command}; cp $(cat {params.folder}/last_checkpoint) {output}) > {log} 2>&1"


rule test_detector:
    input:
        WORK / "{detector}/{variant}/{run}/weights.pth",
        run_inputs,
    output:
        WORK / "{detector}/{variant}/{run}/test/predictions.bbox.json",
    log:
        WORK / "logs/test_{detector}_{variant}_{run}.log",
    message:
        "Test: {wildcards.detector} on {wildcards.variant} images, {wildcards.run}"
    params:
        config=lambda wildcards: config["detectors"][wildcards.detector]["config"],
        options=lambda wildcards: config["detectors"][wildcards.detector].get("options", ""),
        data=lambda wildcards: data_options(
            images(wildcards.variant), *run_annotations(wildcards.variant, wildcards.run)
        ),
        folder=lambda wildcards, output: Path(output[0]).parents[1],
    resources:
        gpu=1,
    shell:
        "{GPU} python tools/test.py {params.config} {input[0]} --work-dir {params.folder}"
        " --cfg-options {params.data} {params.options} > {log} 2>&1"


use rule test_detector as test_negatives with:
    input:
        WORK / "{detector}/{variant}/{run}/weights.pth",
        WORK / "negatives/{variant}.json",
    output:
        WORK / "{detector}/{variant}/{run}/negatives/test/predictions.bbox.json",
    log:
        WORK / "logs/negatives_{detector}_{variant}_{run}.log",
    message:
        "Test: {wildcards.detector} on images without lesions, {wildcards.variant}, {wildcards.run}"
    params:
        config=lambda wildcards: config["detectors"][wildcards.detector]["config"],
        options=lambda wildcards: (
            f"{config['detectors'][wildcards.detector].get('options', '')} test_evaluator.1.lesion_free=True"
        ),
        data=lambda wildcards, input: data_options(images(wildcards.variant, "negatives"), *[Path(input[1]).absolute()] * 2),
        folder=lambda wildcards, output: Path(output[0]).parents[1],


rule negatives:
    input:
        lambda wildcards: images_done(wildcards.variant, "negatives"),
        images("raw") / TEST,
    output:
        WORK / "negatives/{variant}.json",
    message:
        "Negatives: one list of {wildcards.variant} images without lesions, under the detectors' categories"
    run:
        coco = merge_coco([load_coco(file) for file in annotations("negatives", wildcards.variant)])
        write_json(output[0], coco | {"categories": load_coco(input[1])["categories"]})
