/* Python that runs in MLflow's image, with what is in it. Plain text here, so that it is in the package, too. */

/**
 * Brings tables that an older release made up to date, and serves. The server makes those of a new database itself, and does not start over
 * old ones. The address has no password in it.
 */
export const start = `import os
import subprocess
import sys

import sqlalchemy

uri = os.environ["MLFLOW_BACKEND_STORE_URI"]
engine = sqlalchemy.create_engine(uri)
if sqlalchemy.inspect(engine).has_table("alembic_version"):
    subprocess.run(["mlflow", "db", "upgrade", uri], check=True)
engine.dispose()
os.execvp("mlflow", ["mlflow", "server", *sys.argv[1:]])
`;

/** Makes a user for each folder below `/run/users`, or gives it the password that is there. */
export const users = `import base64
import json
import os
import urllib.error
import urllib.request
from pathlib import Path

admin = f"{os.environ['ADMIN_USERNAME']}:{os.environ['ADMIN_PASSWORD']}"
headers = {
    "Authorization": "Basic " + base64.b64encode(admin.encode()).decode(),
    "Content-Type": "application/json",
}


def ask(method, what, body):
    url = f"{os.environ['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/users/{what}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        answer.read()


def refusal(error):
    try:
        return json.loads(error.read()).get("error_code")
    except ValueError:
        return None


for folder in sorted(Path("/run/users").iterdir()):
    user = {name: (folder / name).read_text() for name in ("username", "password")}
    try:
        ask("POST", "create", user)
        print(f"made {user['username']}")
    except urllib.error.HTTPError as error:
        if refusal(error) != "RESOURCE_ALREADY_EXISTS":
            raise SystemExit(f"{user['username']}: {error.code} {error.reason}")
        ask("PATCH", "update-password", user)
        print(f"set the password of {user['username']}")
`;
