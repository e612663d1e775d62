#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# This test checks that the help, the man page and the completion of
# viommu-top name the same options, columns and totals.
#
# usage: docs.sh PROGRAM

# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"

program=$1
top=$(cd "$(dirname "$0")/../../.." && pwd)
man=$top/docs/man/viommu-top.1
completion=$top/tools/completions/viommu-top.bash

# the man page without the font changes inside and in front of words
plain() {
	sed -e 's/\\-/-/g; s/\\f[RIB]//g' "$man"
}

long_options() {
	"$program" --help | grep -oE -- '--[a-z][a-z-]+' | sort -u
}

known() { # WORD FILE…
	grep -qwF -- "$1" "${@:2}"
}

for option in $(long_options); do
	known "$option" <(plain)
	ok $? "$option is in the man page"
	known "$option" "$completion"
	ok $? "$option is completed"
done

mapfile -t mentioned < <(grep -ohE -- '--[a-z][a-z-]+' "$completion" <(plain) | sort -u)
for option in "${mentioned[@]}"; do
	# a word of the man page that is an option of another program
	"$program" --help | grep -qF -- "$option"
	ok $? "$option of man page or completion exists"
done

for key in $("$program" --sort=help | cut -d ' ' -f 1); do
	known "$key" <(plain)
	ok $? "column $key is in the man page"
done

"$program" --nonsense >/dev/null 2>&1
ok $(($? != 2)) "an unknown option is wrong usage"
"$program" surplus >/dev/null 2>&1
ok $(($? != 2)) "so is an argument"
for wrong in --interval=0 --interval=x --interval=nan --count=0 --count=-1 --gid=65536 --pid=x \
	--sort=nonsense --color=maybe --columns= --columns=vm,nonsense; do
	"$program" "$wrong" >/dev/null 2>&1
	ok $(($? != 2)) "so is $wrong"
done
[[ $("$program" --version) == "viommu-top "* ]]
ok $? "--version names it"

done_testing
