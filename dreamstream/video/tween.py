"""Video frames between dreams: both neighbours under the exact camera, cross-faded; always moving, never jumping.

States, by what is on the screen (`_base`, `_next`):

    waking      a dark moving light         -> fading when the first dream comes
    resting     a still, the camera sways   -> fading when the dream comes that was made from it
    showing     one dream under the camera  -> fading when a dream's turn has come; refreshing when zoom or age wore it
    fading      from one dream to the next  -> showing when its time is over; fading anew when one is due before that
    refreshing  to a fresh crop of a dream  -> showing; fading at once when a dream comes after all
    any of them, after LEAP seconds without a frame -> showing the newest picture
"""

from __future__ import annotations

import cmath
import math
import threading
from collections import deque
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from numpy.typing import NDArray

from dreamstream.core.camera import Motion, Pose
from dreamstream.core.card import Between
from dreamstream.core.dream import Dream
from dreamstream.video import layers, yuv
from dreamstream.video.camera_path import CameraPath, nearly_still
from dreamstream.video.first_light import Waking
from dreamstream.video.layers import smooth
from dreamstream.video.yuv import Picture

# Dreams that wait for their turn; the oldest gives way.
MOST_WAITING = 8
# Shares of the usual time between dreams: how long the fade to a late dream lasts, so that it is over when the next
# one comes, and how short the fade to one that comes just before its time may be.
LATE_FADE, SHORTEST_FADE = 0.9, 0.5
LONGEST_FADE = 8.0
FIRST_FADE = 1.5
# Frames further apart than this, in seconds, are not one movement.
LEAP = 2.0
# A picture zoomed further than this is blurred; with dreams still expected, further than the second.
WORN_ZOOM, TIRED_ZOOM = 2.0, 3.0
WORN_AGE = 30.0
REFRESH_FADE = 4.0
# A camera that slides may never be covered by one picture; its edge is given up this long after its time.
CLOSING = 1.0
# The soft edge of a dream that does not cover the frame yet, as a share of the frame's height at most.
FEATHER = 0.25
# How much of a fade's weight is eased when one follows another; the rest is even, so that nothing beats with dreams.
EASE = 0.25
STILL = Motion(1.0, 0.0)
# A dream this far (as a zoom) from its place in time is shown as if it were in place now.
FAR_ZOOM = 4.0


@dataclass(frozen=True)
class _Layer:
    """A picture on the camera path: seen through `before` at `time`, and moving on from there."""

    picture: Picture
    margin: float
    time: float
    before: Pose

    def pose(self, path: CameraPath, t: float) -> Pose:
        return self.before.then(path.pose(self.time, t))


class Tweener:
    """Makes the frame for any show time out of the dreams pushed so far.

    size: (width, height) of the frames, both even. still: a picture to begin with, uint8 [H, W, 3] RGB; without one,
    frames before the first dream are a dark moving light. still_at: the show time at which the still was a dream in
    place; None when the first dream will be made from it, as after a restart: then the camera only sways until that
    dream is there. margin: how many times the output's scene height a canvas shows. between: see `Card.between`; it may
    be changed at any time. With "fade" the camera rests whatever dreams say of it, and with "none" each dream is shown
    as it is from its time on.
    push() may be called from any thread; frame() and frame_yuv() from one, with times that do not go back.
    """

    def __init__(
        self,
        size: tuple[int, int],
        still: NDArray[np.uint8] | None = None,
        margin: float = 1.0,
        still_at: float | None = None,
        between: Between = "camera",
    ) -> None:
        if size[0] % 2 or size[1] % 2:
            raise ValueError(f"the frames' sides must be even, not {size[0]}x{size[1]}")
        if margin < 1.0:
            raise ValueError(f"the canvas must show at least the output's scene (margin 1), not {margin}")
        self._size, self._margin, self.between = size, margin, between
        self._waking = Waking(size)
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Dream, Picture]] = deque(maxlen=MOST_WAITING)
        self._spacings: deque[float] = deque(maxlen=5)
        self._arrived: float | None = None
        self._path = CameraPath(Motion() if between == "camera" else STILL)
        # When something was in place that the next dream is registered with; None when nothing on the screen is.
        self._mark: float | None = None
        self._newest = None if still is None else layers.prepare(still, size, margin)
        self._still_at = still_at
        # Whether the camera waits for the dreamer to go on from the still; and when its first dream is in place.
        self._resting = still is not None and still_at is None
        self._rested: float | None = None
        self._leapt = still is not None
        self._base: _Layer | None = None
        self._next: _Layer | None = None
        self._start = self._end = 0.0
        self._ease = 1.0
        # When the last dream's turn came, and until when the first after a while without any comes up.
        self._turned, self._opened = -math.inf, -math.inf
        self._edged = self._refreshing = False
        self._alike: tuple[float, float] | None = None
        self._refreshes = 0
        self._t: float | None = None

    @property
    def interval(self) -> float:
        """The usual time between dreams, in seconds, as they arrived lately (1 before the second)."""
        with self._lock:
            return median(self._spacings) if self._spacings else 1.0

    def push(self, dream: Dream, now: float) -> None:
        """Take a dream; it shows as its time comes, or at once when that is past. now: show seconds."""
        if self.between != "camera":
            dream = replace(dream, motion=STILL)
        picture = layers.prepare(dream.picture, self._size, self._margin)
        with self._lock:
            if self._arrived is not None:
                self._spacings.append(max(0.0, now - self._arrived))
            self._arrived = now
            while self._waiting and self._waiting[-1][0].time >= dream.time:
                self._waiting.pop()
            self._waiting.append((dream, picture))

    def frame(self, t: float) -> NDArray[np.uint8]:
        """The frame at show time `t` (seconds), a fresh uint8 [H, W, 3], RGB."""
        return yuv.to_rgb(self.frame_yuv(t))

    def frame_yuv(self, t: float) -> Picture:
        """The same frame as planar YUV (yuv.py), which costs half and is what the encoder takes."""
        length = 1 / 30 if self._t is None else max(0.0, t - self._t)
        self._t = t
        if self._leapt or length > LEAP:
            self._leap(t)
        if self._next is not None and t >= self._end and not self._has_edge(t):
            self._base, self._next, self._refreshing = self._next, None, False
        if self.between == "none":
            self._pass_through(t)
        elif (taken := self._take(t)) is not None:
            self._begin(*taken, t, length)
        elif self._next is None and self._base is not None:
            self._idle(self._base, t)
        return self._render(t)

    def _leap(self, t: float) -> None:
        """Begin anew at time `t` with the newest picture: at first, and when the time in between was slept through."""
        self._leapt = False
        self._next, self._mark, self._path = None, None, CameraPath(self._path.motion)
        if self._newest is None:
            return
        self._base = _Layer(self._newest, self._margin, t, Pose())
        if self._still_at is not None:
            self._base, self._mark = replace(self._base, time=self._still_at), self._still_at
            self._still_at = None
        if self._rested is not None:
            self._resting, self._rested = False, None
        elif self._resting and self.between == "camera":
            self._path = CameraPath(STILL)
            # In full sway at once: there was nothing before that it would have to begin gently from.
            self._path.breathe(t - 6.0)

    def _take(self, t: float) -> tuple[Dream, Picture] | None:
        """The dream whose turn it is, if any: the nearest to come when nothing fades or one is due, else the due one.

        A dream that is due while the next one waits is passed over: shown now, it would make every later one late too.
        """
        with self._lock:
            due = sum(dream.time <= t for dream, _ in self._waiting)
            if not due and (not self._waiting or (self._next is not None and not self._refreshing and t < self._end)):
                return None
            for _ in range(min(due, len(self._waiting) - 1)):
                self._waiting.popleft()
            return self._waiting.popleft()

    def _pass_through(self, t: float) -> None:
        """Show the newest dream whose time has come, as it is."""
        with self._lock:
            due = [self._waiting.popleft() for _ in range(sum(dream.time <= t for dream, _ in self._waiting))]
        if due:
            self._newest, self._path, self._resting = due[-1][1], CameraPath(STILL), False
            self._base, self._next = _Layer(self._newest, self._margin, t, Pose()), None

    def _begin(self, dream: Dream, picture: Picture, t: float, length: float) -> None:
        """Begin the fade to a dream, with everything on the screen staying exactly where it is at time `t`."""
        if self._resting and self._rested is None and self._base is not None:
            self._begin_on_still(self._base, dream, picture, t)
            return
        interval = self.interval
        first = self._base is None and self._next is None
        broken_off = self._next is not None
        front = self._next or self._base
        anchor = front.pose(self._path, t) if front is not None else Pose()
        if self._next is not None:
            # The fade before is not over: what it has come to is the picture to fade from.
            base: _Layer | None = _Layer(self._render(t), 1.0, t, Pose())
            place = Pose()
        else:
            base = self._base
            place = base.pose(self._path, t) if base is not None else Pose()
        if self._rested is not None and not self._is_far(replace(dream, time=self._rested), t):
            self._path.settle(dream.motion, self._rested, anchor, t)
        else:
            self._path.turn(dream.motion, self._mark, t)
        self._resting, self._rested = False, None
        undo = self._path.rest(t).inverse()
        self._base = None if base is None else replace(base, time=t, before=place.then(undo))
        self._newest = picture
        layer = _Layer(picture, self._margin, dream.time, Pose())
        fresh = self._is_far(dream, t) or (dream.time < t and self._is_worn(layer, t, WORN_ZOOM))
        if fresh:
            layer = _Layer(picture, self._margin, t, undo)
        self._mark = None if fresh else dream.time
        self._refreshing, self._alike = False, None
        if t - self._turned > max(1.0, 2 * interval):
            self._opened = t + FIRST_FADE
        self._turned = t
        if dream.time <= t and interval <= 1.5 * length and t >= self._opened:
            self._base, self._next = layer, None
            return
        share = SHORTEST_FADE if layer.time > t else LATE_FADE
        fade = max(min(LONGEST_FADE, share * interval), self._opened - t)
        # Dreams in time form one even movement; what begins out of rest, or late, begins gently. Fades that break each
        # other off would never come far with gentle beginnings.
        in_time = layer.time > t and not first and t - self._end < 1.5 * length
        self._ease = 0.0 if broken_off else EASE if in_time else 1.0
        self._next, self._start, self._end = layer, t, max(layer.time, t + fade)
        # A dream that is already past its place covers the frame; one that is to come may not yet.
        self._edged = layer.time > t

    def _begin_on_still(self, still: _Layer, dream: Dream, picture: Picture, t: float) -> None:
        """Begin the fade to the dream that was made from the still, so that it is seen where the still is."""
        self._next = replace(still, picture=picture)
        self._newest, self._rested, self._mark, self._alike = picture, dream.time, None, None
        self._start, self._end = t, t + min(LONGEST_FADE, max(FIRST_FADE, dream.time - t))
        self._edged = self._refreshing = False
        self._turned = t

    def _idle(self, base: _Layer, t: float) -> None:
        """Keep a picture alive for which no dream comes: sway, and fade to a fresh crop when it is worn."""
        if self._resting or self.between != "camera":
            return
        patience = max(2.0, 2 * self.interval)
        waited = math.inf if self._arrived is None else t - self._arrived
        if waited > patience and nearly_still(self._path.motion):
            self._path.breathe(t)
        old = waited > patience and t - base.time > WORN_AGE
        if self._newest is None or not (old or self._is_worn(base, t, WORN_ZOOM if waited > patience else TIRED_ZOOM)):
            return
        self._refreshes += 1
        motion = self._path.motion
        # Golden-angle steps never repeat a crop. Outward motion begins further in, to have something to leave.
        aside = cmath.rect(0.05, 2.4 * (self._refreshes % 1000))
        crop = Pose(complex(1.12 if motion.zoom >= 1 else 1.8), aside)
        self._next = _Layer(self._newest, self._margin, t, crop.then(self._path.rest(t).inverse()))
        speed = abs(math.log(motion.zoom)) / math.log(WORN_ZOOM) + 2 * math.hypot(motion.pan_x, motion.pan_y)
        self._start, self._end = t, t + min(REFRESH_FADE, 0.6 / max(speed, 1e-3))
        self._mark, self._alike, self._edged, self._refreshing, self._ease = None, None, False, True, 1.0

    def _is_far(self, dream: Dream, t: float) -> bool:
        """Whether the motion between the dream's time and now is too much for any picture (or for arithmetic)."""
        return abs(math.log(dream.motion.zoom) * (t - dream.time)) > math.log(FAR_ZOOM)

    def _is_worn(self, layer: _Layer, t: float, most: float) -> bool:
        """Whether a layer is zoomed in or out too far, or its middle has left the middle of the frame."""
        pose = layer.pose(self._path, t)
        return not 0.72 < pose.zoom < most or abs(pose.inverse().apply(0j)) > 0.4

    def _has_edge(self, t: float) -> bool:
        """Whether the coming dream does not cover the frame yet."""
        if self._edged and self._next is not None:
            pose = self._next.pose(self._path, t)
            gap = layers.gap(self._next.picture, pose, self._size, self._next.margin)
            self._edged = gap > 0 and t < self._next.time + CLOSING
        return self._edged

    def _weight(self, t: float) -> float:
        """How much of the coming dream is seen at time `t`, from 0 to 1."""
        if self._end <= self._start:
            return 1.0
        share = min(max((t - self._start) / (self._end - self._start), 0.0), 1.0)
        return (1 - self._ease) * share + self._ease * smooth(share)

    def _render(self, t: float) -> Picture:
        base, coming = self._base, self._next
        below = self._waking.frame(t) if base is None else self._warp(base, t)
        weight = self._weight(t)
        if coming is None or weight <= 0:
            return below
        above = self._warp(coming, t)
        if self._alike is None:
            self._alike = layers.likeness(below, above)
        mixed = above if weight >= 1 else layers.fade(below, above, weight, self._alike)
        if not self._has_edge(t):
            return mixed
        pose = coming.pose(self._path, t)
        # The soft edge is as wide as the gap, so it is gone exactly when the dream covers the frame.
        gap = layers.gap(coming.picture, pose, self._size, coming.margin)
        feather = min(gap, FEATHER * self._size[1])
        mask = layers.soft_edge(coming.picture, pose, self._size, coming.margin, feather)
        closing = smooth((t - coming.time) / CLOSING)
        return layers.over(mixed, mask + closing * (1 - mask) if closing else mask, below)

    def _warp(self, layer: _Layer, t: float) -> Picture:
        return layers.warp(layer.picture, layer.pose(self._path, t), self._size, layer.margin)
