"""Runs a Python module (LiteLLM, pip) and ends it when the process that started it has ended, even by SIGKILL.

launch.py MODULE ARGUMENT...
"""

import os
import runpy
import shutil
import sys
import threading


def end_with_parent() -> None:
    # Nothing is written to stdin. The kernel closes the pipe when the process at its other end is gone.
    os.read(0, 1)
    if "WORK_DIR" in os.environ:
        shutil.rmtree(os.environ["WORK_DIR"], ignore_errors=True)
    os._exit(1)


# Started before the module is imported: LiteLLM takes seconds to import.
threading.Thread(target=end_with_parent, daemon=True).start()

del sys.argv[0]
# As with `python -m`, this script's directory must not be on the path.
del sys.path[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
