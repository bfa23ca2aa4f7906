"""What each metric is called and means, in one line for a person who reads a report."""

from __future__ import annotations

MEANINGS: dict[str, tuple[str, str]] = {
    "dice": ("Dice", "overlap of answer and truth: twice the shared part over the sum of both; 1 is perfect"),
    "foreground_dice": ("Dice of the foreground", "overlap of answer and truth with all labels taken as one"),
    "nsd": (
        "Surface Dice",
        "share of both surfaces that lies within a tolerance of each other (1 mm; 2 px in pictures); 1 is perfect",
    ),
    "hd95": ("95 % Hausdorff distance", "distance within which 95 % of both surfaces lie of each other; 0 is perfect"),
    "volume_error": ("Volume error", "difference of the volumes over the true one, without its sign; 0 is perfect"),
    "lesion_f1": ("Lesion F1", "separate parts of a structure found, and none invented; 1 is perfect"),
    "instance_ap": ("Object precision", "objects matched at an IoU above 0.5 over matched, missed and invented ones"),
    "average_precision": ("Average precision", "area under precision over recall; 1 is perfect"),
    "sensitivity_at_1_fp": ("Sensitivity at one false alarm", "true objects found at one false alarm a case"),
    "froc": ("FROC score", "mean share of true objects found over several rates of false alarms; 1 is perfect"),
    "point_error": ("Landmark error", "distance between the answered and the true point; 0 is perfect"),
    "auc": ("AUC", "chance that a case of the class gets a higher probability than one without; 0.5 is guessing"),
    "brier": ("Brier score", "mean squared difference between probability and truth; 0 is perfect"),
    "ece": ("Calibration error", "how far stated probabilities lie from what happens; 0 is perfect"),
    "balanced_accuracy": (
        "Balanced accuracy",
        "mean of the shares recognised in each class; of two classes 0.5 is guessing",
    ),
    "carried_dice": ("Dice of carried labels", "overlap of the moving labels, carried over, with the fixed ones"),
    "target_error": ("Target registration error", "distance between carried and true points; 0 is perfect"),
    "folding": ("Folding", "share of the field that turns space inside out; 0 is right"),
}


def name_of(metric: str) -> str:
    """The metric's name as people write it."""
    return MEANINGS[metric][0] if metric in MEANINGS else metric.replace("_", " ")


def meaning_of(metric: str) -> str:
    """One line about what the metric means; empty where none is known."""
    return MEANINGS[metric][1] if metric in MEANINGS else ""
