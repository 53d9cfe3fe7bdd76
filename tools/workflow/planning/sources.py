"""Whether the data sets of a workflow are where it looks for them."""

from data.errors import MissingFileError
from data.readers.catalog import READERS
from data.readers.parts.errors import DatasetNotFound
from tools.workflow.planning.plan import Plan


def check_sources(plan: Plan) -> None:
    """Look for all data sets, before hours of work; nothing is opened. A phantom is not there yet.

    Raises:
        MissingFileError: one text that names each data set that is missing, where to get it and its shape.
    """
    problems = []
    for role in [] if plan.file.phantom else plan.file.sets:
        try:
            check_source(plan, role)
        except DatasetNotFound as error:
            problems.append(str(error))
    if problems:
        raise MissingFileError("\n\n".join(problems))


def check_source(plan: Plan, role: str) -> None:
    """Look for one data set: its folder where a reader knows the rest, else its first COCO file.

    Raises:
        DatasetNotFound: it is not there.
    """
    source = plan.source(role)
    reader = plan.file.sets[role].get("reader")
    if reader:
        if not source.is_dir():
            READERS[reader].check_source(source)
        return
    names = [file.name for file in plan.annotations(role)]
    if not (source / names[0]).is_file():
        shape = "\n".join(["  images/...", *(f"  {name}" for name in names)])
        shape += "\nTell its folder's parent by --config data_root=PATH"
        raise DatasetNotFound(f"{role} images (COCO)", source, f"no {names[0]}", plan.file.about, shape)
