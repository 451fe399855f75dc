"""The inspection as it is, forked from a process that has looked at sound files: less to load for each."""

import tempfile
from pathlib import Path

from engine.recording import inspector  # first: it sets how HDF5 is loaded
from engine.recording.served import serve
from tests.fuzz.harness import samples

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        samples(Path(folder))
        for path in Path(folder).iterdir():
            assert not inspector.inspect(path)
    serve(inspector.look)
