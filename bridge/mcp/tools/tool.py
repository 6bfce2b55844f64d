"""What a tool is: its name, its words, its arguments, its hints and its work, declared in one place."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from mcp.types import Tool as ToolDeclaration
from mcp.types import ToolAnnotations
from pydantic import ValidationError

from bridge.client import MemoryClient
from bridge.errors import InvalidArguments
from bridge.mcp.tools.fields import Arguments
from bridge.mcp.tools.problems import explain
from bridge.mcp.tools.schema import flat_schema, shown_schema

A = TypeVar("A", bound=Arguments)

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "array": list,
    "object": dict,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool gives back: the text parts that a model reads and the same as data for programs."""

    texts: list[str]
    structured: dict[str, Any]


@dataclass(frozen=True)
class Hints:
    """What a client may tell its user before it lets a model call the tool. None reaches outside the memory."""

    read_only: bool = False
    destructive: bool = False
    idempotent: bool = False


@dataclass(frozen=True)
class Tool(Generic[A]):
    """One tool. The first sentence of `description` stands alone; the whole is at most 2,048 bytes."""

    name: str
    title: str
    description: str
    arguments: type[A]
    output: Mapping[str, Any]
    hints: Hints
    work: Callable[[MemoryClient, A], Awaitable[Answer]]

    @cached_property
    def rules(self) -> dict[str, Any]:
        """The schema that `run` enforces."""
        return flat_schema(self.arguments)

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """The schema that clients see: the rules, without what only a refusal has to name."""
        return shown_schema(self.rules)

    @cached_property
    def declaration(self) -> ToolDeclaration:
        """The tool as tools/list shows it."""
        return ToolDeclaration(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=self.input_schema,
            output_schema={"type": "object", "properties": dict(self.output)},
            annotations=ToolAnnotations(
                title=self.title,
                read_only_hint=self.hints.read_only,
                destructive_hint=self.hints.destructive,
                idempotent_hint=self.hints.idempotent,
                open_world_hint=False,
            ),
        )

    async def run(self, client: MemoryClient, arguments: Mapping[str, Any]) -> Answer:
        """Checks the arguments, then works. Raises InvalidArguments before anything was sent, else UpstreamError."""
        try:
            checked = self.arguments.model_validate(arguments)
        except ValidationError as error:
            raise InvalidArguments(explain(error, self.rules)) from None
        answer = await self.work(client, checked)
        return Answer(answer.texts, _kept(answer.structured, self.output))


def _kept(structured: dict[str, Any], output: Mapping[str, Any]) -> dict[str, Any]:
    # Clients fail a call whose data breaks the schema, and what a memory service gives may be of any type.
    wrong = [name for name, value in structured.items() if name in output and not _fits(value, output[name]["type"])]
    return {name: value for name, value in structured.items() if name not in wrong} if wrong else structured


def _fits(value: object, name: str) -> bool:
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
