"""The grammar of a declaration, without any meaning: see :mod:`scripts.adding.declaring.options`.

    declaration = name "=" items          items = word { "|" word }
    word = text [ "(" [ argument { "," argument } ] ")" ]          argument = name "=" items

>>> parse('x=table(columns=age|"a,b"(missing=0))')[1][0].arguments[0][1][1]
Word(text='a,b', quoted=True, arguments=[('missing', [Word(text='0', quoted=False, arguments=[])])])
"""

import re
from typing import NamedTuple

_TOKEN = re.compile(r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<mark>[=,|()])|(?P<bare>[^=,|()"]+))')
_ESCAPED = re.compile(r"\\(.)")
_DEEPEST = 5  # words within words; a column of a table is the second


class Word(NamedTuple):
    """A text and what stands in parentheses behind it."""

    text: str
    quoted: bool
    arguments: list[tuple[str, list["Word"]]]


class _Token(NamedTuple):
    text: str
    kind: str  # mark, bare or quoted


def parse(text: str) -> tuple[str, list[Word]]:
    """The name before the first ``=``, and the words behind it. Raises :class:`ValueError`."""
    name, equals, rest = text.partition("=")
    if not equals or not name.strip():
        raise ValueError("expected NAME=KIND, or NAME=KIND(FIELD=VALUE, …)")
    reader = _Reader(rest)
    words = reader.items(1)
    if reader.next is not None:
        raise ValueError(f"found '{reader.next.text}', expected the end")
    return name.strip(), words


class _Reader:
    """The tokens that are not read yet."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self.next = self._token()

    def items(self, depth: int) -> list[Word]:
        words = [self._word(depth)]
        while self._took("|"):
            words.append(self._word(depth))
        return words

    def _word(self, depth: int) -> Word:
        if depth > _DEEPEST:
            raise ValueError(f"parentheses are nested more than {_DEEPEST} deep")
        token = self.next
        if token is None or token.kind == "mark":
            raise ValueError(f"found {self._found()}, expected a word")
        self.next = self._token()
        arguments: list[tuple[str, list[Word]]] = []
        if self._took("(") and not self._took(")"):
            arguments.append(self._argument(depth))
            while self._took(","):
                arguments.append(self._argument(depth))
            self._require(")")
        return Word(token.text, token.kind == "quoted", arguments)

    def _argument(self, depth: int) -> tuple[str, list[Word]]:
        token = self.next
        if token is None or token.kind != "bare":
            raise ValueError(f"found {self._found()}, expected a field's name")
        self.next = self._token()
        self._require("=")
        return token.text, self.items(depth + 1)

    def _took(self, mark: str) -> bool:
        if self.next is None or self.next.kind != "mark" or self.next.text != mark:
            return False
        self.next = self._token()
        return True

    def _require(self, mark: str) -> None:
        if not self._took(mark):
            raise ValueError(f"found {self._found()}, expected '{mark}'")

    def _found(self) -> str:
        return "the end" if self.next is None else f"'{self.next.text}'"

    def _token(self) -> _Token | None:
        if not self._text[self._place :].strip():
            return None
        match = _TOKEN.match(self._text, self._place)
        if match is None:
            raise ValueError("a double quote is not closed")
        self._place = match.end()
        kind = str(match.lastgroup)
        text = match[kind].strip()
        if kind == "quoted":
            text = _ESCAPED.sub(r"\1", text[1:-1])
        return _Token(text, kind)
