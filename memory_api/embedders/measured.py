"""An embedder that tells how long each text took."""

import time
from collections.abc import Callable

from memory_api.embedders.base import Embedder, Vector


class MeasuredEmbedder:
    """Passes everything on; `observe` hears the seconds of each text that was embedded, its wait included."""

    def __init__(self, embedder: Embedder, observe: Callable[[float], None]) -> None:
        self._embedder = embedder
        self._observe = observe

    @property
    def provider(self) -> str:
        """See Embedder.provider."""
        return self._embedder.provider

    @property
    def model(self) -> str:
        """See Embedder.model."""
        return self._embedder.model

    @property
    def dimension(self) -> int:
        """See Embedder.dimension."""
        return self._embedder.dimension

    async def embed(self, text: str) -> Vector:
        """See Embedder.embed."""
        began = time.perf_counter()
        vector = await self._embedder.embed(text)
        self._observe(time.perf_counter() - began)
        return vector

    async def close(self) -> None:
        """See Embedder.close."""
        await self._embedder.close()
