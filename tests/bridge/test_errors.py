"""Errors are sentences for whoever can act on them."""

import inspect

from bridge import errors


def test_the_tree_in_the_docstring_names_every_error() -> None:
    assert errors.__doc__
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, errors.BridgeError):
            assert name in errors.__doc__


def test_a_failure_says_how_often_it_was_tried() -> None:
    assert str(errors.UpstreamTimeout(1, may_be_done=False)) == (
        "The memory service did not answer in time (tried once). Try again later."
    )
    assert str(errors.UpstreamUnavailable(3, reason="it cannot be reached", may_be_done=False)) == (
        "The memory service is unavailable: it cannot be reached (tried 3 times). Try again later."
    )


def test_an_unknown_fate_is_said() -> None:
    assert "may have been carried out" in str(errors.UpstreamTimeout(1, may_be_done=True))
    assert "Try again later" not in str(errors.UpstreamTimeout(1, may_be_done=True))
