#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# NEEDS: tree
DESCRIPTION="makes the mail-ready series of the kernel change, without building it"
# shellcheck disable=SC1091
. "${0%/*}/../lib/tap.sh"

dir=$(mktemp -d)
at_exit rm -rf "$dir"
series() { "$top/scripts/series.sh" "$dir/kernel" "$dir/out"; }
# As somebody who gets the mails: they apply in their order to what upstream has.
mails_apply() { # OUTPUT
	rm -rf "$dir/copy"
	git init -q "$dir/copy"
	git -C "$1/git" archive base | tar -x -C "$dir/copy"
	(cd "$dir/copy" && git add -A && git -c user.name=x -c user.email=x@localhost commit -qm base)
	run env GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@localhost \
		git -C "$dir/copy" am -q "$1"/000[1-9]-* "$1"/00[1-9]?-*
	is "$rc" 0 "the mails apply" || diag "$err"
	is "$(git -C "$dir/copy" rev-parse 'HEAD^{tree}')" "$(git -C "$1/git" rev-parse 'HEAD^{tree}')" \
		"what git am makes of them is the same tree"
}
# anew: an overlay to break, and no series of it
anew() {
	rm -rf "$dir/kernel" "$dir/out"
	cp -r "$top/kernel" "$dir/kernel"
}

anew
run env BASE=v7.3 "$top/scripts/series.sh" "$dir/kernel" "$dir/out"
like "$err" "BASE=v7.3 is no commit" "a base that is no commit is refused"
export BASE=0123456789abcdef0123456789abcdef01234567
run_ok series
unset BASE
like "$(cat "$dir/out/0000"*)" 'base-commit: 0123456789abcdef0123456789abcdef01234567' "the cover letter names the base that it is told"
is "$(cd "$dir/out/git" && git ls-files)" "$(cat "$build/linux/.overlay/manifest")" "the series has the overlay's files"
differ() {
	while read -r file; do
		cmp "$dir/out/git/$file" "$build/linux/$file"
	done <"$build/linux/.overlay/manifest" 2>&1
}
is "$(differ)" "" "and ends with each as it is there"
mails=$(find "$dir/out" -name '*.patch' | wc -l)
commits=$(grep -cE '^([0-9]{4}$|= )' "$top/kernel/series")
is "$mails" "$((commits + 1))" "a mail for each commit, and a cover letter"
like "$(grep -h '^Subject: ' "$dir/out/0001"*)" "\[PATCH 01/$commits\] iommufd: " "mails are numbered"
unlike "$(cat "$dir/out/0000"*)" '\*\*\* (SUBJECT|BLURB)' "the cover letter says something"
is "$(grep -Lx 'Signed-off-by: .*' "$dir"/out/000[1-9]-* "$dir"/out/00[1-9]?-*)" "" "every mail is signed off"
fixes=$(sed -n '/^# fixes of Linux/,/^# [^f]/p' "$top/kernel/series" | grep -cE '^[0-9]{4}$')
for ((n = 1; n <= fixes; n++)); do
	mail=$(printf '%s/out/%04d-*' "$dir" "$n")
	# shellcheck disable=SC2086 # a pattern
	grep -hqE '^Fixes: [0-9a-f]{12} \("[^"]+"\)$' $mail ||
		grep -h '^Subject: ' $mail | sed 's/^Subject: [^:]*: //'
done >"$dir/untold"
while read -r subject; do
	tr '\n' ' ' <"$dir/out/0000-cover-letter.patch" | grep -qF "\"$subject\"" || echo "$subject"
done <"$dir/untold" >"$dir/missing"
is "$(cat "$dir/missing")" "" "a fix says which commit it fixes, or the cover letter says why not"
is "$((fixes > 10 && $(wc -l <"$dir/untold") < 3))" 1 "which is so for two at most of more than ten"

mails_apply "$dir/out"

# --- what headers declare comes with the file that has it
headers=drivers/iommu/amd/viommu_internal.h
while read -r commit; do
	git -C "$dir/out/git" diff --name-only --diff-filter=A "$commit^" "$commit" -- 'drivers/iommu/amd/*.c' ':!*_kunit.c' |
		while read -r file; do
			part="/\* ${file##*/} "
			grep -q "^$part" "$top/kernel/$headers" || continue
			! git -C "$dir/out/git" show "$commit^:$headers" 2>/dev/null | grep -q "^$part" || echo "early $file"
			git -C "$dir/out/git" show "$commit:$headers" | grep -q "^$part" || echo "late $file"
			echo part
		done
done < <(git -C "$dir/out/git" rev-list base..HEAD) >"$dir/parts"
is "$(grep -vx part "$dir/parts")" "" "what a header declares of a file comes with the file"
parts=$(grep -cx part "$dir/parts")
is "$((parts > 10))" 1 "of more than ten files" || diag "$parts"

anew
SERIES_FROM='A B <a@b.example>' run_ok series
is "$(grep -h '^\(From\|Signed-off-by\): ' "$dir"/out/0*.patch | sort -u)" \
	"From: A B <a@b.example>"$'\n'"Signed-off-by: A B <a@b.example>" "another sender is author and signs off"

# --- what the table forgets
anew
cp "$dir"/kernel/patches/0017-* "$dir/kernel/patches/9999-one-more.patch"
run_fails 1 series
like "$err" 'no commit of kernel/series has this patch: 9999-one-more.patch' "a patch that is in no commit is told"
anew
echo >"$dir/kernel/drivers/iommu/amd/viommu_more.c"
run_fails 1 series
like "$err" 'no commit of kernel/series has this new file: drivers/iommu/amd/viommu_more.c' "and so is a file"
anew
rm "$dir/kernel/drivers/iommu/amd/viommu_iter.c"
run_fails 1 series
like "$err" 'has a new file that is not there: drivers/iommu/amd/viommu_iter.c' "a file that is gone"
anew
printf '= Once more\n+ drivers/iommu/amd/viommu.c\n' >>"$dir/kernel/series"
run_fails 1 series
like "$err" 'in more than one commit: drivers/iommu/amd/viommu.c' "a file that is there twice"
anew
echo 'what is this' >>"$dir/kernel/series"
run_fails 1 series
like "$err" "line [0-9]+: 'what is this' is neither" "a line that means nothing"
anew
sed -i '/^0003$/d; $a 0003' "$dir/kernel/series"
run_fails 1 series
like "$err" '00[0-9][0-9]-.*does not apply at its place' "a patch that comes too late for another"

anew
echo '/* viommu_lost.c */' >>"$dir/kernel/drivers/iommu/amd/viommu_internal.h"
run_fails 1 series
like "$err" 'viommu_internal.h has a part of viommu_lost.c, which is no new file' "a part of a header of no file"

# --- QEMU's
run_ok "$top/scripts/series.sh" "$top/tests/qemu" "$dir/qemu"
mails_apply "$dir/qemu"
is "$(find "$dir/qemu" -name '*.patch' | wc -l)" \
	"$(($(sed '/^--$/q' "$top/tests/qemu/series" | grep -cE '^[0-9]{4}$') + 1))" "QEMU's fixes are mails, and no other patch"
is "$(grep -hiE "^\+.*(viommu|testdev)" "$dir"/qemu/00*[1-9]-*.patch)" "" "none knows what comes later"

# --- what would end elsewhere
anew
echo >>"$dir/kernel/drivers/iommu/amd/viommu.c"
run_fails 1 series
like "$err" 'ends with another drivers/iommu/amd/viommu.c than the overlay' "a series that ends in another tree is refused"
done_testing
