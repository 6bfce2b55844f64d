"""Made-up notes of a household, and what its members ask Alexa about them."""

from dataclasses import dataclass

NOW = "2026-03-12T18:30:00+00:00"


@dataclass(frozen=True, slots=True)
class Note:
    """What was kept, when, and whether it was said to Alexa or stored by another assistant."""

    content: str
    timestamp: str
    spoken: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and words that the answer has to hold."""

    query: str
    expected: str


NOTES = (
    Note("the spare key is under the blue flower pot next to the garage", "2026-03-11T08:15:00+00:00"),
    Note("I parked on level three of the airport garage, row F", "2026-03-12T17:48:00+00:00"),
    Note("the wifi password for guests is on the back of the router", "2026-02-03T19:00:00+00:00"),
    Note(
        "Emma's piano recital is on April 18th at four in the afternoon at the town hall", "2026-03-09T20:10:00+00:00"
    ),
    Note("Emma is allergic to peanuts and to cashews", "2025-09-01T07:30:00+00:00"),
    Note("Grandma's birthday is November 2nd and she likes white roses", "2025-10-20T18:00:00+00:00"),
    Note("the plumber is called Mario Rossi and his number is 555 0142", "2026-01-15T11:05:00+00:00"),
    Note("we still owe Lena forty dollars for the concert tickets", "2026-03-07T22:40:00+00:00"),
    Note("the car needs new front brake pads before the summer trip", "2026-03-12T09:20:00+00:00"),
    Note("the dog gets half a tablet of his heart medicine every evening with food", "2026-02-22T17:00:00+00:00"),
    Note("Tom takes his coffee with oat milk and no sugar", "2025-12-24T09:00:00+00:00"),
    Note(
        "the recipe for the pancakes is two cups of flour, two cups of milk, three eggs and a pinch of salt",
        "2026-02-14T08:45:00+00:00",
    ),
    Note("our passports are in the second drawer of the desk in the study", "2025-11-30T16:20:00+00:00"),
    Note("the vacation house in Maine is booked from July 4th to July 18th", "2026-03-01T21:00:00+00:00"),
    Note("take the trash out on Tuesday evenings and the recycling every other Friday", "2026-01-04T10:00:00+00:00"),
    Note("I lent the power drill to our neighbor Carl", "2026-03-10T14:00:00+00:00"),
    Note("the smoke detector in the hallway needs a nine volt battery", "2026-03-12T18:29:30+00:00"),
    Note("Emma wants a telescope for her birthday", "2026-03-05T19:30:00+00:00"),
    Note("Emma's shoe size is thirty four", "2026-02-28T12:00:00+00:00"),
    Note(
        "the meeting with the tax adviser is on 2026-04-02T14:30:00Z, bring the receipts of last year",
        "2026-03-06T09:00:00+00:00",
    ),
    Note(
        "For the garden we planned it like this: tomatoes and basil go into the raised bed by the kitchen window, "
        "beans climb along the south fence, the strawberries stay where they are for one more year, and the old "
        "compost heap behind the shed moves to the corner by the water barrel before the end of April.",
        "2026-03-08T10:30:00+00:00",
    ),
    Note(
        "## Thermostat\n- **Living room**: 21 °C by day, 18 °C by night\n- Set up on 2026-01-20, see "
        "https://example.com/thermostat?id=42\n- Memory ID: 4be4d4a6-9b05-4d1f-a668-647e017c653f",
        "2026-01-20T20:00:00+00:00",
        spoken=False,
    ),
    Note(
        "Decision: `backup.sh` runs every night at 02:30 -> NAS in the basement & a copy off site "
        "([guide](https://example.com/backup)).",
        "2026-02-10T13:00:00+00:00",
        spoken=False,
    ),
)

QUESTIONS = (
    Question("the spare key", "blue flower pot"),
    Question("where I parked", "level three"),
    Question("the wifi password", "back of the router"),
    Question("Emma's recital", "April 18th"),
    Question("allergies", "peanuts"),
    Question("grandma's birthday", "white roses"),
    Question("the plumber", "Mario Rossi"),
    Question("the money for the concert tickets", "forty dollars"),
    Question("the car", "brake pads"),
    Question("the dog's medicine", "half a tablet"),
    Question("how Tom likes his coffee", "oat milk"),
    Question("pancakes", "two cups of flour"),
    Question("the passports", "second drawer"),
    Question("the backup", "every night"),
    Question("the power drill", "Carl"),
    Question("the smoke detector", "nine volt"),
    Question("Emma", "telescope"),
    Question("the tax adviser", "April 2nd, 2026 at 2:30 PM"),
    Question("the garden", "tomatoes and basil"),
    Question("the thermostat", "21"),
)
