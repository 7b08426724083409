/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What if Mintmark had followed 19 real issuers through the years? Each version of their documents goes the way of a
 * fetched one: merged with what was kept of the one before, compiled, loaded.
 *
 * Entra's shared document is followed by the consumers' realm and by the enterprises' at once, which is how the theft
 * of 2023 became possible elsewhere: no key may ever be the other realm's.
 */
#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/codec/json.h"
#include "lib/jose/jwks.h"
#include "lib/jose/keyset.h"
#include "lib/token/autopsy.h"
#include "lib/trust/find.h"
#include "test/maker/key.h"
#include "test/vectors/sample.h"

#include <mintmark.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define FOLDER "wellknown-history/"
#define MEMBERS_MAX 64
#define SCRATCH_LEN 65536
#define KIDS_MAX 256

#define CONSUMER_TENANT "9188040d-6c67-4c5b-b112-36a304b66dad"
#define CONSUMER_ISSUER "https://login.microsoftonline.com/" CONSUMER_TENANT "/v2.0"
#define ENTERPRISE_ISSUER "https://login.microsoftonline.com/{tenant}/v2.0"
#define TENANT "aaaaaaaa-0000-4000-8000-00000000000a"
#define TENANT_ISSUER "https://login.microsoftonline.com/" TENANT "/v2.0"

/* Versions that have a set, those of them without one usable key, and kids that went and came back. */
static const struct {
	const char *issuer;
	unsigned versions, unusable, returned;
} issuers[] = {
	{ "apple", 9, 0, 0 }, { "battle-net", 12, 12, 0 }, { "discord", 2, 0, 0 }, { "docker", 1, 0, 0 },
	{ "dropbox", 1, 0, 0 }, { "entra-common", 235, 0, 34 }, { "entra-organizations", 98, 0, 6 },
	{ "facebook", 6, 0, 0 }, { "gitlab", 4, 0, 0 }, { "google", 38, 0, 0 }, { "klarna", 4, 0, 0 },
	{ "lego", 1, 0, 0 }, { "mojeid", 6, 0, 0 }, { "paypal", 2, 0, 0 }, { "slack", 2, 0, 0 },
	{ "spotify", 11, 0, 0 }, { "twitch", 4, 0, 0 }, { "verimi", 2, 0, 0 }, { "yahoo", 7, 0, 1 },
};

static struct mm_json_names names;

/* ---- reading the history ---- */

/* One version; set is the text of its JWK set, absent where there is none. */
struct version {
	struct mm_slice set;
	int64_t time_s;
};

static int64_t
read_date(struct mm_json_value value)
{
	char text[64];
	struct tm tm = { .tm_year = 0 };

	assert_true(value.type == MM_JSON_STRING && value.text.len < sizeof(text));
	memcpy(text, value.text.ptr, value.text.len);
	text[value.text.len] = '\0';
	assert_non_null(strptime(text, "%Y-%m-%dT%H:%M:%S%z", &tm));
	return timegm(&tm) - tm.tm_gmtoff;
}

static struct version
read_version(struct mm_slice line)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_json_value set;

	assert_int_equal(mm_json_scan(line, &names, &index, NULL), MM_OK);
	set = mm_json_find(&index, "jwks");
	return (struct version){
		.set = set.type == MM_JSON_OBJECT ? set.text : MM_SLICE_ABSENT,
		.time_s = read_date(mm_json_find(&index, "date")),
	};
}

/* Take the next version off the rest of a file; false at its end. */
static bool
next_version(struct mm_slice *rest, struct version *version)
{
	const char *end = memchr(rest->ptr, '\n', rest->len);
	size_t len = end == NULL ? rest->len : (size_t)(end - rest->ptr);

	if (rest->len == 0)
		return false;
	*version = read_version(mm_slice(rest->ptr, len));
	len += end != NULL;
	*rest = mm_slice(rest->ptr + len, rest->len - len);
	return true;
}

static struct mm_slice
read_history(const char *issuer)
{
	char path[256];

	snprintf(path, sizeof(path), FOLDER "%s.jsonl", issuer);
	return mm_sample_read(path);
}

/* ---- following one source ---- */

/* A kid as the document's own text has it, read apart from what is tested. */
struct seen_kid {
	char kid[MM_KID_LEN_MAX + 1];
	bool consumer; /* its issuer names the consumers' tenant */
	bool present, was_away, returned;
};

struct follower {
	const char *const *algorithms;
	bool entra;              /* two realms on the document; else one */
	const char *dead_consumer_kid, *dead_enterprise_kid; /* revoked in the configuration; NULL: none */
	EVP_PKEY *planted;       /* published beside the others as a consumer key; NULL: none */
	char *kept;
	size_t kept_len;
	int64_t kept_s;
	struct seen_kid kids[KIDS_MAX];
	size_t kid_count;
	unsigned versions, unusable, alarms, replaced;
	struct mm_trust *trust;
};

static void
keep_event(void *ctx, enum mm_keyset_event event, struct mm_slice kid, const char *text)
{
	struct follower *follower = ctx;

	(void)kid;
	(void)text;
	follower->replaced += event == MM_KEYSET_REPLACED || event == MM_KEYSET_STAYS_REVOKED;
}

static void
keep_note(void *ctx, const struct mm_note *note)
{
	struct follower *follower = ctx;

	if (note->note_class == MM_NOTE_REFUSED)
		fail_msg("%s: %s", note->where, note->text);
	follower->alarms += note->note_class == MM_NOTE_ALARM;
}

static void
stop_following(struct follower *follower)
{
	free(follower->kept);
	mm_trust_free(&follower->trust);
}

static struct seen_kid *
find_kid(struct follower *follower, struct mm_slice kid)
{
	for (size_t i = 0; i < follower->kid_count; i++)
		if (mm_slice_equal(mm_slice_str(follower->kids[i].kid), kid))
			return &follower->kids[i];
	return NULL;
}

static void
note_kid(struct follower *follower, struct mm_json_value key)
{
	struct mm_json_member members[MEMBERS_MAX];
	struct mm_json_index index = { members, 0, MEMBERS_MAX };
	struct mm_json_value kid, issuer;
	struct seen_kid *seen;

	assert_true(mm_json_view_object(key, &index));
	kid = mm_json_find(&index, "kid");
	issuer = mm_json_find(&index, "issuer");
	assert_true(kid.type == MM_JSON_STRING && kid.text.len <= MM_KID_LEN_MAX);
	seen = find_kid(follower, kid.text);
	if (seen == NULL) {
		assert_true(follower->kid_count < KIDS_MAX);
		seen = &follower->kids[follower->kid_count++];
		memcpy(seen->kid, kid.text.ptr, kid.text.len);
		seen->consumer = issuer.type == MM_JSON_STRING &&
		    memmem(issuer.text.ptr, issuer.text.len, CONSUMER_TENANT, strlen(CONSUMER_TENANT)) != NULL;
	}
	seen->returned = seen->returned || seen->was_away;
	seen->present = true;
}

/* What the version's own text says is there. */
static void
note_kids(struct follower *follower, struct mm_slice set)
{
	struct mm_json_value key;
	struct mm_jwks scanned;
	size_t position = 0;

	for (size_t i = 0; i < follower->kid_count; i++)
		follower->kids[i].present = false;
	assert_int_equal(mm_jwks_scan(set, &names, &scanned, NULL), MM_OK);
	while (mm_json_next(scanned.keys, &position, &key))
		note_kid(follower, key);
	for (size_t i = 0; i < follower->kid_count; i++)
		follower->kids[i].was_away = !follower->kids[i].present;
}

/* The set with one more key at its beginning. */
static struct mm_slice
plant(EVP_PKEY *key, struct mm_slice set, struct maker_text *text)
{
	const char *bracket = memchr(set.ptr, '[', set.len);
	struct maker_object jwk = { .count = 0 };

	assert_non_null(bracket);
	maker_key_publish(key, &jwk);
	maker_object_set_string(&jwk, "kid", "planted");
	maker_object_set_string(&jwk, "issuer", CONSUMER_ISSUER);
	maker_text_add(text, set.ptr, (size_t)(bracket + 1 - set.ptr));
	maker_object_write(&jwk, text);
	maker_text_add_str(text, ",");
	maker_text_add(text, bracket + 1, set.len - (size_t)(bracket + 1 - set.ptr));
	maker_object_clear(&jwk);
	return mm_slice(text->bytes, text->len);
}

/* As the courier does it. Returns whether there is anything to compile. */
static bool
fetch(struct follower *follower, struct mm_slice set, int64_t now_s)
{
	struct mm_keyset_report report = { .tell = keep_event, .tell_ctx = follower };
	enum mm_keyset_result result, again;
	struct mm_buf out;
	size_t len = 0;
	char *bytes;

	mm_buf_init(&out, MM_DOCUMENT_LEN_MAX);
	result = mm_keyset_merge(set, now_s, mm_slice(follower->kept, follower->kept_len), follower->kept_s, &report,
	    &out);
	if (result == MM_KEYSET_UNUSABLE) {
		follower->unusable++;
		return false;
	}
	assert_true(result == MM_KEYSET_NEW || result == MM_KEYSET_SAME);
	assert_false(report.kept_is_lost);
	bytes = mm_buf_take(&out, &len);
	assert_non_null(bytes);
	free(follower->kept);
	follower->kept = bytes;
	follower->kept_len = len;
	follower->kept_s = now_s;

	mm_buf_init(&out, MM_DOCUMENT_LEN_MAX);
	report = (struct mm_keyset_report){ .tell = NULL };
	again = mm_keyset_merge(set, now_s + 60, mm_slice(follower->kept, follower->kept_len), now_s, &report, &out);
	assert_int_equal(again, MM_KEYSET_SAME);
	mm_buf_clear(&out);
	return true;
}

static void
add_realm(struct mm_trust_builder *builder, const struct follower *follower, const char *name, const char *issuer)
{
	assert_true(mm_trust_builder_add_realm(builder, &(struct mm_realm_settings){ .name = name, .issuer = issuer,
	    .keys = "jwks:https://source.example", .require_key_issuer = follower->entra,
	    .algorithms = follower->algorithms }));
}

static void
add_dead_kid(struct mm_trust_builder *builder, const char *realm, const char *kid)
{
	if (kid != NULL)
		assert_true(mm_trust_builder_add_revocation(builder, &(struct mm_revocation_settings){ .realm = realm,
		    .kind = MM_REVOKE_KEY, .value = kid, .issued_before_s = INT64_MAX }));
}

/* As mintmarkd does it. */
static void
compile(struct follower *follower)
{
	static const char *const realms[] = { "enterprise", "consumer", NULL }, *const one[] = { "enterprise", NULL };
	static const char *const domains[] = { "contoso.example", NULL };
	struct mm_trust_builder *builder = mm_trust_builder_new();
	void *snapshot = NULL;
	size_t len = 0;

	assert_non_null(builder);
	assert_true(mm_trust_builder_add_document(builder, "jwks:https://source.example",
	    mm_slice(follower->kept, follower->kept_len), MM_DOCUMENT_FETCHED));
	add_realm(builder, follower, "enterprise", follower->entra ? ENTERPRISE_ISSUER : "https://source.example");
	if (follower->entra) {
		add_realm(builder, follower, "consumer", CONSUMER_ISSUER);
		assert_true(mm_trust_builder_add_tenant(builder,
		    &(struct mm_tenant_settings){ "contoso", "enterprise", TENANT, domains }));
		assert_true(mm_trust_builder_add_tenant(builder,
		    &(struct mm_tenant_settings){ "everybody", "consumer", CONSUMER_TENANT, NULL }));
		add_dead_kid(builder, "consumer", follower->dead_consumer_kid);
	}
	add_dead_kid(builder, "enterprise", follower->dead_enterprise_kid);
	assert_true(mm_trust_builder_add_service(builder, &(struct mm_service_settings){ .name = "mail",
	    .audience = "https://mail.example", .realms = follower->entra ? realms : one }));
	assert_true(mm_trust_builder_compile(builder, 1, keep_note, follower, &snapshot, &len));
	mm_trust_builder_free(&builder);
	mm_trust_free(&follower->trust);
	follower->trust = mm_trust_load(snapshot, len, NULL);
	assert_non_null(follower->trust);
	free(snapshot);
}

/* ---- what must hold after every version ---- */

static const struct mm_key *
key_in(const struct mm_trust *trust, const char *realm, const char *kid)
{
	for (size_t i = 0; i < trust->realm_count; i++)
		if (mm_slice_equal(trust->realms[i].name, mm_slice_str(realm)))
			return mm_trust_find_key(trust, &trust->realms[i], mm_slice_str(kid));
	return NULL;
}

static bool
is_dead(const struct follower *follower, const char *kid)
{
	return (follower->dead_consumer_kid != NULL && strcmp(kid, follower->dead_consumer_kid) == 0) ||
	    (follower->dead_enterprise_kid != NULL && strcmp(kid, follower->dead_enterprise_kid) == 0);
}

/* A kid is its own realm's and never the other's; there, or gone and over a day after it was last seen. */
static void
check_kid(const struct follower *follower, const struct seen_kid *seen, int64_t now_s)
{
	const struct mm_key *key = key_in(follower->trust, seen->consumer ? "consumer" : "enterprise", seen->kid);

	if (follower->entra)
		assert_null(key_in(follower->trust, seen->consumer ? "enterprise" : "consumer", seen->kid));
	if (key == NULL) /* what is no key for us: dropped */
		return;
	if (is_dead(follower, seen->kid)) {
		assert_int_equal(key->standing, MM_KEY_TOMBSTONED);
		return;
	}
	assert_int_equal(key->standing, MM_KEY_USABLE);
	if (seen->present)
		assert_int_not_equal(mm_key_state_at(key, now_s), MM_STATE_RETIRED);
	else
		assert_true(key->verify_until_s <= now_s + 86400);
}

static void
check_version(struct follower *follower, int64_t now_s)
{
	for (size_t i = 0; i < follower->kid_count; i++)
		check_kid(follower, &follower->kids[i], now_s);
	assert_int_equal(follower->alarms, 0);
	assert_int_equal(follower->replaced, 0);
}

/* All versions of a file, in their order; each is looked at. */
static void
follow(struct follower *follower, const char *issuer, void (*look)(struct follower *follower, int64_t now_s))
{
	struct mm_slice file = read_history(issuer), rest = file;
	struct version version;
	int64_t now_s = 0;

	while (next_version(&rest, &version)) {
		struct maker_text text = { NULL, 0, 0 };
		struct mm_slice set = version.set;

		if (version.time_s > now_s)
			now_s = version.time_s;
		if (!mm_slice_present(set))
			continue;
		if (follower->planted != NULL)
			set = plant(follower->planted, set, &text);
		follower->versions++;
		if (fetch(follower, set, now_s)) {
			note_kids(follower, set);
			compile(follower);
			look(follower, now_s);
		}
		maker_text_clear(&text);
	}
	free((void *)(uintptr_t)file.ptr);
}

static unsigned
count_returned(const struct follower *follower)
{
	unsigned count = 0;

	for (size_t i = 0; i < follower->kid_count; i++)
		count += follower->kids[i].returned;
	return count;
}

/* ---- the questions ---- */

static const char *const usual_algorithms[] = { "RS256", "ES256", NULL };

static void
every_usable_version_loads(void **state)
{
	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(issuers); i++) {
		struct follower follower = { .algorithms = usual_algorithms };

		follower.entra = strncmp(issuers[i].issuer, "entra", 5) == 0;
		follow(&follower, issuers[i].issuer, check_version);
		printf("%-20s %3u versions, %2u of them without a usable key, %3zu kids, %2u came back\n",
		    issuers[i].issuer, follower.versions, follower.unusable, follower.kid_count,
		    count_returned(&follower));
		assert_int_equal(follower.versions, issuers[i].versions);
		assert_int_equal(follower.unusable, issuers[i].unusable);
		assert_int_equal(count_returned(&follower), issuers[i].returned);
		stop_following(&follower);
	}
}

/* The numbers of the shared document: 30 keys of enterprises, 12 of consumers; the other has none of consumers. */
static void
no_realm_ever_has_a_key_of_the_other(void **state)
{
	static const struct { const char *issuer; unsigned enterprise, consumer; } rows[] = {
		{ "entra-common", 30, 12 }, { "entra-organizations", 10, 0 },
	};

	(void)state;
	for (size_t i = 0; i < MM_COUNT_OF(rows); i++) {
		struct follower follower = { .entra = true };
		unsigned enterprise = 0, consumer = 0;

		follow(&follower, rows[i].issuer, check_version);
		for (size_t j = 0; j < follower.trust->key_count; j++) {
			enterprise += follower.trust->keys[j].realm->is_template;
			consumer += !follower.trust->keys[j].realm->is_template;
		}
		assert_int_equal(enterprise + consumer, follower.kid_count); /* nothing is forgotten */
		assert_int_equal(enterprise, rows[i].enterprise);
		assert_int_equal(consumer, rows[i].consumer);
		stop_following(&follower);
	}
}

/* The first kid of a kind that went and came back. */
static char *
find_returned(const struct follower *follower, bool consumer)
{
	for (size_t i = 0; i < follower->kid_count; i++)
		if (follower->kids[i].returned && follower->kids[i].consumer == consumer)
			return maker_copy(follower->kids[i].kid);
	fail_msg("no kid came back");
	return NULL;
}

static void
check_dead(struct follower *follower, int64_t now_s)
{
	const struct mm_key *enterprise = key_in(follower->trust, "enterprise", follower->dead_enterprise_kid);
	const struct mm_key *consumer = key_in(follower->trust, "consumer", follower->dead_consumer_kid);

	assert_true(enterprise != NULL && enterprise->standing == MM_KEY_TOMBSTONED);
	assert_true(consumer != NULL && consumer->standing == MM_KEY_TOMBSTONED);
	check_version(follower, now_s);
}

static void
a_revoked_kid_that_comes_back_stays_dead(void **state)
{
	struct follower before = { .entra = true }, follower = { .entra = true };
	char *enterprise, *consumer;

	(void)state;
	follow(&before, "entra-common", check_version);
	follower.dead_enterprise_kid = enterprise = find_returned(&before, false);
	follower.dead_consumer_kid = consumer = find_returned(&before, true);
	follow(&follower, "entra-common", check_dead);
	stop_following(&before);
	stop_following(&follower);
	free(enterprise);
	free(consumer);
}

/* ---- the stolen consumer key ---- */

static struct mm_decision *decision, *spare;
static unsigned forgeries;

static char *
sign_token(EVP_PKEY *key, const char *issuer, const char *tenant, int64_t now_s)
{
	struct maker_text claims = { NULL, 0, 0 }, token = { NULL, 0, 0 }, signature = { NULL, 0, 0 };
	static const char header[] = "{\"typ\":\"at+jwt\",\"alg\":\"RS256\",\"kid\":\"planted\"}";

	maker_text_add_format(&claims, "{\"iss\":\"%s\",\"tid\":\"%s\",\"aud\":\"https://mail.example\",\"sub\":\"s\","
	    "\"iat\":%lld,\"exp\":%lld}", issuer, tenant, (long long)now_s, (long long)now_s + 3600);
	maker_text_add_base64url(&token, header, sizeof(header) - 1);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, claims.bytes, claims.len);
	maker_key_sign(key, "RS256", &token, &signature);
	maker_text_add_str(&token, ".");
	maker_text_add_base64url(&token, signature.bytes, signature.len);
	maker_text_clear(&claims);
	maker_text_clear(&signature);
	return token.bytes;
}

static enum mm_reason
decide(const struct mm_trust *trust, const char *token, int64_t now_s)
{
	struct mm_request request = {
		.service = mm_trust_find_service(trust, mm_slice_str("mail")), .token = mm_slice_str(token),
		.now_s = now_s,
	};
	bool allowed = mm_allowed(mm_decide(trust, &request, decision));

	assert_int_equal(allowed, mm_decision_reason(decision) == MM_OK);
	return mm_decision_reason(decision);
}

static void
show_forgery(struct follower *follower, int64_t now_s)
{
	char *forged = sign_token(follower->planted, TENANT_ISSUER, TENANT, now_s);
	char *genuine = sign_token(follower->planted, CONSUMER_ISSUER, CONSUMER_TENANT, now_s);
	const struct mm_key *key = NULL;
	struct mm_autopsy autopsy;

	assert_int_equal(decide(follower->trust, forged, now_s), MM_KEY_REALM_MISMATCH);
	assert_true(mm_autopsy_wanted(decision, &key));
	autopsy = mm_autopsy_examine(follower->trust, mm_slice_str(forged), spare);
	assert_int_equal(autopsy.class, MM_AUTOPSY_PROOF);
	assert_int_equal(autopsy.fault, MM_AUTOPSY_FAULT_ISSUER);
	assert_ptr_equal(autopsy.key, key);
	assert_false(key->realm->is_template);
	/* Where the key belongs, it is good: what is refused is not the key but its use. */
	assert_int_equal(decide(follower->trust, genuine, now_s), MM_OK);
	forgeries++;
	free(forged);
	free(genuine);
}

static void
a_planted_consumer_key_signs_for_no_enterprise(void **state)
{
	struct follower follower = { .entra = true, .planted = maker_key_new(MAKER_RSA, NULL) };

	(void)state;
	decision = mm_decision_new();
	spare = mm_decision_new();
	assert_true(decision != NULL && spare != NULL);
	follow(&follower, "entra-common", show_forgery);
	assert_int_equal(forgeries, follower.versions);
	printf("%u forgeries by a planted consumer key, each refused and proven\n", forgeries);
	stop_following(&follower);
	EVP_PKEY_free(follower.planted);
	mm_decision_free(&decision);
	mm_decision_free(&spare);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_usable_version_loads),
		cmocka_unit_test(no_realm_ever_has_a_key_of_the_other),
		cmocka_unit_test(a_revoked_kid_that_comes_back_stays_dead),
		cmocka_unit_test(a_planted_consumer_key_signs_for_no_enterprise),
	};

	if (!mm_sample_present(FOLDER, "following 19 issuers through the years, and a key planted in Entra's document"))
		return MM_SAMPLE_NOT_RUN;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
