"""The CSS of classic pages (ev:oauth-10)."""

import pytest

from poolhouse.errors.branding import CssRefused
from poolhouse.rules.pools import ui_css

CLASSES = [
    *("background", "banner", "errorMessage", "idpButton", "idpDescription", "inputField"),
    *("label", "legalText", "logo", "passwordCheck-valid", "passwordCheck-notValid", "redirect"),
    *("socialButton", "submitButton", "textDescription"),
]


def refusal(css: str) -> str:
    with pytest.raises(CssRefused) as caught:
        ui_css.check(css)
    return caught.value.text.removeprefix("Invalid CSS provided. ")


@pytest.mark.parametrize("name", CLASSES)
def test_classes_of_the_pages_are_accepted(name: str) -> None:
    css = f".{name}-customizable {{ color: #333; padding: 10px 0px 5px 0px; }}"
    assert ui_css.served(css) == f":root {css}"


@pytest.mark.parametrize(
    "selector",
    [
        *(".idpButton-customizable:hover", ".inputField-customizable:focus"),
        ".submitButton-customizable:hover",
        ".label-customizable, .redirect-customizable",
    ],
)
def test_states_and_lists_of_selectors_are_accepted(selector: str) -> None:
    body = "{ font-weight: 400 !important; }"
    served = ", ".join(f":root {each}" for each in selector.split(", "))
    assert ui_css.served(f"{selector} {body}") == f"{served} {body}"


@pytest.mark.parametrize(
    "selector",
    [
        *("body", "*", "#signInFormUsername", ".other", "a:hover", ".label-customizable:hover"),
        *(".label-customizable a", ".label-customizable > a", ".label-customizable::before"),
        *('.label-customizable[x="y"]', ":root", "html .label-customizable"),
        *(".label-customizable,", ".label-customizable.x", ".inputField-customizable:focus:hover"),
        r".label\-customizable, .x",
    ],
)
def test_selectors_beside_the_list_are_refused(selector: str) -> None:
    assert "is not allowed." in refusal(f"{selector} {{ color: red }}")


@pytest.mark.parametrize(
    "rule", ["@import 'x.css';", "@supports (a: b) {}", "@page {}", "@media print {}"]
)
def test_at_rules_are_refused(rule: str) -> None:
    name = rule.split(None, 1)[0]
    assert refusal(f".label-customizable {{ color: red }} {rule}") == f"{name} is not allowed."


@pytest.mark.parametrize(
    "declaration",
    [
        "background: url(https://evil.example/x)",
        "background: URL('x')",
        "background-image: image-set('x' 1x)",
        "background: \\75rl(https://evil.example/x)",
        "width: expression(alert(1))",
        "color: var(--x)",
        "color: env(x)",
        "content: attr(value)",
        "background: url(x",
        "color: rgb(url(x))",
        "color: {}",
    ],
)
def test_values_that_fetch_or_run_are_refused(declaration: str) -> None:
    assert refusal(f".label-customizable {{ {declaration} }}").startswith("The value of")


def test_braces_escaped_in_a_property_are_refused() -> None:
    """Served as they are they would end the rule, and another one could begin."""
    css = r".label-customizable { background-\7d body\7b position: fixed }"
    assert refusal(css).startswith("The property ")


@pytest.mark.parametrize(
    "declaration",
    ["position: fixed", "behavior: x", "-moz-binding: x", "--x: y", "z-index: 9", "all: unset"],
)
def test_properties_beside_the_list_are_refused(declaration: str) -> None:
    name = declaration.partition(":")[0]
    assert (
        refusal(f".label-customizable {{ {declaration} }}")
        == f"The property {name} is not allowed."
    )


@pytest.mark.parametrize(
    "css", ["color: red", ".label-customizable { color }", "}", "<script>x</script>"]
)
def test_css_that_cannot_be_read_is_refused(css: str) -> None:
    refusal(css)


def test_css_beyond_three_kilobytes_is_refused() -> None:
    rule = ".label-customizable { color: red; }\n"
    ui_css.check(rule * (ui_css.LONGEST // len(rule)))
    assert refusal(rule * 200) == "It has more than 3072 bytes."


def test_nested_rules_are_refused() -> None:
    refusal(".label-customizable { color: red; .redirect-customizable { color: blue } }")
    refusal(".label-customizable { @media print { color: blue } }")


def test_served_css_leaves_out_comments() -> None:
    css = "/* </style> */ .label-customizable { /* x */ color: red; }"
    assert ui_css.served(css) == ":root .label-customizable { color: red; }"


def test_strings_with_ends_of_elements_cannot_leave_the_style_sheet() -> None:
    """Style sheets are files of their own: the text is never within HTML."""
    served = ui_css.served(".label-customizable { font-family: 'a</style>' }")
    assert served == ':root .label-customizable { font-family: "a</style>"; }'
