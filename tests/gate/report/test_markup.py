"""HTML as values."""

from athena_gate.gate.report.markup import Markup, element


def test_what_is_put_into_an_element_is_escaped() -> None:
    assert element("p", "<script>alert('x')</script> & \"y\"") == (
        "<p>&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; &quot;y&quot;</p>"
    )


def test_an_attribute_is_escaped_and_cannot_end_early() -> None:
    assert element("a", "x", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;">x</a>'


def test_markup_stands_as_it_is_and_lists_are_their_parts() -> None:
    assert element("ul", [element("li", n) for n in ("a", "<b>")], None) == (
        "<ul><li>a</li><li>&lt;b&gt;</li></ul>"
    )
    assert Markup.joined(["<", Markup("<br>")]) == "&lt;<br>"


def test_an_attribute_without_a_value_is_left_out() -> None:
    assert element("details", class_=None, open=True, hidden=False, data_label="a") == (
        '<details open data-label="a"></details>'
    )


def test_a_void_element_has_no_end() -> None:
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'
