"""The text of ``--input`` and ``--output``: what a tensor means, as a person writes it.

A declaration is a tensor's name and a kind, with fields where they differ from their defaults:

    NAME=image(scale=caffe, height=224)      age=column(missing=nan)
    x=table(columns=age|sex(categories=female|male))
    s=sequence(length=50, short=pad)         text=text
    probs=classes(activation=softmax)        price=number(unit=EUR)
    NAME=raw                                 takes a proposed declaration back

``|`` stands between the items of a list. Text with one of ``,|()="`` in it is written within double
quotes, where a backslash stands before a quote or a backslash. ``none`` is no value.

The kinds and their fields are read from the pydantic models, so this module knows none by name.
"""

import re
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from scripts.adding.declaring.option_text import Word, parse
from scripts.adding.given import SourceError

RAW = "raw"  # the kind that takes a proposed declaration back
Kinds = Mapping[str, type[BaseModel]]
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


class Declared(NamedTuple):
    """What one option says. ``fields`` are for the pydantic model; None takes a proposal back."""

    tensor: str
    fields: dict[str, Any] | None


def kinds_of(union: Any) -> dict[str, type[BaseModel]]:
    """The models of a union that ``kind`` tells apart, such as ``inference.inputs.Input``."""
    return {model.model_fields["kind"].default: model for model in _models(union)}


def read(option: str, text: str, kinds: Kinds) -> Declared:
    """The declaration in ``text``. ``option`` names the option in errors.

    >>> class Image(BaseModel):
    ...     scale: str = "0..255"
    >>> read("--input", "photo=image(scale=caffe)", {"image": Image})
    Declared(tensor='photo', fields={'kind': 'image', 'scale': 'caffe'})

    Raises :class:`SourceError`, which tells the known kinds and fields.
    """
    try:
        tensor, words = parse(text)
        return Declared(tensor, _fields_of(words, kinds))
    except ValueError as error:
        raise SourceError(f"{option} '{text}': {error}") from error


def build(
    option: str, declared: Declared, kinds: Kinds, proposed: BaseModel | None = None
) -> BaseModel | None:
    """The checked declaration; None where it is withdrawn.

    Fields that the option leaves out are those of the proposal, if it is of the same kind.
    Raises :class:`SourceError`.
    """
    if declared.fields is None:
        return None
    fields = declared.fields
    model = kinds[fields["kind"]]
    if isinstance(proposed, model):
        fields = proposed.model_dump() | fields
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or str(fields["kind"])
        raise SourceError(f"{option} of '{declared.tensor}': {place}: {first['msg']}") from error


def _fields_of(words: list[Word], kinds: Kinds) -> dict[str, Any] | None:
    if len(words) != 1:
        raise ValueError("expected one kind")
    word = words[0]
    if word.text == RAW and not word.arguments:
        return None
    if word.text not in kinds:
        raise ValueError(f"found the kind '{word.text}', expected {_either([*kinds, RAW])}")
    return {"kind": word.text} | _arguments_of(word, kinds[word.text])


def _arguments_of(word: Word, model: type[BaseModel]) -> dict[str, Any]:
    known = {name: field for name, field in model.model_fields.items() if name != "kind"}
    found = {}
    for name, words in word.arguments:
        if name in found:
            raise ValueError(f"{name} is given twice in {word.text}")
        if name not in known:
            expected = _either(list(known)) if known else "no field"
            raise ValueError(f"{word.text} has no field '{name}', expected {expected}")
        found[name] = _value_of(name, words, known[name])
    return found


def _value_of(name: str, words: list[Word], field: FieldInfo) -> Any:
    """What pydantic takes for the field; it reads numbers and truth values from text itself."""
    members = list(_members(field.annotation))
    lists = [get_args(member)[0] for member in members if get_origin(member) in (list, tuple)]
    if lists:
        return [_item_of(word, lists[0]) for word in words]
    if len(words) != 1 or words[0].arguments:
        raise ValueError(f"{name} takes one value, not a list or fields of its own")
    word = words[0]
    if word.quoted:
        return word.text
    if word.text == "none" and type(None) in members:
        return None
    if str in members and {int, float} & set(members) and _NUMBER.fullmatch(word.text):
        return float(word.text) if set(".eE") & set(word.text) else int(word.text)
    return word.text


def _item_of(word: Word, item: Any) -> Any:
    """A text; or, where items have fields, an object whose first field is the text."""
    if isinstance(item, type) and issubclass(item, BaseModel):
        first = next(iter(item.model_fields))
        return {first: word.text} | _arguments_of(word, item)
    if word.arguments:
        raise ValueError(f"'{word.text}' takes no fields")
    return word.text


def _models(union: Any) -> Iterator[type[BaseModel]]:
    for member in _members(union):
        if isinstance(member, type) and issubclass(member, BaseModel):
            yield member


def _members(annotation: Any) -> Iterator[Any]:
    """The types that a union holds, however deep, without what annotates them."""
    if get_origin(annotation) is Annotated:
        yield from _members(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _either(words: list[str]) -> str:
    return ", ".join(words[:-1]) + (f" or {words[-1]}" if words[:-1] else words[-1])
