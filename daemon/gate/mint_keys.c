/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signed key lists, and holding snapshots against them.
 */
#include "daemon/gate/mint_keys.h"

#include "daemon/ipc/sealed.h"
#include "lib/base/array.h"
#include "lib/base/reader.h"
#include "lib/codec/json.h"
#include "lib/jose/jwks.h"
#include "lib/trust/trust.h"

#include <stdlib.h>
#include <string.h>

/* More than the ledger gives a key. */
#define KEY_MEMBERS_MAX 32

void
gate_mint_keys_drop(struct gate_mint_keys *keys)
{
	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++)
		mm_sealed_unmap(&keys->mints[i].next_bytes);
}

void
gate_mint_keys_clear(struct gate_mint_keys *keys)
{
	gate_mint_keys_drop(keys);
	*keys = (struct gate_mint_keys){ .has_root = false };
}

bool
gate_mint_keys_set_root(struct gate_mint_keys *keys, const unsigned char *payload, size_t len)
{
	if (len != sizeof(keys->root) || keys->has_root)
		return false;
	memcpy(keys->root, payload, sizeof(keys->root));
	keys->has_root = true;
	return true;
}

/* The mint that a payload begins with, its number and its name; NULL: it cannot be so. */
static struct gate_mint *
read_mint(struct gate_mint_keys *keys, const unsigned char *payload, size_t len, struct mm_slice *name)
{
	size_t number;

	if (len < 3 || len - 2 > MM_NAME_LEN_MAX)
		return NULL;
	number = (size_t)(payload[0] | payload[1] << 8);
	*name = mm_slice((const char *)payload + 2, len - 2);
	return number < MM_MINT_REALMS_MAX ? &keys->mints[number] : NULL;
}

bool
gate_mint_keys_add_mint(struct gate_mint_keys *keys, const unsigned char *payload, size_t len)
{
	struct mm_slice name;
	struct gate_mint *mint = read_mint(keys, payload, len, &name);

	if (mint == NULL || memchr(name.ptr, '\0', name.len) != NULL)
		return false;
	if (mint->name[0] != '\0') /* it is told again with each view, and never changes */
		return mm_slice_equal(name, mm_slice_str(mint->name));
	memcpy(mint->name, name.ptr, name.len);
	return true;
}

const char *
gate_mint_keys_name(const struct gate_mint_keys *keys, uint16_t number)
{
	return number < MM_MINT_REALMS_MAX && keys->mints[number].name[0] != '\0' ? keys->mints[number].name : NULL;
}

/* ---- lists ---- */

const char *
gate_mint_keys_take_list(struct gate_mint_keys *keys, const unsigned char *payload, size_t len, int fd, int64_t now_s)
{
	struct mm_slice name, bytes;
	struct gate_mint *mint = read_mint(keys, payload, len, &name);
	const char *fault;

	if (mint == NULL || mint->name[0] == '\0' || !mm_slice_equal(name, mm_slice_str(mint->name)))
		return "a key list is of a mint that nobody told of";
	if (!keys->has_root)
		return "no root is pinned that could stand behind a key list";
	if (mm_slice_present(mint->next_bytes))
		return "a key list came twice";
	if (mm_sealed_map(fd, MM_KEY_LIST_LEN_MAX, &bytes) == -1)
		return "a key list is no sealed memory";
	fault = mm_key_list_read(bytes, name, keys->root, now_s, &mint->next);
	if (fault == NULL && mint->had_list && mint->next.sequence < mint->sequence)
		fault = "a key list is older than the one in use";
	if (fault == NULL)
		mint->next_bytes = bytes;
	else
		mm_sealed_unmap(&bytes);
	return fault;
}

void
gate_mint_keys_commit(struct gate_mint_keys *keys)
{
	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++) {
		struct gate_mint *mint = &keys->mints[i];

		if (!mm_slice_present(mint->next_bytes))
			continue;
		mint->had_list = true;
		mint->sequence = mint->next.sequence;
	}
	gate_mint_keys_drop(keys);
}

/* ---- holding a snapshot against them ---- */

/* A key of a list, as far as the snapshot has the same. */
struct listed {
	struct mm_json_value kid, alg, state, tainted;
	int64_t nbf_s, exp_s, verify_until_s;
};

/* A time; absent: the window is open there. */
static bool
read_time(const struct mm_json_index *key, const char *name, int64_t absent_s, int64_t *time_s)
{
	struct mm_json_value value = mm_json_find(key, name);

	*time_s = absent_s;
	return value.type == MM_JSON_ABSENT || mm_json_integer(value, time_s);
}

static bool
read_listed(struct mm_json_value element, struct listed *listed)
{
	struct mm_json_member members[KEY_MEMBERS_MAX];
	struct mm_json_index key = { members, 0, KEY_MEMBERS_MAX };

	if (!mm_json_view_object(element, &key))
		return false;
	listed->kid = mm_json_find(&key, "kid");
	listed->alg = mm_json_find(&key, "alg");
	listed->state = mm_json_find(&key, "state");
	listed->tainted = mm_json_find(&key, "tainted");
	return listed->kid.type == MM_JSON_STRING && !listed->kid.escaped &&
	    read_time(&key, "nbf", INT64_MIN, &listed->nbf_s) && read_time(&key, "exp", INT64_MAX, &listed->exp_s) &&
	    read_time(&key, "verify_until", INT64_MAX, &listed->verify_until_s);
}

/* Find a key of a list by its kid. False where it has none, or what it says of it cannot be read. */
static bool
find_listed(const struct mm_key_list *list, struct mm_slice kid, struct listed *found)
{
	struct mm_json_names names;
	struct mm_json_value element;
	struct mm_jwks set;
	size_t position = 0;

	if (mm_jwks_scan(list->keys, &names, &set, NULL) != MM_OK)
		return false;
	while (mm_json_next(set.keys, &position, &element))
		if (read_listed(element, found) && mm_slice_equal(found->kid.text, kid))
			return true;
	return false;
}

static bool
is_revoked(const struct listed *listed)
{
	return mm_json_string_is(listed->state, "revoked");
}

static bool
is_tainted(const struct listed *listed)
{
	return mm_json_string_is(listed->state, "tainted") || listed->tainted.type != MM_JSON_ABSENT;
}

/*
 * Whether a live key of the snapshot is what the list says, with no more time. A mint's kid is the thumbprint, so that
 * equal kid and thumbprint are equal keys.
 */
static bool
is_listed(const struct mm_key *key, const struct mm_key_list *list)
{
	struct listed listed;

	return find_listed(list, key->kid, &listed) && mm_slice_equal(key->thumbprint_text, key->kid) &&
	    !is_revoked(&listed) && key->signs_from_s >= listed.nbf_s && key->signs_until_s <= listed.exp_s &&
	    key->verify_until_s <= listed.verify_until_s && (key->tainted || !is_tainted(&listed)) &&
	    key->algorithm != NULL &&
	    mm_json_string_is(listed.alg, key->algorithm->name);
}

static const struct mm_key *
find_key(const struct mm_trust *trust, const struct mm_realm *realm, struct mm_slice kid)
{
	for (size_t i = 0; i < trust->key_count; i++)
		if (trust->keys[i].realm == realm && mm_slice_equal(trust->keys[i].kid, kid))
			return &trust->keys[i];
	return NULL;
}

/* Whether the snapshot has every key of the list: one that it lacks would be unknown, and a revoked one not told so. */
static bool
has_all(const struct mm_trust *trust, const struct mm_realm *realm, const struct mm_key_list *list)
{
	struct mm_json_names names;
	struct mm_json_value element;
	struct listed listed;
	struct mm_jwks set;
	size_t position = 0;

	if (mm_jwks_scan(list->keys, &names, &set, NULL) != MM_OK)
		return false;
	while (mm_json_next(set.keys, &position, &element))
		if (!read_listed(element, &listed) || find_key(trust, realm, listed.kid.text) == NULL)
			return false;
	return true;
}

static const struct gate_mint *
find_mint(const struct gate_mint_keys *keys, struct mm_slice realm)
{
	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++)
		if (mm_slice_equal(mm_slice_str(keys->mints[i].name), realm))
			return &keys->mints[i];
	return NULL;
}

static const char *
check_realm(const struct gate_mint_keys *keys, const struct mm_trust *trust, const struct mm_realm *realm)
{
	const struct gate_mint *mint = find_mint(keys, realm->name);
	bool has_list = mint != NULL && mm_slice_present(mint->next_bytes);

	for (size_t i = 0; i < trust->key_count; i++) {
		const struct mm_key *key = &trust->keys[i];

		if (key->realm != realm || key->standing == MM_KEY_TOMBSTONED)
			continue;
		if (!has_list || !is_listed(key, &mint->next))
			return "it has a mint's key that is not in the list that the ledger signed, or not as there";
	}
	if (has_list && !has_all(trust, realm, &mint->next))
		return "it lacks a key of the list that the ledger signed";
	return NULL;
}

static bool
has_mint(const struct mm_trust *trust, const char *name)
{
	for (size_t i = 0; i < trust->realm_count; i++)
		if (trust->realms[i].is_mint && mm_slice_equal(trust->realms[i].name, mm_slice_str(name)))
			return true;
	return false;
}

const char *
gate_mint_keys_check(const struct gate_mint_keys *keys, const struct mm_trust *trust)
{
	const char *fault = NULL;

	/* A mint that the snapshot calls another kind of realm would have any keys, and tokens without marks. */
	for (size_t i = 0; i < MM_COUNT_OF(keys->mints) && fault == NULL; i++)
		if (mm_slice_present(keys->mints[i].next_bytes) && !has_mint(trust, keys->mints[i].name))
			fault = "a realm whose signed key list came with it is no mint in it";
	for (size_t i = 0; i < trust->realm_count && fault == NULL; i++)
		if (trust->realms[i].is_mint)
			fault = check_realm(keys, trust, &trust->realms[i]);
	return fault;
}
