"""Ivy: a coach that calls you, and an assistant in your chat, on a server of your own."""

__version__ = "0.1.0"
