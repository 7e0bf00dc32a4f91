#!/bin/bash
# start.sh BIN API-PORT CONTENT-PORT: a Pulp on loopback, with the pulpcore in BIN, that lives as long as this script's standard input is open.
# Everything that it writes, its database cluster included, is in one temporary folder; run by root it runs as a user that is made for it. Both are gone when it ends, however it ends.
# Prints "ready" and that folder when all of it answers, and what went wrong on standard error.
set -euo pipefail

bin=$1 api_port=$2 content_port=$3
user=asof-test-pulp
postgresql=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
home=$(mktemp -d "${TMPDIR:-/tmp}/asof-pulp-XXXXXX")
servers=()
# What the machine sets in its environment for itself means nothing to a Pulp of ours.
as_pulp=(env -i PATH="$bin:/usr/bin:/bin" HOME="$home" TMPDIR="$home/work" TZ=UTC LC_ALL=C.UTF-8
  PULP_SETTINGS="$home/settings.py" DJANGO_SETTINGS_MODULE=pulpcore.app.settings)
if [ "$(id -u)" -eq 0 ]; then as_pulp=(setpriv --reuid="$user" --regid="$user" --init-groups --pdeathsig=TERM "${as_pulp[@]}"); fi

main() {
  if [ "$(id -u)" -eq 0 ]; then
    exec 8< "$0" && flock 8 # of two that begin or end at the same time one would remove the other's user
    id "$user" > /dev/null 2>&1 || useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user"
    chown "$user:" "$home"
  fi
  cd "$home"
  write_settings
  start_database
  if [ "$(id -u)" -eq 0 ]; then exec 8<&-; fi # with a process of its own running, nobody can remove the user
  run "$bin/pulpcore-manager" migrate --noinput > migrate.log 2>&1 || fail migrate.log
  run "$bin/pulpcore-manager" reset-admin-password --password "$PULP_PASSWORD" > password.log 2>&1 || fail password.log
  start api "$bin/pulpcore-api" -b "127.0.0.1:$api_port" -w 1 --timeout 90
  start content "$bin/pulpcore-content" -b "127.0.0.1:$content_port" -w 1 --timeout 90
  start worker "$bin/pulpcore-worker"
  wait_until_ready
  echo "ready $home"
  cat > /dev/null # until whoever started this closes it, or dies
}

write_settings() {
  mkdir media work assets upload socket
  openssl rand -base64 32 > database-fields.key
  cat > settings.py << SETTINGS
SECRET_KEY = "$(openssl rand -hex 32)"
DB_ENCRYPTION_KEY = "$home/database-fields.key"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "pulp", "USER": "pulp", "HOST": "$home/socket"}}
DEPLOY_ROOT = "$home"
MEDIA_ROOT = "$home/media"
STATIC_ROOT = "$home/assets"
WORKING_DIRECTORY = "$home/work"
FILE_UPLOAD_TEMP_DIR = "$home/upload"
CONTENT_ORIGIN = "http://127.0.0.1:$content_port"
ANALYTICS = False
CACHE_ENABLED = False
# The usual hash takes half a second, which each request with a password would cost.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# A file that a checkpoint has not is not taken from another publication.
DISTRIBUTED_PUBLICATION_RETENTION_PERIOD = ${PULP_GRACE_SECONDS:-0}
SETTINGS
  if [ "$(id -u)" -eq 0 ]; then chown -R "$user:" "$home"; fi
}

# A cluster on a socket in the folder, on no port. What it holds need not survive a power failure.
start_database() {
  run "$postgresql/initdb" --pgdata=db --username=pulp --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync > initdb.log 2>&1 || fail initdb.log
  start database "$postgresql/postgres" -D db -k "$home/socket" -c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off
  for _ in $(seq 300); do
    if run "$postgresql/createdb" --host="$home/socket" --username=pulp pulp > createdb.log 2>&1; then return; fi
    sleep 0.1
  done
  fail database.log createdb.log
}

run() {
  "${as_pulp[@]}" "$@" < /dev/null 8<&-
}

start() {
  local name=$1
  shift
  "${as_pulp[@]}" "$@" > "$name.log" 2>&1 < /dev/null 8<&- &
  servers+=($!)
}

wait_until_ready() {
  local status="http://127.0.0.1:$api_port/pulp/api/v3/status/"
  for _ in $(seq 600); do
    for server in "${servers[@]}"; do
      kill -0 "$server" 2> /dev/null || fail api.log content.log worker.log
    done
    if curl --silent --max-time 5 "$status" | grep -q '"online_workers": *\[ *{.*"online_content_apps": *\[ *{'; then return; fi
    sleep 0.2
  done
  fail api.log content.log worker.log
}

fail() {
  for log in "$@"; do
    echo "$log:"
    tail -n 40 "$log" 2> /dev/null || true
  done >&2
  exit 1
}

# In the order opposite to the start: the database waits for those who use it.
stop() {
  trap '' INT TERM HUP
  for ((index = ${#servers[@]} - 1; index >= 0; index--)); do
    local signal=TERM
    if [ "$index" -eq 0 ]; then signal=INT; fi # postgres: throw out who is left
    kill "-$signal" "${servers[index]}" 2> /dev/null || true
    if [ "$index" -le 1 ]; then wait "${servers[@]:index}" 2> /dev/null || true; fi
  done
  cd /
  rm -rf "$home"
  if [ "$(id -u)" -eq 0 ]; then
    exec 8< "$0" && flock 8
    # Refused while another Pulp of these tests runs as this user: the last one removes it.
    userdel "$user" > /dev/null 2>&1 || true
  fi
}

trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
main
