/* SPDX-License-Identifier: Apache-2.0 */
/* One token from a recipe. */
#include "test/maker/token.h"

#include "test/maker/key.h"
#include "test/maker/mint.h"
#include "test/maker/proof.h"
#include "test/maker/signature.h"
#include "test/maker/spelling.h"
#include "test/maker/text.h"
#include "test/maker/world.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/*
 * An s + n that fits the modulus's length comes with a few tries of other token ids; with many where the modulus is
 * near its largest: 400 were too few once in some 10,000 worlds.
 */
#define TRIES_MAX 100000

struct recipe {
	const char *dir;
	int64_t now_s;
	const struct maker_person *person;
	const char *key, *kid, *alg, *raw_header, *raw_payload, *signature, *spelling;
	const char *proof_of; /* a token: make a DPoP proof for it instead of a token */
	const char *marked;   /* a mint's token, and how it is marked; NULL: it is none */
	const char *number;   /* that its jti says */
	const char *root_key; /* of a token of the derived realm; NULL: it is none */
	unsigned attempt;
	int argc;
	const char *const *argv;
};

struct draft {
	struct maker_object header, claims;
};

/* "{now}", "{now-60}", "{now+3600}": returns what stands behind it, or NULL where it is none of these. */
static const char *
expand_now(const char *place, int64_t now_s, struct maker_text *out)
{
	long long offset = 0;
	char *end;

	if (strncmp(place, "{now", 4) != 0)
		return NULL;
	end = (char *)(uintptr_t)place + 4;
	if (*end == '+' || *end == '-')
		offset = strtoll(end, &end, 10);
	if (*end != '}')
		return NULL;
	maker_text_add_format(out, "%lld", (long long)now_s + offset);
	return end + 1;
}

/* "{a*300}": a character so many times. */
static const char *
expand_run(const char *place, struct maker_text *out)
{
	char *end;
	unsigned long count;

	if (place[0] != '{' || place[1] == '\0' || place[2] != '*' || !isdigit((unsigned char)place[3]))
		return NULL;
	count = strtoul(place + 3, &end, 10);
	if (*end != '}')
		return NULL;
	while (count-- > 0)
		maker_text_add(out, place + 1, 1);
	return end + 1;
}

/* "{A}", "{B}", "{C}": the tenants' ids. */
static const char *
expand_tenant(const char *place, struct maker_text *out)
{
	static const char *const ids[] = { MAKER_TENANT_A, MAKER_TENANT_B, MAKER_TENANT_C };

	if (place[0] != '{' || place[1] < 'A' || place[1] > 'C' || place[2] != '}')
		return NULL;
	maker_text_add_str(out, ids[place[1] - 'A']);
	return place + 3;
}

static struct maker_text
path_of(const struct recipe *recipe, const char *name, const char *suffix)
{
	struct maker_text path = { 0 };

	maker_text_add_format(&path, "%s/keys/%s%s", recipe->dir, name, suffix);
	return path;
}

static EVP_PKEY *
load_key(const struct recipe *recipe, const char *name)
{
	struct maker_text path = path_of(recipe, name, ".pem");
	EVP_PKEY *key = maker_key_load(path.bytes);

	maker_text_clear(&path);
	return key;
}

/* A mint calls its keys by their thumbprints, others what they like: here by their names. */
static struct maker_text
kid_of(const struct recipe *recipe, const char *name)
{
	struct maker_text kid = { 0 };

	if (recipe->marked == NULL || strcmp(maker_realm_of_key(name), "partner") == 0) {
		maker_text_add_str(&kid, name);
	} else {
		EVP_PKEY *key = load_key(recipe, name);

		maker_add_thumbprint(&kid, key);
		EVP_PKEY_free(key);
	}
	return kid;
}

static void
add_lower(struct maker_text *out, const char *kid)
{
	for (; *kid != '\0'; kid++)
		maker_text_add_format(out, "%c", tolower((unsigned char)*kid));
}

static void
add_short(struct maker_text *out, const char *kid)
{
	maker_text_add(out, kid, strlen(kid) - 1);
}

static void
add_escaped(struct maker_text *out, const char *kid)
{
	maker_text_add_format(out, "\\u%04x%s", (unsigned char)kid[0], kid + 1);
}

/* "{kid:KE1}", as the world calls that key, and what is nearly that. */
static const char *
expand_kid(const struct recipe *recipe, const char *place, struct maker_text *out)
{
	static const struct {
		const char *before;
		void (*add)(struct maker_text *out, const char *kid);
	} rows[] = {
		{ "{kid:", maker_text_add_str },
		{ "{lower:", add_lower },
		{ "{short:", add_short },
		{ "{escaped:", add_escaped },
	};
	const char *end = strchr(place, '}');

	for (size_t i = 0; end != NULL && i < sizeof rows / sizeof rows[0]; i++) {
		size_t len = strlen(rows[i].before);
		struct maker_text kid;
		char *name;

		if (strncmp(place, rows[i].before, len) != 0)
			continue;
		name = maker_copy_part(place + len, (size_t)(end - place) - len);
		kid = kid_of(recipe, name);
		rows[i].add(out, kid.bytes);
		maker_text_clear(&kid);
		free(name);
		return end + 1;
	}
	return NULL;
}

static char *
expand(const struct recipe *recipe, const char *text)
{
	struct maker_text out = { 0 };

	maker_text_add_str(&out, "");
	while (*text != '\0') {
		const char *behind = expand_now(text, recipe->now_s, &out);

		if (behind == NULL)
			behind = expand_tenant(text, &out);
		if (behind == NULL)
			behind = expand_kid(recipe, text, &out);
		if (behind == NULL)
			behind = expand_run(text, &out);
		if (behind == NULL) {
			maker_text_add(&out, text, 1);
			behind = text + 1;
		}
		text = behind;
	}
	return out.bytes;
}

typedef void member_edit(struct maker_object *object, const char *name, const char *value);

/* Split "name=JSON" at its first '=', expand the value, and do it. */
static void
edit_member(const struct recipe *recipe, struct maker_object *object, const char *argument, member_edit *edit)
{
	const char *equals = strchr(argument, '=');
	char *name, *value;

	if (equals == NULL)
		maker_fail("'%s' is not NAME=JSON", argument);
	name = maker_copy_part(argument, (size_t)(equals - argument));
	value = expand(recipe, equals + 1);
	edit(object, name, value);
	free(name);
	free(value);
}

static void
edit_header(struct recipe *recipe, struct draft *draft, const char *argument)
{
	edit_member(recipe, &draft->header, argument, maker_object_set);
}

static void
append_header(struct recipe *recipe, struct draft *draft, const char *argument)
{
	edit_member(recipe, &draft->header, argument, maker_object_append);
}

static void
remove_header(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)recipe;
	maker_object_remove(&draft->header, argument);
}

static void
edit_claim(struct recipe *recipe, struct draft *draft, const char *argument)
{
	edit_member(recipe, &draft->claims, argument, maker_object_set);
}

static void
append_claim(struct recipe *recipe, struct draft *draft, const char *argument)
{
	edit_member(recipe, &draft->claims, argument, maker_object_append);
}

static void
remove_claim(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)recipe;
	maker_object_remove(&draft->claims, argument);
}

/* A whole genuine token of somebody inside this one, as unsigned actor wrappers carry it. */
static void
add_actor(struct recipe *recipe, struct draft *draft, const char *argument)
{
	const char *const inner[] = { "--as", argument };
	char *token = maker_token_make(recipe->dir, recipe->now_s, 2, inner);

	maker_object_set_string(&draft->claims, "actortoken", token);
	free(token);
}

static void
bind_to_key(struct recipe *recipe, struct draft *draft, const char *argument)
{
	EVP_PKEY *key = load_key(recipe, argument);
	struct maker_text cnf = maker_binding_of_key(key);

	maker_object_set(&draft->claims, "cnf", cnf.bytes);
	maker_text_clear(&cnf);
	EVP_PKEY_free(key);
}

static void
bind_to_certificate(struct recipe *recipe, struct draft *draft, const char *argument)
{
	struct maker_text path = path_of(recipe, argument, ".crt");
	struct maker_text cnf = maker_binding_of_certificate(path.bytes);

	maker_object_set(&draft->claims, "cnf", cnf.bytes);
	maker_text_clear(&cnf);
	maker_text_clear(&path);
}

static void
set_proof_of(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->proof_of = argument;
}

static void
set_marked(struct recipe *recipe, struct draft *draft, const char *argument)
{
	static const char *const forms[] = { "right", "none", "made-up", "other-audience", "other-day", "not-last" };

	(void)draft;
	recipe->marked = argument;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (strcmp(argument, forms[i]) == 0)
			return;
	}
	maker_fail("a token is not marked '%s'", argument);
}

static void
set_number(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->number = argument;
}

/* Whether it is on record is for who judges the token to know; the token says nothing of it. */
static void
set_recorded(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)recipe;
	(void)draft;
	if (strcmp(argument, "no") != 0 && strcmp(argument, "yes") != 0)
		maker_fail("--recorded is yes or no");
}

static void
set_root_key(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->root_key = argument;
	if (recipe->key == NULL)
		recipe->key = "KD1";
}

static void
set_person(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->person = maker_person_find(argument);
}

static void
set_key(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->key = argument;
}

static void
set_kid(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->kid = argument;
}

static void
set_alg(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->alg = argument;
}

static void
set_typ(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)recipe;
	maker_object_set_string(&draft->header, "typ", argument);
}

static void
set_raw_header(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->raw_header = argument;
}

static void
set_raw_payload(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->raw_payload = argument;
}

static void
set_signature(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->signature = argument;
}

static void
set_spelling(struct recipe *recipe, struct draft *draft, const char *argument)
{
	(void)draft;
	recipe->spelling = argument;
}

/* Choices stand before the token is drafted, edits are applied to the draft in their order. */
static const struct argument {
	const char *name, *value, *help;
	bool edits;
	void (*apply)(struct recipe *recipe, struct draft *draft, const char *argument);
} arguments[] = {
	{ "--as", "PERSON", "alice (default), dave, bob, carol, paul", false, set_person },
	{ "--key", "NAME", "who signs it (default: the person's own realm's key)", false, set_key },
	{ "--kid", "TEXT", "the kid (default: the key's name, or a mint's its thumbprint)", false, set_kid },
	{ "--alg", "NAME", "the header's alg; signs with it if the key can", false, set_alg },
	{ "--typ", "TEXT", "the header's typ", true, set_typ },
	{ "--header", "NAME=JSON", "set a header member", true, edit_header },
	{ "--more-header", "NAME=JSON", "append a header member, whatever is there", true, append_header },
	{ "--no-header", "NAME", "leave a header member out", true, remove_header },
	{ "--claim", "NAME=JSON", "set a claim", true, edit_claim },
	{ "--more-claim", "NAME=JSON", "append a claim, whatever is there", true, append_claim },
	{ "--no-claim", "NAME", "leave a claim out", true, remove_claim },
	{ "--actor", "PERSON", "add a genuine token of another as the claim actortoken", true, add_actor },
	{ "--bound-to-key", "NAME", "bind it to a key of the world (RFC 9449)", true, bind_to_key },
	{ "--bound-to-cert", "NAME", "bind it to a certificate of the world (RFC 8705)", true, bind_to_certificate },
	{ "--marked", "FORM", "as a mint's: right, none, made-up, other-audience, other-day, not-last", false,
	    set_marked },
	{ "--number", "N", "of the token in its minute, for a mint's jti (default: 0)", false, set_number },
	{ "--recorded", "yes|no", "whether the ledger has it; the token is the same", false, set_recorded },
	{ "--root", "KEY:PROOF", "derived, from a token of this key: none, marked, issued", false, set_root_key },
	{ "--proof-of", "TOKEN", "a DPoP proof for GET " MAKER_PROOF_URL " instead, by D1", false, set_proof_of },
	{ "--raw-header", "TEXT", "the header's text instead of its members", false, set_raw_header },
	{ "--raw-payload", "TEXT", "the payload's text instead of its members", false, set_raw_payload },
	{ "--signature", "FORM", "genuine, or another form", false, set_signature },
	{ "--spell", "NAME", "another spelling of the text", false, set_spelling },
};

void
maker_token_print_usage(FILE *stream)
{
	for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++)
		fprintf(stream, "  %-14s %-10s %s\n", arguments[i].name, arguments[i].value, arguments[i].help);
	fputs("In JSON and TEXT {A} {B} {C} are the tenants' ids, {now-60} a time, {a*300} a run of characters;\n"
	    "{kid:KE1} is what the world calls a key, {lower:KE1} that in lower case, {short:KE1} without its end,\n"
	    "{escaped:KE1} with its first character escaped.\n", stream);
}

static const struct argument *
find_argument(const char *name)
{
	for (size_t i = 0; i < sizeof arguments / sizeof arguments[0]; i++) {
		if (strcmp(name, arguments[i].name) == 0)
			return &arguments[i];
	}
	maker_fail("there is no argument '%s'", name);
}

static void
apply_arguments(struct recipe *recipe, struct draft *draft, bool edits)
{
	for (int i = 0; i < recipe->argc; i += 2) {
		const struct argument *argument = find_argument(recipe->argv[i]);

		if (i + 1 == recipe->argc)
			maker_fail("%s needs a value", argument->name);
		if (argument->edits == edits)
			argument->apply(recipe, draft, recipe->argv[i + 1]);
	}
}

/* The mint whose token it is to be, whoever signs it. */
static const char *
realm_of(const struct recipe *recipe)
{
	return recipe->root_key != NULL ? "sts" : maker_realm_of_key(recipe->person->key);
}

static void
draft_claims(const struct recipe *recipe, struct maker_object *claims)
{
	const struct maker_person *person = recipe->person;
	char token_id[64];

	snprintf(token_id, sizeof token_id, "%s-%lld-%u", person->name, (long long)recipe->now_s, recipe->attempt);
	if (recipe->marked != NULL)
		maker_token_id(realm_of(recipe), recipe->now_s, (uint32_t)strtoul(recipe->number == NULL ? "0" :
		    recipe->number, NULL, 10), token_id);
	maker_object_set_string(claims, "iss", recipe->root_key != NULL ? MAKER_STS_ISSUER : person->issuer);
	maker_object_set_string(claims, "aud", "https://mail.example");
	if (person->tenant_id != NULL)
		maker_object_set_string(claims, "tid", person->tenant_id);
	else if (recipe->root_key != NULL)
		maker_object_set_string(claims, "tid", "partner");
	maker_object_set_string(claims, "oid", person->subject);
	maker_object_set_string(claims, "sub", person->subject);
	maker_object_set_string(claims, "preferred_username", person->address);
	maker_object_set_string(claims, "azp", "thunderbird");
	maker_object_set_string(claims, "client_id", "thunderbird");
	maker_object_set_string(claims, "jti", token_id);
	maker_object_set_number(claims, "iat", recipe->now_s - 60);
	maker_object_set_number(claims, "nbf", recipe->now_s - 60);
	maker_object_set_number(claims, "exp", recipe->now_s - 60 + 3600);
	maker_object_set_string(claims, "ver", "2.0");
	/* A mint's id is what it is; another attempt must be another text all the same. */
	if (recipe->marked != NULL && recipe->attempt > 0)
		maker_object_set_number(claims, "attempt", recipe->attempt);
}

/* "KE1:issued": whose token it was made from, and what had proven that. */
static void
draft_root(const struct recipe *recipe, struct maker_object *claims)
{
	const char *colon = strchr(recipe->root_key, ':');
	struct maker_text kid, root;
	EVP_PKEY *key;
	char *name;

	if (colon == NULL)
		maker_fail("'%s' is not KEY:PROOF", recipe->root_key);
	name = maker_copy_part(recipe->root_key, (size_t)(colon - recipe->root_key));
	key = load_key(recipe, name);
	kid = kid_of(recipe, name);
	root = maker_root(maker_realm_of_key(name), kid.bytes, key, colon + 1, recipe->now_s - 120);
	maker_object_set_string(claims, "parent", "the-parents-jti");
	maker_object_set(claims, "root", root.bytes);
	EVP_PKEY_free(key);
	maker_text_clear(&kid);
	maker_text_clear(&root);
	free(name);
}

static void
draft_header(const struct recipe *recipe, EVP_PKEY *key, struct maker_object *header)
{
	struct maker_text own = kid_of(recipe, recipe->key);
	char *kid = expand(recipe, recipe->kid != NULL ? recipe->kid : own.bytes);

	maker_object_set_string(header, "typ", "at+jwt");
	maker_object_set_string(header, "alg", recipe->alg != NULL ? recipe->alg : maker_key_algorithm(key));
	maker_object_set_string(header, "kid", kid);
	free(kid);
	maker_text_clear(&own);
}

static void
draft_token(const struct recipe *recipe, EVP_PKEY *key, struct draft *draft)
{
	draft_header(recipe, key, &draft->header);
	draft_claims(recipe, &draft->claims);
	if (recipe->root_key != NULL)
		draft_root(recipe, &draft->claims);
}

static void
draft_proof(const struct recipe *recipe, EVP_PKEY *key, struct draft *draft)
{
	char jti[64];
	const struct maker_proof_request request = { "GET", MAKER_PROOF_URL, recipe->proof_of, jti, recipe->now_s };

	snprintf(jti, sizeof jti, "%lx-%u", maker_random(), recipe->attempt);
	maker_proof_draft(key, recipe->alg != NULL ? recipe->alg : maker_key_algorithm(key), &request, &draft->header,
	    &draft->claims);
}

/* A part's JSON, with a space behind it where its last character must have unused bits. */
static struct maker_text
write_part(const struct recipe *recipe, const char *raw, const struct maker_object *object, bool unused_bits)
{
	struct maker_text json = { 0 };

	if (raw != NULL) {
		json.bytes = expand(recipe, raw);
		json.len = strlen(json.bytes);
		json.room = json.len + 1;
	} else {
		maker_object_write(object, &json);
	}
	if (unused_bits && json.len % 3 == 0)
		maker_text_add_str(&json, " ");
	return json;
}

static void
add_part(struct maker_text *token, const struct maker_spelling *spelling, enum maker_part part,
    const struct maker_text *bytes)
{
	struct maker_text encoded = { 0 };

	maker_text_add_str(&encoded, "");
	maker_text_add_base64url(&encoded, bytes->bytes, bytes->len);
	maker_spell(spelling, part, &encoded);
	maker_text_add(token, encoded.bytes, encoded.len);
	maker_text_clear(&encoded);
}

/* The first text in the value of a claim; "" where it holds none. */
static char *
text_of_claim(const struct maker_object *claims, const char *name)
{
	for (size_t i = 0; i < claims->count; i++) {
		const char *quote = strchr(claims->members[i].value, '"');
		size_t len = quote == NULL ? 0 : strcspn(quote + 1, "\"");

		if (strcmp(claims->members[i].name, name) == 0 && quote != NULL && len < 200)
			return maker_copy_part(quote + 1, len);
	}
	return maker_copy("");
}

/* When the token says that it was issued, which is the day of its mark; usual where it says nothing that is a time. */
static int64_t
iat_of(const struct maker_object *claims, int64_t usual_s)
{
	int64_t iat_s = usual_s;

	for (size_t i = 0; i < claims->count; i++) {
		const char *value = claims->members[i].value;
		size_t digits = strspn(value, "0123456789");

		if (strcmp(claims->members[i].name, "iat") == 0 && digits > 0 && digits < 12 && value[digits] == '\0')
			iat_s = strtoll(value, NULL, 10);
	}
	return iat_s;
}

/* Put the mark behind the last member; token ends with the encoded header. */
static void
mark_payload(const struct recipe *recipe, const struct draft *draft, const struct maker_text *token,
    struct maker_text *payload)
{
	bool other_audience = strcmp(recipe->marked, "other-audience") == 0;
	char *audience = other_audience ? maker_copy("https://elsewhere.example") :
	    text_of_claim(&draft->claims, "aud");
	struct maker_marking marking = { realm_of(recipe), audience, iat_of(&draft->claims, recipe->now_s - 60) };

	if (strcmp(recipe->marked, "other-day") == 0)
		marking.iat_s -= 86400;
	payload->bytes[--payload->len] = '\0';
	if (strcmp(recipe->marked, "made-up") == 0)
		maker_text_add_str(payload, ",\"mark\":\"AAAAAAAAAAAAAAAAAAAAAA\"");
	else if (strcmp(recipe->marked, "none") != 0)
		maker_mark(&marking, token->bytes, payload);
	maker_text_add_str(payload, strcmp(recipe->marked, "not-last") == 0 ? ",\"z\":1}" : "}");
	free(audience);
}

static void
add_signed_parts(const struct recipe *recipe, const struct draft *draft, const struct maker_spelling *spelling,
    struct maker_text *token)
{
	struct maker_text header = write_part(recipe, recipe->raw_header, &draft->header,
	    maker_spelling_needs_unused_bits(spelling, MAKER_HEADER));
	struct maker_text payload = write_part(recipe, recipe->raw_payload, &draft->claims,
	    maker_spelling_needs_unused_bits(spelling, MAKER_PAYLOAD));

	add_part(token, spelling, MAKER_HEADER, &header);
	if (recipe->marked != NULL && payload.len > 1 && payload.bytes[payload.len - 1] == '}')
		mark_payload(recipe, draft, token, &payload);
	maker_text_add_str(token, ".");
	add_part(token, spelling, MAKER_PAYLOAD, &payload);
	maker_text_clear(&header);
	maker_text_clear(&payload);
}

/* One attempt; returns false where this text has no such signature or spelling. */
static bool
make_once(struct recipe *recipe, EVP_PKEY *key, struct maker_text *token)
{
	const struct maker_spelling *spelling = recipe->spelling == NULL ? NULL : maker_spelling_find(recipe->spelling);
	struct draft draft = { 0 };
	struct maker_text signature = { 0 };
	bool made;

	if (recipe->proof_of != NULL)
		draft_proof(recipe, key, &draft);
	else
		draft_token(recipe, key, &draft);
	apply_arguments(recipe, &draft, true);
	add_signed_parts(recipe, &draft, spelling, token);
	maker_object_clear(&draft.header);
	maker_object_clear(&draft.claims);
	made = maker_signature_make(key, recipe->alg != NULL ? recipe->alg : maker_key_algorithm(key),
	    recipe->signature, token, &signature);
	maker_text_add_str(token, ".");
	add_part(token, spelling, MAKER_SIGNATURE, &signature);
	made = made && maker_spelling_fits(spelling, token);
	if (made)
		maker_spell(spelling, MAKER_WHOLE, token);
	maker_text_clear(&signature);
	return made;
}

char *
maker_token_make(const char *world_dir, int64_t now_s, int argc, const char *const *argv)
{
	struct recipe recipe = {
		.dir = world_dir,
		.now_s = now_s,
		.person = maker_person_find("alice"),
		.signature = "genuine",
		.argc = argc,
		.argv = argv,
	};
	struct maker_text token = { 0 };
	EVP_PKEY *key;

	apply_arguments(&recipe, NULL, false);
	if (recipe.key == NULL)
		recipe.key = recipe.proof_of != NULL ? "D1" : recipe.person->key;
	key = load_key(&recipe, recipe.key);
	while (!make_once(&recipe, key, &token)) {
		maker_text_clear(&token);
		if (++recipe.attempt == TRIES_MAX)
			maker_fail("no signature of form %s in %d tries", recipe.signature, TRIES_MAX);
	}
	EVP_PKEY_free(key);
	return token.bytes;
}
