"""Runs commands and Python code in forks of one process, which imports torch once for all.

``python forks.py serve SOCKET`` waits for requests; ``python forks.py SOCKET seqkit ARGUMENTS`` or
``python forks.py SOCKET python CODE`` makes one, with the caller's working directory, environment,
standard streams and exit status, so that a shell sees no difference but the time it takes.
"""

import json
import os
import socket
import sys


def serve(address):
    import signal

    import torch

    import seqkit.bundle.load
    import seqkit.cli.main
    import seqkit.model
    import seqkit.training.run  # noqa: F401 -- imported for all

    torch.set_num_threads(1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        connection, _ = listener.accept()
        message, streams, _, _ = socket.recv_fds(connection, 1 << 20, 3)
        if os.fork() == 0:
            status = 1
            try:
                status = answer(json.loads(message), streams)
            finally:
                connection.send(bytes([status]))
                os._exit(status)
        connection.close()
        for stream in streams:
            os.close(stream)


def answer(request, streams):
    import traceback

    from seqkit.cli.main import cli

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    # new ones, for those made at the start know what kind of file they were opened on
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.path[:0] = [request["folder"], *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    try:
        if request["program"] == "seqkit":
            cli.main(request["arguments"])
        else:
            exec(compile(request["arguments"][0], "<block>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        return end.code or 0
    except BaseException:  # noqa: BLE001 -- as the interpreter itself would
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def ask(address, program, arguments):
    request = {
        "program": program,
        "arguments": arguments,
        "folder": os.getcwd(),  # noqa: PTH109 -- pathlib takes longer to import than this runs
        "environment": dict(os.environ),
    }
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    socket.send_fds(connection, [json.dumps(request).encode()], [0, 1, 2])
    status = connection.recv(1)
    return status[0] if status else 1


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    sys.exit(ask(sys.argv[1], sys.argv[2], sys.argv[3:]))
