/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark.conf: what is understood, and what is refused in which line with which words.
 */
#include "engine/config.h"

#include "engine/config_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The sample of the design, word by word. */
static const char sample[] =
    "state_dir = \"/var/lib/mintmark\"\n"
    "listen    = { \"127.0.0.1:9080\", \"unix:/run/mintmark/gate.sock\" }\n"
    "\n"
    "realm consumer {\n"
    "    issuer  = \"https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0\"\n"
    "    keys    = \"file:common.jwks\"        # \"discovery:https://…\", \"jwks:https://…\", \"mint\"\n"
    "    require_key_issuer = true           # a shared document: each key must state its issuer\n"
    "    algorithms = { \"RS256\" }            # for keys that do not state their own\n"
    "    token_types = { \"at+jwt\" }          # \"application/\" before it is the same\n"
    "    max_lifetime = 3600\n"
    "    when_stale = deny\n"
    "}\n"
    "realm enterprise {\n"
    "    issuer  = \"https://login.example/{tenant}/v2.0\"     # also matches {tenantid}\n"
    "    keys    = \"file:common.jwks\"\n"
    "    require_key_issuer = true\n"
    "}\n"
    "tenant contoso {\n"
    "    realm   = enterprise\n"
    "    id      = \"aaaaaaaa-0000-4000-8000-00000000000a\"\n"
    "    domains = { \"contoso.example\" }\n"
    "    admins  = { \"security@contoso-irm.example\" }\n"
    "}\n"
    "service imap {\n"
    "    audience = \"https://mail.example\"\n"
    "    realms   = { \"enterprise\" }\n"
    "    mailbox_claim = \"preferred_username\"\n"
    "    mark     = off                      # off | observe | required\n"
    "    ledger   = off\n"
    "    scopes   = { }                      # demanded\n"
    "    clients  = { }                      # empty: any\n"
    "    binding  = when_bound               # or \"dpop\", \"mtls\"\n"
    "    directory = none                    # or \"mint\"\n"
    "    callers  = { \"dovecot:/etc/mintmark/dovecot.secret\" }\n"
    "}\n";

static struct mm_config *
parse_good(const char *text, const char *path)
{
	struct mm_problems problems = { .count = 0 };
	struct mm_config *config = mm_config_parse(mm_slice_str(text), path, &problems);

	if (config == NULL)
		mm_problems_print(&problems, stderr, true);
	assert_non_null(config);
	assert_int_equal(problems.count, 0);
	mm_problems_clear(&problems);
	return config;
}

static void
test_sample(void **state)
{
	struct mm_config *config = parse_good(sample, "/etc/mintmark/mintmark.conf");

	(void)state;
	assert_string_equal(config->state_dir, "/var/lib/mintmark");
	assert_int_equal(config->listen_count, 2);
	assert_int_equal(config->listens[0].kind, MM_LISTEN_TCP);
	assert_string_equal(config->listens[0].address, "127.0.0.1");
	assert_int_equal(config->listens[0].port, 9080);
	assert_int_equal(config->listens[1].kind, MM_LISTEN_UNIX);
	assert_string_equal(config->listens[1].address, "/run/mintmark/gate.sock");
	assert_int_equal(config->realm_count, 2);
	assert_string_equal(config->realms[0].name, "consumer");
	assert_true(config->realms[0].require_key_issuer);
	assert_int_equal(config->realms[0].line, 4);
	assert_string_equal(config->realms[1].keys, "/etc/mintmark/common.jwks");
	assert_int_equal(config->realms[1].line, 13);
	assert_int_equal(config->tenant_count, 1);
	assert_string_equal(config->tenants[0].realm, "enterprise");
	assert_string_equal(config->tenants[0].domains[0], "contoso.example");
	assert_null(config->tenants[0].domains[1]);
	assert_string_equal(config->tenants[0].admins[0], "security@contoso-irm.example");
	assert_int_equal(config->service_count, 1);
	assert_string_equal(config->services[0].mailbox_claim, "preferred_username");
	assert_null(config->services[0].scopes);
	assert_null(config->services[0].clients);
	assert_int_equal(config->services[0].caller_count, 1);
	assert_string_equal(config->services[0].callers[0].name, "dovecot");
	assert_string_equal(config->services[0].callers[0].secret_path, "/etc/mintmark/dovecot.secret");
	mm_config_free(&config);
	assert_null(config);
}

/* conf/mintmark.conf; tests run in the project's root. */
static void
test_installed_sample(void **state)
{
	char text[8192];
	FILE *file = fopen("conf/mintmark.conf", "r");
	struct mm_config *config;
	size_t len;

	(void)state;
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	config = parse_good(text, "conf/mintmark.conf");
	assert_int_equal(config->realm_count, 1);
	assert_int_equal(config->service_count, 1);
	assert_string_equal(config->services[0].callers[0].secret_path, "conf/dovecot.secret");
	mm_config_free(&config);
}

static void
test_defaults(void **state)
{
	struct mm_config *config = parse_good("realm r { issuer = \"https://i.example\" keys = \"file:k\" }"
	    "service s { audience = a realms = { r } mailbox = none }", "conf");

	(void)state;
	assert_string_equal(config->state_dir, "/var/lib/mintmark");
	assert_string_equal(config->user, "mintmark");
	assert_int_equal(config->listen_count, 2);
	assert_string_equal(config->listens[0].address, "127.0.0.1");
	assert_null(config->tls_certificate_path);
	assert_int_equal(config->journal_mode, MM_JOURNAL_BEFORE_ANSWER);
	assert_int_equal(config->journal_segment_bytes, 64 * 1024 * 1024);
	assert_int_equal(config->journal_keep_segments, 0);
	assert_string_equal(config->realms[0].keys, "k");
	assert_false(config->realms[0].require_key_issuer);
	assert_string_equal(config->realms[0].algorithms[0], "RS256");
	assert_null(config->realms[0].algorithms[1]);
	assert_string_equal(config->realms[0].token_types[0], "at+jwt");
	assert_int_equal(config->realms[0].max_lifetime_s, 3600);
	assert_int_equal(config->realms[0].keys_kind, MM_KEYS_FILE);
	assert_null(config->services[0].mailbox_claim);
	assert_int_equal(config->services[0].caller_count, 0);
	assert_int_equal(config->services[0].binding, MM_BINDING_WHEN_BOUND);
	assert_false(config->services[0].dpop_nonce);
	assert_int_equal(config->services[0].mark, MM_PROOF_OFF);
	assert_int_equal(config->services[0].ledger, MM_PROOF_OFF);
	assert_false(config->services[0].directory_mint);
	assert_false(config->realms[0].when_stale_marked_only);
	assert_int_equal(config->stale_after_s, 10);
	assert_int_equal(config->ledger_keep_days, 400);
	assert_null(config->sealing_key_path);
	assert_false(mm_config_has_mint(config));
	assert_null(config->trusted_proxies);
	assert_null(config->trust_socket_path);
	assert_null(config->tls_client_ca_path);
	assert_string_equal(config->ca_path, "/etc/ssl/certs/ca-certificates.crt");
	assert_int_equal(config->token_cache_bytes, 64 * 1024 * 1024);
	mm_config_free(&config);
}

static void
test_everything_set(void **state)
{
	struct mm_config *config = parse_good(
	    "listen = { \"[::1]:1\", \"tls:0.0.0.0:65535\", \"tls:[::]:443\" }\n"
	    "user = gate\ntls_certificate = \"tls/chain.pem\"\ntls_key = '/k.pem'\n"
	    "journal = durable\njournal_segment = 1048576\njournal_keep = 7\n"
	    "/* a comment with } and \" */\n"
	    "realm \"r\" { issuer = \"a\\\\b\\\"c\" keys = \"file:/abs/k\" algorithms = { \"ES256\", EdDSA }\n"
	    "token_types = { JWT } max_lifetime = 60 }\n"
	    "revoke leaver { realm = r subjects = { \"s1\", \"s2\" } issued_before = 1700000000 }\n"
	    "revoke stolen { realm = r tokens = { \"jti\" } sessions = { x } clients = { y } tenants = { z } }\n",
	    "/x/c.conf");

	(void)state;
	assert_string_equal(config->listens[0].address, "::1");
	assert_int_equal(config->listens[1].kind, MM_LISTEN_TLS);
	assert_int_equal(config->listens[1].port, 65535);
	assert_string_equal(config->listens[2].address, "::");
	assert_string_equal(config->user, "gate");
	assert_string_equal(config->tls_certificate_path, "/x/tls/chain.pem");
	assert_string_equal(config->tls_key_path, "/k.pem");
	assert_int_equal(config->journal_mode, MM_JOURNAL_DURABLE);
	assert_int_equal(config->journal_segment_bytes, 1048576);
	assert_int_equal(config->journal_keep_segments, 7);
	assert_string_equal(config->realms[0].issuer, "a\\b\"c");
	assert_string_equal(config->realms[0].keys, "/abs/k");
	assert_string_equal(config->realms[0].algorithms[1], "EdDSA");
	assert_null(config->realms[0].algorithms[2]);
	assert_int_equal(config->realms[0].max_lifetime_s, 60);
	assert_int_equal(config->revoke_count, 2);
	assert_string_equal(config->revokes[0].subjects[1], "s2");
	assert_true(config->revokes[0].issued_before_s == 1700000000);
	assert_true(config->revokes[1].issued_before_s == INT64_MAX);
	assert_string_equal(config->revokes[1].tokens[0], "jti");
	assert_string_equal(config->revokes[1].tenants[0], "z");
	mm_config_free(&config);
}

static void
test_fetched_keys(void **state)
{
	struct mm_config *config = parse_good(
	    "ca_certificates = \"ca.pem\"\n"
	    "realm r { issuer = i keys = \"discovery:https://i.example:8443/a%20b/.well-known/x?y=1\"\n"
	    "key_hosts = { \"h.example\", \"10.0.0.1:8443\", \"[::1]:1\" }\n"
	    "refresh = 60 refresh_cool_down = 5 absent_for = 3600 }\n"
	    "realm s { issuer = s keys = \"jwks:https://[2001:db8::1]/keys\" }\n"
	    "realm t { issuer = t keys = \"jwks:https://[2001:db8::1]/keys\" absent_for = 60 }\n"
	    "revoke stolen { realm = r keys = { \"k1\", \"k2\" } revoked_at = 1700000000 }\n", "/x/c.conf");

	(void)state;
	assert_string_equal(config->ca_path, "/x/ca.pem");
	assert_int_equal(config->realms[0].keys_kind, MM_KEYS_DISCOVERY);
	assert_string_equal(config->realms[0].keys, "discovery:https://i.example:8443/a%20b/.well-known/x?y=1");
	assert_string_equal(config->realms[0].key_hosts[2], "[::1]:1");
	assert_null(config->realms[0].key_hosts[3]);
	assert_int_equal(config->realms[0].refresh_s, 60);
	assert_int_equal(config->realms[0].cool_down_s, 5);
	assert_int_equal(config->realms[0].absent_for_s, 3600);
	assert_int_equal(config->realms[1].keys_kind, MM_KEYS_JWKS);
	assert_string_equal(config->realms[1].keys, "jwks:https://[2001:db8::1]/keys");
	assert_int_equal(config->realms[1].refresh_s, 3600);
	assert_int_equal(config->realms[1].cool_down_s, 30);
	assert_int_equal(config->realms[1].absent_for_s, 86400);
	assert_string_equal(config->revokes[0].keys[1], "k2");
	assert_int_equal(config->revokes[0].revoked_at_s, 1700000000);
	mm_config_free(&config);
}

static void
test_evidence_and_sharing(void **state)
{
	struct mm_config *config = parse_good(
	    "trusted_proxies = { unix, \"127.0.0.1\", \"10.0.0.0/8\", \"::1\", \"2001:db8::/32\", \"0.0.0.0/0\" }\n"
	    "trust_socket = \"unix:trust.sock\" token_cache = 0\n"
	    "listen = { \"tls:0.0.0.0:443\" } tls_certificate = c tls_key = k tls_client_certificates = \"ca.pem\"\n"
	    "service s { audience = a realms = { r } mailbox = none binding = dpop dpop_nonce = required }\n"
	    "service t { audience = a realms = { r } mailbox = none binding = \"mtls\" dpop_nonce = off }\n"
	    "service u { audience = a realms = { r } mailbox = none binding = when_bound dpop_nonce = required }\n",
	    "/x/c.conf");

	(void)state;
	assert_string_equal(config->trusted_proxies[0], "unix");
	assert_string_equal(config->trusted_proxies[5], "0.0.0.0/0");
	assert_string_equal(config->trust_socket_path, "/x/trust.sock");
	assert_string_equal(config->tls_client_ca_path, "/x/ca.pem");
	assert_int_equal(config->token_cache_bytes, 0);
	assert_int_equal(config->services[0].binding, MM_BINDING_DPOP);
	assert_true(config->services[0].dpop_nonce);
	assert_int_equal(config->services[1].binding, MM_BINDING_MTLS);
	assert_false(config->services[1].dpop_nonce);
	assert_true(config->services[2].dpop_nonce);
	mm_config_free(&config);
}

static void
test_mints(void **state)
{
	struct mm_config *config = parse_good(
	    "state_dir = \"/var/s\" stale_after = 5 ledger_keep = 30 sealing_key = \"credential:ledger\"\n"
	    "realm home { issuer = h keys = \"mint\" algorithms = { \"EdDSA\" }\n"
	    "listen = { \"127.0.0.1:1\", \"unix:/i\" }\n"
	    "rotate_every = 3600 publish_before = 60 visible_for = 3660 when_stale = marked_only }\n"
	    "realm hsm { issuer = i keys = mint listen = { \"[::1]:1\" } key_store = \"pkcs11:/m.so\"\n"
	    "dpop_nonce = off key_store_token = label key_store_pin = \"pin\" key_store_paths = { \"/a\", \"/b\" }\n"
	    "key_store_environment = { \"SOFTHSM2_CONF=/a=b\" } key_store_threads = 2 }\n"
	    "realm web { issuer = w keys = mint listen = { \"127.0.0.1:2\" } derived_from = { home, out }\n"
	    "derived_by = { exchange } }\n"
	    "realm out { issuer = o keys = \"file:o\" }\n"
	    "service imap { audience = a realms = { home, web, out } mailbox_claim = email mark = required\n"
	    "ledger = observe ledger_away = marked_only accept_unproven = { out } }\n"
	    "service exchange { audience = b realms = { home, out } directory = none mailbox = none\n"
	    "exchange_from = { home, out } }\n"
	    "service dir { audience = c realms = { home } directory = mint }\n"
	    "service known { audience = d realms = { hsm } directory = mint mailbox = none }\n", "/x/c.conf");
	const struct mm_config_realm *realms = config->realms;

	(void)state;
	assert_true(mm_config_has_mint(config));
	assert_int_equal(config->stale_after_s, 5);
	assert_int_equal(config->ledger_keep_days, 30);
	assert_string_equal(config->sealing_key_path, "credential:ledger");
	assert_int_equal(realms[0].keys_kind, MM_KEYS_MINT);
	assert_string_equal(realms[0].keys, "mint:home");
	assert_string_equal(realms[0].algorithms[0], "EdDSA");
	assert_int_equal(realms[0].listen_count, 2);
	assert_string_equal(realms[0].listens[1].address, "/i");
	assert_int_equal(realms[0].rotate_every_s, 3600);
	assert_int_equal(realms[0].publish_before_s, 60);
	assert_int_equal(realms[0].visible_for_s, 3660);
	assert_true(realms[0].when_stale_marked_only);
	assert_true(realms[0].dpop_nonce);
	assert_false(realms[1].dpop_nonce);
	assert_null(realms[0].key_store_module);
	assert_string_equal(realms[0].sealing_key_path, "/var/s/mint/home/sealing.key");
	assert_string_equal(realms[1].key_store_module, "/m.so");
	assert_int_equal(realms[1].key_store_threads, 2);
	assert_int_equal(realms[0].key_store_threads, 4);
	assert_string_equal(realms[1].key_store_token, "label");
	assert_string_equal(realms[1].key_store_pin_path, "/x/pin");
	assert_string_equal(realms[1].key_store_paths[1], "/b");
	assert_null(realms[1].key_store_paths[2]);
	assert_string_equal(realms[1].key_store_environment[0], "SOFTHSM2_CONF=/a=b");
	assert_int_equal(realms[1].rotate_every_s, 604800);
	assert_int_equal(realms[1].publish_before_s, 172800);
	assert_int_equal(realms[1].visible_for_s, 86400);
	assert_string_equal(realms[2].derived_from[1], "out");
	assert_string_equal(realms[2].derived_by[0], "exchange");
	assert_null(realms[3].listens);
	assert_null(realms[3].sealing_key_path);
	assert_int_equal(config->services[0].mark, MM_PROOF_REQUIRED);
	assert_int_equal(config->services[0].ledger, MM_PROOF_OBSERVE);
	assert_true(config->services[0].ledger_away_marked_only);
	assert_string_equal(config->services[0].accept_unproven[0], "out");
	assert_false(config->services[0].directory_mint);
	assert_string_equal(config->services[1].exchange_from[1], "out");
	assert_int_equal(config->services[1].mark, MM_PROOF_OFF);
	assert_int_equal(config->services[1].directory, MM_DIRECTORY_NONE);
	assert_int_equal(config->services[2].directory, MM_DIRECTORY_MAILBOXES);
	assert_int_equal(config->services[3].directory, MM_DIRECTORY_SUBJECTS);
	mm_config_free(&config);
}

/* The one thing of the environment, and only when the file is to be opened. */
static void
test_credentials(void **state)
{
	char *path = mm_config_sealing_key_file("/x/key");

	(void)state;
	assert_string_equal(path, "/x/key");
	free(path);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_null(mm_config_sealing_key_file("credential:k"));
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/run/credentials/m", 1), 0);
	path = mm_config_sealing_key_file("credential:k");
	assert_string_equal(path, "/run/credentials/m/k");
	free(path);
}

/* A text that is refused: the line and words of one of its problems, and words of that one's mend. */
struct refusal {
	const char *text;
	int line;
	const char *words;
	const char *mend;
};

#define REALM "realm r { issuer = i keys = \"file:k\" "
#define JWKS(url) "realm r { issuer = i keys = \"jwks:" url "\" "
#define DISCOVERY "realm r { issuer = i keys = \"discovery:https://i.example/x\" "
#define MINT "realm r { issuer = i keys = mint listen = { \"127.0.0.1:1\" } "
#define DERIVED_Q(parent) \
	"realm q { issuer = q keys = mint listen = { \"127.0.0.1:2\" } derived_from = { " parent " } "
#define FILE_REALM(name) "realm " name " { issuer = x keys = \"file:k\" }"
#define SERVICE "service s { audience = a realms = { r } mailbox = none "

static const struct refusal refusals[] = {
	/* what libconfuse lets pass */
	{ "\nuser = a\nuser = b\n", 3, "'user' stands twice, first in line 2", "keep one" },
	{ "listen = { \"127.0.0.1:1\" }\n\nlisten = { \"127.0.0.1:2\" }", 3, "stands twice", "keep one" },
	{ "\nuser = \"${HOME}\"", 2, "holds \"${\"", "the value itself" },
	{ "user = '${HOME}'", 1, "holds \"${\"", "the value itself" },
	{ "user = ${HOME}", 1, "'$' has no meaning", "double quotes" },
	{ REALM "\nmax_lifetime = 010 }", 2, "is 010, an octal", "decimal digits" },
	{ REALM "\nmax_lifetime = 0x10 }", 2, "is 0x10, an octal or hexadecimal", "decimal digits" },
	{ REALM "max_lifetime = 00 }", 1, "an octal", "decimal digits" },
	{ "user = \"a\\nb\"", 1, "unknown escape", "there are no others" },
	{ "user = \"a\\x41\"", 1, "unknown escape", "there are no others" },
	{ "user = 'a\\'b'", 1, "unknown escape", "double quotes" },
	{ "user = \"a\nb\"", 1, "string is not closed", "ends on its line" },
	{ "\nuser = \"a", 2, "string is not closed", "ends on its line" },
	{ "listen += { \"127.0.0.1:1\" }", 1, "'+' has no meaning", "whole list" },
	{ "include(\"/etc/passwd\")", 1, "there are no functions", "one file" },
	{ "include = \"/etc/passwd\"", 1, "'include' is no setting", NULL },
	{ REALM "algorithms = \"RS256\" }", 1, "'algorithms' is a list", "{ \"one\"" },
	{ REALM "algorithms = { \"RS256\" \"ES256\" } }", 1, "',' is expected", "a list is" },
	{ REALM "algorithms = { a, } }", 1, "a value behind ',' is expected", "remove the last" },
	{ REALM "algorithms = { , } }", 1, "a value is expected", "a list is" },
	{ REALM "issuer = https://i.example }", 1, "needs quotes", "double quotes" },
	{ "user = \"a\x01\"", 1, "control character 1", "remove" },
	{ "user = a;", 1, "';' has no meaning", "ends where" },
	{ "\n\n/* never", 3, "never ends", "close it" },
	{ "user = \"\xff\"", 1, "byte 0xff is not text", "UTF-8" },
	{ "\xef\xbb\xbfuser = a", 1, "needs quotes", NULL },

	/* names */
	{ "\nlistne = { \"127.0.0.1:1\" }", 2, "'listne' is no setting", "did you mean 'listen'?" },
	{ REALM "\nmax_lifetme = 5 }", 2, "realm r: 'max_lifetme' is no setting", "did you mean 'max_lifetime'?" },
	{ SERVICE "\nmax_lifetime = 5 }", 2, "'max_lifetime' is no setting", "setting of a 'realm' section" },
	{ REALM "state_dir = x }", 1, "'state_dir' is no setting", "outside of all sections" },
	{ "zzzzzzzzzz = 1", 1, "is no setting", "mintmark.conf(5)" },
	{ "servce s { }", 1, "servce s: there is no such section", "did you mean 'service'?" },
	{ "realm { }", 1, "has no name", "realm NAME" },
	{ REALM "}\n" REALM "}", 2, "realm r: the section stands twice, first in line 1", "another name" },
	{ "realm \"a/b\" { issuer = i keys = \"file:k\" }", 1, "name cannot be used", "1 to 64 letters" },
	{ "realm \"\" { issuer = i keys = \"file:k\" }", 1, "name cannot be used", "1 to 64 letters" },
	{ "realm .a { issuer = i keys = \"file:k\" }", 1, "name cannot be used", "begins with a letter" },
	{ REALM, 1, "section that begins here never ends", "close it" },
	{ "}", 1, "a word is expected, but here is '}'", NULL },
	{ "user", 1, "'=' is expected, but here is the end", NULL },
	{ "user = }", 1, "a value is expected", NULL },
	{ REALM "issuer { } }", 1, "'=' is expected", NULL },

	/* types */
	{ REALM "max_lifetime = \"60\" }", 1, "is a number", "from 1 to" },
	{ REALM "max_lifetime = -5 }", 1, "no whole number", "from 1 to" },
	{ REALM "max_lifetime = 0 }", 1, "out of range", "from 1 to" },
	{ REALM "max_lifetime = 99999999999999999999 }", 1, "no whole number", "from 1 to" },
	{ REALM "max_lifetime = 1h }", 1, "no whole number", "from 1 to" },
	{ REALM "require_key_issuer = yes }", 1, "neither true nor false", "true or false" },
	{ REALM "algorithms = { } }", 1, "'algorithms' is empty", "at least one" },
	{ "user = { a }", 1, "one text and no list", "one value" },
	{ "user = \"\"", 1, "'user' is empty", NULL },
	{ "journal = sometimes", 1, "none of the words", "before_answer or durable or group" },
	{ "journal_segment = 4096", 1, "out of range", "from 65536 to 1073741824" },
	{ SERVICE "scopes = { \"\" } }", 1, "'scopes' holds an empty value", NULL },

	/* mints */
	{ "realm r { issuer = i keys = \"mint\" }", 1, "a mint needs 'listen'", "ADDRESS:PORT" },
	{ MINT "\nalgorithms = { RS256, ES256 } }", 2, "signs by one algorithm", "keep one" },
	{ MINT "algorithms = { ES384 } }", 1, "does not sign by ES384", "RS256, PS256, ES256 and EdDSA" },
	{ MINT "max_lifetime = 3601 }", 1, "lives for more than an hour", "at most 3600" },
	{ MINT "\nvisible_for = 3659 }", 2, "a token would outlive its key", "60 s more" },
	{ MINT "rotate_every = 3600 }", 1, "could not be published in time", "at most 'rotate_every'" },
	{ MINT "rotate_every = 1209601 }", 1, "out of range", "from 10 to 1209600" },
	{ MINT "rotate_every = 9 }", 1, "out of range", "from 10 to" },
	{ MINT "publish_before = 0 }", 1, "out of range", "from 1 to" },
	{ MINT "refresh = 5 }", 1, "'refresh' says nothing of keys from a mint", "remove" },
	{ MINT "key_store = \"softhsm\" }", 1, "does not say where keys are kept", "pkcs11:/PATH" },
	{ MINT "key_store = \"pkcs11:module.so\" }", 1, "does not say where keys are kept", "pkcs11:/PATH" },
	{ MINT "key_store = \"pkcs11:/m.so\" key_store_token = t }", 1,
	    "'key_store_pin' is missing", "key_store_pin" },
	{ MINT "key_store_token = t }", 1, "is of a PKCS#11 module", "pkcs11:/PATH" },
	{ MINT "key_store = \"pkcs11:/m.so\" key_store_token = t key_store_pin = p\nsealing_key = k }", 2,
	    "says nothing where a PKCS#11", "remove" },
	{ MINT "key_store_paths = { \"/p\" } }", 1, "is of a PKCS#11 module", "pkcs11:/PATH" },
	{ MINT "key_store = \"pkcs11:/m.so\" key_store_token = t key_store_pin = p\nkey_store_paths = { \"p\" } }", 2,
	    "is no whole path", "/PATH" },
	{ MINT "key_store = \"pkcs11:/m.so\" key_store_token = t key_store_pin = p\n"
	    "key_store_environment = { \"=v\" } }", 2, "does not set a variable", "NAME=VALUE" },
	{ MINT "key_store_threads = 2 }", 1, "is of a PKCS#11 module", "pkcs11:/PATH" },
	{ MINT "key_store = \"pkcs11:/m.so\" key_store_token = t key_store_pin = p key_store_threads = 5 }", 1,
	    "out of range", "from 1 to 4" },
	{ MINT "sealing_key = \"credential:\" }", 1, "as none can be named", "credential:NAME" },
	{ MINT "sealing_key = \"credential:../x\" }", 1, "as none can be named", "credential:NAME" },
	{ "realm ledger { issuer = i keys = mint listen = { \"127.0.0.1:1\" } }", 1,
	    "cannot be called 'ledger'", "another" },
	{ "listen = { \"127.0.0.1:1\" }\n" MINT "}", 2, "127.0.0.1 of 'listen' is the gate's too", "of its own" },
	{ MINT "}\nrealm q { issuer = q keys = mint\nlisten = { \"127.0.0.1:1\" } }", 3,
	    "is another realm's too", "own" },
	{ "realm r { issuer = i keys = mint listen = { \"tls:1.2.3.4:443\" } }", 1, "no certificate", "tls_key" },
	{ "realm r { issuer = i keys = mint listen = { } }", 1, "nobody could ask", "ADDRESS:PORT" },
	{ REALM "listen = { \"127.0.0.1:1\" } }", 1, "'listen' is of a mint", "keys = \"mint\"" },
	{ REALM "rotate_every = 60 }", 1, "'rotate_every' is of a mint", "keys = \"mint\"" },
	{ REALM "derived_from = { x } }", 1, "'derived_from' is of a mint", "keys = \"mint\"" },
	{ REALM "dpop_nonce = off }", 1, "'dpop_nonce' is of a mint", "keys = \"mint\"" },
	{ REALM "derived_by = { x } }", 1, "'derived_by' is of a mint", "keys = \"mint\"" },
	{ REALM "when_stale = marked_only }", 1, "needs the marks of a mint", "when_stale = deny" },
	{ "sealing_key = k", 1, "no realm has a mint", "remove" },
	{ "stale_after = 0", 1, "out of range", "from 1 to 3600" },
	{ "ledger_keep = 36501", 1, "out of range", "from 0 to 36500" },
	{ MINT "\nderived_from = { x } }", 2, "there is no realm x to derive from", "of this file" },
	{ MINT "\nderived_from = { k } }\n" FILE_REALM("k"), 2, "'derived_by' is missing", "derived_by = {" },
	{ MINT "\nderived_by = { s } }", 2, "derived from none", "derived_from = {" },
	{ MINT "derived_from = { k }\nderived_by = { x } }\n" FILE_REALM("k"), 2, "there is no service x",
	    "of this file" },
	{ MINT "derived_from = { k }\nderived_by = { s } }\n" FILE_REALM("k") "\n" SERVICE "}", 2,
	    "service s exchanges no token", "'exchange_from'" },
	{ MINT "derived_from = { k }\nderived_by = { s } }\n" FILE_REALM("k") "\n" FILE_REALM("l") "\n"
	    "service s { audience = a realms = { l } exchange_from = { l } mailbox = none }", 2,
	    "service s exchanges no token", "'exchange_from'" },
	{ MINT "derived_from = { r } }", 1, "not derived from itself", "other realms" },
	{ MINT "derived_from = { q } }\nrealm q { issuer = q keys = mint listen = { \"127.0.0.1:2\" }\n"
	    "derived_from = { r } }", 3, "realm r is itself derived from this one", "the first" },
	{ MINT "derived_from = { q } }\n" DERIVED_Q("k") "}\n" FILE_REALM("k"), 1,
	    "realm q is itself derived, and", "the realm" },
	{ "realm r { issuer = \"https://r.example/{tenant}\" keys = mint listen = { \"127.0.0.1:1\" }\n"
	    "derived_from = { k } }\n" FILE_REALM("k"), 1, "is no template", "'tid'" },
	{ MINT "derived_from = { k } }\n" FILE_REALM("k") "\ntenant t {\nrealm = r }", 4,
	    "is derived and has the tenants", "sign in at" },
	{ MINT "derived_from = { k } }\n" FILE_REALM("k") "\ntenant t {\nrealm = k }", 4,
	    "a realm is derived from realm k", "give the tenant an 'id'" },

	/* proof of issuance */
	{ SERVICE "mark = maybe }", 1, "none of the words", "off or observe or required" },
	{ SERVICE "ledger_away = allow }", 1, "none of the words", "deny or marked_only" },
	{ FILE_REALM("r") "\n" SERVICE "\nmark = required }", 3, "realm r, which has no mint", "accept_unproven" },
	{ FILE_REALM("r") "\n" SERVICE "\nledger = required }", 3, "realm r, which has no mint", "accept_unproven" },
	{ SERVICE "accept_unproven = { nobody } }", 1, "there is no realm nobody", "of this file" },
	{ MINT "}\n" SERVICE "accept_unproven = { r } }", 2, "realm r has a mint", "remove it" },
	{ FILE_REALM("k") "\n" SERVICE "accept_unproven = { k } }", 2, "takes no token of realm k", "'realms'" },
	{ FILE_REALM("r") "\nservice s { audience = a realms = { r }\ndirectory = mint }", 3, "realm r has no mint",
	    "directory = none" },
	{ MINT "derived_from = { k } }\n" FILE_REALM("k") "\n" SERVICE "directory = mint }", 3,
	    "derived from k, which has no mint", "directory = none" },
	{ "service s { audience = a realms = { r } directory = mint\nmailbox_claim = c }", 2,
	    "contradicts 'directory = mint'", "one of the two" },
	{ SERVICE "directory = ldap }", 1, "none of the words", "none or mint" },
	{ SERVICE "exchange_from = { nobody } }", 1, "there is no realm nobody", "of this file" },
	{ FILE_REALM("k") "\n" SERVICE "exchange_from = { k } }", 2, "takes no token of realm k", "'realms'" },
	{ MINT "derived_from = { k } }\n" FILE_REALM("k") "\n" SERVICE "exchange_from = { r } }", 3,
	    "realm r is derived: its tokens are never exchanged", "derived from" },

	/* where keys are from */
	{ "realm r { issuer = i keys = \"common.jwks\" }", 1, "does not say where", "jwks:https://" },
	{ "realm r { issuer = i keys = \"file:\" }", 1, "does not say where", "file:NAME.jwks" },
	{ "realm r { issuer = i keys = \"jwks:\" }", 1, "does not say where", "file:NAME.jwks" },
	{ "realm r { issuer = i\nkeys = \"discovery:http://i.example\" }", 2, "does not begin with https://",
	    "https://HOST" },
	{ JWKS("https://") "}", 1, "neither a DNS name nor an address", "https://HOST" },
	{ JWKS("https:///keys") "}", 1, "neither a DNS name nor an address", "https://HOST" },
	{ JWKS("https://user@i.example/") "}", 1, "names a user", "https://HOST" },
	{ JWKS("https://i.example/#keys") "}", 1, "has a fragment", "https://HOST" },
	{ JWKS("https://i.example:0/") "}", 1, "has a port that is none", "https://HOST" },
	{ JWKS("https://i.example:65536/") "}", 1, "has a port that is none", "https://HOST" },
	{ JWKS("https://i.example:/") "}", 1, "has a port that is none", "https://HOST" },
	{ JWKS("https://[::1]x/") "}", 1, "has a port that is none", "https://HOST" },
	{ JWKS("https://[::g]/") "}", 1, "neither a DNS name nor an address", "https://HOST" },
	{ JWKS("https://-i.example/") "}", 1, "neither a DNS name nor an address", "https://HOST" },
	{ JWKS("https://i..example/") "}", 1, "neither a DNS name nor an address", "https://HOST" },
	{ JWKS("https://i_i.example/") "}", 1, "neither a DNS name nor an address", "https://HOST" },
	{ JWKS("https://127.1/") "}", 1, "neither a DNS name nor an address", "https://HOST" },
	{ JWKS("https://0x7f000001/") "}", 1, "neither a DNS name nor an address", "https://HOST" },
	{ JWKS("https://i.example/a b") "}", 1, "no address has", "https://HOST" },
	{ JWKS("https://i.example/%4") "}", 1, "no address has", "https://HOST" },
	{ REALM "refresh = 5 }", 1, "'refresh' says nothing of keys from a file", "fetch the keys" },
	{ REALM "refresh_cool_down = 5 }", 1, "'refresh_cool_down' says nothing", "fetch the keys" },
	{ REALM "absent_for = 5 }", 1, "'absent_for' says nothing", "fetch the keys" },
	{ REALM "key_hosts = { \"i.example\" } }", 1, "'key_hosts' says nothing", "fetch the keys" },
	{ JWKS("https://i.example/") "key_hosts = { \"h.example\" } }", 1, "which alone leads", "remove" },
	{ DISCOVERY "key_hosts = { \"https://h.example\" } }", 1, "has a host that is neither", "HOST:PORT" },
	{ DISCOVERY "key_hosts = { \"h.example:x\" } }", 1, "has a port that is none", "HOST:PORT" },
	{ DISCOVERY "key_hosts = { \"\" } }", 1, "'key_hosts' holds an empty value", "remove" },
	{ DISCOVERY "refresh = 0 }", 1, "out of range", "from 1 to 86400" },
	{ DISCOVERY "refresh_cool_down = 0 }", 1, "out of range", "from 1 to 86400" },
	{ DISCOVERY "absent_for = 2678401 }", 1, "out of range", "from 1 to 2678400" },
	{ DISCOVERY "}\nrealm q { issuer = q keys = \"discovery:https://i.example/x\" refresh = 60 }", 2,
	    "realm r has the same 'keys', but another 'refresh'", "the same in both" },

	/* who may say what, and the like */
	{ "trusted_proxies = { \"proxy.example\" }", 1, "neither \"unix\" nor an address", "NETWORK/LENGTH" },
	{ "trusted_proxies = { \"10.0.0.0/33\" }", 1, "a length that its address cannot have", "NETWORK/LENGTH" },
	{ "trusted_proxies = { \"10.0.0.1/8\" }", 1, "bits behind its length", "NETWORK/LENGTH" },
	{ "trusted_proxies = { \"::1/129\" }", 1, "a length that its address cannot have", "NETWORK/LENGTH" },
	{ "trusted_proxies = { \"fe80::1%eth0\" }", 1, "nor an address", "NETWORK/LENGTH" },
	{ "trusted_proxies = { \"10.0.0.0/08\" }", 1, "a length that", "NETWORK/LENGTH" },
	{ "token_cache = 1000", 1, "too small", "at least 262144" },
	{ "token_cache = 4294967297", 1, "out of range", "from 0 to 4294967296" },
	{ "tls_client_certificates = \"ca.pem\"", 1, "only over TLS", "tls:ADDRESS:PORT" },
	{ SERVICE "binding = mtls\ndpop_nonce = required }", 2, "takes no DPoP proof", "binding = dpop" },
	{ SERVICE "binding = cookie }", 1, "none of the words", "when_bound or dpop or mtls" },
	{ SERVICE "dpop_nonce = yes }", 1, "none of the words", "off or required" },

	/* what is missing or contradicts itself */
	{ "\nrealm r { keys = \"file:k\" }", 2, "realm r: 'issuer' is missing", NULL },
	{ "realm r { issuer = i }", 1, "'keys' is missing", NULL },
	{ "service s { realms = { r } mailbox = none }", 1, "'audience' is missing", NULL },
	{ "service s { audience = a realms = { r } }", 1, "which mailbox a token opens", "mailbox = none" },
	{ SERVICE "\nmailbox_claim = email }", 1, "contradicts 'mailbox_claim'", "one of the two" },
	{ "revoke r { realm = x }", 1, "nothing is revoked", "tenants or keys" },
	{ "revoke r { realm = x tokens = { t }\nissued_before = 5 }", 2, "contradicts 'tokens'", "of their own" },
	{ "revoke r { realm = x keys = { k }\nissued_before = 5 }", 2, "contradicts 'keys'", "of their own" },
	{ "revoke r { realm = x clients = { c }\nrevoked_at = 5 }", 2, "'revoked_at' is of keys", "name the keys" },
	{ "tls_key = \"k\"", 1, "belong together", "both" },
	{ "\ntls_key = \"k\" tls_certificate = \"c\"", 2, "no \"tls:\" address", "tls:ADDRESS:PORT" },
	{ "listen = { \"tls:1.2.3.4:443\" }", 1, "no certificate", "tls_certificate" },

	/* addresses and callers */
	{ "listen = { \"0.0.0.0:80\" }", 1, "in the clear", "tls:ADDRESS:PORT" },
	{ "listen = { a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q }", 1, "17 addresses; at most 16", "a proxy" },
	{ "listen = { \"[::]:80\" }", 1, "in the clear", "loopback" },
	{ "listen = { \"[::ffff:127.0.0.1]:80\" }", 1, "in the clear", "loopback" },
	{ "listen = { \"localhost:80\" }", 1, "a name where an address", "numbers" },
	{ "listen = { \"127.0.0.1\" }", 1, "no address and port", "PORT" },
	{ "listen = { \"::1:80\" }", 1, "no address and port", "[::1]:PORT" },
	{ "listen = { \"127.0.0.1:0\" }", 1, "no address and port", "PORT" },
	{ "listen = { \"127.0.0.1:080\" }", 1, "no address and port", "PORT" },
	{ "listen = { \"127.0.0.1:65536\" }", 1, "no address and port", "PORT" },
	{ "listen = { \"unix:gate.sock\" }", 1, "relative path", "unix:/PATH" },
	{ "listen = { \"127.0.0.1:1\", \"127.0.0.1:1\" }", 1, "stands twice", "one of the two" },
	{ "listen = { }", 1, "'listen' is empty", "default" },
	{ SERVICE "callers = { \"dovecot\" } }", 1, "not a name and the path", "NAME:/PATH" },
	{ SERVICE "callers = { \":x\" } }", 1, "not a name and the path", "NAME:/PATH" },
	{ SERVICE "callers = { \"a b:x\" } }", 1, "not a name and the path", "NAME:/PATH" },
	{ SERVICE "callers = { \"a:x\", \"a:y\" } }", 1, "caller 'a' stands twice", "one of the two" },
};

static bool
is_told(const struct mm_problems *problems, const struct refusal *refusal)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct mm_problem *problem = &problems->items[i];

		if (problem->line == refusal->line && strstr(problem->text, refusal->words) != NULL &&
		    (refusal->mend == NULL || (problem->mend != NULL && strstr(problem->mend, refusal->mend) != NULL)))
			return strcmp(problem->where, "a.conf") == 0;
	}
	return false;
}

static void
test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct mm_problems problems = { .count = 0 };

		assert_null(mm_config_parse(mm_slice_str(refusals[i].text), "a.conf", &problems));
		if (!is_told(&problems, &refusals[i])) {
			print_error("not told of: %s\n", refusals[i].text);
			mm_problems_print(&problems, stderr, true);
			fail();
		}
		mm_problems_clear(&problems);
	}
}

/* A shape fault stops the reading, everything else is told together, in the order of the lines. */
static void
test_all_told_together(void **state)
{
	static const char text[] = "usr = a\nrealm r {\n keys = \"mind\"\n max_lifetime = 010\n}\n"
	    "service s { audience = \"\"\n realms = { }\n mark = demanded }\n";
	static const int lines[] = { 1, 2, 3, 4, 6, 6, 7, 8 };
	struct mm_problems problems = { .count = 0 };

	(void)state;
	assert_null(mm_config_parse(mm_slice_str(text), "a.conf", &problems));
	assert_int_equal(problems.count, sizeof(lines) / sizeof(lines[0]));
	for (size_t i = 0; i < problems.count; i++)
		assert_int_equal(problems.items[i].line, lines[i]);
	mm_problems_clear(&problems);
}

static void
assert_refused(struct mm_slice text, const char *words)
{
	struct mm_problems problems = { .count = 0 };

	assert_null(mm_config_parse(text, "a.conf", &problems));
	assert_true(mm_problems_has_error(&problems));
	assert_non_null(strstr(problems.items[0].text, words));
	mm_problems_clear(&problems);
}

static void
test_absurd_sizes(void **state)
{
	size_t size = MM_CONFIG_LEN_MAX + 1;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', size);
	assert_refused(mm_slice(text, size), "at most 1048576 are read");
	for (size_t i = 0; i + 4 <= size - 1; i += 4)
		memcpy(text + i, "a=b ", 4);
	assert_refused(mm_slice(text, size - 1), "more than 20000 settings");
	for (size_t i = 0; i + 8 <= size - 1; i += 8)
		memcpy(text + i, "realm a{", 8);
	assert_refused(mm_slice(text, size - 1), "'=' is expected");
	for (size_t i = 0; i + 10 <= size - 1; i += 10)
		memcpy(text + i, "realm a{} ", 10);
	assert_refused(mm_slice(text, size - 1), "more than 4000 sections");
	memset(text, 'a', size - 1);
	memcpy(text, "user = \"", 8);
	text[size - 2] = '"';
	assert_refused(mm_slice(text, size - 1), "at most 4096 are allowed");
	free(text);
}

static void
test_nul_byte(void **state)
{
	(void)state;
	assert_refused(mm_slice("user = a\n# \0\n", 13), "byte 0x00 is not text");
	assert_refused(mm_slice("user = a\0", 9), "byte 0x00 is not text");
}

/* libconfuse would expand it, and an unset variable to nothing. */
static void
test_environment_is_not_looked_at(void **state)
{
	struct mm_config *config;

	(void)state;
	assert_int_equal(setenv("MM_TEST", "evil", 1), 0);
	config = parse_good("user = \"$MM_TEST\" # ${MM_TEST}\n", "a.conf");
	assert_string_equal(config->user, "$MM_TEST");
	mm_config_free(&config);
}

static void
test_line_ends_of_other_systems(void **state)
{
	struct mm_config *config = parse_good("user = a\r\n# x\r\njournal = group\r\n", "a.conf");

	(void)state;
	assert_string_equal(config->user, "a");
	assert_int_equal(config->journal_mode, MM_JOURNAL_GROUP);
	mm_config_free(&config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_installed_sample),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_everything_set),
		cmocka_unit_test(test_fetched_keys),
		cmocka_unit_test(test_evidence_and_sharing),
		cmocka_unit_test(test_mints),
		cmocka_unit_test(test_credentials),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_all_told_together),
		cmocka_unit_test(test_absurd_sizes),
		cmocka_unit_test(test_nul_byte),
		cmocka_unit_test(test_environment_is_not_looked_at),
		cmocka_unit_test(test_line_ends_of_other_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
