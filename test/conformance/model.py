"""The constraints of botocore's models: invalid inputs, and checks of outputs."""

import datetime
import re


class Broken:
    """An input that breaks one constraint, and the member that the refusal must name."""

    def __init__(self, sent, at, what):
        self.sent, self.at, self.what = sent, at, what


def breaks(shape, sent):
    """Every way to break one constraint of a structure; sent is a valid value."""
    yield from _structure(shape, sent, "")


def _structure(shape, sent, at):
    for name, member in shape.members.items():
        path = at + name[0].lower() + name[1:]
        if name in shape.required_members:
            rest = {k: v for k, v in sent.items() if k != name}
            yield Broken(rest, path, "left out")
        valid = sent[name] if name in sent else sample(member)
        for value, where, what in _value(member, valid, path):
            yield Broken({**sent, name: value}, where, what)


def _value(shape, valid, at):
    """Broken values of a shape: (value, place, what is wrong)."""
    if shape.type_name == "structure":
        for b in _structure(shape, valid, at + "."):
            yield b.sent, b.at, b.what
    elif shape.type_name == "list":
        yield from _list(shape, valid, at)
    elif shape.type_name == "string":
        for value, what in _string(shape, valid):
            yield value, at, what
    elif shape.type_name in ("integer", "long"):
        for value, what in _number(shape):
            yield value, at, what


def _list(shape, valid, at):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    one = valid[0] if valid else sample(shape.member)
    if low:
        yield [one] * (low - 1), at, "fewer entries than %d" % low
    if high is not None:
        yield [one] * (high + 1), at, "more entries than %d" % high
    for value, where, what in _value(shape.member, one, at + ".1.member"):
        yield [value], where, what


def _number(shape):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None:
        yield low - 1, "below %d" % low
    if high is not None:
        yield high + 1, "above %d" % high
    yield "many", "no number"


# None of these is in every class of the models; valid text with one of them at
# its end also finds a pattern that is not held to the end.
STRANGE = ["\x01", "\n", " ", "!", "/", "|", "-", "\u0100", "\U0001f600", "x", "7"]


def _string(shape, valid):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    pattern, enum = shape.metadata.get("pattern"), shape.metadata.get("enum")
    if low:
        yield "a" * (low - 1), "shorter than %d" % low
    if high is not None:
        yield "a" * (high + 1), "longer than %d" % high
    if enum:
        yield enum[0].swapcase(), "not in the enumeration"
    if pattern:
        whole = re.compile(translated(pattern), re.ASCII)
        tried = [s for c in STRANGE for s in (valid + c, c * max(low or 1, 1))]
        bad = [s for s in tried if (low or 0) <= len(s) <= (high or len(s)) and not whole.fullmatch(s)]
        for s in bad[:4]:
            yield s, "against the pattern, %r" % s[-8:]


def translated(pattern):
    """A pattern as Python reads it; of \\p classes only what the tests use of them.
    The models write characters of five and six digits like those of four, which
    read to the letter would be others."""
    pattern = pattern.replace("\\u10000-\\u10FFFF", "\\U00010000-\\U0010FFFF")
    for name, chars in (("L", "a-zA-Z\u00c0-\u024f"), ("Z", " \u00a0"), ("N", "0-9")):
        pattern = pattern.replace("\\p{%s}" % name, chars)
    return pattern


def sample(shape):
    """A value of a shape, for the members beside the broken one."""
    kind = shape.type_name
    if kind == "structure":
        return {k: sample(v) for k, v in shape.members.items() if k in shape.required_members or not shape.required_members}
    if kind == "list":
        return [sample(shape.member)]
    if kind == "string":
        return (shape.metadata.get("enum") or ["a" * max(shape.metadata.get("min") or 1, 1)])[0]
    return {"integer": 1, "long": 1, "boolean": True, "timestamp": datetime.datetime(2026, 1, 1)}[kind]


def faults(shape, value, at="", loose=()):
    """What is wrong with an output: required members that are missing, values
    that break a constraint of the model. Shapes whose names are in loose are
    not held to their constraints."""
    kind = shape.type_name
    if kind == "structure":
        for name in shape.required_members:
            if name not in value:
                yield "%s.%s is missing" % (at, name)
        for name, inner in value.items():
            if name in shape.members:
                yield from faults(shape.members[name], inner, at + "." + name, loose)
            elif name != "ResponseMetadata":
                yield "%s.%s is not in the model" % (at, name)
    elif kind == "list":
        for i, inner in enumerate(value):
            yield from faults(shape.member, inner, "%s[%d]" % (at, i), loose)
    elif kind == "timestamp":
        if not isinstance(value, datetime.datetime) or value.tzinfo is None:
            yield "%s is %r, no time" % (at, value)
    elif kind == "string" and isinstance(value, str) and shape.name not in loose:
        yield from _text_faults(shape, value, at)


def _text_faults(shape, value, at):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    pattern, enum = shape.metadata.get("pattern"), shape.metadata.get("enum")
    if not (low or 0) <= len(value) <= (high or len(value)):
        yield "%s has %d characters, not %s to %s" % (at, len(value), low, high)
    if enum and value not in enum:
        yield "%s is %r, not in %s" % (at, value, enum)
    if pattern and not re.compile(translated(pattern), re.ASCII).fullmatch(value):
        yield "%s is %r, against %s" % (at, value, pattern)
