"""Files that somebody made by hand to be bad, and odd ones that must pass.

Each writer fills a folder and gives what to open. READS must be read, REFUSED end in a refusal, EITHER
in one of the two.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import nibabel as nib
import numpy as np
from corpus_good import FLAT, SHAPE, coco, decathlon, dicom_slice, numbers, packed, png_chunk, voc, wfdb, write_dicom
from PIL import Image as Pillow
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid

Writer = Callable[[Path], Path]
SPACING = np.diag([1.0, 1.5, 2.0, 1.0])


def saved(name: str, content: bytes) -> Writer:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def nifti_bytes(affine: np.ndarray = SPACING, **fields: object) -> bytes:
    """A valid NIfTI-1 file with fields of its header set to anything."""
    content = bytearray(nib.Nifti1Image(numbers(), affine).to_bytes())
    header = np.frombuffer(content, nib.nifti1.header_dtype.newbyteorder("<"), 1).copy()
    for field, value in fields.items():
        header[field] = value
    content[:348] = header.tobytes()
    return bytes(content)


def dims(*sizes: int) -> np.ndarray:
    return np.array([len(sizes), *sizes, *[1] * (7 - len(sizes))], "i2")


def big_endian() -> bytes:
    header = nib.Nifti1Image(numbers(), SPACING).header.as_byteswapped(">")
    header["vox_offset"] = 352
    return header.binaryblock + b"\0" * 4 + numbers().astype(">i2").tobytes(order="F")


def sheared(degrees: float) -> np.ndarray:
    affine = SPACING.copy()
    affine[0, 2] = 2.0 * np.tan(np.radians(degrees))
    return affine


HEADER_ALONE = nifti_bytes(dim=dims(2000, 2000, 2000))[:352] + b"\0" * 25
NIFTI = {
    "nii-377-bytes-2000-cubed": saved("image.nii", HEADER_ALONE),
    "nii-gz-2000-cubed": saved("image.nii.gz", packed(HEADER_ALONE)),
    "nii-gz-truncated": saved("image.nii.gz", packed(nifti_bytes())[:300]),
    "nii-gz-of-gz": saved("image.nii.gz", packed(packed(nifti_bytes()))),
    "nii-text": saved("image.nii", b"a scan, honestly\n" * 40),
    "nii-negative-dim": saved("image.nii", nifti_bytes(dim=dims(12, -10, 8))),
    "nii-zero-dim": saved("image.nii", nifti_bytes(dim=dims(12, 0, 8))),
    "nii-no-axes": saved("image.nii", nifti_bytes(dim=np.zeros(8, "i2"))),
    "nii-nine-axes": saved("image.nii", nifti_bytes(dim=np.full(8, 9, "i2"))),
    "nii-nan-spacing": saved("image.nii", nifti_bytes(srow_x=np.full(4, np.nan))),
    "nii-infinite-spacing": saved("image.nii", nifti_bytes(srow_y=np.full(4, np.inf))),
    "nii-zero-spacing": saved("image.nii", nifti_bytes(srow_z=np.zeros(4))),
    "nii-singular": saved("image.nii", nifti_bytes(srow_z=np.array([1.0, 0.0, 0.0, 0.0]))),
    "nii-sheared-20": saved("image.nii", nifti_bytes(sheared(20.0))),
    "nii-complex": saved("image.nii", nib.Nifti1Image(numbers().astype("complex64"), SPACING).to_bytes()),
    "nii-unknown-type": saved("image.nii", nifti_bytes(datatype=77)),
    "nii-offset-past-end": saved("image.nii", nifti_bytes(vox_offset=1e9)),
    "nii-offset-nan": saved("image.nii", nifti_bytes(vox_offset=np.nan)),
    "nii-offset-negative": saved("image.nii", nifti_bytes(vox_offset=-400.0)),
    "nii-five-axes": saved("image.nii", nib.Nifti1Image(numbers((4, 4, 4, 3, 2)), SPACING).to_bytes()),
    "nii-pair-half": saved("image.nii", nifti_bytes(magic=b"ni1")),
}


def nifti_bomb(folder: Path) -> Path:
    """A header that declares all that a gzip of zeros can hold: 1 GB from a megabyte."""
    sizes = (1000, 1000, 500)
    header = nifti_bytes(dim=dims(*sizes))[:352]
    with gzip.GzipFile(folder / "image.nii.gz", "wb", 9, mtime=0) as stream:
        stream.write(header)
        block = bytes(1 << 20)
        for _ in range(2 * int(np.prod(sizes)) // len(block) + 1):
            stream.write(block)
    return folder / "image.nii.gz"


def png_of(columns: int, rows: int, *, chunks: bytes = b"") -> bytes:
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunks + png_chunk(b"IDAT", b"x\x9c\x03\0\0\0\0\1") + png_chunk(b"IEND", b"")


def tiff_loop() -> bytes:
    """A directory whose next directory is itself."""
    entries = [(256, 3, 1, 40), (257, 3, 1, 32), (258, 3, 1, 8), (262, 3, 1, 1), (273, 4, 1, 8), (279, 4, 1, 1280)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 8)


PICTURES = {
    "png-60000-squared": saved("image.png", png_of(60_000, 60_000)),
    "png-no-rows": saved("image.png", png_of(40, 0)),
    "png-pixels-missing": saved("image.png", png_of(40, 32)),
    "png-text-bomb": saved(
        "image.png", png_of(40, 32, chunks=png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 28))))
    ),
    "tiff-loop": saved("image.tif", tiff_loop()),
    "gif-no-frames": saved("image.gif", b"GIF89a" + struct.pack("<HHBBB", 40, 32, 0, 0, 0) + b";"),
}


def npy_header(text: str, version: bytes = b"\1\0") -> bytes:
    length = struct.pack("<H" if version == b"\1\0" else "<I", len(text))
    return b"\x93NUMPY" + version + length + text.encode()


def objects(folder: Path) -> Path:
    np.save(folder / "image.npy", np.array([{"a": 1}, None], object), allow_pickle=True)
    return folder / "image.npy"


def objects_in_npz(folder: Path) -> Path:
    labels = np.array([[print]] * 4, object)
    np.savez(folder / "set.npz", train_images=numbers((4, 8, 8), "uint8"), train_labels=labels)
    return folder / "set.npz"


ARRAYS = {
    "npy-objects": objects,
    "npz-objects": objects_in_npz,
    "npy-huge": saved("image.npy", npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (99999, 99999, 99)}")),
    "npy-negative": saved("image.npy", npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-4, 4)}")),
    "npy-code": saved("image.npy", npy_header("{'descr': __import__('os').system('true'), 'shape': (4,)}")),
    "npy-long-header": saved("image.npy", npy_header(" " * 2_000_000, b"\2\0")),
    "npy-deep-header": saved("image.npy", npy_header("(" * 9000)),
}


def zip_of(members: dict[str, bytes], name: str = "scans.zip") -> Writer:
    def write(folder: Path) -> Path:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return folder / name

    return write


def png(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    Pillow.fromarray(numbers((32, 40), "uint8", seed)).save(buffer, "PNG")
    return buffer.getvalue()


def linked_member(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "scans.zip", "w") as archive:
        info = zipfile.ZipInfo("scans/a.png")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return folder / "scans.zip"


def zip_bomb(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "scans.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(50):
            archive.writestr(f"scans/{number}.png", bytes(20_000_000))
    return folder / "scans.zip"


def nameless_member(folder: Path) -> Path:
    """No library writes a member without a name: in both places its only letter is taken away, with its length."""
    path = zip_of({"a": png()})(folder)
    content = bytearray(path.read_bytes())
    for signature, length_at, name_at in ((b"PK\1\2", 28, 46), (b"PK\3\4", 26, 30)):
        at = content.index(signature)
        content[at + length_at] = 0
        del content[at + name_at]
    end = content.index(b"PK\5\6")
    size, start = struct.unpack("<II", content[end + 12 : end + 20])
    content[end + 12 : end + 20] = struct.pack("<II", size - 1, start - 1)
    path.write_bytes(content)
    return path


def misspelt_member(folder: Path) -> Path:
    """A name that is UTF-8 in the table of contents and is not before the member itself; found by fuzzing."""
    path = zip_of({"ä": png()})(folder)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\3\4") + 31] = 0x21
    path.write_bytes(content)
    return path


ZIPS = {
    "zip-absolute": zip_of({"/etc/scans/a.png": png(), "/etc/scans/b.png": png(1)}),
    "zip-parent": zip_of({"../../a.png": png(), "scans/b.png": png(1)}),
    "zip-drive": zip_of({"C:\\scans\\a.png": png()}),
    "zip-link": linked_member,
    "zip-bomb": zip_bomb,
    "zip-empty": zip_of({}),
    "zip-nameless": nameless_member,
    "zip-misspelt": misspelt_member,
    "zip-case-clash": zip_of({"scans/A.png": png(), "scans/a.png": png(1)}),
}


def of_dicom(change: Callable[[FileDataset], None], count: int = 4) -> Writer:
    """A series in whose second slice something was changed."""

    def write(folder: Path) -> Path:
        series, study = generate_uid(entropy_srcs=["s"]), generate_uid(entropy_srcs=["t"])
        for position in range(count):
            data = dicom_slice(position, series=series, study=study)
            if position == 1:
                change(data)
            write_dicom(folder / f"{position}.dcm", data)
        return folder

    return write


def deep(levels: int) -> Writer:
    """A slice with sequences in sequences, of undefined length as scanners write them."""
    begin = struct.pack("<HH2sHIHHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF, 0xFFFE, 0xE000, 0xFFFFFFFF)
    end = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)

    def write(folder: Path) -> Path:
        of_dicom(lambda data: None)(folder)
        content = (folder / "1.dcm").read_bytes()
        at = content.index(struct.pack("<HH2s", 0x0010, 0x0010, b"PN"))
        (folder / "1.dcm").write_bytes(content[:at] + begin * levels + end * levels + content[at:])
        return folder

    return write


def without(*keywords: str) -> Callable[[FileDataset], None]:
    def change(data: FileDataset) -> None:
        for keyword in keywords:
            delattr(data, keyword)

    return change


def setting(**values: object) -> Callable[[FileDataset], None]:
    def change(data: FileDataset) -> None:
        for keyword, value in values.items():
            setattr(data, keyword, value)

    return change


def unknown_syntax(folder: Path) -> Path:
    of_dicom(lambda data: None)(folder)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.9.9.9\0"))
    return folder


def wrong_length(folder: Path) -> Path:
    of_dicom(lambda data: None)(folder)
    for path in folder.iterdir():
        content = path.read_bytes()
        at = content.index(struct.pack("<HH", 0x0028, 0x0030))
        path.write_bytes(content[: at + 6] + b"\xff\xff" + content[at + 8 :])
    return folder


DICOM = {
    "dicom-no-position": of_dicom(without("ImagePositionPatient")),
    "dicom-no-rows": of_dicom(without("Rows")),
    "dicom-no-pixels": of_dicom(without("PixelData")),
    "dicom-rows-too-many": of_dicom(setting(Rows=60_000, Columns=60_000)),
    "dicom-zero-spacing": of_dicom(setting(PixelSpacing=[0.0, 1.0])),
    "dicom-no-normal": of_dicom(setting(ImageOrientationPatient=[1, 0, 0, 1, 0, 0])),
    "dicom-unknown-syntax": unknown_syntax,
    "dicom-wrong-length": wrong_length,
    "dicom-missing-slice": of_dicom(setting(ImagePositionPatient=[0.0, 0.0, 40.0]), count=6),
    "dicom-same-place": of_dicom(setting(ImagePositionPatient=[0.0, 0.0, 0.0])),
}

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


def voc_with(text: str) -> Writer:
    def write(folder: Path) -> Path:
        _, spoilt = voc(folder)
        spoilt.write_text(text, encoding="utf-8")
        return folder

    return write


VOC = {
    "xml-laughs": voc_with(f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><annotation>&l11;</annotation>'),
    "xml-outside": voc_with('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation>&x;</annotation>'),
    "xml-deep": voc_with("<annotation>" + "<a>" * 100_000),
    "xml-utf-16-lie": voc_with('<?xml version="1.0" encoding="utf-16"?><annotation/>'),
}


def json_with(text: str) -> Writer:
    def write(folder: Path) -> Path:
        _, spoilt = decathlon(folder)
        spoilt.write_text(text, encoding="utf-8")
        return folder

    return write


JSON = {
    "json-deep": json_with("[" * 200_000),
    "json-list": json_with("[]"),
    "json-number": json_with("12"),
    "json-labels-odd": json_with(json.dumps({"labels": {"one": "two"}})),
    "json-huge-number": json_with('{"labels": {"0": "background", "1": ' + "9" * 5000 + "}}"),
}


FORGED = "\x1b[2J\x9b31mx\nhounsfield: all is well\x7f\r\u202e\u2066"
"""Clears the screen, colours it, writes a line that looks like ours, and turns the writing direction."""


def coco_forged(folder: Path) -> Path:
    _, spoilt = coco(folder)
    data = json.loads(spoilt.read_text())
    data["images"][0]["file_name"] = FORGED
    data["categories"][0]["name"] = FORGED
    spoilt.write_text(json.dumps(data))
    return folder


def table_forged(folder: Path) -> Path:
    rows = "".join(f'{n},{n % 2},"{FORGED}"\n' for n in range(30))
    (folder / "patients.csv").write_text(f'"{FORGED}",ill,word\n' + rows, encoding="utf-8")
    return folder


def labels_forged(folder: Path) -> Path:
    return json_with(json.dumps({"labels": {"0": "background", "1": FORGED}, "modality": {"0": FORGED}}))(folder)


def comments_forged(folder: Path) -> Path:
    _, spoilt = wfdb(folder)
    (folder / "RECORDS").write_text("a01\nnone\x1b[2J\x9b31m\u202e\n", encoding="utf-8")
    text = spoilt.read_text().replace("lead1", "lead\x1b[2J") + "# Dx: \x1b[2J\x9b31m\u202e\n"
    spoilt.write_text(text, encoding="utf-8")
    return folder


def wfdb_with_long_name(folder: Path) -> Path:
    """A header that names a file by more bytes than any system allows; found by fuzzing."""
    _, spoilt = wfdb(folder)
    head, *lines = spoilt.read_text().splitlines()
    names = lines[0].split(" ", 1)
    spoilt.write_text("\n".join([head, f"{'a' * 400} {names[1]}", *lines[1:]]) + "\n")
    return folder


def other_hdf5(folder: Path) -> Path:
    with h5py.File(folder / "case.h5", "w") as file:
        file["image"] = h5py.ExternalLink("/etc/passwd", "image")
        file["label"] = np.zeros(SHAPE, "u1")
    return folder


def hdf5_bomb(folder: Path) -> Path:
    with h5py.File(folder / "case.h5", "w") as file:
        file.create_dataset("image", (40_000, 4_000, 400), "f4", chunks=(40, 40, 40), compression="gzip")
        file["label"] = np.zeros(SHAPE, "u1")
    return folder


def hdf5_in_chunks(shape: tuple[int, ...], chunks: tuple[int, ...]) -> Writer:
    """Numbers that are there, in pieces that are too large or too small."""

    def write(folder: Path) -> Path:
        with h5py.File(folder / "case.h5", "w") as file:
            file.create_dataset("image", shape, "u1", chunks=chunks, compression="gzip")[...] = 1
        return folder / "case.h5"

    return write


HDF5 = {
    "hdf5-bomb": hdf5_bomb,
    "hdf5-large-chunk": hdf5_in_chunks((300, 1000, 500), (300, 1000, 500)),
    "hdf5-small-chunks": hdf5_in_chunks((2, 200, 200), (1, 1, 2)),
}


def dangling(folder: Path) -> Path:
    (folder / "image.nii.gz").symlink_to(folder / "nowhere.nii.gz")
    return folder / "image.nii.gz"


def pipe(folder: Path) -> Path:
    """Opening it would wait for somebody who writes, for ever."""
    os.mkfifo(folder / "image.nii")
    return folder / "image.nii"


def endless(folder: Path) -> Path:
    (folder / "image.nii").symlink_to("/dev/zero")
    return folder / "image.nii"


def folder_named_like_a_file(folder: Path) -> Path:
    (folder / "image.nii.gz").mkdir()
    return folder / "image.nii.gz"


def loop(folder: Path) -> Path:
    (folder / "scans").mkdir()
    (folder / "scans" / "again").symlink_to(folder / "scans")
    return folder / "scans"


def text_table(name: str, text: str, encoding: str = "utf-8") -> Writer:
    return saved(name, text.encode(encoding))


ROWS = "".join(f"{20 + n};{n % 2};{n % 2}\n" for n in range(30))
TABLES = {
    "csv-unequal": text_table("a.csv", "age,ill\n" + "1,2\n" * 20 + "1,2,3\n"),
    "csv-nul": text_table("a.csv", "age,ill\n1,\0\n"),
    "csv-utf-16": text_table("a.csv", "age,ill\n" + "1,0\n" * 20, "utf-16"),
    "csv-open-quote": text_table("a.csv", 'age,ill\n"1,0\n' + "2,1\n" * 20),
    "csv-same-column": text_table("a.csv", "age,age\n" + "1,0\n" * 20),
    "csv-header-alone": text_table("a.csv", "age,ill\n"),
    "csv-one-long-line": text_table("a.csv", "x" * 5_000_000),
}
PLACES = {
    "link-dangling": dangling,
    "pipe": pipe,
    "link-endless": endless,
    "folder-like-a-file": folder_named_like_a_file,
    "link-loop": loop,
}


def named(*names: str) -> Writer:
    """Images of these names in a folder."""

    def write(folder: Path) -> Path:
        (folder / "scans").mkdir()
        for number, name in enumerate(names):
            Pillow.fromarray(numbers((32, 40), "uint8", number)).save(folder / "scans" / f"{name}.png")
        return folder / "scans"

    return write


def linked_folder(folder: Path) -> Path:
    named("a", "b")(folder)
    (folder / "here").symlink_to(folder / "scans")
    return folder / "here"


def nested(levels: int, name: str, file: str) -> Writer:
    """Folders in each other, with a file in the innermost. The whole path would be too long for one call."""

    def write(folder: Path) -> Path:
        top = folder / "scans"
        top.mkdir()
        at = os.open(top, os.O_RDONLY)
        for _ in range(levels):
            os.mkdir(name, dir_fd=at)
            inner = os.open(name, os.O_RDONLY, dir_fd=at)
            os.close(at)
            at = inner
        with open(os.open(file, os.O_CREAT | os.O_WRONLY, dir_fd=at), "wb") as last:
            last.write(png())
        os.close(at)
        return top

    return write


def nested_out_of_sight(folder: Path) -> Path:
    """Beside an image that can be read, in folders that nobody looks into."""
    named("a")(folder)
    nested(1100, ".d", "b.png")(folder / "scans")
    return folder / "scans"


FORGERIES = {
    "forged-coco": coco_forged,
    "forged-csv": table_forged,
    "forged-labels": labels_forged,
    "forged-wfdb": comments_forged,
    "wfdb-long-name": wfdb_with_long_name,
    "forged-names": named("a", "b", FORGED.replace("/", ""), "c\u202egnp"),
}


def yolo_with(lines: list[str]) -> Writer:
    """A text of many boxes beside its image."""

    def write(folder: Path) -> Path:
        (folder / "cells.png").write_bytes(png())
        (folder / "cells.txt").write_text("\n".join(lines))
        return folder

    return write


PLACED = np.random.default_rng(0).uniform(0.1, 0.9, (20_000, 2)).tolist()


def structures_of_one_place(folder: Path) -> Path:
    """Sixty masks in files of their own, of which any two share most of their voxels."""
    shape = (128, 128, 128)
    (folder / "a" / "segmentations").mkdir(parents=True)
    nib.save(nib.Nifti1Image(np.zeros(shape, "i2"), SPACING), folder / "a" / "ct.nii.gz")
    for number in range(60):
        mask = np.zeros(shape, "u1")
        mask[:, :80] = 1
        mask[:, slice(80, 90) if number == 0 else slice(118, 128)] = 1
        name = f"{'abcdefghij'[number % 10]}{'klmnop'[number // 10]}.nii.gz"
        (folder / "a" / "segmentations" / name).write_bytes(packed(nib.Nifti1Image(mask, SPACING).to_bytes()))
    shutil.copytree(folder / "a", folder / "b")
    return folder


CROWDS = {
    "yolo-one-box-20000-times": yolo_with(["0 0.5 0.5 0.2 0.4"] * 20_000),
    "yolo-20000-boxes": yolo_with([f"0 {x:.4f} {y:.4f} 0.1 0.1" for x, y in PLACED]),
    "structures-in-one-place": structures_of_one_place,
}

READS: dict[str, Writer] = {
    "nii-sheared-0.3": saved("image.nii", nifti_bytes(sheared(0.3))),
    "nii-big-endian": saved("image.nii", big_endian()),
    "nii-one-slice": saved("image.nii.gz", packed(nib.Nifti1Image(numbers((12, 10, 1)), SPACING).to_bytes())),
    "csv-semicolons": text_table("a.csv", "age;sex;ill\n" + ROWS),
    "csv-bom": text_table("a.csv", "age;sex;ill\n" + ROWS, "utf-8-sig"),
    "csv-decimal-commas": text_table("a.csv", "age;mass;ill\n" + "".join(f"{n};1,5;{n % 2}\n" for n in range(30))),
    "names-odd": named("with blank", "it's", "“quoted”", "ünï-码", "-dash", "007"),
    "name-255": named("n" * 251),
    "link-to-folder": linked_folder,
    "folders-10-deep": nested(10, "d", "a.png"),
    "folders-out-of-sight": nested_out_of_sight,
    "png-as-jpg": saved("image.jpg", png()),
    "flat": lambda folder: (Pillow.fromarray(FLAT * 0).save(folder / "a.png"), folder / "a.png")[1],
}

EITHER: dict[str, Writer] = {"dicom-deep": deep(40), "dicom-deeper": deep(20_000), "hdf5-external": other_hdf5}
EITHER |= FORGERIES | CROWDS
EITHER |= {"folders-1100-deep": nested(1100, "d", "a.png"), "folders-1100-deep-no-image": nested(1100, "d", "a.txt")}
EITHER |= {"folders-50-deep": nested(49, "d", "a.txt"), "folders-5000-deep": nested(5000, "d", "a.png")}
EITHER |= {"zip-1100-deep": zip_of({"d/" * 1100 + "a.png": png()}), "zip-60-deep": zip_of({"d/" * 60 + "a.png": png()})}

REFUSED: dict[str, Writer] = {**NIFTI, "nii-gz-bomb": nifti_bomb, **PICTURES, **ARRAYS, **ZIPS}
REFUSED |= {**DICOM, **VOC, **JSON, **HDF5, **TABLES, **PLACES}
