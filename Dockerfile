# The image of all workers and jobs: `run <worker>`, `job <name>`; and of the sample shop, `shop <program>`. Nothing in it but Node.js,
# bundles, the few packages that cannot be in a bundle, and mtr.
# `npm run image` makes the folder that it is built from: on any machine, for each platform, without emulation.
ARG BASE=gcr.io/distroless/nodejs24-debian12:nonroot
ARG DEBIAN=docker.io/library/debian:12-slim
# mtr, for paths through the network: packages of the Debian that the base is of, which are only unpacked, so that nothing is emulated.
FROM --platform=${BUILDPLATFORM} ${DEBIAN} AS mtr
ARG TARGETARCH
RUN set -eu; mkdir -p /state/lists/partial /mtr/bin /mtr/lib /packages; touch /state/status; cd /packages; \
    printf 'APT::Architecture "%s"; APT::Architectures { "%s"; }; Dir::State "/state"; Dir::State::status "/state/status"; APT::Sandbox::User "";' \
      "$TARGETARCH" "$TARGETARCH" > /state/apt.conf; \
    export APT_CONFIG=/state/apt.conf; apt-get update -qq; \
    apt-get download -qq mtr-tiny $(apt-cache depends --important mtr-tiny | sed -n 's/^ *Depends: \(lib.*\)$/\1/p' | grep -vx libc6); \
    for file in *.deb; do dpkg-deb -x "$file" /unpacked; done; \
    cp /unpacked/usr/bin/mtr /unpacked/usr/bin/mtr-packet /mtr/bin/; \
    find /unpacked -name 'lib*.so.*' -exec cp -P {} /mtr/lib/ \;; \
    for file in /unpacked/usr/share/doc/*/copyright; do cp "$file" "/mtr/copyright-$(basename "$(dirname "$file")")"; done
FROM ${BASE}
ARG TARGETOS TARGETARCH
COPY ${TARGETOS}/${TARGETARCH}/ /app/
COPY --from=mtr /mtr/ /app/mtr/
USER 65532:65532
# No source maps: Node.js 24 reads the whole of one at the first stack, 170 MiB, more than a Job has. Names in the bundle are those of the sources.
ENV NODE_ENV=production
# A worker has less than a core: helper threads of the garbage collector cost CPU and gain nothing (8 % over Kafka, npm run bench).
ENTRYPOINT ["/nodejs/bin/node", "--single-threaded-gc", "/app/plumbline.js"]
