"""WFDB records: bytes by hand, records that the wfdb package wrote, and what is refused."""

import numpy as np
import pytest
import wfdb as referee

from hounsfield.formats.wfdb import read_signals
from hounsfield.formats.wfdb_annotations import read_annotations
from hounsfield.formats.wfdb_header import read_header
from hounsfield.values import Refused


def record(tmp_path, header, data=b"", name="r"):
    (tmp_path / f"{name}.hea").write_text(header)
    (tmp_path / f"{name}.dat").write_bytes(data)
    return tmp_path / f"{name}.hea"


# headers


def test_a_header_with_everything(tmp_path):
    lines = [
        "# a comment before",
        "r 2 360/360(0) 4 12:00:00 01/02/2003",
        "",
        "r.dat 16x2:3+24 1.5e2(-7)/uV 12 5 1 2 0 ECG lead II",
        "r.dat 16x2:3+24",
        "#Age: 69",
    ]
    header = read_header(record(tmp_path, "\r\n".join(lines)))
    assert (header.rate, header.frames, header.comments) == (360, 4, ("a comment before", "Age: 69"))
    first, second = header.signals
    assert (first.name, first.unit, first.gain, first.baseline) == ("ECG lead II", "uV", 150, -7)
    assert (first.format, first.frame, first.skew, first.offset) == (16, 2, 3, 24)
    assert (second.name, second.unit, second.gain, second.baseline) == ("signal_2", "mV", 200, 0)


def test_what_a_header_leaves_out_has_the_usual_value(tmp_path):
    header = read_header(record(tmp_path, "r 1\nr.dat 212 0 11 1024\n"))
    assert (header.rate, header.frames) == (250, None)
    assert (header.signals[0].gain, header.signals[0].baseline) == (200, 1024)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("# nothing\n", "names no record"),
        ("r\n", "no line of a record"),
        ("r two 360\n", "no line of a record"),
        ("r 2 360 10\nr.dat 16\n", "declares 2 signals and describes 1"),
        ("r 1 0 10\nr.dat 16\n", "has a rate of 0"),
        ("r 1 1.2.3 10\nr.dat 16\n", r"line 1: has '1\.2\.3'"),
        ("r/3 1 360 10\nr_1 10\n", "several segments"),
        ("r 1 360 10\nr.dat sixteen\n", "line 2: is no line of a signal"),
        ("r 1 360 10\nr.dat 16 x/mV\n", "line 2: is no line of a signal"),
        ("r 1 360 10\nr.dat 16 200(99999999999999)\n", "which can not be"),
        ("r 1 360 10\n../../etc/passwd 16\n", r"line 2: names the file '\.\./\.\./etc/passwd', outside"),
        ("r 1 360 10\n.. 16\n", "outside its folder"),
        ("r 1 360 10\nC:\\r.dat 16\n", "outside its folder"),
    ],
)
def test_headers_that_can_not_be_read(tmp_path, header, message):
    with pytest.raises(Refused, match=message):
        read_header(record(tmp_path, header))


# samples


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("212", [0x01, 0xF0, 0xFE, 0x00, 0x08, 0x00]),  # 0x001, 0xFFE, then the lowest code and 0
        ("16", [1, 0, 0xFE, 0xFF, 0, 0x80, 0, 0]),
        ("61", [0, 1, 0xFF, 0xFE, 0x80, 0, 0, 0]),
        ("160", [1, 0x80, 0xFE, 0x7F, 0, 0, 0, 0x80]),
        ("80", [129, 126, 0, 128]),
        ("24", [1, 0, 0, 0xFE, 0xFF, 0xFF, 0, 0, 0x80, 0, 0, 0]),
        ("32", [1, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0x80, 0, 0, 0, 0]),
    ],
)
def test_one_minus_two_missing_and_zero_in_every_format(tmp_path, kind, data):
    header = f"r 2 2 2\nr.dat {kind} 1(0)/mV 0 0 0 0 0 a\nr.dat {kind} 1(0)/mV 0 0 0 0 0 b\n"
    series = read_signals(record(tmp_path, header, bytes(data)))
    np.testing.assert_array_equal(series.values, [[1, -2], [np.nan, 0]])
    assert series.times.tolist() == [0, 0.5]
    assert (series.channels, series.unit) == (("a", "b"), "s")


def test_odd_numbers_of_12_bits_and_lengths_that_are_not_stated(tmp_path):
    header = "r 1 250{}\nr.dat 212 1(0)\n"
    data = bytes([0x01, 0xF0, 0xFE, 0x05, 0x00])
    assert read_signals(record(tmp_path, header.format(" 3"), data)).values[:, 0].tolist() == [1, -2, 5]
    assert read_signals(record(tmp_path, header.format(""), data)).values[:, 0].tolist() == [1, -2, 5]


def test_gain_baseline_offset_skew_and_several_samples_a_frame(tmp_path):
    data = b"skip" + np.array([10, 20, 30, 40, 50, 60, 70, 80], "<i2").tobytes()
    header = "r 2 10 2\nr.dat 16x2+4 10(20) 0 0 0 0 0 ECG\nr.dat 16x2:1+4 -10 0 0 0 0 0 ECG\n"
    series = read_signals(record(tmp_path, header, data))
    assert series.times == pytest.approx([0, 0.05, 0.1, 0.15])
    assert series.channels == ("ECG", "ECG_2")
    np.testing.assert_allclose(series.values, [[-1, -7], [0, -8], [3, np.nan], [4, np.nan]], rtol=1e-6)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("r 0 360 10\n", "has no signals"),
        ("r 1 360 5\nr.dat 16\n", "is cut short: it holds 4 of the 5 samples that r.hea declares"),
        ("r 1 360 999999999999\nr.dat 212\n", "is cut short"),
        ("r 1 360 2\nnone.dat 16\n", "none.dat: does not exist"),
        ("r 1 360 2\nr.dat 8\n", "format 8. Formats 16, 24, 32, 61, 80, 160, 212"),
        ("r 2 360 2\nr.dat 16\nr.dat 80\n", "two formats for the one file"),
        ("r 2 360 2\nr.dat 16x2\nr.dat 16\n", "different rates: 2 and 1"),
        ("r 2 360\nr.dat 16\nr.hea 16\n", "different lengths"),
    ],
)
def test_samples_that_can_not_be_read(tmp_path, header, message):
    with pytest.raises(Refused, match=message):
        read_signals(record(tmp_path, header, bytes(8)))


@pytest.mark.parametrize("kind", ["16", "24", "32", "80", "212"])
def test_records_that_another_program_wrote(tmp_path, kind):
    rng = np.random.default_rng(0)
    stored = rng.integers(-100, 100, (501, 3))
    referee.wrsamp(
        "other", 125, ["mV", "mmHg", "NU"], ["I", "ABP", "PLETH"], d_signal=stored, fmt=[kind] * 3,
        adc_gain=[200.0, 1.5, 1052.0], baseline=[3, -4, 0], comments=["age: 7"], write_dir=str(tmp_path),
    )  # fmt: skip
    series = read_signals(tmp_path / "other.hea")
    expected = referee.rdrecord(str(tmp_path / "other"))
    np.testing.assert_allclose(series.values, expected.p_signal, rtol=1e-6)
    np.testing.assert_allclose(series.values, (stored - [3, -4, 0]) / [200, 1.5, 1052], rtol=1e-6)
    assert series.channels == tuple(expected.sig_name)
    assert read_header(tmp_path / "other.hea").comments == ("age: 7",)


# annotations


def words(*pairs):
    return b"".join((code << 10 | low).to_bytes(2, "little") for code, low in pairs)


def marks(tmp_path, data):
    (tmp_path / "r.atr").write_bytes(data)
    return tmp_path / "r.atr"


def test_annotations_by_hand(tmp_path):
    data = words((28, 18), (63, 3)) + b"(N\0\0"  # a rhythm with a text of three bytes and one to make them even
    data += words((1, 77), (59, 0)) + bytes([1, 0, 2, 0])  # a beat; then 1 * 65536 + 2 samples are passed over
    data += words((5, 1), (61, 2), (62, 1), (60, 3), (42, 5), (63, 4)) + b"(AB\0" + words((28, 0), (63, 5)) + b"(AFIB\0"
    found = read_annotations(marks(tmp_path, data + words((0, 0)) + b"padding"))
    assert found.samples.tolist() == [18, 95, 95 + 65538 + 1, 95 + 65538 + 6, 95 + 65538 + 6]
    assert found.symbols == ("+", "N", "V", "[42]", "+")
    assert found.texts == ("(N", "", "", "(AB", "(AFIB")
    beats, rhythm = found.beats(100.0), found.rhythm(100.0)
    assert (beats.times.tolist(), beats.labels) == ([0.95, 656.34], ("N", "V"))
    assert (rhythm.times.tolist(), rhythm.labels) == ([0.18, 656.39], ("N", "AFIB"))


def test_marks_may_go_back_in_time_and_are_put_in_order(tmp_path):
    back = (2**32 - 50).to_bytes(4, "big")
    data = words((1, 100), (59, 0)) + back[1::-1] + back[:1:-1] + words((5, 10), (0, 0))
    found = read_annotations(marks(tmp_path, data))
    assert found.samples.tolist() == [100, 60]
    assert found.beats(10.0).labels == ("V", "N")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (words((1, 10)), "ends without its end mark"),
        (words((1, 10)) + b"\1", "ends without its end mark"),
        (words((1, 10), (59, 0)) + b"\1\0", "ends without its end mark"),
        (words((1, 10), (63, 9)) + b"(N", "a text has no end"),
        (words((63, 2)) + b"(N" + words((0, 0)), "no mark before it"),
        (words((55, 10), (0, 0)), "holds the code 55 at byte 0"),
        (words((59, 0)) + b"\xff\xff\xff\xff" + words((1, 0), (0, 0)), "before the beginning"),
    ],
)
def test_annotations_that_can_not_be_read(tmp_path, data, message):
    with pytest.raises(Refused, match=message):
        read_annotations(marks(tmp_path, data))


def test_annotations_that_another_program_wrote(tmp_path):
    samples = np.array([5, 900, 2500, 70000])
    symbols = ["+", "N", "V", "|"]
    notes = ["(AFIB", "", "", ""]
    referee.wrann("other", "atr", samples, symbols, aux_note=notes, fs=500, write_dir=str(tmp_path))
    found = read_annotations(tmp_path / "other.atr")
    assert (found.samples.tolist(), list(found.symbols), list(found.texts)) == (samples.tolist(), symbols, notes)
    assert found.rate == 500
    assert found.beats(100.0).times.tolist() == [1.8, 5.0]  # by the file's own rate
