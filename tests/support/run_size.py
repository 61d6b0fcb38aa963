"""The size of tests that have a choice: fuzzing, load, and data in bulk."""

_state = {"is_nightly": False}


def choose(*, nightly: bool) -> None:
    """Called once, before any test module is imported."""
    _state["is_nightly"] = nightly


def is_nightly() -> bool:
    return _state["is_nightly"]


def size(ordinary: int, *, nightly: int) -> int:
    """Return the size for this run: `make test-nightly` has the large one."""
    return nightly if _state["is_nightly"] else ordinary
