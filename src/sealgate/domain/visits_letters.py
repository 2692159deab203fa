"""The letters of a visit, in both languages: what is said to whom. Plain text; the one fact that matters comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class LetterKind(StrEnum):
    INVITATION = "invitation"
    CANCELLED = "cancelled"
    REMINDER = "reminder"
    ASKED = "asked"
    ARRIVED = "arrived"
    OVERSTAYED = "overstayed"


TO_HOST = frozenset({LetterKind.ASKED, LetterKind.ARRIVED, LetterKind.OVERSTAYED})
"""The others go to the visitor."""

ENGLISH, CHINESE = "en", "zh-Hans"


@dataclass(frozen=True, slots=True)
class Wording:
    subject: str
    text: str


WORDINGS: Mapping[tuple[LetterKind, str], Wording] = {
    (LetterKind.INVITATION, ENGLISH): Wording(
        "Your visit to {site} on {day}",
        "{visitor},\n\n{host} expects you at {site} from {since} to {until}.\n\n"
        "Your pass, and what is kept of your visit:\n{link}\n\n"
        "At the kiosk you can also type the code {code}.\nOr say there that you are not coming.\n",
    ),
    (LetterKind.INVITATION, CHINESE): Wording(
        "{day} 到访 {site}",
        "{visitor}：\n\n{host} 邀请您于 {since} 至 {until} 到访 {site}。\n\n"
        "通行码以及我们保存的内容：\n{link}\n\n也可以在自助终端输入访客码 {code}。\n如不能前来，请在上述页面告知。\n",
    ),
    (LetterKind.CANCELLED, ENGLISH): Wording(
        "Your visit to {site} on {day} is cancelled",
        "{visitor},\n\nyour visit to {site} on {day} is cancelled. The pass no longer opens anything.\n",
    ),
    (LetterKind.CANCELLED, CHINESE): Wording(
        "{day} 到访 {site} 已取消",
        "{visitor}：\n\n您于 {day} 到访 {site} 的预约已取消，通行码已失效。\n",
    ),
    (LetterKind.REMINDER, ENGLISH): Wording(
        "Your visit to {site} ends at {until}",
        "{visitor},\n\nyour visit ends at {until}. Check out at a gate, at the kiosk, or here:\n{link}\n",
    ),
    (LetterKind.REMINDER, CHINESE): Wording(
        "您在 {site} 的访问将于 {until} 结束",
        "{visitor}：\n\n您的访问将于 {until} 结束。请在闸口、自助终端或以下页面签离：\n{link}\n",
    ),
    (LetterKind.ASKED, ENGLISH): Wording(
        "{visitor} is at {site} and asks for you",
        "{visitor} is at {site} and asks for you: {why}\n\nLet them in or not, here:\n{answer}\n",
    ),
    (LetterKind.ASKED, CHINESE): Wording(
        "{visitor} 在 {site} 等您",
        "{visitor} 已到 {site}，请求见您：{why}\n\n请在此同意或拒绝：\n{answer}\n",
    ),
    (LetterKind.ARRIVED, ENGLISH): Wording(
        "{visitor} has come in",
        "{visitor} came in at {site} at {came}.\n",
    ),
    (LetterKind.ARRIVED, CHINESE): Wording(
        "{visitor} 已到达",
        "{visitor} 已于 {came} 进入 {site}。\n",
    ),
    (LetterKind.OVERSTAYED, ENGLISH): Wording(
        "{visitor} is still inside",
        "The visit of {visitor} at {site} ended at {until}, and they have not checked out.\n",
    ),
    (LetterKind.OVERSTAYED, CHINESE): Wording(
        "{visitor} 仍未离开",
        "{visitor} 在 {site} 的访问已于 {until} 结束，尚未签离。\n",
    ),
}


def worded(kind: LetterKind, language: str, **values: str) -> Wording:
    """Subject and text with the values filled in; a language that we do not speak is English."""
    wording = WORDINGS.get((kind, language)) or WORDINGS[kind, ENGLISH]
    return Wording(wording.subject.format(**values), wording.text.format(**values))
