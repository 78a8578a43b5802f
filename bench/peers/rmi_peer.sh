#!/bin/sh
# Compiles RmiPeer.java into a folder of its own, and runs it.
set -eu
here=$(dirname "$0")
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
javac -encoding UTF-8 -d "$classes" "$here/RmiPeer.java"
java -Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8 -Djava.rmi.server.hostname=127.0.0.1 \
	-cp "$classes" RmiPeer "$@"
