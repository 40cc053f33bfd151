"""RFC 8785, held against its own table of numbers and against another implementation."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuili.audit.canonical import LARGEST, canonical, number

# RFC 8785, appendix B: the bits of a double, and how it is written.
NUMBERS = [
    ("0000000000000000", "0"),
    ("8000000000000000", "0"),
    ("0000000000000001", "5e-324"),
    ("8000000000000001", "-5e-324"),
    ("7fefffffffffffff", "1.7976931348623157e+308"),
    ("ffefffffffffffff", "-1.7976931348623157e+308"),
    ("4340000000000000", "9007199254740992"),
    ("c340000000000000", "-9007199254740992"),
    ("4430000000000000", "295147905179352830000"),
    ("44b52d02c7e14af5", "9.999999999999997e+22"),
    ("44b52d02c7e14af6", "1e+23"),
    ("44b52d02c7e14af7", "1.0000000000000001e+23"),
    ("444b1ae4d6e2ef4e", "999999999999999700000"),
    ("444b1ae4d6e2ef4f", "999999999999999900000"),
    ("444b1ae4d6e2ef50", "1e+21"),
    ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
    ("3eb0c6f7a0b5ed8d", "0.000001"),
    ("41b3de4355555553", "333333333.3333332"),
    ("41b3de4355555554", "333333333.33333325"),
    ("41b3de4355555555", "333333333.3333333"),
    ("41b3de4355555556", "333333333.3333334"),
    ("41b3de4355555557", "333333333.33333343"),
    ("becbf647612f3696", "-0.0000033333333333333333"),
    ("43143ff3c1cb0959", "1424953923781206.2"),
]


@pytest.mark.parametrize(("bits", "written"), NUMBERS)
def test_numbers_are_written_as_the_standard_shows(bits, written):
    value = struct.unpack(">d", bytes.fromhex(bits))[0]
    assert number(value) == written
    assert canonical({"a": value, "b": [value]}).decode() == f'{{"a":{written},"b":[{written}]}}'


def test_names_are_sorted_by_utf16_and_strings_escaped_as_the_standard_shows():
    value = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\u00f6": 7}
    assert list(json.loads(canonical(value)).values()) == [2, 4, 6, 7, 1, 5, 3]
    text = {"string": '\u20ac$\x0f\nA\'B"\\\\"/'}
    assert canonical(text) == '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), LARGEST + 1, -LARGEST - 1, "\ud800", object(), 10**16])
def test_what_the_standard_refuses_is_refused(value):
    with pytest.raises((ValueError, TypeError)):
        canonical(value)
    with pytest.raises((ValueError, TypeError)):
        canonical({"inside": [value]})


texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-LARGEST, LARGEST) | st.floats(allow_nan=False, allow_infinity=False)
chosen = st.sampled_from([0.5, 1.0, 1e16, 1e-7, -0.0, "x:1.0,", "\U0001f600"])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts | chosen,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=12,
)


@given(values)
def test_another_implementation_writes_the_same_bytes(value):
    rfc8785 = pytest.importorskip("rfc8785")
    assert canonical(value) == rfc8785.dumps(value)
    assert canonical({"value": value}) == rfc8785.dumps({"value": value})
