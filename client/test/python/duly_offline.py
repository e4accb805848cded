"""An offline client of Duly that follows client/SPEC.md. It needs nothing but Python's standard library."""

import email.utils
import http.client
import json
import os
import random
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

DERIVED = frozenset(
    "version updated_at created_at user_id position progress reminder_count due_at completed_at archived_at"
    " next_at fired_at snoozed_until".split()
)
BLANK = {
    "task": {"description": None, "completed": False, "priority": "Medium", "due_date": None, "tags": []},
    "project": {"color": None, "archived": False},
}
PATHS = {"task": "/tasks", "project": "/projects"}
KEY_LIFETIME = 23 * 3600
MAX_FAULTS, MIN_FAULTY_SECONDS = 8, 600


class TryLater(Exception):
    """No usable answer. `wait` is how long the server asks to wait, in seconds."""

    def __init__(self, wait=None):
        super().__init__("try later")
        self.wait = wait


class Fault(TryLater):
    """The server itself has failed."""

    def __init__(self, body):
        super().__init__()
        self.body = body


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(body["detail"])
        self.status, self.code, self.current = status, body["error_code"], body.get("current")


class Api:
    def __init__(self, url, token):
        self.base, self.token = url + "/api/v1/users/me", token

    def call(self, method, path, body=None, key=None, timeout=30):
        """Section 3: one attempt. Returns the whole body."""
        headers = {"authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["content-type"] = "application/json"
        if key is not None:
            headers["idempotency-key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            self.fail(error.code, error.headers, error.read())
        except (OSError, http.client.HTTPException, ValueError):
            raise TryLater() from None

    @staticmethod
    def fail(status, headers, text):
        try:
            body = json.loads(text)
            code = body["error_code"]
        except (ValueError, KeyError, TypeError):
            raise TryLater() from None
        if status == 500 and code == "INTERNAL_ERROR":
            raise Fault(body)
        if status in (408, 429) or status >= 500 or code == "IDEMPOTENCY_IN_FLIGHT":
            raise TryLater(retry_after(headers.get("retry-after")))
        raise Refused(status, body)


def retry_after(text):
    if text is None:
        return None
    if text.isdigit():
        return int(text)
    return max(0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())


def changed(old, new):
    """Fields that users set and that differ, as they are in `new`."""
    return {name: value for name, value in new.items() if name not in DERIVED and old.get(name) != value}


class Store:
    """One JSON file, replaced as a whole: every `save` is a transaction."""

    def __init__(self, path):
        self.path = path
        self.mirror, self.queue, self.ids, self.cursor = {}, [], {}, None
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                vars(self).update(json.load(file))

    def save(self):
        state = {name: value for name, value in vars(self).items() if name != "path"}
        with open(self.path + ".new", "w", encoding="utf-8") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.path + ".new", self.path)


class OfflineClient:
    def __init__(self, url, token, path, on_conflict=None, on_refused=None):
        self.api, self.store = Api(url, token), Store(path)
        self.on_conflict = on_conflict or (lambda conflict: "mine")
        self.on_refused = on_refused or (lambda entry, error: None)

    def real(self, value):
        return self.store.ids.get(value, value) if isinstance(value, str) else value

    def with_real_ids(self, fields):
        return {name: self.real(value) for name, value in fields.items()}

    def items(self, noun):
        return self.store.mirror.setdefault(noun, {})

    # Section 5: what is shown, and writing.

    def shown(self, noun):
        items = dict(self.items(noun))
        for entry in self.store.queue:
            if entry["noun"] != noun:
                continue
            item_id, fields = self.real(entry["id"]), self.with_real_ids(entry["fields"])
            if entry["op"] == "create":
                items[item_id] = {"id": item_id, "position": "~" + entry["place"], **BLANK[noun], **fields}
                if fields.get("recurrence"):
                    items[item_id]["occurrence"] = fields.get("due_date")
            elif entry["op"] == "update" and item_id in items:
                fields.pop("occurrence", None)
                items[item_id] = {**items[item_id], **fields}
            elif entry["op"] == "delete":
                items.pop(item_id, None)
        return dict(sorted(items.items(), key=lambda pair: (pair[1]["position"], pair[0])))

    def add(self, op, noun, item_id, fields):
        place = f"{time.time_ns():020}"
        entry = {"place": place, "key": str(uuid.uuid4()), "op": op, "noun": noun, "id": item_id, "fields": fields}
        base = self.items(noun).get(self.real(item_id))
        self.store.queue.append(entry if base is None else {**entry, "base": base})
        self.store.save()

    def create(self, noun, **fields):
        item_id = f"temp-{uuid.uuid4()}"
        self.add("create", noun, item_id, fields)
        return item_id

    def update(self, noun, item_id, **fields):
        item = self.shown(noun).get(self.real(item_id), {})
        new = {name: value for name, value in fields.items() if self.real(value) != item.get(name)}
        if new.get("completed") and item.get("occurrence"):
            new["occurrence"] = item["occurrence"]
        if new:
            self.add("update", noun, item_id, new)

    def delete(self, noun, item_id):
        self.add("delete", noun, item_id, {})

    def skip(self, item_id):
        self.add("skip", "task", item_id, {"occurrence": self.shown("task")[self.real(item_id)]["occurrence"]})

    # Sections 4 and 5: the exchange.

    def sync(self, attempts=1000):
        """Sends the queue, then reads the feed, again and again until both have worked."""
        for attempt in range(attempts):
            try:
                while self.store.queue:
                    self.push(self.store.queue[0])
                while self.pull():
                    pass
                return
            except TryLater as error:
                time.sleep((error.wait or 0) + random.random() * min(10, 0.005 * 2 ** min(attempt, 6)))
        raise TryLater()

    def pull(self):
        since = "" if self.store.cursor is None else "?since=" + urllib.parse.quote(self.store.cursor)
        try:
            page = self.api.call("GET", "/changes" + since)
        except Refused as error:
            if error.code != "CURSOR_EXPIRED":
                raise
            self.store.cursor = None
            return True
        if not since:
            self.store.mirror = {}
        for change in page["data"]:
            items = self.items(change["type"])
            if change["op"] == "delete":
                items.pop(change["id"], None)
            else:
                items[change["id"]] = change[change["type"]]
        self.store.cursor = page["next_cursor"]
        self.store.save()
        return page["has_more"]

    def push(self, entry):
        if "sent" not in entry:
            self.prepare(entry)
            return
        if entry["op"] == "create" and time.time() - entry["sent"]["at"] > KEY_LIFETIME:
            while self.pull():
                pass
            made = self.find_created(entry)
            if made is not None:
                self.succeed(entry, made)
                return
        version = entry["sent"].get("version")
        body = entry["fields"] if version is None else {**entry["fields"], "version": version}
        path = PATHS[entry["noun"]] + ("" if entry["op"] == "create" else "/" + entry["id"])
        if entry["op"] in ("skip", "undo"):
            path += "/occurrences/" + entry["op"]
        if entry["noun"] == "project" and entry["op"] == "delete":
            path += "?tasks=inbox"
        method = {"update": "PATCH", "delete": "DELETE"}.get(entry["op"], "POST")
        try:
            self.succeed(entry, self.api.call(method, path, body, entry["key"])["data"])
        except Fault as error:
            self.count_fault(entry, error)
        except Refused as error:
            self.handle_refusal(entry, error)

    def count_fault(self, entry, error):
        sent = entry["sent"]
        sent["faults"] = sent.get("faults", 0) + 1
        if sent["faults"] >= MAX_FAULTS and time.time() - sent["at"] >= MIN_FAULTY_SECONDS:
            self.handle_refusal(entry, Refused(500, error.body))
            return
        self.store.save()
        raise error

    def later(self, entry):
        return [one for one in self.store.queue if one is not entry and self.real(one["id"]) == entry["id"]]

    def find_created(self, entry):
        since = entry["sent"]["at"] - 3600
        for item in self.items(entry["noun"]).values():
            made = time.mktime(time.strptime(item["created_at"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone
            same = all(item.get(name, value) == value for name, value in entry["fields"].items())
            if made >= since and same and item["id"] not in self.store.ids.values():
                return item
        return None

    def succeed(self, entry, result):
        if result is None:
            self.items(entry["noun"]).pop(entry["id"], None)
            mine = {}
        elif entry["op"] == "create":
            self.items(entry["noun"])[result["id"]] = mine = result
        else:
            self.items(entry["noun"])[entry["id"]] = result
            mine = changed(entry.get("base", {}), result)
        for one in self.later(entry):
            one["base"] = {**one.get("base", {}), **mine}
        if entry["op"] == "create":
            self.store.ids[entry["id"]] = result["id"]
        self.store.queue.remove(entry)
        self.store.save()

    def handle_refusal(self, entry, error):
        if error.status in (401, 403):
            raise error
        if error.current is not None and error.current["version"] != entry["sent"].get("version"):
            self.items(entry["noun"])[entry["id"]] = error.current
            del entry["sent"]
            entry["key"] = str(uuid.uuid4())
            self.store.save()
            return
        if error.code == "NOT_FOUND" and entry["op"] == "delete":
            self.succeed(entry, None)
            return
        is_lost = error.code == "NOT_FOUND" or entry["op"] == "create"
        for one in [entry, *(self.later(entry) if is_lost else [])]:
            self.on_refused(one, error)
            self.store.queue.remove(one)
        self.store.save()

    # Section 7: conflicts.

    def prepare(self, entry):
        entry["id"], entry["fields"] = self.real(entry["id"]), self.with_real_ids(entry["fields"])
        theirs = self.items(entry["noun"]).get(entry["id"], entry.get("base"))
        if theirs is not None and not self.merge(entry, theirs):
            self.store.queue.remove(entry)
            self.store.save()
            return
        entry["sent"] = {"at": time.time()}
        if theirs is not None and entry["op"] != "create":
            entry["base"], entry["sent"]["version"] = theirs, theirs["version"]
        self.store.save()

    def merge(self, entry, theirs):
        """Returns whether there is something to send."""
        base = entry.get("base", theirs)
        conflict = {"noun": entry["noun"], "id": entry["id"], "base": base, "theirs": theirs}
        if entry["op"] == "delete":
            if not changed(base, theirs):
                return True
            return self.on_conflict({**conflict, "mine": None, "fields": []}) == "mine"
        if entry["op"] != "update":
            return True
        updates = [one for one in self.later(entry) if one["op"] == "update"]
        waiting = dict(entry["fields"])
        for one in updates:
            waiting.update(self.with_real_ids(one["fields"]))
        names = [name for name in entry["fields"] if name != "occurrence"]
        theirs_changed = [name for name in names if base.get(name) != theirs.get(name)]
        contested = [name for name in theirs_changed if waiting[name] != theirs.get(name)]
        decision = "mine"
        if contested:
            decision = self.on_conflict({**conflict, "mine": {**theirs, **waiting}, "fields": contested})
        for one in self.later(entry):
            one["base"] = {**one.get("base", {}), **{name: theirs.get(name) for name in theirs_changed}}
        if decision != "mine":
            for one in [entry, *updates]:
                for name in contested:
                    one["fields"].pop(name, None)
            if decision != "theirs":
                entry["fields"].update(decision)
        entry["fields"] = {
            name: value
            for name, value in entry["fields"].items()
            if name == "occurrence" or value != theirs.get(name)
        }
        if not entry["fields"].get("completed"):
            entry["fields"].pop("occurrence", None)
        return bool(entry["fields"])
