"""What README.md promises."""

from development.readme import README, parts, rendered


def test_the_generated_parts_are_up_to_date() -> None:
    text = README.read_text()
    assert rendered(text) == text, "run: make readme"


def test_every_block_and_every_deviation_is_documented() -> None:
    text = README.read_text()
    assert [name for name in parts() if f"<!-- {name} -->" not in text] == []
