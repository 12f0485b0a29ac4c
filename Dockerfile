# The image of all workers and jobs: `run <worker>`, `job <name>`; and of the sample shop, `shop <program>`. Nothing in it but Node.js,
# bundles, and the few packages that cannot be in a bundle.
# `npm run image` makes the folder that it is built from: on any machine, for each platform, without emulation.
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot
FROM ${BASE}
ARG TARGETOS TARGETARCH
COPY ${TARGETOS}/${TARGETARCH}/ /app/
USER 65532:65532
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps
# A worker has less than a core: helper threads of the garbage collector cost CPU and gain nothing (8 % over Kafka, npm run bench).
ENTRYPOINT ["/nodejs/bin/node", "--single-threaded-gc", "/app/plumbline.js"]
