"""The table of languages that the skill speaks."""

from bridge.alexa.english import ENGLISH
from bridge.alexa.language import Language

LANGUAGES = (ENGLISH,)


def language_of(locale: str) -> Language:
    """The row of the locale, else one of the same language, else the first."""
    spoken = locale.partition("-")[0]
    same = [row for row in LANGUAGES if row.locale == locale]
    near = [row for row in LANGUAGES if row.locale.partition("-")[0] == spoken]
    return (*same, *near, *LANGUAGES)[0]
