"""Files at the URLs that messages give for them."""

import io

from PIL import Image

from tests.contract.sandbox_discord.conftest import Stage
from tests.contract.sandbox_discord.raw import RawBot


async def test_a_url_expires_and_the_message_has_a_new_one(quiet: Stage, bot: RawBot) -> None:
    path = f"/channels/{quiet.channel.id}/messages"
    body = (await bot.call(f"POST {path}", {}, files={"ä b.csv": b"a,b"})).body
    old = body["attachments"][0]["url"]
    async with bot.session.get(old) as answer:
        assert (answer.status, await answer.read()) == (200, b"a,b")
    quiet.clock.pass_by(hours=25)
    async with bot.session.get(old) as answer:
        assert (answer.status, await answer.text()) == (404, "This content is no longer available.")
    new = (await bot.call(f"GET {path}/{body['id']}")).body["attachments"][0]["url"]
    async with bot.session.get(new) as answer:
        assert answer.status == 200


async def test_a_url_cannot_be_forged(quiet: Stage, bot: RawBot) -> None:
    for query in ("", "?ex=ffffffff&is=0&hm=0"):
        async with bot.session.get(f"{quiet.world.origin}/attachments/1/2/x.csv{query}") as answer:
            assert answer.status == 404


async def test_people_have_avatars(quiet: Stage, bot: RawBot) -> None:
    anna = (await bot.call(f"GET /users/{quiet.anna.user.id}")).body
    async with bot.session.get(f"{quiet.world.origin}/avatars/{anna['id']}/{anna['avatar']}.png?size=1024") as answer:
        assert Image.open(io.BytesIO(await answer.read())).size == (128, 128)


async def test_pictures_have_their_size_and_other_files_their_type(quiet: Stage, bot: RawBot) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (30, 20)).save(picture, "PNG")
    files = {"map.png": picture.getvalue(), "clip.ogg": b"OggS", "broken.png": b"no picture"}
    sent = (await bot.call(f"POST /channels/{quiet.channel.id}/messages", {}, files=files)).body["attachments"]
    assert [(attachment["content_type"], attachment.get("width")) for attachment in sent] == [
        ("image/png", 30),
        ("audio/ogg", None),
        ("image/png", None),
    ]


async def test_an_edit_may_refer_to_a_file_by_its_url(quiet: Stage, bot: RawBot) -> None:
    """As discord.py does when it edits a view that it read from the message."""
    path = f"/channels/{quiet.channel.id}/messages"
    card = {"flags": 1 << 15, "components": [{"type": 13, "file": {"url": "attachment://a.csv"}}]}
    sent = (await bot.call(f"POST {path}", card, files={"a.csv": b"a"})).body
    again = [{"type": 13, "file": {"url": sent["components"][0]["file"]["url"]}}, {"type": 10, "content": "x"}]
    await bot.call(f"PATCH {path}/{sent['id']}", {"components": again})
    message = quiet.world.messages[int(sent["id"])]
    assert [attachment.filename for attachment in message.files()] == ["a.csv"]
