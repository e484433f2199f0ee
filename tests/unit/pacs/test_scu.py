"""The client against peers that misbehave in every way that R28 and R30 name."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from threading import Event, Thread

import pydicom
import pytest
from patience import PATIENCE_S, until
from ports import free_port
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from sr_samples import content
from tls_files import Authority

from plugin.domain.errors import ConfigError, DeliveryFailed, InvalidInput
from plugin.kit.settings import validate
from plugin.pacs.association import Associations
from plugin.pacs.node import PacsNode, TlsOptions, tls_context
from plugin.pacs.scu import Scu
from plugin.sr.header import ENHANCED_SR
from plugin.sr.qc_sr import build

MR = "1.2.840.10008.5.1.4.1.1.4"


@contextmanager
def peer(on_store=lambda event: 0x0000, contexts=((ENHANCED_SR, None),), tls=None, **settings):
    """A pynetdicom SCP; yields its port and the associations it has seen."""
    ae = AE(ae_title="PACS")
    for name, value in settings.items():
        setattr(ae, name, value)
    ae.add_supported_context("1.2.840.10008.1.1")
    for uid, syntaxes in contexts:
        ae.add_supported_context(uid, syntaxes or [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    opened = []
    handlers = [
        (evt.EVT_C_STORE, on_store),
        (evt.EVT_C_ECHO, lambda event: 0x0000),
        (evt.EVT_ESTABLISHED, lambda event: opened.append(event.assoc)),
    ]
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers, ssl_context=tls)
    try:
        yield server.server_address[1], opened
    finally:
        server.shutdown()
        ae.shutdown()


def node(port: int, **changes) -> PacsNode:
    return PacsNode(
        port=port, **{"association_timeout_s": PATIENCE_S, "answer_timeout_s": PATIENCE_S, **changes}
    )


def failure(port: int, **changes) -> DeliveryFailed:
    with Scu(node(port, **changes)) as scu, pytest.raises(DeliveryFailed) as failed:
        scu.store([build(content())])
    return failed.value


def test_one_association_carries_many_objects():
    with peer() as (port, opened), Scu(node(port)) as scu:
        for _ in range(5):
            scu.echo()
            scu.store([build(content())])
        # The first echo opened one, the first store a wider one; after that it is kept.
        assert len(opened) == 2


def test_a_kept_association_that_was_idle_for_long_is_opened_anew():
    now = [0.0]
    with peer() as (port, opened), Scu(node(port, idle_s=5), monotonic=lambda: now[0]) as scu:
        scu.echo()
        now[0] = 4.0
        scu.echo()
        assert len(opened) == 1
        now[0] = 10.0
        scu.echo()
        assert len(opened) == 2


def test_a_kept_association_that_the_peer_dropped_is_replaced_at_once():
    with peer() as (port, opened), Scu(node(port)) as scu:
        scu.store([build(content())])
        opened[0].abort()
        kept = scu._associations._kept
        until(lambda: kept is not None and not kept.is_established)
        assert scu.store([build(content())])[0].warning == ""


def test_a_peer_that_is_down_is_tried_again():
    failed = failure(free_port())
    assert failed.retry is True
    assert "cannot be reached" in failed.text


def test_a_peer_that_never_answers_the_association_is_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        failed = failure(silent.getsockname()[1], association_timeout_s=1)
        assert failed.retry is True


def test_a_peer_that_aborts_in_the_middle_of_a_data_set_is_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as front, peer() as (port, _):
        Thread(target=_cut_after, args=(front, port, 5000), daemon=True).start()
        failed = failure(front.getsockname()[1])
        assert failed.retry is True


def _cut_after(front: socket.socket, port: int, limit: int) -> None:
    """Pass bytes on to the real peer, and break off after `limit`."""
    client, _ = front.accept()
    with client, socket.create_connection(("127.0.0.1", port)) as real:
        back = Thread(target=_copy, args=(real, client), daemon=True)
        back.start()
        passed = 0
        while passed < limit and (data := client.recv(1000)):
            real.sendall(data)
            passed += len(data)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(4096):
            target.sendall(data)
    except OSError:
        return  # the other half has closed both


def test_a_peer_that_takes_the_object_and_never_answers_is_tried_again():
    done = Event()

    def slow(event):
        done.wait()
        return 0x0000

    with peer(slow) as (port, _):
        try:
            failed = failure(port, answer_timeout_s=0.5)
        finally:
            done.set()
        assert failed.retry is True


@pytest.mark.parametrize(
    ("status", "retry"), [(0xA700, True), (0x0110, True), (0xA900, False), (0xC000, False), (0x0122, False)]
)
def test_statuses(status, retry):
    with peer(lambda event: status) as (port, _):
        failed = failure(port)
        assert failed.retry is retry
        assert f"0x{status:04X}" in failed.text


def test_a_warning_is_stored():
    with peer(lambda event: 0xB007) as (port, _), Scu(node(port)) as scu:
        [stored] = scu.store([build(content())])
        assert stored.warning.startswith("0xB007")


def test_a_refused_class_is_left_to_a_person():
    """R30: parked once with a clear reason."""
    with peer(contexts=((MR, None),)) as (port, _):
        failed = failure(port)
        assert failed.retry is False
        assert "Enhanced SR" in failed.text


def test_a_peer_of_implicit_vr_gets_implicit_vr():
    got: list[Dataset] = []

    def keep(event):
        assert event.context.transfer_syntax == ImplicitVRLittleEndian
        got.append(event.dataset)
        return 0x0000

    with peer(keep, ((ENHANCED_SR, [ImplicitVRLittleEndian]),)) as (port, _), Scu(node(port)) as scu:
        scu.store([build(content())])
    assert str(got[0].PatientName) == "张三"
    assert got[0].ContentSequence[-1].ContentSequence[-1].TextValue.endswith("不含诊断结论。")


def test_a_peer_without_compression_gets_the_pixels_plain():
    got: list[Dataset] = []

    def keep(event):
        ds = event.dataset
        ds.file_meta = event.file_meta
        got.append(ds)
        return 0x0000

    sent = pydicom.dcmread(get_testdata_file("MR_small_RLE.dcm"))
    with peer(keep, ((MR, [ExplicitVRLittleEndian]),)) as (port, _), Scu(node(port)) as scu:
        scu.store([sent])
    assert (got[0].pixel_array == sent.pixel_array).all()
    assert sent.file_meta.TransferSyntaxUID.is_compressed, "the caller's object is left alone"


def test_a_congested_peer_is_tried_again():
    with peer(maximum_associations=1) as (port, _), Scu(node(port)) as first:
        first.echo()
        assert failure(port).retry is True


def test_a_rejection_counts_though_its_connection_is_gone_before_anybody_looks():
    """pynetdicom asks first whether the connection was made; by then the rejection has closed it."""

    def dawdle(event):
        until(lambda: event.assoc.dul.socket.socket is None)

    with peer(require_called_aet=True) as (port, _):
        unknown = PacsNode(ae_title="WRONG", port=port)
        associations = Associations(unknown, [(evt.EVT_REQUESTED, dawdle)])
        with pytest.raises(DeliveryFailed, match="called AE title is not theirs") as refused:
            associations.open([(ENHANCED_SR, (ImplicitVRLittleEndian,))])
    assert refused.value.retry is False


def test_an_object_without_identity_is_refused_before_it_is_sent():
    ds = Dataset()
    ds.SOPClassUID = ENHANCED_SR
    with Scu(node(1)) as scu, pytest.raises(InvalidInput):
        scu.store([ds])


def test_a_peer_without_commitment_says_so():
    with peer() as (port, _), Scu(node(port)) as scu:
        with pytest.raises(DeliveryFailed, match="Storage Commitment") as failed:
            scu.request_commitment("2.25.1", [(ENHANCED_SR, "2.25.2")])
        assert failed.value.retry is False


def test_tls_with_client_certificates(tmp_path):
    """TLS both ways; a stranger's certificate, and none, are refused (S10)."""
    authority = Authority(tmp_path)
    server, client = authority.issue("localhost"), authority.issue("signgate")
    stranger_folder = tmp_path / "stranger"
    stranger_folder.mkdir()
    stranger = Authority(stranger_folder).issue("signgate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*server)
    context.load_verify_locations(authority.path)
    context.verify_mode = ssl.CERT_REQUIRED
    with peer(tls=context) as (port, _):

        def options(pair):
            return TlsOptions(
                authority=authority.path,
                certificate=pair and pair[0],
                key=pair and pair[1],
                check_host_name=False,
            )

        with Scu(node(port, tls=options(client))) as scu:
            scu.echo()
            scu.store([build(content())])
        for wrong in (stranger, None):
            with Scu(node(port, tls=options(wrong))) as scu, pytest.raises(DeliveryFailed):
                scu.echo()
        named = TlsOptions(authority=authority.path, certificate=client[0], key=client[1])
        with Scu(node(port, host="127.0.0.1", tls=named)) as scu, pytest.raises(DeliveryFailed):
            scu.echo()  # the certificate is for localhost, not for 127.0.0.1


def test_missing_certificates_are_a_configuration_error(tmp_path):
    with pytest.raises(ConfigError):
        tls_context(TlsOptions(authority=tmp_path / "none.pem"))


@pytest.mark.parametrize(
    "wrong",
    [{"ae_title": "A\\B"}, {"ae_title": "x" * 17}, {"port": 0}, {"colour": 1}, {"commitment": "maybe"}],
)
def test_wrong_settings_are_named(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        validate(PacsNode, wrong, "site.toml", "pacs")
