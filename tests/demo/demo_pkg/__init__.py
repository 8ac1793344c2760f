"""Says hello."""


def greet(name: str = "world") -> str:
    """The greeting for `name`."""
    return f"Hello, {name}!"


def main() -> None:
    """The command `demo-pkg`."""
    print(greet())
