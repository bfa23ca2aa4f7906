"""Whose a case is."""

from hounsfield.values import Case


def test_a_case_that_nobody_named_a_patient_of_stands_for_itself() -> None:
    case = Case("scan_1", {})
    assert (case.patient, case.patients) == ("scan_1", ())
    again = case.renamed("anna_scan_1")
    assert (again.id, again.patient, again.patients) == ("anna_scan_1", "anna_scan_1", ())


def test_a_case_keeps_its_patients_under_another_name() -> None:
    assert Case("scan_1", {}, patient="anna").renamed("scan_2") == Case("scan_2", {}, patient="anna")
    assert Case("scan_1", {}, patient="anna").patients == ("anna",)
    assert Case("a__b", {}, patient="anna+ben").patients == ("anna", "ben")
