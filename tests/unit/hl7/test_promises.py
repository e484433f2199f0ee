from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest

from plugin.domain.errors import StoreUnavailable
from plugin.hl7.promises import Promises


async def begun(*waiting: asyncio.Task[Any]) -> None:
    """Until each of them waits."""
    await asyncio.sleep(0)
    assert not any(each.done() for each in waiting)


def test_what_is_kept_together_wakes_the_loop_once() -> None:
    made: list[Future[int]] = [Future() for _ in range(8)]

    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        promises = Promises(loop)
        waiting = [loop.create_task(promises.result(each)) for each in made]
        await begun(*waiting)
        with patch.object(loop, "call_soon_threadsafe", wraps=loop.call_soon_threadsafe) as wake:
            for number, promise in enumerate(made):
                promise.set_result(number)
        assert wake.call_count == 1
        return await asyncio.gather(*waiting)

    assert asyncio.run(main()) == list(range(8))


def test_promises_of_a_busy_thread_are_all_told() -> None:
    async def main() -> list[int]:
        promises = Promises(asyncio.get_running_loop())
        with ThreadPoolExecutor(1) as pool:
            return await asyncio.gather(*(promises.result(pool.submit(abs, -n)) for n in range(2_000)))

    assert asyncio.run(main()) == list(range(2_000))


def test_a_broken_promise_raises_its_reason() -> None:
    async def main() -> None:
        promise: Future[None] = Future()
        waiting = asyncio.ensure_future(Promises(asyncio.get_running_loop()).result(promise))
        await begun(waiting)
        promise.set_exception(StoreUnavailable("full"))
        await waiting

    with pytest.raises(StoreUnavailable, match="full"):
        asyncio.run(main())


def test_who_is_cancelled_leaves_the_promise_and_the_others_alone() -> None:
    async def main() -> str:
        promises = Promises(asyncio.get_running_loop())
        gone: Future[str] = Future()
        kept: Future[str] = Future()
        leaving, staying = (asyncio.ensure_future(promises.result(each)) for each in (gone, kept))
        await begun(leaving, staying)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        assert not gone.cancelled()
        gone.set_result("nobody waits")
        kept.set_result("told")
        return await staying

    assert asyncio.run(main()) == "told"


def test_a_loop_that_was_closed_does_not_hold_up_who_promised() -> None:
    promise: Future[str] = Future()

    async def main() -> None:
        waiting = asyncio.ensure_future(Promises(asyncio.get_running_loop()).result(promise))
        await begun(waiting)

    asyncio.run(main())
    promise.set_result("late")
    assert promise.result() == "late"
