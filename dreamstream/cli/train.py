"""`dreamstream train` and `dreamstream prior`: what the shipped data is made with."""

from __future__ import annotations

import argparse
from pathlib import Path

from dreamstream.cli.common import Commands, add_force, command, commands_of


def add(commands: Commands) -> None:
    """Add the commands."""
    _add_prior(commands)
    _add_train(commands)


def _add_train(commands: Commands) -> None:
    parser = command(commands, "train", _train, "train the built-in network anew, from drawings to weights")
    parser.add_argument(
        "--artwork", type=Path, default=Path("artwork"), metavar="FOLDER", help="emoji artwork (artwork)"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("runs/builtin"), metavar="FOLDER", help="results (runs/builtin)"
    )
    parser.add_argument("--steps", type=int, default=None, metavar="N", help="training steps (default: the recipe's)")
    parser.add_argument("--batch", type=int, default=None, metavar="N", help="pictures a step (default: the recipe's)")
    parser.add_argument("--seed", type=int, default=None, metavar="N", help="default: the recipe's")
    parser.add_argument(
        "--radius", type=float, default=None, metavar="R", help="of adversarial perturbations; 0 for none (recipe's)"
    )
    add_force(parser)


def _add_prior(commands: Commands) -> None:
    inner = commands_of(commands, "prior", "the patch prior that keeps dreams looking like pictures")
    fit = command(inner, "fit", _prior_fit, "fit a prior to a folder of pictures")
    fit.add_argument("folder", type=Path, metavar="FOLDER", help="pictures, also in folders below it")
    fit.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.safetensors", help="the file to write")
    add_force(fit)


def _train(args: argparse.Namespace) -> int:
    from dreamstream.train.command import train_builtin

    recipe = (args.steps, args.batch, args.seed, args.radius)
    path = train_builtin(args.artwork, args.out, *recipe, force=args.force)
    print(f"{path} is trained; use it with --model {path}")
    return 0


def _prior_fit(arguments: argparse.Namespace) -> int:
    from dreamstream.train.command import fit_prior

    fitted = fit_prior(arguments.folder, arguments.output, force=arguments.force)
    for scale in fitted:
        print(
            f"scale {scale.pool}: nu {scale.nu:.3g}; log-likelihood of a coefficient {scale.student:.3f} nats, "
            f"as a Gaussian {scale.gaussian:.3f}"
        )
    print(f"{arguments.output} is a prior for {len(fitted)} scales.")
    return 0
