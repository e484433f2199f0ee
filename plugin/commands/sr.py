"""``signgate sr``: what a downstream hospital needs to read QC results, and nothing more."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import click
from pydantic import SecretStr
from pydicom.dataset import Dataset

from plugin.domain.errors import DeliveryFailed, InvalidInput
from plugin.pacs.classes import DOCUMENT_CLASSES
from plugin.pacs.dicomweb import DicomWeb, DicomWebNode
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.sr import html, render
from plugin.sr.read import SrDocument, dataset_bytes, read, read_file, read_folder

_PEER = re.compile(r"(?P<ae>[^@]{1,16})@(?P<host>\[[0-9a-fA-F:]+\]|[^:@]+):(?P<port>\d{1,5})")
_DOCUMENTS = {"SR", "KO", "PR", "DOC"}

format_option = click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
    help="text for people, json one document a line, html one page.",
)


@click.group()
def command() -> None:
    """Read and fetch QC structured reports."""
    # What pydicom finds odd in a foreign object belongs to the document's notes, not to stderr.
    warnings.filterwarnings("ignore", module="pydicom")


@command.command("read")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@format_option
def read_command(path: Path, shape: str) -> None:
    """Read a QC SR, ours or a neighbour's, or all of a folder.

    Exit status 1 when a named file is no DICOM object.
    """
    documents = read_folder(path) if path.is_dir() else iter([read_file(path)])
    shown = _show(documents, shape)
    if path.is_dir() and not shown:
        raise InvalidInput(str(path), "holds no DICOM file")
    if not path.is_dir() and not shown[0].sop_instance_uid and shown[0].root is None:
        raise SystemExit(1)


@command.command("fetch")
@click.option("--study", required=True, metavar="UID", help="Study Instance UID.")
@click.option(
    "--from", "source", required=True, metavar="AE@HOST:PORT|URL", help="DIMSE peer, or DICOMweb root."
)
@click.option("--as", "own", default="SIGNGATE", show_default=True, metavar="AE", help="Our AE title.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Keep what was fetched in this folder."
)
@click.option("--all", "everything", is_flag=True, help="Show every SR of the study, not only QC results.")
@format_option
def fetch_command(study: str, source: str, own: str, out: Path | None, everything: bool, shape: str) -> None:
    """Find and read the QC SRs and labels of a study.

    A DICOMweb password is read from SIGNGATE_DICOMWEB_USER and SIGNGATE_DICOMWEB_PASSWORD.
    Exit status 1 when the study has no QC result.
    """
    if not re.fullmatch(r"[0-9.]{1,64}", study):
        raise click.BadParameter("is not a UID: digits and dots, at most 64 characters", param_hint="--study")
    objects, names = fetch(study, source, own)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        for ds in objects:
            uid = str(ds.SOPInstanceUID)
            # The name comes from another system: only a sound UID becomes one.
            if re.fullmatch(r"[0-9.]{1,64}", uid) and uid.strip("."):
                (out / f"{uid}.dcm").write_bytes(dataset_bytes(ds))
    documents = [read(ds) for ds in objects]
    chosen = [d for d in documents if d.content or d.modality == "PR" or (everything and d.root)]
    _show(iter(chosen), shape)
    if names and shape == "text":
        click.echo(f"\n图像上的机构名称 Institution Name of the images: {'; '.join(names)}")
    elif names and shape == "json":
        click.echo(json.dumps({"institution_names": names}, ensure_ascii=False))
    if not chosen:
        raise DeliveryFailed(
            f"{source} has no QC result of study {study} ({len(documents)} other documents)", retry=False
        )


def fetch(study: str, source: str, own: str = "SIGNGATE") -> tuple[list[Dataset], list[str]]:
    """All documents (SR, KO, PR, DOC) of a study, by DIMSE or DICOMweb, and what its images name as institution.

    The label stands behind the institution's name (seed 000), as far as the archive answers that key.
    """
    if source.startswith(("http://", "https://")):
        if urlsplit(source).username:
            raise click.BadParameter("holds a password; use SIGNGATE_DICOMWEB_USER and _PASSWORD")
        node = DicomWebNode(
            url=source,
            user=os.environ.get("SIGNGATE_DICOMWEB_USER", ""),
            password=SecretStr(os.environ.get("SIGNGATE_DICOMWEB_PASSWORD", "")),
        )
        with DicomWeb(node) as web:
            return _documents(web, study)
    peer = _PEER.fullmatch(source)
    if not peer:
        raise click.BadParameter(f"{source!r} is neither AE@HOST:PORT nor a URL", param_hint="--from")
    dimse = PacsNode(
        ae_title=peer["ae"], host=peer["host"].strip("[]"), port=int(peer["port"]), own_ae_title=own
    )
    with Scu(dimse) as scu:
        return _documents(scu, study)


def _documents(peer: Scu | DicomWeb, study: str) -> tuple[list[Dataset], list[str]]:
    found: list[Dataset] = []
    names: set[str] = set()
    for series in peer.find_series(study, "InstitutionName"):
        uid = str(series.SeriesInstanceUID)
        if series.get("Modality") not in _DOCUMENTS:
            names.add(str(series.get("InstitutionName") or "").strip())
        elif isinstance(peer, Scu):
            found += peer.get(study, uid, sop_classes=DOCUMENT_CLASSES)
        else:
            found += peer.get(study, uid)
    return found, sorted(names - {""})


def _show(documents: Iterable[SrDocument], shape: str) -> list[SrDocument]:
    """Print documents as they come; a page is one for all of them."""
    shown: list[SrDocument] = []
    for document in documents:
        if shape == "json":
            click.echo(json.dumps(render.as_json(document), ensure_ascii=False))
        elif shape == "text":
            click.echo(("\n" if shown else "") + render.as_text(document))
        shown.append(document)
    if shape == "html" and shown:
        click.echo(html.page(*shown), nl=False)
    return shown
