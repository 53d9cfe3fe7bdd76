# From raw data to a FROC report and to Table 1 of the paper, in stages that resume:
#
#   snakemake --cores 2 --configfile configs/workflow/demo.yaml
#   snakemake --cores 2 --configfile configs/workflow/tbx11k.yaml --config data_root=PATH
#   snakemake ... table1         twelve rows, seeds or folds; docs/table1.md
#   snakemake --configfile configs/workflow/NAME.yaml configs/workflow/ablations.yaml ... ablations
#   snakemake ... learning_curve fewer training images, raw and enhanced; docs/learning_curve.md
#   snakemake -n ...             show the plan
#
# prepare -> train classifier and colorizer -> enhance -> train detectors -> test -> report.
# Raw and enhanced runs differ by the folder of the images only. Outputs lie in datasets/<name>/ and work_dirs/<name>/.

# What lies where and what needs what is planned in tools/workflow/planning; here are the stages.

import os
from pathlib import Path

from snakemake.exceptions import WorkflowError

from data.errors import UserError
from tools.workflow.planning import learning_curve_plan, table_plan
from tools.workflow.planning.plan import GPU, Plan
from tools.workflow.planning.sources import check_sources
from tools.workflow.planning.training_plan import data_options, detector_settings, detector_stage, network_stages
from tools.workflow.planning.workflow_file import read_workflow

try:
    FILE = read_workflow(config)
    PLAN = Plan(FILE)
    SHOWN = PLAN.shown
    SHOWN_OPTIONS = PLAN.recipe_options(SHOWN) if SHOWN else ""
    check_sources(PLAN)
except UserError as error:
    raise WorkflowError(str(error)) from None

DATA, WORK = PLAN.data, PLAN.work
TEST = PLAN.sides()[1]
TABLE1, ABLATIONS = table_plan.table1(PLAN), table_plan.ablations(PLAN)
os.environ["JOBS_PER_GPU"] = str(FILE.jobs_per_gpu)  # for tools/workflow/on_free_gpu.py


wildcard_constraints:
    variant=r"[a-z0-9_]+",
    part="|".join(FILE.networks) or "NONE",
    detector="|".join(FILE.detectors),
    role="|".join(FILE.sets),
    run=r"seed\d+(_fold\d+|_n\d+)?",
    seed=r"\d+",
    size=r"\d+",


rule report:
    input:
        lambda w: PLAN.reported,
        ann=PLAN.ground_truth,
        leaks=PLAN.leaks,
        shown=[WORK / "examples.png", WORK / "recipe.py"] if SHOWN else [],
    output:
        WORK / "report/index.html",
    log:
        WORK / "logs/report.log",
    message:
        "Report: FROC curves and Sens@N with intervals -> {output}"
    params:
        systems=PLAN.systems,
        figure=f"--figure {WORK}/examples.png" if SHOWN else "",
        title=FILE.about,
        images=PLAN.images("raw"),
    shell:
        "python tools/froc_report.py --ann {input.ann} --images {params.images} --pred {params.systems} {params.figure}"
        " --leaks {input.leaks} --title {params.title:q} --out {WORK}/report > {log} 2>&1"


rule leaks:
    input:
        lambda w: [file for files in PLAN.learned_from(FILE.variants).values() for file in files],
        test=PLAN.tested,
    output:
        PLAN.leaks,
    log:
        WORK / "logs/leaks.log",
    message:
        "Leaks: is anybody, or any image, both trained on and tested?"
    params:
        trained=lambda w: [word for option, files in PLAN.learned_from(FILE.variants).items() for word in (option, *files)],
    threads: max(1, workflow.cores // 2)
    shell:
        "python tools/workflow/check_leaks.py {input.test} {params.trained} --out {output} --workers {threads}"
        " > {log} 2>&1"


rule table1:
    input:
        TABLE1.inputs,
        leaks=PLAN.leaks,
    output:
        WORK / "table1/index.html",
    log:
        WORK / "logs/table1.log",
    message:
        "Table 1: every enhancement against raw images -> {output}"
    params:
        command=TABLE1.command,
        title=FILE.about,
    shell:
        "{params.command} --leaks {input.leaks} --title {params.title:q} > {log} 2>&1"


use rule table1 as ablations with:
    input:
        lambda w: ABLATIONS.inputs,
        leaks=PLAN.leaks,
    output:
        WORK / "ablations/index.html",
    log:
        WORK / "logs/ablations.log",
    message:
        "Ablations: one choice at a time -> {output}"
    params:
        command=ABLATIONS.command,
        title=FILE.about,


rule learning_curve:
    input:
        lambda w: learning_curve_plan.inputs(PLAN),
        leaks=PLAN.leaks,
    output:
        WORK / "learning_curve/index.html",
    log:
        WORK / "logs/learning_curve.log",
    message:
        "Learning curve: how many training images enhancement is worth -> {output}"
    params:
        command=lambda w: learning_curve_plan.command(PLAN),
        title=FILE.about,
    shell:
        "{params.command} --leaks {input.leaks} --title {params.title:q} > {log} 2>&1"


if FILE.phantom:

    rule phantom:
        output:
            rsna=FILE.data_root / "rsna/stage_2_train_labels.csv",
            chexpert=FILE.data_root / "chexpert/train.csv",
            color=directory(FILE.data_root / "color"),
        log:
            WORK / "logs/phantom.log",
        message:
            "Phantom: draw synthetic radiographs with lesions, and color pictures"
        params:
            folder=FILE.data_root,
            options=FILE.phantom,
        shell:
            "python tools/workflow/make_phantom.py {params.folder} {params.options} > {log} 2>&1"


rule prepare:
    input:
        rules.phantom.output if FILE.phantom else [],
    output:
        DATA / "{role}/train.json",
        DATA / "{role}/test.json",
    log:
        WORK / "logs/prepare_{role}.log",
    message:
        "Prepare: {wildcards.role} images as COCO"
    params:
        source=lambda w: PLAN.source(w.role),
        reader=lambda w: FILE.sets[w.role]["reader"],
        options=lambda w: FILE.sets[w.role].get("options", ""),
    shell:
        "python tools/prepare_dataset.py {params.reader} {params.source} {DATA}/{wildcards.role} {params.options}"
        " --workers {threads} > {log} 2>&1"


rule folds:
    input:
        lambda w: PLAN.images_done(w.variant),
    output:
        WORK / "folds/{variant}/all.json",
    log:
        WORK / "logs/folds_{variant}.log",
    message:
        "Folds: every image of {wildcards.variant} is tested once"
    params:
        files=lambda w: PLAN.annotations("detection", w.variant),
        folds=FILE.folds,
    shell:
        "python tools/workflow/split_folds.py {params.files} --folds {params.folds} --out {WORK}/folds/{wildcards.variant}"
        " > {log} 2>&1"


rule subset:
    input:
        lambda w: PLAN.images_done(w.variant),
    output:
        WORK / "subsets/{variant}/seed{seed}_n{size}.json",
    log:
        WORK / "logs/subset_{variant}_seed{seed}_n{size}.log",
    message:
        "Subset: {wildcards.size} training images of {wildcards.variant}, seed {wildcards.seed}"
    params:
        train=lambda w: PLAN.images(w.variant) / PLAN.sides()[0],
    shell:
        "python tools/workflow/take_subset.py {params.train} --size {wildcards.size} --seed {wildcards.seed} --out {output}"
        " > {log} 2>&1"


rule train_part:
    input:
        lambda w: network_stages(PLAN, w.part)[0].inputs,
    output:
        WORK / "{part}/weights.pth",
    priority: 1  # the enhanced images wait for it
    log:
        WORK / "logs/train_{part}.log",
    message:
        "Train: the {wildcards.part} (its best epoch is kept)"
    params:
        commands=lambda w: "; ".join(stage.command for stage in network_stages(PLAN, w.part)),
        stamps=lambda w: [stage.stamp for stage in network_stages(PLAN, w.part)],
        folder=lambda w: network_stages(PLAN, w.part)[-1].folder,
    resources:
        gpu=1,
    shell:
        "({params.commands}; best=$(echo {params.folder}/best_*.pth); ln -f $best {output} || cp $best {output};"
        " find {WORK}/{wildcards.part} -name 'epoch_*.pth' -delete) > {log} 2>&1"


rule enhance:
    input:
        lambda w: [PLAN.weights(part) for part in PLAN.networks(w.variant).values()],
        lambda w: PLAN.annotations(w.role),
    output:
        touch(WORK / "enhanced/{role}_{variant}.done"),
    log:
        WORK / "logs/enhance_{role}_{variant}.log",
    message:
        "Enhance: all {wildcards.role} images by {wildcards.variant}"
    params:
        recipe=lambda w: PLAN.enhancer(w.variant)["recipe"],
        options=lambda w: PLAN.recipe_options(w.variant),
        raw=lambda w: PLAN.images("raw", w.role),
        ann=lambda w: PLAN.annotation_names(w.role),
        to=lambda w: PLAN.images(w.variant, w.role),
        gpu=lambda w: GPU if PLAN.uses_networks(w.variant) else "",
    threads: max(1, workflow.cores // 2)
    resources:
        gpu=lambda w: int(PLAN.uses_networks(w.variant)),
    shell:
        "{params.gpu} python tools/enhance_dataset.py {params.recipe} {params.raw} {params.to}"
        " --ann {params.ann} --overwrite --strict --workers {threads} {params.options} > {log} 2>&1"


if SHOWN:

    rule recipe:
        input:
            [PLAN.weights(part) for part in PLAN.networks(SHOWN).values()],
        output:
            WORK / "recipe.py",
        log:
            WORK / "logs/recipe.log",
        message:
            "Recipe: {output} with its weights, for anybody's images"
        params:
            recipe=PLAN.enhancer(SHOWN)["recipe"],
            options=SHOWN_OPTIONS,
        shell:
            "python tools/workflow/bundle_recipe.py {params.recipe} {WORK} {params.options} > {log} 2>&1"

    rule examples:
        input:
            recipe=WORK / "recipe.py",
            ann=PLAN.images("raw") / TEST,
        output:
            WORK / "examples.png",
        log:
            WORK / "logs/examples.log",
        message:
            "Examples: gray, attention, colorized and enhanced images; energy of the maps in the boxes"
        params:
            raw=PLAN.images("raw"),
            gpu=GPU if PLAN.uses_networks(SHOWN) else "",
        resources:
            gpu=int(PLAN.uses_networks(SHOWN)),
        shell:
            "{params.gpu} python tools/workflow/show_enhancement.py {input.recipe} {params.raw} --ann {TEST}"
            " --out {WORK}/examples > {log} 2>&1"


rule train_detector:
    input:
        lambda w: PLAN.run_inputs(w.variant, w.run),
    output:
        WORK / "{detector}/{variant}/{run}/weights.pth",
    log:
        WORK / "logs/train_{detector}_{variant}_{run}.log",
    message:
        "Train: {wildcards.detector} on {wildcards.variant} images, {wildcards.run}"
    params:
        command=lambda w: detector_stage(PLAN, **w).command,
        stamp=lambda w: detector_stage(PLAN, **w).stamp,
        folder=lambda w: detector_stage(PLAN, **w).folder,
    resources:
        gpu=1,
    shell:
        "({params.command}; last=$(cat {params.folder}/last_checkpoint); ln -f $last {output} || cp $last {output})"
        " > {log} 2>&1"


rule test_detector:
    input:
        WORK / "{detector}/{variant}/{run}/weights.pth",
        lambda w: PLAN.run_inputs(w.variant, w.run),
    output:
        WORK / "{detector}/{variant}/{run}/test/predictions.bbox.json",
    log:
        WORK / "logs/test_{detector}_{variant}_{run}.log",
    message:
        "Test: {wildcards.detector} on {wildcards.variant} images, {wildcards.run}"
    params:
        config=lambda w: FILE.detectors[w.detector]["config"],
        options=lambda w: detector_settings(PLAN, w.detector, w.run).get("options", ""),
        data=lambda w: data_options(PLAN.images(w.variant), *PLAN.run_annotations(w.variant, w.run)),
        folder=lambda w, output: Path(output[0]).parents[1],
        flags="",
    resources:
        gpu=1,
    shell:
        "{GPU} python tools/test.py {params.config} {input[0]} --work-dir {params.folder} {params.flags}"
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
        config=lambda w: FILE.detectors[w.detector]["config"],
        options=lambda w: FILE.detectors[w.detector].get("options", ""),
        data=lambda w: data_options(PLAN.images(w.variant, "negatives"), *[PLAN.negatives(w.variant).absolute()] * 2),
        folder=lambda w, output: Path(output[0]).parents[1],
        flags="--lesion-free",


rule negatives:
    input:
        lambda w: PLAN.images_done(w.variant, "negatives"),
        categories=PLAN.images("raw") / TEST,
    output:
        WORK / "negatives/{variant}.json",
    log:
        WORK / "logs/negatives_{variant}.log",
    message:
        "Negatives: one list of {wildcards.variant} images without lesions, under the detectors' categories"
    params:
        files=lambda w: PLAN.annotations("negatives", w.variant),
    shell:
        "python tools/workflow/list_negatives.py {params.files} --categories {input.categories} --out {output} > {log} 2>&1"
