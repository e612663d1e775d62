#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# With -j, prove waits for a test that says something on its error output, and lets all
# others wait for it.
#
# Version: TAP::Harness and prove of perl 5.36.0-7+deb12u4 (Debian 12)
#
# Behaviour: prove reads two outputs of each test, unless --merge makes them one. It
# selects among all tests; but once one is ready with its error output only, prove reads
# from that test until it has a line of TAP, and looks at no other meanwhile. Tests that
# print more than a pipe holds (64 KiB) stand still until then, so that tests with a lot of
# output run one after the other as soon as one of them complains early and works long.
# Results are the same; only the time is lost.
#
# Seen: two tests with -j 2. One complains and needs 6 s for its result, the other prints
# 20000 results: that takes it 6.9 s, and with --merge 1.6 s.
#
# Fails if that changes. Needs apt-get with an index of Debian 12, and no root.
set -euo pipefail

version=5.36.0-7+deb12u4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cd "$dir"
apt-get download -q "perl=$version" "perl-base=$version" "perl-modules-5.36=$version" "libperl5.36=$version" >/dev/null
for package in *.deb; do
	dpkg -x "$package" root
done
export LD_LIBRARY_PATH=$dir/root/usr/lib/x86_64-linux-gnu
export PERL5LIB=$dir/root/usr/share/perl/5.36:$dir/root/usr/lib/x86_64-linux-gnu/perl/5.36:$dir/root/usr/lib/x86_64-linux-gnu/perl-base

cat >complains.sh <<'T'
echo "a remark" >&2
sleep 6
echo "ok 1"
echo "1..1"
T
cat >talks.sh <<'T'
sleep 1
begin=$EPOCHREALTIME
printf 'ok %d - one of many results\n' {1..20000}
echo "1..20000"
echo $(((${EPOCHREALTIME/./} - ${begin/./}) / 1000)) >took
T

# talks ARGUMENT…: the milliseconds that the second test takes for its output
talks() {
	root/usr/bin/perl root/usr/bin/prove -Q -j 2 "$@" --exec bash complains.sh talks.sh >log 2>&1 || {
		cat log >&2
		exit 1
	}
	cat took
}
root/usr/bin/perl root/usr/bin/prove --version
apart=$(talks)
merged=$(talks --merge)
printf 'two outputs: %d ms, merged: %d ms\n' "$apart" "$merged"
((apart >= 4000 && merged < 3000)) || {
	echo "it no longer behaves as described" >&2
	exit 1
}
echo "as described"
