"""An invitation makes one person a guardian of a child

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision, down_revision = "0018", "0017"
branch_labels = depends_on = None

INDEX = "uq_guardianships_by_invitation"


def upgrade():
    # A plain ALTER, so that SQLite does not make the table anew.
    op.execute(
        "ALTER TABLE guardianships ADD COLUMN invitation_id INTEGER"
        " CONSTRAINT fk_guardianships_invitation_id_invitations REFERENCES invitations (id)"
    )
    op.create_index(INDEX, "guardianships", ["invitation_id", "child_id"], unique=True)


def downgrade():
    op.drop_index(INDEX, "guardianships")
    op.execute("ALTER TABLE guardianships DROP COLUMN invitation_id")
