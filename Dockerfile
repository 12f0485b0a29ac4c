# The image of all workers and jobs: `run <worker>`, `job <name>`. Nothing in it but Node.js and one bundle.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY constructs/contracts/package.json constructs/contracts/
COPY apps/ apps/
COPY constructs/contracts/ constructs/contracts/
RUN npm ci --ignore-scripts && node apps/cli/build.mjs

FROM gcr.io/distroless/nodejs24-debian12:nonroot
COPY --from=build /src/build /app
USER 65532:65532
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps
# A worker has less than a core: helper threads of the garbage collector cost CPU and gain nothing (8 % over Kafka, npm run bench).
ENTRYPOINT ["/nodejs/bin/node", "--single-threaded-gc", "/app/plumbline.js"]
