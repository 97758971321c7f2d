"""Hostile bodies for every dialect: large, deep, wrong in each element, or of impossible shape."""

import json
from collections.abc import Iterator

from scripts.attacking.attacks import SIZE, Attack, filled, given
from scripts.attacking.target import Subject

_DEPTHS = (65, 250, 100_000)
_HUGE = 10**25


def hostile_bodies(subject: Subject) -> Iterator[Attack]:
    """Requests whose bodies are hostile; the large ones also packed."""
    for attack in [*_large(subject), *_keys_and_numbers(subject)]:
        yield attack
        yield attack.packed()
    yield from _allowed(subject)
    yield from _deep(subject)
    yield from _small(subject)
    yield from _shapes(subject)


def _paths(subject: Subject) -> tuple[str, str, str]:
    name = subject.name
    return f"/models/{name}/predict", f"/v1/models/{name}:predict", f"/v2/models/{name}/infer"


def _large(subject: Subject) -> Iterator[Attack]:
    own, v1, v2 = _paths(subject)
    row = f'{{"{subject.input}": [1'
    yield Attack("instances: [1, 1, …]", own, filled('{"instances": [1', ", 1", "]}"))
    yield Attack("instances: [{}, {}, …]", own, filled('{"instances": [{}', ", {}", "]}"))
    yield Attack('instances: ["a", "a", …]', own, filled('{"instances": ["a"', ', "a"', "]}"))
    yield Attack("V2 inputs: [{}, {}, …]", v2, filled('{"inputs": [{}', ", {}", "]}"))
    yield Attack("V2 outputs: [{}, {}, …]", v2, filled('{"outputs": [{}', ", {}", "]}"))
    yield Attack(
        "one row of 2.5 million values", own, filled(f'{{"instances": [{row}', ",1", "]}]}")
    )
    yield Attack("V1 one row of 2.5 million values", v1, filled('{"instances": [[1', ",1", "]]}"))
    yield Attack("V1 1.3 million rows", v1, filled('{"instances": [[1]', ",[1]", "]}"))
    yield Attack("V1 1.7 million rows, named", v1, filled('{"instances": [{}', ",{}", "]}"))
    yield Attack("V1 1.7 million empty rows", v1, filled('{"inputs": [[]', ",[]", "]}"))
    yield Attack("V1 a row of NaN", v1, filled('{"instances": [[NaN', ",NaN", "]]}"))
    yield Attack(
        "V2 2.5 million values",
        v2,
        lambda: _infer(subject, [1, SIZE // 2], data="[" + "1," * (SIZE // 2 - 1) + "1]"),
    )


def _keys_and_numbers(subject: Subject) -> Iterator[Attack]:
    own, v1, v2 = _paths(subject)
    for dialect, path in (("", own), ("V1 ", v1), ("V2 ", v2)):
        yield Attack(f"{dialect}an object of 500,000 keys", path, _many_keys)
        yield Attack(f"{dialect}a key sent 500,000 times", path, filled('{"a": 1', ', "a": 1', "}"))
    yield Attack("a row of 500,000 keys", own, lambda: b'{"instances": [%b]}' % _many_keys())
    yield Attack("V1 a text of 5 MB", v1, filled('{"instances": ["', "a", '"]}'))
    yield Attack(
        "V1 a name of 5 MB", v1, filled('{"signature_name": "', "a", '", "instances": [1]}')
    )
    yield Attack("V1 a number of 5 MB", v1, filled('{"instances": [[1', "0", "]]}"))
    yield Attack("a number of 5 MB", own, filled('{"instances": [1', "0", "]}"))
    yield Attack("V1 5 MB of spaces", v1, filled("{", " ", "}"))
    yield Attack("V1 5 MB of escapes", v1, filled('{"instances": ["', "\\u0000", '"]}'))


def _many_keys() -> bytes:
    keys = (f'"{number:x}":0' for number in range(SIZE // 10))
    return ("{" + ",".join(keys) + "}").encode()


def _allowed(subject: Subject) -> Iterator[Attack]:
    """As much as the model's metadata allows, in each direction."""
    metadata, v1 = subject.metadata, _paths(subject)[1]
    length = metadata.max_length if subject.has_free_length else 1
    most = min(metadata.max_batch, metadata.max_values // length)
    for rows, size in sorted({(metadata.max_batch, 1), (1, length), (most, length)}):
        body = json.dumps({"instances": subject.rows(rows, size)}).encode()
        name = f"V1 {rows} rows of length {size}, as allowed"
        yield Attack(name, v1, given(body), may_be_answered=True)


def _deep(subject: Subject) -> Iterator[Attack]:
    own, v1, v2 = _paths(subject)
    for depth in _DEPTHS:
        deep = "[" * depth + "1" + "]" * depth
        deep_object = '{"a":' * depth + "1" + "}" * depth
        for dialect, path in (("", own), ("V1 ", v1)):
            for shown, value in (("lists", deep), ("objects", deep_object)):
                body = f'{{"instances": {value}}}'.encode()
                yield Attack(f"{dialect}{shown} nested {depth} deep", path, given(body))
        body = _infer(subject, [1], data=deep)
        yield Attack(f"V2 lists nested {depth} deep", v2, given(body))


def _small(subject: Subject) -> Iterator[Attack]:
    own, v1, v2 = _paths(subject)
    bodies = {
        "nothing": b"",
        "null": b"null",
        "a list": b"[]",
        "an empty object": b"{}",
        "no UTF-8": b'{"instances": ["\xff\xfe"]}',
        "a lone surrogate": b'{"instances": ["\\ud800"]}',
        "a null character": b'{"signature_name": "\\u0000", "instances": [1]}',
        "a number of 5000 digits": b'{"instances": [[1%b]]}' % (b"0" * 5000),
        "a number of 10 to the 999": b'{"instances": [[1e999]]}',
        "NaN and Infinity": b'{"instances": [[NaN, -Infinity]]}',
        "ragged rows": b'{"instances": [[1], [1, 2]]}',
        "half an object": b'{"instances": [[1, 2',
        "no base64": b'{"instances": [{"b64": "?"}]}',
        "UTF-16": '{"instances": [[1]]}'.encode("utf-16"),
    }
    for shown, body in bodies.items():
        for dialect, path in (("", own), ("V1 ", v1), ("V2 ", v2)):
            # Some of them are a row of a model with floats of a free length.
            yield Attack(f"{dialect}{shown}", path, given(body), may_be_answered=True)


def _shapes(subject: Subject) -> Iterator[Attack]:
    path = _paths(subject)[2]
    for shape in ([0, _HUGE], [_HUGE, 0], [_HUGE], [-1, 4], [-1, -1], [2**63, 2], [1] * 65, []):
        body = _infer(subject, shape, data="[]" if 0 in shape else "[1, 1, 1, 1]")
        yield Attack(f"V2 shape {str(shape)[:40]}", path, given(body))
    sizes: list[object] = [10**12, -1, True, "4", 1.5, None]
    for size in sizes:
        head = _infer(subject, [1, 1], parameters={"binary_data_size": size})
        yield Attack(
            f"V2 binary tensor of {size} bytes",
            path,
            given(head + b"\0" * 4),
            {"inference-header-content-length": str(len(head))},
            may_be_answered=True,
        )
    for length in ("1000000000", "-1", "x", "1" * 5000, "١"):
        yield Attack(
            f"V2 binary header of {length[:12]} bytes",
            path,
            lambda: _infer(subject, [1, 1], data="[1]"),
            {"inference-header-content-length": length.encode().decode("latin-1")},
            may_be_answered=True,
        )


def _infer(
    subject: Subject,
    shape: list[int],
    data: str | None = None,
    parameters: dict[str, object] | None = None,
) -> bytes:
    tensor = {"name": subject.input, "datatype": subject.datatype, "shape": shape}
    written = json.dumps(tensor | ({"parameters": parameters} if parameters else {}))
    values = f', "data": {data}}}' if data is not None else "}"
    return f'{{"inputs": [{written[:-1]}{values}]}}'.encode()
