# syntax=docker/dockerfile:1
FROM node:20-bookworm-slim AS pages
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=pages /src/frontend/out frontend/out
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --ignore-rust-version -p agentcy \
    && install -D target/release/agentcy /out/agentcy

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin agentcy \
    && install -d -o agentcy -g agentcy -m 0700 /var/lib/agentcy
COPY --from=build /out/agentcy /usr/local/bin/agentcy
# PostgreSQL is not in this image: set DATABASE_URL, as docker-compose.yml does.
ENV AGENTCY_BIND=0.0.0.0:8080 \
    AGENTCY_DATA_DIR=/var/lib/agentcy \
    AGENTCY_LOG=json
USER 10001:10001
WORKDIR /var/lib/agentcy
VOLUME /var/lib/agentcy
EXPOSE 8080
# No HEALTHCHECK: of a worker or a migration nobody could ask. docker-compose.yml has that of the server.
ENTRYPOINT ["agentcy"]
CMD ["serve"]
