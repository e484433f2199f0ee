"""The stage writes a configuration that SignGate reads, and says which port is taken."""

from __future__ import annotations

import socket
from dataclasses import asdict

import pytest

from plugin.demo.stage import Ports, Stage
from plugin.domain.errors import StoreUnavailable
from plugin.hl7.profile import load_profiles
from plugin.site.gate import load_gate
from plugin.site.settings import load_site


def test_ports_follow_the_base_and_free_ones_are_free():
    assert asdict(Ports.from_base(40000)) == {
        "hl7": 40000, "web": 40001, "dimse": 40002, "pacs": 40003, "ris": 40004,
    }  # fmt: skip
    free = Ports.free()
    free.check()
    assert len(set(asdict(free).values())) == 5


def test_a_taken_port_is_named_with_what_to_do():
    ports = Ports.free()
    with socket.create_server(("127.0.0.1", ports.dimse)), pytest.raises(StoreUnavailable) as caught:
        ports.check()
    assert str(ports.dimse) in str(caught.value)
    assert "--port-base" in str(caught.value)


def test_the_written_configuration_is_a_valid_site(tmp_path):
    stage = Stage(tmp_path, Ports.from_base(40000))
    config = stage.write_config()
    site, gate = load_site(config), load_gate(config)

    assert (site.hl7.port, site.web.port, site.dimse.port) == (40000, 40001, 40002)
    assert site.callers["ris"].call_back == "http://127.0.0.1:40004/signgate/call-back"
    assert gate.policy[0].p == 1.0
    assert load_profiles(config / "hl7")
    assert stage.scene.ward_token not in (config / "site.toml").read_text(encoding="utf-8")
    kept = tmp_path / "secrets" / "api_token"
    assert kept.read_text(encoding="utf-8") == stage.scene.ward_token
    assert kept.stat().st_mode & 0o077 == 0


def test_a_folder_is_continued_where_it_was(tmp_path):
    first, again = (Stage(tmp_path, Ports.from_base(40000)).scene for _ in range(2))

    assert first == again
    assert (tmp_path / "demo.json").stat().st_mode & 0o077 == 0
    assert Stage(tmp_path / "other", Ports.from_base(40000)).scene.seed != first.seed
