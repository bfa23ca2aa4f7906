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


def test_a_case_of_several_patients_names_each() -> None:
    pair = Case("a__b", {}, patient="anna+ben", several=("anna", "ben"))
    assert pair.patients == pair.bonds == ("anna", "ben")
    assert Case("a", {}, patient="A+B").patients == ("A+B",), "a name with a plus in it is one name"
    unnamed = Case("a__b", {}, several=("a", "b"))
    assert (unnamed.patients, unnamed.bonds) == ((), ("a", "b")), "nobody is named, and the images are known"


def test_a_template_keeps_no_cases_together() -> None:
    onto = Case("a__b", {}, patient="anna+ben", several=("anna", "ben"), template="anna")
    assert (onto.patients, onto.bonds) == (("anna", "ben"), ("ben",))
    alone = Case("a__a2", {}, patient="anna", several=("anna",), template="anna")
    assert alone.bonds == ("anna",)
