#!/usr/bin/env python
"""Run Django's commands for pocweb."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pocweb.settings")
    from django.core.management import execute_from_command_line  # Django wants the settings named first

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
