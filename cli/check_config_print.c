/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was understood of a configuration, in words that an operator can check.
 */
#include "cli/check_config.h"
#include "cli/terminal.h"
#include "cli/when.h"
#include "lib/base/limits.h"
#include "lib/trust/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Column where the values of a service begin. */
#define TITLE_COLUMNS 14

static void
put_title(const char *title)
{
	fputs("  ", stdout);
	mm_terminal_put_padded(stdout, mm_slice_str(title), TITLE_COLUMNS - 2);
}

static void
put_texts(const struct mm_texts *texts, const char *none)
{
	if (texts->count == 0)
		fputs(none, stdout);
	for (size_t i = 0; i < texts->count; i++) {
		fputs(i == 0 ? "" : ", ", stdout);
		mm_terminal_put(stdout, texts->items[i], SIZE_MAX);
	}
}

/* ---- whose tokens ---- */

static void
put_domains(const struct mm_realm *realm)
{
	size_t told = 0;

	for (size_t i = 0; i < realm->tenant_count; i++) {
		for (size_t j = 0; j < realm->tenants[i].domains.count; j++) {
			fputs(told++ == 0 ? " of " : ", ", stdout);
			mm_terminal_put(stdout, realm->tenants[i].domains.items[j], SIZE_MAX);
		}
	}
	if (told == 0)
		fputs(" of no domain", stdout);
}

/* "imap: enterprise users of contoso.example, fabrikam.example": mailboxes are those of the domains. */
static void
put_users(const struct mm_service *service)
{
	mm_terminal_begin(stdout, MM_STYLE_STRONG);
	mm_terminal_put(stdout, service->name, SIZE_MAX);
	mm_terminal_end(stdout);
	for (size_t i = 0; i < service->realm_count; i++) {
		fputs(i == 0 ? ": " : "; ", stdout);
		mm_terminal_put(stdout, service->realms[i]->name, SIZE_MAX);
		fputs(" users", stdout);
		if (mm_slice_present(service->mailbox_claim))
			put_domains(service->realms[i]);
	}
	fputc('\n', stdout);
}

/* ---- keys ---- */

static void
put_date(const char *words, int64_t time_s)
{
	char when[MM_WHEN_MAX];

	mm_when_format(time_s, when);
	printf(" %s %s", words, when);
}

/* A key that is gone from its document verifies for a while, whatever its window says. */
static bool
ends_early(const struct mm_key *key, enum mm_key_state state)
{
	return (state == MM_STATE_ACTIVE || state == MM_STATE_PREPARED) && key->verify_until_s != INT64_MAX &&
	    (key->signs_until_s == INT64_MAX || key->verify_until_s < key->signs_until_s);
}

static void
put_key(const struct mm_key *key, int64_t now_s)
{
	enum mm_key_state state = mm_key_state_at(key, now_s);

	put_title("");
	fputs("  kid ", stdout);
	mm_terminal_put(stdout, key->kid, SIZE_MAX);
	if (key->algorithm != NULL)
		printf(" %s", key->algorithm->name);
	printf(" %s", mm_key_state_name(state));
	if (state == MM_STATE_PREPARED)
		put_date("from", key->signs_from_s);
	if (state == MM_STATE_ACTIVE && key->signs_until_s == INT64_MAX)
		fputs(", no end date", stdout);
	else if (state == MM_STATE_ACTIVE || state == MM_STATE_PREPARED)
		put_date("until", key->signs_until_s);
	if (state == MM_STATE_RETIRING)
		put_date("since", key->signs_until_s);
	if (state == MM_STATE_RETIRED)
		put_date("since", key->verify_until_s);
	if (state == MM_STATE_REVOKED && key->revoked_at_s != INT64_MIN)
		put_date("since", key->revoked_at_s);
	if (state == MM_STATE_RETIRING || ends_early(key, state))
		put_date("and verifies until", key->verify_until_s);
	fputc('\n', stdout);
}

static const struct mm_config_realm *
find_realm(const struct mm_config *config, struct mm_slice name)
{
	for (size_t i = 0; i < config->realm_count; i++)
		if (mm_slice_equal(mm_slice_str(config->realms[i].name), name))
			return &config->realms[i];
	return NULL;
}

static void
put_keys(const struct mm_checked *checked, const struct mm_realm *realm)
{
	const struct mm_config_realm *source = find_realm(checked->config, realm->name);
	size_t told = 0;

	put_title("keys");
	mm_terminal_put(stdout, realm->name, SIZE_MAX);
	fputs("'s, from ", stdout);
	mm_terminal_put_str(stdout, source == NULL ? "nowhere" : source->keys);
	fputs(realm->keys_fetched ? ", as they were fetched last:\n" : ":\n", stdout);
	for (size_t i = 0; i < checked->trust->key_count; i++) {
		if (checked->trust->keys[i].realm != realm)
			continue;
		put_key(&checked->trust->keys[i], checked->now_s);
		told++;
	}
	if (told == 0) {
		put_title("");
		fputs("  none: every token of it is refused\n", stdout);
	}
}

static void
put_tokens(const struct mm_realm *realm)
{
	char lifetime[MM_WHEN_MAX];

	mm_when_format_duration(realm->max_lifetime_s, lifetime);
	put_title("tokens");
	mm_terminal_put(stdout, realm->name, SIZE_MAX);
	fputs("'s, issuer ", stdout);
	mm_terminal_put(stdout, realm->issuer, SIZE_MAX);
	fputs(", type ", stdout);
	put_texts(&realm->token_types, "none");
	printf(", living at most %s\n", lifetime);
}

/* ---- the service ---- */

static void
put_mailboxes(const struct mm_service *service)
{
	put_title("mailboxes");
	if (service->directory != MM_DIRECTORY_NONE) {
		puts(service->directory == MM_DIRECTORY_MAILBOXES ? "from the mint's directory" :
		    "none: it opens no mailbox; subjects must stand in the mint's directory");
	} else if (mm_slice_present(service->mailbox_claim)) {
		fputs("from claim ", stdout);
		mm_terminal_put(stdout, service->mailbox_claim, SIZE_MAX);
		fputc('\n', stdout);
	} else {
		fputs("none: it opens no mailbox\n", stdout);
	}
}

static void
put_realms(const struct mm_realm *const *realms, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fputs(i == 0 ? "" : ", ", stdout);
		mm_terminal_put(stdout, realms[i]->name, SIZE_MAX);
	}
	fputc('\n', stdout);
}

static bool
is_named(char *const *list, struct mm_slice name)
{
	for (; list != NULL && *list != NULL; list++)
		if (mm_slice_equal(mm_slice_str(*list), name))
			return true;
	return false;
}

/* The realms whose tokens are given for those that the service exchanges. */
static void
put_derived(const struct mm_config *config, struct mm_slice service)
{
	const char *comma = "";

	put_title("derives");
	for (size_t i = 0; i < config->realm_count; i++) {
		if (!is_named(config->realms[i].derived_by, service))
			continue;
		printf("%s%s", comma, config->realms[i].name);
		comma = ", ";
	}
	puts(*comma == '\0' ? "nothing: no realm names it in 'derived_by'" : "");
}

/* Only where there is something to tell: services of external realms alone have none. */
static void
put_proof(const struct mm_config *config, const struct mm_service *service)
{
	static const char *const demands[] = { "off", "observed", "required" };

	if (service->mark != MM_PROOF_OFF || service->ledger != MM_PROOF_OFF) {
		put_title("proof");
		printf("mark %s, ledger %s%s\n", demands[service->mark], demands[service->ledger],
		    service->ledger_away_marked_only ? "; while the ledger is away a right mark is enough" : "");
	}
	if (service->unproven_realm_count > 0) {
		put_title("unproven");
		put_realms(service->unproven_realms, service->unproven_realm_count);
	}
	if (service->exchanges) {
		put_title("exchanges");
		put_realms(service->exchange_realms, service->exchange_realm_count);
		put_derived(config, service->name);
	}
}

static void
put_callers(const struct mm_config *config, struct mm_slice name)
{
	const char *comma = "";

	put_title("callers");
	for (size_t i = 0; i < config->service_count; i++) {
		const struct mm_config_service *service = &config->services[i];

		if (!mm_slice_equal(mm_slice_str(service->name), name))
			continue;
		for (size_t j = 0; j < service->caller_count; j++) {
			printf("%s%s", comma, service->callers[j].name);
			comma = ", ";
		}
	}
	puts(*comma == '\0' ? "none: nobody may introspect or name a mailbox" : "");
}

static void
put_demands(const struct mm_service *service)
{
	static const char *const bindings[] = {
		[MM_BINDING_WHEN_BOUND] = "proven where the token is bound",
		[MM_BINDING_DPOP] = "demanded, by DPoP",
		[MM_BINDING_MTLS] = "demanded, by certificate",
	};

	put_title("scopes");
	put_texts(&service->scopes, "none demanded");
	fputc('\n', stdout);
	put_title("clients");
	put_texts(&service->clients, "any");
	fputc('\n', stdout);
	put_title("binding");
	printf("%s%s\n", bindings[service->binding], service->dpop_nonce ? "; a DPoP proof needs a nonce of ours" : "");
}

static void
put_service(const struct mm_checked *checked, const struct mm_service *service)
{
	put_users(service);
	put_title("audience");
	mm_terminal_put(stdout, service->audience, SIZE_MAX);
	fputc('\n', stdout);
	for (size_t i = 0; i < service->realm_count; i++) {
		put_tokens(service->realms[i]);
		put_keys(checked, service->realms[i]);
	}
	put_mailboxes(service);
	put_proof(checked->config, service);
	put_demands(service);
	put_callers(checked->config, service->name);
	fputc('\n', stdout);
}

/* ---- the rest ---- */

static void
put_listen(const struct mm_listen *listen)
{
	bool six = strchr(listen->address, ':') != NULL;

	if (listen->kind == MM_LISTEN_UNIX) {
		fputs("unix:", stdout);
		mm_terminal_put_str(stdout, listen->address);
		return;
	}
	printf("%s://%s%s%s:%u", listen->kind == MM_LISTEN_TLS ? "https" : "http", six ? "[" : "", listen->address,
	    six ? "]" : "", (unsigned)listen->port);
}

static void
put_journal(const struct mm_config *config)
{
	static const char *const promises[] = {
		[MM_JOURNAL_BEFORE_ANSWER] = "written before the answer",
		[MM_JOURNAL_DURABLE] = "synced to disk before the answer",
		[MM_JOURNAL_GROUP] = "written within 100 ms",
	};

	put_title("journal");
	printf("%s, segments of %" PRId64 " bytes, ", promises[config->journal_mode], config->journal_segment_bytes);
	if (config->journal_keep_segments == 0)
		puts("all are kept");
	else
		printf("%" PRId64 " are kept\n", config->journal_keep_segments);
}

static void
put_proxies(const struct mm_config *config)
{
	put_title("proxies");
	if (config->trusted_proxies == NULL)
		fputs("none are trusted", stdout);
	for (char **proxy = config->trusted_proxies; proxy != NULL && *proxy != NULL; proxy++)
		printf("%s%s", proxy == config->trusted_proxies ? "trusted: " : ", ", *proxy);
	fputc('\n', stdout);
}

static void
put_daemon(const struct mm_config *config)
{
	puts("mintmarkd");
	put_title("listens on");
	for (size_t i = 0; i < config->listen_count; i++) {
		fputs(i == 0 ? "" : ", ", stdout);
		put_listen(&config->listens[i]);
	}
	fputc('\n', stdout);
	put_title("state in");
	mm_terminal_put_str(stdout, config->state_dir);
	fputs(", as user ", stdout);
	mm_terminal_put_str(stdout, config->user);
	fputc('\n', stdout);
	put_journal(config);
	put_proxies(config);
	put_title("token cache");
	if (config->token_cache_bytes == 0)
		puts("none");
	else
		printf("%" PRId64 " bytes\n", config->token_cache_bytes);
	put_title("followers");
	mm_terminal_put_str(stdout, config->trust_socket_path == NULL ? "none" : config->trust_socket_path);
	fputc('\n', stdout);
}

static void
put_tenant(const struct mm_config_tenant *tenant)
{
	printf("tenant %s of %s", tenant->name, tenant->realm);
	if (tenant->id != NULL) {
		fputs(", id ", stdout);
		mm_terminal_put_str(stdout, tenant->id);
	}
	for (char **admin = tenant->admins; admin != NULL && *admin != NULL; admin++) {
		fputs(admin == tenant->admins ? ", told through " : ", ", stdout);
		mm_terminal_put_str(stdout, *admin);
	}
	fputc('\n', stdout);
}

static bool
is_accepted(const struct mm_trust *trust, const struct mm_realm *realm)
{
	for (size_t i = 0; i < trust->service_count; i++)
		for (size_t j = 0; j < trust->services[i].realm_count; j++)
			if (trust->services[i].realms[j] == realm)
				return true;
	return false;
}

static void
put_idle_realms(const struct mm_trust *trust)
{
	for (size_t i = 0; i < trust->realm_count; i++) {
		if (is_accepted(trust, &trust->realms[i]))
			continue;
		fputs("realm ", stdout);
		mm_terminal_put(stdout, trust->realms[i].name, SIZE_MAX);
		fputs(": known, but no service accepts its tokens\n", stdout);
	}
}

static void
put_understood(const struct mm_checked *checked)
{
	for (size_t i = 0; i < checked->trust->service_count; i++)
		put_service(checked, &checked->trust->services[i]);
	put_idle_realms(checked->trust);
	for (size_t i = 0; i < checked->config->tenant_count; i++)
		put_tenant(&checked->config->tenants[i]);
	if (checked->trust->revocation_count > 0)
		printf("%zu tokens, sessions, subjects, clients or tenants are revoked\n",
		    checked->trust->revocation_count);
	put_daemon(checked->config);
}

/* Each line as mm_terminal_put() shows it. */
static void
put_difference(const struct mm_checked *checked)
{
	const struct mm_buf *lines = &checked->difference;
	size_t begin = 0;

	fputs("\nagainst ", stdout);
	mm_terminal_put_str(stdout, checked->against);
	fputs(":\n", stdout);
	for (size_t i = 0; i < lines->len; i++)
		if (lines->data[i] == '\n') {
			fputs("  ", stdout);
			mm_terminal_put(stdout, mm_slice(lines->data + begin, i - begin), SIZE_MAX);
			fputc('\n', stdout);
			begin = i + 1;
		}
}

void
mm_checked_print(const struct mm_checked *checked)
{
	if (!checked->good) {
		mm_problems_print(&checked->problems, stderr, true);
		fputs("configuration is refused\n", stderr);
		return;
	}
	put_understood(checked);
	if (checked->problems.count > 0)
		fputc('\n', stdout);
	mm_problems_print(&checked->problems, stdout, true);
	if (checked->against != NULL)
		put_difference(checked);
	fputc('\n', stdout);
	mm_terminal_begin(stdout, MM_STYLE_GOOD);
	fputs("configuration is good", stdout);
	mm_terminal_end(stdout);
	fputc('\n', stdout);
}
