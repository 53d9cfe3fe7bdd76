"""Enhanced DICOM objects say of a frame in nested groups what others say of the image (PS3.3 C.7.6.16)."""

from pydicom.dataset import Dataset

GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


def lift(dataset: Dataset, *macros: str) -> None:
    """Copy what the groups of the first frame say to the top of a data set, where that of one image stands.

    Args:
        macros: keywords of the sequences to copy from, such as "FrameVOILUTSequence".
    """
    for name in GROUPS:
        for group in (dataset.get(name) or [])[:1]:
            for macro in macros:
                for item in (group.get(macro) or [])[:1]:
                    dataset.update({element.tag: element for element in item if not element.is_empty})
