"""Where the demo stores what it makes."""

from pathlib import Path

OUTPUT = Path(__file__).parent / "output"
#: The settings by which a command reads what the demo has stored.
STORED = {
    "CLAUSEWATCH_DATABASE_URL": f"sqlite:///{OUTPUT / 'clausewatch.db'}",
    "CLAUSEWATCH_VENDORS": str(OUTPUT / "vendors"),
}
