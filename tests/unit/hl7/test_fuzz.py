"""The property of tests/fuzz, for a bounded number of streams in every run of the tests."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.frame_to_ack import check, dispatcher, hunt, seeds


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    """Thousands of refusals need not be logged."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


HANDLE = dispatcher()


def test_the_seeds_and_what_was_once_found() -> None:
    for stream in seeds():
        check(HANDLE, stream)
        check(HANDLE, stream, cuts=1)


def test_a_thousand_mutated_messages() -> None:
    assert hunt(lambda tried: tried == 1000, seed=20260601) == 1000


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x0bMSH|^~\\&|", b"\x0bMSH|^~\\&|A|B|C|D|1||ORU^R01|1|P|2.4\r"]),
)
def test_any_bytes_behind_any_beginning(tail: bytes, head: bytes) -> None:
    check(HANDLE, head + tail + b"\x1c\r")
