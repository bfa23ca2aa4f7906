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
        "case_folders": "hounsfield.layouts.case_folders:LAYOUT",
        "class_folders": "hounsfield.layouts.class_folders:LAYOUT",
        "decathlon": "hounsfield.layouts.decathlon:LAYOUT",
        "delimited": "hounsfield.layouts.delimited:LAYOUT",
        "image_mask": "hounsfield.layouts.image_mask:LAYOUT",
        "image_table": "hounsfield.layouts.image_table:LAYOUT",
        "manifest": "hounsfield.layouts.manifest:LAYOUT",
        "mask_per_object": "hounsfield.layouts.mask_per_object:LAYOUT",
        "medmnist": "hounsfield.layouts.medmnist:LAYOUT",
        "physionet2012": "hounsfield.layouts.physionet2012:LAYOUT",
        "single_images": "hounsfield.layouts.single_images:LAYOUT",
        "suffix_masks": "hounsfield.layouts.suffix_masks:LAYOUT",
        "voc": "hounsfield.layouts.voc:LAYOUT",
    },
    group="hounsfield.layouts",
)

FORMATS = Table(  # of images: the name is the suffix; beside its target a module has read_grid and read_labels
    "format",
    {
        ".jpeg": "hounsfield.formats.picture:read_image",
        ".jpg": "hounsfield.formats.picture:read_image",
        ".nii": "hounsfield.formats.nifti:read_image",
        ".nii.gz": "hounsfield.formats.nifti:read_image",
        ".png": "hounsfield.formats.picture:read_image",
    },
    group="hounsfield.formats",
)

ENGINES = Table("engine", {"torch": "hounsfield.inference.engines.torch:TorchEngine"})
