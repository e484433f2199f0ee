"""Places for streams of events, and their end."""

from __future__ import annotations

import threading

from patience import PATIENCE_S

from plugin.console.streams import Streams


def test_there_are_so_many_places_and_one_that_is_left_is_free() -> None:
    streams = Streams(2)
    assert [streams.begin() for _ in range(3)] == [True, True, False]
    streams.leave()
    assert [streams.begin() for _ in range(2)] == [True, False]


def test_who_waits_for_news_is_woken_by_the_end() -> None:
    streams, heard = Streams(), []
    assert not streams.ended()
    waiting = threading.Thread(target=lambda: heard.append(streams.ended(within_s=PATIENCE_S * 10)))
    waiting.start()
    streams.end()
    waiting.join(PATIENCE_S)
    assert heard == [True]
    assert streams.ended(), "one that comes later ends too"
