"""What every table of the manifest has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the manifest: unknown keys are errors, values never change.

    Strict, so that `yes` in quotes is no true and 1 no flag: editors, by the JSON Schema, and the
    program take the same.
    """

    model_config = ConfigDict(
        allow_inf_nan=False, extra="forbid", frozen=True, str_strip_whitespace=True, strict=True
    )
