/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiling a snapshot: check the settings, read the keys, write the bytes (doc/PROTOCOL.snapshot).
 */
#include "lib/trust/compile.h"

#include "lib/base/buf.h"
#include "lib/codec/ascii.h"
#include "lib/crypto/digest.h"
#include "lib/trust/snapshot.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- telling ---- */

static void
keep_finding(struct mm_compilation *compilation, const struct mm_note *note)
{
	size_t max = compilation->finding_max == 0 ? 16 : compilation->finding_max * 2;

	if (compilation->finding_count == compilation->finding_max) {
		struct mm_trust_finding *grown = mm_pool_array(&compilation->pool, max, sizeof(*grown));

		if (grown == NULL) {
			compilation->no_memory = true;
			return;
		}
		if (compilation->finding_count > 0)
			memcpy(grown, compilation->findings, compilation->finding_count * sizeof(*grown));
		compilation->findings = grown;
		compilation->finding_max = max;
	}
	compilation->findings[compilation->finding_count++] = (struct mm_trust_finding){
		mm_slice_str(note->where), note->kid, mm_slice_str(note->text),
	};
}

void
mm_compile_note(struct mm_compilation *compilation, enum mm_note_class class, const char *where, struct mm_slice kid,
    const char *text, const char *mend)
{
	struct mm_note note = { class, where == NULL || where[0] == '\0' ? "(unnamed)" : where, kid, text, mend };

	if (class == MM_NOTE_REFUSED)
		compilation->refused = true;
	if (class == MM_NOTE_ALARM)
		keep_finding(compilation, &note);
	if (compilation->report != NULL)
		compilation->report(compilation->report_ctx, &note);
}

const char *
mm_compile_text(struct mm_compilation *compilation, const char *format, ...)
{
	char text[1024];
	const char *copy;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	copy = mm_pool_copy(&compilation->pool, mm_slice_str(text));
	if (copy == NULL)
		compilation->no_memory = true;
	return copy == NULL ? "memory is short" : copy;
}

/* ---- writing ---- */

static void
write_text(struct mm_buf *out, struct mm_slice text)
{
	if (!mm_slice_present(text)) {
		mm_buf_add_u32(out, MM_SNAPSHOT_ABSENT);
		return;
	}
	mm_buf_add_u32(out, (uint32_t)text.len);
	mm_buf_add_slice(out, text);
}

static void
write_str(struct mm_buf *out, const char *text)
{
	write_text(out, mm_slice_str(text));
}

static size_t
list_count(const char *const *list)
{
	size_t count = 0;

	while (list != NULL && list[count] != NULL)
		count++;
	return count;
}

static void
write_list(struct mm_buf *out, const char *const *list)
{
	size_t count = list_count(list);

	mm_buf_add_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		write_str(out, list[i]);
}

/* Like write_list(), in lower case: domains and token types ignore it. Bounds were checked. */
static void
write_lower(struct mm_buf *out, const char *text)
{
	mm_buf_add_u32(out, (uint32_t)strlen(text));
	for (; *text != '\0'; text++)
		mm_buf_add_u8(out, (uint8_t)mm_ascii_lower(*text));
}

static void
write_lower_list(struct mm_buf *out, const char *const *list)
{
	size_t count = list_count(list);

	mm_buf_add_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		write_lower(out, list[i]);
}

/* RFC 7515 section 4.1.9: "application/at+jwt" and "at+jwt" are the same type. */
static const char *
without_application(const char *type)
{
	static const char prefix[] = "application/";
	size_t len = sizeof(prefix) - 1;

	return strncasecmp(type, prefix, len) == 0 ? type + len : type;
}

static const char *const *
token_types_of(const struct mm_realm_settings *settings)
{
	static const char *const usual[] = { "at+jwt", NULL };

	return settings->token_types == NULL ? usual : settings->token_types;
}

/* A list of realms by their places. */
static void
write_realm_numbers(struct mm_buf *out, const struct mm_compilation *compilation, const char *const *names)
{
	size_t count = list_count(names);

	mm_buf_add_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		mm_buf_add_u32(out, (uint32_t)mm_compile_find_realm(compilation, names[i]));
}

static void
write_realm(struct mm_buf *out, const struct mm_compilation *compilation, const struct mm_compiled_realm *realm)
{
	const char *const *types = token_types_of(realm->settings);
	size_t count = list_count(types);

	write_str(out, realm->settings->name);
	write_str(out, realm->settings->issuer);
	mm_buf_add_u64(out, (uint64_t)realm->max_lifetime_s);
	mm_buf_add_u8(out, realm->keys_fetched);
	mm_buf_add_u8(out, realm->settings->mint);
	mm_buf_add_u8(out, realm->settings->when_stale_marked_only);
	write_realm_numbers(out, compilation, realm->settings->derived_from);
	mm_buf_add_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		write_lower(out, without_application(types[i]));
}

static void
write_tenant(struct mm_buf *out, const struct mm_compiled_tenant *tenant)
{
	mm_buf_add_u32(out, (uint32_t)tenant->realm);
	write_str(out, tenant->settings->name);
	write_str(out, tenant->settings->id);
	write_lower_list(out, tenant->settings->domains);
}

static bool
accepts_any_client(const struct mm_service_settings *settings)
{
	return list_count(settings->clients) == 0;
}

static void
write_service(struct mm_buf *out, const struct mm_compilation *compilation, const struct mm_service_settings *settings)
{
	write_str(out, settings->name);
	write_str(out, settings->audience);
	write_str(out, settings->mailbox_claim);
	write_realm_numbers(out, compilation, settings->realms);
	write_list(out, settings->scopes);
	mm_buf_add_u8(out, accepts_any_client(settings));
	write_list(out, settings->clients);
	mm_buf_add_u8(out, (uint8_t)settings->binding);
	mm_buf_add_u8(out, settings->dpop_nonce);
	mm_buf_add_u8(out, (uint8_t)settings->mark);
	mm_buf_add_u8(out, (uint8_t)settings->ledger);
	mm_buf_add_u8(out, settings->ledger_away_marked_only);
	mm_buf_add_u8(out, (uint8_t)settings->directory);
	write_realm_numbers(out, compilation, settings->accept_unproven);
	mm_buf_add_u8(out, settings->exchange_from != NULL);
	write_realm_numbers(out, compilation, settings->exchange_from);
}

static void
write_user(struct mm_buf *out, const struct mm_compiled_user *user)
{
	mm_buf_add_u32(out, (uint32_t)user->tenant);
	write_text(out, user->subject);
	write_text(out, user->mailbox);
	mm_buf_add_u32(out, (uint32_t)user->delegate_count);
	for (size_t i = 0; i < user->delegate_count; i++)
		write_text(out, user->delegates[i]);
}

static void
write_key(struct mm_buf *out, const struct mm_candidate *candidate)
{
	const struct mm_key_material *material = &candidate->jwk.material;
	bool known = candidate->algorithm != NULL && candidate->material_good, rsa = material->type == MM_KEY_RSA;

	mm_buf_add_u32(out, (uint32_t)candidate->realm);
	write_text(out, candidate->jwk.kid);
	mm_buf_add_u8(out, known ? candidate->algorithm->number : 0);
	mm_buf_add_u8(out, (uint8_t)candidate->standing);
	mm_buf_add_u8(out, candidate->tainted);
	mm_buf_add(out, candidate->jwk.thumbprint, MM_DIGEST_LEN);
	mm_buf_add(out, candidate->jwk.material_id, MM_DIGEST_LEN);
	mm_buf_add_u64(out, (uint64_t)candidate->signs_from_s);
	mm_buf_add_u64(out, (uint64_t)candidate->signs_until_s);
	mm_buf_add_u64(out, (uint64_t)candidate->verify_until_s);
	mm_buf_add_u64(out, (uint64_t)candidate->revoked_at_s);
	write_text(out, !known ? MM_SLICE_ABSENT : rsa ? material->n : material->x);
	write_text(out, !known ? MM_SLICE_ABSENT : rsa ? material->e : material->y);
}

static void
write_revocation(struct mm_buf *out, const struct mm_compiled_revocation *revocation)
{
	mm_buf_add_u32(out, (uint32_t)revocation->realm);
	mm_buf_add_u8(out, (uint8_t)revocation->settings->kind);
	write_str(out, revocation->settings->value);
	mm_buf_add_u64(out, (uint64_t)revocation->settings->issued_before_s);
}

static void
write_finding(struct mm_buf *out, const struct mm_trust_finding *finding)
{
	write_text(out, finding->where);
	write_text(out, finding->kid);
	write_text(out, finding->text);
}

/* What the loader makes room for: the items of all lists together. */
static size_t
count_texts(const struct mm_compilation *compilation)
{
	size_t count = 0;

	for (size_t i = 0; i < compilation->realm_count; i++)
		count += list_count(token_types_of(compilation->realms[i].settings));
	for (size_t i = 0; i < compilation->tenant_count; i++)
		count += list_count(compilation->tenants[i].settings->domains);
	for (const struct mm_builder_service *row = compilation->builder->services; row != NULL; row = row->next)
		count += list_count(row->settings.scopes) + list_count(row->settings.clients);
	for (size_t i = 0; i < compilation->user_count; i++)
		count += compilation->users[i].delegate_count;
	return count;
}

static size_t
count_services(const struct mm_compilation *compilation)
{
	size_t count = 0;

	for (const struct mm_builder_service *row = compilation->builder->services; row != NULL; row = row->next)
		count++;
	return count;
}

static void
write_head(struct mm_buf *out, const struct mm_compilation *compilation, uint64_t epoch)
{
	mm_buf_add(out, MM_SNAPSHOT_MAGIC, MM_SNAPSHOT_MAGIC_LEN);
	mm_buf_add_u64(out, epoch);
	mm_buf_add_u32(out, (uint32_t)count_texts(compilation));
	mm_buf_add_u32(out, (uint32_t)compilation->realm_count);
	mm_buf_add_u32(out, (uint32_t)compilation->tenant_count);
	mm_buf_add_u32(out, (uint32_t)count_services(compilation));
	mm_buf_add_u32(out, (uint32_t)compilation->user_count);
	mm_buf_add_u32(out, (uint32_t)compilation->candidate_count);
	mm_buf_add_u32(out, (uint32_t)compilation->revocation_count);
	mm_buf_add_u32(out, (uint32_t)compilation->finding_count);
}

static void
write_digest(struct mm_buf *out)
{
	uint8_t digest[MM_DIGEST_LEN];

	if (!mm_buf_ok(out))
		return;
	if (!mm_sha256(mm_slice(out->data, out->len), digest))
		out->failed = true;
	mm_buf_add(out, digest, sizeof(digest));
}

static void
write_snapshot(struct mm_buf *out, const struct mm_compilation *compilation, uint64_t epoch)
{
	write_head(out, compilation, epoch);
	for (size_t i = 0; i < compilation->realm_count; i++)
		write_realm(out, compilation, &compilation->realms[i]);
	for (size_t i = 0; i < compilation->tenant_count; i++)
		write_tenant(out, &compilation->tenants[i]);
	for (const struct mm_builder_service *row = compilation->builder->services; row != NULL; row = row->next)
		write_service(out, compilation, &row->settings);
	for (size_t i = 0; i < compilation->user_count; i++)
		write_user(out, &compilation->users[i]);
	for (size_t i = 0; i < compilation->candidate_count; i++)
		write_key(out, &compilation->candidates[i]);
	for (size_t i = 0; i < compilation->revocation_count; i++)
		write_revocation(out, &compilation->revocations[i]);
	for (size_t i = 0; i < compilation->finding_count; i++)
		write_finding(out, &compilation->findings[i]);
	write_digest(out);
}

/* ---- all ---- */

/* Hand the bytes over only if they load: what a gate would refuse is refused here, where somebody reads why. */
static bool
finish(struct mm_compilation *compilation, struct mm_buf *out, void **snapshot, size_t *snapshot_len)
{
	struct mm_trust *trust;
	const char *why = NULL;
	size_t len = 0;
	char *bytes = mm_buf_take(out, &len);

	trust = bytes == NULL ? NULL : mm_trust_load(bytes, len, &why);
	if (trust == NULL) {
		mm_compile_note(compilation, MM_NOTE_REFUSED, "snapshot", MM_SLICE_ABSENT,
		    why == NULL ? "it is too large, or memory is short" : why, "shorten the configuration");
		free(bytes);
		return false;
	}
	mm_trust_free(&trust);
	*snapshot = bytes;
	*snapshot_len = len;
	return true;
}

bool
mm_trust_builder_compile(struct mm_trust_builder *builder, uint64_t epoch, mm_note_reporter *report, void *report_ctx,
    void **snapshot, size_t *snapshot_len)
{
	struct mm_compilation compilation = { .builder = builder, .report = report, .report_ctx = report_ctx };
	struct mm_buf out;
	bool done = false;

	mm_buf_init(&out, MM_SNAPSHOT_LEN_MAX);
	mm_compile_settings(&compilation);
	if (!compilation.no_memory)
		mm_compile_directories(&compilation);
	if (!compilation.no_memory)
		mm_compile_keys(&compilation);
	if (compilation.no_memory)
		mm_compile_note(&compilation, MM_NOTE_REFUSED, "snapshot", MM_SLICE_ABSENT, "memory is short",
		    "give the process more memory");
	if (!compilation.refused && !compilation.no_memory) {
		write_snapshot(&out, &compilation, epoch);
		done = finish(&compilation, &out, snapshot, snapshot_len);
	}
	mm_buf_clear(&out);
	mm_pool_clear(&compilation.pool);
	return done;
}
