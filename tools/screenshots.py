#!/usr/bin/env python3
"""Make the pictures of the README from the running demo: .venv/bin/python tools/screenshots.py [DIR]

Starts `signgate demo` on free ports in a temporary folder, drives Debian's Chromium through
the walk of docs/quick-start.md, and writes small PNGs (256 colours) to DIR (docs/images).
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from plugin.kit.free_ports import neighbouring_ports

ROOT = Path(__file__).resolve().parents[1]
SIZE: ViewportSize = {"width": 1366, "height": 768}
EXAM = "CT26060001"
COMMENT = "方位描述须更正，已告知报告医师"


@contextmanager
def demo() -> Iterator[str]:
    """A running demo; yields the address of its RIS once all images are stored."""
    base = neighbouring_ports(5)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "plugin", "demo", "--data", folder, "--port-base", str(base)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if "images of" in line:
                    break
            else:
                raise SystemExit(
                    "the demo ended before its images were stored; run `signgate demo` to see why"
                )
            yield f"http://127.0.0.1:{base + 4}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def shoot(page: Page, file: Path) -> None:
    """Save what the page shows, with a palette."""
    picture = Image.open(BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file} {file.stat().st_size // 1024} kB")


def walk(page: Page, ris: str, folder: Path) -> None:
    """The walk of the quick start, a picture at each place worth seeing."""
    page.goto(ris)
    page.click(f"li[data-exam={EXAM}]")
    page.wait_for_selector("#report:not([hidden])")
    page.click("#sign")
    form = page.frame_locator("#form")
    form.locator("form[data-gate]").wait_for()
    form.locator("input[type=radio][value=yes]").first.check()
    form.locator(".picture").nth(4).wait_for()
    form.locator("[name=comment]").fill(COMMENT)
    page.wait_for_timeout(300)
    shoot(page, folder / "popup.png")
    page.click("#close")
    page.wait_for_selector("#veil[hidden]", state="attached")
    shoot(page, folder / "ris.png")
    page.click("#reopen")
    form.locator("form[data-gate]").wait_for()
    form.locator("input[type=radio][value=yes]").first.check()
    form.locator(".picture").nth(4).wait_for()
    form.locator("[name=comment]").fill(COMMENT)
    form.locator("#submit").click()
    page.wait_for_selector(f"li[data-exam={EXAM}] .chip.released", timeout=20_000)
    page.evaluate("document.getElementById('close').click()")
    page.wait_for_timeout(4000)
    page.click("[data-pane=pictures]")
    page.wait_for_selector(".corner.tr .hr", timeout=20_000)
    page.wait_for_selector(".drawn span", timeout=20_000)
    page.wait_for_timeout(600)
    shoot(page, folder / "label.png")
    page.click("[data-view=ward]")
    page.wait_for_selector("#alerts form")
    page.fill("#alerts input[name=read_back]", "脑实质内急性出血/血肿")
    page.wait_for_timeout(4500)
    shoot(page, folder / "ward.png")
    page.goto(f"{ris}/exams/{EXAM}/sr")
    page.wait_for_selector("article")
    shoot(page, folder / "sr.png")


def main() -> int:
    """Make all pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("chromium is not installed (make system)", file=sys.stderr)
        return 1
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with demo() as ris, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-features=Dummy"]
        )
        page = browser.new_page(viewport=SIZE, locale="zh-CN", timezone_id="Asia/Shanghai")
        trouble: list[str] = []
        page.on("pageerror", lambda error: trouble.append(str(error)))
        walk(page, ris, folder)
        browser.close()
    for line in trouble:
        print(f"the page reported: {line}", file=sys.stderr)
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
