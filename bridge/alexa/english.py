"""The skill in English, as spoken in the United States."""

from datetime import date, datetime

from bridge.alexa.language import Intent, Language, Store, Texts

_MONTHS = "January February March April May June July August September October November December".split()
_WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_SPECIAL_ORDINALS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def _day_of_year(day: date) -> str:
    return f"{_MONTHS[day.month - 1]} {day.day}{_SPECIAL_ORDINALS.get(day.day, 'th')}"


def _day(day: date) -> str:
    return f"{_day_of_year(day)}, {day.year}"


def _moment(day: date, hour: int, minute: int) -> str:
    minutes = f":{minute:02}" if minute else ""
    return f"{_day(day)} at {hour % 12 or 12}{minutes} {'AM' if hour < 12 else 'PM'}"


def _when(then: datetime, now: datetime) -> str:
    seconds = (now - then).total_seconds()
    days = (now.date() - then.date()).days
    if 0 <= seconds < 3_600:
        return _minutes_ago(int(seconds // 60))
    if days == 0:
        return "earlier today" if seconds > 0 else "today"
    if days == 1:
        return "yesterday"
    if 1 < days < 7:
        return f"on {_WEEKDAYS[then.weekday()]}"
    return f"on {_day_of_year(then)}" if then.year == now.year else f"on {_day(then)}"


def _minutes_ago(minutes: int) -> str:
    if minutes < 2:
        return "just now"
    return f"{minutes} minutes ago" if minutes < 10 else f"about {minutes // 5 * 5} minutes ago"


_TEXTS = Texts(
    welcome="Memory is ready. Tell me something to remember, or ask what you said about something.",
    welcome_reprompt="For example, say: remember that the spare key is under the blue pot. Or: what did I say about "
    "the spare key?",
    help="I keep notes for you and find them again. To keep one, say: remember that, and then your note. To hear one, "
    "say: what did I say about, and then a topic. What would you like to do?",
    help_reprompt="Say: remember that, and then your note. Or: what did I say about, and then a topic.",
    fallback="I didn't get that. You can say: remember that, and then your note. Or: what did I say about, and then a "
    "topic.",
    goodbye="Goodbye.",
    anything_else="Anything else?",
    what_to_remember="What should I remember?",
    what_to_recall="What should I look for?",
    which_code="What are the six digits of your code?",
    saved="Okay, I'll remember that.",
    too_long="That note is too long for me to keep. Please say it in fewer words, or split it in two.",
    not_saved="Sorry, I couldn't save that right now. Please try again in a moment.",
    nothing_found="I looked, but I have no memories about {query} yet.",
    not_recalled="Sorry, I couldn't look that up right now. Please try again in a moment.",
    not_allowed="Sorry, your memory didn't let me in. Please ask whoever set up this skill to check its key.",
    unpaired="I don't know yet whose memory to use. Ask whoever set up this skill for a code, then say: my code is, "
    "and the six digits.",
    paired="Done. From now on I use the memory of {name}.",
    wrong_code="That code doesn't work. A code lasts ten minutes, and works once. What are the six digits?",
    not_paired="Sorry, I couldn't check that code right now. Please try again in a moment.",
    found_one="You told me {when}: {text}",
    found_one_shared="I found one note. {when}: {text}",
    found_several="I found {count} notes.",
    found_item="{when}: {text}",
    some_time="some time ago",
    cut=", and so on.",
    link="a link",
)

_REMEMBER = Intent(
    name="RememberIntent",
    slot="note",
    slot_type="AMAZON.SearchQuery",
    samples=(
        "remember that {note}",
        "remember {note}",
        "to remember that {note}",
        "to remember {note}",
        "please remember that {note}",
        "can you remember that {note}",
        "save that {note}",
        "save {note}",
        "to save {note}",
        "store {note}",
        "to store {note}",
        "note that {note}",
        "to note that {note}",
        "make a note that {note}",
        "to make a note that {note}",
        "take a note that {note}",
        "write down that {note}",
        "write down {note}",
        "keep in mind that {note}",
        "don't forget that {note}",
        "don't forget {note}",
        "that {note}",
        "remember something",
        "to remember something",
        "take a note",
        "make a note",
    ),
    slot_samples=("{note}", "that {note}", "remember that {note}", "remember {note}"),
    prompt=_TEXTS.what_to_remember,
)

_RECALL = Intent(
    name="RecallIntent",
    slot="query",
    slot_type="AMAZON.SearchQuery",
    samples=(
        "what I said about {query}",
        "what did I say about {query}",
        "what I told you about {query}",
        "what did I tell you about {query}",
        "what you know about {query}",
        "what do you know about {query}",
        "what do I know about {query}",
        "what you remember about {query}",
        "what do you remember about {query}",
        "do you remember {query}",
        "if you remember {query}",
        "recall {query}",
        "to recall {query}",
        "recall what I said about {query}",
        "find {query}",
        "to find {query}",
        "look up {query}",
        "to look up {query}",
        "search for {query}",
        "to search for {query}",
        "tell me about {query}",
        "to tell me about {query}",
        "remind me about {query}",
        "remind me of {query}",
        "about {query}",
        "where is {query}",
        "where are {query}",
        "where {query}",
        "when is {query}",
        "when {query}",
        "who is {query}",
        "who {query}",
        "what is {query}",
        "what was {query}",
        "how {query}",
        "recall something",
        "look something up",
    ),
    slot_samples=("{query}", "about {query}", "for {query}", "what I said about {query}"),
    prompt=_TEXTS.what_to_recall,
)

_PAIR = Intent(
    name="PairIntent",
    slot="code",
    slot_type="AMAZON.NUMBER",
    samples=(
        "my code is {code}",
        "that my code is {code}",
        "the code is {code}",
        "code {code}",
        "use code {code}",
        "to use code {code}",
        "pair with code {code}",
        "to pair with code {code}",
        "pair with {code}",
        "I have a code",
        "pair me",
        "to pair me",
    ),
    slot_samples=("{code}", "my code is {code}", "it is {code}", "the code is {code}"),
    prompt=_TEXTS.which_code,
)

ENGLISH = Language(
    locale="en-US",
    invocation="memory",
    texts=_TEXTS,
    intents=(_REMEMBER, _RECALL, _PAIR),
    store=Store(
        name="Memory Bridge",
        summary="Your own memory: tell it what to remember, and ask what you said.",
        description="Keeps what you tell it in a memory that you host yourself, and finds it again when you ask. It is "
        "the same memory that your AI assistants use.",
        example_phrases=(
            "Alexa, open memory",
            "Alexa, tell memory to remember that the spare key is under the blue pot",
            "Alexa, ask memory what I said about the spare key",
        ),
        keywords=("memory", "notes", "remember", "recall"),
        testing_instructions="Say: open memory. Then: remember that the spare key is under the blue pot. Then: what "
        "did I say about the spare key.",
    ),
    counts=("no", "one", "two", "three"),
    symbols={
        "&": " and ",
        "→": " to ",
        "->": " to ",
        "=>": " to ",
        ">=": " at least ",
        "<=": " at most ",
        ">": " more than ",
        "<": " less than ",
        "@": " at ",
        "°C": " degrees Celsius",
        "°F": " degrees Fahrenheit",
    },
    when=_when,
    day=_day,
    moment=_moment,
)
