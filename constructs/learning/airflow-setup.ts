/**
 * Makes tables, or brings those of an older release up to date; then the administrator, and a user for each folder below `/run/users`, who
 * may start the training, look at its runs, and nothing else. Passwords become those of the Secrets.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/access-control.html
 */
export const setup = `import os
import subprocess
from pathlib import Path

subprocess.run(["airflow", "db", "migrate"], check=True)

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder  # noqa: E402

DAG = f"DAG:{os.environ['TRAINING_DAG']}"
MAY_START = [("can_read", DAG), ("can_edit", DAG), ("can_create", "DAG Runs"), ("can_read", "DAG Runs")]


def ensure(manager, name, role, password):
    user = manager.find_user(username=name)
    if user is None:
        if not manager.add_user(name, name, "plumbline", f"{name}@localhost", role, password):
            raise SystemExit(f"user {name} could not be made")
    elif not manager.reset_password(user.id, password):
        raise SystemExit(f"the password of {name} could not be set")


with get_application_builder() as builder:
    manager = builder.sm
    starter = manager.add_role("TrainingStarter")
    for action, resource in MAY_START:
        manager.add_permission_to_role(starter, manager.create_permission(action, resource))
    ensure(manager, os.environ["ADMIN_USERNAME"], manager.find_role("Admin"), os.environ["ADMIN_PASSWORD"])
    users = Path("/run/users")
    for folder in sorted(users.iterdir()) if users.exists() else []:
        name, password = ((folder / part).read_text() for part in ("username", "password"))
        ensure(manager, name, starter, password)
`;
