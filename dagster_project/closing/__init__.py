"""Closing a period, and loading older deliveries for it."""
