# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# bash completion of viommu-trace

_viommu_trace() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local help='--help --usage' whom='--guest --pid --gid --iommu'
	local live='--duration --verbose' view='--histogram --linear --exemplars'
	local words files=

	# "--event=i" comes as three words
	if [[ $cur == '=' ]]; then
		cur=
	elif [[ $prev == '=' ]]; then
		prev=${COMP_WORDS[COMP_CWORD - 2]}
	fi

	case $prev in
	-e | --event) words=$(viommu-trace events --list) ;;
	--redact) words='names addresses names,addresses' ;;
	-r | --replay) files=yes ;;
	-p | --pid) words=$(pgrep 'qemu|viommu-vmm') ;;
	--iommu) words=$(cd /sys/class/iommu 2>/dev/null && echo ivhd*) ;;
	-g | --guest | --gid | -d | --duration | -i | --interval | -n | --count | --buffer) return ;;
	--linear | --max-size | --max-past | --at | --before | --after | --keep | --p99 | --faults | --every) return ;;
	--trigger) words='all wait-timeout p99 queue-stuck log-overflow fault-storm signal command' ;;
	-o | --output | -D | --directory) files=yes ;;
	explain) words='command event dte ppr control efr efr2 --no-lookup' ;;
	*)
		case ${COMP_WORDS[1]} in
		"$cur") words='bundle check diff events explain export fly latency record report --help --version' ;;
		bundle) words="--output --duration --redact --no-redact $help" ;;
		diff) words="--once --replay --buffer --fail-on-loss --json $live $help" ;;
		events) words="--event --count --buffer --list --slow $whom --json $live $help" ;;
		explain) words="--no-lookup " ;;
		fly) words="status trigger --directory --before --after --keep --max-past --max-size --trigger --p99 --faults --every --bundle --buffer --json $live $help" ;;
		latency) words="--interval --count $view $whom --json $live $help" ;;
		record) words="--output --event --count --at --max-size --buffer --fail-on-loss $whom $live $help" ;;
		report) words="--latency --summary --event --fail-on-loss $view $whom --json $help" files=yes ;;
		export) words="--output --perfetto --live --buffer --event $whom $live $help" files=yes ;;
		*) words=$help ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "${words-}" -- "$cur")
	[[ ! $files || $cur == -* ]] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur")
}

complete -F _viommu_trace viommu-trace
