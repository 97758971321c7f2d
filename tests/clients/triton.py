"""Triton's own HTTP client; run in ``.venv-clients``: ``triton.py HOST:PORT``."""

import json
import sys

import numpy as np
import tritonclient.http as triton

client = triton.InferenceServerClient(sys.argv[1])
flowers = np.array([[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 4.7, 1.5]], np.float32)
texts = np.array([["good dog"], ["caté"]], object)


def infer(model: str, name: str, array: np.ndarray, *, binary: bool, **options: object) -> list:
    datatype = "BYTES" if array.dtype == object else "FP32"
    tensor = triton.InferInput(name, list(array.shape), datatype)
    tensor.set_data_from_numpy(array, binary_data=binary)
    (output,) = client.get_model_metadata(model)["outputs"]
    requested = triton.InferRequestedOutput(output["name"], binary_data=binary)
    answer = client.infer(model, [tensor], outputs=[requested], request_id="42", **options)
    assert answer.get_response()["id"] == "42"
    return answer.as_numpy(output["name"]).tolist()


def refused(*arguments: object) -> str:
    try:
        infer(*arguments, binary=True)
    except triton.InferenceServerException as error:
        return f"{error.status()}: {error.message()}"
    raise AssertionError("it was not refused")


answers = {
    "live": client.is_server_live(),
    "ready": client.is_server_ready(),
    "model_ready": client.is_model_ready("flowers", "1"),
    "nothing_ready": client.is_model_ready("nothing"),
    "server": client.get_server_metadata()["name"],
    "metadata": client.get_model_metadata("flowers"),
    "json": infer("flowers", "flower", flowers, binary=False),
    "binary": infer("flowers", "flower", flowers, binary=True),
    "version": infer("flowers", "flower", flowers, binary=True, model_version="1"),
    "gzip": infer("flowers", "flower", flowers, binary=True, request_compression_algorithm="gzip"),
    "deflate": infer(
        "flowers", "flower", flowers, binary=False, request_compression_algorithm="deflate"
    ),
    "text_json": infer("text", "text", texts, binary=False),
    "text_binary": infer("text", "text", texts, binary=True),
    "wrong_shape": refused("flowers", "flower", flowers[:, :3]),
    "wrong_name": refused("flowers", "tree", flowers),
}
print(json.dumps(answers))
