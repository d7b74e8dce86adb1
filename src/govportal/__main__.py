"""``python -m govportal`` and the console script: Ctrl-C is one line from the first moment on, also while modules are loaded."""
import os
import signal
import sys


def _stop(*_: object) -> None:
    """Nothing is open yet while modules load, so the process may end at once."""
    os.write(2, "\ngovportal：已中断，什么也没有改动\n".encode())
    os._exit(130)


def run() -> int:
    """The exit code of ``govportal``."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    from .cli import main
    code = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)   # all is done; only Python's own end is left
    return code


if __name__ == "__main__":
    sys.exit(run())
