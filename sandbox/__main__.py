"""`python -m sandbox` runs the sandbox and the product; see sandbox/supervisor.py."""

from sandbox.supervisor import main

main()
