from functions import replay
from inference import golden
from inference.agreement import scales_of
from inference.metadata import read_metadata
from tests.processes import MODELS


def test_parts_of_a_golden_call_are_judged_on_the_scale_of_the_whole() -> None:
    """One row alone may hold only numbers near zero."""
    metadata = read_metadata(MODELS / "iris")
    (signature,) = metadata.signatures
    call = golden.unpack(MODELS / "iris" / golden.GOLDEN)[signature]
    rows = len(call.inputs["flower"])
    parts = list(
        replay.cut(
            call,
            metadata,
            signature,
            lambda part: replay.MOST_BYTES * len(part.inputs["flower"]),  # one row fits
        )
    )
    assert len(parts) == rows > 1
    for part in parts:
        assert part.scales == scales_of(call.outputs)
        assert replay.compare(part.call.outputs, part.call.outputs, part.scales) == 0
