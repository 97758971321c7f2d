"""List what an image is made of, as CycloneDX 1.6 in JSON: ``make sbom``.

Packages of Python and Debian, and the models. They are read from the image itself.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from scripts.supply.document import document
from scripts.supply.image import read_image


def main() -> None:
    """Write the document, and print how many components it has."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--image", default="apifunction:latest", help="name or id, with its tag")
    parser.add_argument("--output", type=Path, default=Path(".aws-sam/sbom.cdx.json"))
    options = parser.parse_args()
    text = document(read_image(options.image))
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(text + "\n", encoding="utf-8")
    kinds = Counter(
        component.get("purl", component["type"]).partition("/")[0]
        for component in json.loads(text)["components"]
    )
    counted = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    print(f"{options.output}: {counted}")


if __name__ == "__main__":
    main()
