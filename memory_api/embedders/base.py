"""What every embedder offers: text in, one unit-length vector out."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]


class Embedder(Protocol):
    """Turns text into a vector. Vectors of different `model` values are not comparable."""

    @property
    def provider(self) -> str:
        """The name a user chooses it by: local, hashing."""

    @property
    def model(self) -> str:
        """Identifies the vector space: two embedders with the same model give comparable vectors."""

    @property
    def dimension(self) -> int:
        """Number of components of every vector."""

    async def embed(self, text: str) -> Vector:
        """One float32 vector of shape (dimension,) and length 1; text beyond the model's window is ignored.

        Raises EmbedderBusy when too many texts already wait.
        """

    async def close(self) -> None:
        """Ends the work in progress and frees the model."""
