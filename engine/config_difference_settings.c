/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Settings that neither let in nor shut out: any row of the table of settings that is not told in other words is told
 * with its value, so that no change stays untold.
 */
#include "engine/config_settings.h"
#include "engine/config_telling.h"
#include "lib/base/array.h"

#include <inttypes.h>
#include <string.h>

/* What the steps of config_difference.c tell in words of their own. */
static const struct {
	enum mm_section_kind section;
	const char *name;
} told_in_words[] = {
	{ MM_SECTION_TOP, "trusted_proxies" },
	{ MM_SECTION_REALM, "issuer" },
	{ MM_SECTION_REALM, "keys" },
	{ MM_SECTION_REALM, "key_hosts" },
	{ MM_SECTION_REALM, "absent_for" },
	{ MM_SECTION_REALM, "require_key_issuer" },
	{ MM_SECTION_REALM, "algorithms" },
	{ MM_SECTION_REALM, "token_types" },
	{ MM_SECTION_REALM, "max_lifetime" },
	{ MM_SECTION_REALM, "derived_from" },
	{ MM_SECTION_REALM, "derived_by" },
	{ MM_SECTION_REALM, "when_stale" },
	{ MM_SECTION_TENANT, "realm" },
	{ MM_SECTION_TENANT, "id" },
	{ MM_SECTION_TENANT, "domains" },
	{ MM_SECTION_SERVICE, "audience" },
	{ MM_SECTION_SERVICE, "realms" },
	{ MM_SECTION_SERVICE, "mailbox_claim" },
	{ MM_SECTION_SERVICE, "scopes" },
	{ MM_SECTION_SERVICE, "clients" },
	{ MM_SECTION_SERVICE, "binding" },
	{ MM_SECTION_SERVICE, "dpop_nonce" },
	{ MM_SECTION_SERVICE, "callers" },
	{ MM_SECTION_SERVICE, "ledger_away" },
	{ MM_SECTION_SERVICE, "directory" },
	{ MM_SECTION_SERVICE, "accept_unproven" },
	{ MM_SECTION_SERVICE, "exchange_from" },
};

/* Settings that are taken when mintmarkd starts, and not by a reload. */
static const char *const taken_at_start[] = {
	"state_dir", "user", "listen", "journal", "journal_segment", "journal_keep", "token_cache", "tls_certificate",
	"tls_key", "tls_client_certificates", "trust_socket", "sealing_key", "key_store", "key_store_token",
	"key_store_pin", "key_store_paths", "key_store_environment", "key_store_threads", "rotate_every",
	"publish_before", "visible_for",
};

static bool
is_told_in_words(const struct mm_setting *setting)
{
	for (size_t i = 0; i < MM_COUNT_OF(told_in_words); i++)
		if (told_in_words[i].section == setting->section && strcmp(told_in_words[i].name, setting->name) == 0)
			return true;
	return setting->section == MM_SECTION_REVOKE;
}

static bool
is_taken_at_start(const struct mm_setting *setting)
{
	for (size_t i = 0; i < MM_COUNT_OF(taken_at_start); i++)
		if (strcmp(taken_at_start[i], setting->name) == 0)
			return true;
	return false;
}

/* ---- values as text ---- */

static void
add_listens(struct mm_buf *text, const struct mm_listen *listens, size_t count)
{
	static const char *const schemes[] = {
		[MM_LISTEN_TCP] = "", [MM_LISTEN_UNIX] = "unix:", [MM_LISTEN_TLS] = "tls:",
	};

	if (count == 0)
		mm_buf_add_str(text, "none");
	for (size_t i = 0; i < count; i++) {
		const struct mm_listen *listen = &listens[i];

		mm_buf_addf(text, "%s%s%s", i == 0 ? "" : ", ", schemes[listen->kind], listen->address);
		if (listen->kind != MM_LISTEN_UNIX)
			mm_buf_addf(text, ":%u", (unsigned)listen->port);
	}
}

static void
add_text(struct mm_buf *text, const char *value)
{
	mm_buf_add_str(text, value == NULL ? "none" : value);
}

static void
add_list(struct mm_buf *text, char *const *list)
{
	if (list == NULL || *list == NULL)
		mm_buf_add_str(text, "none");
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		mm_buf_addf(text, "%s%s", i == 0 ? "" : ", ", list[i]);
}

/* The value of a setting in a section's struct; false where its type is not one of a value. */
static bool
add_value(struct mm_buf *text, const struct mm_setting *setting, const void *section)
{
	const void *value = (const char *)section + setting->offset;

	switch (setting->type) {
	case MM_SETTING_TEXT:
	case MM_SETTING_PATH:
	case MM_SETTING_SOCKET:
	case MM_SETTING_STORE:
	case MM_SETTING_SEALING:
		add_text(text, *(char *const *)value);
		return true;
	case MM_SETTING_LIST:
		add_list(text, *(char **const *)value);
		return true;
	case MM_SETTING_NUMBER:
		mm_buf_addf(text, "%" PRId64, *(const int64_t *)value);
		return true;
	case MM_SETTING_FLAG:
		mm_buf_add_str(text, *(const bool *)value ? "true" : "false");
		return true;
	case MM_SETTING_CHOICE:
		mm_buf_add_str(text, setting->words[*(const int *)value]);
		return true;
	case MM_SETTING_LISTEN:
		add_listens(text, *(struct mm_listen *const *)value, mm_setting_listen_count(setting, section));
		return true;
	case MM_SETTING_KEYS:
	case MM_SETTING_CALLERS:
	case MM_SETTING_FIXED:
		break;
	}
	return false;
}

/* ---- pairs of sections ---- */

static void
tell_setting(struct mm_config_telling *telling, const struct mm_setting *setting, const char *label, const void *from,
    const void *to)
{
	struct mm_buf before, now;

	mm_buf_init(&before, telling->lines->max);
	mm_buf_init(&now, telling->lines->max);
	if (add_value(&before, setting, from) && add_value(&now, setting, to) &&
	    !mm_slice_equal(mm_slice(before.data, before.len), mm_slice(now.data, now.len))) {
		mm_config_telling_begin(telling);
		mm_buf_addf(telling->lines, "%s'%s' is ", label, setting->name);
		mm_buf_add(telling->lines, now.data, now.len);
		mm_buf_add_str(telling->lines, " (was ");
		mm_buf_add(telling->lines, before.data, before.len);
		mm_buf_add_str(telling->lines, is_taken_at_start(setting) ? "), from the next start on" : ")");
		mm_config_telling_end(telling);
	}
	telling->lines->failed = telling->lines->failed || !mm_buf_ok(&before) || !mm_buf_ok(&now);
	mm_buf_clear(&before);
	mm_buf_clear(&now);
}

static void
tell_section(struct mm_config_telling *telling, enum mm_section_kind kind, const char *name, const void *from,
    const void *to)
{
	struct mm_buf label;

	mm_buf_init(&label, telling->lines->max);
	if (name != NULL)
		mm_buf_addf(&label, "%s %s: ", mm_section_name(kind), name);
	mm_buf_add_u8(&label, '\0');
	telling->lines->failed = telling->lines->failed || !mm_buf_ok(&label);
	for (size_t i = 0; mm_buf_ok(&label) && i < mm_setting_count; i++)
		if (mm_settings[i].section == kind && !is_told_in_words(&mm_settings[i]))
			tell_setting(telling, &mm_settings[i], label.data, from, to);
	mm_buf_clear(&label);
}

void
mm_config_telling_settings(struct mm_config_telling *telling)
{
	const struct mm_config *to = telling->to;
	const void *from;

	tell_section(telling, MM_SECTION_TOP, NULL, telling->from, to);
	for (size_t i = 0; i < to->realm_count; i++)
		if ((from = mm_config_telling_find(telling, MM_NAMED_REALMS, to->realms[i].name)) != NULL)
			tell_section(telling, MM_SECTION_REALM, to->realms[i].name, from, &to->realms[i]);
	for (size_t i = 0; i < to->tenant_count; i++)
		if ((from = mm_config_telling_find(telling, MM_NAMED_TENANTS, to->tenants[i].name)) != NULL)
			tell_section(telling, MM_SECTION_TENANT, to->tenants[i].name, from, &to->tenants[i]);
	for (size_t i = 0; i < to->service_count; i++)
		if ((from = mm_config_telling_find(telling, MM_NAMED_SERVICES, to->services[i].name)) != NULL)
			tell_section(telling, MM_SECTION_SERVICE, to->services[i].name, from, &to->services[i]);
}
