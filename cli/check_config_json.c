/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was understood of a configuration, as JSON.
 */
#include "cli/check_config.h"
#include "engine/config_difference.h"
#include "engine/json_writer.h"
#include "lib/base/buf.h"
#include "lib/trust/trust.h"

#include <stdio.h>
#include <string.h>

/* A configuration and its documents have at most some megabytes; each byte is escaped to at most six. */
#define JSON_LEN_MAX (256 * 1024 * 1024)

static void
write_texts(struct mm_json_writer *writer, const char *name, const struct mm_texts *texts)
{
	mm_json_begin_array(writer, name);
	for (size_t i = 0; i < texts->count; i++)
		mm_json_add_slice(writer, NULL, texts->items[i]);
	mm_json_end_array(writer);
}

static void
write_list(struct mm_json_writer *writer, const char *name, char **list)
{
	mm_json_begin_array(writer, name);
	for (; list != NULL && *list != NULL; list++)
		mm_json_add_str(writer, NULL, *list);
	mm_json_end_array(writer);
}

/* A time that is set; an open end is no member at all. */
static void
write_time(struct mm_json_writer *writer, const char *name, int64_t time_s)
{
	if (time_s != INT64_MIN && time_s != INT64_MAX)
		mm_json_add_int(writer, name, time_s);
}

static void
write_key(struct mm_json_writer *writer, const struct mm_key *key, int64_t now_s)
{
	mm_json_begin_object(writer, NULL);
	mm_json_add_slice(writer, "kid", key->kid);
	if (key->algorithm != NULL)
		mm_json_add_str(writer, "alg", key->algorithm->name);
	mm_json_add_str(writer, "state", mm_key_state_name(mm_key_state_at(key, now_s)));
	write_time(writer, "signs_from", key->signs_from_s);
	write_time(writer, "signs_until", key->signs_until_s);
	write_time(writer, "verify_until", key->verify_until_s);
	write_time(writer, "revoked_at", key->revoked_at_s);
	mm_json_end_object(writer);
}

/* Where a realm's keys are from: a file, or a setting that names an address and how it is fetched. */
static void
write_source(struct mm_json_writer *writer, const struct mm_config_realm *realm)
{
	if (realm->keys_kind == MM_KEYS_FILE) {
		mm_json_add_str(writer, "keys_file", realm->keys);
		return;
	}
	if (realm->keys_kind == MM_KEYS_MINT) {
		mm_json_add_str(writer, "keys_mint", realm->keys);
		write_list(writer, "derived_from", realm->derived_from);
		write_list(writer, "derived_by", realm->derived_by);
		mm_json_add_int(writer, "rotate_every", realm->rotate_every_s);
		mm_json_add_int(writer, "publish_before", realm->publish_before_s);
		mm_json_add_int(writer, "visible_for", realm->visible_for_s);
		mm_json_add_bool(writer, "dpop_nonce", realm->dpop_nonce);
		return;
	}
	mm_json_add_str(writer, "keys_fetched", realm->keys);
	write_list(writer, "key_hosts", realm->key_hosts);
	mm_json_add_int(writer, "refresh", realm->refresh_s);
	mm_json_add_int(writer, "refresh_cool_down", realm->cool_down_s);
	mm_json_add_int(writer, "absent_for", realm->absent_for_s);
}

static void
write_realm(struct mm_json_writer *writer, const struct mm_checked *checked, const struct mm_realm *realm)
{
	mm_json_begin_object(writer, NULL);
	mm_json_add_slice(writer, "name", realm->name);
	mm_json_add_slice(writer, "issuer", realm->issuer);
	for (size_t i = 0; i < checked->config->realm_count; i++)
		if (mm_slice_equal(mm_slice_str(checked->config->realms[i].name), realm->name))
			write_source(writer, &checked->config->realms[i]);
	write_texts(writer, "token_types", &realm->token_types);
	mm_json_add_int(writer, "max_lifetime", realm->max_lifetime_s);
	mm_json_begin_array(writer, "keys");
	for (size_t i = 0; i < checked->trust->key_count; i++)
		if (checked->trust->keys[i].realm == realm)
			write_key(writer, &checked->trust->keys[i], checked->now_s);
	mm_json_end_array(writer);
	mm_json_end_object(writer);
}

static void
write_tenant(struct mm_json_writer *writer, const struct mm_config_tenant *tenant)
{
	mm_json_begin_object(writer, NULL);
	mm_json_add_str(writer, "name", tenant->name);
	mm_json_add_str(writer, "realm", tenant->realm);
	mm_json_add_str(writer, "id", tenant->id);
	write_list(writer, "domains", tenant->domains);
	write_list(writer, "admins", tenant->admins);
	mm_json_end_object(writer);
}

static void
write_callers(struct mm_json_writer *writer, const struct mm_config *config, struct mm_slice service)
{
	mm_json_begin_array(writer, "callers");
	for (size_t i = 0; i < config->service_count; i++)
		for (size_t j = 0; j < config->services[i].caller_count; j++)
			if (mm_slice_equal(mm_slice_str(config->services[i].name), service))
				mm_json_add_str(writer, NULL, config->services[i].callers[j].name);
	mm_json_end_array(writer);
}

static void
write_realms(struct mm_json_writer *writer, const char *name, const struct mm_realm *const *realms, size_t count)
{
	mm_json_begin_array(writer, name);
	for (size_t i = 0; i < count; i++)
		mm_json_add_slice(writer, NULL, realms[i]->name);
	mm_json_end_array(writer);
}

static void
write_proof(struct mm_json_writer *writer, const struct mm_service *service)
{
	static const char *const demands[] = {
		[MM_PROOF_OFF] = "off",
		[MM_PROOF_OBSERVE] = "observe",
		[MM_PROOF_REQUIRED] = "required",
	};

	mm_json_add_str(writer, "mark", demands[service->mark]);
	mm_json_add_str(writer, "ledger", demands[service->ledger]);
	mm_json_add_str(writer, "ledger_away", service->ledger_away_marked_only ? "marked_only" : "deny");
	mm_json_add_str(writer, "directory", service->directory == MM_DIRECTORY_NONE ? "none" : "mint");
	write_realms(writer, "accept_unproven", service->unproven_realms, service->unproven_realm_count);
	write_realms(writer, "exchange_from", service->exchange_realms, service->exchange_realm_count);
}

static void
write_service(struct mm_json_writer *writer, const struct mm_checked *checked, const struct mm_service *service)
{
	static const char *const bindings[] = {
		[MM_BINDING_WHEN_BOUND] = "when_bound",
		[MM_BINDING_DPOP] = "dpop",
		[MM_BINDING_MTLS] = "mtls",
	};

	mm_json_begin_object(writer, NULL);
	mm_json_add_slice(writer, "name", service->name);
	mm_json_add_slice(writer, "audience", service->audience);
	write_realms(writer, "realms", service->realms, service->realm_count);
	mm_json_add_slice(writer, "mailbox_claim", service->mailbox_claim);
	write_texts(writer, "scopes", &service->scopes);
	if (!service->any_client)
		write_texts(writer, "clients", &service->clients);
	mm_json_add_str(writer, "binding", bindings[service->binding]);
	mm_json_add_bool(writer, "dpop_nonce", service->dpop_nonce);
	write_proof(writer, service);
	write_callers(writer, checked->config, service->name);
	mm_json_end_object(writer);
}

static void
write_understood(struct mm_json_writer *writer, const struct mm_checked *checked)
{
	mm_json_begin_array(writer, "services");
	for (size_t i = 0; i < checked->trust->service_count; i++)
		write_service(writer, checked, &checked->trust->services[i]);
	mm_json_end_array(writer);
	mm_json_begin_array(writer, "realms");
	for (size_t i = 0; i < checked->trust->realm_count; i++)
		write_realm(writer, checked, &checked->trust->realms[i]);
	mm_json_end_array(writer);
	mm_json_begin_array(writer, "tenants");
	for (size_t i = 0; i < checked->config->tenant_count; i++)
		write_tenant(writer, &checked->config->tenants[i]);
	mm_json_end_array(writer);
	mm_json_add_int(writer, "revocations", (int64_t)checked->trust->revocation_count);
}

static void
write_problem(struct mm_json_writer *writer, const struct mm_problem *problem)
{
	static const char *const classes[] = {
		[MM_PROBLEM_ERROR] = "error",
		[MM_PROBLEM_ALARM] = "alarm",
		[MM_PROBLEM_REMARK] = "remark",
	};

	mm_json_begin_object(writer, NULL);
	mm_json_add_str(writer, "class", classes[problem->class]);
	mm_json_add_str(writer, "where", problem->where);
	if (problem->line > 0)
		mm_json_add_int(writer, "line", problem->line);
	mm_json_add_str(writer, "text", problem->text);
	mm_json_add_str(writer, "mend", problem->mend);
	mm_json_end_object(writer);
}

static void
write_checked(struct mm_json_writer *writer, const struct mm_checked *checked)
{
	mm_json_begin_object(writer, NULL);
	mm_json_add_str(writer, "configuration", checked->path);
	mm_json_add_bool(writer, "good", checked->good);
	mm_json_begin_array(writer, "problems");
	for (size_t i = 0; i < checked->problems.count; i++)
		write_problem(writer, &checked->problems.items[i]);
	mm_json_end_array(writer);
	if (checked->good)
		write_understood(writer, checked);
	if (checked->good && checked->against != NULL)
		mm_config_difference_write(writer, &checked->difference);
	mm_json_end_object(writer);
}

bool
mm_checked_print_json(const struct mm_checked *checked)
{
	struct mm_json_writer writer;
	struct mm_buf buf;
	bool whole;

	mm_buf_init(&buf, JSON_LEN_MAX);
	mm_json_writer_init(&writer, &buf);
	write_checked(&writer, checked);
	whole = mm_buf_ok(&buf);
	if (whole) {
		fwrite(buf.data, 1, buf.len, stdout);
		fputc('\n', stdout);
	}
	mm_buf_clear(&buf);
	return whole;
}
