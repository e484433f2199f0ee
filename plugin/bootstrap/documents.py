"""Joins what goes to archives and comes from them: documents, selections, labels, what they know."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from plugin import __version__
from plugin.delivery.carriers import Carrier, Carriers
from plugin.delivery.confirm_commitment import ConfirmCommitment
from plugin.delivery.send_kos import SendKos
from plugin.delivery.send_sr import Letterhead, SendDocument, write_pdf, write_sr
from plugin.delivery.view_documents import ViewDocuments
from plugin.delivery.worker import Handler
from plugin.domain.delivery import JobKind
from plugin.domain.errors import ConfigError
from plugin.domain.scoring import ScoringForm
from plugin.pacs.dicomweb import DicomWeb
from plugin.pacs.scu import Scu
from plugin.rules.scoring import Forms
from plugin.site.private_files import write_private
from plugin.site.settings import Site
from plugin.sr.codes import shipped_codes
from plugin.sr.content import DeviceInfo
from plugin.sr.kos import PROBLEMS
from plugin.store.store import SqlStore
from plugin.workflow.issue_documents import IssueDocuments
from plugin.workflow.ports.surroundings import Surroundings

PSEUDONYM_FILE = Path("secrets") / "pseudonym"


def build_documents(site: Site, forms: Forms, around: Surroundings) -> IssueDocuments:
    """The journey that asks for documents; selections only go where names may stand."""
    nodes = {**site.dicomweb, **site.pacs}
    told_all = site.pacs[site.archive].disclosure == "full"
    return IssueDocuments(
        forms=forms,
        around=around,
        destinations=site.sr_destinations,
        twins=frozenset(name for name in site.sr_destinations if nodes[name].pdf_twin),
        selections=site.archive if told_all and (site.images.quality_issue or site.images.rejection) else "",
        quality_issue=site.images.quality_issue,
        rejection=site.images.rejection,
    )


def build_carriers(site: Site, pacs: Mapping[str, Scu]) -> Carriers:
    """All nodes of the site; those reached by DICOMweb connect at their first use."""
    nodes: dict[str, Carrier] = {name: DicomWeb(node) for name, node in site.dicomweb.items()}
    return Carriers({**nodes, **pacs})


def build_viewer(site: Site, store: SqlStore, carriers: Carriers, forms: Forms) -> ViewDocuments:
    """What /console/sr asks; the archive stands first."""
    names = (site.archive, *(name for name in carriers.nodes if name != site.archive))
    wordings = {line.id: line.text for form in forms for line in (*form.fatal, *form.conditions)}
    return ViewDocuments(read=store.read, carriers=carriers, sources=names, wordings=wordings)


def build_document_handlers(
    site: Site,
    store: SqlStore,
    carriers: Carriers,
    form: Callable[[str], ScoringForm],
    pseudonym_key: bytes,
    around: Surroundings,
) -> dict[JobKind, Handler]:
    """Who carries documents out."""
    letterhead = Letterhead(
        device=DeviceInfo(software_version=__version__),
        institution_name=site.hospital.name,
        zone=site.zone,
        pseudonym_key=pseudonym_key,
    )
    documents = {
        kind: SendDocument(
            read=store.read,
            carriers=carriers,
            archive=site.archive,
            form=form,
            letterhead=letterhead,
            clock=around.clock,
            mint_uid=around.mint.uid,
            write=write,
        )
        for kind, write in ((JobKind.SEND_SR, write_sr), (JobKind.SEND_PDF, write_pdf))
    }
    return {
        **documents,
        JobKind.SEND_KOS: SendKos(
            read=store.read,
            carriers=carriers,
            archive=site.archive,
            letterhead=letterhead,
            clock=around.clock,
            mint_uid=around.mint.uid,
            rejection=site.images.rejection,
            problems=quality_problems(),
        ),
        JobKind.CONFIRM_COMMITMENT: ConfirmCommitment(
            read=store.read, carriers=carriers, clock=around.clock, mint_uid=around.mint.uid
        ),
    }


def quality_problems() -> dict[str, str]:
    """Criterion ID to the selection's word for it, where the code table names a quality finding."""
    words = {code.value: word for word, code in PROBLEMS.items()}
    findings = shipped_codes().file.quality_findings
    return {criterion: words[row[0]] for criterion, row in findings.items() if row[0] in words}


def pseudonym_key(data_dir: Path) -> bytes:
    """The key of pseudonyms, made at random at its first use; whoever has it can tell whose they are.

    Raises
    ------
    ConfigError
        When the file holds no such key: a shorter one would let pseudonyms be guessed.
    """
    file = data_dir / PSEUDONYM_FILE
    if not file.exists():
        write_private(file, secrets.token_hex(32) + "\n")
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise ConfigError(str(file), "", f"cannot be used as the key of pseudonyms: {error}") from error
    if len(key) < 16:
        raise ConfigError(str(file), "", "the key of pseudonyms has at least 32 hexadecimal digits")
    return key
