"""Azure Functions starts here. This file registers the doors and nothing else."""

import azure.functions as func

from functions import (
    api,
    delegating,
    documents,
    evidence,
    health,
    messages,
    notifications,
    signing_in,
    verifying,
    work,
    writing,
)

app = func.FunctionApp()
for door in (
    notifications,
    messages,
    work,
    api,
    documents,
    evidence,
    verifying,
    writing,
    delegating,
    signing_in,
    health,
):
    app.register_functions(door.bp)
