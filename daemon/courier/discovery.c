/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata of a provider: its issuer, and where its keys are. */
#include "daemon/courier/discovery.h"

#include "lib/codec/issuer.h"
#include "lib/codec/json.h"

/* Keycloak's has 65 members. */
#define MEMBERS_MAX 256

/* Room for the two strings, unescaped. */
#define STRINGS_LEN_MAX (2 * COURIER_ADDRESS_LEN_MAX)

static void
refuse(struct courier_discovery *discovery, enum mm_fetch_outcome outcome, const char *why)
{
	discovery->outcome = outcome;
	discovery->why = why;
}

/*
 * Whether the document's issuer may be that of a realm: the same, or, where the document is for every tenant of a
 * provider, one of them.
 */
static bool
issuer_fits(const struct mm_issuer_pattern *document, const char *configured, bool *same)
{
	struct mm_issuer_pattern realm;

	if (mm_issuer_parse(mm_slice_str(configured), &realm) != NULL)
		return false;
	if (mm_issuer_same(document, &realm)) {
		*same = true;
		return true;
	}
	return document->is_template && !realm.is_template && mm_issuer_matches(document, realm.before, NULL);
}

/*
 * OpenID Connect Discovery 1.0 section 4.3: "The issuer value returned MUST be identical to the Issuer URL that was
 * used as the prefix to /.well-known/openid-configuration to retrieve the configuration information. This MUST also be
 * identical to the iss Claim value in ID Tokens issued from this Issuer."
 * What it must be identical to is here what the operator configured, which every 'iss' is compared with.
 */
static bool
check_issuer(struct mm_slice issuer, const struct courier_origin *origin)
{
	struct mm_issuer_pattern document;
	bool same = false;

	if (mm_issuer_parse(issuer, &document) != NULL)
		return false;
	for (size_t i = 0; i < origin->issuers.count; i++)
		if (!issuer_fits(&document, origin->issuers.items[i], &same))
			return false;
	return same;
}

static bool
is_allowed(const struct courier_url *keys, const struct courier_origin *origin)
{
	if (courier_url_same_place(keys, &origin->place))
		return true;
	for (size_t i = 0; i < origin->hosts.count; i++)
		if (courier_url_is_at(keys, origin->hosts.items[i]))
			return true;
	return false;
}

static void
take_keys_address(struct mm_slice address, const struct courier_origin *origin, struct courier_discovery *discovery)
{
	struct courier_url url;

	if (courier_url_parse(address, &url) != NULL)
		refuse(discovery, MM_FETCH_REFUSED, "the metadata's 'jwks_uri' is no https address that can be used");
	else if (!is_allowed(&url, origin))
		refuse(discovery, MM_FETCH_REFUSED,
		    "the metadata's 'jwks_uri' leads to another host, which 'key_hosts' of the realm does not list");
	else /* a good address fits, and its NUL is there */
		memcpy(discovery->keys_address, address.ptr, address.len);
}

void
courier_discovery_parse(struct mm_slice document, const struct courier_origin *origin,
    struct courier_discovery *discovery)
{
	static struct mm_json_names names; /* one thread reads documents */
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	char room[STRINGS_LEN_MAX];
	struct mm_scratch scratch;
	struct mm_slice issuer, address;

	*discovery = (struct courier_discovery){ .outcome = MM_FETCH_NEW };
	mm_scratch_init(&scratch, room, sizeof(room));
	if (mm_json_scan(document, &names, &index, NULL) != MM_OK)
		refuse(discovery, MM_FETCH_UNREADABLE, "the metadata is no strict JSON object");
	else if (!mm_json_string(mm_json_find(&index, "issuer"), &scratch, &issuer))
		refuse(discovery, MM_FETCH_UNREADABLE, "the metadata has no 'issuer' that is a string");
	else if (!check_issuer(issuer, origin))
		refuse(discovery, MM_FETCH_UNREADABLE, "the metadata is of another issuer than the realm's 'issuer'");
	else if (!mm_json_string(mm_json_find(&index, "jwks_uri"), &scratch, &address))
		refuse(discovery, MM_FETCH_UNREADABLE, "the metadata has no 'jwks_uri' that is a string");
	else
		take_keys_address(address, origin, discovery);
}
