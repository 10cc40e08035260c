"""The colours of the report: what is written in them can be read, in light, in dark, on paper."""

import re
from pathlib import Path

import pytest

from athena_gate.gate import report

STYLE = (Path(report.__file__).parent / "style.css").read_text()
# What stands before the colours of each.
THEMES = (":root", "prefers-color-scheme: dark", "@media print")
GROUNDS = ("paper", "card")
# What is written in which colour, on what.
TEXTS = [
    *[
        (text, ground)
        for text in ("ink", "soft", "accent", "good", "care", "bad")
        for ground in GROUNDS
    ],
    ("ink", "tint"),
    ("accent", "tint"),
    ("soft", "tint"),
    ("good", "good-tint"),
    ("care", "care-tint"),
    ("bad", "bad-tint"),
    ("ink", "bad-tint"),
]
# Lines that say something; 3 is enough, https://www.w3.org/TR/WCAG22/#non-text-contrast (2026-11).
LINES = [(line, ground) for line in ("edge", "ink", "bad", "accent") for ground in GROUNDS]


def colours(after: str) -> dict[str, str]:
    """Return the variables of the first :root behind ``after``, of which the first is light."""
    block = STYLE[STYLE.index(after) :].partition(":root {")[2].partition("}")[0]
    return dict(re.findall(r"--([\w-]+): #([0-9a-f]{6});", block))


def light(colour: str) -> float:
    """Return the relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
    (2026-11)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_is_seen_on_what_it_lies_on(theme: str) -> None:
    given = colours(theme)
    faint = [
        (text, ground, round(contrast(given[text], given[ground]), 2))
        for pairs, least in ((TEXTS, 4.5), (LINES, 3.0))
        for text, ground in pairs
        if contrast(given[text], given[ground]) < least
    ]
    assert faint == []


def test_the_themes_have_the_same_colours_and_nothing_else_has_one() -> None:
    light_theme, *others = (colours(theme).keys() for theme in THEMES)
    assert others == [light_theme] * 2
    # Whatever is not one of these colours was not looked at above.
    without = re.sub(r"--[\w-]+: #[0-9a-f]{6};", "", STYLE)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", without) == []
