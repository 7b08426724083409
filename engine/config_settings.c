/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of settings, and what can be checked of a setting by its row alone.
 */
#include "engine/config_settings.h"

#include "engine/config.h"
#include "engine/fetch_url.h"
#include "engine/journal.h"
#include "engine/nearest.h"
#include "engine/proxy.h"
#include "lib/base/array.h"
#include "lib/base/limits.h"
#include "lib/trust/snapshot.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* About a hundred thousand decisions. */
#define SEGMENT_BYTES_DEFAULT "67108864"

/* Shared by the threads of a gate: some 50,000 tokens. */
#define TOKEN_CACHE_BYTES_DEFAULT "67108864"
#define TOKEN_CACHE_BYTES_MAX (INT64_C(4) * 1024 * 1024 * 1024)

/* A day: who fetches less often does not notice that keys were replaced. */
#define REFRESH_MAX_S 86400

/* Ten-digit segment numbers last; a million segments of the default size are 64 TB. */
#define SEGMENTS_KEPT_MAX 1000000

/* A century. */
#define LEDGER_KEEP_MAX_DAYS 36500

/* A gate that has not heard from the ledger for longer knows nothing of it. */
#define STALE_MAX_S 3600

/* A key that signs for longer is one that somebody forgot; less than ten seconds is for nobody. */
#define ROTATE_MIN_S 10
#define ROTATE_MAX_S (14 * 86400)

static const char *const journal_words[] = { "before_answer", "durable", "group", NULL };
static const char *const none_words[] = { "none", NULL };
static const char *const away_words[] = { "deny", "marked_only", NULL };
static const char *const demand_words[] = { "off", "observe", "required", NULL };
static const char *const directory_words[] = { "none", "mint", NULL };
static const char *const binding_words[] = { "when_bound", "dpop", "mtls", NULL };
static const char *const nonce_words[] = { "off", "required", NULL };

static const char *
fault_of_path(const char *text)
{
	return *text == '/' && strlen(text) < PATH_MAX ? NULL : "is no whole path";
}

static const char *
fault_of_environment(const char *text)
{
	size_t name_len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	return name_len > 0 && text[name_len] == '=' ? NULL : "does not set a variable";
}

#define TOP(member) .section = MM_SECTION_TOP, .offset = offsetof(struct mm_config, member)
#define REALM(member) .section = MM_SECTION_REALM, .offset = offsetof(struct mm_config_realm, member)
#define TENANT(member) .section = MM_SECTION_TENANT, .offset = offsetof(struct mm_config_tenant, member)
#define SERVICE(member) .section = MM_SECTION_SERVICE, .offset = offsetof(struct mm_config_service, member)
#define REVOKE(member) .section = MM_SECTION_REVOKE, .offset = offsetof(struct mm_config_revoke, member)

const struct mm_setting mm_settings[] = {
	{ TOP(state_dir), .name = "state_dir", .type = MM_SETTING_PATH, .fallback = MM_STATE_DIR_DEFAULT },
	{ TOP(listens), .name = "listen", .type = MM_SETTING_LISTEN,
	    .fallback = "127.0.0.1:9080,unix:/run/mintmark/gate.sock" },
	{ TOP(user), .name = "user", .type = MM_SETTING_TEXT, .fallback = "mintmark" },
	{ TOP(tls_certificate_path), .name = "tls_certificate", .type = MM_SETTING_PATH },
	{ TOP(tls_key_path), .name = "tls_key", .type = MM_SETTING_PATH },
	{ TOP(journal_mode), .name = "journal", .type = MM_SETTING_CHOICE, .words = journal_words,
	    .fallback = "before_answer" },
	{ TOP(journal_segment_bytes), .name = "journal_segment", .type = MM_SETTING_NUMBER,
	    .min = MM_JOURNAL_SEGMENT_MIN, .max = MM_JOURNAL_SEGMENT_MAX, .fallback = SEGMENT_BYTES_DEFAULT },
	{ TOP(journal_keep_segments), .name = "journal_keep", .type = MM_SETTING_NUMBER,
	    .max = SEGMENTS_KEPT_MAX, .fallback = "0" },
	{ TOP(tls_client_ca_path), .name = "tls_client_certificates", .type = MM_SETTING_PATH },
	{ TOP(trusted_proxies), .name = "trusted_proxies", .type = MM_SETTING_LIST, .fault_of_item = mm_proxy_fault,
	    .mend_of_item = "write \"unix\", \"ADDRESS\" or \"NETWORK/LENGTH\"" },
	{ TOP(ca_path), .name = "ca_certificates", .type = MM_SETTING_PATH,
	    .fallback = "/etc/ssl/certs/ca-certificates.crt" },
	{ TOP(trust_socket_path), .name = "trust_socket", .type = MM_SETTING_SOCKET },
	{ TOP(token_cache_bytes), .name = "token_cache", .type = MM_SETTING_NUMBER, .max = TOKEN_CACHE_BYTES_MAX,
	    .fallback = TOKEN_CACHE_BYTES_DEFAULT },
	{ TOP(stale_after_s), .name = "stale_after", .type = MM_SETTING_NUMBER, .min = 1, .max = STALE_MAX_S,
	    .fallback = "10" },
	{ TOP(ledger_keep_days), .name = "ledger_keep", .type = MM_SETTING_NUMBER, .max = LEDGER_KEEP_MAX_DAYS,
	    .fallback = "400" },
	{ TOP(sealing_key_path), .name = "sealing_key", .type = MM_SETTING_SEALING },

	{ REALM(issuer), .name = "issuer", .type = MM_SETTING_TEXT, .required = true },
	{ REALM(keys), .name = "keys", .type = MM_SETTING_KEYS, .required = true },
	{ REALM(key_hosts), .name = "key_hosts", .type = MM_SETTING_LIST, .fault_of_item = mm_fetch_host_fault,
	    .mend_of_item = "write \"HOST\" or \"HOST:PORT\"" },
	{ REALM(refresh_s), .name = "refresh", .type = MM_SETTING_NUMBER, .min = 1, .max = REFRESH_MAX_S,
	    .fallback = "3600" },
	{ REALM(cool_down_s), .name = "refresh_cool_down", .type = MM_SETTING_NUMBER, .min = 1, .max = REFRESH_MAX_S,
	    .fallback = "30" },
	{ REALM(absent_for_s), .name = "absent_for", .type = MM_SETTING_NUMBER, .min = 1, .max = MM_LIFETIME_MAX_S,
	    .fallback = "86400" },
	{ REALM(require_key_issuer), .name = "require_key_issuer", .type = MM_SETTING_FLAG, .fallback = "false" },
	{ REALM(algorithms), .name = "algorithms", .type = MM_SETTING_LIST, .fallback = "RS256", .min = 1 },
	{ REALM(token_types), .name = "token_types", .type = MM_SETTING_LIST, .fallback = "at+jwt", .min = 1 },
	{ REALM(max_lifetime_s), .name = "max_lifetime", .type = MM_SETTING_NUMBER,
	    .min = 1, .max = MM_LIFETIME_MAX_S, .fallback = "3600" },
	{ REALM(when_stale_marked_only), .name = "when_stale", .type = MM_SETTING_FLAG, .words = away_words,
	    .fallback = "deny" },
	{ REALM(derived_from), .name = "derived_from", .type = MM_SETTING_LIST, .min = 1 },
	{ REALM(derived_by), .name = "derived_by", .type = MM_SETTING_LIST, .min = 1 },
	{ REALM(listens), .name = "listen", .type = MM_SETTING_LISTEN },
	{ REALM(key_store_module), .name = "key_store", .type = MM_SETTING_STORE, .fallback = "file" },
	{ REALM(key_store_token), .name = "key_store_token", .type = MM_SETTING_TEXT },
	{ REALM(key_store_pin_path), .name = "key_store_pin", .type = MM_SETTING_PATH },
	{ REALM(key_store_paths), .name = "key_store_paths", .type = MM_SETTING_LIST, .fault_of_item = fault_of_path,
	    .mend_of_item = "write \"/PATH\"" },
	{ REALM(key_store_environment), .name = "key_store_environment", .type = MM_SETTING_LIST,
	    .fault_of_item = fault_of_environment, .mend_of_item = "write \"NAME=VALUE\"" },
	{ REALM(key_store_threads), .name = "key_store_threads", .type = MM_SETTING_NUMBER, .min = 1,
	    .max = MM_KEY_STORE_THREADS_MAX, .fallback = "4" },
	{ REALM(sealing_key_path), .name = "sealing_key", .type = MM_SETTING_SEALING },
	{ REALM(rotate_every_s), .name = "rotate_every", .type = MM_SETTING_NUMBER, .min = ROTATE_MIN_S,
	    .max = ROTATE_MAX_S, .fallback = "604800" },
	{ REALM(publish_before_s), .name = "publish_before", .type = MM_SETTING_NUMBER, .min = 1, .max = ROTATE_MAX_S,
	    .fallback = "172800" },
	{ REALM(visible_for_s), .name = "visible_for", .type = MM_SETTING_NUMBER, .min = 1, .max = MM_LIFETIME_MAX_S,
	    .fallback = "86400" },
	{ REALM(dpop_nonce), .name = "dpop_nonce", .type = MM_SETTING_FLAG, .words = nonce_words,
	    .fallback = "required" },

	{ TENANT(realm), .name = "realm", .type = MM_SETTING_TEXT, .required = true },
	{ TENANT(id), .name = "id", .type = MM_SETTING_TEXT },
	{ TENANT(domains), .name = "domains", .type = MM_SETTING_LIST },
	{ TENANT(admins), .name = "admins", .type = MM_SETTING_LIST },

	{ SERVICE(audience), .name = "audience", .type = MM_SETTING_TEXT, .required = true },
	{ SERVICE(realms), .name = "realms", .type = MM_SETTING_LIST, .required = true, .min = 1 },
	{ SERVICE(mailbox_claim), .name = "mailbox_claim", .type = MM_SETTING_TEXT },
	{ .section = MM_SECTION_SERVICE, .name = "mailbox", .type = MM_SETTING_FIXED, .words = none_words },
	{ SERVICE(mark), .name = "mark", .type = MM_SETTING_CHOICE, .words = demand_words, .fallback = "off" },
	{ SERVICE(ledger), .name = "ledger", .type = MM_SETTING_CHOICE, .words = demand_words, .fallback = "off" },
	{ SERVICE(ledger_away_marked_only), .name = "ledger_away", .type = MM_SETTING_FLAG, .words = away_words,
	    .fallback = "deny" },
	{ SERVICE(scopes), .name = "scopes", .type = MM_SETTING_LIST },
	{ SERVICE(clients), .name = "clients", .type = MM_SETTING_LIST },
	{ SERVICE(binding), .name = "binding", .type = MM_SETTING_CHOICE, .words = binding_words,
	    .fallback = "when_bound" },
	{ SERVICE(dpop_nonce), .name = "dpop_nonce", .type = MM_SETTING_FLAG, .words = nonce_words, .fallback = "off" },
	{ SERVICE(directory_mint), .name = "directory", .type = MM_SETTING_FLAG, .words = directory_words,
	    .fallback = "none" },
	{ SERVICE(callers), .name = "callers", .type = MM_SETTING_CALLERS },
	{ SERVICE(accept_unproven), .name = "accept_unproven", .type = MM_SETTING_LIST },
	{ SERVICE(exchange_from), .name = "exchange_from", .type = MM_SETTING_LIST, .min = 1 },

	{ REVOKE(realm), .name = "realm", .type = MM_SETTING_TEXT, .required = true },
	{ REVOKE(tokens), .name = "tokens", .type = MM_SETTING_LIST },
	{ REVOKE(sessions), .name = "sessions", .type = MM_SETTING_LIST },
	{ REVOKE(subjects), .name = "subjects", .type = MM_SETTING_LIST },
	{ REVOKE(clients), .name = "clients", .type = MM_SETTING_LIST },
	{ REVOKE(tenants), .name = "tenants", .type = MM_SETTING_LIST },
	{ REVOKE(keys), .name = "keys", .type = MM_SETTING_LIST },
	{ REVOKE(revoked_at_s), .name = "revoked_at", .type = MM_SETTING_NUMBER, .min = 1, .max = MM_TIME_MAX_S },
	{ REVOKE(issued_before_s), .name = "issued_before", .type = MM_SETTING_NUMBER, .max = MM_TIME_MAX_S },
};
const size_t mm_setting_count = MM_COUNT_OF(mm_settings);

static const char *const section_names[MM_SECTION_COUNT] = {
	[MM_SECTION_TOP] = "",
	[MM_SECTION_REALM] = "realm",
	[MM_SECTION_TENANT] = "tenant",
	[MM_SECTION_SERVICE] = "service",
	[MM_SECTION_REVOKE] = "revoke",
};

size_t
mm_setting_listen_count(const struct mm_setting *setting, const void *section)
{
	const struct mm_config *config = section;
	const struct mm_config_realm *realm = section;

	return setting->section == MM_SECTION_TOP ? config->listen_count : realm->listen_count;
}

const char *
mm_section_name(enum mm_section_kind kind)
{
	return section_names[kind];
}

enum mm_section_kind
mm_section_kind_of(const struct mm_scan_section *section)
{
	if (!mm_slice_present(section->kind))
		return MM_SECTION_TOP;
	for (int kind = MM_SECTION_TOP + 1; kind < MM_SECTION_COUNT; kind++)
		if (mm_slice_equal(section->kind, mm_slice_str(section_names[kind])))
			return (enum mm_section_kind)kind;
	return MM_SECTION_COUNT;
}

/* Length of a name for "%.*s", cut where nobody reads on. */
static int
shown_len(struct mm_slice text)
{
	return text.len > MM_NAME_LEN_MAX ? MM_NAME_LEN_MAX : (int)text.len;
}

void
mm_section_label(const struct mm_scan_section *section, char out[static 96])
{
	if (!mm_slice_present(section->kind))
		out[0] = '\0';
	else
		snprintf(out, 96, "%.*s %.*s: ", section->kind.len > 20 ? 20 : (int)section->kind.len,
		    section->kind.ptr, shown_len(section->title), section->title.ptr);
}

/* ---- the name that was probably meant ---- */

/* Whether the nearest name was meant: a third of its letters may be wrong; beyond that it is another word. */
static bool
was_meant(const struct mm_nearest *nearest)
{
	return mm_slice_present(nearest->best) && nearest->distance <= 1 + nearest->best.len / 3;
}

static void
ask_whether(const struct mm_nearest *nearest, char mend[static 128])
{
	snprintf(mend, 128, "did you mean '%.*s'?", shown_len(nearest->best), nearest->best.ptr);
}

/* ---- problems of one setting ---- */

struct checker {
	struct mm_config_scan *scan;
	const char *path;
	struct mm_problems *problems;
};

static void
tell(struct checker *checker, struct mm_scan_setting *setting, const char *mend, const char *what)
{
	char label[96];

	mm_section_label(&checker->scan->sections[setting->section], label);
	mm_problems_add(checker->problems, MM_PROBLEM_ERROR, checker->path, setting->line, mend, "%s'%.*s' %s", label,
	    shown_len(setting->name), setting->name.ptr, what);
	setting->faulty = true;
}

static void
tell_unknown_setting(struct checker *checker, struct mm_scan_setting *setting, enum mm_section_kind kind)
{
	enum mm_section_kind elsewhere = MM_SECTION_COUNT;
	char mend[128] = "mintmark.conf(5) lists the settings";
	struct mm_nearest nearest;

	mm_nearest_init(&nearest, setting->name);
	for (size_t i = 0; i < mm_setting_count; i++) {
		if (mm_settings[i].section == kind)
			mm_nearest_offer(&nearest, mm_slice_str(mm_settings[i].name));
		else if (mm_slice_equal(setting->name, mm_slice_str(mm_settings[i].name)))
			elsewhere = mm_settings[i].section;
	}
	if (was_meant(&nearest))
		ask_whether(&nearest, mend);
	else if (elsewhere == MM_SECTION_TOP)
		snprintf(mend, sizeof(mend), "it stands outside of all sections");
	else if (elsewhere != MM_SECTION_COUNT)
		snprintf(mend, sizeof(mend), "it is a setting of a '%s' section", section_names[elsewhere]);
	tell(checker, setting, mend, "is no setting of this section");
}

/* Whether a word is a number for strtol with base 0, and not what a person reads in it. */
static bool
is_odd_number(struct mm_slice word)
{
	return word.len > 1 && word.ptr[0] == '0' && strspn(word.ptr, "0123456789abcdefABCDEFxX") >= word.len;
}

static bool
is_decimal(struct mm_slice word)
{
	if (word.len == 0 || word.len > 18)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (word.ptr[i] < '0' || word.ptr[i] > '9')
			return false;
	return true;
}

static void
check_number(struct checker *checker, struct mm_scan_setting *setting, const struct mm_setting *row)
{
	int64_t number;
	char mend[96];

	snprintf(mend, sizeof(mend), "write a whole number from %" PRId64 " to %" PRId64, row->min, row->max);
	if (setting->shape != MM_SCAN_WORD) {
		tell(checker, setting, mend, "is a number and stands without quotes or braces");
	} else if (is_odd_number(setting->value)) {
		char what[64];

		snprintf(what, sizeof(what), "is %.*s, an octal or hexadecimal number", shown_len(setting->value),
		    setting->value.ptr);
		tell(checker, setting, "write it in decimal digits, without a zero before them", what);
	} else if (!is_decimal(setting->value)) {
		tell(checker, setting, mend, "is no whole number in decimal digits");
	} else {
		number = strtoll(setting->value.ptr, NULL, 10);
		if (number < row->min || number > row->max)
			tell(checker, setting, mend, "is out of range");
	}
}

static void
check_word(struct checker *checker, struct mm_scan_setting *setting, const struct mm_setting *row)
{
	char mend[160];
	size_t used = (size_t)snprintf(mend, sizeof(mend), "write %s = ", row->name);

	if (setting->shape != MM_SCAN_LIST)
		for (size_t i = 0; row->words[i] != NULL; i++)
			if (mm_slice_equal(setting->value, mm_slice_str(row->words[i])))
				return;
	for (size_t i = 0; row->words[i] != NULL && used < sizeof(mend); i++)
		used += (size_t)snprintf(mend + used, sizeof(mend) - used, "%s%s", i == 0 ? "" : " or ", row->words[i]);
	tell(checker, setting, mend, "is none of the words that it can be");
}

static void
check_flag(struct checker *checker, struct mm_scan_setting *setting)
{
	if (setting->shape != MM_SCAN_WORD || (!mm_slice_equal(setting->value, mm_slice_str("true")) &&
	    !mm_slice_equal(setting->value, mm_slice_str("false"))))
		tell(checker, setting, "write true or false", "is neither true nor false");
}

static void
check_list(struct checker *checker, struct mm_scan_setting *setting, const struct mm_setting *row)
{
	if (setting->shape != MM_SCAN_LIST)
		tell(checker, setting, "write { \"one\", \"two\" }", "is a list and stands in braces");
	else if (row->min > 0 && strspn(setting->value.ptr, " \t\r\n") >= setting->value.len)
		tell(checker, setting, "write at least one value, or remove the line for the default if there is one",
		    "is empty: nothing would be accepted");
}

static void
check_text(struct checker *checker, struct mm_scan_setting *setting)
{
	if (setting->shape == MM_SCAN_LIST)
		tell(checker, setting, "write one value in double quotes", "is one text and no list");
	else if (setting->value.len == 0)
		tell(checker, setting, "write a value, or remove the line", "is empty");
}

static void
check_setting(struct checker *checker, struct mm_scan_setting *setting, const struct mm_setting *row)
{
	switch (row->type) {
	case MM_SETTING_NUMBER:
		check_number(checker, setting, row);
		break;
	case MM_SETTING_CHOICE:
	case MM_SETTING_FIXED:
		check_word(checker, setting, row);
		break;
	case MM_SETTING_FLAG:
		if (row->words == NULL)
			check_flag(checker, setting);
		else
			check_word(checker, setting, row);
		break;
	case MM_SETTING_LIST:
	case MM_SETTING_LISTEN:
	case MM_SETTING_CALLERS:
		check_list(checker, setting, row);
		break;
	case MM_SETTING_TEXT:
	case MM_SETTING_PATH:
	case MM_SETTING_SOCKET:
	case MM_SETTING_KEYS:
	case MM_SETTING_STORE:
	case MM_SETTING_SEALING:
		check_text(checker, setting);
		break;
	}
}

/* ---- the whole ---- */

/* Check the settings of one section against the rows of its kind; from and to bound where they stand. */
static void
check_section(struct checker *checker, size_t section, enum mm_section_kind kind)
{
	int seen[MM_COUNT_OF(mm_settings)] = { 0 }; /* the line of a setting that was seen */
	char what[48];

	for (size_t i = checker->scan->sections[section].first; i < checker->scan->setting_count; i++) {
		struct mm_scan_setting *setting = &checker->scan->settings[i];
		size_t row = 0;

		if (setting->section != section) {
			if (section != 0)
				break;
			continue;
		}
		while (row < mm_setting_count && (mm_settings[row].section != kind ||
		    !mm_slice_equal(setting->name, mm_slice_str(mm_settings[row].name))))
			row++;
		if (row == mm_setting_count) {
			tell_unknown_setting(checker, setting, kind);
		} else if (seen[row] != 0) {
			snprintf(what, sizeof(what), "stands twice, first in line %d", seen[row]);
			tell(checker, setting, "keep one of the two", what);
		} else {
			seen[row] = setting->line;
			check_setting(checker, setting, &mm_settings[row]);
		}
	}
}

static void
tell_section(struct checker *checker, struct mm_scan_section *section, const char *mend, const char *what)
{
	char label[96];

	mm_section_label(section, label);
	mm_problems_add(checker->problems, MM_PROBLEM_ERROR, checker->path, section->line, mend, "%s%s", label, what);
	section->faulty = true;
}

static void
tell_unknown_section(struct checker *checker, struct mm_scan_section *section)
{
	char mend[128] = "the sections are realm, tenant, service and revoke";
	struct mm_nearest nearest;

	mm_nearest_init(&nearest, section->kind);
	for (int kind = MM_SECTION_TOP + 1; kind < MM_SECTION_COUNT; kind++)
		mm_nearest_offer(&nearest, mm_slice_str(section_names[kind]));
	if (was_meant(&nearest))
		ask_whether(&nearest, mend);
	tell_section(checker, section, mend, "there is no such section");
}

/* A name goes into addresses, metric labels and file names: letters, digits and "._-", a letter or digit first. */
static bool
is_good_title(struct mm_slice title)
{
	if (title.len == 0 || title.len > MM_NAME_LEN_MAX || strchr("._-", title.ptr[0]) != NULL)
		return false;
	for (size_t i = 0; i < title.len; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", title.ptr[i]) == NULL)
			return false;
	return true;
}

static void
check_title(struct checker *checker, size_t index)
{
	struct mm_scan_section *section = &checker->scan->sections[index];
	char what[64];

	if (!is_good_title(section->title)) {
		tell_section(checker, section,
		    "a name has 1 to 64 letters, digits, '.', '_' and '-' and begins with a letter or digit",
		    "this name cannot be used");
		return;
	}
	for (size_t i = 1; i < index; i++) {
		const struct mm_scan_section *other = &checker->scan->sections[i];

		if (!mm_slice_equal(other->title, section->title) || !mm_slice_equal(other->kind, section->kind))
			continue;
		snprintf(what, sizeof(what), "the section stands twice, first in line %d", other->line);
		tell_section(checker, section, "write all of it into one section, or give this one another name", what);
		return;
	}
}

void
mm_config_check_settings(struct mm_config_scan *scan, const char *path, struct mm_problems *problems)
{
	struct checker checker = { .scan = scan, .path = path, .problems = problems };

	check_section(&checker, 0, MM_SECTION_TOP);
	for (size_t i = 1; i < scan->section_count; i++) {
		enum mm_section_kind kind = mm_section_kind_of(&scan->sections[i]);

		if (kind == MM_SECTION_COUNT) {
			tell_unknown_section(&checker, &scan->sections[i]);
			continue;
		}
		check_title(&checker, i);
		check_section(&checker, i, kind);
	}
}
