"""Messages at a terminal and in a log."""

from io import StringIO

from athena_gate.modules.terminal import wrapped

LONG = "gate.hcl:1: " + ", ".join(["databases"] * 12)


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_eighty_columns() -> None:
    assert wrapped(f"short\n{LONG}\n\n  indented", Terminal()) == (
        "short\n"
        "gate.hcl:1: databases, databases, databases, databases, databases, databases,\n"
        "  databases, databases, databases, databases, databases, databases\n"
        "\n"
        "  indented"
    )


def test_a_log_keeps_a_message_on_its_line() -> None:
    assert wrapped(LONG, StringIO()) == LONG


def test_what_can_be_copied_is_not_cut() -> None:
    name = "arn:aws:s3:::" + "long-name-" * 10
    assert wrapped(f"no such thing: {name}", Terminal()) == f"no such thing:\n  {name}"
