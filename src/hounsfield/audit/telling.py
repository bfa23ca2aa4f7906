"""What words seem to tell of a person: a text in a header, a field with its value, a column, the name of a file.

What they say is never repeated, only what kind of thing it is.
"""

from __future__ import annotations

import re

LONGEST_TEXT = 64 * 1024  # letters of a text that are looked at; what notes tell stands in front

REPLACED = re.compile(r"(anon\w*|de-?identified|removed|unknown|none|null|no name|x+|0+|1900-?01-?01|00010101)?", re.I)
"""What stands where something was taken out."""

DATE = re.compile(r"(?<!\d)(19|20)\d\d[-/.]?(0[1-9]|1[0-2])[-/.]?(0[1-9]|[12]\d|3[01])(?!\d)")
PERSON = re.compile(r"[^\W\d]{2}\^[^\W\d]")  # as DICOM writes names: Family^Given, from the last letters of the first
WORD = re.compile(r"\b(patient|subject|name|dob|birth\w*|mrn|hospital|institution|physician)\b\s*[:=]\s*\S", re.I)

FIELD = re.compile(
    r"\b(patients?|(first|last|given|family|middle|full|subject) ?name|surname|dob|birth ?(date|day|time)|date of birth"
    r"|born|mrn|medical record|ssn|social security|national id|nhs|address|street|zip ?code|postal? ?code|phone"
    r"|telephone|e ?mail|physician|doctor|radiologist|operator|hospital|institution|author|owner|artist|accession"
    r"|serial( number)?)\b"
)
"""What a field or a column is called that holds something personal, as words in small letters."""
BARE = re.compile(r"name|names")
PSEUDONYM = re.compile(
    r"(patients?|subject)( ?(id|no|number|code|key))?|patients? (age|sex|gender|weight|size|position)"
)
"""What a data set needs, and holds no more than a code where it was cleaned."""

NUMBER = re.compile(r"(?<![a-z])(mrn|ssn|nhs|dob|accession)[-_ ]?\d{3,}", re.I)
BARE_DATE = re.compile(rf"(?<![0-9A-Za-z]){DATE.pattern}(?![0-9A-Za-z])")
GIVEN = frozenset(
    """
    alice andrea andrew angela anna anne antonio barbara bob brian carlos carol charles christine christopher daniel
    david deborah diana donald edward elena elizabeth emily emma eric eva francesco frank fritz george hans heather
    helen hiroshi ivan james jane janet jean jennifer jessica joan john jonathan jose joseph juan judith julia karen
    karl katherine kenneth kevin klaus laura linda lisa luis maria marie mario martha martin mary matthew michael
    michelle miguel mohamed mohammed nancy nicole olga oliver patricia patrick paul peter philip pierre rachel raymond
    rebecca richard robert sandra sarah sharon sofia stefan stephanie stephen steven susan teresa thomas timothy ursula
    walter william wolfgang
    """.split()  # noqa: SIM905 - quoted one by one they fill a page
)
"""Common given names that are not words of the field too, as Mark and Rose are."""


def tells(text: str) -> str:
    """What a text seems to hold: a date, a name, a word such as "patient:"; nothing where it holds none."""
    for pattern, what in ((PERSON, "a name"), (WORD, "words about a person or place"), (DATE, "a date")):
        if pattern.search(text, 0, LONGEST_TEXT):
            return what
    return ""


def field_tells(field: str, value: str) -> str:
    """What a named value of a header seems to hold; nothing where it was taken out."""
    if REPLACED.fullmatch(value.strip()):
        return ""
    return tells(value) or ("words about a person or place" if FIELD.search(_words(field)) else "")


def column_tells(column: str) -> bool:
    """Whether a column of a table is called as what is personal is called; codes of patients are not."""
    words = _words(column)
    return bool(BARE.fullmatch(words) or FIELD.search(words)) and not PSEUDONYM.fullmatch(words)


def name_tells(name: str) -> str:
    """What the name of a file or folder seems to hold."""
    if PERSON.search(name) or any(word in GIVEN for word in _words(name).split()):
        return "a person's name"
    if NUMBER.search(name):
        return "a number of a person"
    return "a date" if BARE_DATE.search(name.replace("_", " ")) else ""


def _words(name: str) -> str:
    """`PatientName` and `patient-name` as "patient name"."""
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).strip().lower()
