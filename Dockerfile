# The lab in a container: docker build --tag primewindow . && docker run -p 8888:8888 primewindow
# Its steps are the make targets; the image keeps Go, since every cell is compiled.

FROM golang:1.26-bookworm AS base
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3 python3-venv \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 1000 lab \
 && install --directory --owner=lab /primewindow /primewindow/runs
USER lab
WORKDIR /primewindow
ENV GOPATH=/primewindow/.go GOCACHE=/primewindow/.cache/go-build GOTOOLCHAIN=local

# Packages, kernel and binary: this stage has the network.
FROM base AS setup
COPY --chown=lab . .
RUN make setup

# What a lab needs at run time, without what building it left in pip's cache.
FROM base
COPY --from=setup --chown=lab /primewindow /primewindow
ENV GOPROXY=off LAB_IP=0.0.0.0
EXPOSE 8888
VOLUME /primewindow/runs
CMD ["make", "lab", "LAB_ARGS=--no-browser --port=8888"]
