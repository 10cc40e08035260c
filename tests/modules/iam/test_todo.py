"""Which resources something to be done speaks of."""

from athena_gate.modules.iam.todo import ToDo

KEYS = "arn:aws:kms:eu-central-1:444455556666:key"


def of(resource: str) -> ToDo:
    return ToDo("key", "account 444455556666", "its policy lets us", "", resource=resource)


def test_of_a_key_to_be_made_the_id_is_not_known() -> None:
    made = of(f"{KEYS}/*")
    assert made.governs(f"{KEYS}/*")
    assert made.governs(f"{KEYS}/1234abcd-12ab-34cd-56ef-1234567890ab")
    assert not made.governs(f"{KEYS.replace('444455556666', '999999999999')}/1234abcd")
    assert not made.governs("arn:aws:kms:eu-central-1:444455556666:alias/spill")
    assert not of(f"{KEYS}/1234abcd").governs(f"{KEYS}/*")
