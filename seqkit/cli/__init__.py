"""The command line: one file a command, and the only place that imports click.

``main.py`` is the group and the boundary that turns errors into messages and exit statuses; the
other modules are imported when their command is invoked.
"""
