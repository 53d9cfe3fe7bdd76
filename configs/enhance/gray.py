"""No enhancement: the gray image as RGB PNG. Turns DICOM, TIFF and 16-bit files into what a detector reads."""

enhancer = dict(type="Enhancer")
