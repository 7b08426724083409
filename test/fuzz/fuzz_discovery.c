/* SPDX-License-Identifier: Apache-2.0 */
/* A provider's metadata, any bytes: what is accepted names keys at a place that is allowed. */
#include "daemon/courier/discovery.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *issuers[] = { "https://a.example", "https://login.example/{tenant}/v2.0" };
	static const char *hosts[] = { "keys.example" };
	struct courier_origin origin = { .is_discovery = true, .hosts = { hosts, 1 },
		.place = { .host = { "a.example", 9 }, .port = 443 } };

	for (size_t i = 0; i < 2; i++) {
		struct courier_discovery discovery;
		struct courier_url url;

		origin.issuers = (struct courier_texts){ &issuers[i], 1 };
		courier_discovery_parse(mm_slice(data, size), &origin, &discovery);
		if (discovery.outcome != MM_FETCH_NEW)
			continue;
		if (courier_url_parse(mm_slice_str(discovery.keys_address), &url) != NULL ||
		    (!courier_url_same_place(&url, &origin.place) && !courier_url_is_at(&url, hosts[0])))
			abort();
	}
	return 0;
}
