import { Duration } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';

/** Name of the script, beside the broker's configuration. */
export const maintenanceFile = 'maintenance.sh';

/** How long a broker that stops may hand over what it leads; the rest of its time is for stopping. */
const handOver = Duration.seconds(45);
/** How long a broker that starts is waited for: it may have to read much of its log again. */
const awaited = Duration.minutes(20);

/** What a {@link maintenanceScript} depends on. */
export interface MaintenanceOptions {
  /** URL of the broker's own admin API. */
  readonly api: string;
}

/**
 * Has a broker hand over what it leads before it stops, and lead again after it started, so that no partition waits for an election:
 * Redpanda's maintenance mode. One of the cluster may be in it at a time, which the others wait for.
 *
 * Neither keeps a pod from starting or from stopping: both are bounded in time and never fail, and the second does not wait, because
 * the kubelet asks no probe before it is done.
 */
export function maintenanceHooks(folder: string): k8s.Lifecycle {
  const run = (what: string, limit: Duration): string =>
    `timeout ${limit.toSeconds()} bash ${folder}/${maintenanceFile} ${what} </dev/null >/dev/null 2>&1`;
  return {
    postStart: { exec: { command: ['bash', '-c', `${run('leave', awaited)} & true`] } },
    preStop: { exec: { command: ['bash', '-c', `${run('enter', handOver)}; true`] } },
  };
}

/**
 * `maintenance.sh enter` and `maintenance.sh leave`. A broker that does not tell its id within ten seconds has nothing to hand over, and
 * neither has one that is no member (404). While another is in maintenance (400) it asks again. That nothing is being handed over says
 * that all is done only once something was. As the superuser, where the admin API asks who it is: by curl's standard input, as
 * arguments are seen by every process.
 *
 * @see https://docs.redpanda.com/streaming/25.1/manage/node-management/
 */
export function maintenanceScript({ api }: MaintenanceOptions): string {
  return `#!/usr/bin/env bash
set -u
api='${api}'
stopping="\${TMPDIR:-/tmp}/stopping"

quoted() {
  local text="\${1//\\\\/\\\\\\\\}"
  printf '%s' "\${text//\\"/\\\\\\"}"
}

ask() {
  local method="$1" path="$2"
  shift 2
  {
    if [ -n "\${ADMIN_USERNAME:-}" ]; then
      printf 'user = "%s:%s"\\n' "$(quoted "$ADMIN_USERNAME")" "$(quoted "$ADMIN_PASSWORD")"
    fi
  } | curl --silent --insecure --max-time 5 --config - --request "$method" "$@" "$api/v1/$path"
}

status() {
  ask "$1" "$2" --output /dev/null --write-out '%{http_code}'
}

field() {
  grep -o "\\"$1\\": *[^,}]*" | head -n 1 | sed 's/.*: *//'
}

node_id() {
  ask GET node_config --fail | field node_id
}

enter() {
  touch "$stopping"
  local id='' attempt
  for attempt in $(seq 1 10); do
    id="$(node_id)"
    [ -n "$id" ] && break
    sleep 1
  done
  [ -n "$id" ] || return 0
  while true; do
    case "$(status PUT "brokers/$id/maintenance")" in
      200) break ;;
      404) return 0 ;;
    esac
    sleep 1
  done
  local seen='' state
  while true; do
    state="$(ask GET maintenance)"
    [ "$(field finished <<<"$state")" = true ] && return 0
    case "$(field draining <<<"$state")" in
      true) seen=yes ;;
      false) [ -n "$seen" ] && return 0 ;;
    esac
    sleep 1
  done
}

leave() {
  local id
  while [ ! -e "$stopping" ]; do
    id="$(node_id)"
    if [ -n "$id" ]; then
      case "$(status DELETE "brokers/$id/maintenance")" in
        200 | 400 | 404) return 0 ;;
      esac
    fi
    sleep 1
  done
}

"$1"
`;
}
