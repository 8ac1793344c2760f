"""Says hello, and needed no network for it."""


def greet(name: str = "world") -> str:
    """The greeting for `name`."""
    return f"Hello, {name}!"
