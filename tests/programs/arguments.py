"""An argparse program with a subcommand."""

import argparse

parser = argparse.ArgumentParser(prog="arguments")
parser.add_argument("--level", type=int, choices=[1, 2])
commands = parser.add_subparsers(dest="command", required=True)
commands.add_parser("go").add_argument("rest", nargs="*")
print(parser.parse_args())
