################################################################
# A child that never outlives its parent
################################################################
#
# `python -m sandbox.leash MODULE ARGUMENT…` runs MODULE as `python -m` does, and sends SIGTERM to itself when the
# parent is gone, however it went: the parent holds the other end of the pipe that is this process's standard input,
# and the kernel closes it with its holder. Works on every Unix, and after kill -9 too.

import os
import runpy
import signal
import sys
import threading

GRACE_S = 15.0  # for the child's own clean end; then it is ended without asking
NO_USE = 3  # how a child ends that would end the same way if it were started again


def _follow_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    os._exit(1)


def main() -> None:
    threading.Thread(target=_follow_parent, name="leash", daemon=True).start()
    module = sys.argv[1]
    sys.argv[:] = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
