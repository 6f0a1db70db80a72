"""Channel-point rewards: found by title or id, made, and their redemptions called done or given back.

Twitch lets an application settle only redemptions of rewards that it made itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from dreamstream.core.message import Message, Paid, Settled
from dreamstream.inputs.twitch.api import REDEMPTIONS, Client, Route, TwitchError, ask, session
from dreamstream.inputs.twitch.tokens import Account, TokenStore


@dataclass(frozen=True)
class Reward:
    """A reward of the channel. ours: whether this application made it, so that it may give points back."""

    id: str
    title: str
    ours: bool


async def find_reward(client: Client, owner: Account, wanted: str) -> Reward:
    """The reward with this title (in any case) or id. Raises TwitchError when there is none."""
    for ours in (True, False):
        params = {"broadcaster_id": owner.user_id, "only_manageable_rewards": str(ours).lower()}
        route = Route("GET", "channel_points/custom_rewards", params=params, token_for=owner.user_id)
        for item in (await ask(client.http.request_json(route), "looking for the reward"))["data"]:
            if wanted == item["id"] or wanted.casefold() == str(item["title"]).casefold():
                return Reward(str(item["id"]), str(item["title"]), ours)
    raise TwitchError(f"{owner.login} has no reward {wanted!r}; make it with: dreamstream twitch reward {wanted!r}")


async def make_reward(store: TokenStore, title: str, cost: int) -> str:
    """Make a reward that takes a text, for the account that allowed it; its owner's name. Raises TwitchError."""
    logins = store.load()
    owner = next((account for account in reversed(logins.accounts) if REDEMPTIONS in account.scopes), None)
    if owner is None:
        raise TwitchError("no login may make rewards; as the channel's owner run: dreamstream twitch login --rewards")
    async with session() as http:
        client = Client(logins.client_id, owner, http, store)
        try:
            await client.enter(owner)
            data = {
                "title": title,
                "cost": cost,
                "prompt": "What is to be dreamed? For example: bee, or bee + pizza",
                "is_user_input_required": True,
            }
            params = {"broadcaster_id": owner.user_id}
            route = Route("POST", "channel_points/custom_rewards", params=params, json=data, token_for=owner.user_id)
            await ask(client.http.request_json(route), "making the reward")
        finally:
            await client.close(save_tokens=False)
    return owner.login


async def missed(client: Client, owner: Account, reward: Reward, now: float) -> list[Message]:
    """What was redeemed while nobody listened, oldest first, at most 50. Raises TwitchError."""
    if not reward.ours:
        return []
    params = {"broadcaster_id": owner.user_id, "reward_id": reward.id, "status": "UNFULFILLED", "first": "50"}
    route = Route("GET", "channel_points/custom_rewards/redemptions", params=params, token_for=owner.user_id)
    page = await ask(client.http.request_json(route), "looking for what was redeemed")
    return [
        redeemed(
            reward,
            str(item["id"]),
            str(item["user_name"]),
            str(item["user_login"]),
            str(item["user_input"]),
            int(item["reward"]["cost"]),
            now,
        )
        for item in page["data"]
    ]


def redeemed(reward: Reward, id: str, who: str, login: str, text: str, cost: int, now: float) -> Message:
    """A redemption as what its buyer says: the text is a wish, with or without the command."""
    paid = Paid("points", cost, reward.title, f"{reward.id}/{id}" if reward.ours else "")
    text = text.strip() or "random"
    return Message(
        text if text.startswith("!") else f"!dream {text}", who, "twitch", id, frozenset(), now, login.lower(), paid
    )


async def settle(client: Client, owner: Account, settled: Settled) -> None:
    """Call a redemption done, or give its points back. Raises TwitchError."""
    reward, _, redemption = settled.handle.partition("/")
    call = client.http.patch_custom_reward_redemption(
        broadcaster_id=owner.user_id,
        token_for=owner.user_id,
        reward_id=reward,
        id=redemption,
        status="FULFILLED" if settled.done else "CANCELED",
    )
    await ask(call, "settling a redemption")
