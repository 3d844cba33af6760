"""What a picture costs: the vendors' formulas, never less than the dearest of those that may be shown it."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivy.domain import picture_tokens
from ivy.errors import ConfigError

RULES = picture_tokens.load(files("ivy").joinpath("data", picture_tokens.FILE).read_text(encoding="utf-8"))
CLAUDE, GPT, NANO, OTHER = "claude-next", "gpt-next", "gpt-next-nano", "somebody-elses-model"
sides = st.integers(1, 8000)


def test_each_vendors_formula() -> None:
    """Anthropic: 28-pixel patches, or an area by 750; OpenAI: 32-pixel patches by a factor of the model's."""
    assert RULES.of(1000, 1000, [CLAUDE]) == 1334  # by area, where patches would be 1,296
    assert RULES.of(1600, 1200, [CLAUDE]) == 58 * 43
    assert RULES.of(8000, 8000, [CLAUDE]) == RULES.of(0, 0, [CLAUDE]) == 4784
    assert RULES.of(1024, 1024, [GPT]) == 1229  # 1,024 patches by 1.2
    assert RULES.of(0, 0, [GPT]) == 3000
    assert RULES.of(1024, 1024, [NANO]) == 2520


@given(sides, sides)
def test_it_is_the_dearest_of_those_that_may_answer(width: int, height: int) -> None:
    each = [RULES.of(width, height, [model]) for model in (CLAUDE, GPT, NANO)]
    assert RULES.of(width, height, [GPT, CLAUDE, NANO]) == max(each)
    assert RULES.of(width, height, [OTHER]) >= max(each), "who no row names costs as the dearest of all"
    assert RULES.of(width, height, [CLAUDE]) >= min(width * height / 784, 4784), "never short of what it is shown"
    assert all(each <= RULES.of(0, 0, [model]) for each, model in zip(each, (CLAUDE, GPT, NANO), strict=True))


@given(sides, sides, sides, sides)
def test_a_larger_picture_never_costs_less(width: int, height: int, more: int, higher: int) -> None:
    for model in (CLAUDE, GPT, NANO, OTHER):
        assert RULES.of(width, height, [model]) <= RULES.of(width + more, height + higher, [model])


@pytest.mark.parametrize(
    "text",
    [
        "as_of = 2026-11-23\nrules = []",
        'as_of = 2026-11-23\n[[rules]]\nfamily = "x"\nmost_patches = 5\nsource = "s"',
        'as_of = 2026-11-23\n[[rules]]\nfamily = "x"\nmost_patches = 5\nsource = "s"\npatch = 3\npixels = 4',
        'as_of = 2026-11-23\n[[rules]]\nfamily = "x"\nmost_patches = 0\nsource = "s"\npatch = 3',
    ],
)
def test_a_file_that_says_nothing_clear_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=picture_tokens.FILE):
        picture_tokens.load(text)
