"""What Sphinx reads; `development.docs.site` runs it on copies of the pages."""

from typing import Any

from pygments.lexer import RegexLexer
from pygments.token import Comment, Keyword, Name, Number, Punctuation, String, Whitespace

project = html_title = "athena-gate"
extensions = ["myst_parser"]
root_doc = "docs/README"
myst_heading_anchors = 3
html_theme = "furo"
html_copy_source = False
html_show_copyright = html_show_sphinx = False
html_use_index = False


class Hcl(RegexLexer):  # type: ignore[misc]
    """HCL with any blocks: Pygments' own lexer knows those of Terraform's language alone."""

    tokens = {  # noqa: RUF012 - Pygments' way
        "root": [
            (r"#.*", Comment.Single),
            (r'"(?:[^"\\]|\\.)*"', String.Double),
            (r"\b(?:true|false|null)\b", Keyword.Constant),
            (r"\b[0-9]+\b", Number),
            (r"[\w-]+(?=\s*=)", Name.Attribute),
            (r"[A-Za-z_][\w-]*", Keyword),
            (r"[^\w\s]", Punctuation),
            (r"\s+", Whitespace),
        ]
    }


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.add_lexer("hcl", Hcl)
