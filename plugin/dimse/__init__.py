"""The DICOM door: what others may ask of us over DIMSE."""
