# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: GPL-2.0-only
#
# What every script here shares: where things lie, how to speak to the user,
# how to run a long step, how to fail. Sourced, never run.
#
# stdout carries only what was asked for (a path, the output of a command in
# the VM); everything said to the user goes to stderr.

set -euo pipefail

# What the user set for us must not reach the build systems we call: kbuild
# and QEMU's Makefile have their own idea of V, T, CONFIG or KERNEL, and a
# jobserver of the outer make that is not theirs.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKEFILES CDPATH
export LC_ALL=C.UTF-8

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
build=$top/build
log=$build/log
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/amd-viommu
jobs=${JOBS:-$(nproc)}
me=${0##*/}

say() { printf '%s\n' "$*" >&2; }
die() { printf '%s: %s\n' "$me" "$*" >&2; exit 1; }

# duration SECONDS: "1 min 4 s"
duration() {
	if (($1 >= 60)); then
		printf '%d min %d s' $(($1 / 60)) $(($1 % 60))
	else
		printf '%d s' "$1"
	fi
}

# need_space DIR MEGABYTES WHAT: fail early rather than in the middle of WHAT
need_space() {
	local dir=$1 free

	mkdir -p "$dir"
	free=$(df --output=avail -B1M "$dir" | tail -n 1)
	((free >= $2)) ||
		die "$3 needs $2 MB under $dir, and only $((free)) MB are free: free some space" \
		    "(XDG_CACHE_HOME=/elsewhere moves the downloads and pristine trees)"
}

declare -A lock_fds=()

# lock NAME: only one of us at a time works on NAME; freed by unlock or when we exit.
# share NAME: beside others who share it, and nobody who works on it.
lock() { take_lock "$1" -x; }
share() { take_lock "$1" -s; }

take_lock() { # NAME OPTION
	local fd

	unlock "$1"
	mkdir -p "$build/run"
	exec {fd}>"$build/run/$1.lock"
	lock_fds[$1]=$fd
	flock "$2" -n "$fd" && return
	say "$me: waiting for another make that works on $1"
	flock "$2" "$fd"
}

unlock() { # NAME
	local fd=${lock_fds[$1]:-}

	[[ $fd ]] || return 0
	exec {fd}>&-
	unset "lock_fds[$1]"
}

# fingerprint DIR…: changes when a file below comes, goes or is written
fingerprint() {
	find "$@" -type f -printf '%p %T@ %s %m\n' 2>/dev/null | sort | sha256sum | cut -c1-32
}

# --- long steps ---------------------------------------------------------

# How far a log tells that its step is. Each prints a few words, or nothing.
progress_none() { :; }
progress_kbuild() { # LOG TOTAL
	printf '%d of about %d objects' "$(grep -cE '^  (CC|AS|HOSTCC)' "$1")" "$2"
}
progress_ninja() { # LOG
	sed -n 's/^\[\([0-9]*\)\/\([0-9]*\)\].*/\1 of \2 steps/p' "$1" | tail -n 1
}
progress_size() { # LOG DIR
	du -sm "$2" 2>/dev/null | sed 's/\t.*/ MB/'
}

# ticker TITLE LOG PROGRESS…: on a terminal a line that lives, else one a minute
ticker() {
	local title=$1 file=$2 begin=$SECONDS step=0.5 quiet=3 text fd
	shift 2

	# the sleep that outlives this must hold neither a lock nor a pipe
	for fd in ${lock_fds[@]+"${lock_fds[@]}"}; do
		exec {fd}>&-
	done

	if [[ ! -t 2 ]]; then
		step=60 quiet=30
	fi
	sleep "$quiet" >/dev/null 2>&1 || return
	while kill -0 $$ 2>/dev/null; do
		text=$("$@" "$file" 2>/dev/null) || true
		text="$title: ${text:+$text, }$(duration $((SECONDS - begin)))"
		if [[ -t 2 ]]; then
			printf '\r\033[K%s' "$text" >&2
		else
			say "$text"
		fi
		sleep "$step" >/dev/null 2>&1 || return
	done
}

# explain LOG: the lines of a failed step that matter
explain() {
	if grep -qi 'no space left on device' "$1"; then
		say "    the disk is full: free some space and call make again; it goes on where it stopped"
	fi
	if grep -qiE '(^|[^a-z_-])(error|fatal|undefined reference|failed)' "$1"; then
		grep -iE -A2 '(^|[^a-z_-])(error|fatal|undefined reference|failed)' "$1" | tail -n 20
	else
		tail -n 20 "$1"
	fi | sed 's/^/    /' >&2
}

# step NAME TITLE PROGRESS -- CMD…: runs CMD with its output in build/log/NAME.log
step() {
	local file=$log/$1.log title=$2 begin=$SECONDS pid rc=0
	local -a progress=()
	shift 2
	while [[ $1 != -- ]]; do
		progress+=("$1")
		shift
	done
	shift

	mkdir -p "$log"
	: >"$file"
	# progress_kbuild wants its log first and the total behind it
	ticker "$title" "$file" progress "${progress[@]}" &
	pid=$!
	"$@" >"$file" 2>&1 </dev/null || rc=$?
	kill "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	[[ ! -t 2 ]] || printf '\r\033[K' >&2
	if ((rc)); then
		say "$title: failed (status $rc), the whole log is ${file#"$top/"}. What it says:"
		explain "$file"
		return "$rc"
	fi
	((SECONDS - begin < 3)) || say "$title: done in $(duration $((SECONDS - begin)))"
}

# progress KIND ARG… LOG: puts the log, which ticker appends, in front
progress() {
	local kind=$1 file=${*: -1}
	shift

	"progress_$kind" "$file" "${@:1:$#-1}"
}
