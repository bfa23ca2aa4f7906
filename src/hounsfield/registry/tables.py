"""The tables of the house."""

from __future__ import annotations

from hounsfield.registry.table import Table

TASKS = Table(
    "task",
    {
        "detection": "hounsfield.tasks.detection:TASK",
        "diagnosis": "hounsfield.tasks.diagnosis:TASK",
        "landmarks": "hounsfield.tasks.landmarks:TASK",
        "registration": "hounsfield.tasks.registration:TASK",
        "segmentation": "hounsfield.tasks.segmentation:TASK",
    },
)

METHODS = Table(
    "method",
    {
        "boosting": "hounsfield.methods.boosting.method:METHOD",
        "centernet": "hounsfield.methods.centernet.method:METHOD",
        "convnet": "hounsfield.methods.convnet.method:METHOD",
        "deformable": "hounsfield.methods.deformable.method:METHOD",
        "gru_d": "hounsfield.methods.gru_d.method:METHOD",
        "heatmaps": "hounsfield.methods.heatmaps.method:METHOD",
        "unet": "hounsfield.methods.unet.method:METHOD",
    },
    group="hounsfield.methods",
)

LAYOUTS = Table(
    "layout",
    {
        "bids": "hounsfield.layouts.bids:LAYOUT",
        "boxes_table": "hounsfield.layouts.boxes_table:LAYOUT",
        "case_folders": "hounsfield.layouts.case_folders:LAYOUT",
        "class_folders": "hounsfield.layouts.class_folders:LAYOUT",
        "coco": "hounsfield.layouts.coco:LAYOUT",
        "decathlon": "hounsfield.layouts.decathlon:LAYOUT",
        "delimited": "hounsfield.layouts.delimited:LAYOUT",
        "dicom_series": "hounsfield.layouts.dicom_series:LAYOUT",
        "hdf5": "hounsfield.layouts.hdf5:LAYOUT",
        "image_mask": "hounsfield.layouts.image_mask:LAYOUT",
        "image_points": "hounsfield.layouts.image_points:LAYOUT",
        "image_table": "hounsfield.layouts.image_table:LAYOUT",
        "manifest": "hounsfield.layouts.manifest:LAYOUT",
        "mask_per_object": "hounsfield.layouts.mask_per_object:LAYOUT",
        "medmnist": "hounsfield.layouts.medmnist:LAYOUT",
        "pairs": "hounsfield.layouts.pairs:LAYOUT",
        "physionet2012": "hounsfield.layouts.physionet2012:LAYOUT",
        "single_images": "hounsfield.layouts.single_images:LAYOUT",
        "structure_masks": "hounsfield.layouts.structure_masks:LAYOUT",
        "suffix_masks": "hounsfield.layouts.suffix_masks:LAYOUT",
        "voc": "hounsfield.layouts.voc:LAYOUT",
        "wfdb": "hounsfield.layouts.wfdb:LAYOUT",
        "yolo": "hounsfield.layouts.yolo:LAYOUT",
    },
    group="hounsfield.layouts",
)

FORMATS = Table(  # of images, by suffix; a module has read_grid, read_labels and, where files are several, files_of
    "format",
    {
        ".bmp": "hounsfield.formats.picture:read_image",
        ".dcm": "hounsfield.formats.dicom.image:read_image",
        ".gif": "hounsfield.formats.picture:read_image",
        ".h5": "hounsfield.formats.hdf5:read_image",
        ".hdf5": "hounsfield.formats.hdf5:read_image",
        ".hdr": "hounsfield.formats.nifti:read_image",
        ".jpeg": "hounsfield.formats.picture:read_image",
        ".jpg": "hounsfield.formats.picture:read_image",
        ".mha": "hounsfield.formats.metaimage:read_image",
        ".mhd": "hounsfield.formats.metaimage:read_image",
        ".nhdr": "hounsfield.formats.nrrd:read_image",
        ".nii": "hounsfield.formats.nifti:read_image",
        ".nii.gz": "hounsfield.formats.nifti:read_image",
        ".npy": "hounsfield.formats.arrays:read_image",
        ".npz": "hounsfield.formats.arrays:read_image",
        ".nrrd": "hounsfield.formats.nrrd:read_image",
        ".png": "hounsfield.formats.picture:read_image",
        ".tif": "hounsfield.formats.picture:read_image",
        ".tiff": "hounsfield.formats.picture:read_image",
    },
    group="hounsfield.formats",
)

CHECKS = Table(  # of the data, by `inspect`
    "check",
    {
        "ambiguous": "hounsfield.audit.checks.ambiguous:CHECK",
        "apart": "hounsfield.audit.checks.apart:CHECK",
        "boxes": "hounsfield.audit.checks.boxes:CHECK",
        "class_share": "hounsfield.audit.checks.class_share:CHECK",
        "contradictions": "hounsfield.audit.checks.contradictions:CHECK",
        "copied": "hounsfield.audit.checks.copied:CHECK",
        "duplicates": "hounsfield.audit.checks.duplicates:CHECK",
        "enclosure": "hounsfield.audit.checks.enclosure:CHECK",
        "flat": "hounsfield.audit.checks.flat:CHECK",
        "flipped": "hounsfield.audit.checks.flipped:CHECK",
        "giveaways": "hounsfield.audit.checks.giveaways:CHECK",
        "grids": "hounsfield.audit.checks.grids:CHECK",
        "impossible": "hounsfield.audit.checks.impossible:CHECK",
        "inverted": "hounsfield.audit.checks.inverted:CHECK",
        "jpeg_masks": "hounsfield.audit.checks.jpeg_masks:CHECK",
        "label_types": "hounsfield.audit.checks.label_types:CHECK",
        "label_values": "hounsfield.audit.checks.label_values:CHECK",
        "mirrored": "hounsfield.audit.checks.mirrored:CHECK",
        "numbers": "hounsfield.audit.checks.numbers:CHECK",
        "orientation": "hounsfield.audit.checks.orientation:CHECK",
        "outliers": "hounsfield.audit.checks.outliers:CHECK",
        "points": "hounsfield.audit.checks.points:CHECK",
        "privacy": "hounsfield.audit.checks.privacy:CHECK",
        "repeated_times": "hounsfield.audit.checks.repeated_times:CHECK",
        "sentinels": "hounsfield.audit.checks.sentinels:CHECK",
        "shared_voxels": "hounsfield.audit.checks.shared_voxels:CHECK",
        "sorted_by_class": "hounsfield.audit.checks.sorted_by_class:CHECK",
        "split_leaks": "hounsfield.audit.checks.split_leaks:CHECK",
        "stray": "hounsfield.audit.checks.stray:CHECK",
        "transforms": "hounsfield.audit.checks.transforms:CHECK",
        "unreadable": "hounsfield.audit.checks.unreadable:CHECK",
    },
    group="hounsfield.checks",
)

MENDINGS = Table(  # by the name of the check whose faults they mend
    "mending",
    {
        "boxes": "hounsfield.audit.mending.boxes:mends",
        "grids": "hounsfield.audit.mending.grids:mends",
        "label_types": "hounsfield.audit.mending.label_types:mends",
    },
)

POINTS = Table(  # the name is how a file's name ends, the longest that fits; a target is read_points(path, grid=None)
    "format of points",
    {
        ".csv": "hounsfield.formats.points_csv:read_points",
        ".fcsv": "hounsfield.formats.points_fcsv:read_points",
        ".json": "hounsfield.formats.points_markups:read_points",
        ".mrk.json": "hounsfield.formats.points_markups:read_points",
        ".nii": "hounsfield.formats.points_labels:read_points",
        ".nii.gz": "hounsfield.formats.points_labels:read_points",
        ".pts": "hounsfield.formats.points_pts:read_points",
        "_ctd.json": "hounsfield.formats.points_centroids:read_points",
    },
)

ENGINES = Table("engine", {"torch": "hounsfield.inference.engines.torch:TorchEngine"})
