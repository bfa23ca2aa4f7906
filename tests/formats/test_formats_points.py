"""Files of points, made for the purpose: what each form means, and what is refused."""

import json

import nibabel as nib
import numpy as np
import pytest

from hounsfield.formats import (
    points_centroids,
    points_csv,
    points_fcsv,
    points_labels,
    points_markups,
    points_pts,
)
from hounsfield.values import Grid, Points, Refused

GRID = Grid((10, 20, 30), np.array([[0, 0, 2.0, -5], [-1.0, 0, 0, 7], [0, 3.0, 0, 1], [0, 0, 0, 1]]))
"""An image whose first axis runs to the back, the second up and the third to the right."""


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def as_dict(points):
    return dict(zip(points.names, points.coordinates.tolist(), strict=True))


# .fcsv

COLUMNS = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
ROW = "n_{0},1.5,-2,3e1,0,0,0,1,1,1,0,{1},a note,vtkMRMLScalarVolumeNode1"


def fcsv(tmp_path, *rows, system="0", version="4.10", columns=COLUMNS, ends="\n"):
    header = [f"# Markups fiducial file version = {version}"]
    header += [f"# CoordinateSystem = {system}"] if system else []
    header += [f"# columns = {columns}"] if columns else []
    return written(tmp_path, "p.fcsv", ends.join([*header, *rows, ""]))


@pytest.mark.parametrize(
    ("system", "place"),
    [("0", [1.5, -2, 30]), ("RAS", [1.5, -2, 30]), ("1", [-1.5, 2, 30]), ("LPS", [-1.5, 2, 30])],
)
def test_slicer_points_are_turned_to_ras(tmp_path, system, place):
    points = points_fcsv.read_points(fcsv(tmp_path, ROW.format(0, "AC"), system=system))
    assert as_dict(points) == {"AC": place}
    assert points.present.tolist() == [1]


@pytest.mark.parametrize("system", ["2", "IJK"])
def test_slicer_points_in_indices_need_the_image(tmp_path, system):
    row = ROW.format(0, "AC").replace("1.5,-2,3e1", "4,5,6")
    path = fcsv(tmp_path, row, system=system)
    # i = 4 runs to the back from 7, j = 5 up from 1 in steps of 3, k = 6 to the right from -5 in steps of 2
    assert as_dict(points_fcsv.read_points(path, GRID)) == {"AC": [7, 3, 16]}
    with pytest.raises(Refused, match="no image to say where"):
        points_fcsv.read_points(path)


def test_slicer_labels_are_names_and_neither_ids_nor_rows(tmp_path):
    rows = [ROW.format(0, "28"), ROW.format(1, "27"), ROW.format(2, "4 "), ROW.format(3, "20`")]
    path = fcsv(tmp_path, *rows, ends="\r\n")
    assert points_fcsv.read_points(path).names == ("28", "27", "4", "20`")
    system, kept = points_fcsv.read_rows(path)
    assert system == "RAS"
    assert [(row.line, row.label) for row in kept] == [(4, "28"), (5, "27"), (6, "4 "), (7, "20`")]


def test_slicer_columns_may_come_in_another_order_and_labels_in_quotes(tmp_path):
    path = fcsv(tmp_path, '"a, b",1,2,3', columns="label,z,y,x")
    assert as_dict(points_fcsv.read_points(path)) == {"a, b": [3, 2, 1]}


def test_slicer_5_says_in_two_more_fields_which_points_were_placed(tmp_path):
    rows = [f"{ROW.format(number, name)},{status},0" for number, (name, status) in enumerate(("a2", "b1", "c3", "d0"))]
    points = points_fcsv.read_points(fcsv(tmp_path, *rows, version="5.2", system="LPS"))
    np.testing.assert_array_equal(points.present, [1, np.nan, 0, np.nan])
    assert np.isnan(points.coordinates[1:]).all()
    assert points.coordinates[0].tolist() == [-1.5, 2, 30]


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (["1,2"], {}, "line 4: has 2 fields, not 14"),
        ([ROW.format(0, "a").replace("1.5", "one")], {}, "line 4: has 'one' as x"),
        ([ROW.format(0, "a").replace("1.5", "nan")], {}, "line 4: has 'nan' as x"),
        ([ROW.format(0, "a").replace("3e1", "3e99")], {}, "line 4: has '3e99' as z"),
        ([ROW.format(0, "a"), ROW.format(1, "a ")], {}, "has the point 'a' twice"),
        ([ROW.format(0, " ")], {}, "no name for its point number 1"),
        ([ROW.format(0, "a")], {"system": ""}, "does not say its coordinate system"),
        ([ROW.format(0, "a")], {"system": "3"}, "has the coordinate system '3'"),
        ([ROW.format(0, "a"), "# CoordinateSystem = LPS"], {}, "line 5: has the CoordinateSystem 'LPS', after '0'"),
        ([ROW.format(0, "a")], {"columns": "id,x,y,z"}, "has no column 'label'"),
        ([f"{'x' * 140000},{ROW.format(0, 'a')}"], {}, "line 4: is no row of points"),
    ],
)
def test_slicer_files_that_can_not_be_read(tmp_path, rows, options, message):
    with pytest.raises(Refused, match=message):
        points_fcsv.read_points(fcsv(tmp_path, *rows, **options))


def test_files_that_are_none_of_slicer(tmp_path):
    with pytest.raises(Refused, match=r"no \.fcsv file of Slicer 4\.6"):
        points_fcsv.read_points(written(tmp_path, "a.fcsv", "name,x,y,z\nAC,1,2,3\n"))
    with pytest.raises(Refused, match="not UTF-8"):
        points_fcsv.read_points(written(tmp_path, "a.fcsv", b"# \xff\n"))
    with pytest.raises(Refused, match="is empty"):
        points_fcsv.read_points(written(tmp_path, "a.fcsv", ""))


# Slicer's markups


def markups(tmp_path, *lists):
    return written(tmp_path, "p.mrk.json", json.dumps({"markups": lists}))


def fiducials(*points, **more):
    return {"type": "Fiducial", "controlPoints": list(points), **more}


def test_markups_are_lps_unless_they_say_ras(tmp_path):
    point = {"label": "AC", "position": [1, -2, 3.5]}
    for more, place in (({}, [-1, 2, 3.5]), ({"coordinateSystem": "LPS"}, [-1, 2, 3.5])):
        assert as_dict(points_markups.read_points(markups(tmp_path, fiducials(point, **more)))) == {"AC": place}
    ras = fiducials(point, coordinateSystem="RAS", coordinateUnits=["mm", "UCUM", "millimeter"])
    other = fiducials({"label": "PC", "position": [1, 2, 3]})
    line = {"type": "Line", "controlPoints": [{"label": "end", "position": [0, 0, 0]}]}
    joined = points_markups.read_points(markups(tmp_path, ras, line, other))
    assert as_dict(joined) == {"AC": [1, -2, 3.5], "PC": [-1, -2, 3]}


def test_markups_without_a_place_are_unknown_or_absent(tmp_path):
    states = ("defined", "undefined", "preview", "missing")
    some = [{"label": s, "position": [1, 2, 3], "positionStatus": s} for s in states]
    del some[1]["position"]
    points = points_markups.read_points(markups(tmp_path, fiducials(*some)))
    np.testing.assert_array_equal(points.present, [1, np.nan, np.nan, 0])
    assert np.isnan(points.coordinates[1:]).all()
    assert len(points_markups.read_points(markups(tmp_path, fiducials()))) == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"a": 1}, "no list 'markups'"),
        ([], "no list 'markups'"),
        ({"markups": [{"type": "Line"}]}, "no list of points"),
        ({"markups": [fiducials(coordinateSystem="IJK")]}, "coordinate system 'IJK'"),
        ({"markups": [fiducials(coordinateSystem=["LPS"])]}, "coordinate system"),
        ({"markups": [fiducials(coordinateUnits="um")]}, "coordinates in 'um'"),
        ({"markups": [{"type": "Fiducial", "controlPoints": [1]}]}, "no list 'controlPoints'"),
        ({"markups": [fiducials({"label": "a", "position": [1, 2]})]}, "point 1: has no position of three"),
        ({"markups": [fiducials({"label": "a", "position": [1, 2, 10**400]})]}, "point 1: has no position of three"),
        ({"markups": [fiducials({"label": "a", "position": [1, 2, float("nan")]})]}, "point 1: has no position"),
        ({"markups": [fiducials({"position": [1, 2, 3]})]}, "no name for its point number 1"),
        ({"markups": [fiducials({"label": "a", "positionStatus": "lost"})]}, "point 1: has the positionStatus 'lost'"),
    ],
)
def test_markups_that_can_not_be_read(tmp_path, content, message):
    with pytest.raises(Refused, match=message):
        points_markups.read_points(written(tmp_path, "p.mrk.json", json.dumps(content)))


def test_json_nested_without_end_is_refused(tmp_path):
    with pytest.raises(Refused, match="no readable JSON"):
        points_markups.read_points(written(tmp_path, "p.mrk.json", '{"markups":' * 99999))


# VerSe's centroids


def test_centroids_lie_along_the_directions_they_name(tmp_path):
    entry = {"label": 20, "X": 4.0, "Y": 5.0, "Z": 6.0}
    # GRID runs P, S, R: in S the file says I, so its 5 voxels are counted from the other end of 20
    for direction, place in ((["P", "S", "R"], [7, 3, 16]), (["P", "I", "R"], [7, 3, 1 + 3 * 14])):
        path = written(tmp_path, "a_ctd.json", json.dumps([{"direction": direction}, entry]))
        assert as_dict(points_centroids.read_points(path, GRID)) == {"20": place}
    turned = [{"direction": ["R", "P", "S"]}, {"label": 20, "X": 6.0, "Y": 4.0, "Z": 5.0}]
    path = written(tmp_path, "a_ctd.json", json.dumps(turned))
    assert as_dict(points_centroids.read_points(path, GRID)) == {"20": [7, 3, 16]}
    with pytest.raises(Refused, match="no image to say where"):
        points_centroids.read_points(path)
    with pytest.raises(Refused, match="3 indices, and its image has 2 axes"):
        points_centroids.read_points(path, Grid.picture((5, 5)))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "does not begin with"),
        ({"direction": ["P", "I", "R"]}, "does not begin with"),
        ([{"direction": ["P", "A", "R"]}], "does not begin with"),
        ([{"direction": ["P", "I", "Q"]}], "does not begin with"),
        ([{"direction": ["P", "I", ["R"]]}], "does not begin with"),
        ([{"direction": ["P", "I", "R"]}, {"label": 1, "X": 1, "Y": None, "Z": 3}], "entry 2: has no label"),
        ([{"direction": ["P", "I", "R"]}, {"label": 1.5, "X": 1, "Y": 2, "Z": 3}], "entry 2: has no label"),
        ([{"direction": ["P", "I", "R"]}, 7], "entry 2: has no label"),
        ([{"direction": ["P", "I", "R"]}, *[{"label": 1, "X": 1, "Y": 2, "Z": 3}] * 2], "point '1' twice"),
    ],
)
def test_centroids_that_can_not_be_read(tmp_path, content, message):
    with pytest.raises(Refused, match=message):
        points_centroids.read_points(written(tmp_path, "a_ctd.json", json.dumps(content)), GRID)


# label maps


def label_map(tmp_path, array):
    nib.save(nib.Nifti1Image(array, GRID.affine), tmp_path / "labels.nii.gz")
    return tmp_path / "labels.nii.gz"


def test_a_voxel_or_the_centre_of_a_region_is_a_point(tmp_path):
    array = np.zeros(GRID.shape, np.float32)
    array[4, 5, 6] = 3
    array[2:4, 7, 8:11] = 12
    points = points_labels.read_points(label_map(tmp_path, array), names={3: "C2/C3"})
    assert points.names == ("C2/C3", "12")
    np.testing.assert_allclose(points.coordinates, [[7, 3, 16], [-5 + 2 * 9, 7 - 2.5, 1 + 3 * 7]])
    assert points.present.tolist() == [1, 1]


def test_an_empty_map_has_no_points_and_an_image_is_no_map(tmp_path):
    assert len(points_labels.read_points(label_map(tmp_path, np.zeros(GRID.shape, np.uint8)))) == 0
    image = np.arange(6000, dtype=np.int16).reshape(GRID.shape)
    with pytest.raises(Refused, match="more than 1000 different values"):
        points_labels.read_points(label_map(tmp_path, image))
    with pytest.raises(Refused, match="no label numbers"):
        points_labels.read_points(label_map(tmp_path, image.astype(np.float32) / 7))


# elastix


def test_elastix_points_of_pictures_and_volumes(tmp_path):
    path = written(tmp_path, "a.pts", "point\n2\n59 72\n122 108.5\n")
    assert as_dict(points_pts.read_points(path)) == {"1": [72, 59], "2": [108.5, 122]}
    path = written(tmp_path, "a.pts", "point\r\n1\r\n1 2 3\r\n")
    assert as_dict(points_pts.read_points(path)) == {"1": [-1, -2, 3]}
    path = written(tmp_path, "a.pts", "index\n1\n4 5 6\n")
    assert as_dict(points_pts.read_points(path, GRID)) == {"1": [7, 3, 16]}
    with pytest.raises(Refused, match="no image to say where"):
        points_pts.read_points(path)
    path = written(tmp_path, "a.pts", "index\n1\n4 5\n")
    assert as_dict(points_pts.read_points(path)) == {"1": [5, 4]}
    assert as_dict(points_pts.read_points(path, Grid.picture((9, 9), 0.5))) == {"1": [2.5, 2]}
    assert len(points_pts.read_points(written(tmp_path, "a.pts", "point\n0\n"))) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2\n1 2\n3 4\n", "begins with '2'"),
        ("point\n", "says that it has no points, and holds 0"),
        ("point\n3\n1 2\n3 4\n", "says that it has 3 points, and holds 2"),
        ("point\n2\n1 2\n3 4 5\n", "line 4: has no 2 numbers"),
        ("point\n1\n1 two\n", "line 3: has no 2 numbers"),
        ("point\n1\n1\n", "line 3: has no two or three numbers"),
        ("point\n1\n1 inf\n", "line 3: has no 2 numbers"),
    ],
)
def test_elastix_files_that_can_not_be_read(tmp_path, text, message):
    with pytest.raises(Refused, match=message):
        points_pts.read_points(written(tmp_path, "a.pts", text))


# CSV


def test_a_picture_s_x_runs_along_the_columns(tmp_path):
    path = written(tmp_path, "p.csv", "name,x,y\nsella,30,40\n")
    assert as_dict(points_csv.read_points(path)) == {"sella": [40, 30]}
    points_csv.write_points(path, Points(np.array([[40.0, 30.0]]), ("sella",)))
    assert path.read_text().splitlines() == ["name,x,y,present", "sella,30,40,1"]


def test_numbered_landmarks_are_pixels(tmp_path):
    path = written(tmp_path, "p.csv", " ,X,Y\n1,2614,966\n2,2948.5,\n")
    points = points_csv.read_points(path, Grid.picture((9000, 9000), 0.5))
    assert points.names == ("1", "2")
    assert points.coordinates[0].tolist() == [483, 1307]
    np.testing.assert_array_equal(points.present, [1, np.nan])
    with pytest.raises(Refused, match="2 indices, and its image has 3 axes"):
        points_csv.read_points(path, GRID)


def test_names_of_a_csv_stand_alone(tmp_path):
    with pytest.raises(Refused, match="has the point 'AC' twice"):
        points_csv.read_points(written(tmp_path, "p.csv", "name,x,y,z\nAC,1,2,3\nAC,1,2,3\n"))
    with pytest.raises(Refused, match="no name for its point number 2"):
        points_csv.read_points(written(tmp_path, "p.csv", "name,x,y,z\nAC,1,2,3\n,1,2,3\n"))


def test_an_infinite_coordinate_is_refused(tmp_path):
    for text in ("name,x,y,z\nAC,1,1e999,3\n", ",X,Y\n1,2,inf\n"):
        with pytest.raises(Refused, match="line 2: has an infinite coordinate"):
            points_csv.read_points(written(tmp_path, "p.csv", text), GRID)
