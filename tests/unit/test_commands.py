"""The command line: every command says what it does with an example that it would take."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from dagster_project.cli import main


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize(
    ("path", "command"), commands(), ids=lambda value: " ".join(value) if type(value) is tuple else ""
)
def test_every_command_has_an_example_that_it_takes(path: tuple[str, ...], command: click.Command) -> None:
    (example,) = re.findall(r"Example: (.*)", command.help or "")
    program, *words = shlex.split(example)
    assert (program, *words[: len(path)]) == ("bolig", *path)
    context = command.make_context(path[-1], words[len(path) :])
    assert not context.args


def test_no_two_examples_are_the_same() -> None:
    examples = [re.findall(r"Example: (.*)", command.help or "")[0] for _, command in commands()]
    assert len(set(examples)) == len(examples)
