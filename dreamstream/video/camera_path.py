"""The camera as the viewer sees it: it never jumps, whatever the dreams say about where it should be."""

from __future__ import annotations

import cmath
import math

from dreamstream.core.camera import Motion, Pose
from dreamstream.video.layers import smooth

# How long, in seconds, a difference between where the camera is and where it should be takes to go.
SETTLE = 2.0


def nearly_still(motion: Motion) -> bool:
    """Whether a viewer would take this motion for a frozen picture."""
    slide = math.hypot(motion.pan_x, motion.pan_y)
    return abs(math.log(motion.zoom)) < 0.004 and abs(motion.rotation) < 0.15 and slide < 0.004


class CameraPath:
    """Poses on one continuous path: the motion of the dreams, and a difference that is eased away.

    Times are show seconds. The first motion may be replaced at any time by `turn`.
    """

    def __init__(self, motion: Motion) -> None:
        self.motion = motion
        self._left = Pose()
        self._left_at = 0.0
        self._breath: float | None = None

    def pose(self, time: float, t: float) -> Pose:
        """Where at time `t` something is seen that was exactly in place at `time`."""
        return self.motion.over(t - time).then(self.rest(t))

    def rest(self, t: float) -> Pose:
        """What is left at time `t` of the camera's difference from the path of the dreams."""
        share = 1.0 - smooth((t - self._left_at) / SETTLE)
        left = Pose()
        if share > 0.0:
            left = Pose(cmath.exp(share * cmath.log(self._left.factor)), share * self._left.offset)
        return left if self._breath is None else left.then(_breathing(t - self._breath))

    def breathe(self, t: float) -> None:
        """From time `t` on sway a little, so that a camera at rest does not look frozen; ends at the next turn."""
        if self._breath is None:
            self._breath = t

    def turn(self, motion: Motion, mark: float | None, t: float) -> None:
        """From time `t` on follow another motion, without a jump.

        mark: a time at which something was in place that is to be seen on under the new motion as it was under the
        old; None when there is nothing, and then only the camera's speed changes.
        """
        place = self.rest(t)
        if mark is not None and motion != self.motion and self._is_near(motion, t - mark):
            place = motion.over(t - mark).inverse().then(self.motion.over(t - mark)).then(place)
        self.motion, self._left, self._left_at, self._breath = motion, place, t, None

    def settle(self, motion: Motion, mark: float, seen: Pose, t: float) -> None:
        """From time `t` on follow another motion, on which what is in place at `mark` is now under the pose `seen`."""
        left = motion.over(t - mark).inverse().then(seen)
        self.motion, self._left, self._left_at, self._breath = motion, left, t, None

    def _is_near(self, motion: Motion, seconds: float) -> bool:
        """Whether two motions lead to places near enough to steer from one to the other."""
        zoom = math.log(motion.zoom / self.motion.zoom) * seconds
        slide = math.hypot(motion.pan_x - self.motion.pan_x, motion.pan_y - self.motion.pan_y) * seconds
        return abs(zoom) < math.log(2) and abs(slide) < 0.5 and abs(math.log(motion.zoom) * seconds) < math.log(16)


def _breathing(seconds: float) -> Pose:
    """A slow sway that begins gently; never zooms out, so that it shows no edge."""
    ease = smooth(seconds / 6)
    zoom = 1 + ease * 0.02 * (1 - math.cos(math.tau * (seconds % 16) / 16)) + ease * 0.03
    slide = complex(math.sin(math.tau * (seconds % 23) / 23), math.sin(math.tau * (seconds % 19) / 19))
    return Pose(complex(zoom), ease * 0.012 * slide)
