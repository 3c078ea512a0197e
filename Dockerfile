# The root file system of the plugins: Node, the tools that the plugin runs, the libraries of both, and one bundle.
# It is no image to run: `scripts/build-plugin` turns it into a plugin.
FROM node:26.10.0-trixie-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends e2fsprogs xfsprogs btrfs-progs libatomic1 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY package.json package-lock.json ./
# Not `npm ci`: see scripts/lib/bootstrap.sh. No script has to run at installation: native parts come prebuilt.
RUN npm install --no-save --omit=dev --ignore-scripts --no-audit --no-fund
COPY scripts/lib/image scripts/lib/image
RUN node scripts/lib/image/make.ts rootfs /rootfs
COPY drivers drivers
COPY plugin plugin
RUN node scripts/lib/image/make.ts bundle /bundle

FROM scratch
COPY --from=build /rootfs /
COPY --from=build /bundle /stowage
ENTRYPOINT ["/usr/bin/node", "--no-opt", "--no-maglev", "--no-sparkplug", "--optimize-for-size", "/stowage/volume.cjs"]
