"""Runs one chapter of the story: story.py URL TOKEN STORE STEPS. Prints what was shown and told at its end."""

import json
import sys

from duly_offline import OfflineClient

url, token, path, steps = sys.argv[1:]
reports, refused = [], []


def on_conflict(conflict):
    reports.append(conflict["fields"])
    return "mine"


client = OfflineClient(url, token, path, on_conflict, lambda entry, error: refused.append(error.code))


def find(noun, name):
    key = "title" if noun == "task" else "name"
    return next(item_id for item_id, item in client.shown(noun).items() if item[key] == name)


def fields_of(fields):
    references = {"project": "project_id", "parent": "parent_id"}
    nouns = {"project": "project", "parent": "task"}
    return {
        references.get(name, name): find(nouns[name], value) if name in references else value
        for name, value in fields.items()
    }


for step, *rest in json.loads(steps):
    if step == "sync":
        client.sync()
    elif step == "create":
        client.create(rest[0], **fields_of(rest[1]))
    elif step == "update":
        client.update("task", find("task", rest[0]), **fields_of(rest[1]))
    elif step == "delete":
        client.delete("task", find("task", rest[0]))
    elif step == "skip":
        client.skip(find("task", rest[0]))

tasks = list(client.shown("task").values())
print(json.dumps({"reports": reports, "refused": refused, "tasks": tasks, "pending": len(client.store.queue)}))
