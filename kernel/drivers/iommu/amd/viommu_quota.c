// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shares: how much of a scarce resource the vIOMMUs of one user may have.
 *
 * Translation device IDs come out of one pool per PCI segment, domain IDs out of
 * one that the host's own DMA domains need as well. The user of a vIOMMU is the
 * one who allocated it. The administrator sets a user's share of each, and how
 * many domain IDs only the host can have.
 */

#define pr_fmt(fmt)	"AMD-Vi: " fmt

#include <linux/moduleparam.h>
#include <linux/uidgid.h>

#include "viommu_internal.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"amd_iommu."

/* 0 is no limit */
static unsigned int viommu_max_trans_devids;
module_param(viommu_max_trans_devids, uint, 0644);
MODULE_PARM_DESC(viommu_max_trans_devids,
		 "Translation device IDs that the vIOMMUs of one user may have, 0 for any number");

static unsigned int viommu_max_domain_ids = 16384;
module_param(viommu_max_domain_ids, uint, 0644);
MODULE_PARM_DESC(viommu_max_domain_ids,
		 "Host domain IDs that the nested domains of one user may have, 0 for any number");

static unsigned int viommu_host_domain_ids = 16384;
module_param(viommu_host_domain_ids, uint, 0644);
MODULE_PARM_DESC(viommu_host_domain_ids, "Domain IDs that only the host can have");

/**
 * struct viommu_quota_user - What the vIOMMUs of one user have
 * @used: how many, by resource
 */
struct viommu_quota_user {
	u32 used[AMD_VIOMMU_NR_RESOURCES];
};

/* Guards all that follows */
static DEFINE_MUTEX(quota_lock);

/* User ID to struct viommu_quota_user, while there is anything to count */
static DEFINE_XARRAY(users);

/* What all users have together */
static u32 total[AMD_VIOMMU_NR_RESOURCES];

static const char *const viommu_quota_names[] = {
	[AMD_VIOMMU_TRANS_DEVIDS]	= "translation device IDs",
	[AMD_VIOMMU_DOMAIN_IDS]		= "domain IDs",
};

static u32 viommu_quota_share(enum amd_viommu_resource resource)
{
	u32 share = resource == AMD_VIOMMU_TRANS_DEVIDS ?
		    READ_ONCE(viommu_max_trans_devids) :
		    READ_ONCE(viommu_max_domain_ids);

	return share ?: U32_MAX;
}

/* How many users can have: all that are not reserved for the host */
static u32 viommu_quota_all(enum amd_viommu_resource resource)
{
	u32 host = READ_ONCE(viommu_host_domain_ids);

	if (resource != AMD_VIOMMU_DOMAIN_IDS)
		return U32_MAX;
	return host < SZ_64K ? SZ_64K - host : 0;
}

static struct viommu_quota_user *viommu_quota_get_user(kuid_t uid)
{
	struct viommu_quota_user *user = xa_load(&users, __kuid_val(uid));

	if (user)
		return user;
	user = kzalloc_obj(*user, GFP_KERNEL_ACCOUNT);
	if (user && xa_err(xa_store(&users, __kuid_val(uid), user,
				    GFP_KERNEL_ACCOUNT))) {
		kfree(user);
		user = NULL;
	}
	return user;
}

static void viommu_quota_put_user(kuid_t uid, struct viommu_quota_user *user)
{
	if (memchr_inv(user->used, 0, sizeof(user->used)))
		return;
	xa_erase(&users, __kuid_val(uid));
	kfree(user);
}

static int viommu_quota_check(kuid_t uid, const struct viommu_quota_user *user,
			      enum amd_viommu_resource resource)
{
	if (user->used[resource] >= viommu_quota_share(resource)) {
		pr_notice_ratelimited("vIOMMU: user %u has all %u %s of its share\n",
				      __kuid_val(uid), user->used[resource],
				      viommu_quota_names[resource]);
		return -EDQUOT;
	}
	if (total[resource] >= viommu_quota_all(resource)) {
		pr_notice_ratelimited("vIOMMU: users have all %u %s, the rest is the host's\n",
				      total[resource], viommu_quota_names[resource]);
		return -ENOSPC;
	}
	return 0;
}

/**
 * amd_viommu_quota_charge() - Count one more of a resource for a vIOMMU's user
 * @aviommu:  vIOMMU with its owner
 * @resource: what it is about to get
 *
 * Return: 0; -EDQUOT when the user has its share; -ENOSPC when the rest is the
 * host's; -ENOMEM.
 */
int amd_viommu_quota_charge(struct amd_iommu_viommu *aviommu,
			    enum amd_viommu_resource resource)
{
	kuid_t uid = aviommu->owner.uid;
	struct viommu_quota_user *user;
	int ret;

	guard(mutex)(&quota_lock);

	user = viommu_quota_get_user(uid);
	if (!user)
		return -ENOMEM;
	ret = viommu_quota_check(uid, user, resource);
	if (!ret) {
		user->used[resource]++;
		total[resource]++;
	}
	viommu_quota_put_user(uid, user);
	return ret;
}

/**
 * amd_viommu_quota_uncharge() - Undo amd_viommu_quota_charge()
 * @aviommu:  vIOMMU
 * @resource: what it has given back
 */
void amd_viommu_quota_uncharge(struct amd_iommu_viommu *aviommu,
			       enum amd_viommu_resource resource)
{
	kuid_t uid = aviommu->owner.uid;
	struct viommu_quota_user *user;

	guard(mutex)(&quota_lock);

	user = xa_load(&users, __kuid_val(uid));
	if (WARN_ON(!user || !user->used[resource]))
		return;
	user->used[resource]--;
	total[resource]--;
	viommu_quota_put_user(uid, user);
}

/**
 * amd_viommu_quota_get() - Tell what the vIOMMUs of a vIOMMU's user have
 * @aviommu: vIOMMU
 * @quota:   filled
 *
 * Sleeps.
 */
void amd_viommu_quota_get(const struct amd_iommu_viommu *aviommu,
			  struct amd_viommu_quota *quota)
{
	struct viommu_quota_user *user;

	guard(mutex)(&quota_lock);

	user = xa_load(&users, __kuid_val(aviommu->owner.uid));
	for (int i = 0; i < AMD_VIOMMU_NR_RESOURCES; i++) {
		quota->used[i] = user ? user->used[i] : 0;
		quota->share[i] = viommu_quota_share(i);
		quota->total[i] = total[i];
	}
	quota->host_domain_ids = min_t(u32, READ_ONCE(viommu_host_domain_ids), SZ_64K);
}

#ifdef CONFIG_AMD_IOMMU_VIOMMU_KUNIT_TEST
#include "viommu_quota_kunit.c"
#endif
