"""Guesses the type of a memory from its words, for callers that give none."""

import re

FALLBACK = ("Context", 0.3)

# In this order: the first family with a hit decides, as in the contract this API keeps to.
_FAMILIES = {
    "Decision": r"decided to|chose .{1,80} over|going with|\bpicked\b|\bselected\b|will use|\bchoosing\b|opted for",
    "Pattern": r"\busually\b|\btypically\b|tends? to|pattern i noticed|\boften\b|\bfrequently\b|\bregularly\b"
    r"|\bconsistently\b",
    "Preference": r"\bprefers?\b|\blikes? .{1,80} better|\bfavou?rite\b|always use|rather than|instead of|\bfavou?r\b",
    "Style": r"\bwrote .{1,80} style|\bcommunicated\b|responded to|formatted as|\busing .{1,80} tone|expressed as",
    "Habit": r"\balways\b(?! use)|every time|\bhabitually\b|\broutine\b|\bdaily\b|\bweekly\b|\bmonthly\b",
    "Insight": r"\brealized\b|\bdiscovered\b|learned that|\bunderstood\b|figured out|\binsight\b|\brevelation\b",
    "Context": r"\bduring\b|while working on|in the context of|\bwhen\b|at the time|situation was",
}
_PATTERNS = {name: [re.compile(part) for part in family.split("|")] for name, family in _FAMILIES.items()}


def classify(content: str) -> tuple[str, float]:
    """The type and how sure it is: 0.6 for one hit, 0.1 more for each further one up to 0.95, 0.3 for a guess."""
    text = content.lower()
    for name, patterns in _PATTERNS.items():
        hits = sum(1 for pattern in patterns if pattern.search(text))
        if hits:
            return name, 0.6 if hits == 1 else min(0.95, 0.6 + 0.1 * hits)
    return FALLBACK
