"""``site.toml`` as a whole: what is wrong is named by file and key, and its parts fit each other."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.errors import ConfigError
from plugin.site.hl7 import Hl7OutSettings
from plugin.site.settings import Site, load_site

NODE = '[pacs.archive]\nae_title = "PACS"\nport = 104\n'


def load(folder: Path, text: str) -> Site:
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return load_site(folder)


def test_an_empty_file_is_a_site_of_one_machine(tmp_path: Path) -> None:
    site = load(tmp_path, "")
    assert site.zone == ZoneInfo("Asia/Shanghai")
    assert (site.hl7.host, site.web.host, site.dimse.host) == ("127.0.0.1",) * 3
    assert site.pacs[site.archive].port == site.embedded_pacs.port


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('time_zone = "Mars/Olympus"', "'Mars/Olympus' is not a time zone, for instance Asia/Shanghai"),
        ('archive = "vna"', "'vna' is not a node under [pacs]: archive"),
        ('sr_destinations = ["archive", "vna"]', "'vna' is not a node that could serve here: archive"),
        ('sr_destinations = ["archive", "archive"]', "names a node twice"),
        ('headers_from = "archive"', "'archive' is not a node that could serve here"),
        (
            '[recognition.neighbours.a]\nnode = "vna"\ninstitution_id = "H2"\nname = "邻院"\nlevel = 2\n'
            'assigning_authority = "H2"',
            "recognition.neighbours: 'vna' is not a node",
        ),
        (f'{NODE}[dicomweb.archive]\nurl = "http://127.0.0.1/wado"', "stands under [pacs], too"),
        (f'{NODE}fallback = "archive"', "'archive' is not a node that could serve here"),
        (
            f'{NODE}fallback = "vna"\ndisclosure = "full"\n'
            '[pacs.vna]\nae_title = "VNA"\nport = 105\ndisclosure = "pseudonymous"',
            "'vna' has disclosure 'pseudonymous', and not 'full'",
        ),
        ("[hl7]\nport = 70000", "less than or equal to 65535"),
        ("[hl7]\nprot = 2575", "prot"),
        ('[hl7]\nallowed = ["10.0.0.0/8", "127.0.0.300"]', "hl7.allowed"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)
    assert "site.toml" in str(caught.value)


def test_who_gets_what_by_hl7() -> None:
    ward = Hl7OutSettings(port=1, sends=("alert", "score"))
    region = Hl7OutSettings(port=2, sends=("label", "alert"))
    told = Site(hl7_out={"ward": ward, "region": region}).hl7_receivers()
    assert told["alert"] == ("ward", "region")
    assert (told["score"], told["label"], told["report"]) == (("ward",), ("region",), ())


def test_a_site_moves_to_other_ports_with_its_embedded_pacs() -> None:
    moved = Site().on_ports(40000)
    assert (moved.hl7.port, moved.web.port, moved.dimse.port) == (40000, 40001, 40002)
    assert moved.embedded_pacs.port == moved.pacs["archive"].port == 40003


def test_a_pacs_of_the_hospital_stays_where_it_is(tmp_path: Path) -> None:
    moved = load(tmp_path, NODE).on_ports(40000)
    assert moved.pacs["archive"].port == 104
