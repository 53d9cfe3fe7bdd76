"""One import registers all that a training may name."""

from mmengine.fileio import get_file_backend
from mmengine.registry import DATA_SAMPLERS, HOOKS, OPTIM_WRAPPERS

from tests.paths import ROOT
from training import register


def test_every_module_that_registers_something_is_imported() -> None:
    files = (ROOT / "training").glob("*.py")
    registering = {file.stem for file in files if "register_" in file.read_text()}
    assert set(register.__all__) == registering | {"safe_loading"}  # which takes the place of mmengine's loading


def test_what_configs_name_is_found() -> None:
    for hook in ("EpochSeedHook", "EpochAccumulationHook", "ResumedValidationHook", "ResumableEarlyStoppingHook"):
        assert HOOKS.get(hook).__module__ == "training.resume"
    assert DATA_SAMPLERS.get("PartialSampler").__module__ == "training.partial_sampler"
    assert OPTIM_WRAPPERS.get("CPUAutocastOptimWrapper").__module__ == "training.mixed_precision"
    assert type(get_file_backend(backend_args=dict(backend="AtomicBackend"))).__module__ == "training.checkpoints"
