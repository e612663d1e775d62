# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# bash completion of viommu-top

_viommu_top_names() {
	viommu-top --once --json --interval 0.01 2>/dev/null |
		sed -n 's/.*"vm":"\([^"\\]*\)".*/\1/p'
}

_viommu_top() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local options='--batch --json --csv --openmetrics --listen --metrics
		--once --replay --resolve --expand --columns --sort --reverse --color
		--no-unicode --ascii --interval --count --pid --guest --gid --active
		--check --fail-on-loss --bpf-cost --verbose
		--help --usage --version'
	local words

	# "--sort=p" comes as three words
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	case $prev in
	-s | --sort | --columns) words=$(viommu-top --sort=help | cut -d ' ' -f 1) ;;
	--color) words='auto always never' ;;
	--metrics) words="host vm viommu queue" ;;
	--replay | --openmetrics)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--resolve) words="gid: gdev: hdev: hdom: trans: -" ;;
	-g | --guest) words=$(_viommu_top_names) ;;
	-p | --pid) words=$(pgrep 'qemu|viommu-vmm') ;;
	-i | --interval | -n | --count | --gid | --listen) return ;;
	*) words=$options ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _viommu_top viommu-top
