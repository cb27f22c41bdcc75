#!/usr/bin/env bash
# Runs the steps of the Dockerfile without Docker: builds from the files in Git, keeps production packages only, copies the
# files of the image to a temporary folder, starts the server there, and waits until it answers.
# Usage: DATABASE_URL=<an empty database> scripts/check-image.sh
set -euo pipefail
cd "$(dirname "$0")/.."
: "${DATABASE_URL:?is missing: the image contains no database}"

work="$(mktemp -d)"
server=
trap 'if [[ -n "$server" ]]; then kill "$server" 2> /dev/null || true; fi; rm -rf "$work"' EXIT
readonly node="$PWD/node_modules/.bin/node"
pnpm() { npx --yes --prefer-offline "$(node -p "require('./package.json').packageManager")" "$@"; }

echo '== build stage'
mkdir -p "$work/build"
git ls-files --cached --others --exclude-standard | while read -r file; do
  if [[ -f "$file" ]]; then printf '%s\0' "$file"; fi
done | tar --create --null --files-from=- | tar --extract --directory="$work/build"
(
  cd "$work/build"
  export CI=true CHECKPOINT_DISABLE=1 TURBO_TELEMETRY_DISABLED=1
  pnpm install --frozen-lockfile --reporter=silent
  pnpm exec turbo run build --filter=./apps/server --output-logs=errors-only
  pnpm --filter=@alice/server deploy --prod --no-optional "$work/out" --reporter=silent
)

echo '== production stage'
readonly app="$work/app"
mkdir -p "$app/apps/server" "$app/prisma" "$work/data"
cp "$work/out/package.json" "$app/apps/server/"
cp -R "$work/out/node_modules" "$app/apps/server/node_modules"
cp -R "$work/build/apps/server/dist" "$app/apps/server/dist"
cp -R "$work/build/prisma/migrations" "$app/prisma/migrations"
rm -rf "$work/build" "$work/out"
du -sh "$app" | cut -f1

echo '== start'
readonly port=18080
cd "$app"
env -i PATH="$PATH" NODE_ENV=production APP_ENV=production DATA_DIR="$work/data" DATABASE_URL="$DATABASE_URL" HOST=127.0.0.1 PORT="$port" \
  SECRET_KEY="$(openssl rand -base64 48)" JWT_SECRET_KEY="$(openssl rand -base64 48)" \
  "$node" apps/server/dist/main.js &
server=$!
for _ in $(seq 100); do
  if "$node" -e "fetch('http://127.0.0.1:$port/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"; then
    kill -TERM "$server"
    wait "$server"
    server=
    echo 'the image starts, answers and stops'
    exit 0
  fi
  kill -0 "$server"
  sleep 0.2
done
echo 'the server did not answer in time' >&2
exit 1
