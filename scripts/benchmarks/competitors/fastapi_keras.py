"""FastAPI and a Keras model: the tutorial's way."""

import os

import numpy as np
import tf_keras
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
model = tf_keras.models.load_model(os.environ["MODEL_FILE"], compile=False)


class Rows(BaseModel):
    """Rows of one input."""

    instances: list[list[list[float]]]


@app.post("/predict")
def predict(rows: Rows) -> dict[str, list[list[float]]]:
    """``model(x)``, the fastest of Keras' own ways for one row."""
    return {"predictions": model(np.array(rows.instances, np.float32)).numpy().tolist()}
