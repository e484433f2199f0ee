"""Where the TOML files are: the folder that was named, the checkout's, or the packaged one."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from plugin.domain.errors import ConfigError

MARKER = ".signgate"
"""A file of this name tells a folder of ours from any other ``config/``."""


def locate(config_dir: Path | None) -> Path:
    """Find the configuration folder.

    Parameters
    ----------
    config_dir
        As named by ``--config`` or ``SIGNGATE_CONFIG``; ``None`` when neither was given.

    Raises
    ------
    ConfigError
        When the named folder does not exist, or none can be found.
    """
    if config_dir is not None:
        if not config_dir.is_dir():
            raise ConfigError(str(config_dir), "", "is no folder; name one with --config or SIGNGATE_CONFIG")
        return config_dir
    checkout = Path(__file__).resolve().parents[1] / "config"
    if (checkout / MARKER).is_file():
        return checkout
    packaged = Path(str(files("plugin._config")))
    if (packaged / MARKER).is_file():
        return packaged
    raise ConfigError(str(packaged), "", "holds no configuration; name a folder with --config")
