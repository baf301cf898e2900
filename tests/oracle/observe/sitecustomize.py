"""Starts a slow observer in any Python that has this folder on PYTHONPATH and ORACLE set.

`ORACLE=monitoring|setprofile:PROJECT:OUTPUT`. Being started by `site` instead of wrapping the
program keeps the program's own frames exactly as they are without an observer.
"""

import os

_wish = os.environ.get("ORACLE")
if _wish:
    import tally

    _kind, _project, _output = _wish.split(":")
    if _kind == "monitoring":
        import watch_monitoring as watch
    else:
        import watch_setprofile as watch
    watch.start(tally.Tally(_project, _output))
