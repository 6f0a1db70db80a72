"""Words that the matcher must not take at face value: everyday English, the talk of chats, and what surrounds a wish.

A word that people know is no typing error ("boot" is not "boat"), and alone it does not mean a thing that only has it
in its name ("house" is not the house finch). Where a vocabulary has one of them as a name or as another word for a
class, that match comes first and these lists are never asked.
"""

from __future__ import annotations

from functools import cache

from dreamstream.support.resources import models_folder
from dreamstream.wishes.spelling import singular


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that surround what a person means: "show me a bee please".
FILLERS = _words(
    """
    a an and awesome big cool cute dream giant give huge i in just little lol me more my nice now of on one our
    please pls plz see show some the tiny to us want we with your
    """
)

# What no list of English has, and chats have every minute; brands and names that are a letter away from a class.
_TALK = _words(
    """
    afk amogus based bitcoin bro brb bruh btw canada copium cringe crypto dota ez facebook fam fortnite fps gamer gg
    ggwp gif google gyatt haha hehe hentai hmm hogwarts idk ikea imo imho insta instagram irl jk kappa kek kekw lego
    lgbt linux lmao lmfao lol lul mario meme memes minecraft mods monka narnia netflix nft nfts noob nvm obama omg
    pepe pikachu pog pogchamp poggers putin ratio rofl roblox rizz sadge shrek sigma simp skibidi smh stfu sus tbh
    tesla tiktok tokyo trump twitch twitter uwu vibe vibes wtf xd yeet yikes yoda yolo youtube zelda larry minotaur
    bueller seagull seahorse playstation xbox nintendo brian britain china chile craig diana diane elsa emma frank
    greg india jake jason jesus joe john kate ken kyle lara leon lisa luke marc mark mars mary matt mike nina paris
    paul pete rob ron rosa russia sara satan sean steve texas
    """
)

# The last words of names that alone mean something else ("jacket" is no book jacket, "stick" no insect).
NO_HEADS = _words(
    """
    aid bank beam beauty box brace can center control cover cream dwelling eater engine filter glass grey home
    jacket kit light mail maker meter monster net one pad platform pod poster powder rack seat slide slipper smith
    stick theater track trunk two vehicle wagon wheel widow wood
    """
)


@cache
def _english() -> frozenset[str]:
    text = (models_folder() / "words" / "english.txt").read_text(encoding="ascii")
    return frozenset(text.split()) | _TALK


def is_common(word: str) -> bool:
    """Whether people who write `word` (folded) mean just that word."""
    english = _english()
    return word in english or singular(word) in english
