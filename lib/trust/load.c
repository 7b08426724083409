/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a snapshot: bytes that may be anything become tables that may be relied upon.
 *
 * The bytes are read once, in order (doc/PROTOCOL.snapshot). Whatever later code relies on (order of tables, numbers
 * of realms, keys that can be made) is checked here; then nothing changes any more.
 */
#include "lib/base/limits.h"
#include "lib/base/pool.h"
#include "lib/base/reader.h"
#include "lib/codec/base64url.h"
#include "lib/codec/issuer.h"
#include "lib/crypto/digest.h"
#include "lib/trust/find.h"
#include "lib/trust/snapshot.h"

#include <stdlib.h>

struct mm_loaded_trust {
	struct mm_trust trust; /* first: the pointer that callers hold */
	struct mm_pool pool;
	struct mm_key *keys;
};

struct loader {
	struct mm_loaded_trust *loaded;
	struct mm_pool *pool;
	struct mm_reader reader;
	struct mm_slice *texts; /* items of all lists */
	size_t texts_left;
	struct mm_realm *realms;
	const char *why; /* the first thing that is wrong; NULL: nothing */
};

static bool
refuse(struct loader *loader, const char *why)
{
	if (loader->why == NULL)
		loader->why = why;
	return false;
}

static bool
demand(struct loader *loader, bool holds, const char *why)
{
	return holds ? true : refuse(loader, why);
}

static struct mm_slice
read_text(struct loader *loader)
{
	uint32_t len = mm_reader_u32(&loader->reader);

	return len == MM_SNAPSHOT_ABSENT ? MM_SLICE_ABSENT : mm_reader_slice(&loader->reader, len);
}

/* A text that must be there and must not be empty. */
static bool
read_name(struct loader *loader, struct mm_slice *text)
{
	*text = read_text(loader);
	return demand(loader, mm_slice_present(*text) && text->len > 0, "a name is missing");
}

static bool
read_list(struct loader *loader, struct mm_texts *list)
{
	uint32_t count = mm_reader_u32(&loader->reader);

	if (count > loader->texts_left)
		return refuse(loader, "a list is longer than all lists together");
	list->items = loader->texts;
	list->count = count;
	for (uint32_t i = 0; i < count; i++) {
		loader->texts[i] = read_text(loader);
		if (!mm_slice_present(loader->texts[i]))
			return refuse(loader, "an item of a list is missing");
	}
	loader->texts += count;
	loader->texts_left -= count;
	return true;
}

static bool
read_flag(struct loader *loader, bool *flag)
{
	uint8_t value = mm_reader_u8(&loader->reader);

	*flag = value == 1;
	return demand(loader, value <= 1, "a flag is neither 0 nor 1");
}

static bool
read_realm_number(struct loader *loader, struct mm_realm **realm)
{
	uint32_t number = mm_reader_u32(&loader->reader);

	if (number >= loader->loaded->trust.realm_count)
		return refuse(loader, "there is no realm of this number");
	*realm = &loader->realms[number];
	return true;
}

/* A list of realms by their places. */
static bool
read_realms(struct loader *loader, const struct mm_realm *const **list, size_t *list_count)
{
	uint32_t count = mm_reader_u32(&loader->reader);
	const struct mm_realm **realms;

	if (count > loader->loaded->trust.realm_count)
		return refuse(loader, "a list of realms is longer than all of them");
	realms = mm_pool_array(loader->pool, count + 1, sizeof(struct mm_realm *));
	if (realms == NULL)
		return refuse(loader, "memory is short");
	for (uint32_t i = 0; i < count; i++) {
		struct mm_realm *realm;

		if (!read_realm_number(loader, &realm))
			return false;
		realms[i] = realm;
	}
	*list = realms;
	*list_count = count;
	return true;
}

static bool
read_digest(struct loader *loader, uint8_t digest[MM_DIGEST_LEN])
{
	struct mm_slice bytes = mm_reader_slice(&loader->reader, MM_DIGEST_LEN);

	if (!mm_slice_present(bytes))
		return refuse(loader, "it ends too early");
	memcpy(digest, bytes.ptr, MM_DIGEST_LEN);
	return true;
}

/* ---- the parts ---- */

struct tables {
	uint32_t texts, realms, tenants, services, users, keys, revocations, findings;
	struct mm_tenant *tenant_rows;
	struct mm_service *service_rows;
	struct mm_user *user_rows;
	struct mm_revocation *revocation_rows;
	struct mm_trust_finding *finding_rows;
};

static bool
load_realm(struct loader *loader, struct mm_realm *realm)
{
	struct mm_issuer_pattern pattern;

	if (!read_name(loader, &realm->name) || !read_name(loader, &realm->issuer))
		return false;
	realm->max_lifetime_s = (int64_t)mm_reader_u64(&loader->reader);
	if (!read_flag(loader, &realm->keys_fetched) || !read_flag(loader, &realm->is_mint) ||
	    !read_flag(loader, &realm->when_stale_marked_only) ||
	    !read_realms(loader, &realm->parents, &realm->parent_count) || !read_list(loader, &realm->token_types))
		return false;
	if (mm_issuer_parse(realm->issuer, &pattern) != NULL)
		return refuse(loader, "a realm's issuer is none");
	realm->issuer_before = pattern.before;
	realm->issuer_after = pattern.after;
	realm->is_template = pattern.is_template;
	if (!realm->is_mint && (realm->when_stale_marked_only || realm->parent_count > 0))
		return refuse(loader, "a realm without a mint has what is of mints");
	if (realm->parent_count > 0 && realm->is_template)
		return refuse(loader, "a derived realm's issuer is a template");
	return demand(loader, realm->token_types.count > 0, "a realm has no token types") &&
	    demand(loader, realm->max_lifetime_s >= 1 && realm->max_lifetime_s <= MM_LIFETIME_MAX_S,
	    "a realm's lifetime is out of range");
}

/* Tenants come realm by realm, so each realm's are one stretch of the table. */
static bool
load_tenant(struct loader *loader, struct mm_tenant *tenant, const struct mm_tenant *before)
{
	struct mm_realm *realm;

	if (!read_realm_number(loader, &realm) || !read_name(loader, &tenant->name))
		return false;
	tenant->realm = realm;
	if (realm->parent_count > 0)
		return refuse(loader, "a derived realm has a tenant of its own");
	tenant->id = read_text(loader);
	if (!read_list(loader, &tenant->domains))
		return false;
	if (realm->is_template && (!mm_slice_present(tenant->id) || tenant->id.len == 0))
		return refuse(loader, "a tenant has no id");
	if (realm->tenant_count > 0) {
		if (!realm->is_template || before->realm != realm || mm_slice_compare(before->id, tenant->id) >= 0)
			return refuse(loader, "the tenants are not in order");
	} else {
		realm->tenants = tenant;
	}
	realm->tenant_count++;
	return true;
}

static bool
read_binding(struct loader *loader, struct mm_service *service)
{
	uint8_t binding = mm_reader_u8(&loader->reader);

	service->binding = (enum mm_binding)binding;
	return read_flag(loader, &service->dpop_nonce) &&
	    demand(loader, binding <= MM_BINDING_MTLS, "a service has an unknown binding");
}

static bool
read_demand(struct loader *loader, enum mm_proof_demand *demand_of_proof)
{
	uint8_t value = mm_reader_u8(&loader->reader);

	*demand_of_proof = (enum mm_proof_demand)value;
	return demand(loader, value <= MM_PROOF_REQUIRED, "a service demands an unknown proof");
}

static bool
read_directory(struct loader *loader, struct mm_service *service)
{
	uint8_t value = mm_reader_u8(&loader->reader);

	service->directory = (enum mm_directory)value;
	return demand(loader, value <= MM_DIRECTORY_SUBJECTS, "a service has an unknown directory") &&
	    demand(loader, value == MM_DIRECTORY_NONE || !mm_slice_present(service->mailbox_claim),
	    "a service has a directory and a mailbox claim");
}

static bool
read_proof(struct loader *loader, struct mm_service *service)
{
	if (!read_demand(loader, &service->mark) || !read_demand(loader, &service->ledger) ||
	    !read_flag(loader, &service->ledger_away_marked_only) || !read_directory(loader, service) ||
	    !read_realms(loader, &service->unproven_realms, &service->unproven_realm_count) ||
	    !read_flag(loader, &service->exchanges) ||
	    !read_realms(loader, &service->exchange_realms, &service->exchange_realm_count))
		return false;
	for (size_t i = 0; i < service->unproven_realm_count; i++)
		if (service->unproven_realms[i]->is_mint)
			return refuse(loader, "a service accepts a mint's tokens unproven");
	return demand(loader, service->exchanges == (service->exchange_realm_count > 0),
	    "a service exchanges tokens of no realm");
}

static bool
load_service(struct loader *loader, struct mm_service *service)
{
	if (!read_name(loader, &service->name) || !read_name(loader, &service->audience))
		return false;
	service->trust = &loader->loaded->trust;
	service->mailbox_claim = read_text(loader);
	if (!read_realms(loader, &service->realms, &service->realm_count))
		return false;
	return demand(loader, service->realm_count > 0, "a service has no realm") &&
	    read_list(loader, &service->scopes) && read_flag(loader, &service->any_client) &&
	    read_list(loader, &service->clients) && read_binding(loader, service) && read_proof(loader, service) &&
	    demand(loader, service->any_client == (service->clients.count == 0),
	    "a service accepts any client and some, or none");
}

/* Users come tenant by tenant; what a subject opens lies in one of his tenant's domains, which compiling saw to. */
static bool
load_user(struct loader *loader, struct mm_user *user, const struct tables *tables)
{
	uint32_t number = mm_reader_u32(&loader->reader);
	struct mm_tenant *tenant;

	if (number >= tables->tenants)
		return refuse(loader, "there is no tenant of this number");
	tenant = &tables->tenant_rows[number];
	if (!read_name(loader, &user->subject))
		return false;
	user->mailbox = read_text(loader);
	if (!read_list(loader, &user->delegates))
		return false;
	if (!tenant->realm->is_mint)
		return refuse(loader, "a realm without a mint has a directory");
	if (tenant->user_count == 0)
		tenant->users = user;
	else if (tenant->users + tenant->user_count != user || mm_slice_compare(user[-1].subject, user->subject) >= 0)
		return refuse(loader, "the users are not in order");
	tenant->user_count++;
	return true;
}

/* Make the OpenSSL key of an entry: of a usable one always, of another one where its numbers are there. */
static bool
make_public_key(struct loader *loader, struct mm_key *key, struct mm_slice number1, struct mm_slice number2)
{
	const struct mm_algorithm *algorithm = key->algorithm;
	struct mm_key_material material;

	if (algorithm == NULL && !mm_slice_present(number1) && key->standing != MM_KEY_USABLE)
		return true;
	if (algorithm == NULL || !mm_slice_present(number1))
		return refuse(loader, "a key has no algorithm or no number");
	material = (struct mm_key_material){ .type = algorithm->key_type, .curve = algorithm->curve };
	if (material.type == MM_KEY_RSA) {
		material.n = number1;
		material.e = number2;
	} else {
		material.x = number1;
		material.y = number2;
	}
	return demand(loader, mm_public_key_new(&material, algorithm->scheme, algorithm->hash, &key->public_key) ==
	    MM_KEY_GOOD, "a key cannot be made");
}

/* A revoked key of which nothing but its kid is known has none: 32 zero bytes. */
static bool
read_thumbprint(struct loader *loader, struct mm_key *key)
{
	static const char none[MM_DIGEST_LEN];
	struct mm_slice bytes = mm_reader_slice(&loader->reader, MM_DIGEST_LEN);
	char *text = mm_pool_alloc(loader->pool, MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN));

	if (!mm_slice_present(bytes) || text == NULL)
		return refuse(loader, "it ends too early");
	if (memcmp(bytes.ptr, none, MM_DIGEST_LEN) == 0)
		return true;
	mm_base64url_encode(bytes, text);
	key->thumbprint_text = mm_slice(text, MM_BASE64URL_ENCODED_LEN(MM_DIGEST_LEN));
	return true;
}

/* A time that a JWK can state, or the open end. */
static bool
is_end_of_window(int64_t time_s, int64_t open)
{
	return time_s == open || (time_s >= 0 && time_s <= MM_TIME_MAX_S);
}

static bool
load_key(struct loader *loader, struct mm_key *key, const struct mm_key *before)
{
	struct mm_slice number1, number2;
	struct mm_realm *realm;
	uint8_t standing;

	if (!read_realm_number(loader, &realm) || !read_name(loader, &key->kid))
		return false;
	key->realm = realm;
	key->algorithm = mm_algorithm_by_number(mm_reader_u8(&loader->reader));
	standing = mm_reader_u8(&loader->reader);
	if (!read_flag(loader, &key->tainted) || !read_thumbprint(loader, key) ||
	    !read_digest(loader, key->material_id))
		return false;
	key->signs_from_s = (int64_t)mm_reader_u64(&loader->reader);
	key->signs_until_s = (int64_t)mm_reader_u64(&loader->reader);
	key->verify_until_s = (int64_t)mm_reader_u64(&loader->reader);
	key->revoked_at_s = (int64_t)mm_reader_u64(&loader->reader);
	number1 = read_text(loader);
	number2 = read_text(loader);
	if (standing > MM_KEY_WITHOUT_SCOPE || !mm_reader_ok(&loader->reader))
		return refuse(loader, "a key has an unknown standing");
	key->standing = (enum mm_key_standing)standing;
	if (!is_end_of_window(key->signs_from_s, INT64_MIN) || !is_end_of_window(key->signs_until_s, INT64_MAX) ||
	    !is_end_of_window(key->revoked_at_s, INT64_MIN))
		return refuse(loader, "a key's signing window is none");
	if (!mm_slice_present(key->thumbprint_text) && (key->standing != MM_KEY_TOMBSTONED || key->algorithm != NULL))
		return refuse(loader, "a key that is not revoked has no thumbprint");
	if (before != NULL) {
		int order = mm_slice_compare(before->kid, key->kid);

		if (order > 0 || (order == 0 && before->realm >= key->realm))
			return refuse(loader, "the keys are not in order");
	}
	return make_public_key(loader, key, number1, number2);
}

static bool
load_revocation(struct loader *loader, struct mm_revocation *revocation, const struct mm_revocation *before)
{
	struct mm_realm *realm;
	uint8_t kind;

	if (!read_realm_number(loader, &realm))
		return false;
	revocation->realm = realm;
	kind = mm_reader_u8(&loader->reader);
	revocation->kind = (enum mm_revocation_kind)kind;
	revocation->value = read_text(loader);
	revocation->issued_before_s = (int64_t)mm_reader_u64(&loader->reader);
	if (kind > MM_REVOKE_TENANT || !mm_slice_present(revocation->value))
		return refuse(loader, "a revocation has no kind or no value");
	return before == NULL ||
	    demand(loader, mm_revocation_compare(before, revocation) < 0, "the revocations are not in order");
}

static bool
load_finding(struct loader *loader, struct mm_trust_finding *finding)
{
	finding->where = read_text(loader);
	finding->kid = read_text(loader);
	finding->text = read_text(loader);
	return demand(loader, mm_slice_present(finding->where) && mm_slice_present(finding->text),
	    "a finding has no text");
}

/* ---- the whole ---- */

/* A table for count rows, if the bytes that are left can hold so many of at least least bytes. */
static void *
table(struct loader *loader, uint32_t count, size_t row_size, size_t least)
{
	void *rows = NULL;

	if (count > loader->reader.left / least)
		(void)refuse(loader, "a table is longer than the snapshot");
	else if ((rows = mm_pool_array(loader->pool, count, row_size)) == NULL)
		(void)refuse(loader, "memory is short");
	return rows;
}

static void
read_counts(struct loader *loader, struct tables *tables)
{
	tables->texts = mm_reader_u32(&loader->reader);
	tables->realms = mm_reader_u32(&loader->reader);
	tables->tenants = mm_reader_u32(&loader->reader);
	tables->services = mm_reader_u32(&loader->reader);
	tables->users = mm_reader_u32(&loader->reader);
	tables->keys = mm_reader_u32(&loader->reader);
	tables->revocations = mm_reader_u32(&loader->reader);
	tables->findings = mm_reader_u32(&loader->reader);
}

/* The least a row can have: its fixed fields and its texts' lengths (doc/PROTOCOL.snapshot). */
static bool
make_tables(struct loader *loader, struct tables *tables)
{
	loader->texts = table(loader, tables->texts, sizeof(struct mm_slice), 4);
	loader->texts_left = tables->texts;
	loader->realms = table(loader, tables->realms, sizeof(struct mm_realm), 27);
	tables->tenant_rows = table(loader, tables->tenants, sizeof(struct mm_tenant), 16);
	tables->service_rows = table(loader, tables->services, sizeof(struct mm_service), 40);
	tables->user_rows = table(loader, tables->users, sizeof(struct mm_user), 16);
	loader->loaded->keys = table(loader, tables->keys, sizeof(struct mm_key), 115);
	tables->revocation_rows = table(loader, tables->revocations, sizeof(struct mm_revocation), 17);
	tables->finding_rows = table(loader, tables->findings, sizeof(struct mm_trust_finding), 12);
	return loader->why == NULL;
}

static bool
load_rows(struct loader *loader, const struct tables *tables)
{
	struct mm_trust *trust = &loader->loaded->trust;
	struct mm_key *keys = loader->loaded->keys;

	trust->realm_count = tables->realms;
	for (uint32_t i = 0; i < tables->realms; i++)
		if (!load_realm(loader, &loader->realms[i]))
			return false;
	for (uint32_t i = 0; i < tables->tenants; i++)
		if (!load_tenant(loader, &tables->tenant_rows[i], i == 0 ? NULL : &tables->tenant_rows[i - 1]))
			return false;
	for (uint32_t i = 0; i < tables->services; i++)
		if (!load_service(loader, &tables->service_rows[i]))
			return false;
	for (uint32_t i = 0; i < tables->users; i++)
		if (!load_user(loader, &tables->user_rows[i], tables))
			return false;
	for (uint32_t i = 0; i < tables->keys; i++) {
		trust->key_count = i + 1; /* what must be freed, should a later one fail */
		if (!load_key(loader, &keys[i], i == 0 ? NULL : &keys[i - 1]))
			return false;
	}
	for (uint32_t i = 0; i < tables->revocations; i++)
		if (!load_revocation(loader, &tables->revocation_rows[i],
		    i == 0 ? NULL : &tables->revocation_rows[i - 1]))
			return false;
	for (uint32_t i = 0; i < tables->findings; i++)
		if (!load_finding(loader, &tables->finding_rows[i]))
			return false;
	trust->realms = loader->realms;
	trust->keys = keys;
	trust->services = tables->service_rows;
	trust->service_count = tables->services;
	trust->revocations = tables->revocation_rows;
	trust->revocation_count = tables->revocations;
	trust->findings = tables->finding_rows;
	trust->finding_count = tables->findings;
	return true;
}

/* The digest holds, and the magic is there; leaves the reader behind the magic and before the digest. */
static bool
open_envelope(struct loader *loader, struct mm_slice bytes)
{
	struct mm_slice content;
	uint8_t digest[MM_DIGEST_LEN];

	if (bytes.len < MM_SNAPSHOT_MAGIC_LEN + MM_DIGEST_LEN || bytes.len > MM_SNAPSHOT_LEN_MAX)
		return refuse(loader, "it has not the length of a snapshot");
	content = mm_slice(bytes.ptr, bytes.len - MM_DIGEST_LEN);
	if (memcmp(content.ptr, MM_SNAPSHOT_MAGIC, MM_SNAPSHOT_MAGIC_LEN) != 0)
		return refuse(loader, "it is no snapshot, or one of another version");
	if (!mm_sha256(content, digest) || !mm_secret_equal(digest, content.ptr + content.len, MM_DIGEST_LEN))
		return refuse(loader, "it is damaged");
	mm_reader_init(&loader->reader, content.ptr + MM_SNAPSHOT_MAGIC_LEN, content.len - MM_SNAPSHOT_MAGIC_LEN);
	return true;
}

static bool
load(struct loader *loader, struct mm_slice bytes)
{
	struct tables tables;

	if (!open_envelope(loader, bytes))
		return false;
	loader->loaded->trust.epoch = mm_reader_u64(&loader->reader);
	read_counts(loader, &tables);
	if (!make_tables(loader, &tables) || !load_rows(loader, &tables))
		return false;
	return demand(loader, mm_reader_ok(&loader->reader), "it ends too early") &&
	    demand(loader, loader->reader.left == 0, "something follows its end");
}

struct mm_trust *
mm_trust_load(const void *snapshot, size_t snapshot_len, const char **why)
{
	struct mm_loaded_trust *loaded = calloc(1, sizeof(*loaded));
	struct loader loader = { .loaded = loaded };
	struct mm_trust *trust = loaded == NULL ? NULL : &loaded->trust;
	char *copy = NULL;

	if (loaded != NULL && snapshot != NULL) {
		loader.pool = &loaded->pool;
		copy = mm_pool_copy(&loaded->pool, mm_slice(snapshot, snapshot_len));
	}
	if (copy == NULL)
		(void)refuse(&loader, "memory is short, or there is no snapshot");
	else if (load(&loader, mm_slice(copy, snapshot_len)))
		return trust;
	if (why != NULL)
		*why = loader.why;
	mm_trust_free(&trust);
	return NULL;
}

void
mm_trust_free(struct mm_trust **trust)
{
	struct mm_loaded_trust *loaded;

	if (trust == NULL || *trust == NULL)
		return;
	loaded = (struct mm_loaded_trust *)*trust;
	for (size_t i = 0; i < loaded->trust.key_count; i++)
		mm_public_key_free(&loaded->keys[i].public_key);
	mm_pool_clear(&loaded->pool);
	free(loaded);
	*trust = NULL;
}
