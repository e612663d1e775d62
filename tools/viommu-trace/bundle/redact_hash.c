// SPDX-License-Identifier: GPL-2.0-only
/*
 * Leaving out names of VMs and addresses: the key, and the numbers it makes of them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <nettle/hmac.h>

#include "bundle/redact.h"

#define KEY_SIZE 32
#define CACHE_BITS 12
#define GOLDEN_RATIO 0x9e3779b97f4a7c15ull

/**
 * struct redact_hashes - How pseudonyms are made
 * @keyed:   begun with the key
 * @address: addresses seen last, and what they became
 */
struct redact_hashes {
	struct hmac_sha256_ctx keyed;
	struct {
		uint64_t address;
		uint64_t hash;
	} address[1u << CACHE_BITS];
};

struct redact_hashes *redact_hashes_new(void)
{
	struct redact_hashes *hashes = calloc(1, sizeof(*hashes));
	unsigned char key[KEY_SIZE];

	if (!hashes || getrandom(key, sizeof(key), 0) != sizeof(key)) {
		free(hashes);
		return NULL;
	}
	hmac_sha256_set_key(&hashes->keyed, sizeof(key), key);
	explicit_bzero(key, sizeof(key));
	return hashes;
}

void redact_hashes_free(struct redact_hashes *hashes)
{
	if (hashes)
		explicit_bzero(hashes, sizeof(*hashes));
	free(hashes);
}

uint64_t redact_hash(const struct redact *redact, char what, const void *data, size_t size)
{
	struct hmac_sha256_ctx ctx = redact->hashes->keyed;
	uint64_t hash;

	hmac_sha256_update(&ctx, 1, (const uint8_t *)&what);
	hmac_sha256_update(&ctx, size, data);
	hmac_sha256_digest(&ctx, sizeof(hash), (uint8_t *)&hash);
	return hash;
}

/* Logs name few addresses, many times; 0 is none */
uint64_t redact_hash_address(const struct redact *redact, uint64_t above)
{
	size_t i = above * GOLDEN_RATIO >> (64 - CACHE_BITS);

	if (redact->hashes->address[i].address != above) {
		redact->hashes->address[i].address = above;
		redact->hashes->address[i].hash = redact_hash(redact, 'a', &above, sizeof(above));
	}
	return redact->hashes->address[i].hash;
}
