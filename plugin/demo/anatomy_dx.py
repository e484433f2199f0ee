"""Projections in detector units, larger is denser: chest and hand."""

from __future__ import annotations

import numpy as np

from plugin.demo.pencil import Pencil, Plane, clip, over


def chest_dx(pen: Pencil, z: float, variant: str) -> Plane:
    """Chest, PA at z < 0 and lateral else; larger is denser.  Variant ``pneumothorax``: the left lung has fallen in."""
    lateral = z >= 0
    plane = over(
        np.full_like(pen.x, 150.0), 1500 + 60 * pen.noise(8), pen.ellipse(0, 0.35, 0.95, 1.45, edge=0.06)
    )
    marks = 130 * clip(pen.noise(30) - 0.4, 0, 1.5) + 60 * pen.noise(60)
    if lateral:
        plane = over(plane, 760 + marks, pen.ellipse(0.05, 0.0, 0.62, 0.88, 8, 0.08))
        plane = over(plane, 1650.0, 0.75 * pen.ellipse(-0.15, 0.28, 0.36, 0.36, -20, 0.25))
        plane = over(plane, 1900.0, 0.7 * pen.bone(0.55, -0.9, 0.5, 1.0, 0.1, 0.0))
        plane = over(plane, 1800.0, pen.ellipse(0.1, 1.12, 0.8, 0.42, -6, 0.1))
    else:
        for side in (-1, 1):
            collapsed = variant == "pneumothorax" and side == 1
            plane = over(
                plane,
                (420.0 + 0 * marks) if collapsed else 640 + marks,
                pen.ellipse(side * 0.42, 0.02, 0.34, 0.86, side * -5, 0.1),
            )
            if collapsed:
                plane = over(plane, 900 + marks, pen.ellipse(0.27, 0.12, 0.17, 0.42, -6, 0.12))
        plane = over(plane, 1950.0, 0.8 * pen.bone(0, -1.15, 0, 1.1, 0.1, 0.0))
        plane = over(plane, 1900.0, 0.85 * pen.ellipse(0.13, 0.33, 0.34, 0.36, 30, 0.16))
        plane = over(plane, 1700.0, 0.6 * pen.ellipse(0.06, -0.28, 0.13, 0.25, 0, 0.3))
        plane = over(plane, 400.0, 0.5 * pen.ellipse(0, -0.75, 0.05, 0.35, 0, 0.4))
        for side in (-1, 1):
            plane = over(plane, 1850.0, pen.ellipse(side * 0.42, 1.02, 0.46, 0.3, side * 6, 0.08))
    for number in range(9):
        for side in (-1, 1) if not lateral else (1,):
            y = -0.8 + 0.2 * number
            arch = pen.y - y - (0.35 * (pen.x - side * 0.1) ** 2 if not lateral else 0.25 * pen.x)
            band = clip(1.3 - np.abs(arch) / 0.028, 0, 1) * pen.ellipse(
                side * 0.42 if not lateral else 0.05, 0.05, 0.4 if not lateral else 0.64, 1.0, 0, 0.1
            )
            plane = plane + (200 * band).astype(np.float32)
    if not lateral:
        for side in (-1, 1):
            plane = plane + 330 * pen.bone(side * 0.07, -0.79, side * 0.72, -0.92, 0.03, 0.6)
    return clip(plane + pen.grain(14), 0, 4095)


_FINGERS = ((-0.62, -0.30, 24.0, 0.62), (-0.33, -0.62, 8.0, 0.86), (-0.08, -0.70, 0.0, 0.95), (0.17, -0.65, -7.0, 0.88), (0.40, -0.48, -16.0, 0.68))  # fmt: skip


def hand_dx(pen: Pencil, z: float, variant: str) -> Plane:
    """Left hand, PA at z < 0 and oblique else.  Variant ``fracture``: a dark line in the fifth metacarpal."""
    squeeze = 1.0 if z < 0 else 0.72
    plane = np.full_like(pen.x, 120.0)
    flesh, bones = np.zeros_like(pen.x), np.zeros_like(pen.x)
    for number, (tip_x, knuckle_y, lean, length) in enumerate(_FINGERS):
        slope = float(np.sin(np.deg2rad(-lean)))
        base_x, base_y = squeeze * 0.42 * tip_x, 0.42
        joint_x, joint_y = squeeze * 0.8 * tip_x, 0.42 + 0.62 * knuckle_y
        flesh = np.maximum(flesh, pen.bone(base_x, base_y + 0.2, joint_x, joint_y, 0.16, 0.0))
        bones = np.maximum(bones, pen.bone(base_x, base_y, joint_x, joint_y, 0.05))
        x, y = joint_x, joint_y
        for part, share in enumerate((0.42, 0.28, 0.2)[: 2 if number == 0 else 3]):
            next_x = x + squeeze * slope * length * share
            next_y = y - length * share * float(np.cos(np.deg2rad(lean)))
            flesh = np.maximum(flesh, pen.bone(x, y, next_x, next_y, 0.088, 0.1))
            bones = np.maximum(bones, pen.bone(x, y - 0.022, next_x, next_y + 0.014, 0.042 - 0.006 * part))
            x, y = next_x, next_y
        flesh = np.maximum(flesh, pen.ellipse(x, y, 0.082, 0.08, edge=0.2))
    flesh = np.maximum(flesh, pen.ellipse(0, 0.42, 0.36 * squeeze + 0.05, 0.42, edge=0.1))
    flesh = np.maximum(flesh, pen.bone(0, 0.7, 0, 1.5, 0.27, 0.0))
    for row, y in ((4, 0.55), (3, 0.67)):
        for number in range(row):
            x = squeeze * 0.13 * (number - (row - 1) / 2)
            bones = np.maximum(bones, pen.ellipse(x, y + 0.02 * (number % 2), 0.068, 0.062, edge=0.2))
    bones = np.maximum(bones, pen.bone(-0.1 * squeeze, 0.78, -0.12 * squeeze, 1.5, 0.1, 0.3))
    bones = np.maximum(bones, pen.bone(0.13 * squeeze, 0.8, 0.12 * squeeze, 1.5, 0.06, 0.3))
    plane = over(plane, 900 + 40 * pen.noise(20), flesh)
    plane = over(plane, 1900 + 120 * pen.noise(60), 0.9 * bones)
    if variant == "fracture":
        x = squeeze * 0.255
        plane = over(plane, 800.0, 0.8 * pen.ellipse(x, 0.26, 0.075, 0.013, 30, 0.5))
    # A left hand seen from its back has the thumb to the right.
    return clip(plane[:, ::-1] + pen.grain(14), 0, 4095)
