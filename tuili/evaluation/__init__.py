"""How good a judge is, and how far its confidence can be trusted.

`evaluate` itself is `tuili.evaluate`; here it would hide the module of its name.
"""

from tuili.evaluation.bias import BiasReport, check_bias
from tuili.evaluation.calibration import fit_temperature
from tuili.evaluation.conformal import SetReport, fit_sets, score_sets
from tuili.evaluation.cross_fit import cross_fitted
from tuili.evaluation.fit import fit_map
from tuili.evaluation.interval import Interval, bootstrap
from tuili.evaluation.metrics import ClassScores, accuracy, brier, class_scores, confusion_matrix, log_loss, macro_f1
from tuili.evaluation.reliability import (
    Bin,
    debiased_calibration_error,
    debiased_ece,
    equal_mass_bins,
    expected_calibration_error,
)
from tuili.evaluation.report import Report
from tuili.evaluation.risk import fit_risk
from tuili.evaluation.robustness import RobustnessReport, check_robustness
from tuili.evaluation.scoring import score
from tuili.evaluation.selective import RiskCurve, risk_curve

__all__ = [
    "BiasReport",
    "Bin",
    "ClassScores",
    "Interval",
    "Report",
    "RiskCurve",
    "RobustnessReport",
    "SetReport",
    "accuracy",
    "bootstrap",
    "brier",
    "check_bias",
    "check_robustness",
    "class_scores",
    "confusion_matrix",
    "cross_fitted",
    "debiased_calibration_error",
    "debiased_ece",
    "equal_mass_bins",
    "expected_calibration_error",
    "fit_map",
    "fit_risk",
    "fit_sets",
    "fit_temperature",
    "log_loss",
    "macro_f1",
    "risk_curve",
    "score",
    "score_sets",
]
