"""MR sections in arbitrary units: head, pelvis, lumbar spine."""

from __future__ import annotations

import numpy as np

from plugin.demo.anatomy_ct import head_shape, sulci, ventricles
from plugin.demo.pencil import Pencil, Plane, clip, over


def head_mr(pen: Pencil, z: float, variant: str) -> Plane:
    """Head, T2-weighted; variant ``meningioma`` is T1 after contrast with a bright mass at the right convexity."""
    contrast = variant == "meningioma"
    rx, ry = head_shape(z)
    fat, fluid, grey_value, white_value = (
        (640.0, 110.0, 330.0, 400.0) if contrast else (520.0, 900.0, 430.0, 320.0)
    )
    plane = np.zeros_like(pen.x)
    plane = over(plane, fat + 60 * pen.noise(20), pen.ellipse(0, 0, rx + 0.155, ry + 0.155, edge=0.02))
    plane = over(plane, 60.0, pen.ellipse(0, 0, rx + 0.085, ry + 0.085, edge=0.03))
    plane = over(plane, fluid * 0.9, pen.ellipse(0, 0, rx + 0.012, ry + 0.012, edge=0.03))
    radius = np.hypot(pen.x / rx, pen.y / ry) + 0.07 * pen.noise(18)
    tissue = over(
        white_value + 12 * pen.noise(14),
        grey_value + 12 * pen.noise(24),
        clip((radius - 0.78) / 0.07, 0, 1),
    )
    if -0.2 < z < 0.4:
        for side in (-1, 1):
            tissue = over(tissue, grey_value, pen.ellipse(side * 0.20, -0.02, 0.075, 0.14, side * 18, 0.3))
            tissue = over(tissue, grey_value, pen.ellipse(side * 0.09, 0.10, 0.07, 0.09, 0, 0.3))
    tissue = over(tissue, fluid, 0.9 * sulci(pen, rx, ry))
    tissue = over(tissue, fluid, ventricles(pen, z))
    if contrast and abs(z - 0.55) < 0.3:
        size = float(np.sqrt(1 - ((z - 0.55) / 0.3) ** 2))
        tissue = over(
            tissue,
            900 + 25 * pen.noise(24),
            pen.ellipse(-0.72 * rx, 0.15, 0.15 * size, 0.18 * size, -20, 0.1),
        )
    plane = over(plane, tissue, pen.ellipse(0, 0, rx, ry, edge=0.02))
    shade = 1 + 0.12 * pen.noise(2)
    return np.maximum(plane * shade + pen.grain(9), 0)


def pelvis_mr(pen: Pencil, z: float, variant: str) -> Plane:
    """Male pelvis, T2-weighted: bladder, prostate, femoral heads."""
    plane = np.zeros_like(pen.x)
    plane = over(plane, 620 + 40 * pen.noise(16), pen.ellipse(0, 0, 0.94, 0.66, edge=0.02))
    plane = over(plane, 190 + 25 * pen.noise(36), pen.ellipse(0, 0.02, 0.82, 0.52, edge=0.05))
    plane = over(plane, 520 + 45 * pen.noise(20), pen.ellipse(0, 0.02, 0.42, 0.43, edge=0.1))
    for side in (-1, 1):
        plane = over(plane, 90.0, pen.ellipse(side * 0.56, 0.0, 0.165, 0.165, edge=0.06))
        plane = over(plane, 430 + 30 * pen.noise(30), pen.ellipse(side * 0.56, 0.0, 0.14, 0.14, edge=0.08))
        plane = over(
            plane, 210 + 25 * pen.noise(30), pen.ellipse(side * 0.36, 0.34, 0.26, 0.13, side * 20, 0.1)
        )
    if z > -0.1:
        plane = over(plane, 170.0, pen.ellipse(0, -0.15, 0.25, 0.19, edge=0.06))
        plane = over(plane, 940.0, pen.ellipse(0, -0.15, 0.225, 0.165, edge=0.06))
    else:
        plane = over(plane, 240.0, pen.ellipse(0, -0.04, 0.155, 0.125, edge=0.08))
        plane = over(plane, 560 + 60 * pen.noise(40), pen.ellipse(0, 0.0, 0.145, 0.08, edge=0.15))
    plane = over(plane, 260 + 70 * pen.noise(40), pen.ellipse(0, 0.24, 0.11, 0.10, edge=0.1))
    plane = over(plane, 140.0, pen.ellipse(0, 0.45, 0.10, 0.06, edge=0.2))
    return np.maximum(plane * (1 + 0.1 * pen.noise(2)) + pen.grain(10), 0)


def spine_mr(pen: Pencil, z: float, variant: str) -> Plane:
    """Lumbar spine, sagittal T2; here z runs from right to left.  Variant ``disc``: L4/5 bulges."""
    plane = over(np.zeros_like(pen.x), 420 + 22 * pen.noise(9), pen.ellipse(0.1, 0, 0.88, 1.3, edge=0.03))
    plane = over(plane, 130 + 25 * pen.noise(40), pen.ellipse(-0.35, -0.1, 0.42, 1.2, edge=0.15))
    off = abs(z)
    for level in range(7):
        y = -0.95 + 0.31 * level
        bend = 0.16 * float(np.cos((level - 3.2) * 0.55))
        x = -0.02 - bend
        turn = (level - 3.4) * 5.0
        plane = over(plane, 330 + 30 * pen.noise(30), pen.ellipse(x, y, 0.155, 0.125, turn, 0.16) ** 0.7)
        if level < 6:
            dry = variant == "disc" and level == 5
            reach = 0.185 if dry else 0.16
            plane = over(
                plane, 130.0, pen.ellipse(x + (0.03 if dry else 0.0), y + 0.155, reach, 0.034, turn, 0.3)
            )
            plane = over(plane, 230.0 if dry else 520.0, pen.ellipse(x, y + 0.155, 0.09, 0.018, turn, 0.6))
    if off < 0.75:
        curve = 0.16 * np.cos((pen.y + 0.05) * 1.75)
        canal = clip((0.062 * (1 - 0.5 * off) - np.abs(pen.x - 0.215 + curve)) / 0.012 + 0.5, 0, 1)
        plane = over(plane, 930.0, canal.astype(np.float32))
        cord = clip((0.026 - np.abs(pen.x - 0.21 + curve)) / 0.01 + 0.5, 0, 1) * (pen.y < -0.45)
        plane = over(plane, 380.0, cord.astype(np.float32) * float(off < 0.5))
    for level in range(6):
        y = -0.83 + 0.31 * level
        bend = 0.16 * float(np.cos((level - 2.8) * 0.55))
        plane = over(plane, 300.0, pen.ellipse(0.42 - bend, y + 0.06, 0.12, 0.075, 18, 0.3) * (1 - off))
    return np.maximum(plane * (1 + 0.12 * pen.noise(2)) + pen.grain(10), 0)
