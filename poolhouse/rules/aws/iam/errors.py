"""What is wrong with a policy document."""


class MalformedPolicy(ValueError):
    """A policy document that IAM would refuse; its text is a sentence for the administrator."""


def quoted(text: str) -> str:
    """Return a value of the document as an error shows it: on one line, and not endless."""
    return repr(text if len(text) <= 80 else f"{text[:80]}…")
