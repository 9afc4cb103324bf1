"""The first schema."""

import sqlalchemy as sa
from alembic import op

from bot.adapters.store.schema import Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "cooldown",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_cooldown")),
    )
    op.create_table(
        "erasure",
        sa.Column("member", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_erasure")),
    )
    op.create_table(
        "feature",
        sa.Column("owner", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("sets", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("owner", "song", "source", name=op.f("pk_feature")),
    )
    op.create_table(
        "member",
        sa.Column("member", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("updates", sa.String(), nullable=False),
        sa.Column("updates_channel", sa.BigInteger(), nullable=True),
        sa.Column("muted_until", Moment(), nullable=True),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("learn_from_playlists", sa.Boolean(), nullable=False),
        sa.Column("next_poll_at", Moment(), nullable=True),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_member")),
    )
    op.create_table(
        "song",
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("artists", sa.JSON(), nullable=False),
        sa.Column("album", sa.String(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("isrc", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("cover", sa.String(), nullable=True),
        sa.Column("cached_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("song", name=op.f("pk_song")),
    )
    op.create_index(op.f("ix_song_isrc"), "song", ["isrc"], unique=False)
    op.create_table(
        "spent",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "day", name=op.f("pk_spent")),
    )
    op.create_table(
        "account",
        sa.Column("member", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("user_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("tokens", sa.LargeBinary(), nullable=False),
        sa.Column("consented_at", Moment(), nullable=False),
        sa.Column("warned_days", sa.Integer(), nullable=True),
        sa.Column("synced_at", Moment(), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_account_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member", name=op.f("pk_account")),
    )
    op.create_table(
        "layer",
        sa.Column("layer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("several", sa.Boolean(), nullable=False),
        sa.Column("everything", sa.Boolean(), nullable=False),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_layer_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("layer", name=op.f("pk_layer")),
        sa.UniqueConstraint("member", "name", name=op.f("uq_layer_member_name")),
    )
    op.create_table(
        "liked",
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("added_at", Moment(), nullable=True),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_liked_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member", "song", name=op.f("pk_liked")),
    )
    op.create_index("ix_liked_song", "liked", ["song"], unique=False)
    op.create_table(
        "link_state",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=False),
        sa.Column("redirect_uri", sa.String(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_link_state_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_link_state")),
    )
    op.create_table(
        "notice",
        sa.Column("notice", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_notice_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("notice", name=op.f("pk_notice")),
    )
    op.create_table(
        "answer",
        sa.Column("answer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("layer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("playlists", sa.JSON(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["layer"], ["layer.layer"], name=op.f("fk_answer_layer"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_answer_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("answer", name=op.f("pk_answer")),
        sa.UniqueConstraint("member", "layer", "song", "event", name=op.f("uq_answer_member_layer_song_event")),
    )
    op.create_table(
        "card",
        sa.Column("card", sa.String(), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("layer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("write", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["layer"], ["layer.layer"], name=op.f("fk_card_layer"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_card_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("card", name=op.f("pk_card")),
    )
    op.create_table(
        "model",
        sa.Column("model", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("layer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("card", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("serving", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["layer"], ["layer.layer"], name=op.f("fk_model_layer"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_model_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_model")),
    )
    op.create_index(op.f("ix_model_layer"), "model", ["layer"], unique=False)
    op.create_table(
        "playlist",
        sa.Column("playlist", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("layer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("emoji", sa.String(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("mistakes", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.String(), nullable=True),
        sa.Column("removed_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["layer"], ["layer.layer"], name=op.f("fk_playlist_layer"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_playlist_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("playlist", name=op.f("pk_playlist")),
    )
    op.create_index(op.f("ix_playlist_layer"), "playlist", ["layer"], unique=False)
    op.create_table(
        "prompt",
        sa.Column("message", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.BigInteger(), nullable=False),
        sa.Column("layer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["layer"], ["layer.layer"], name=op.f("fk_prompt_layer"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_prompt_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_prompt")),
    )
    op.create_table(
        "share",
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.BigInteger(), nullable=False),
        sa.Column("layer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["layer"], ["layer.layer"], name=op.f("fk_share_layer"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_share_member"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member", "channel", name=op.f("pk_share")),
    )
    op.create_table(
        "write",
        sa.Column("write", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("layer", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("undoes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("applied_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["layer"], ["layer.layer"], name=op.f("fk_write_layer"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_write_member"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["undoes"], ["write.write"], name=op.f("fk_write_undoes"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("write", name=op.f("pk_write")),
    )
    op.create_table(
        "change",
        sa.Column("change", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("write", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("playlist", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("certainty", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_change_member"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["playlist"], ["playlist.playlist"], name=op.f("fk_change_playlist"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["write"], ["write.write"], name=op.f("fk_change_write"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("change", name=op.f("pk_change")),
    )
    op.create_index(op.f("ix_change_playlist"), "change", ["playlist"], unique=False)
    op.create_index(op.f("ix_change_write"), "change", ["write"], unique=False)
    op.create_table(
        "content",
        sa.Column("member", sa.BigInteger(), nullable=False),
        sa.Column("playlist", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("song", sa.String(), nullable=False),
        sa.Column("added_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["member"], ["member.member"], name=op.f("fk_content_member"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["playlist"], ["playlist.playlist"], name=op.f("fk_content_playlist"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("playlist", "position", name=op.f("pk_content")),
    )
