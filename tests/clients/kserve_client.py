"""KServe's own client, both protocols; run in ``.venv-clients``: ``kserve_client.py URL``."""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import RESTConfig

URL = sys.argv[1]
FLOWERS = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.1, 4.7, 1.5]]


async def ask() -> dict:
    first = InferenceRESTClient(RESTConfig(protocol="v1"))
    second = InferenceRESTClient(RESTConfig(protocol="v2"))
    tensor = InferInput("flower", [2, 4], "FP32")
    tensor.set_data_from_numpy(np.array(FLOWERS, np.float32), binary_data=False)
    binary = InferInput("flower", [2, 4], "FP32")
    binary.set_data_from_numpy(np.array(FLOWERS, np.float32), binary_data=True)
    answers = [
        await second.infer(URL, InferRequest("flowers", [inputs]), model_name="flowers")
        for inputs in (tensor, binary)
    ]
    return {
        "v1": (await first.infer(URL, {"instances": FLOWERS}, model_name="flowers"))["predictions"],
        "v1_ready": await first.is_model_ready(URL, "flowers"),
        "v2": [answer.outputs[0].as_numpy().tolist() for answer in answers],
        "v2_live": await second.is_server_live(URL),
        "v2_ready": await second.is_server_ready(URL),
        "v2_model_ready": await second.is_model_ready(URL, "flowers"),
    }


print(json.dumps(asyncio.run(ask())))
