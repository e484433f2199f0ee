"""Burned-in labels beside the codec itself: what JPEG-LS costs to undo and to do, on as many cores as there are."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import jpeg_ls
import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import JPEGLSLossless

from plugin.bench.contest import Contest
from plugin.kit.cores import usable_cores
from plugin.labels.context import Stamping
from plugin.labels.files_drawn import stamp_drawn
from plugin.labels.folders import sources
from plugin.labels.text import Mark
from plugin.labels.writers import WRITERS

SIDE = 512


def contests(work_dir: Path, images: list[Dataset], mark: Mark, stamping: Stamping) -> Iterator[Contest]:
    """Stamping a folder of compressed images, files read and written; the codec has its data in memory."""
    folder = work_dir / "compressed"
    folder.mkdir()
    for number, ds in enumerate(images):
        _compressed(ds).save_as(folder / f"{number}.dcm")
    cores = usable_cores()

    def ours() -> float:
        out = work_dir / "burned"
        shutil.rmtree(out, ignore_errors=True)
        write = WRITERS.build("burned-in", {})
        started = time.perf_counter()
        done = sum(
            each.written is not None
            for each in stamp_drawn(sources([folder], out), out, mark, write, stamping, one_by_one=True)
        )
        return done / (time.perf_counter() - started)

    def codec() -> float:
        with ProcessPoolExecutor(cores) as pool:
            pool.submit(_codec, 1).result()
            started = time.perf_counter()
            list(pool.map(_codec, [len(images) // cores] * cores))
            return len(images) // cores * cores / (time.perf_counter() - started)

    yield Contest(
        name=f"burned in, {len(images)} JPEG-LS images",
        unit="images/s",
        larger_is_better=True,
        runs={"signgate": ours, f"pyjpegls decode + encode, {cores} cores": codec},
        goals={f"pyjpegls decode + encode, {cores} cores": 0.8},
    )


def picture() -> np.ndarray[tuple[int, int], np.dtype[np.uint16]]:
    """Smooth shapes with the noise of a CT: as hard to compress as one."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    body = 900 * ((rows - 256) ** 2 / 180**2 + (columns - 256) ** 2 / 220**2 < 1)
    noise = np.random.default_rng(1).normal(0, 6, (SIDE, SIDE))
    values: np.ndarray[tuple[int, int], np.dtype[np.uint16]] = np.clip(body + 100 + noise, 0, 4095).astype(
        np.uint16
    )
    return values


def _compressed(ds: Dataset) -> Dataset:
    values = picture()
    ds.Rows = ds.Columns = SIDE
    ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 12, 11, 0
    ds.PixelData = values.tobytes()
    ds.compress(JPEGLSLossless, values, generate_instance_uid=False)
    return ds


def _codec(times: int) -> None:
    values = picture()
    encoded = np.frombuffer(bytes(jpeg_ls.encode_array(values)), np.uint8)
    for _ in range(times):
        jpeg_ls.decode(encoded)
        jpeg_ls.encode_array(values)
