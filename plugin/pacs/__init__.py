"""Carries DICOM objects to and from a PACS."""
