"""associate_memories."""

import pytest

from tests.bridge.mcp.conftest import Call
from tests.bridge.stand_in import MEMORY_ID, OTHER_ID, MemoryService, text_of

PAIR = {"memory1_id": MEMORY_ID, "memory2_id": OTHER_ID}


async def test_two_memories_are_related(call: Call, memory_service: MemoryService) -> None:
    message = f"Association created between {MEMORY_ID} and {OTHER_ID}"
    memory_service.answers("POST /associate", {"status": "success", "message": message}, 201)
    result = await call("associate_memories", **PAIR, type="PART_OF", strength=0.9, role="chapter", context="book")
    assert text_of(result) == message
    assert result.structured_content == {"success": True, "message": message}
    assert memory_service.asked[0].body == {
        **PAIR,
        "type": "PART_OF",
        "strength": 0.9,
        "role": "chapter",
        "context": "book",
    }


@pytest.mark.parametrize(
    ("relation", "properties"),
    [
        ("PREFERS_OVER", {"context": "c", "reason": "r"}),
        ("EXEMPLIFIES", {"pattern_type": "p", "confidence": 0.5}),
        ("CONTRADICTS", {"resolution": "r", "reason": "r"}),
        ("REINFORCES", {"observations": ["a", "b"]}),
        ("INVALIDATED_BY", {"reason": "r", "timestamp": "2026-01-31"}),
        ("EVOLVED_INTO", {"confidence": 1, "reason": "r"}),
        ("DERIVED_FROM", {"transformation": "t", "confidence": 0}),
        ("PART_OF", {"role": "r", "context": "c"}),
        ("RELATES_TO", {}),
        ("LEADS_TO", {}),
        ("OCCURRED_BEFORE", {}),
    ],
)
async def test_each_type_takes_its_own_properties_and_no_others(
    call: Call, memory_service: MemoryService, relation: str, properties: dict[str, object]
) -> None:
    memory_service.answers("POST /associate", {"message": "done"}, 201)
    assert not (await call("associate_memories", **PAIR, type=relation, **properties)).is_error
    foreign = {"role": "x"} if relation != "PART_OF" else {"transformation": "x"}
    refused = await call("associate_memories", **PAIR, type=relation, **properties, **foreign)
    assert text_of(refused).startswith(f"{next(iter(foreign))} does not go with {relation}; it is only for ")
    assert len(memory_service.asked) == 1


async def test_failures_of_a_batch_are_listed_and_are_no_error(call: Call, memory_service: MemoryService) -> None:
    failed = [{"index": index, "reason": "One or both memories do not exist"} for index in range(1, 8)]
    summary = "1/8 associations created successfully"
    memory_service.answers(
        "POST /associate", {"created_count": 1, "failed_count": 7, "failed": failed, "summary": summary}, 207
    )
    result = await call("associate_memories", associations=[{**PAIR, "type": "LEADS_TO"}] * 8)
    listed = "".join(f"; failed index {index}: One or both memories do not exist" for index in range(1, 6))
    assert text_of(result) == f"{summary}{listed}; 2 more failures omitted"
    assert not result.is_error
    assert result.structured_content is not None
    assert result.structured_content["failed_count"] == 7
    assert result.structured_content["success"] is False


async def test_a_batch_without_failures_is_just_summed_up(call: Call, memory_service: MemoryService) -> None:
    memory_service.answers("POST /associate", {"failed": []}, 201)
    result = await call("associate_memories", associations=[{**PAIR, "type": "LEADS_TO"}] * 2)
    assert text_of(result) == "2/2 associations created successfully"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "memory1_id, memory2_id, type is required, or associations to relate several pairs at once."),
        ({**PAIR, "type": "KNOWS"}, "type must be one of RELATES_TO, LEADS_TO, OCCURRED_BEFORE, PREFERS_OVER, "),
        ({**PAIR, "type": "leads_to"}, "type must be one of RELATES_TO"),
        ({**PAIR, "type": "LEADS_TO", "memory2_id": "x"}, 'memory2_id must be a UUID, got "x".'),
        ({**PAIR, "type": "LEADS_TO", "memory2_id": MEMORY_ID.upper()}, "memory1_id and memory2_id must differ"),
        ({**PAIR, "type": "LEADS_TO", "strength": 2}, "strength must be a number from 0 to 1, got 2."),
        ({**PAIR, "type": "PART_OF", "role": ""}, "role must not be blank."),
        ({**PAIR, "type": "REINFORCES", "observations": "x"}, "observations must be an array of at most 100 strings"),
        ({"associations": []}, "associations must be an array of 1 to 500 objects, got []."),
        ({"associations": [PAIR]}, "associations[0].type is required."),
        ({"associations": [{**PAIR, "type": "LEADS_TO", "role": "x"}]}, "role does not go with LEADS_TO"),
        ({"associations": [PAIR], "strength": 1}, "associations[0].type is required."),
        (
            {"associations": [{**PAIR, "type": "LEADS_TO"}], "strength": 1},
            "strength must stand inside each of associations, not beside it.",
        ),
    ],
)
async def test_a_bad_argument_is_named_and_nothing_is_sent(
    call: Call, memory_service: MemoryService, arguments: dict[str, object], sentence: str
) -> None:
    result = await call("associate_memories", **arguments)
    assert result.is_error
    assert text_of(result).startswith(sentence)
    assert memory_service.asked == []
