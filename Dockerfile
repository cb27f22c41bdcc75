# syntax=docker/dockerfile:1.7
# The server as an image: apps/server with its production dependencies, and prisma/migrations where it looks for them.
# `scripts/check-image.sh` runs these steps without Docker.

FROM node:24-slim AS base
ENV CI=true \
    CHECKPOINT_DISABLE=1 \
    TURBO_TELEMETRY_DISABLED=1
WORKDIR /app
# The version is the one of `packageManager` in package.json; a test holds them equal.
RUN npm install --global pnpm@12.21.0

FROM base AS build
# Only what says which packages there are, so that a change of code does not install them again.
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml ./
COPY apps/bench/package.json apps/bench/
COPY apps/server/package.json apps/server/
COPY packages/api/package.json packages/api/
COPY packages/client/package.json packages/client/
COPY packages/db/package.json packages/db/
RUN --mount=type=cache,id=pnpm,target=/pnpm/store \
    pnpm install --frozen-lockfile --store-dir=/pnpm/store
COPY . .
RUN pnpm exec turbo run build --filter=./apps/server
# Optional are only PostgreSQL's programs (60 MB): an image names a server by DATABASE_URL or POSTGRES_HOST.
RUN --mount=type=cache,id=pnpm,target=/pnpm/store \
    pnpm --filter=@alice/server deploy --prod --no-optional --store-dir=/pnpm/store /out

# For docker-compose.dev.yml: the sources with everything installed, reloading.
FROM build AS development
RUN mkdir /data && chown node:node /data
ENV APP_ENV=development DATA_DIR=/data HOST=0.0.0.0 PORT=8000
USER node
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["node", "--watch", "apps/server/src/main.ts"]

FROM node:24-slim AS production
WORKDIR /app
COPY --from=build /out/package.json apps/server/
COPY --from=build /out/node_modules apps/server/node_modules
COPY --from=build /app/apps/server/dist apps/server/dist
COPY --from=build /app/prisma/migrations prisma/migrations
# The only place that is written to: mails, and a secret that was made once. All else may be read-only.
RUN mkdir /data && chown node:node /data
ENV NODE_ENV=production APP_ENV=production DATA_DIR=/data HOST=0.0.0.0 PORT=8000
VOLUME /data
# `node` is user 1000 of the base image.
USER 1000:1000
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The server handles its signals and starts no lasting processes, so it may be process 1; `docker run --init` does no harm.
CMD ["node", "apps/server/dist/main.js"]
