"""TensorFlow Serving's own first example, as its ``saved_model_half_plus_two.py`` makes it.

A graph of TensorFlow 1: reference variables, signatures on serialized ``tf.Example`` records, an
asset, and an operation that runs once when the model is loaded.
"""

from pathlib import Path
from typing import Any

import tensorflow as tf

v1 = tf.compat.v1
_METHODS = {
    "regress": v1.saved_model.REGRESS_METHOD_NAME,
    "classify": v1.saved_model.CLASSIFY_METHOD_NAME,
    "predict": v1.saved_model.PREDICT_METHOD_NAME,
}


def serving_half_plus_two(folder: Path) -> Path:
    """``y = a * x + 2``, as TensorFlow Serving's documentation has it."""
    return _half_plus(folder, "half_plus_two", 2.0)


def serving_half_plus_three(folder: Path) -> Path:
    """``y = a * x + 3``."""
    return _half_plus(folder, "half_plus_three", 3.0)


def _half_plus(folder: Path, name: str, number: float) -> Path:
    with v1.Graph().as_default(), v1.Session() as session:
        a, b, c = (
            v1.Variable(value, name=letter, use_resource=False)
            for letter, value in (("a", 0.5), ("b", number), ("c", 3.0))
        )
        serialized = v1.placeholder(tf.string, name="tf_example")  # of unknown rank
        features = v1.parse_example(
            serialized,
            {
                "x": tf.io.FixedLenFeature([1], tf.float32),
                "x2": tf.io.FixedLenFeature([1], tf.float32, default_value=[0.0]),
            },
        )
        x = tf.identity(features["x"], name="x")
        y = tf.add(tf.multiply(a, x), b, name="y")
        y2 = tf.add(tf.multiply(a, x), c, name="y2")
        x2 = tf.identity(features["x2"], name="x2")
        y3 = tf.add(tf.multiply(a, x2), c, name="y3")
        session.run(v1.global_variables_initializer())
        asset = folder / "foo.txt"
        asset.write_text("asset-file-contents")
        path = tf.constant(str(asset), name="filename_tensor")
        v1.add_to_collection(v1.GraphKeys.ASSET_FILEPATHS, path)
        kept = v1.Variable("", name="filename", use_resource=False)
        init = v1.assign(kept, path)
        session.run(init)
        builder = v1.saved_model.Builder(str(folder / name))
        builder.add_meta_graph_and_variables(
            session,
            [v1.saved_model.tag_constants.SERVING],
            signature_def_map={
                "regress_x_to_y": _signature("regress", serialized, outputs=y),
                "regress_x_to_y2": _signature("regress", serialized, outputs=y2),
                "regress_x2_to_y3": _signature("regress", x2, outputs=y3),
                "classify_x_to_y": _signature("classify", serialized, scores=y),
                "serving_default": v1.saved_model.build_signature_def(
                    {"x": v1.saved_model.build_tensor_info(x)},
                    {"y": v1.saved_model.build_tensor_info(y)},
                    _METHODS["predict"],
                ),
            },
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            main_op=tf.group(init),
        )
        builder.save()
    return folder / name


def _signature(method: str, inputs: Any, **outputs: Any) -> Any:
    described = v1.saved_model.build_tensor_info
    return v1.saved_model.build_signature_def(
        {"inputs": described(inputs)},
        {name: described(tensor) for name, tensor in outputs.items()},
        _METHODS[method],
    )


def example_classifier(folder: Path) -> Path:
    """TensorFlow 2's way: a function of serialized examples, here with its own variable."""
    module = tf.Module()
    module.weights = tf.Variable([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    features = {
        "size": tf.io.FixedLenFeature([2], tf.float32),
        "count": tf.io.FixedLenFeature([], tf.int64, default_value=7),
    }

    def classify(inputs: Any) -> Any:
        parsed = tf.io.parse_example(inputs, features)
        count = tf.cast(parsed["count"], tf.float32)[:, tf.newaxis] * tf.constant([[0.0, 0.0, 1.0]])
        return {"scores": parsed["size"] @ module.weights + count}

    spec = tf.TensorSpec([None], tf.string, name="inputs")
    module.classify = tf.function(classify, input_signature=[spec])
    tf.saved_model.save(module, folder / "flowers", signatures=module.classify)
    return folder / "flowers"


def picture_decoder(folder: Path) -> Path:
    """The mean colour of JPEG files."""
    module = tf.Module()

    def decode(content: Any) -> Any:
        pixels = tf.cast(tf.io.decode_jpeg(content, channels=3), tf.float32)
        return tf.reduce_mean(pixels, axis=[0, 1])

    module.mean = tf.function(
        lambda image_bytes: {
            "mean": tf.map_fn(decode, image_bytes, fn_output_signature=tf.float32)
        },
        input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")],
    )
    tf.saved_model.save(module, folder / "pictures", signatures=module.mean)
    return folder / "pictures"


def partly_served(folder: Path) -> Path:
    """One of its signatures takes tensors of any rank."""
    module = tf.Module()
    module.double = tf.function(
        lambda x: {"y": x * 2}, input_signature=[tf.TensorSpec([None], name="x")]
    )
    module.any = tf.function(
        lambda x: {"y": x * 2}, input_signature=[tf.TensorSpec(None, name="x")]
    )
    signatures = {"serving_default": module.double, "any": module.any}
    tf.saved_model.save(module, folder / "partly", signatures=signatures)
    return folder / "partly"
