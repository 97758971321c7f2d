"""What is passed on of a library's error: what went wrong, and never its advice."""

import pytest

from scripts.adding.sources import reason_of

LAMBDA = (
    "Requested the deserialization of a `Lambda` layer whose `function` is a Python lambda. This "
    "carries a potential risk of arbitrary code execution and thus it is disallowed by default. "
    "If you trust the source of the artifact, you can override this error by passing "
    "`safe_mode=False` to the loading function, or calling "
    "`keras.config.enable_unsafe_deserialization()."
)
PICKLED = (
    "This file contains pickled (object) data. If you trust the file you can load it unsafely "
    "using the `allow_pickle=` keyword argument or `pickle.load()`."
)
NOT_LOCATED = (
    "Could not locate class 'TransformerBlock'. Make sure custom classes are decorated with "
    "`@keras.saving.register_keras_serializable()`. If they are already decorated, make sure they "
    "are all imported.\n\nFull object config: {'module': None}"
)
NOT_BUILT = (
    "<class 'own.TransformerBlock'> could not be deserialized properly. Please ensure that "
    "components that are Python object instances are explicitly deserialized.\n\n"
    "config={'class_name': 'TransformerBlock'}.\n\n"
    "Exception encountered: TransformerBlock.__init__() got an unexpected keyword argument 'dtype'"
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LAMBDA, "Requested the deserialization of a `Lambda` layer whose `function` is a Python "),
        (PICKLED, "This file contains pickled (object) data."),
        ("Object arrays cannot be loaded when allow_pickle=False", "it holds Python code or "),
        (NOT_LOCATED, "Could not locate class 'TransformerBlock'."),
        (NOT_BUILT, "TransformerBlock.__init__() got an unexpected keyword argument 'dtype'"),
        ("Exception encountered when calling layer 'x'.\n\n{{node a}} No rows.", "No rows."),
        ("", "ValueError()"),
    ],
)
def test_it_is_one_line_without_advice(text: str, reason: str) -> None:
    said = reason_of(ValueError(text) if text else ValueError())
    assert said.startswith(reason)
    for advice in ("safe", "pickle=", "pickle.load", "Make sure", "Full object config", "\n"):
        assert advice not in said
