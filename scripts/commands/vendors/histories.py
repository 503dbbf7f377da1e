"""`clausewatch vendors rename` and `clausewatch vendors forget`: the names under which captures are stored."""

import sys
from pathlib import Path
from typing import NamedTuple

import click

from core.declarations import load_vendor
from core.declarations.renaming import with_policy_renamed
from core.declarations.schema import is_slug
from core.exceptions import UsageError
from core.plurals import plural
from core.policies import PolicyKey
from core.settings import load_settings
from scripts.options import open_store
from scripts.whole_file import whole_file
from storage.upkeep import remove_history, rename_policy, rename_vendor


class _Name(NamedTuple):
    """A vendor, or one of its policies: `hesk`, `hesk/privacy`. policy: None for the vendor."""

    vendor: str
    policy: str | None

    def __str__(self) -> str:
        return f"{self.vendor}/{self.policy}" if self.policy else self.vendor


class _NameType(click.ParamType[_Name]):
    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> _Name:
        vendor, has_policy, policy = value.partition("/")
        if not is_slug(vendor) or (has_policy and not is_slug(policy)):
            self.fail(f"{value!r} is neither VENDOR nor VENDOR/POLICY, such as hesk or hesk/privacy", param, ctx)
        return _Name(vendor, policy if has_policy else None)


@click.command("rename")
@click.argument("old", type=_NameType(), metavar="OLD")
@click.argument("new", type=_NameType(), metavar="NEW")
def rename(old: _Name, new: _Name) -> None:
    """Give a vendor or a policy another name. Its captures and its subscribers stay.

    OLD and NEW are both the name of a vendor, such as hesk, or both the name of a policy of one vendor, such as
    hesk/privacy. The declaration is changed, too: a vendor's file gets the new name, and a policy's name is replaced in
    the file. If you have changed the declaration already, only the stored captures get the new name.
    """
    if (old.policy is None) != (new.policy is None) or (old.policy is not None and old.vendor != new.vendor):
        raise UsageError("name two vendors, such as hesk hesk-software, or two policies of one vendor: hesk/a hesk/b")
    if old == new:
        raise UsageError("the old name and the new name are the same")
    settings = load_settings()
    path = settings.vendors / f"{old.vendor}.yaml"
    new_path = settings.vendors / f"{new.vendor}.yaml"
    if old.policy is None or new.policy is None:
        declared = [name.vendor for name, file in ((old, path), (new, new_path)) if file.exists()]
    else:
        policies = load_vendor(path).policies if path.exists() else {}
        declared = [name.policy for name in (old, new) if name.policy in policies]
    if len(declared) == 2:
        raise UsageError(f"{new} is already declared in {settings.vendors}; give another name than {new}")
    if not declared:
        raise UsageError(f"neither '{old}' nor '{new}' is declared in {settings.vendors}; declare '{new}' first")
    with open_store(settings) as store, store.database.only_run():
        if old.policy is None or new.policy is None:
            captures = rename_vendor(store, old.vendor, new.vendor)
        else:
            captures = rename_policy(store, PolicyKey(old.vendor, old.policy), PolicyKey(new.vendor, new.policy))
        # If this fails, the same command can be given again: the captures have their new name already.
        if declared[0] == (old.policy or old.vendor):
            _rename_declaration(path, new_path, old, new)
    click.echo(
        f"{old} is renamed to {new}; its declaration is in {new_path}; it has {plural(captures, 'stored capture')}",
        err=True,
    )


def _rename_declaration(path: Path, new_path: Path, old: _Name, new: _Name) -> None:
    """Renames a vendor's file, or a policy in a vendor's file. UsageError if the file can't be written."""
    try:
        if old.policy is None or new.policy is None:
            path.rename(new_path)
            return
        with path.open(encoding="utf-8", newline="") as stream:  # line ends stay as they are
            text = stream.read()
        with whole_file(path) as target:
            target.write(with_policy_renamed(text, old.policy, new.policy).encode("utf-8"))
    except OSError as error:
        raise UsageError(
            f"the captures have been renamed to {new}, but {path} can't be changed: {error.strerror}. Give this user "
            "the "
            "right to write to it and run this command again, or change the name in the declaration yourself"
        ) from None


@click.command("forget")
@click.argument("name", type=_NameType(), metavar="NAME")
@click.option("--confirm", metavar="NAME", help="The name once more, instead of the question.")
def forget(name: _Name, confirm: str | None) -> None:
    """Delete the captures of a vendor or a policy that is no longer declared.

    This can't be undone. NAME is a vendor, such as hesk, or a policy, such as hesk/privacy. `clausewatch status` lists
    what is stored without a declaration. The captures, their bytes, readings and reviews are deleted; `clausewatch
    export` can write the captures to a file first. The command asks for the name once more; where nobody can be asked,
    it needs --confirm.
    """
    settings = load_settings()
    path = settings.vendors / f"{name.vendor}.yaml"
    if path.exists() and (name.policy is None or name.policy in load_vendor(path).policies):
        raise UsageError(
            f"{name} is still declared in {path}; remove the declaration first, then run this command again"
        )
    with open_store(settings) as store, store.database.only_run():
        standings = [
            standing for standing in store.library.standings([name.vendor]) if name.policy in (None, standing.policy)
        ]
        if not standings:
            raise UsageError(f"no captures of '{name}' are stored")
        for standing in standings:
            click.echo(
                f"{PolicyKey(standing.vendor, standing.policy)}: {plural(standing.captures, 'capture')}, "
                f"the newest from {standing.last_capture:%Y-%m-%d}",
                err=True,
            )
        if confirm is None:
            if not sys.stdin.isatty():
                raise UsageError(f"this command asks for the name once more; add --confirm {name}")
            confirm = click.prompt("These captures will be deleted for good. Type the name once more", err=True)
        if confirm != str(name):
            raise UsageError(f"{confirm!r} is not {str(name)!r}; nothing was deleted")
        captures = sum(remove_history(store, PolicyKey(standing.vendor, standing.policy)) for standing in standings)
    click.echo(f"{plural(captures, 'capture')} of {name} deleted", err=True)
