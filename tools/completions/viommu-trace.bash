# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# bash completion of viommu-trace

_viommu_trace() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local select='--guest --pid --gid --iommu --duration --json --verbose --help --usage'
	local words

	# "--event=i" comes as three words
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	case $prev in
	-e | --event) words=$(viommu-trace events --list) ;;
	-p | --pid) words=$(pgrep 'qemu|viommu-vmm') ;;
	--iommu) words=$(cd /sys/class/iommu 2>/dev/null && echo ivhd*) ;;
	-g | --guest | --gid | -d | --duration | -i | --interval | -n | --count | --buffer) return ;;
	explain) words='command event dte' ;;
	*)
		case ${COMP_WORDS[1]} in
		"$cur") words='check events explain latency --help --version' ;;
		events) words="--event --count --buffer --list $select" ;;
		latency) words="--interval --count --histogram $select" ;;
		*) words='--help --usage' ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _viommu_trace viommu-trace
