#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test makes bundles where there is no driver: what there is, is in them.
#
# usage: bundle.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$1
dir=$(mktemp -d) || exit 1
trap 'rm -r "$dir"' EXIT

unpack() { # FILE
	rm -rf "$dir/x"
	mkdir "$dir/x"
	tar -C "$dir/x" -xf "$1"
	top=$(echo "$dir"/x/viommu-bundle-*)
}

# a VM, as far as its process tells
mkfifo "$dir/wait"
bash -c 'read -r _ <"$1/wait"' vmm "$dir" -name guest=topsecret &
vm=$!
# one that is none
bash -c 'read -r _ <"$1/wait"' find "$dir" -name iommu &
find=$!
trap 'kill $vm $find; rm -r "$dir"' EXIT

(cd "$dir" && "$program" bundle -d 0.1 >out 2>err)
ok $? "a bundle is made"
ok "$([[ ! -s $dir/out ]]; echo $?)" "without a word on standard output"
file=$(echo "$dir"/viommu-bundle-*.tar.zst)
[[ $(stat -c %a "$file") == 600 ]]
ok $? "for its owner only, under its own name"
unpack "$file"
(cd "$top" && sha256sum -c --quiet SHA256SUMS)
ok $? "sha256sum agrees"
diff <(jq -r '.members[] | select(.sha256) | "\(.sha256)  \(.name)"' "$top/manifest.json") \
	<(grep -v manifest.json "$top/SHA256SUMS")
ok $? "so does the manifest"
diff <(jq -r '.members[] | select(.status != "missing") | "\(.bytes) \(.name)"' "$top/manifest.json" | sort) \
	<(cd "$top" && find . -type f ! -name SHA256SUMS ! -name manifest.json -printf '%s %P\n' | sort)
ok $? "which lists all that is there"
[[ $(jq '[.members[] | select(.status == "missing" and (.note | length) < 8)] == []' "$top/manifest.json") == true ]]
ok $? "and says why what is missing is"
! grep -rqa topsecret "$top"
ok $? "the VM's name is not in it"
grep -q "/sys/class/iommu" "$top/check.txt"
ok $? "what is no VM is not taken for one"
[[ $(jq '.redactions | [.names, .addresses, .parameters, .lines] | all(. != null and . >= 0)' "$top/manifest.json") == true ]]
ok $? "the manifest says how often something was left out"
diff <(tr " " "\n" </proc/cmdline | cut -d = -f 1 | grep -c .) <(tr " " "\n" <"$top/cmdline.txt" | grep -c .)
ok $? "there are as many parameters of the kernel as it has"
(trap "" CHLD && exec timeout 100 "$program" bundle -d 0.1 -o "$dir/ignored.tar.zst" 2>/dev/null)
ok $? "it ends if SIGCHLD is ignored, too"
"$program" report "$file" 2>"$dir/err" >/dev/null
ok $(($? != 1 && $? != 0)) "report looks for the trace in it"

"$program" bundle -d 0.1 -o "$dir/b.tar.gz" 2>/dev/null && gzip -t "$dir/b.tar.gz"
ok $? "with gzip"
"$program" bundle -d 0.1 -o - 2>/dev/null | zstd -dc | tar -tf - | grep -q '/manifest.json$'
ok $? "to a pipe"
ls "$dir" >"$dir/before"
! "$program" bundle -d 0.1 -o "$dir/nowhere/b" 2>"$dir/err" && grep -q 'cannot write .*nowhere/b' "$dir/err"
ok $? "what cannot be written is told"
! "$program" bundle -d 0.1 -o /dev/full 2>"$dir/err" && grep -q "cannot write /dev/full" "$dir/err"
ok $? "so is a full disk"
[[ -c /dev/full && -z $(compgen -G "/dev/full.*") ]]
ok $? "a device stays one, and nothing is left"
diff "$dir/before" <(ls "$dir")
ok $? "neither there"
"$program" report "$dir/b.tar.gz" >/dev/null 2>"$dir/err" || grep -q "manifest.json says why" "$dir/err"
ok $? "a bundle without a trace is told"
head -c 1000 "$file" >"$dir/cut.tar.zst"
! "$program" report "$dir/cut.tar.zst" >/dev/null 2>"$dir/err"
ok $? "so is one that was cut off"

for wrong in "surplus" "--redact=nonsense" "--redact=" "-d 0" "-d nan"; do
	# shellcheck disable=SC2086 # several words
	"$program" bundle $wrong >"$dir/out" 2>"$dir/err"
	ok $(($? != 2)) "wrong usage: bundle $wrong"
done
for wrong in "surplus" "--once -d 1" "--once --replay x" "--buffer 3"; do
	# shellcheck disable=SC2086 # several words
	"$program" diff $wrong >"$dir/out" 2>"$dir/err"
	ok $(($? != 2)) "wrong usage: diff $wrong"
done
done_testing
