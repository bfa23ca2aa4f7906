"""YOLO's texts of boxes and the names of their classes; what comes out by arithmetic by hand."""

import pytest

from hounsfield.formats import boxes_yolo
from hounsfield.formats.boxes_yolo import read_boxes
from hounsfield.formats.yolo_names import read_names
from hounsfield.values import Grid, Refused

GRID = Grid.picture((10, 20))  # rows, columns


def written(folder, text, name="a.txt"):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / name


@pytest.mark.parametrize(
    ("line", "low", "high"),
    [
        # the centre at column edge 10 and row edge 5, 4 wide and 4 high: edges 8 to 12 and 3 to 7
        ("0 0.5 0.5 0.2 0.4", [2.5, 7.5], [6.5, 11.5]),
        ("0 0.5 0.5 1 1", [-0.5, -0.5], [9.5, 19.5]),  # the whole picture
        ("0 0.025 0.95 0.05 0.1", [8.5, -0.5], [9.5, 0.5]),  # the pixel in row 9, column 0
        ("0\t.5  5e-1 +0.2 0.4 0.87", [2.5, 7.5], [6.5, 11.5]),  # a confidence behind
        ("0 0.1 0.2 0.5 0.2 0.3 0.8", [1.5, 1.5], [7.5, 9.5]),  # an outline of columns 2 to 10 and rows 2 to 8
        ("0 0.1 0.2 0.5 0.2 0.5 0.8 0.1 0.8", [1.5, 1.5], [7.5, 9.5]),  # a turned box by its corners
    ],
)
def test_shares_are_measured_from_the_outer_edge_of_the_first_pixel(tmp_path, line, low, high):
    boxes = read_boxes(written(tmp_path, line), GRID, {0: "cell"})
    assert boxes.labels == ("cell",)
    assert boxes.corners_index[0].tolist() == [pytest.approx(low), pytest.approx(high)]
    assert (boxes.scores.tolist(), boxes.ignore.tolist()) == ([1], [False])


def test_an_empty_file_has_no_boxes_and_one_without_width_does_not_count(tmp_path):
    assert len(read_boxes(written(tmp_path, ""), GRID, {})) == 0
    assert len(read_boxes(written(tmp_path, " \r\n\n"), GRID, {})) == 0
    boxes = read_boxes(written(tmp_path, "1 0.5 0.5 0.2 0\r\n2 0.5 0.5 0.2 0.2\r\n"), GRID, {})
    assert (boxes.labels, boxes.ignore.tolist()) == (("1", "2"), [True, False])


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("0 0.5 0.5 0.2", r"line 2: has 4 fields; a box has 5"),
        ("0 0.5 0.5 0.2 0.1 0.9 0.9 0.1", "has 8 fields"),
        ("0 0.5 0.5 0.2 1.2", r"line 2: has the height '1\.2', which is no share from 0 to 1"),
        ("0 10 5 4 4", "has the x of the centre '10'"),
        ("0 0.5 0.5 -0.2 0.1", r"has the width '-0\.2'"),
        ("0 0.5 nan 0.2 0.1", "has the y of the centre 'nan'"),
        ("0 0.5 0.5 inf 0.1", "has the width 'inf'"),
        ("0 0.5 0.5 0.2 0.1 7", "has the confidence '7'"),
        ("0 0.1 0.2 0.5 0.2 0.3 2", "has the coordinate '2'"),
        ("cell 0.5 0.5 0.2 0.1", "has the class 'cell', which is no number"),
        ("-1 0.5 0.5 0.2 0.1", "has the class '-1'"),
        ("0.5 0.5 0.5 0.2 0.1", r"has the class '0\.5'"),
        ("7 0.5 0.5 0.2 0.1", "has the class 7, and the classes with a name are 0 to 2"),
        ("0 0.05 0.5 0.3 0.1", r"line 2: has a box over columns -2 to 4, rows 4\.5 to 5\.5, outside the picture"),
    ],
)
def test_what_is_no_box_is_refused_with_its_line(tmp_path, line, match):
    path = written(tmp_path, f"0 0.5 0.5 0.2 0.4\n{line}\n")
    with pytest.raises(Refused, match=match):
        read_boxes(path, GRID, {0: "a", 1: "b", 2: "c"})


@pytest.mark.parametrize(
    ("known", "said"), [((0, 1, 2, 4, 5), "0 to 2, 4 to 5"), ((7,), "7"), (range(0, 40, 2), "0, 2, 4, 6, 8, ...")]
)
def test_classes_without_a_name_are_told_those_that_have_one(tmp_path, known, said):
    with pytest.raises(Refused) as refusal:
        read_boxes(written(tmp_path, "3 0.5 0.5 0.2 0.4\n"), GRID, dict.fromkeys(known, "cell"))
    assert f"has the class 3, and the classes with a name are {said}. " in str(refusal.value)


def test_files_beyond_all_bounds_and_of_bytes_are_refused(tmp_path, monkeypatch):
    with pytest.raises(Refused, match="has 20001 lines"):
        read_boxes(written(tmp_path, "0 0.5 0.5 0.2 0.4\n" * 20_001), GRID, {})
    with pytest.raises(Refused, match="line 1: is not UTF-8"):
        read_boxes(written(tmp_path, b"\xff\xd8\xff"), GRID, {})
    monkeypatch.setattr(boxes_yolo, "LIMIT", 10)
    with pytest.raises(Refused, match="has 18 bytes, more than the 10"):
        read_boxes(written(tmp_path, "0 0.5 0.5 0.2 0.4\n"), GRID, {})
    with pytest.raises(Refused, match="does not exist"):
        read_boxes(tmp_path / "none.txt", GRID, {})


def test_boxes_on_a_volume_are_refused(tmp_path):
    with pytest.raises(Refused, match="has a box of a picture, but its image has 3 axes"):
        read_boxes(written(tmp_path, "0 0.5 0.5 0.2 0.4"), Grid.regular((4, 5, 6)), {})
    assert len(read_boxes(written(tmp_path, ""), Grid.regular((4, 5, 6)), {})) == 0


POLYPS = {0: "polyp", 1: "big lesion"}


@pytest.mark.parametrize(
    "text",
    [
        "train: images/train\nnc: 2\nnames: [polyp, big lesion]\n",
        "names: ['polyp', 'big lesion']  # two\nnc: 2\n",
        'names: ["polyp",\n        "big lesion",  # of a centimetre\n       ]\n',
        "names: {0: polyp, 1: 'big lesion'}\n",
        "names:\n  0: polyp  # small\n\n  # what is larger\n  1: big lesion\nnc: 2\n",
        'names:\n- polyp\n- "big lesion"\nroboflow:\n  license: CC BY 4.0\n',
        "\ufeffpath: ../data\r\nnames:\r\n  - polyp\r\n  - 'big lesion'\r\n",
        "names :\n  1: big lesion\n  0: polyp\n",
    ],
)
def test_names_in_yaml(tmp_path, text):
    assert read_names(written(tmp_path, text, "data.yaml")) == POLYPS


def test_names_that_look_like_more_than_they_are(tmp_path):
    text = "names: [\"Crohn's\", 'a, b', C#, 'it''s']\n"
    assert read_names(written(tmp_path, text, "data.yaml")) == {0: "Crohn's", 1: "a, b", 2: "C#", 3: "it's"}
    assert read_names(written(tmp_path, "nc: 2\n  names: [a]\nnames_of: [b]\n", "data.yaml")) == {}
    assert read_names(written(tmp_path, "polyp\nbig lesion\n\n", "classes.txt")) == POLYPS


@pytest.mark.parametrize(
    "text",
    [
        "lr0: 0.01\nnames:\n  optimizer: SGD\n  momentum: 0.9\nepochs: 3\n",
        "names: {run: a, project: b}\n",
        "names:\n  run:\n    - a\n",
    ],
)
def test_a_mapping_of_other_words_than_numbers_names_no_classes(tmp_path, text):
    assert read_names(written(tmp_path, text, "hyp.yaml")) == {}


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("names: polyp\n", "line 1: has `names` in a form that is not read"),
        ("names: [polyp, lesion\nnc: 2\n", "in a form that is not read"),
        ("nc: 0\nnames: []\n", "line 2: names no class"),
        ("names:\nnc: 2\n", "line 1: names no class"),
        ("names: [a]\nnames: [b]\n", "line 2: has `names` a second time"),
        ("names:\n  0: a\n  0: b\n", "line 3: names the class 0 twice"),
        ("names:\n  0: a\n  - b\n", "line 3: names the class 1 twice, or some classes without"),
        ("names:\n  0: a\n  b\n", "line 3: has 'b' among the names"),
        ("names:\n  0: &a polyp\n", "line 2: has the name '&a polyp', which is not read"),
        ("names: [!!python/object:os.system, b]\n", "which is not read"),
        ("names: [a, , b]\n", "has the name ''"),
        ("names: [[a, b]]\n", "which is not read"),
        ('names: ["caf\\u00e9"]\n', "which is not read"),
        ("kpt_shape: [17, 3]\nnames: [person]\n", "describes poses"),
    ],
)
def test_other_yaml_is_refused(tmp_path, text, match):
    with pytest.raises(Refused, match=match):
        read_names(written(tmp_path, text, "data.yaml"))
