"""What is measured: each file a program of its own, driven by bench/side.py."""
