"""Stub."""


def training_page(*a):
    return None
