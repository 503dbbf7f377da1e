"""Adds the tables of the search: the distinct clauses of all policies, and what is known of each policy.

The tables begin empty. `clausewatch search` and `clausewatch run` fill them from the readings.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)

# The tokenizer divides the words at the spaces between them, and leaves them as they are. The words are stored in
# `clause_texts`, so that the index of a row can be taken away exactly as it was made.
_FULL_TEXT = """
CREATE VIRTUAL TABLE clause_words USING fts5(
    words, content='clause_texts', content_rowid='id', tokenize='ascii', columnsize=0, prefix='1 2'
)
"""
_ADDED = """
CREATE TRIGGER clause_texts_added AFTER INSERT ON clause_texts BEGIN
    INSERT INTO clause_words (rowid, words) VALUES (new.id, new.words);
END
"""
_REMOVED = """
CREATE TRIGGER clause_texts_removed AFTER DELETE ON clause_texts BEGIN
    INSERT INTO clause_words (clause_words, rowid, words) VALUES ('delete', old.id, old.words);
END
"""


def upgrade() -> None:
    """Creates the tables."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "clause_texts",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("vendor", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("text_key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=True),
        sa.Column("heading_path", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("words", sa.Text if is_sqlite else postgresql.TSVECTOR, nullable=False),
        sa.Column("version_id", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("appeared_at", _MOMENT, nullable=False),
        sa.Column("gone_at", _MOMENT, nullable=True),
        sa.Column("spans", sa.Text, nullable=False),
    )
    op.create_index("clause_texts_by_policy", "clause_texts", ["vendor", "policy", "text_key"], unique=True)
    op.create_table(
        "indexed_policies",
        sa.Column("vendor", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, primary_key=True),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("reader", sa.Text, nullable=True),
        sa.Column("periods", sa.Text, nullable=False),
        sa.Column("captures", sa.BigInteger, nullable=False),
        sa.Column("newest", _MOMENT, nullable=True),
        sa.Column("steady_version", sa.Text, nullable=True),
        sa.Column("steady_language", sa.Text, nullable=True),
    )
    if is_sqlite:
        for statement in (_FULL_TEXT, _ADDED, _REMOVED):
            op.execute(statement)
    else:
        op.create_index("clause_texts_by_words", "clause_texts", ["words"], postgresql_using="gin")


def downgrade() -> None:
    """Drops the tables."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE clause_words")
    for table in ("indexed_policies", "clause_texts"):
        op.drop_table(table)
