"""Take pictures of the pages, in the light, in the dark and on a phone, into docs/screenshots/.

Needs Chromium. Example: make screenshots
"""

import argparse
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

_FOLDER = Path(__file__).parents[1] / "docs/screenshots"
_PORT = 8765
_URL = f"http://127.0.0.1:{_PORT}"
_PATIENCE = 60  # seconds
_DESK, _PHONE = {"width": 960, "height": 760}, {"width": 390, "height": 844}
_PICTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "names-light": ("/?seed=7", {"viewport": _DESK}),
    "names-dark": ("/?seed=7", {"viewport": _DESK, "color_scheme": "dark"}),
    "names-phone": ("/?seed=7", {"viewport": _PHONE, "is_mobile": True, "has_touch": True}),
    "models-light": ("/models", {"viewport": _DESK}),
}


def main() -> None:
    """Exit with 1 where there is no Chromium."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("there is no Chromium: apt-get install chromium")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "functions.api.app:app", f"--port={_PORT}"],
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for name, (path, options) in _PICTURES.items():
                with browser.new_context(**options) as context:
                    page = context.new_page()
                    page.goto(f"{_URL}{path}")
                    page.screenshot(path=_FOLDER / f"{name}.png")
                    print(f"docs/screenshots/{name}.png")
            browser.close()
    finally:
        server.terminate()
        server.wait()


def _wait() -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{_URL}/health", timeout=5).close()  # noqa: S310 - our own
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return
    sys.exit("the server did not start; try `make serve`")


if __name__ == "__main__":
    main()
