# SPDX-License-Identifier: GPL-2.0-only
#
# What exists, from the tracepoints alone: perf script in, one line per object
# out, as seen.sh makes them of debugfs.

function value(name, i) {
	for (i = 1; i <= NF; i++)
		if (index($i, name "=") == 1)
			return substr($i, length(name) + 2)
	return ""
}

function hex(s, n, i) {
	sub(/^0x/, "", s)
	n = 0
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}

{
	guest = value("iommu") " " value("guest_id")
	good = value("ret") == "" || value("ret") == "0"
}

/amd_viommu:viommu_guest_id_alloc:/ && good { id[guest] = 1 }
/amd_viommu:viommu_guest_id_free:/ { delete id[guest] }

/amd_viommu:viommu_init:/ && good { viommu[guest] = value("serial") " " value("tgid") }
/amd_viommu:viommu_destroy:/ { delete viommu[guest] }

/amd_viommu:viommu_trans_devid_alloc:/ && good { trans[guest] = value("trans_devid") }
/amd_viommu:viommu_trans_devid_relocate:/ && good { trans[guest] = value("to") }
/amd_viommu:viommu_trans_devid_free:/ { delete trans[guest] }

/amd_viommu:viommu_vdevice_init:/ && good { vdevice[guest " " value("serial")] = value("gdev_id") " " value("hdev_id") }
/amd_viommu:viommu_vdevice_destroy:/ { delete vdevice[guest " " value("serial")] }

/amd_viommu:viommu_domain_alloc:/ && good { users[guest " " value("gdom_id") " " value("hdom_id")]++ }
/amd_viommu:viommu_domain_free:/ && !--users[guest " " value("gdom_id") " " value("hdom_id")] {
	delete users[guest " " value("gdom_id") " " value("hdom_id")]
}

# The driver's own ranges are no guest's
/amd_viommu:viommu_ipa_map:/ && good { pages[guest] += hex(value("size")) / 4096 }
/amd_viommu:viommu_ipa_unmap:/ { pages[guest] -= hex(value("size")) / 4096 }

END {
	for (g in viommu)
		print "viommu", g, viommu[g], "trans", trans[g], "pages", pages[g]
	for (v in vdevice)
		print "vdevice", v, vdevice[v]
	for (u in users)
		print "domain", u, users[u]
	# nothing may be left of guests that are gone
	for (g in id)
		if (!(g in viommu))
			print "left", g, "guest ID"
	for (g in trans)
		if (!(g in viommu))
			print "left", g, trans[g]
	for (g in pages)
		if (pages[g] && !(g in viommu))
			print "left", g, pages[g]
}
