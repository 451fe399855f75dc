"""What goes on between Run and the first picture, in words: seconds in which nothing else can be seen. And
that there will be none."""

from collections.abc import Sequence

from gui.model.run_item import RunItem

LINES = 3  # that a small card has room for


def failed(items: Sequence[RunItem]) -> str:
    """That no run is left because they failed, and where the reason is; empty where one is, or none did."""
    count = sum(item.state == "failed" for item in items)
    if not count or any(item.live or item.state == "ready" for item in items):
        return ""
    total = len(items)
    which = f"{count} of {total} runs" if count < total else f"All {total} runs" if total > 1 else "The run"
    return (
        f"{which} failed: the row in the list of runs says why,\na click on it tells all. Space runs again."
    )


def beginning(items: Sequence[RunItem]) -> str:
    """How far live runs are on the way to their first row; empty once one has it, or where none is live."""
    live = [item for item in items if item.live]
    if not live or any(item.recording is not None and item.recording.rows for item in items):
        return ""
    if any(item.state == "paused" for item in live):
        return "Paused before the first update.\nPress Space to go on."
    ready = sum(item.state != "starting" for item in live)
    if not ready:
        runs = f"{len(live)} run{'s'[: len(live) != 1]}"
        told = [(item.name, item.trouble or item.progress) for item in live]
        far = "\n".join(f"{name}: {words}" for name, words in told if words)
        if far.count("\n") >= LINES:
            far = "How far each is stands in the list of runs."
        if all(item.stopping for item in live):
            return f"Stopping {runs} …\n{far or 'Each ends as soon as it has begun.'}"
        return f"Starting {runs} …\n{far or 'Each loads its learner in a process of its own.'}"
    return f"{ready} of {len(live)} runs have started.\nThe curves begin with the first update …"
