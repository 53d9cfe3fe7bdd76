"""The stand-in for mmcv's extension: found where there is no other, and loaded only when it is imported."""

import subprocess
import sys
import textwrap

import detect.mmcv_extension


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_compiled_extension_is_left_alone(tmp_path) -> None:
    (tmp_path / "_ext.py").write_text("def __getattr__(name):\n    return 'compiled ' + name\n")
    printed = run_python(
        f"""
        import mmcv
        mmcv.__path__.append({str(tmp_path)!r})
        import detect.mmcv_extension
        import mmcv._ext
        print(mmcv._ext.nms)
        """
    )
    assert printed == "compiled nms"


def test_registering_is_enough_for_mmdets_models() -> None:
    printed = run_python(
        """
        import detect.register
        from mmdet.models import FasterRCNN
        from mmcv.ops import RoIAlign
        import mmcv._ext
        print(type(mmcv._ext).__name__, FasterRCNN.__name__, RoIAlign.__name__)
        """
    )
    assert printed.splitlines()[-1] == "TorchvisionExtension FasterRCNN RoIAlign"


def test_neither_the_finder_nor_the_reports_load_torch_or_mmcv() -> None:
    printed = run_python(
        """
        import sys, detect.mmcv_extension, detect.froc_report.files, detect.froc.system, detect.froc.evaluation
        print({"torch", "mmcv"} & set(sys.modules))
        """
    )
    assert printed == "set()"


def test_installing_again_adds_nothing() -> None:
    before = list(sys.meta_path)
    detect.mmcv_extension.install()
    assert sys.meta_path == before
