"""Cross sections in Hounsfield units: head, chest, upper abdomen.  z runs from -1 (feet) to 1 (head)."""

from __future__ import annotations

import numpy as np

from plugin.demo.pencil import Pencil, Plane, clip, over


def head_shape(z: float) -> tuple[float, float]:
    """Half width and half length of the skull's inside at height z."""
    k = float(np.sqrt(max(0.05, 1 - (max(z, -0.3) / 1.12) ** 2)))
    return 0.60 * k, 0.74 * k


def sulci(pen: Pencil, rx: float, ry: float) -> Plane:
    """0 to 1, strong at the cortex: the folds."""
    radius = np.hypot(pen.x / rx, pen.y / ry)
    angle = np.arctan2(pen.y / ry, pen.x / rx)
    folds = np.cos(30 * angle + 3 * pen.noise(7)) * clip((radius - 0.72) / 0.2, 0, 1)
    return clip(folds * 1.6 - 0.75, 0, 1)


def ventricles(pen: Pencil, z: float) -> Plane:
    cover = np.zeros_like(pen.x)
    if -0.15 < z < 0.55:
        size = 1 - abs(z - 0.2) / 0.42
        for side in (-1, 1):
            horn = pen.ellipse(side * 0.085, -0.16, 0.045 * size, 0.17 * size, side * 14)
            back = pen.ellipse(side * 0.15, 0.22, 0.05 * size, 0.15 * size, side * -22)
            cover = np.maximum(cover, np.maximum(horn, back))
    if -0.25 < z < 0.1:
        cover = np.maximum(cover, pen.ellipse(0, 0.0, 0.018, 0.08))
    return cover


def head_ct(pen: Pencil, z: float, variant: str) -> Plane:
    """Head without contrast; variant ``bleed`` has a fresh haematoma at the right basal ganglia."""
    rx, ry = head_shape(z)
    plane = np.full_like(pen.x, -1000.0)
    plane = over(plane, 20 + 12 * pen.noise(20), pen.ellipse(0, 0, rx + 0.155, ry + 0.155, edge=0.02))
    plane = over(plane, 1050 + 120 * pen.noise(30), pen.ellipse(0, 0, rx + 0.085, ry + 0.085, edge=0.02))
    plane = over(
        plane, 500.0, 0.8 * pen.ellipse(0, 0, rx + 0.052, ry + 0.052, edge=0.02) * (pen.noise(40) > 0)
    )
    brain = pen.ellipse(0, 0, rx, ry, edge=0.02)
    white = 28 + 1.5 * pen.noise(12)
    grey = 38 + 1.5 * pen.noise(24)
    radius = np.hypot(pen.x / rx, pen.y / ry) + 0.07 * pen.noise(18)
    tissue = over(white, grey, clip((radius - 0.78) / 0.08, 0, 1))
    if -0.2 < z < 0.4:
        for side in (-1, 1):
            tissue = over(tissue, grey, pen.ellipse(side * 0.20, -0.02, 0.075, 0.14, side * 18, 0.4))
            tissue = over(tissue, grey, pen.ellipse(side * 0.09, 0.10, 0.07, 0.09, 0, 0.4))
    tissue = over(tissue, 8.0, 0.75 * sulci(pen, rx, ry))
    tissue = over(tissue, 6.0, ventricles(pen, z))
    midline = clip(1.5 - np.abs(pen.x) / 0.008, 0, 1) * (np.abs(pen.y) > (0.0 if z > 0.5 else 0.36))
    tissue = over(tissue, 46.0, 0.8 * midline.astype(np.float32))
    if variant == "bleed" and abs(z - 0.12) < 0.32:
        size = float(np.sqrt(1 - ((z - 0.12) / 0.32) ** 2))
        wobble = 1 + 0.06 * float(np.sin(9 * z))
        tissue = over(tissue, 18.0, 0.8 * pen.ellipse(-0.255, 0.0, 0.165 * size, 0.215 * size, -12, 0.3))
        clot = pen.ellipse(-0.25, 0.0, 0.115 * size * wobble, 0.16 * size, -14, 0.16)
        tissue = over(tissue, 66 + 3 * pen.noise(30), clot)
    if z < -0.25:
        depth = min(1.0, (-0.25 - z) / 0.5)
        for side in (-1, 1):
            petrous = pen.ellipse(side * 0.3, 0.12, 0.24, 0.055, side * -32, 0.15)
            tissue = over(tissue, 900 + 150 * pen.noise(60), depth * petrous)
            tissue = over(
                tissue, -850.0, 0.9 * depth * pen.ellipse(side * 0.42, 0.22, 0.07, 0.06) * (pen.noise(70) > 0)
            )
        tissue = over(tissue, -950.0, depth * pen.ellipse(0, -0.52, 0.12, 0.10))
    return over(plane, tissue, brain) + pen.grain(3.5)


def _ribs(pen: Pencil, z: float, rx: float, ry: float) -> Plane:
    """Cross sections of ribs around the chest, moving with height."""
    cover = np.zeros_like(pen.x)
    for number in range(14):
        angle = 2 * np.pi * (number / 14 + 0.06 * z)
        at_x, at_y = rx * np.cos(angle), ry * np.sin(angle)
        cover = np.maximum(
            cover, pen.ellipse(at_x, at_y, 0.032, 0.068, np.rad2deg(np.arctan2(at_y / ry, at_x / rx)), 0.25)
        )
    return cover


def _vertebra(pen: Pencil, y: float) -> Plane:
    body = pen.ellipse(0, y, 0.105, 0.085, edge=0.12)
    arch = pen.ellipse(0, y + 0.15, 0.045, 0.09, edge=0.2)
    wings = pen.ellipse(0, y + 0.11, 0.2, 0.032, edge=0.25)
    canal = pen.ellipse(0, y + 0.105, 0.045, 0.035, edge=0.2)
    return clip(np.maximum(body, np.maximum(arch, wings)) - canal, 0, 1)


def chest_ct(pen: Pencil, z: float, variant: str) -> Plane:
    """Chest; variant ``nodule`` has a nodule in the right upper lobe."""
    plane = np.full_like(pen.x, -1000.0)
    plane = over(plane, -95 + 8 * pen.noise(20), pen.ellipse(0, 0, 0.93, 0.66, edge=0.02))
    plane = over(plane, 50 + 8 * pen.noise(40), pen.ellipse(0, 0, 0.86, 0.59, edge=0.03))
    open_to = float(np.sqrt(max(0.08, 1 - (max(z, 0.0) / 1.15) ** 2)))
    vessels = clip(pen.noise(26) - 1.15, 0, 1) + clip(pen.noise(44) - 1.5, 0, 1)
    lung = -860 + 18 * pen.noise(30) + 520 * vessels.astype(np.float32)
    for side in (-1, 1):
        cover = pen.ellipse(side * 0.44, 0.0, 0.34 * open_to, 0.49 * open_to, side * -4, 0.05)
        plane = over(plane, lung, cover)
    if z < 0.25:
        size = min(1.0, (0.25 - z) / 0.5 + 0.4)
        plane = over(plane, 42.0, pen.ellipse(0.14, -0.18, 0.29 * size, 0.25 * size, 24, 0.06))
    else:
        plane = over(plane, 45.0, pen.ellipse(0.02, -0.12, 0.15, 0.22, edge=0.1))
        plane = over(plane, 48.0, pen.ellipse(0.06, -0.10, 0.08, 0.12, edge=0.1))
    plane = over(plane, -980.0, pen.ellipse(-0.01, 0.02, 0.045, 0.04, edge=0.15) * float(z > 0.1))
    plane = over(plane, 46.0, pen.ellipse(0.13, 0.22, 0.062, 0.062, edge=0.1))
    if variant == "nodule" and abs(z - 0.45) < 0.16:
        size = float(np.sqrt(1 - ((z - 0.45) / 0.16) ** 2))
        plane = over(plane, 35.0, pen.ellipse(-0.47, -0.16, 0.048 * size, 0.044 * size, 20, 0.25))
    plane = over(plane, 380 + 90 * pen.noise(60), _vertebra(pen, 0.33))
    plane = over(plane, 420.0, 0.9 * _ribs(pen, z, 0.80, 0.55))
    return plane + pen.grain(9)


def abdomen_ct(pen: Pencil, z: float, variant: str) -> Plane:
    """Upper abdomen after contrast; variant ``cyst`` has a water-dense focus in the right lobe of the liver."""
    plane = np.full_like(pen.x, -1000.0)
    plane = over(plane, -100 + 8 * pen.noise(20), pen.ellipse(0, 0, 0.92, 0.66, edge=0.02))
    plane = over(plane, 62 + 6 * pen.noise(40), pen.ellipse(0, 0, 0.83, 0.57, edge=0.03))
    plane = over(plane, -92 + 10 * pen.noise(18), pen.ellipse(0.02, -0.02, 0.74, 0.49, edge=0.04))
    plane = over(plane, 105 + 5 * pen.noise(36), pen.ellipse(-0.36, -0.06, 0.37, 0.39, 12, 0.05))
    plane = over(
        plane, 150.0, 0.7 * clip(pen.noise(20) - 1.7, 0, 1) * pen.ellipse(-0.36, -0.06, 0.34, 0.36, 12)
    )
    plane = over(plane, 104 + 5 * pen.noise(36), pen.ellipse(-0.02, -0.24, 0.2, 0.16, -18, 0.08))
    plane = over(plane, 118 + 6 * pen.noise(36), pen.ellipse(0.55, 0.13, 0.14, 0.25, -24, 0.07))
    plane = over(plane, 40 + 14 * pen.noise(14), pen.ellipse(0.34, -0.2, 0.25, 0.18, 25, 0.08))
    plane = over(plane, -700.0, pen.ellipse(0.36, -0.30, 0.14, 0.05, 25, 0.2))
    for side in (-1, 1):
        kidney = pen.ellipse(side * 0.34, 0.22, 0.115, 0.155, side * -18, 0.07) * float(z < 0.5)
        plane = over(plane, 180 + 10 * pen.noise(30), kidney)
        plane = over(
            plane, 20.0, pen.ellipse(side * 0.29, 0.22, 0.05, 0.07, side * -18, 0.4) * float(z < 0.5)
        )
    plane = over(plane, 190.0, pen.ellipse(0.05, 0.10, 0.058, 0.058, edge=0.1))
    plane = over(plane, 165.0, pen.ellipse(-0.10, 0.10, 0.065, 0.048, edge=0.1))
    if variant == "cyst" and abs(z - 0.1) < 0.3:
        size = float(np.sqrt(1 - ((z - 0.1) / 0.3) ** 2))
        plane = over(plane, 8.0, pen.ellipse(-0.45, -0.10, 0.10 * size, 0.095 * size, edge=0.1))
    plane = over(plane, 330 + 90 * pen.noise(60), _vertebra(pen, 0.27))
    plane = over(plane, 380.0, 0.85 * _ribs(pen, z, 0.78, 0.53))
    return plane + pen.grain(10)
