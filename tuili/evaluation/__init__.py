"""How good a judge is, and how far its confidence can be trusted.

`evaluate` itself is `tuili.evaluate`; here it would hide the module of its name.
"""

from tuili.evaluation.calibration import fit_temperature
from tuili.evaluation.metrics import ClassScores, accuracy, brier, class_scores, confusion_matrix, log_loss, macro_f1
from tuili.evaluation.reliability import Bin, debiased_calibration_error, equal_mass_bins, expected_calibration_error
from tuili.evaluation.report import Report
from tuili.evaluation.scoring import score
from tuili.evaluation.selective import RiskCurve, risk_curve

__all__ = [
    "Bin",
    "ClassScores",
    "Report",
    "RiskCurve",
    "accuracy",
    "brier",
    "class_scores",
    "confusion_matrix",
    "debiased_calibration_error",
    "equal_mass_bins",
    "expected_calibration_error",
    "fit_temperature",
    "log_loss",
    "macro_f1",
    "risk_curve",
    "score",
]
