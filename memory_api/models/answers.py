"""What the endpoints answer with, for the OpenAPI document. Fields may be added; those named here stay."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Answer(BaseModel):
    """Further fields may follow."""

    model_config = ConfigDict(extra="allow")


class Success(Answer):
    status: Literal["success"]


class Error(BaseModel):
    """The envelope of every refusal; `code` repeats the HTTP status."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["error"]
    code: int
    message: str


class Memory(Answer):
    """A memory as it is read; `t_invalid` is absent while it is not set."""

    id: str
    content: str
    type: str
    confidence: float
    importance: float
    tags: list[str]
    tag_prefixes: list[str]
    metadata: dict[str, Any]
    timestamp: str
    t_valid: str
    updated_at: str
    last_accessed: str


class MemorySummary(Answer):
    """The short form; `content` holds up to 160 characters, `tags` up to five."""

    id: str
    type: str
    timestamp: str
    content: str
    importance: float
    confidence: float
    tags: list[str]


class StoreAnswer(Success):
    memory_id: str
    stored_at: str
    timestamp: str
    updated_at: str
    last_accessed: str
    type: str
    confidence: float
    metadata: dict[str, Any]
    qdrant: str
    embedding_status: Literal["stored", "provided"]
    enrichment: str
    query_time_ms: float


class StoreBatchAnswer(Success):
    stored: int
    memory_ids: list[str]
    qdrant: str
    enrichment: str
    query_time_ms: float


class MemoryAnswer(Success):
    memory: Memory


class UpdateAnswer(Success):
    memory_id: str
    updated_at: str


class DeleteAnswer(Success):
    memory_id: str


class ByTagAnswer(Success):
    tags: list[str]
    count: int
    limit: int
    offset: int
    has_more: bool
    memories: list[Memory]


class DeleteByTagAnswer(Success):
    tags: list[str]
    deleted_count: int


class Association(BaseModel):
    index: int
    memory1_id: str
    memory2_id: str
    relation_type: str
    strength: float


class FailedAssociation(BaseModel):
    index: int
    reason: str


class AssociateAnswer(Success):
    """Of one relation; its own properties follow."""

    message: str
    relation_type: str
    strength: float


class AssociateBatchAnswer(Answer):
    status: Literal["success", "partial_success"]
    created_count: int
    failed_count: int
    succeeded: list[Association]
    failed: list[FailedAssociation]
    summary: str


class RelatedAnswer(Success):
    memory_id: str
    count: int
    related_memories: list[MemorySummary]
    relationship_types: list[str]
    max_depth: int
    limit: int


class Result(Answer):
    """One memory that recall found."""

    id: str
    match_type: str
    source: Literal["qdrant", "graph"]
    score: float
    score_components: dict[str, Any]
    memory: Memory
    relations: list[dict[str, Any]]


class RecallAnswer(Success):
    query: str
    results: list[Result]
    count: int
    dedup_removed: int
    sort: str
    state_mode: Literal["current", "history"]
    tag_mode: Literal["any", "all"]
    tag_match: Literal["prefix", "exact"]
    vector_search: dict[str, bool]
    query_time_ms: float


class EmbedderSummary(BaseModel):
    provider: str
    model: str
    dimension: int


class EnrichmentSummary(BaseModel):
    status: Literal["running", "stopped"]
    queue_depth: int
    pending: int
    inflight: int
    processed: int | None
    failed: int


class HealthAnswer(Answer):
    """Counts are null where the caller may not know them."""

    status: Literal["healthy", "degraded"]
    version: str
    storage: str
    embedder: EmbedderSummary
    enrichment: EnrichmentSummary
    memory_count: int | None
    vector_count: int | None
    timestamp: str


class EnrichmentAnswer(Answer):
    status: Literal["running", "stopped"]
    queue_size: int
    pending: int
    inflight: int
    max_attempts: int
    stats: dict[str, Any]
    classification: dict[str, Any]


class TenantUsage(BaseModel):
    """`memories` is null while the tenant is not open; `bytes` is the size of its files."""

    tenant: str
    bytes: int
    memories: int | None
    waiting: int


class RouteStatistics(BaseModel):
    """Since the start; `errors` are answers of 500 and above, `statuses` counts by status."""

    method: str
    route: str
    requests: int
    errors: int
    statuses: dict[str, int]
    mean_ms: float | None


class EmbeddingStatistics(BaseModel):
    texts: int
    mean_ms: float | None


class StatsAnswer(Success):
    uptime_seconds: float
    open_tenants: int
    queue_depth: int
    database_bytes: int
    tenants: list[TenantUsage]
    requests: list[RouteStatistics]
    embedding: EmbeddingStatistics
