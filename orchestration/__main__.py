"""The command line: run, demo, pack and dev."""

from orchestration.command_line import main

raise SystemExit(main())
