"""Words: what the swipe page and the Activity say. Their scripts get them as `static/words.js`, in their language."""

import json
from collections.abc import Mapping

from bot.messages import N_, _, mentions, spoken

WORDS: Mapping[str, str] = {
    # main.js
    "views": N_("What to do here"),
    "feed": N_("Discover"),
    "label": N_("Label"),
    "logged_out": N_("You're logged out. `/feed web` in Discord gives you a new link."),
    "help": N_("Help"),
    "go_on_as": N_("Log this browser out and continue as them?"),
    "as_them": N_("Continue as them"),
    "as_i_am": N_("Stay as I am"),
    # feed.js
    "liked": N_("Liked: {title}."),
    "skipped": N_("Skipped: {title}."),
    "not_for_you": N_("Not for you: {title}."),
    "back": N_("Back: {song}"),
    "by": N_("{title}, by {artists}"),
    "saves": N_("What you like here goes to your likes."),
    "saves_not": N_("What you like stays in the feed."),
    "adding": N_("Adding {title} to {playlist}."),
    "no_link": N_("There's no link to this song: it's the operator's own file."),
    "copied": N_("Link copied."),
    "the_link": N_("The link: {url}"),
    "reposted": N_("{title} is reposted. To undo it, press Repost under it in Discord."),
    "one_moment": N_("One moment."),
    "try_again": N_("Try again"),
    "nothing": N_("That's everything for now."),
    "look_again": N_("Look again"),
    "like": N_("Like"),
    "skip": N_("Skip"),
    "add": N_("Add to…"),
    "share": N_("Share"),
    "away": N_("Not for me"),
    "more": N_("More"),
    "undo": N_("Undo"),
    "acts": N_("What to do with this song"),
    "offline_plays": N_("You're offline. Songs that are already here still play."),
    # label.js
    "where": N_("Where does {song} go?"),
    "others": N_("Other answers"),
    "several": N_("Several"),
    "none": N_("None of them"),
    "these": N_("Those I've ticked"),
    "go_back": N_("Back"),
    "more_of": N_("More of these"),
    "how_to_label": N_(
        "Each song plays from its highlight, if it can be heard here. Press the playlist it belongs in; my guess is "
        "marked, and the buttons never move. Undo asks about the last song again."
    ),
    "key_place": N_("The playlist in that place"),
    "key_several": N_("Several playlists"),
    "key_none": N_("None of them"),
    "key_undo_answer": N_("Undo the last answer"),
    "key_more_of": N_("More songs by the artist, or on the album"),
    # moreof.js
    "which_songs": N_("Which songs"),
    "all_of_them": N_("All of them"),
    "ticked": N_("Ticked: {count} of {total}. Which playlist?"),
    # dryrun.js
    "dry_run": N_("What I'd do"),
    "untick": N_(
        "Untick a song that doesn't belong there: I won't put it there, and I learn from that. Apply writes what's "
        "ticked."
    ),
    "go_to": N_("Go to"),
    "apply": N_("Apply"),
    "listen": N_("Listen"),
    "listen_to": N_("Listen to {song}"),
    "receipt": N_("You get the receipt in Discord, with Undo."),
    "how_to_review": N_(
        "This is the dry run: nothing changes until you press Apply, and then exactly what's ticked goes in. "
        "Unticking says that the song doesn't belong there; ticking it again says it does."
    ),
    # api.js
    "offline": N_("You're offline, or the bot is. Nothing was lost; try again in a moment."),
    "failed": N_("That didn't work. Nothing was lost; try again in a moment."),
    # card.js
    "fetching": N_("Fetching the clip"),
    "cover": N_("Cover of {title}"),
    "preview_by": N_("Preview by"),
    "open_in_spotify": N_("Open in Spotify"),
    "no_clip": N_("There's no clip of it here."),
    "no_clip_no_link": N_("There's no clip of it here, and no link."),
    "watch": N_("Watch it on {service}, from {time}"),
    "hear": N_("Listen on {service}"),
    "time": N_("{time} of {length}"),
    "play": N_("Play"),
    "pause": N_("Pause"),
    "highlight": N_("Highlight, {time} into the song"),
    "played": N_("Played"),
    # sheet.js
    "close": N_("Close"),
    "add_to": N_("Add to a playlist"),
    "no_playlists": N_(
        "I don't keep any playlists for you. `/playlists add` in Discord takes one, or makes a new one."
    ),
    "my_guess": N_("My guess, {percent}"),
    "on_its_way": N_("On its way there"),
    "like_first": N_("Save it to your likes first?"),
    "save_and_add": N_("Save this song and add it"),
    "save_all_and_add": N_("Always save what I like here, and add it"),
    "leave_it": N_("Leave it"),
    "artists": N_("Artists"),
    "album": N_("Album"),
    "year": N_("Year"),
    "length": N_("Length"),
    "tempo": N_("Tempo"),
    "bpm": N_("{count} beats per minute"),
    "highlight_name": N_("Highlight"),
    "highlight_at": N_("{time} into the song"),
    "near": N_("Near"),
    "chosen": N_("You chose"),
    "repost": N_("Repost in a server"),
    "shared_by": N_("Shared by someone who likes it, without their name, or from the operator's own music."),
    "repost_it": N_("Repost it?"),
    "repost_where": N_("{title} goes to the repost channel of {server}, with your name. Everyone there sees it."),
    "post_it": N_("Post it"),
    "save_too": N_("Save it to your likes, too?"),
    "save_why": N_("When you like a song here, I can save it to your likes as well. `/feed settings` changes that."),
    "save_likes": N_("Save what I like here"),
    "keep_in_feed": N_("Keep it in the feed"),
    "key_like": N_("Like, then the next song"),
    "key_skip": N_("Skip"),
    "key_play": N_("Play, pause"),
    "key_more": N_("More about the song"),
    "key_add": N_("Add to a playlist"),
    "key_share": N_("Share, or copy the link"),
    "key_away": N_("Not for me"),
    "key_undo": N_("Undo"),
    "key_help": N_("This help"),
    "space": N_("Space"),
    "stays": N_("This browser stays logged in for 30 days. `/feed web` in Discord logs you out everywhere."),
    "framed": N_(
        "Discord logs you in each time you open this, for a day at most. `/feed web` in Discord logs you out "
        "everywhere."
    ),
    "how": N_("How it works"),
    "how_it_works": N_(
        "Each song starts at its highlight. Swipe right to like it, left to skip it, up for more about it. "
        "Undo brings the last song back."
    ),
    "key": N_("Key"),
    "does": N_("What it does"),
    "letters": N_("Use letter keys"),
    "log_out": N_("Log out here"),
    # activity.js
    "outside": N_("This page opens inside Discord: `/feed activity`. `/feed web` opens the same songs in a browser."),
    "silent": N_("Discord isn't answering. Close this and open it again."),
    "unknown": N_("Discord didn't say who you are, so I can't show your songs. Nothing was stored."),
}


IN_FILES: Mapping[str, str] = {
    "app": N_("Cratekeeper: the feed"),
    "about": N_("Songs that others like, each from its highlight on, and a button for where each of yours goes."),
    "no_script": N_("This page needs JavaScript. In Discord, `/feed play` shows the same songs."),
}


def filled(file: str) -> str:
    """Return an HTML or JSON file with its gaps filled in the reader's language: {language}, and those of IN_FILES.

    No sentence of ours may hold a quotation mark, which would end a JSON string.
    """
    said = {name: mentions.bare(_(sentence)) for name, sentence in IN_FILES.items()}
    for name, text in {**said, "language": spoken()}.items():
        file = file.replace(f"{{{name}}}", text)
    return file


def script() -> bytes:
    """Return the words in the reader's language, as a JavaScript module."""
    words = {name: mentions.bare(_(sentence)) for name, sentence in WORDS.items()}
    return f"export const LANGUAGE = {json.dumps(spoken())};\nexport const WORDS = {json.dumps(words)};\n".encode()
