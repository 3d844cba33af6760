"""The models that Ivy ships with, by role: tests name roles, so that a model which retires is a line of the configuration."""

from ivy.config import MemorySection, ModelsSection, TranscriptionSection

PRIMARY, FALLBACK, CHEAP = (
    each.model for each in (ModelsSection().primary, ModelsSection().fallback, ModelsSection().cheap)
)
EMBEDDER = MemorySection().model
LISTENER = TranscriptionSection().model
