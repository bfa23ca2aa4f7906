"""What a library may do in the process apart."""

import os
import time


def echo(asked, data):
    print("libraries print", flush=True)
    return {"said": asked}, data[::-1]


def pid(asked, data):
    return {"pid": os.getpid()}, b""


def abort(asked, data):
    os.abort()


def leave(asked, data):
    os._exit(0)


def sleep(asked, data):
    time.sleep(asked.get("seconds", 600))
    return {}, b""


def fail(asked, data):
    raise RuntimeError("no such\nmarker")


def abort_if_bad(asked, data):
    if asked.get("bad"):
        os.abort()
    return {"pid": os.getpid()}, b""
