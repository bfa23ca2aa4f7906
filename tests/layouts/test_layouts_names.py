"""Names that people and systems give: whatever they are, a folder is read, or refused with the reason."""

import os

import pytest
from made_folders import mask, opened, png, text, volume

from hounsfield.layouts.folders import all_files
from hounsfield.layouts.single_images import single_case
from hounsfield.values import LabelMap, Refused

STRANGE = ["-rf", "007", "a b  c", "it's", 'say "hi"', "Müller Ø", "肺", "a;b,c", "100%", "$HOME", "x" * 251, "(1) [2]"]


@pytest.mark.parametrize("name", STRANGE, ids=range(len(STRANGE)))
def test_strange_names_are_ids_as_they_are(tmp_path, name):
    png(tmp_path / "images" / f"{name}.png")
    mask(tmp_path / "masks" / f"{name}.png", (0, 0))
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == [name]
    assert dataset[name].truth(LabelMap).array.sum() == 1


def test_hidden_files_and_by_products_are_not_looked_at(tmp_path):
    png(tmp_path / "images" / "a.png")
    mask(tmp_path / "masks" / "a.png", (0, 0))
    for name in (".hidden.png", "._a.png", "Thumbs.db"):
        text(tmp_path / "images" / name, "nothing")
    text(tmp_path / "__MACOSX" / "images" / "._a.png", "nothing")
    dataset = opened(tmp_path)
    assert len(dataset) == 1
    assert dataset.unclaimed == ()


def test_names_that_are_no_text_are_left_out_and_said(tmp_path):
    png(tmp_path / "a.png")
    for name in (b"\xff\xfe.png", b"line\nbreak.png", b"\x1b[31mred.png"):
        with open(os.path.join(os.fsencode(tmp_path), name), "wb") as file:
            file.write((tmp_path / "a.png").read_bytes())
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["a"]
    (problem,) = dataset.problems
    assert problem.what.startswith("holds 3 names of bytes that are no text, left out here, '")
    assert str(problem).isprintable()
    for name in (b"\xff\xfe.png", b"line\nbreak.png"):
        path = tmp_path / os.fsdecode(name)
        for read in (opened, lambda file: single_case({"image": file})):
            with pytest.raises(Refused, match="is no text") as refusal:
                read(path)
            assert str(refusal.value).isprintable()


def test_names_that_differ_in_case_only_are_refused(tmp_path):
    png(tmp_path / "Case.png")
    png(tmp_path / "case.png")
    with pytest.raises(Refused, match=r"two cases whose answers would share a name, 'Case\.png' and 'case\.png'"):
        opened(tmp_path)


def test_names_that_differ_in_the_form_of_an_accent_are_refused(tmp_path):
    png(tmp_path / "\u00e9.png")
    png(tmp_path / "e\u0301.png")
    with pytest.raises(Refused, match="share a name"):
        opened(tmp_path)


def test_links_to_files_and_folders(tmp_path):
    volume(tmp_path / "disk" / "scans" / "a.nii.gz")
    volume(tmp_path / "disk" / "labels" / "a.nii.gz")
    data = tmp_path / "data"
    (data / "labelsTr").mkdir(parents=True)
    (data / "imagesTr").symlink_to(tmp_path / "disk" / "scans")
    (data / "labelsTr" / "a.nii.gz").symlink_to(tmp_path / "disk" / "labels" / "a.nii.gz")
    dataset = opened(data)
    assert [case.id for case in dataset] == ["a"]
    assert dataset["a"].truth(LabelMap) is not None
    assert dataset.unclaimed == ()
    only = tmp_path / "only"
    only.mkdir()
    (only / "cases").symlink_to(data)
    assert len(opened(only)) == 1


def test_links_that_lead_nowhere_or_back(tmp_path):
    png(tmp_path / "images" / "a.png")
    mask(tmp_path / "masks" / "a.png", (0, 0))
    (tmp_path / "images" / "again").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    (tmp_path / "images" / "gone.png").symlink_to(tmp_path / "nothing.png")
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["a"]
    assert len(list(all_files(tmp_path))) == 2
    with pytest.raises(Refused, match="does not exist"):
        opened(tmp_path / "self")


def test_names_that_no_system_takes(tmp_path):
    with pytest.raises(Refused, match="can not be read"):
        opened(tmp_path / ("x" * 300))
    with pytest.raises(Refused, match="is no text"):
        opened(tmp_path / "a\0b")
