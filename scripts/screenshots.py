"""Take pictures of the pages into docs/screenshots/: light, dark, and on a telephone.

Needs Chromium. Example: make screenshots
"""

import shutil
import sys
from typing import Any

from playwright.sync_api import sync_playwright

from scripts.command import parser
from scripts.example import example_is_present
from scripts.servers import REPOSITORY, running, wait_until_answering

_PORT = 8765  # always the same one, because the pages show it
_ADDRESS = f"http://127.0.0.1:{_PORT}"
_FOLDER = REPOSITORY / "docs/screenshots"
_DESK, _TELEPHONE = {"width": 960, "height": 760}, {"width": 390, "height": 844}
_PICTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "models-light": ("/models", {"viewport": _DESK}),
}
_PICTURES_OF_NAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "names-light": ("/?seed=7", {"viewport": _DESK}),
    "names-dark": ("/?seed=7", {"viewport": _DESK, "color_scheme": "dark"}),
    "names-phone": ("/?seed=7", {"viewport": _TELEPHONE, "is_mobile": True, "has_touch": True}),
}


def main() -> None:
    """Exit with 1 where there is no Chromium, or where the server does not start."""
    parser(__doc__).parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("there is no Chromium: apt-get install chromium")
    command = [sys.executable, "-m", "functions.api.server", f"--port={_PORT}"]
    with running(command) as process:
        try:
            wait_until_answering(f"{_ADDRESS}/health", process)
        except RuntimeError as error:
            sys.exit(f"{error}; `make serve` shows why")
        _take_pictures(chromium)


def _take_pictures(chromium: str) -> None:
    _FOLDER.mkdir(parents=True, exist_ok=True)
    pictures = _PICTURES | (_PICTURES_OF_NAMES if example_is_present() else {})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (path, options) in pictures.items():
            with browser.new_context(**options) as context:
                page = context.new_page()
                page.goto(f"{_ADDRESS}{path}")
                page.screenshot(path=_FOLDER / f"{name}.png")
                print(f"docs/screenshots/{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
