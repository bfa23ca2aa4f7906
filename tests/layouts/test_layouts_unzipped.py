"""Zips as data: unpacked once, safely, and named as ARCHIVE.zip::MEMBER."""

import os
import shutil
import stat
import warnings
import zipfile

import pytest
from made_folders import mask, opened, png, text, volume

from dicom_making import picture, random_volume, save
from hounsfield.formats import unzipping
from hounsfield.formats.unzipping import unpack_zip
from hounsfield.layouts.unzipped import unpacked
from hounsfield.values import LabelMap, MiB, Refused
from hounsfield.verbs.inspect import inspect


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "hounsfield" / "unzipped"


def zipped(folder, archive):
    """A folder's content as a zip; the folder is gone afterwards."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder))
    shutil.rmtree(folder)
    return archive


def of_members(archive, *members):
    """A zip of members given as name or ZipInfo, each holding a byte or what stands beside it."""
    with warnings.catch_warnings(), zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore", UserWarning)  # two of one name, on purpose
        for member in members:
            name, content = member if isinstance(member, tuple) else (member, b"x")
            file.writestr(name, content)
    return archive


def lesions(folder):
    for name in ("a", "b"):
        png(folder / "set" / f"{name}.png")
        mask(folder / "set" / f"{name}_mask.png", (0, 0))
    return folder


def test_any_layout_reads_a_zip_and_names_its_members(tmp_path, cache):
    archive = zipped(lesions(tmp_path / "x"), tmp_path / "lesions.zip")
    dataset = opened(archive)
    assert (dataset.layout, dataset.where, len(dataset)) == ("suffix_masks", str(archive), 2)
    case = dataset["b"]
    assert case.inputs["image"].where == f"{archive}::set/b.png"
    assert case.truths["labels"].answer.where == f"{archive}::set/b_mask.png"
    assert case.truth(LabelMap).array.sum() == 1
    assert len(list(cache.iterdir())) == 1
    plain = opened(lesions(tmp_path / "y"))
    assert plain["b"].digest() == case.digest()


def test_a_dicom_file_in_a_zip_does_not_hide_the_rest(tmp_path):
    for number in range(6):
        png(tmp_path / "x" / "images" / f"{number}.png")
        mask(tmp_path / "x" / "masks" / f"{number}.png", (0, 0))
    save(picture(random_volume((4, 5))), tmp_path / "x" / "extra" / "0.dcm")
    archive = zipped(tmp_path / "x", tmp_path / "x.zip")
    assert len(opened(archive, layout="image_mask")) == 6
    dataset = opened(archive)
    assert (dataset.layout, len(dataset)) == ("image_mask", 6)


def test_it_is_unpacked_once_and_again_where_files_are_gone(tmp_path, cache):
    archive = zipped(lesions(tmp_path / "x"), tmp_path / "lesions.zip")
    opened(archive)
    (folder,) = cache.iterdir()
    before = (folder / "set" / "a.png").stat().st_mtime_ns
    opened(shutil.copy(archive, tmp_path / "renamed.zip"))  # the same content, so the same folder
    assert (folder / "set" / "a.png").stat().st_mtime_ns == before
    (folder / "set" / "a.png").unlink()
    assert len(opened(archive)) == 2
    shutil.rmtree(cache)
    assert len(opened(archive)) == 2
    assert [path.name for path in cache.iterdir()] == [folder.name]


def test_refusals_name_the_archive(tmp_path, cache):
    for name in ("a", "b"):
        volume(tmp_path / "x" / "imagesTr" / f"{name}.nii.gz")
        volume(tmp_path / "x" / "labelsTr" / f"{name}.nii.gz")
    (tmp_path / "x" / "imagesTr" / "a.nii.gz").write_bytes(b"broken")
    archive = zipped(tmp_path / "x", tmp_path / "x.zip")
    dataset = opened(archive)
    with pytest.raises(Refused) as refusal:
        dataset["a"].inputs["image"].load()
    assert str(refusal.value).startswith(f"{archive}::imagesTr/a.nii.gz: ")
    labels = dataset["b"].truths["labels"].answer
    next(cache.glob("*/labelsTr/b.nii.gz")).write_bytes(b"broken")
    with pytest.raises(Refused) as refusal:
        labels.stored()
    assert str(refusal.value).startswith(f"{archive}::labelsTr/b.nii.gz: ")
    text(tmp_path / "y" / "m.csv", "case,image", "a,a.png", "a,a.png")
    png(tmp_path / "y" / "a.png")
    with pytest.raises(Refused) as refusal:
        opened(zipped(tmp_path / "y", tmp_path / "y.zip"))
    assert str(refusal.value).startswith(f"{tmp_path / 'y.zip'}::m.csv, line 3: ")


def test_a_folder_of_nothing_but_a_zip(tmp_path):
    folder = tmp_path / "download"
    folder.mkdir()
    zipped(lesions(tmp_path / "x"), folder / "data.zip")
    text(folder / "README.md", "hello")
    dataset = opened(folder)
    assert (len(dataset), dataset.where) == (2, str(folder))
    assert dataset["a"].inputs["image"].where == f"{folder / 'data.zip'}::set/a.png"
    shutil.copy(folder / "data.zip", folder / "more.zip")
    with pytest.raises(Refused, match=r"holds 2 archives: data\.zip, more\.zip\. Name one"):
        opened(folder)


def test_a_zip_of_a_folder_of_images(tmp_path):
    png(tmp_path / "x" / "scans" / "of today" / "a.png")
    text(tmp_path / "x" / "scans" / "README", "hello")
    dataset = opened(zipped(tmp_path / "x", tmp_path / "x.zip"))
    assert [value.where for case in dataset for value in case.inputs.values()] == [
        f"{tmp_path / 'x.zip'}::scans/of today/a.png"
    ]


def test_zips_in_zips_are_not_opened(tmp_path):
    inner = zipped(lesions(tmp_path / "x"), tmp_path / "inner.zip")
    of_members(tmp_path / "outer.zip", ("inner.zip", inner.read_bytes()))
    with pytest.raises(Refused, match=r"outer\.zip: is laid out in no way"):
        opened(tmp_path / "outer.zip")


def link(name):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, b"/etc/passwd"


@pytest.mark.parametrize(
    ("members", "match"),
    [
        (["a.png", "../b.png"], r"::\.\./b\.png: would be unpacked outside"),
        (["/b.png"], "outside"),
        (["a/../../b.png"], "outside"),
        (["a//b.png"], "outside"),
        (["..\\b.png"], "outside"),
        (["C:/b.png"], "outside"),
        ([link("b.png")], r"::b\.png: is a link"),
        (["a.png", "A.png"], r"::A\.png: has a name that 'a\.png' has too"),
        (["a.png", "a.png"], "has a name that 'a.png' has too"),
        (["é.png", "e\u0301.png"], "has too"),
        (["a", "a/b.png"], r"::a: is a file, and the folder of 'a/b\.png' too"),
    ],
)
def test_unsafe_members_are_refused_before_anything_is_written(tmp_path, cache, members, match):
    archive = of_members(tmp_path / "bad.zip", "first.png", *members)
    with pytest.raises(Refused, match=match):
        opened(archive)
    assert list(cache.iterdir()) == []
    assert not (tmp_path / "b.png").exists()


def test_encrypted_damaged_and_false_archives_are_refused(tmp_path):
    archive = of_members(tmp_path / "e.zip", ("a.png", b"x" * 100))
    data = bytearray(archive.read_bytes())
    data[6] |= 1  # the flag of encryption, in the local and in the central header
    data[data.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    with pytest.raises(Refused, match=r"e\.zip::a\.png: is encrypted"):
        opened(archive)
    text(tmp_path / "f.zip", "no zip")
    with pytest.raises(Refused, match=r"f\.zip: is cut short or no zip"):
        opened(tmp_path / "f.zip")
    content = os.urandom(5000)
    cut = bytearray(of_members(tmp_path / "c.zip", ("a.png", content)).read_bytes())
    cut[2000] ^= 255
    (tmp_path / "c.zip").write_bytes(cut)
    with pytest.raises(Refused, match=r"c\.zip::a\.png: is cut short or damaged"):
        opened(tmp_path / "c.zip")


def test_bombs_and_what_does_not_fit_are_refused(tmp_path, monkeypatch, cache):
    archive = of_members(tmp_path / "bomb.zip", *[(f"{n}.png", bytes(2**20)) for n in range(4)])
    monkeypatch.setattr(unzipping, "UNSUSPECTED", 2**20)
    with pytest.raises(Refused, match=r"bomb\.zip: unpacks to 4 MiB, more than 200 times its size"):
        opened(archive)
    monkeypatch.setattr(unzipping, "UNSUSPECTED", 2**30)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=67 * 2**20))
    with pytest.raises(Refused, match="needs 68 MiB to be unpacked, more than is free"):
        opened(archive)
    monkeypatch.undo()
    (tmp_path / "into").mkdir()
    unpack_zip(archive, tmp_path / "into")
    assert (tmp_path / "into" / "3.png").read_bytes() == bytes(2**20)


def test_unpacking_says_how_far_it_is(tmp_path):
    """Two members, of 3 MiB and of 5 bytes: block by block, up to all bytes; what was unpacked before says nothing."""
    large = b"image,age\n" + b"a.png,1234567890\n" * (3 * MiB // 17)
    archive = of_members(tmp_path / "set.zip", ("set/table.csv", large), ("set/more.txt", b"abcde"))
    seen = []
    folder = unpacked(archive, watch=lambda done, total: seen.append((done, total)))
    total = len(large) + 5
    assert (folder / "set" / "table.csv").read_bytes() == large
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert {of for _, of in seen} == {total}
    assert seen[0][0] <= MiB
    assert seen[-1] == (total, total)
    assert unpacked(archive, watch=lambda *_: pytest.fail("there already")) == folder


def test_inspect_tells_of_unpacking(tmp_path):
    archive, events = zipped(lesions(tmp_path / "x"), tmp_path / "lesions.zip"), []
    inspect(archive, watch=events.append)
    first, *_ = stages = [event["stage"] for event in events]
    assert first == "unpacking (MiB)"
    assert "looking at the cases" in stages
    assert [event for event in events if event["stage"] == first][-1]["done"] == 1
