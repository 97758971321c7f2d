"""Attack a server of this repository, on this machine, and measure what each attack costs.

Hostile requests, crowds of connections, damaged folders of models, hostile files for `make
add-model`, and a soak of mixed traffic. It starts the server itself, as `make serve` does, and
stops nothing else. It exits with 1 where a bound is broken.

Example: make attack ARGS='--quick'
"""

import sys
import tempfile
from pathlib import Path

from scripts.attacking.bodies import hostile_bodies
from scripts.attacking.bounds import Bounds
from scripts.attacking.corpus import corpus, try_corpus
from scripts.attacking.crowds import Crowd, attack_in_crowds
from scripts.attacking.measuring import HEAD, Outcome, attack_all
from scripts.attacking.mutation import attack_folders
from scripts.attacking.soak import soak
from scripts.attacking.table import table
from scripts.attacking.target import serve_command, serving, subject
from scripts.attacking.wires import hostile_wires
from scripts.command import parser

_PARTS = ("requests", "crowds", "files", "corpus", "soak")
_PATIENCE = {True: 30.0, False: 60.0}  # seconds for an answer; by whether it is quick


def main() -> None:
    """Print the tables, and last what is broken."""
    arguments = parser(__doc__)
    arguments.add_argument("--quick", action="store_true", help="small counts, for every change")
    arguments.add_argument(
        "--only", choices=_PARTS, action="append", help="a part; may be repeated"
    )
    arguments.add_argument("--match", default="", help="only attacks whose name has this text")
    arguments.add_argument("--mutations", type=int, help="damaged folders (2500; quick: 60)")
    arguments.add_argument("--soak-seconds", type=float, help="length of the soak (600; quick: 15)")
    arguments.add_argument("--seed", type=int, default=1, help="of everything that is random")
    options = arguments.parse_args()
    quick = options.quick
    parts = options.only or _PARTS
    bounds = Bounds()
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as name, subject(Path(name)) as (model, models):
        attacks = [*hostile_bodies(model), *hostile_wires(model, 100 if quick else 1000)]
        attacks = [attack for attack in attacks if options.match in attack.name]
        log, environment = Path(name) / "log", {"MODELS_DIR": str(models), "BODY_SECONDS": "5"}
        outcomes: list[Outcome] = []
        with serving(serve_command, log, environment) as server:
            if "requests" in parts:
                outcomes += attack_all(server, attacks, bounds, _PATIENCE[quick], _say)
            if "crowds" in parts:
                crowd = Crowd(30, 10) if quick else Crowd(300, 45)
                outcomes += attack_in_crowds(server, model, bounds, crowd, _say)
        if outcomes:
            print(table(HEAD, [outcome.row() for outcome in outcomes]), end="\n\n")
            broken += [f"{each.name}: {'; '.join(each.broken)}" for each in outcomes if each.broken]
        if "files" in parts:
            count = options.mutations or (60 if quick else 2500)
            broken += attack_folders(
                models / model.name, Path(name) / "damaged", count, options.seed
            )
        if "corpus" in parts and not (quick and options.only is None):  # `make test` runs it
            broken += try_corpus(corpus())
        if "soak" in parts:
            seconds = options.soak_seconds or (15 if quick else 600)
            with serving(serve_command, log, environment) as server:
                broken += soak(server, model, attacks, bounds, seconds, options.seed)
    if broken:
        sys.exit("\n".join([f"{len(broken)} bounds are broken:", *broken]))
    print("every bound holds")


def _say(outcome: Outcome) -> None:
    if sys.stderr.isatty():
        print(" | ".join(outcome.row()), file=sys.stderr)


if __name__ == "__main__":
    main()
