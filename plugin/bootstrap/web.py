"""Joins the web: what stands behind the hooks, the popup, the console and the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry

from plugin.bootstrap.checking import Checker
from plugin.bootstrap.journeys import Journeys
from plugin.console.desk import ConsoleDesk
from plugin.console.setup_key import SetupKey
from plugin.console.streams import Streams
from plugin.domain.analysis import AnalyserState
from plugin.domain.fault import Fault
from plugin.hl7.tree import tree
from plugin.hooks.alerts import AlertHooks
from plugin.hooks.api import ApiDesk
from plugin.hooks.calls import SignedCalls
from plugin.hooks.cds import CdsDesk
from plugin.hooks.feedback import FeedbackDesk
from plugin.hooks.recognition import ORDER_SIGN, OrderDesk
from plugin.hooks.service import ServiceDesk
from plugin.hooks.views import HookDesk
from plugin.kit.messages import Catalogue
from plugin.kit.signature import decode_secret
from plugin.qc_popup.desk import PopupDesk
from plugin.qc_popup.pictures import KeyImages
from plugin.store.jobs import SqlJobStore
from plugin.store.reading import SqlReading
from plugin.store.store import SqlStore
from plugin.web.app import Desks
from plugin.web.settings import WebSettings, origin_of
from plugin.workflow.accounts import Accounts
from plugin.workflow.issue_documents import IssueDocuments
from plugin.workflow.measure_data import WatchData
from plugin.workflow.ports.document_reading import DocumentReading
from plugin.workflow.ports.message_replay import MessageReplay
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.sign_in import SignIn


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveViews:
    """What people may see of the archive and do there; ``None`` leaves a page out.

    Parameters
    ----------
    documents
        Reads documents out of archives.
    sr_page
        Sheet ID to a readable HTML page of its SR document, ``None`` when there is none.
    issue
        Has images rejected and shown again.
    label_image
        Accession number to a PNG of one image with its label, ``None`` when there is none.
    key_image
        Accession number and a number from 0 to a key image, ``None`` when there is none.
    """

    documents: DocumentReading | None = None
    sr_page: Callable[[str], str | None] | None = None
    issue: IssueDocuments | None = None
    label_image: Callable[[str], bytes | None] | None = None
    key_image: KeyImages | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How we know that all is well.

    Parameters
    ----------
    probes
        Name to a function that returns ``None`` when all is well, else what is wrong (/readyz).
    faults
        What is wrong now with the chain of critical values.
    running
        What else is wrong: a sender that is silent, dead letters, the audit repository.
    more_metrics
        Text in Prometheus' format, put together when it is asked for.
    analysers
        How the outside analysers do.
    """

    probes: Mapping[str, Callable[[], str | None]] = field(default_factory=dict)
    faults: Callable[[], Sequence[str]] = tuple
    running: Callable[[], Sequence[str | Fault]] = tuple
    more_metrics: Callable[[], str] | None = None
    analysers: Callable[[], Sequence[AnalyserState]] = tuple


def build_desks(
    settings: WebSettings,
    base_url: str,
    *,
    store: SqlStore,
    jobs: SqlJobStore,
    journeys: Journeys,
    accounts: Accounts,
    sign_in: SignIn,
    setup_key: SetupKey,
    catalogue: Catalogue,
    around: Surroundings,
    watch: Watch,
    views: ArchiveViews,
    language: str = "zh_CN",
    issuers: Mapping[str, str] | None = None,
    on_top: Callable[[str], str] | None = None,
    replay: MessageReplay | None = None,
) -> Desks:
    """Join each desk.

    Parameters
    ----------
    base_url
        `settings.base_url`, or the address that was bound when that is empty.
    language
        In which hooks answer what is meant for people.
    issuers
        FHIR Identifier.system to the assigning authority of HL7.
    on_top
        Staff ID to the accession number that is open on the person's desktop (FHIRcast).
    replay
        Reads archived messages anew and sends them through their journeys again.
    """
    clock, zone = around.clock, around.zone
    reading = SqlReading(store, jobs)
    calls = SignedCalls(
        callers={name: tuple(map(decode_secret, secrets)) for name, secrets in settings.callers.items()},
        store=store,
        clock=clock,
    )
    by_hand = journeys.alerting.by_hand
    return Desks(
        signing=HookDesk(
            calls=calls, decide_sign=journeys.decide_sign, modes=journeys.modes, base_url=base_url
        ),
        alerts=AlertHooks(
            calls=calls,
            alerts=journeys.alerts,
            by_hand=by_hand,
            standing=reading.standing_alerts,
            watch=watch.faults,
            say=catalogue.speak(language),
            zone=zone,
        ),
        cards=CdsDesk(
            calls=calls,
            decide_sign=journeys.decide_sign,
            base_url=base_url,
            clock=clock,
            more_services=(ORDER_SIGN,),
        ),
        orders=OrderDesk(
            calls=calls,
            priors=journeys.priors,
            answers=journeys.prior_answers,
            zone=zone,
            issuers=issuers or {},
        ),
        feedback=FeedbackDesk(calls=calls, judge=journeys.judge),
        popup=PopupDesk(
            store=store,
            submit_score=journeys.submit_score,
            catalogue=catalogue,
            clock=clock,
            origins=(*settings.frame_origins, origin_of(base_url)),
            put_off=journeys.put_off,
            judge=journeys.judge,
            key_image=views.key_image,
            raise_by_hand=journeys.alerting.by_hand,
        ),
        api=ApiDesk(
            store=store,
            reading=reading,
            tokens=settings.api_tokens,
            check=Checker(journeys, store),
            judge=journeys.judge,
            clock=clock,
            zone=zone,
        ),
        service=ServiceDesk(
            probes=watch.probes,
            metrics=CollectorRegistry(),
            jobs=jobs,
            tokens=settings.api_tokens,
            open_pages=settings.loopback and not settings.trusted_proxies,
            more_metrics=watch.more_metrics,
        ),
        console=ConsoleDesk(
            store=store,
            jobs=jobs,
            reading=reading,
            held=journeys.decide_sign.held,
            alerts=journeys.alerts,
            by_hand=by_hand,
            roster=journeys.alerting.pen,
            streams=Streams(max(1, settings.threads // 4)),
            watch=watch.faults,
            running_faults=watch.running,
            modes=journeys.modes,
            accounts=accounts,
            sign_in=sign_in,
            setup_key=setup_key,
            catalogue=catalogue,
            around=around,
            secure_cookie=base_url.startswith("https:"),
            origin=origin_of(base_url),
            replay=replay,
            message_tree=tree,
            sr_page=views.sr_page,
            documents=views.documents,
            issue=views.issue,
            label_image=views.label_image,
            priors=journeys.priors,
            prior_answers=journeys.prior_answers,
            recognition=journeys.recognition,
            data=journeys.data,
            names=journeys.names,
            prune=journeys.prune,
            data_faults=WatchData(measure=journeys.data, read=store.read).faults,
            judge=journeys.judge,
            analysers=watch.analysers,
            forms=journeys.forms,
            on_top=on_top,
        ),
    )
