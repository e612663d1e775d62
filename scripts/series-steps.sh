# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the checks of a series have in common. To be sourced after common.sh, with
# the arguments OUTPUT PRISTINE: the series in OUTPUT, and the tree it changes. Who
# sources it has a tree of its own in $tree, and checkpatch MAIL.

unset CONFIG KERNEL T V TRACE CMD

output=$1
# shellcheck disable=SC2034 # for who sources this
pristine=$2
repo=$output/git
failed=0

# shellcheck disable=SC2154 # common.sh has it
export CCACHE_DIR=$cache/ccache CCACHE_NOHASHDIR=1

ingit() { git -C "$repo" "$@"; }

fail() {
	say "    $*"
	failed=$((failed + 1))
}

# Files of the tree are hard links to the pristine ones: replaced, never written to
put() { # COMMIT
	local file

	while read -r file; do
		# shellcheck disable=SC2154 # of who sources this
		rm -f "$tree/$file"
		mkdir -p "$tree/$(dirname "$file")"
		ingit show "$1:$file" >"$tree/$file"
	done < <(ingit diff --name-only "$1^" "$1")
}

# Calls COMMAND COMMIT SUBJECT N for each commit, with its files in the tree
each_step() { # COMMAND
	local commit subject n=0 total

	total=$(ingit rev-list --count base..HEAD)
	while read -r commit subject; do
		n=$((n + 1))
		say "$n/$total $subject"
		put "$commit"
		"$1" "$commit" "$subject" "$n" </dev/null
	done < <(ingit log --reverse --format='%h %s' base..HEAD)
}

# Every mail but the cover letter; then what the whole check found
check_mails() {
	local mail said

	for mail in "$output"/00[0-9][1-9]-*.patch "$output"/00[1-9]0-*.patch; do
		[[ -f $mail ]] || continue
		said=$(checkpatch "$mail" 2>&1) || true
		[[ ! $said ]] || fail "checkpatch: $(basename "$mail"): $said"
	done
	((!failed)) || die "$failed failures in the series"
	say "every step of the series builds, and checkpatch has nothing to say"
}
