"""Messages to and from one that hangs: whoever writes to it or hears it does not wait."""

import multiprocessing
import struct
import sys
import time

import pytest

from engine.post import Post

MESSAGE = "x" * 1000


def test_what_a_full_pipe_does_not_take_waits_and_arrives_in_order() -> None:
    ours, theirs = multiprocessing.Pipe()
    post = Post(ours, "one that hangs")
    for number in range(2000):  # more than a pipe holds
        post.send((number, MESSAGE))
    assert post._unsent
    heard = []
    while len(heard) < 2000:
        assert theirs.poll(30)
        heard.append(theirs.recv()[0])
        post.flush()
    assert heard == list(range(2000))


@pytest.mark.skipif(sys.platform == "win32", reason="messages are framed by the system there")
def test_half_a_message_holds_nobody() -> None:
    ours, theirs = multiprocessing.Pipe()
    post = Post(ours, "one that stops while it speaks")
    theirs.send("whole")
    with open(theirs.fileno(), "wb", buffering=0, closefd=False) as raw:
        raw.write(struct.pack("!i", 100) + b"half")
    heard: list[str] = []
    until = time.monotonic() + 30
    while not heard and time.monotonic() < until:
        heard = post.heard(last=False)
    assert heard == ["whole"]
    assert post.heard(last=False) == []
    theirs.close()
    assert post.heard(last=True) == []
    assert not post._reader.is_alive()


def test_the_last_words_of_one_that_ended_are_heard_and_it_is_told_nothing() -> None:
    ours, theirs = multiprocessing.Pipe()
    post = Post(ours, "one that ends")
    for number in range(50):
        theirs.send(number)
    theirs.close()
    assert post.heard(last=True) == list(range(50))
    post.send("too late")
