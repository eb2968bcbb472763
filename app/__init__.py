"""The one place where real things are put together: settings, wiring, log."""
