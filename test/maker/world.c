/* SPDX-License-Identifier: Apache-2.0 */
/* The world of the attack table, as tables. */
#include "test/maker/world.h"

#include "test/maker/key.h"
#include "test/maker/proof.h"
#include "test/maker/text.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DAY_S (24 * 3600)
#define PARTNER_ISSUER MAKER_PARTNER_ISSUER
#define FOREIGN_ISSUER "https://foreign.example"

static const struct maker_person people[] = {
	{ "alice", MAKER_TENANT_A, MAKER_ISSUER(MAKER_TENANT_A), "5f0c7f0e-alice", "alice@contoso.example", "KE1" },
	{ "dave", MAKER_TENANT_A, MAKER_ISSUER(MAKER_TENANT_A), "1c2d7f0e-dave", "dave@contoso.example", "KE1" },
	{ "bob", MAKER_TENANT_B, MAKER_ISSUER(MAKER_TENANT_B), "7a3b7f0e-bob", "bob@fabrikam.example", "KE1" },
	{ "carol", MAKER_TENANT_C, MAKER_ISSUER(MAKER_TENANT_C), "9e9e7f0e-carol", "carol@outlook.example", "KC1" },
	{ "paul", NULL, PARTNER_ISSUER, "2b1b7f0e-paul", "paul@partner.example", "KP1" },
};

/* The private keys. A derived one stands behind what it is derived from. */
static const struct key_row {
	const char *name;
	enum maker_key_kind kind;
	const char *of;
} key_rows[] = {
	{ "KC1", MAKER_RSA, NULL },               /* consumer, active */
	{ "KC0", MAKER_RSA, NULL },               /* consumer, its window ended 771 days ago */
	{ "KE1", MAKER_RSA, NULL },               /* enterprise, active */
	{ "KE2", MAKER_EC256, NULL },             /* enterprise, active */
	{ "KE0", MAKER_RSA, NULL },               /* enterprise, revoked a minute ago */
	{ "KU1", MAKER_RSA, NULL },               /* published without 'issuer' */
	{ "KE3", MAKER_RSA, NULL },               /* enterprise, retiring */
	{ "KE4", MAKER_RSA, NULL },               /* enterprise, just rotated to */
	{ "KE5", MAKER_RSA, NULL },               /* enterprise, prepared */
	{ "KP1", MAKER_RSA, NULL },               /* another organisation's own */
	{ "ATT", MAKER_RSA, NULL },               /* the attacker's own */
	{ "KX", MAKER_RSA, NULL },                /* one material for two realms */
	{ "KE9", MAKER_EC256, NULL },             /* enterprise, revoked */
	{ "KE0-EXPONENT", MAKER_OTHER_EXPONENT, "KE0" },
	{ "KE9-NEGATED", MAKER_NEGATED, "KE9" },
	{ "A-RSA", MAKER_RSA, NULL },             /* one a type, for every algorithm */
	{ "A-EC256", MAKER_EC256, NULL },
	{ "A-EC384", MAKER_EC384, NULL },
	{ "A-EC521", MAKER_EC521, NULL },
	{ "A-ED25519", MAKER_ED25519, NULL },
	{ "KET", MAKER_RSA, NULL },               /* a mint's, tainted */
	{ "KEX", MAKER_RSA, NULL },               /* a mint's, retired and tainted since */
	{ "KPT", MAKER_RSA, NULL },               /* another organisation's, tainted */
	{ "KD1", MAKER_EC256, NULL },             /* of mail's own token service */
	{ "D1", MAKER_EC256, NULL },              /* a client's own, with a certificate */
	{ "D2", MAKER_EC256, NULL },              /* another client's */
};

/* Those that have a certificate, keys/NAME.crt. */
static const char *const certified[] = { "D1", "D2" };

#define TEMPLATE "https://login.example/{tenantid}/v2.0"
#define CONSUMER MAKER_ISSUER(MAKER_TENANT_C)

/* Windows, from and until, in seconds from now. */
#define ACTIVE -30 * DAY_S, 30 * DAY_S
#define LONG_GONE -1136 * DAY_S, -771 * DAY_S
#define RETIRING -30 * DAY_S, -1800
#define ROTATED_NOW -60, 30 * DAY_S
#define PREPARED 7 * DAY_S, 37 * DAY_S

/* What stands in which key document. */
static const struct publication {
	const char *document, *kid, *key, *issuer, *alg;
	int64_t from_s, until_s;
	bool revoked, certificate;
} publications[] = {
	{ "common", "KC1", "KC1", CONSUMER, NULL, ACTIVE, false, false },
	{ "common", "KC0", "KC0", CONSUMER, NULL, LONG_GONE, false, false },
	{ "common", "KE1", "KE1", TEMPLATE, NULL, ACTIVE, false, false },
	{ "common", "KE2", "KE2", TEMPLATE, "ES256", ACTIVE, false, false },
	{ "common", "KE0", "KE0", TEMPLATE, NULL, ACTIVE, true, false },
	{ "common", "KU1", "KU1", NULL, NULL, ACTIVE, false, false },
	{ "common", "KE3", "KE3", TEMPLATE, NULL, RETIRING, false, false },
	{ "common", "KE4", "KE4", TEMPLATE, NULL, ROTATED_NOW, false, false },
	{ "common", "KE5", "KE5", TEMPLATE, NULL, PREPARED, false, false },

	/* As it was before KE0 was revoked. */
	{ "earlier", "KC1", "KC1", CONSUMER, NULL, ACTIVE, false, false },
	{ "earlier", "KE1", "KE1", TEMPLATE, NULL, ACTIVE, false, false },
	{ "earlier", "KE0", "KE0", TEMPLATE, NULL, ACTIVE, false, false },

	{ "republished", "KE0-RENAMED", "KE0", TEMPLATE, NULL, ACTIVE, false, false },
	{ "republished", "KE0-CERTIFICATE", "KE0", TEMPLATE, NULL, ACTIVE, false, true },
	{ "republished", "KE0-EXPONENT", "KE0-EXPONENT", TEMPLATE, NULL, ACTIVE, false, false },
	{ "republished", "KE9", "KE9", TEMPLATE, "ES256", ACTIVE, true, false },
	{ "republished", "KE9-NEGATED", "KE9-NEGATED", TEMPLATE, "ES256", ACTIVE, false, false },
	{ "elsewhere", "KP1", "KP1", NULL, NULL, ACTIVE, false, false },
	{ "elsewhere", "KE0", "ATT", NULL, NULL, ACTIVE, false, false },
	{ "elsewhere", "KE0-ELSEWHERE", "KE0", NULL, NULL, ACTIVE, false, false },

	{ "both", "KX-CONSUMER", "KX", CONSUMER, NULL, ACTIVE, false, false },
	{ "both", "KX-ENTERPRISE", "KX", TEMPLATE, NULL, ACTIVE, false, false },

	{ "consumer", "KC1", "KC1", NULL, NULL, ACTIVE, false, false },
	{ "consumer", "KX-CONSUMER", "KX", NULL, NULL, ACTIVE, false, false },
	{ "enterprise", "KE1", "KE1", NULL, NULL, ACTIVE, false, false },
	{ "enterprise", "KX-ENTERPRISE", "KX", NULL, NULL, ACTIVE, false, false },

	{ "foreign", "KE1-FOREIGN", "KE1", NULL, NULL, ACTIVE, false, false },
	{ "foreign", "KP1", "KP1", NULL, NULL, ACTIVE, false, false },

	{ "twice", "KE1", "KE1", TEMPLATE, NULL, ACTIVE, false, false },
	{ "twice", "KE1", "ATT", TEMPLATE, NULL, ACTIVE, false, false },

	{ "algorithms", "RS256", "A-RSA", NULL, "RS256", ACTIVE, false, false },
	{ "algorithms", "ES256", "A-EC256", NULL, "ES256", ACTIVE, false, false },
	{ "algorithms", "ES384", "A-EC384", NULL, "ES384", ACTIVE, false, false },
	{ "algorithms", "ES512", "A-EC521", NULL, "ES512", ACTIVE, false, false },
	{ "algorithms", "EdDSA", "A-ED25519", NULL, "EdDSA", ACTIVE, false, false },
	{ "rs384", "KEY", "A-RSA", NULL, "RS384", ACTIVE, false, false },
	{ "rs512", "KEY", "A-RSA", NULL, "RS512", ACTIVE, false, false },
	{ "ps256", "KEY", "A-RSA", NULL, "PS256", ACTIVE, false, false },
	{ "ps384", "KEY", "A-RSA", NULL, "PS384", ACTIVE, false, false },
	{ "ps512", "KEY", "A-RSA", NULL, "PS512", ACTIVE, false, false },
};

/* The documents; some hold all of the common one too. */
static const struct document {
	const char *name;
	bool holds_common;
} documents[] = {
	{ "common", false },
	{ "earlier", false },
	{ "republished", true },
	{ "elsewhere", false },
	{ "both", true },
	{ "consumer", false },
	{ "enterprise", false },
	{ "foreign", false },
	{ "twice", false },
	{ "algorithms", false },
	{ "rs384", false },
	{ "rs512", false },
	{ "ps256", false },
	{ "ps384", false },
	{ "ps512", false },
};

/* A third realm beside the two: another organisation, with one tenant and its own key file. */
#define OTHER_REALM(name, issuer, document) \
	"realm " name " {\n" \
	"    issuer = \"" issuer "\"\n" \
	"    keys = \"file:" document ".jwks\"\n" \
	"}\n" \
	"tenant " name " {\n" \
	"    realm = " name "\n" \
	"    domains = { \"" name ".example\" }\n" \
	"}\n"

static const char revocations[] =
	"revoke stolen {\n"
	"    realm = enterprise\n"
	"    tokens = { \"revoked-token\" }\n"
	"    sessions = { \"revoked-session\" }\n"
	"    subjects = { \"revoked-subject\" }\n"
	"    clients = { \"revoked-client\" }\n"
	"    tenants = { \"fabrikam\" }\n"
	"}\n"
	"revoke signed-out {\n"
	"    realm = enterprise\n"
	"    subjects = { \"renewed-subject\" }\n"
	"    issued_before = %lld\n"
	"}\n";

/* Who may ask, of every service. */
static const char callers[] = "    callers = { \"dovecot:dovecot.secret\" }\n";

/* The configurations. */
static const struct configuration {
	const char *name, *consumer_keys, *enterprise_keys;
	bool shared; /* one document for both realms: each key must state its issuer */
	const char *other_realm, *more;
} configurations[] = {
	{ "mintmark", "common", "common", true, NULL, "" },
	{ "earlier", "earlier", "earlier", true, NULL, "" },
	{ "revoked", "common", "common", true, NULL, revocations },
	{ "republished", "republished", "republished", true, "partner",
	    OTHER_REALM("partner", PARTNER_ISSUER, "elsewhere") },
	{ "both", "both", "both", true, NULL, "" },
	{ "separate", "consumer", "enterprise", false, NULL, "" },
	{ "foreign", "common", "common", true, "foreign", OTHER_REALM("foreign", FOREIGN_ISSUER, "foreign") },
	{ "twice", "twice", "twice", true, NULL, "" },
	{ "algorithms", "consumer", "algorithms", false, NULL, "" },
	{ "rs384", "consumer", "rs384", false, NULL, "" },
	{ "rs512", "consumer", "rs512", false, NULL, "" },
	{ "ps256", "consumer", "ps256", false, NULL, "" },
	{ "ps384", "consumer", "ps384", false, NULL, "" },
	{ "ps512", "consumer", "ps512", false, NULL, "" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- mints ---- */

/* The keys of the realms where they are mints, as their ledgers tell them. */
static const struct mint_key {
	const char *realm, *key, *issuer, *state, *more;
	int64_t from_s, until_s;
} mint_keys[] = {
	{ "consumer", "KC1", CONSUMER, "active", "", ACTIVE },
	{ "consumer", "KC0", CONSUMER, "retired", "", LONG_GONE },
	{ "enterprise", "KE1", TEMPLATE, "active", "", ACTIVE },
	{ "enterprise", "KE2", TEMPLATE, "active", "", ACTIVE },
	{ "enterprise", "KE0", TEMPLATE, "revoked", "revoked", ACTIVE },
	{ "enterprise", "KE3", TEMPLATE, "retiring", "", RETIRING },
	{ "enterprise", "KE4", TEMPLATE, "active", "", ROTATED_NOW },
	{ "enterprise", "KE5", TEMPLATE, "prepared", "", PREPARED },
	{ "enterprise", "KET", TEMPLATE, "tainted", "tainted", ACTIVE },
	{ "enterprise", "KEX", TEMPLATE, "retired", "tainted", LONG_GONE },
	{ "sts", "KD1", MAKER_STS_ISSUER, "active", "", ACTIVE },
};

static const char *const mint_realms[] = { "consumer", "enterprise", "sts" };

/* What else a ledger may say of a realm's keys, earlier or later: the document REALM-NAME, with one key otherwise. */
static const struct mint_telling {
	const char *realm, *name, *key, *state, *more;
} mint_tellings[] = {
	{ "enterprise", "before", "KE0", "active", "" }, /* before it was revoked */
	{ "enterprise", "tainted", "KE1", "tainted", "tainted" },
	{ "enterprise", "revoked", "KE1", "revoked", "revoked" },
};

static const char directory[] =
	"{\"users\":[{\"tenant\":\"contoso\",\"subject\":\"5f0c7f0e-alice\",\"mailbox\":\"alice@contoso.example\","
	"\"delegates\":[\"sales@contoso.example\"]},"
	"{\"tenant\":\"fabrikam\",\"subject\":\"7a3b7f0e-bob\",\"mailbox\":\"bob@fabrikam.example\"}]}";

/*
 * Services as ever, all of them with the same demand, for which '@' stands, '~' for that of the ledger alone, '^' for
 * what is done while the ledger is away, and '&' for who may ask; one that exchanges; one that keeps to the directory;
 * one that only looks. Issuers listen in the world's folder, for which '%' stands. The consumers' realm goes on by
 * marks where nothing current is heard of the ledger.
 */
static const char mint_services[] =
	"realm consumer {\n    issuer = \"" CONSUMER "\"\n    keys = mint\n"
	"    listen = { \"unix:%/consumer.sock\" }\n    when_stale = marked_only\n}\n"
	"realm enterprise {\n    issuer = \"https://login.example/{tenant}/v2.0\"\n    keys = mint\n"
	"    listen = { \"unix:%/enterprise.sock\" }\n}\n"
	"realm sts {\n    issuer = \"" MAKER_STS_ISSUER "\"\n    keys = mint\n    listen = { \"unix:%/sts.sock\" }\n"
	"    derived_from = { \"enterprise\", \"partner\" }\n    derived_by = { \"exchange\" }\n}\n"
	"realm partner {\n    issuer = \"" PARTNER_ISSUER "\"\n    keys = \"file:partner.jwks\"\n}\n"
	"tenant partner {\n    realm = partner\n    id = \"partner\"\n    domains = { \"partner.example\" }\n}\n"
	"service mail {\n&    audience = \"https://mail.example\"\n    realms = { \"consumer\", \"enterprise\", "
	    "\"sts\" }\n"
	"    mailbox_claim = \"preferred_username\"\n@}\n"
	"service imap {\n&    audience = \"https://mail.example\"\n    realms = { \"enterprise\" }\n"
	"    mailbox_claim = \"preferred_username\"\n@}\n"
	"service drive {\n&    audience = \"https://drive.example\"\n    realms = { \"consumer\", \"enterprise\" }\n"
	"    mailbox = none\n    scopes = { \"files.read\" }\n    clients = { \"drive-web\", \"drive-desktop\" }\n@}\n"
	"service exchange {\n&    audience = \"https://mail.example\"\n    realms = { \"enterprise\", \"sts\" }\n"
	"    mailbox = none\n    exchange_from = { \"enterprise\" }\n}\n"
	"service partners {\n&    audience = \"https://mail.example\"\n    realms = { \"partner\", \"sts\" }\n"
	"    mailbox = none\n    accept_unproven = { \"partner\" }\n@}\n"
	"service ledger-only {\n&    audience = \"https://mail.example\"\n    realms = { \"enterprise\" }\n"
	"    mailbox = none\n~}\n"
	"service directory {\n&    audience = \"https://mail.example\"\n    realms = { \"enterprise\" }\n"
	"    directory = mint\n@}\n"
	"service patient {\n&    audience = \"https://mail.example\"\n    realms = { \"enterprise\" }\n"
	"    mailbox_claim = \"preferred_username\"\n@^}\n"
	"service observer {\n&    audience = \"https://mail.example\"\n    realms = { \"enterprise\" }\n"
	"    mailbox_claim = \"preferred_username\"\n    mark = observe\n    ledger = observe\n}\n";

static const struct mint_world {
	const char *name, *both, *ledger, *away;
} mint_worlds[] = {
	{ "minted", "", "", "" },
	{ "proven", "    mark = required\n    ledger = required\n", "    ledger = required\n",
	    "    ledger_away = marked_only\n" },
};

/* By the letter that its name has behind the K. */
const char *
maker_realm_of_key(const char *key)
{
	return strncmp(key, "KC", 2) == 0 ? "consumer" : strncmp(key, "KD", 2) == 0 ? "sts" :
	    strncmp(key, "KP", 2) == 0 ? "partner" : "enterprise";
}

const struct maker_person *
maker_person_find(const char *name)
{
	for (size_t i = 0; i < COUNT(people); i++) {
		if (strcmp(name, people[i].name) == 0)
			return &people[i];
	}
	maker_fail("there is nobody called '%s'", name);
}

static void
write_file(const char *dir, const char *name, const char *suffix, mode_t mode, const char *text)
{
	struct maker_text path = { 0 };
	FILE *file;

	maker_text_add_format(&path, "%s/%s%s", dir, name, suffix);
	file = fopen(path.bytes, "we");
	if (file == NULL || fchmod(fileno(file), mode) != 0 || fputs(text, file) < 0 || fclose(file) != 0)
		maker_fail("%s cannot be written", path.bytes);
	maker_text_clear(&path);
}

static size_t
key_number(const char *name)
{
	for (size_t i = 0; i < COUNT(key_rows); i++) {
		if (strcmp(name, key_rows[i].name) == 0)
			return i;
	}
	maker_fail("there is no key '%s'", name);
}

static void
make_keys(const char *dir, EVP_PKEY *keys[COUNT(key_rows)])
{
	struct maker_text path = { 0 };

	maker_text_add_format(&path, "%s/keys", dir);
	if (mkdir(path.bytes, 0700) != 0 && errno != EEXIST)
		maker_fail("%s cannot be made", path.bytes);
	for (size_t i = 0; i < COUNT(key_rows); i++) {
		const struct key_row *row = &key_rows[i];

		keys[i] = maker_key_new(row->kind, row->of == NULL ? NULL : keys[key_number(row->of)]);
		maker_text_clear(&path);
		maker_text_add_format(&path, "%s/keys/%s.pem", dir, row->name);
		maker_key_store(keys[i], path.bytes);
	}
	maker_text_clear(&path);
}

static void
make_certificates(const char *dir, EVP_PKEY *const keys[COUNT(key_rows)])
{
	struct maker_text path = { 0 };

	for (size_t i = 0; i < COUNT(certified); i++) {
		maker_text_add_format(&path, "%s/keys/%s.crt", dir, certified[i]);
		maker_key_store_certificate(keys[key_number(certified[i])], path.bytes);
		maker_text_clear(&path);
	}
}

static void
publish_revocation(struct maker_object *jwk, int64_t now_s)
{
	struct maker_text revoked = { 0 };

	maker_text_add_format(&revoked, "{\"revoked_at\":%lld,\"reason\":\"compromised\"}", (long long)now_s - 60);
	maker_object_set(jwk, "revoked", revoked.bytes);
	maker_text_clear(&revoked);
}

static void
publish(const struct publication *row, EVP_PKEY *key, int64_t now_s, struct maker_text *out)
{
	struct maker_object jwk = { 0 };

	maker_key_publish(key, &jwk);
	maker_object_set_string(&jwk, "use", "sig");
	maker_object_set_string(&jwk, "kid", row->kid);
	if (row->alg != NULL)
		maker_object_set_string(&jwk, "alg", row->alg);
	if (row->issuer != NULL)
		maker_object_set_string(&jwk, "issuer", row->issuer);
	maker_object_set_number(&jwk, "iat", now_s + row->from_s);
	maker_object_set_number(&jwk, "nbf", now_s + row->from_s);
	maker_object_set_number(&jwk, "exp", now_s + row->until_s);
	if (row->revoked)
		publish_revocation(&jwk, now_s);
	if (row->certificate)
		maker_key_publish_certificate(key, &jwk);
	maker_object_write(&jwk, out);
	maker_object_clear(&jwk);
}

static void
write_document(const char *dir, const struct document *document, EVP_PKEY *const keys[], int64_t now_s)
{
	struct maker_text text = { 0 };
	const char *between = "{\"keys\":[\n";

	for (size_t i = 0; i < COUNT(publications); i++) {
		const struct publication *row = &publications[i];

		if (strcmp(row->document, document->name) != 0 &&
		    !(document->holds_common && strcmp(row->document, "common") == 0))
			continue;
		maker_text_add_str(&text, between);
		publish(row, keys[key_number(row->key)], now_s, &text);
		between = ",\n";
	}
	maker_text_add_str(&text, "\n]}\n");
	write_file(dir, document->name, ".jwks", 0644, text.bytes);
	maker_text_clear(&text);
}

static void
add_daemon_settings(struct maker_text *text, const char *dir, const char *name,
    const struct maker_world_settings *settings)
{
	maker_text_add_format(text, "state_dir = \"state-%s\"\n", name);
	maker_text_add_format(text, "user = \"%s\"\n", settings->user);
	maker_text_add_format(text, "journal_segment = 1048576\n");
	if (settings->listen == NULL)
		maker_text_add_format(text, "listen = { \"unix:%s/gate.sock\" }\n\n", dir);
	else
		maker_text_add_format(text, "listen = { \"%s\", \"unix:%s/gate.sock\" }\n\n", settings->listen, dir);
}

static void
add_realms(struct maker_text *text, const struct configuration *row)
{
	maker_text_add_format(text, "realm consumer {\n    issuer = \"%s\"\n    keys = \"file:%s.jwks\"\n%s}\n",
	    CONSUMER, row->consumer_keys, row->shared ? "    require_key_issuer = true\n" : "");
	maker_text_add_format(text, "realm enterprise {\n    issuer = \"https://login.example/{tenant}/v2.0\"\n"
	    "    keys = \"file:%s.jwks\"\n%s}\n\n", row->enterprise_keys,
	    row->shared ? "    require_key_issuer = true\n" : "");
}

static void
add_tenants(struct maker_text *text)
{
	static const struct {
		const char *name, *realm, *id, *domain, *admin;
	} rows[] = {
		{ "outlook", "consumer", MAKER_TENANT_C, "outlook.example", "security@consumer.example" },
		{ "contoso", "enterprise", MAKER_TENANT_A, "contoso.example", "security@contoso-irm.example" },
		{ "fabrikam", "enterprise", MAKER_TENANT_B, "fabrikam.example", "security@fabrikam-irm.example" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		maker_text_add_format(text, "tenant %s {\n    realm = %s\n    id = \"%s\"\n    domains = { \"%s\" }\n"
		    "    admins = { \"%s\" }\n}\n",
		    rows[i].name, rows[i].realm, rows[i].id, rows[i].domain, rows[i].admin);
	maker_text_add_str(text, "\n");
}

static void
add_services(struct maker_text *text, const char *other_realm)
{
	const char *comma = other_realm == NULL ? "" : ", \"";
	const char *quote = other_realm == NULL ? "" : "\"";
	const char *other = other_realm == NULL ? "" : other_realm;

	maker_text_add_format(text, "service mail {\n    audience = \"https://mail.example\"\n"
	    "    realms = { \"consumer\", \"enterprise\"%s%s%s }\n    mailbox_claim = \"preferred_username\"\n%s}\n",
	    comma, other, quote, callers);
	maker_text_add_format(text, "service imap {\n    audience = \"https://mail.example\"\n"
	    "    realms = { \"enterprise\" }\n    mailbox_claim = \"preferred_username\"\n%s}\n", callers);
	maker_text_add_format(text, "service drive {\n    audience = \"https://drive.example\"\n"
	    "    realms = { \"consumer\", \"enterprise\" }\n    mailbox = none\n    scopes = { \"files.read\" }\n"
	    "    clients = { \"drive-web\", \"drive-desktop\" }\n%s}\n", callers);
}

static void
write_configuration(const char *dir, const struct configuration *row, const struct maker_world_settings *settings)
{
	struct maker_text text = { 0 };

	maker_text_add_str(&text, "# Made by mintmark-maker for tests and the demo.\n");
	add_daemon_settings(&text, dir, row->name, settings);
	add_realms(&text, row);
	add_tenants(&text);
	add_services(&text, row->other_realm);
	if (row->more == revocations)
		maker_text_add_format(&text, revocations, (long long)settings->now_s - 1800);
	else
		maker_text_add_str(&text, row->more);
	write_file(dir, row->name, ".conf", 0644, text.bytes);
	maker_text_clear(&text);
}

/* A mint calls a key by its thumbprint. */
static void
add_mint_key(const struct mint_key *row, const struct mint_telling *telling, EVP_PKEY *key, int64_t now_s,
    struct maker_text *out)
{
	bool told = telling != NULL && strcmp(telling->key, row->key) == 0;
	const char *state = told ? telling->state : row->state, *more = told ? telling->more : row->more;
	struct maker_object jwk = { 0 };
	struct maker_text kid = { 0 };

	maker_add_thumbprint(&kid, key);
	maker_key_publish(key, &jwk);
	maker_object_set_string(&jwk, "use", "sig");
	maker_object_set_string(&jwk, "kid", kid.bytes);
	maker_object_set_string(&jwk, "alg", maker_key_algorithm(key));
	maker_object_set_string(&jwk, "issuer", row->issuer);
	maker_object_set_number(&jwk, "iat", now_s + row->from_s - DAY_S);
	maker_object_set_number(&jwk, "nbf", now_s + row->from_s);
	maker_object_set_number(&jwk, "exp", now_s + row->until_s);
	maker_object_set_string(&jwk, "state", state);
	if (more[0] != '\0')
		maker_object_set_number(&jwk, more, now_s - 60);
	maker_object_write(&jwk, out);
	maker_object_clear(&jwk);
	maker_text_clear(&kid);
}

/* A realm's key document; telling NULL: the usual one. */
static struct maker_text
write_mint_keys(const char *realm, const struct mint_telling *telling, EVP_PKEY *const keys[], int64_t now_s)
{
	struct maker_text text = { 0 };
	const char *between = "{\"keys\":[\n";

	for (size_t i = 0; i < COUNT(mint_keys); i++) {
		if (strcmp(mint_keys[i].realm, realm) != 0)
			continue;
		maker_text_add_str(&text, between);
		add_mint_key(&mint_keys[i], telling, keys[key_number(mint_keys[i].key)], now_s, &text);
		between = ",\n";
	}
	maker_text_add_str(&text, "\n]}\n");
	return text;
}

/* mintmarkd keeps a document by the SHA-256 of its name, in hex. */
static void
keep_document(const char *folder, const char *prefix, const char *realm, const char *text)
{
	unsigned char digest[32];
	struct maker_text name = { 0 }, file = { 0 };

	maker_text_add_format(&name, "%s%s", prefix, realm);
	if (EVP_Digest(name.bytes, name.len, digest, NULL, EVP_sha256(), NULL) != 1)
		maker_fail("no SHA-256");
	for (size_t i = 0; i < sizeof digest; i++)
		maker_text_add_format(&file, "%02x", digest[i]);
	write_file(folder, file.bytes, ".jwks", 0600, text);
	maker_text_clear(&name);
	maker_text_clear(&file);
}

/* A folder below another, whose path is returned. */
static struct maker_text
make_folder(const char *dir, const char *name)
{
	struct maker_text folder = { 0 };

	maker_text_add_format(&folder, "%s/%s", dir, name);
	if (mkdir(folder.bytes, 0700) != 0 && errno != EEXIST)
		maker_fail("%s cannot be made", folder.bytes);
	return folder;
}

static struct maker_text
make_state_folder(const char *dir, const char *name)
{
	struct maker_text state = { 0 }, folder;

	maker_text_add_format(&state, "state-%s", name);
	folder = make_folder(dir, state.bytes);
	maker_text_clear(&state);
	return folder;
}

/* What mintmarkd keeps of the mints, for those who decide offline. */
static void
keep_mints(const char *state, EVP_PKEY *const keys[], int64_t now_s)
{
	struct maker_text folder = make_folder(state, "keys");

	for (size_t i = 0; i < COUNT(mint_realms); i++) {
		struct maker_text text = write_mint_keys(mint_realms[i], NULL, keys, now_s);

		keep_document(folder.bytes, "mint:", mint_realms[i], text.bytes);
		maker_text_clear(&text);
	}
	keep_document(folder.bytes, "directory:", "enterprise", directory);
	maker_text_clear(&folder);
}

/* The same for who plays the ledger, in its folder, and what else he may tell. */
static void
write_tellings(const char *ledger, EVP_PKEY *const keys[], int64_t now_s)
{
	for (size_t i = 0; i < COUNT(mint_realms); i++) {
		struct maker_text text = write_mint_keys(mint_realms[i], NULL, keys, now_s);

		write_file(ledger, mint_realms[i], ".jwks", 0644, text.bytes);
		maker_text_clear(&text);
	}
	for (size_t i = 0; i < COUNT(mint_tellings); i++) {
		const struct mint_telling *telling = &mint_tellings[i];
		struct maker_text text = write_mint_keys(telling->realm, telling, keys, now_s), name = { 0 };

		maker_text_add_format(&name, "%s-%s", telling->realm, telling->name);
		write_file(ledger, name.bytes, ".jwks", 0644, text.bytes);
		maker_text_clear(&text);
		maker_text_clear(&name);
	}
}

static void
write_playbook(const char *state, EVP_PKEY *const keys[], int64_t now_s)
{
	struct maker_text mint = make_folder(state, "mint"), ledger = make_folder(mint.bytes, "ledger");
	struct maker_text realm = make_folder(mint.bytes, "enterprise"), table = make_folder(realm.bytes, "table");

	write_tellings(ledger.bytes, keys, now_s);
	write_file(table.bytes, "directory", ".json", 0644, directory);
	maker_text_clear(&mint);
	maker_text_clear(&ledger);
	maker_text_clear(&realm);
	maker_text_clear(&table);
}

/* The one of an external realm: a file that an operator wrote, who says that a key is tainted. */
static void
write_partner(const char *dir, EVP_PKEY *const keys[], int64_t now_s)
{
	static const char *const names[] = { "KP1", "KPT" };
	struct maker_text text = { 0 };

	for (size_t i = 0; i < COUNT(names); i++) {
		struct maker_object jwk = { 0 };

		maker_key_publish(keys[key_number(names[i])], &jwk);
		maker_object_set_string(&jwk, "kid", names[i]);
		if (i == 1)
			maker_object_set_number(&jwk, "tainted", now_s - 60);
		maker_text_add_str(&text, i == 0 ? "{\"keys\":[" : ",");
		maker_object_write(&jwk, &text);
		maker_object_clear(&jwk);
	}
	maker_text_add_str(&text, "]}\n");
	write_file(dir, "partner", ".jwks", 0644, text.bytes);
	maker_text_clear(&text);
}

static void
add_mint_services(struct maker_text *text, const char *dir, const struct mint_world *row)
{
	for (const char *at = mint_services; *at != '\0'; at++)
		switch (*at) {
		case '@': maker_text_add_str(text, row->both); break;
		case '~': maker_text_add_str(text, row->ledger); break;
		case '^': maker_text_add_str(text, row->away); break;
		case '%': maker_text_add_str(text, dir); break;
		case '&': maker_text_add_str(text, callers); break;
		default: maker_text_add(text, at, 1);
		}
}

static void
make_mint_world(const char *dir, const struct mint_world *row, EVP_PKEY *const keys[],
    const struct maker_world_settings *settings)
{
	struct maker_text state = make_state_folder(dir, row->name), text = { 0 };

	keep_mints(state.bytes, keys, settings->now_s);
	write_playbook(state.bytes, keys, settings->now_s);
	maker_text_add_str(&text, "# Made by mintmark-maker for tests and the demo.\n");
	add_daemon_settings(&text, dir, row->name, settings);
	add_tenants(&text);
	add_mint_services(&text, dir, row);
	write_file(dir, row->name, ".conf", 0644, text.bytes);
	maker_text_clear(&state);
	maker_text_clear(&text);
}

void
maker_world_make(const char *given_dir, const struct maker_world_settings *settings)
{
	EVP_PKEY *keys[COUNT(key_rows)];
	char *dir = realpath(given_dir, NULL);

	if (dir == NULL)
		maker_fail("%s is no folder", given_dir);
	make_keys(dir, keys);
	make_certificates(dir, keys);
	for (size_t i = 0; i < COUNT(documents); i++)
		write_document(dir, &documents[i], keys, settings->now_s);
	for (size_t i = 0; i < COUNT(configurations); i++)
		write_configuration(dir, &configurations[i], settings);
	write_partner(dir, keys, settings->now_s);
	for (size_t i = 0; i < COUNT(mint_worlds); i++)
		make_mint_world(dir, &mint_worlds[i], keys, settings);
	write_file(dir, "dovecot", ".secret", 0600, MAKER_SECRET "\n");
	for (size_t i = 0; i < COUNT(keys); i++)
		EVP_PKEY_free(keys[i]);
	free(dir);
}

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

void
maker_world_remove(const char *dir)
{
	if (nftw(dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0)
		fprintf(stderr, "mintmark-maker: %s cannot be removed\n", dir);
}
