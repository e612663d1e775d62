#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lint.sh: style and hygiene of what git knows here; prints TAP, a line for
# each check. checkpatch is the fetched kernel's own.

# shellcheck source=../tests/lib/tap.sh
DESCRIPTION="keeps the sources in style"
. "$(dirname "$0")/../tests/lib/tap.sh"
cd "$top" || exit 1

files() { # PATHSPEC…: tracked and new files that git does not ignore
	git ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
		[[ ! -f $file ]] || printf '%s\n' "$file"
	done
}

# begins_right SCRIPT…: what an edit put in front of a script makes it one of sh
begins_right() {
	! head -qn 1 "$@" | grep -vE "^(#!/bin/|# shellcheck shell=)"
}

# quiet DESCRIPTION COMMAND…: fails if COMMAND fails, and shows what it says
quiet() {
	local what=$1 said
	shift

	if said=$("$@" 2>&1); then
		ok "$what"
	else
		not_ok "$what"
		diag "$(head -n 40 <<<"$said")"
	fi
}

# none DESCRIPTION LINES: LINES must be empty
none() { is "$2" "" "$1"; }

# What only a mail to the maintainers or a git tree of Linux can satisfy is left out.
checkpatch() { # ARGUMENT…
	perl "$build/linux/scripts/checkpatch.pl" --strict --no-summary --terse --show-types --no-tree \
		--ignore FILE_PATH_CHANGES,UNKNOWN_COMMIT_ID,MISSING_SIGN_OFF,NO_AUTHOR_SIGN_OFF,EMAIL_SUBJECT,SPDX_LICENSE_TAG \
		"$@"
}

# From standard input: checkpatch takes a file that git knows for a source.
check_patches() {
	local patch status=0

	for patch; do
		checkpatch - <"$patch" | sed "s|^-|${patch##*/}|"
		((PIPESTATUS[0] == 0)) || status=1
	done
	return "$status"
}

missing_spdx() {
	files '*.c' '*.h' '*.sh' '*.mk' '*Makefile' .ci/run | while read -r file; do
		head -n 15 "$file" | grep -q SPDX-License-Identifier || printf '%s\n' "$file"
	done
}

# Files that a document names between backquotes, from here, or links to, from where it is.
gone_files() {
	local doc path

	files '*.md' | xargs grep -HoE '`(\.ci|bpf|debian|docs|kernel|rpm|scripts|tests|tools)/[^` ]+`|\]\([^):#]+\)' |
		while IFS=: read -r doc path; do
			case $path in
			']('*) path=${path:2} path=$(dirname "$doc")/${path%)} ;;
			*) path=${path//\`/} ;;
			esac
			compgen -G "$path*" >/dev/null || printf '%s: %s\n' "$doc" "$path"
		done
}

# A stack trace must tell whose a function is.
unplaced() {
	files 'kernel/drivers/*.c' ':!kernel/drivers/*_kunit.c' | xargs awk '
		FNR == 1 { pending = "" }
		/^static / && !/[=;]/ { pending = $0 }
		/^[a-z_0-9]+\(/ && pending != "" { pending = $0 }
		pending ~ /\(/ {
			name = pending
			sub(/\(.*/, "", name)
			sub(/.*[ *]/, "", name)
			if (name !~ /^(amd_)?(viommu|trans_devid|iommu)_/)
				print FILENAME ":" FNR ": " name
			pending = ""
		}'
}

mapfile -t shell < <(files '*.sh' .ci/run)
mapfile -t ours < <(files 'tests/vmexec/*.[ch]' 'tests/vmm/*.[ch]' 'tools/*.[ch]' 'bpf/*.[ch]' 'tests/unit/*.[ch]' 'tests/fuzz/*.[ch]')
mapfile -t driver < <(files 'kernel/drivers/*.[ch]')
mapfile -t patches < <(files 'kernel/patches/*.patch')

quiet "shellcheck finds nothing" shellcheck "${shell[@]}"
quiet "every script begins with what runs it, or with what it is for shellcheck" begins_right "${shell[@]}"
((${#driver[@]} == 0)) || quiet "checkpatch --strict finds nothing in the driver" checkpatch -f "${driver[@]}"
((${#patches[@]} == 0)) || quiet "checkpatch --strict finds nothing in the patches" check_patches "${patches[@]}"
quiet "every file has a licence and a holder by REUSE" reuse lint
quiet "no file of the driver calls a higher layer" scripts/layers.sh
none "every static function of the driver names its file" "$(unplaced)"
none "every source names its licence" "$(missing_spdx)"
none "every file that documents name is there" "$(gone_files)"
none "no Python of ours" "$(files '*.py')"
none "no path of one machine" "$(files . | grep -vE '^(LICENSE|\.ci/)' | xargs grep -nIE "(^|[^[:alnum:]_./-])($PWD|/home/[a-z]+)/" 2>/dev/null)"
none "no white space at ends of lines" "$(files '*.c' '*.h' '*.sh' Makefile '*/Makefile' | grep -v '^kernel/patches' | xargs grep -nIE '[[:space:]]+$')"
quiet "files of bpf/ and tools/ include what is below them" scripts/layers-tools.sh
quiet "clang-format would change nothing" clang-format --dry-run -Werror "${ours[@]}"
done_testing
