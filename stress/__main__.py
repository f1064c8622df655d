"""``python -m stress``: the stress harness's own command, which ``majlis stress`` runs."""

from __future__ import annotations

from stress.command import main

if __name__ == "__main__":
    main()
