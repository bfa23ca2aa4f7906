"""The real WFDB records against the wfdb package, their own checksums and their READMEs."""

from collections import Counter

import numpy as np
import pytest
import wfdb as referee

from hounsfield.formats.wfdb import read_signals
from hounsfield.formats.wfdb_annotations import read_annotations
from hounsfield.formats.wfdb_header import read_header

pytestmark = pytest.mark.data

RECORDS = {
    "ecg/100": (650_000, 360, ("MLII", "V5"), ("mV", "mV")),
    "ecg/106": (650_000, 360, ("MLII", "V1"), ("mV", "mV")),
    "ecg/208": (650_000, 360, ("MLII", "V1"), ("mV", "mV")),
    "icu_alarms/a103l": (82_500, 250, ("II", "V", "PLETH"), ("mV", "mV", "NU")),
    "icu_alarms/v102s": (75_000, 250, ("II", "V", "PLETH", "RESP"), ("mV", "mV", "NU", "NU")),
}
FIRST_AND_CHECKSUM = {  # of each signal, as the headers state them
    "ecg/100": ((995, -22131), (1011, 20052)),
    "ecg/106": ((962, 32452), (1063, 6251)),
    "ecg/208": ((1003, 8074), (1062, 20649)),
    "icu_alarms/a103l": ((-171, -27403), (9127, -301), (6042, -17391)),
    "icu_alarms/v102s": ((-26, -9286), (340, 2647), (-46, -11021), (339, 12236)),
}
LOWEST = {212: -2048, 16: -32768}


@pytest.mark.parametrize("name", RECORDS)
def test_signals_are_those_of_the_wfdb_package(data_root, name):
    samples, rate, channels, units = RECORDS[name]
    header, series = read_header(data_root / f"{name}.hea"), read_signals(data_root / f"{name}.hea")
    assert series.values.shape == (samples, len(channels))
    assert (header.rate, series.channels) == (rate, channels)
    assert tuple(signal.unit for signal in header.signals) == units
    assert series.times[-1] == pytest.approx((samples - 1) / rate)
    expected = referee.rdrecord(str(data_root / name))
    np.testing.assert_allclose(series.values, expected.p_signal, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", RECORDS)
def test_signals_have_the_first_sample_and_the_sum_that_their_headers_state(data_root, name):
    header, series = read_header(data_root / f"{name}.hea"), read_signals(data_root / f"{name}.hea")
    for signal, values, (first, checksum) in zip(
        header.signals, series.values.T, FIRST_AND_CHECKSUM[name], strict=True
    ):
        stored = np.rint(values.astype(np.float64) * signal.gain + signal.baseline)
        stored = np.where(np.isnan(stored), LOWEST[signal.format], stored).astype(np.int64)
        assert stored[0] == first
        assert (stored.sum() - checksum) % 2**16 == 0


def test_missing_samples_are_nan(data_root):
    missing = np.isnan(read_signals(data_root / "icu_alarms" / "v102s.hea").values).sum(axis=0)
    assert (missing.min(), missing.max()) == (1, 17)
    assert not np.isnan(read_signals(data_root / "icu_alarms" / "a103l.hea").values).any()


@pytest.mark.parametrize(
    ("name", "beats", "rhythms", "others"),
    [
        ("100", {"N": 2239, "V": 1, "A": 33}, 1, {}),
        ("106", {"N": 1507, "V": 520}, 41, {"~": 30}),
        ("208", {"N": 1586, "V": 992, "F": 373, "S": 2, "Q": 2}, 53, {"~": 24, "|": 8}),
    ],
)
def test_every_annotation(data_root, name, beats, rhythms, others):
    found = read_annotations(data_root / "ecg" / f"{name}.atr")
    timeline = found.beats(360.0)
    assert Counter(timeline.labels) == beats
    assert len(found.rhythm(360.0).times) == rhythms
    assert Counter(s for s in found.symbols if s not in {*beats, "+"}) == others
    expected = referee.rdann(str(data_root / "ecg" / name), "atr")
    np.testing.assert_array_equal(found.samples, expected.sample)
    assert list(found.symbols) == expected.symbol
    assert list(found.texts) == [text.rstrip("\0").strip() for text in expected.aux_note]
    assert timeline.times[0] == expected.sample[[s in beats for s in expected.symbol]][0] / 360


def test_rhythms_have_their_names(data_root):
    rhythm = read_annotations(data_root / "ecg" / "100.atr").rhythm(360.0)
    assert (rhythm.labels, rhythm.times.tolist()) == (("N",), [18 / 360])
    assert {"N", "B"} <= set(read_annotations(data_root / "ecg" / "106.atr").rhythm(360.0).labels)


def test_a_second_copy_with_blank_lines_and_more_comments_reads_the_same(data_root, tmp_path):
    text = (data_root / "ecg" / "100.hea").read_text()
    (tmp_path / "100.hea").write_text(
        text + "\r\n# Produced by xform from record mitdb/100, beginning at 0:0:0\r\n\r\n"
    )
    (tmp_path / "100.dat").write_bytes((data_root / "ecg" / "100.dat").read_bytes())
    assert read_signals(tmp_path / "100.hea") == read_signals(data_root / "ecg" / "100.hea")
