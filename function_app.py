"""Azure Functions starts here. This file registers the doors and nothing else."""

import azure.functions as func

from functions import api, delegating, evidence, health, messages, notifications, signing_in, work, writing

app = func.FunctionApp()
for door in (notifications, messages, work, api, evidence, writing, delegating, signing_in, health):
    app.register_functions(door.bp)
