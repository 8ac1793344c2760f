"""The tables of a document, which are what was measured: for each form and log a line, for each
client a column."""

import difflib
import sys
from pathlib import Path

from signer import ALGORITHMS
from table import Row, Table

BEGIN, END = "<!-- measured: run.sh --write -->", "<!-- end -->"
HELD = "✓"


def hold(page: Path, table: Table, *, is_written: bool) -> int:
    """The document must say what the table says; or is made to."""
    text = page.read_text()
    above, _, rest = text.partition(BEGIN)
    _, _, below = rest.partition(END)
    measured = f"{above}{BEGIN}\n\n{_tables(table)}\n{END}{below}"
    if is_written:
        page.write_text(measured)
    if is_written or measured == text:
        return 0
    lines = difflib.unified_diff(text.splitlines(), measured.splitlines(), str(page), "measured", n=0)
    print("\n".join(lines), file=sys.stderr)
    return 1


def _tables(table: Table) -> str:
    reasons: dict[str, int] = {}
    parts = []
    for is_key, of_kind in ((False, ""), (True, " with a key")):
        of_group = [row for row in table.rows if (row.kind in ALGORITHMS) == is_key]
        for title, column, ours in (
            (f"Signed by `pysign-sign`{of_kind}, verified by", "verifier", "signer"),
            (f"Verified by `pysign-verify`, signed{of_kind} by", "signer", "verifier"),
        ):
            rows = [row for row in of_group if getattr(row, ours) == "pysign"]
            parts.append(_table(title, column, rows, reasons))
    notes = [f"{number}. {reason[0].upper()}{reason[1:]}." for reason, number in reasons.items()]
    return "\n".join([*parts, *notes]) + "\n"


def _table(title: str, column: str, rows: list[Row], reasons: dict[str, int]) -> str:
    columns = list(dict.fromkeys(getattr(row, column) for row in rows))
    forms = list(dict.fromkeys(row.form for row in rows))
    lines = [f"| {title} | Rekor | {' | '.join(columns)} |", "|---" * (len(columns) + 2) + "|"]
    for form in forms:
        cells = []
        for name in columns:
            of_cell = [r for r in rows if r.form == form and getattr(r, column) == name]
            marks = [_mark(row, reasons) for row in of_cell]
            cells.append(marks[0] if marks[0] != HELD and len(set(marks)) == 1 else " ".join(marks))
        lines.append(f"| {form.kind} | v{form.rekor} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _mark(row: Row, reasons: dict[str, int]) -> str:
    if not row.reason:
        return HELD
    return f"[{reasons.setdefault(row.reason, len(reasons) + 1)}]"
