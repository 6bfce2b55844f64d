"""Names are found by the way they are written, and what is no name is left alone."""

import random
import time

import pytest

from memory_api.models.entities import entities_of

KINDS = ("people", "places", "organizations", "tools", "projects", "concepts")

NAMED: list[tuple[str, dict[str, tuple[str, ...]]]] = [
    # people
    ("Anna likes tea", {"people": ("Anna",)}),
    ("Anna's favourite colour is green", {"people": ("Anna",)}),
    ("Mark the task as done and send the report to Mark", {"people": ("Mark",)}),
    ("My boss Henrike wants the report by Monday", {"people": ("Henrike",)}),
    ("My sister Thyra and her husband Odd", {"people": ("Thyra", "Odd")}),
    ("Dr. Müller recommended more vitamin D", {"people": ("Müller",)}),
    ("Mrs. Dursley of Privet Drive", {"people": ("Dursley",), "places": ("Privet Drive",)}),
    ("J. K. Rowling wrote Harry Potter", {"people": ("J. K. Rowling", "Harry Potter")}),
    ("Paul McCartney and Vincent van Gogh", {"people": ("Paul McCartney", "Vincent van Gogh")}),
    ("Ana, Łukasz, Björk & Ольга joined", {"people": ("Ana", "Łukasz", "Björk", "Ольга")}),
    ("Bjo\u0308rk sang", {"people": ("Björk",)}),
    ("Jean-Luc met Mary-Jane", {"people": ("Jean-Luc", "Mary-Jane")}),
    ("Thanks, Zuri! See you", {"people": ("Zuri",)}),
    ("My name is Tobias Weber", {"people": ("Tobias Weber",)}),
    ("My friend named Quill plays bass", {"people": ("Quill",)}),
    ("Anna\u2019s dog barks at Ben\u2019s cat", {"people": ("Anna", "Ben")}),
    ("Monday Anna called", {"people": ("Anna",)}),
    ("June said hello", {"people": ("June",)}),
    ("[8 May 2023] Zorblax: hello there", {"people": ("Zorblax",)}),
    ("Caroline: I met Ben and Caroline", {"people": ("Caroline", "Ben")}),
    ("Anna, anna, ANNA and Anna again", {"people": ("Anna",)}),
    ("See Anna/Ben about it", {"people": ("Anna", "Ben")}),
    # places
    ("Moved from Boston to San Francisco in 2019", {"places": ("Boston", "San Francisco")}),
    ("Our office is at 12 Baker Street near Hyde Park", {"places": ("Baker Street", "Hyde Park")}),
    ("Flight lands at Denver International Airport", {"places": ("Denver International Airport",)}),
    ("The Hague is rainy, St. Louis is hot", {"places": ("The Hague", "St. Louis")}),
    ("We moved to Ystad", {"places": ("Ystad",)}),
    ("Lake Garda and Mount Fuji", {"places": ("Lake Garda", "Mount Fuji")}),
    ("Carlos flew to Rio de Janeiro", {"people": ("Carlos",), "places": ("Rio de Janeiro",)}),
    ("Trip to Jordan in May", {"places": ("Jordan",)}),
    ("Charlotte moved to Charlotte", {"people": ("Charlotte",), "places": ("Charlotte",)}),
    ("Reading in Reading", {"places": ("Reading",)}),
    ("The United States and the UK agreed", {"places": ("United States", "UK")}),
    # organizations
    ("Acme Corp hired Ingrid Larsen", {"organizations": ("Acme Corp",), "people": ("Ingrid Larsen",)}),
    ("Hire Kowalski GmbH for the job", {"organizations": ("Kowalski GmbH",)}),
    ("He studied at the Technical University of Munich", {"organizations": ("Technical University of Munich",)}),
    ("She works at Apple in a team of five", {"organizations": ("Apple",)}),
    ("Dinner at McDonald's with Leo", {"organizations": ("McDonald's",), "people": ("Leo",)}),
    ("The CEO of OpenAI, Sam Altman, spoke", {"organizations": ("OpenAI",), "people": ("Sam Altman",)}),
    ("Will works at Google as a product manager", {"people": ("Will",), "organizations": ("Google",)}),
    # tools
    ("anna likes redis and postgres", {"tools": ("Redis", "PostgreSQL")}),
    ("User prefers dark mode in VS Code and Vim keybindings", {"tools": ("VS Code", "Vim")}),
    ("node.js, next.js and VSCODE", {"tools": ("Node.js", "Next.js", "VS Code")}),
    ("Kubernetes/Docker, C++ and C#", {"tools": ("Kubernetes", "Docker", "C++", "C#")}),
    ("Go is fine; written in Go with a Rust core", {"tools": ("Go", "Rust")}),
    ("Deployed to Railway by GitHub Actions", {"tools": ("Railway", "GitHub Actions")}),
    ("Railway deployments fail", {"tools": ("Railway",)}),
    ("Ask Claude or ChatGPT", {"tools": ("Claude", "ChatGPT")}),
    ("Claude Monet painted water lilies", {"people": ("Claude Monet",)}),
    ("`postgresql` is up", {"tools": ("PostgreSQL",)}),
    # projects
    ("[2024-05-01] Decision: use Postgres for Project Atlas", {"tools": ("PostgreSQL",), "projects": ("Atlas",)}),
    ("Working on the Apollo project with React", {"projects": ("Apollo",), "tools": ("React",)}),
    ("The Manhattan Project was secret", {"projects": ("Manhattan",)}),
    ("Codename Bluebird launches in Q3", {"projects": ("Bluebird",)}),
    ("The repo acme/web-shop uses pnpm", {"projects": ("acme/web-shop",), "tools": ("pnpm",)}),
    ("See https://github.com/acme/rocket.git and https://example.org/Foo", {"projects": ("acme/rocket",)}),
    # concepts
    ("GDPR requires deletion within 30 days", {"concepts": ("GDPR",)}),
    ("SSO via OAuth2, SAML and JWTs", {"concepts": ("SSO", "OAuth2", "SAML", "JWT")}),
    ('Read "Domain-Driven Design" by Eric Evans', {"concepts": ("Domain-Driven Design",), "people": ("Eric Evans",)}),
    ('"event sourcing," he wrote', {"concepts": ("event sourcing",)}),
    ("See \u201cRefactoring to Patterns\u201d", {"concepts": ("Refactoring to Patterns",)}),
    ("Use `useEffect` and `max_retries`", {"concepts": ("useEffect", "max_retries")}),
    ("#memory #v2 issue #123 color #ff00aa", {"concepts": ("memory",)}),
    ("We use Machine Learning for search", {"concepts": ("Machine Learning",)}),
    ("Bug in AuthService: null pointer", {"concepts": ("AuthService",)}),
    ("We watched Star Wars on Netflix", {"concepts": ("Star Wars",), "organizations": ("Netflix",)}),
]

NAMELESS = [
    "",
    "   ",
    "TODO: write tests",
    "NEVER COMMIT SECRETS TO THE REPO",
    "Go to the store and buy milk",
    "Hope to see you in June",
    "Rose bushes bloom in May",
    "Bill the client monthly",
    "Will you be there? May I ask?",
    "Rich people live here; Art is subjective",
    "Max retries is 5",
    "Apple pie is my favourite dessert",
    "Cursor position is wrong",
    "Linear regression works better",
    "React to the message quickly",
    "Windows are closed",
    "Speaks German and French fluently",
    "He is Swiss and she is Brazilian",
    "I'm Christian but not religious",
    "Christmas Eve dinner with the family",
    "Merry Christmas and Happy New Year",
    "OK, I think it's fine",
    "Let's meet at 5 PM on Tuesday",
    "The Fix Was Simple",
    "Implemented Retry Logic With Exponential Backoff",
    "Meeting Notes: Quarterly Planning",
    "- Check The Logs\n- Fix Login Bug",
    "Lessons learned: Always validate input",
    "Error: ECONNREFUSED 127.0.0.1:5432",
    "HTTP 404 on GET /memory",
    "Fixed in v2.1.3 by commit abc123",
    'She said "yes" and left; he answered "I do not know"',
    "read/write and client/server and and/or",
    "Contact support@example.com or https://example.com/Anna",
    "Tell us. Contact US about it",
    "Who said that? WHO, I ask",
    "World War II ended in 1945",
    "The President met the Queen",
    "See `README.md` and run `git push`",
    "Nice try. Reading helps. Split it",
    "User: fine, thanks",
    "昨日は雨でした",
]


@pytest.mark.parametrize(("text", "found"), NAMED)
def test_names_are_found_by_kind(text: str, found: dict[str, tuple[str, ...]]) -> None:
    assert entities_of(text) == found


@pytest.mark.parametrize("text", NAMELESS)
def test_what_is_no_name_is_left_alone(text: str) -> None:
    assert entities_of(text) == {}


def test_a_kind_holds_ten_names_at_most() -> None:
    people = "Anna, Ben, Clara, David, Emma, Felix, Greta, Henry, Ivan, Julia, Karl, Laura"
    assert entities_of(people)["people"] == tuple(people.split(", ")[:10])


@pytest.mark.parametrize("sentence", [text for text, _ in NAMED if not text.startswith(("[", "Caroline:"))])
def test_a_name_is_found_after_other_sentences_too(sentence: str) -> None:
    found = entities_of(f"It rained all day. {sentence}")
    assert found == entities_of(sentence)


PIECES = [
    *"\"`#/-+'(:.\n \u201c\u201d\u2019\u2026\u0301\u00dfİ",
    *("Anna", "Project ", "New York", "Dr. ", "of ", "the ", "'s", "https://", "[8 May 2023] ", "X: ", "GDPR", "12"),
]


@pytest.mark.parametrize("seed", range(40))
def test_no_text_breaks_it_and_every_answer_keeps_its_form(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(50):
        drawn = (chance.choice(PIECES) if chance.random() < 0.7 else chr(chance.randrange(0x110000)) for _ in range(30))
        text = "".join(drawn)
        found = entities_of(text)
        assert found == entities_of(text)
        assert set(found) <= set(KINDS)
        for names in found.values():
            assert 0 < len(names) <= 10
            assert len({name.casefold() for name in names}) == len(names)
            assert all(name.strip() == name != "" for name in names)


@pytest.mark.parametrize(
    "piece", ["a", "A", '"', '"a ', "`", "A ", "A. ", "Anna ", "Anna of the ", "New ", "Project ", "[8 May", "a/", "'"]
)
def test_a_long_text_takes_time_in_proportion(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    began = time.process_time()
    entities_of(text)
    assert time.process_time() - began < 5
