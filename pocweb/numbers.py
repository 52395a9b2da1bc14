"""Numbers that programs write into forms, addresses and sheets."""


def whole(text: str) -> int:
    """Return a number that a program wrote into a form or sheet, 0 for anything else: no sign, nine digits at most.

    `str.isdigit` is no test for what `int` takes: it lets signs such as "²" through, and numbers without end.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
