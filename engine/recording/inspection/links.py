"""Names, links and attributes: one tree of hard links, and no way out of it or back up."""

import h5py

from engine.recording.inspection.findings import Findings, StopError

MEMBERS = 1000
GROUPS = ("", "entry", "entry/constants", "entry/overview")
REFERRING = {"DIMENSION_LIST", "REFERENCE_LIST"}  # HDF5's own, of dimension scales; never read here


def check_links(file: h5py.File, found: Findings) -> set[str]:
    """Every name in every group of the schema: hard links only, and no way back up.

    Returns:
        where the members are, from the root.
    """
    seen: dict[object, str] = {}
    members: set[str] = set()
    for name in GROUPS:
        if name and not _is_group(file, name, found):
            if name in ("entry", "entry/constants"):
                found.fault("missing", name, "is missing or no group")
                raise StopError
            continue
        group = file[name] if name else file
        place = group.id.__hash__()
        if place in seen:
            found.fault("cycle", name, f"is the group '{seen[place] or '/'}' again: links run in a circle")
            raise StopError
        seen[place] = name
        if len(group) > MEMBERS:
            found.fault("members", name, f"has {len(group)} members; allowed: {MEMBERS}")
            raise StopError
        check_attributes(group.id, name, found)
        for member in group.id:
            where = f"{name}/{member.decode(errors='replace')}".strip("/")
            kind = group.id.links.get_info(member).type
            members.add(where)
            _check_link(kind, where, found)
            if kind not in (h5py.h5l.TYPE_SOFT, h5py.h5l.TYPE_EXTERNAL, h5py.h5l.TYPE_HARD):
                found.fault("foreign link", where, "is a link of an unknown kind")
        found.stop_if_any()
    return members


def _is_group(file: h5py.File, name: str, found: Findings) -> bool:
    """Whether there is such a group. A link of another kind in its place is told before it is followed."""
    parent, _, last = name.rpartition("/")
    above = file[parent] if parent else file
    kind = above.id.links.get_info(last.encode()).type if last in above.id else None
    if kind == h5py.h5l.TYPE_HARD and last in above:
        return isinstance(above[last], h5py.Group)
    if kind is not None:
        _check_link(kind, name, found)
        found.stop_if_any()
    return False


def _check_link(kind: int, where: str, found: Findings) -> None:
    if kind == h5py.h5l.TYPE_SOFT:
        found.fault("soft link", where, "is a soft link; a recording has none")
    elif kind == h5py.h5l.TYPE_EXTERNAL:
        found.fault("external link", where, "is a link into another file; a recording is one file")


def check_attributes(thing: h5py.h5g.GroupID | h5py.h5d.DatasetID, where: str, found: Findings) -> None:
    """Few of them, and none that refers to an object."""
    count = h5py.h5a.get_num_attrs(thing)
    if count > MEMBERS:
        found.fault("members", where, f"has more than {MEMBERS} attributes")
        raise StopError
    for index in range(count):
        attribute = h5py.h5a.open(thing, index=index)
        name = attribute.name.decode()
        if name not in REFERRING:
            check_plain(attribute.get_type(), f"{where}@{name}", found)


def check_plain(kind: h5py.h5t.TypeID, where: str, found: Findings) -> None:
    """No reference, also not deep inside."""
    if kind.get_class() == h5py.h5t.REFERENCE or kind.detect_class(h5py.h5t.REFERENCE):
        found.fault("reference", where, "holds references to objects; a recording has none")
