#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# series.sh [OVERLAY [OUTPUT]]: the change in OVERLAY (kernel/, or tests/qemu/ for
# QEMU) as a series of mails in OUTPUT (build/series), in the order of
# OVERLAY/series, up to a line of two dashes there, if there is one. Without one it
# ends in the tree that overlay.sh makes, byte for byte, or fails.
#  SERIES_FROM='Name <mail>'  who sends it: author and sign-off of every mail
#  BASE=HASH                  the upstream commit of the release that this is based on, as
#                             git rev-parse v7.3.4^{} says: the release as such has none
#  CHECK=1                    compile every step (W=1), look for symbols that
#                             are missing, and run checkpatch on every mail

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

check=${CHECK:-}
unset CHECK
base=${BASE:-}
overlay=${1:-$top/kernel}
output=${2:-$build/series}
case ${overlay##*/} in
qemu) upstream=QEMU fetch=fetch-qemu.sh check_with=series-check-qemu.sh ;;
*) upstream=Linux fetch=fetch-linux.sh check_with=series-check.sh ;;
esac
repo=$output/git
from=${SERIES_FROM:-}

ingit() { git -C "$repo" -c core.autocrlf=false -c commit.gpgsign=false "$@"; }

# --- the table ------------------------------------------------------------

# Steps in order, by number: kind[N] is a patch's path or "" for new files only.
kind=() files=() subject=() body=()
# Patches that are not mailed
rest=()
mailed=yes

patch_of() { # NUMBER
	local -a found

	found=("$overlay/patches/$1"-*.patch)
	[[ -f ${found[0]} && ${#found[@]} == 1 ]] ||
		die "${overlay##*/}/series, line $line: there is not one patch $1 but $(printf '%s ' "${found[@]##*/}")"
	printf '%s\n' "${found[0]}"
}

read_table() {
	local line=0 text n=-1

	while IFS= read -r text; do
		line=$((line + 1))
		case $text in
		'' | '#'*) continue ;;
		--) mailed= ;;
		[0-9][0-9][0-9][0-9])
			[[ $mailed ]] || {
				rest+=("$(patch_of "$text")") || exit 1
				continue
			}
			;;&
		'| '* | '|' | '+ '*)
			[[ $mailed && $n != -1 ]] || die "${overlay##*/}/series, line $line belongs to no commit"
			;;&
		'| '* | '|') body[n]+=${text:2}$'\n' ;;
		'+ '*) files[n]+=" ${text:2}" ;;
		'= '*) kind[++n]='' files[n]='' body[n]='' subject[n]=${text:2} ;;
		[0-9][0-9][0-9][0-9])
			kind[++n]=$(patch_of "$text") files[n]='' || exit 1
			;;
		*) die "${overlay##*/}/series, line $line: '$text' is neither NNNN, '= SUBJECT', '| TEXT' nor '+ FILE…'" ;;
		esac
	done <"$overlay/series"
	steps=$((n + 1))
}

# once KIND LISTED THERE: what is there is listed once, and nothing else is
once() {
	local twice missing unknown

	twice=$(sort <<<"$2" | uniq -d | paste -sd' ')
	missing=$(comm -13 <(sort -u <<<"$2") <(sort <<<"$3") | paste -sd' ')
	unknown=$(comm -23 <(sort -u <<<"$2") <(sort <<<"$3") | paste -sd' ')
	[[ ! $missing ]] ||
		die "no commit of ${overlay##*/}/series has this $1: $missing. Add it there; its head says where"
	[[ ! $unknown ]] || die "${overlay##*/}/series has a $1 that is not there: $unknown"
	[[ ! $twice ]] || die "${overlay##*/}/series has a $1 in more than one commit: $twice"
}

# A part of a header would stay with the header if its file's name were misspelt.
headers_name_files() {
	local header name

	for header in $(tr -s ' ' '\n' <<<"${files[*]}" | grep '\.h$'); do
		sed -nE 's|^/\* ([a-z0-9_]+\.c)[ :].*|\1|p' "$overlay/$header" | while read -r name; do
			[[ "${files[*]} " == *"/$name "* ]] ||
				die "${overlay##*/}/$header has a part of $name, which is no new file of the series"
		done || exit 1
	done
}

check_table() {
	once patch "$(printf '%s\n' "${kind[@]##*/}" "${rest[@]##*/}" | grep .)" "$(cd "$overlay/patches" && printf '%s\n' *.patch)"
	[[ $mailed ]] || return 0
	once "new file" "$(tr -s " " "\n" <<<"${files[*]}" | grep .)" \
		"$(cd "$overlay" && find . -mindepth 2 -type f ! -path './patches/*' ! -path './config/*' -printf '%P\n')"
	headers_name_files
}

# --- the commits ----------------------------------------------------------

# Who maintains the files that the series touches, or, with --nom, their lists
recipients() { # OPTION…
	ingit diff --name-only --diff-filter=M base HEAD |
		(cd "$pristine" && xargs perl scripts/get_maintainer.pl --nogit --nogit-fallback \
			--norolestats --remove-duplicates "$@" -f)
}

# A repository of the files that the patches touch is enough.
make_repo() {
	local file

	rm -rf "$output"
	mkdir -p "$repo"
	git init -q "$repo"
	cat "$overlay"/patches/*.patch | sed -nE 's/^--- a\/([^	]*).*/\1/p' | sort -u |
		while read -r file; do
			mkdir -p "$repo/$(dirname "$file")"
			cp "$pristine/$file" "$repo/$file"
		done
	commit "$default_from" "$default_date" "$upstream $version" ""
	ingit tag base
}

commit() { # AUTHOR DATE SUBJECT BODY
	local name=${1% <*} mail=${1##*<}

	ingit add -A
	printf '%s\n\n%s' "$3" "$4" |
		GIT_AUTHOR_NAME=$name GIT_AUTHOR_EMAIL=${mail%>} GIT_AUTHOR_DATE=$2 \
		GIT_COMMITTER_NAME=$name GIT_COMMITTER_EMAIL=${mail%>} GIT_COMMITTER_DATE=$2 \
			git -C "$repo" -c commit.gpgsign=false commit -q -F -
}

header() { sed -n "1,/^$/s/^$1: *//p" "$info"; }

apply() { # PATCH: its text is left in $message
	git mailinfo "$output/message" "$output/diff" <"$1" >"$info"
	patch -p1 -s -f --fuzz=1 --no-backup-if-mismatch -d "$repo" <"$output/diff" >"$log/series.log" 2>&1 || {
		explain "$log/series.log"
		die "${1##*/} does not apply at its place in ${overlay##*/}/series: move its line"
	}
	message=$(cat "$output/message")
	author="$(header Author) <$(header Email)>"
	title=$(header Subject)
	date=$(header Date)
}

# What a header declares of a file that comes later comes with that file. A line
# "/* FILE.c */" begins it, and it ends where the next one begins, or with the
# condition around it.
without_later() { # N HEADER
	local later

	later=$(printf '%s ' "${files[@]:$1 + 1}" | tr ' ' '\n' | sed -n 's|.*/\([a-z0-9_]*\.c\)$|\1|p' | paste -sd' ')
	awk -v later=" $later " '
		!depth && match($0, /^\/\* [a-z0-9_]+\.c[ :]/) {
			drop = index(later, " " substr($0, 4, RLENGTH - 4) " ")
			section = 1
		}
		section && /^#[ \t]*(else|endif)/ && !depth { section = drop = 0 }
		section && /^#[ \t]*if/ { depth++ }
		!drop
		section && depth && /^#[ \t]*endif/ { depth-- }' "$overlay/$2"
}

add_files() { # N
	local file

	for file in ${files[$1]}; do
		mkdir -p "$repo/$(dirname "$file")"
		cp "$overlay/$file" "$repo/$file"
	done
	for file in $(printf '%s ' "${files[@]:0:$1 + 1}"); do
		[[ $file != *.h ]] || without_later "$1" "$file" >"$repo/$file"
	done
}

make_step() { # N
	local file author=$default_from date=$default_date title=${subject[$1]:-} message

	if [[ ${kind[$1]} ]]; then
		apply "${kind[$1]}"
	else
		message="${body[$1]}"$'\n'"Signed-off-by: $author"
	fi
	add_files "$1"
	if [[ $from ]]; then
		message=$(sed '/^Signed-off-by:/d' <<<"$message")$'\n'"Signed-off-by: $from"
		author=$from
	fi
	commit "$author" "$date" "$title" "$message"$'\n'
}

# The tree at the end is the overlay's, which is what gets tested.
same_end() {
	local tree=$build/linux file

	"$top/scripts/build-kernel.sh" tree
	diff <(ingit ls-tree -r --name-only HEAD) "$tree/.overlay/manifest" >"$log/series.log" ||
		die "the series and the overlay have different files: $(grep '^[<>]' "$log/series.log" | paste -sd' ')"
	while read -r file; do
		cmp -s "$repo/$file" "$tree/$file" || die "the series ends with another $file than the overlay"
	done <"$tree/.overlay/manifest"
}

# What a cover letter ends with: where the series goes
base_of() {
	echo "Based on $upstream $version."
	if [[ $base ]]; then
		echo "base-commit: $base"
	else
		echo "The index lines have its blobs: git am -3 and b4 am --guess-base find it."
	fi
}

mails() {
	local name mail
	local -a to cc

	mapfile -t to < <(recipients --nol)
	mapfile -t cc < <(recipients --nom --nor)
	((${#to[@]} && ${#cc[@]})) || die "get_maintainer.pl names nobody to send the series to"
	name=${from:-$default_from} mail=${name##*<}
	ingit config branch."$(ingit branch --show-current)".description \
		"$(cat "$overlay/cover-letter")"$'\n\n'"$(base_of)"
	GIT_COMMITTER_NAME=${name% <*} GIT_COMMITTER_EMAIL=${mail%>} ingit \
		-c format.signature= format-patch -q --zero-commit --abbrev=12 --cover-letter \
		--cover-from-description=subject --thread=shallow \
		"${to[@]/#/--to=}" "${cc[@]/#/--cc=}" -o "$output" base..HEAD
}

main() {
	local n

	[[ ! $base || $base =~ ^[0-9a-f]{40}$ ]] || die "BASE=$base is no commit: give all 40 digits"
	info=$output/info
	"$top/scripts/packages.sh" fetch series
	mkdir -p "$log"
	read_table
	check_table
	pristine=$("$top/scripts/$fetch")
	version=$(cat "$pristine/VERSION" 2>/dev/null ||
		sed -nE 's/^(VERSION|PATCHLEVEL|SUBLEVEL) = ([0-9]+)$/\2/p' "$pristine/Makefile" | paste -sd.)
	# new files have no author and date of their own: those of the first patch
	default_from=$(sed -n 's/^From: //p' "${kind[0]}")
	default_date=$(sed -n 's/^Date: //p' "${kind[0]}")
	make_repo
	for ((n = 0; n < steps; n++)); do
		make_step "$n"
	done
	rm -f "$info" "$output/message" "$output/diff"
	[[ ! $mailed ]] || same_end
	mails
	[[ ! $check ]] || "$top/scripts/$check_with" "$output" "$pristine"
	say "$steps patches and a cover letter, ready for git send-email: ${output#"$top/"}/*.patch"
}

main
